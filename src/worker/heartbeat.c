/*
 * heartbeat.c
 *		heartbeat.interval.ms: a record now and then, and a query with it.
 *
 * The record is of no transaction.  It needs no frame of a commit either: the
 * slot moves past a quiet stretch by itself.  There is never more than one on
 * its way, so that a broker that is down does not find a heap of them later.
 * It goes through the connector's transforms as any other record does.
 *
 * heartbeat.action.query may wait for locks and run for as long as it likes,
 * and a streaming worker must not (R10, R18, R31).  So it runs in a
 * background worker of its own, which ends with it; while one runs, no other
 * is started.  It runs as the connector's owner, as a security-restricted
 * operation and with an empty search_path, since its text is the owner's, and
 * what it calls may be anybody's.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "config/connector.h"
#include "encode/record.h"
#include "encode/writer.h"
#include "transform/chain.h"
#include "transform/render.h"
#include "transform/tree.h"
#include "worker/attempt.h"
#include "worker/heartbeat.h"

/* The limits of a query: waiting for one lock, and in all. */
#define QUERY_LOCK_TIMEOUT "10s"
#define QUERY_TIMEOUT_MS 60000

struct W2kHeartbeat
{
	MemoryContext context; /* its own, and the transforms' */
	W2kWriters writers;
	W2kChain *chain; /* NULL = no transforms, or none used yet */
	W2kTree *tree;
	W2kRecordWriter *records;
	const char *topic; /* before transforms */
	uint32 topic_id;
	bool is_topic_announced;
	TimestampTz due_time;
	uint64 sequence;  /* of the last one */
	bool has_skipped; /* one that transforms could not do with */
	BackgroundWorkerHandle *query;
	bool has_warned; /* that no worker could be started */
};

/* ---- the record ---- */

static W2kHeartbeat *
create(const W2kConnectorConfig *conf)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext,
												  "wal2kafka heartbeat",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	W2kHeartbeat *heartbeat = palloc0(sizeof(W2kHeartbeat));
	W2kWriterOptions options = {.version = W2K_VERSION,
								.prefix = conf->topic_prefix};

	options.key.format = conf->key_converter.format;
	options.value.format = conf->value_converter.format;
	options.key.has_schemas = conf->key_converter.has_schemas;
	options.value.has_schemas = conf->value_converter.has_schemas;
	options.key.schema = conf->key_converter.schema;
	options.value.schema = conf->value_converter.schema;

	heartbeat->context = context;
	w2k_writers_create(&heartbeat->writers, &options);
	heartbeat->records = w2k_record_create_writer(false, false,
												  w2k_attempt->row->name);
	heartbeat->records->is_hello_sent = true; /* the link's own */
	heartbeat->records->references = heartbeat->writers.references;
	w2k_reference_begin_with(heartbeat->writers.references,
							 W2K_OWN_FIRST_REFERENCE);
	heartbeat->topic = conf->topic_heartbeat_name != NULL
						   ? conf->topic_heartbeat_name
						   : psprintf("%s%s%s", conf->topic_heartbeat_prefix,
									  conf->topic_delimiter,
									  conf->topic_prefix);
	MemoryContextSwitchTo(oldcontext);
	return heartbeat;
}

/*
 * Begins the record.  Topics are announced each time, as number 0: the
 * plugin's numbers begin with 1, and its HELLO makes the sender forget those
 * before.  So are schemas, by numbers that are the worker's own.
 */
static void
begin_record(W2kHeartbeat *heartbeat, const char *topic)
{
	W2kTopicRef ref = {
		.id = &heartbeat->topic_id,
		.is_announced = &heartbeat->is_topic_announced,
		.relid = InvalidOid,
		.topic = topic,
		.schema = "",
		.table = "",
	};

	heartbeat->topic_id = 0;
	heartbeat->is_topic_announced = false;
	heartbeat->records->next_topic_id = 0;
	w2k_reference_forget(heartbeat->writers.references);
	w2k_record_begin(heartbeat->records, &w2k_attempt->sender.out, &ref,
					 W2K_OP_HEARTBEAT,
					 w2k_stream_position(w2k_attempt->stream), false);
}

static void
append_record(W2kHeartbeat *heartbeat, int64 time_ms)
{
	StringInfo out = &w2k_attempt->sender.out;
	const W2kWriters *writers = &heartbeat->writers;

	begin_record(heartbeat, heartbeat->topic);
	heartbeat->records->rec.partition = 0;
	writers->key->heartbeat_key(writers->key, out);
	w2k_record_end_key(heartbeat->records, out, false);
	writers->value->heartbeat(writers->value, out, time_ms);
	w2k_record_end_value(heartbeat->records, out, false);
	w2k_record_end(heartbeat->records, out);
}

/* The same through transforms, which may drop it. */
static void
append_transformed(W2kHeartbeat *heartbeat, int64 time_ms)
{
	const W2kConnectorConfig *conf = w2k_attempt->conf;
	StringInfo out = &w2k_attempt->sender.out;
	W2kTransformRecord rec;

	if (heartbeat->chain == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(heartbeat->context);

		heartbeat->tree = w2k_tree_create(&heartbeat->writers);
		heartbeat->chain =
			w2k_chain_create(conf->transforms,
							 conf->value_converter.null_default !=
								 W2K_NULL_UNSAID);
		MemoryContextSwitchTo(oldcontext);
	}
	w2k_tree_make_heartbeat(heartbeat->tree, time_ms, heartbeat->topic, &rec);
	if (!w2k_chain_apply(heartbeat->chain, &rec))
		return;
	begin_record(heartbeat, rec.topic);
	w2k_render_record(&heartbeat->writers, heartbeat->records, out, &rec);
	w2k_record_end(heartbeat->records, out);
}

/*
 * Transforms could not do with a heartbeat, and so it will be with each one:
 * trying again does not mend that.
 */
static void
give_up(W2kHeartbeat *heartbeat, const ErrorData *error)
{
	if (w2k_attempt->conf->processing_failure == W2K_FAILURE_FAIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("could not make a heartbeat: %s", error->message),
				 error->detail != NULL ? errdetail("%s", error->detail) : 0,
				 error->hint != NULL ? errhint("%s", error->hint) : 0));
	pg_atomic_fetch_add_u64(&w2k_attempt->slot->counters.skipped, 1);
	if (w2k_attempt->conf->processing_failure == W2K_FAILURE_WARN &&
		!heartbeat->has_skipped)
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("skipped a heartbeat of connector \"%s\" that could not be encoded",
						w2k_attempt->row->name),
				 errdetail("%s This is said once.", error->message)));
	heartbeat->has_skipped = true;
}

/*
 * In a transaction: names in another encoding than UTF-8 are converted in one
 * only, and it cleans up after transforms that fail.
 */
static void
append_in_transaction(W2kHeartbeat *heartbeat, int64 time_ms)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	StringInfo out = &w2k_attempt->sender.out;
	int saved_len = out->len;
	ErrorData *volatile error = NULL;

	StartTransactionCommand();
	PG_TRY();
	{
		if (w2k_attempt->conf->transforms == NIL)
			append_record(heartbeat, time_ms);
		else
			append_transformed(heartbeat, time_ms);
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(oldcontext);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
				ERRCODE_OPERATOR_INTERVENTION ||
			ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
				ERRCODE_INSUFFICIENT_RESOURCES)
			PG_RE_THROW();
		FlushErrorState();
		AbortCurrentTransaction();
		out->len = saved_len;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(oldcontext);
	CurrentResourceOwner = oldowner;
	if (error != NULL)
		give_up(heartbeat, error);
}

static void
write_record(W2kHeartbeat *heartbeat, TimestampTz now)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	int64 time_ms = (now - SetEpochTimestamp()) / 1000;

	if (GetDatabaseEncoding() == PG_UTF8 &&
		w2k_attempt->conf->transforms == NIL)
		append_record(heartbeat, time_ms);
	else
		append_in_transaction(heartbeat, time_ms);
	(void) w2k_sender_link_feed(sender);
	w2k_sender_link_flush(sender);
	heartbeat->sequence = sender->sequence;
}

/* ---- starting the query ---- */

/* Is the last query still at it? */
static bool
is_query_running(W2kHeartbeat *heartbeat)
{
	pid_t pid;

	if (heartbeat->query == NULL)
		return false;
	if (GetBackgroundWorkerPid(heartbeat->query, &pid) != BGWH_STOPPED)
		return true;
	pfree(heartbeat->query);
	heartbeat->query = NULL;
	return false;
}

static void
start_query(W2kHeartbeat *heartbeat)
{
	BackgroundWorker worker;
	MemoryContext oldcontext;
	bool is_registered;

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS |
					   BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_main_arg = Int32GetDatum(w2k_attempt->slot_index);
	strlcpy(worker.bgw_library_name, W2K_NAME, BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "w2k_heartbeat_query_main", BGW_MAXLEN);
	strlcpy(worker.bgw_type, W2K_NAME " heartbeat", BGW_MAXLEN);
	snprintf(worker.bgw_name, BGW_MAXLEN, W2K_NAME " heartbeat %s",
			 w2k_attempt->row->name);

	oldcontext = MemoryContextSwitchTo(TopMemoryContext);
	is_registered = RegisterDynamicBackgroundWorker(&worker, &heartbeat->query);
	MemoryContextSwitchTo(oldcontext);
	if (!is_registered)
		heartbeat->query = NULL;
	if (!is_registered && !heartbeat->has_warned)
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("could not start a background worker for heartbeat.action.query of connector \"%s\"",
						w2k_attempt->row->name),
				 errhint(
					 "Increase max_worker_processes and restart the server.")));
	heartbeat->has_warned = !is_registered;
}

void
w2k_heartbeat_when_due(void)
{
	const W2kConnectorConfig *conf = w2k_attempt->conf;
	W2kSenderLink *sender = &w2k_attempt->sender;
	W2kHeartbeat *heartbeat;
	TimestampTz now;

	if (conf->heartbeat_interval_ms == 0)
		return;
	now = GetCurrentTimestamp();
	if (w2k_attempt->heartbeat == NULL)
	{
		/* the first one comes when the interval has passed */
		w2k_attempt->heartbeat = create(conf);
		w2k_attempt->heartbeat->due_time =
			TimestampTzPlusMilliseconds(now, conf->heartbeat_interval_ms);
	}
	heartbeat = w2k_attempt->heartbeat;
	if (now < heartbeat->due_time)
		return;
	heartbeat->due_time =
		TimestampTzPlusMilliseconds(now, conf->heartbeat_interval_ms);
	if (!sender->is_connected || sender->acked < heartbeat->sequence)
		return;
	write_record(heartbeat, now);
	if (conf->heartbeat_action_query != NULL && !is_query_running(heartbeat))
		start_query(heartbeat);
}

long
w2k_heartbeat_limit_sleep(long timeout_ms)
{
	if (w2k_attempt->heartbeat == NULL)
		return timeout_ms;
	return Min(timeout_ms,
			   TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
											   w2k_attempt->heartbeat
												   ->due_time));
}

/* ---- running the query ---- */

/* In a transaction of its own, which it cannot end. */
static void
run_query(const W2kConnectorRow *row, const char *query)
{
	int result;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());

	/*
	 * To the end of the process: what is deferred to the commit, triggers for
	 * one, must not run as anybody else.
	 */
	SetUserIdAndSecContext(row->owner, SECURITY_LOCAL_USERID_CHANGE |
										   SECURITY_RESTRICTED_OPERATION);
	pgstat_report_activity(STATE_RUNNING, query);
	enable_timeout_after(STATEMENT_TIMEOUT, QUERY_TIMEOUT_MS);
	SPI_connect();
	result = SPI_execute(query, false, 0);
	if (result < 0)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("heartbeat.action.query cannot be run: %s",
							   SPI_result_code_string(result))));
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	disable_timeout(STATEMENT_TIMEOUT, false);
}

/* Logs why a query failed and shows it, unless that is known already. */
static void
show_failure(int slot_index, uint64 generation, const ErrorData *error)
{
	W2kWorkerSlot *slot = &w2k_shared->slots[slot_index];
	char name[NAMEDATALEN];
	char text[sizeof(slot->last_error)];
	bool is_new = false;
	int len;

	len = snprintf(text, sizeof(text), "heartbeat.action.query failed: %s",
				   error->message);
	if (len >= (int) sizeof(text))
		text[pg_mbcliplen(text, (int) strlen(text), (int) sizeof(text) - 1)] =
			'\0';

	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	strlcpy(name, slot->name, sizeof(name));
	if (slot->in_use && slot->generation == generation &&
		strcmp(slot->last_error, text) != 0)
	{
		is_new = true;
		strlcpy(slot->last_error, text, sizeof(slot->last_error));
		slot->last_error_time = GetCurrentTimestamp();
		pg_atomic_fetch_add_u64(&slot->counters.errors, 1);
	}
	LWLockRelease(w2k_shared->lock);

	if (is_new)
		ereport(WARNING, (errcode(error->sqlerrcode),
						  errmsg("wal2kafka connector \"%s\": %s", name, text),
						  errdetail("This is said once.")));
}

void
w2k_heartbeat_query_main(Datum main_arg)
{
	int slot_index = DatumGetInt32(main_arg);
	W2kWorkerSlot *slot = &w2k_shared->slots[slot_index];
	char name[NAMEDATALEN];
	uint64 generation;
	Oid dbid;
	bool is_there;

	pqsignal(SIGTERM, die);
	pqsignal(SIGINT, StatementCancelHandler);
	BackgroundWorkerUnblockSignals();

	LWLockAcquire(w2k_shared->lock, LW_SHARED);
	is_there = slot->in_use && slot->worker_pid != 0;
	dbid = slot->dbid;
	generation = slot->generation;
	strlcpy(name, slot->name, sizeof(name));
	LWLockRelease(w2k_shared->lock);
	if (!is_there)
		proc_exit(0);

	BackgroundWorkerInitializeConnectionByOid(dbid, InvalidOid, 0);
	w2k_catalog_override_settings();
	SetConfigOption("lock_timeout", QUERY_LOCK_TIMEOUT, PGC_SUSET,
					PGC_S_OVERRIDE);
	SetConfigOption("search_path", "", PGC_SUSET, PGC_S_OVERRIDE);

	PG_TRY();
	{
		W2kConnectorRow *row = w2k_catalog_connector(name);

		if (row != NULL && row->owner_exists)
		{
			const W2kConnectorConfig *conf =
				w2k_connector_parse(row->name, &row->config->root,
									row->owner_is_superuser, false);

			/* what it calls may ask for the session's user, too */
			if (conf->heartbeat_action_query != NULL)
			{
				SetSessionAuthorization(row->owner, row->owner_is_superuser);
				run_query(row, conf->heartbeat_action_query);
			}
		}
	}
	PG_CATCH();
	{
		ErrorData *error;

		HOLD_INTERRUPTS();
		MemoryContextSwitchTo(TopMemoryContext);
		error = CopyErrorData();
		FlushErrorState();
		AbortCurrentTransaction();
		RESUME_INTERRUPTS();
		show_failure(slot_index, generation, error);
	}
	PG_END_TRY();
	proc_exit(0);
}
