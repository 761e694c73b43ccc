/*
 * signals.c
 *		Takes up the signals that wait in wal2kafka.connector_signal.
 *
 * They are taken in order, and each is deleted in the transaction that writes
 * down what it asks for: none is lost, and none is done twice.  Who left them
 * there raises the slot's signal_request and sets our latch.
 *
 * Signals that come by the stream (from Debezium's signalling table) and by
 * Kafka's channel are put into the table first.  Until that is committed the
 * slot does not move past the former (see advance() in pump.c), nor the
 * group's offset past the latter.
 *
 * A signal that makes no sense is said and dropped.  So is one that fails: it
 * runs in a subtransaction, for it would fail again in the next attempt, and
 * nothing else would get done.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "replication/slot.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "worker/arrived.h"
#include "worker/attempt.h"
#include "worker/interlude.h"
#include "worker/notification.h"
#include "worker/own_frames.h"
#include "worker/signals.h"
#include "worker/snapshot_request.h"

/* When a table was locked: how long until the next attempt. */
#define RETRY_MS 1000

/* A row of connector_signal. */
typedef struct SignalRow
{
	int64 id;
	char *signal_id;
	char *type;
	Jsonb *data;	  /* NULL = none */
	const char *text; /* of one that is not in the table yet, to be read */
} SignalRow;

static struct
{
	bool has_looked;		/* at all, in this process */
	uint64 seen_request;	/* the slot's signal_request at the last look */
	TimestampTz retry_time; /* 0 = nothing waits for another attempt */
	List *notes;			/* of W2kNotification, to be sent */
} state;

/* ---- the table ---- */

/*
 * A streaming worker waits for no heavyweight lock (R31).  False where
 * somebody has locked one of our tables, or has dropped them.
 */
static bool
lock_tables(void)
{
	static const char *const names[] = {"connector_progress",
										"connector_snapshot",
										"connector_signal"};
	Oid schema = get_namespace_oid(W2K_SCHEMA, true);

	for (size_t i = 0; i < lengthof(names); i++)
	{
		Oid relid = get_relname_relid(names[i], schema);

		if (!OidIsValid(relid) ||
			!ConditionalLockRelationOid(relid, RowExclusiveLock))
			return false;
	}
	return true;
}

/* All of our connector's, in order, also those that were just stored. */
static List *
read_rows(void)
{
	Oid argtypes[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(w2k_attempt->row->name)};
	List *rows = NIL;

	if (SPI_execute_with_args("SELECT id, signal_id, type, data"
							  " FROM wal2kafka.connector_signal"
							  " WHERE name OPERATOR(pg_catalog.=) $1"
							  " ORDER BY id",
							  1, argtypes, values, NULL, false,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not read signals");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		SignalRow *row = palloc0(sizeof(SignalRow));
		bool is_null;
		Datum data;

		row->id = DatumGetInt64(SPI_getbinval(tuple, desc, 1, &is_null));
		row->signal_id = SPI_getvalue(tuple, desc, 2);
		row->type = SPI_getvalue(tuple, desc, 3);
		data = SPI_getbinval(tuple, desc, 4, &is_null);
		if (!is_null)
			row->data = DatumGetJsonbPCopy(data);
		rows = lappend(rows, row);
	}
	return rows;
}

static void
delete_row(const SignalRow *row)
{
	Oid argtypes[] = {INT8OID};
	Datum values[] = {Int64GetDatum(row->id)};

	if (SPI_execute_with_args("DELETE FROM wal2kafka.connector_signal"
							  " WHERE id OPERATOR(pg_catalog.=) $1",
							  1, argtypes, values, NULL, false,
							  0) != SPI_OK_DELETE)
		elog(ERROR, "could not delete a signal");
}

/* ---- one signal ---- */

/* Says what is wrong with one, in the log and in the views. */
static void
report(const SignalRow *row, const char *problem)
{
	char *text = psprintf("signal \"%s\" (%s): %s", row->signal_id, row->type,
						  problem);

	ereport(WARNING, (errmsg("wal2kafka connector \"%s\": %s",
							 w2k_attempt->row->name, text)));
	w2k_slots_set_state(w2k_attempt->slot_index, w2k_attempt->shown_state,
						text);
}

/* Where we are in the WAL; during an initial snapshot, where that is. */
static XLogRecPtr
position(void)
{
	if (w2k_attempt->stream != NULL)
		return w2k_stream_position(w2k_attempt->stream);
	return MyReplicationSlot != NULL ? MyReplicationSlot->data.confirmed_flush
									 : InvalidXLogRecPtr;
}

/* log: "{}" is where we are, as Debezium has its offset. */
static void
write_log(const W2kSignal *signal)
{
	const char *braces = strstr(signal->message, "{}");
	int lead = braces != NULL ? (int) (braces - signal->message)
							  : (int) strlen(signal->message);

	if (braces == NULL)
		ereport(LOG, (errmsg("wal2kafka connector \"%s\": %s",
							 w2k_attempt->row->name, signal->message)));
	else
		ereport(LOG, (errmsg("wal2kafka connector \"%s\": %.*s%X/%X%s",
							 w2k_attempt->row->name, lead, signal->message,
							 LSN_FORMAT_ARGS(position()), braces + 2)));
}

/* Notifications can be sent when the transaction has ended well. */
static void
keep_news(const W2kSnapshotAnswer *answer)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(TopMemoryContext);
	ListCell *lc;

	foreach(lc, answer->told)
	{
		const W2kSnapshotNews *news = lfirst(lc);
		W2kNotification *note = palloc0(sizeof(W2kNotification));

		note->id = news->signal_id != NULL ? pstrdup(news->signal_id) : NULL;
		note->aggregate_type = W2K_NOTIFY_INCREMENTAL;
		note->type = answer->news;
		note->additional_data = list_make2(pstrdup("data_collections"),
										   pstrdup(news->collections));
		state.notes = lappend(state.notes, note);
	}
	MemoryContextSwitchTo(oldcontext);
}

static void
send_notes(void)
{
	ListCell *lc;

	foreach(lc, state.notes)
	{
		W2kNotification *note = lfirst(lc);

		w2k_notification_send(note);
		list_free_deep(note->additional_data);
		if (note->id != NULL)
			pfree(unconstify(char *, note->id));
	}
	list_free_deep(state.notes);
	state.notes = NIL;
}

/* False where it has to wait. */
static bool
obey(SignalRow *row)
{
	W2kSignal *signal = w2k_signal_read(row->type, row->data);
	W2kSnapshotRequest request = {.signal_id = row->signal_id,
								  .signal = signal};
	W2kSnapshotAnswer answer = {0};

	if (signal->problem != NULL)
		report(row, signal->problem);
	else if (signal->action == W2K_SIGNAL_NOTHING)
		ereport(LOG,
				(errmsg("wal2kafka connector \"%s\": signal \"%s\" (%s) has no effect here",
						w2k_attempt->row->name, row->signal_id, row->type)));
	else if (signal->action == W2K_SIGNAL_LOG)
		write_log(signal);
	else
	{
		ereport(LOG,
				(errmsg("wal2kafka connector \"%s\" takes up signal \"%s\" (%s)",
						w2k_attempt->row->name, row->signal_id, row->type)));
		w2k_snapshot_request(&request, &answer);
		if (answer.problem != NULL)
			report(row, answer.problem);
		keep_news(&answer);
	}
	return !answer.is_deferred;
}

/* Errors that say nothing of the signal. */
static bool
is_ours(int sqlerrcode)
{
	int category = ERRCODE_TO_CATEGORY(sqlerrcode);

	return category == ERRCODE_OPERATOR_INTERVENTION ||
		   category == ERRCODE_INSUFFICIENT_RESOURCES ||
		   category == ERRCODE_SYSTEM_ERROR;
}

/* Puts one that has arrived among the others. */
static bool
store(const SignalRow *row)
{
	Oid argtypes[] = {TEXTOID, TEXTOID, TEXTOID, JSONBOID};
	Datum values[] = {CStringGetTextDatum(w2k_attempt->row->name),
					  CStringGetTextDatum(row->signal_id),
					  CStringGetTextDatum(row->type),
					  JsonbPGetDatum(row->data)};
	char nulls[] = {' ', ' ', ' ', row->data == NULL ? 'n' : ' '};

	if (SPI_execute_with_args("INSERT INTO wal2kafka.connector_signal"
							  " (name, signal_id, type, data)"
							  " VALUES ($1, COALESCE(NULLIF($2, ''),"
							  " pg_catalog.gen_random_uuid()"
							  "::pg_catalog.text), $3, $4)",
							  lengthof(argtypes), argtypes, values, nulls,
							  false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not store a signal");
	return true;
}

static Jsonb *
read_json(const char *text)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
}

/* One that has come by the stream. */
static bool
store_arrived(SignalRow *row)
{
	if (row->text[0] != '\0')
		row->data = read_json(row->text);
	return store(row);
}

/* A string among the members of a record; "" where it is none. */
static char *
get_string(Jsonb *record, const char *name)
{
	JsonbValue *v = getKeyJsonValueFromContainer(&record->root, name,
												 (int) strlen(name), NULL);

	if (v == NULL || v->type != jbvString)
		return pstrdup("");
	return pnstrdup(v->val.string.val, v->val.string.len);
}

/* One that has come from Kafka: {"id":..,"type":..,"data":{..}} */
static bool
store_kafka(SignalRow *row)
{
	Jsonb *record;
	JsonbValue *data;

	/* else nobody could say what is wrong with it */
	row->signal_id = pstrdup("");
	row->type = pstrdup("");
	record = read_json(
		pg_any_to_server(row->text, (int) strlen(row->text), PG_UTF8));
	if (!JB_ROOT_IS_OBJECT(record))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("record is not a JSON object")));
	row->signal_id = get_string(record, "id");
	row->type = get_string(record, "type");
	data = getKeyJsonValueFromContainer(&record->root, "data", 4, NULL);
	if (data != NULL && data->type != jbvNull)
		row->data = JsonbValueToJsonb(data);
	return store(row);
}

/*
 * Calls one of these in a subtransaction: a signal that fails is said, and is
 * over.
 */
static bool
call_safely(bool (*function)(SignalRow *row), SignalRow *row)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	volatile bool is_done = true;
	char *volatile problem = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(oldcontext);
	PG_TRY();
	{
		is_done = function(row);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(oldcontext);
		error = CopyErrorData();
		if (is_ours(error->sqlerrcode))
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
		problem = error->message;
	}
	PG_END_TRY();
	if (problem != NULL)
		report(row, problem);
	return is_done;
}

/* What has arrived goes into the table, in order. */
static void
store_all(void)
{
	ListCell *lc;

	foreach(lc, w2k_attempt->sender.signals)
	{
		const W2kArrivedSignal *arrived = lfirst(lc);
		SignalRow row = {.signal_id = arrived->id,
						 .type = arrived->type,
						 .text = arrived->data};

		(void) call_safely(store_arrived, &row);
	}
	foreach(lc, w2k_attempt->sender.kafka_signals)
	{
		SignalRow row = {.text = ((W2kArrivedSignal *) lfirst(lc))->data};

		(void) call_safely(store_kafka, &row);
	}
}

/* It is there for good. */
static void
forget_arrived(void)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	ListCell *lc;

	foreach(lc, sender->kafka_signals)
		w2k_own_frames_signalled(&sender->out,
								 ((W2kArrivedSignal *) lfirst(lc))->offset);
	w2k_arrived_free(sender->signals);
	w2k_arrived_free(sender->kafka_signals);
	sender->signals = sender->kafka_signals = NIL;
	(void) w2k_sender_link_feed(sender);
	w2k_sender_link_flush(sender);
}

/* Signals that can be taken up now.  False where some have to wait. */
static bool
take_signals(void)
{
	bool is_done;
	bool is_locked;
	bool has_any = false;

	w2k_interlude_begin(true);
	is_locked = is_done = lock_tables();
	if (is_locked)
	{
		ListCell *lc;

		store_all();
		foreach(lc, read_rows())
		{
			is_done = call_safely(obey, lfirst(lc));
			if (!is_done)
				break;
			delete_row(lfirst(lc));
			has_any = true;
		}
	}
	w2k_interlude_end();
	if (is_locked)
		forget_arrived();
	send_notes();
	if (has_any)
		w2k_snapshot_wake();
	return is_done;
}

void
w2k_signals_when_due(void)
{
	uint64 request = pg_atomic_read_u64(&w2k_attempt->slot->signal_request);
	bool is_asked = !state.has_looked || request != state.seen_request ||
					w2k_attempt->sender.signals != NIL ||
					w2k_attempt->sender.kafka_signals != NIL;
	TimestampTz now;

	if (!is_asked && state.retry_time == 0)
		return;
	now = GetCurrentTimestamp();
	if (now < state.retry_time)
		return;
	state.has_looked = true;
	state.seen_request = request;
	state.retry_time = take_signals()
						   ? 0
						   : TimestampTzPlusMilliseconds(now, RETRY_MS);
}
