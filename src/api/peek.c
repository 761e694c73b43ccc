/*
 * peek.c
 *		peek(): what a connector would send next.
 *
 * A temporary copy of the connector's slot is decoded in this backend with
 * the very options the worker uses, so that the records are the ones Kafka
 * would get, byte for byte; nothing of the connector moves, and its worker may
 * stream meanwhile.  The copy is dropped on every way out.
 *
 * The connector's owner need not have REPLICATION: what it sees is limited by
 * the plugin to what the owner may read, as in the connector.  Making a slot
 * takes the superuser, so only that is done as one.
 *
 * A transaction may be huge and the caller wants ten records: once it has
 * them, the writer raises an error that unwinds the reorder buffer into a
 * subtransaction, where it is dropped.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlogutils.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "replication/decode.h"
#include "replication/logical.h"
#include "replication/slot.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/resowner.h"

#include "api/access.h"
#include "api/connector_row.h"
#include "api/peek_rows.h"
#include "compat.h"
#include "config/connector.h"
#include "config/slot_name.h"

PG_FUNCTION_INFO_V1(wal2kafka_peek);

/* What to decode, and from where. */
typedef struct Peek
{
	NameData source;	  /* the connector's slot */
	NameData copy;		  /* our temporary one */
	bool is_copied;		  /* ... and it exists */
	XLogRecPtr start_lsn; /* skip commits up to here; 0 = the slot's */
	List *options;		  /* of the plugin */
	W2kPeekRows *rows;
	LogicalDecodingContext *ctx; /* the session, while there is one */
	bool is_done;				 /* the error is ours: rows enough */
} Peek;

/* The decoding session's begin of a message. */
static void
prepare_write(LogicalDecodingContext *ctx, XLogRecPtr lsn, TransactionId xid,
			  bool last_write)
{
	resetStringInfo(ctx->out);
}

/* ... and its end: raises once there are rows enough, see run_session(). */
static void
write_frames(LogicalDecodingContext *ctx, XLogRecPtr lsn, TransactionId xid,
			 bool last_write)
{
	Peek *peek = ctx->output_writer_private;

	w2k_peek_rows_add(peek->rows, ctx->out->data, ctx->out->len);
	if (!w2k_peek_rows_is_full(peek->rows))
		return;
	peek->is_done = true;
	ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("peek has all the records it asked for")));
}

/*
 * Servers with the allow-list of output plugins name those that the
 * administrator listed; the administrator who made the connector allowed ours
 * (R21).  Until the nest level ends, and for nothing else.
 */
static void
allow_our_plugin(void)
{
	if (GetConfigOption("output_plugin_libraries", true, false) != NULL)
		(void) set_config_option("output_plugin_libraries", W2K_NAME,
								 PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
}

/* Copies the connector's slot, as the superuser. */
static void
copy_slot(Peek *peek)
{
	W2kCaller caller;

	w2k_access_enter(&caller);
	(void) OidFunctionCall3(F_PG_COPY_LOGICAL_REPLICATION_SLOT_NAME_NAME_BOOL,
							NameGetDatum(&peek->source),
							NameGetDatum(&peek->copy), BoolGetDatum(true));
	peek->is_copied = true;
	w2k_access_leave(&caller);
}

/*
 * Drops the copy, wherever an error may have left it; in the middle of being
 * made it is the slot this backend holds.
 */
static void
drop_copy(Peek *peek)
{
	bool exists = peek->is_copied || MyReplicationSlot != NULL;

	peek->is_copied = false;
	if (MyReplicationSlot != NULL)
		ReplicationSlotRelease();
	if (exists)
		ReplicationSlotDrop(NameStr(peek->copy), true);
}

/* Decodes from the copy until there are rows enough or the WAL ends. */
static void
decode(Peek *peek)
{
	XLogRecPtr end_of_wal = GetFlushRecPtr(NULL);
	LogicalDecodingContext *ctx;

	w2k_compat_slot_acquire(NameStr(peek->copy));
	peek->ctx = ctx =
		CreateDecodingContext(peek->start_lsn, peek->options, false,
							  XL_ROUTINE(.page_read = read_local_xlog_page,
										 .segment_open = wal_segment_open,
										 .segment_close = wal_segment_close),
							  prepare_write, write_frames, NULL);
	ctx->output_writer_private = peek;

	/* Transactions open at the confirmed position began before it. */
	XLogBeginRead(ctx->reader, MyReplicationSlot->data.restart_lsn);

	/* What was cached before decoding is not of the past. */
	InvalidateSystemCaches();

	while (ctx->reader->EndRecPtr < end_of_wal)
	{
		char *problem = NULL;
		XLogRecord *record = XLogReadRecord(ctx->reader, &problem);

		if (problem != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("could not read WAL for peek: %s", problem)));
		if (record != NULL)
			LogicalDecodingProcessRecord(ctx, ctx->reader);
		CHECK_FOR_INTERRUPTS();
	}
	peek->ctx = NULL;
	FreeDecodingContext(ctx);
}

/*
 * What is left of a session that ended in an error: the server would find the
 * memory, but not the open WAL segment.
 */
static void
abandon_session(Peek *peek)
{
	if (peek->ctx == NULL)
		return;
	if (peek->ctx->reader->seg.ws_file >= 0)
		wal_segment_close(peek->ctx->reader);
	MemoryContextDelete(peek->ctx->context);
	peek->ctx = NULL;
}

/*
 * The session in a subtransaction that is always rolled back: decoding writes
 * nothing, and an error in the middle (the one of rows enough above all)
 * leaves nothing behind.
 */
static void
run_session(Peek *peek)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction("wal2kafka peek");
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		decode(peek);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();

	/* Decoding may have left another one behind. */
	CurrentResourceOwner = owner;
	abandon_session(peek);
	drop_copy(peek);
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	InvalidateSystemCaches();

	if (error != NULL && !peek->is_done)
		ReThrowError(error);
}

/* The connector's slot as recorded, or as its worker would choose it. */
static void
find_slot(const W2kConnectorInfo *row, const W2kConnectorConfig *conf,
		  NameData *slot_name)
{
	w2k_connector_row_require_native(row);
	if (!w2k_connector_row_recorded_slot(row->name, slot_name))
		(void) w2k_slot_name_choose(row->name, conf->slot_name, slot_name);
	if (w2k_slot_name_owner(NameStr(*slot_name)) != W2K_SLOT_NAME_OURS)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("connector \"%s\" has no replication slot", row->name),
				 errdetail("Its worker makes one when it starts."),
				 errhint(
					 "Use wait_for_connector, or see the view connectors for what keeps it from starting.")));
}

static DefElem *
make_option(const char *name, const char *value)
{
	return makeDefElem(pstrdup(name), (Node *) makeString(pstrdup(value)), -1);
}

/* What the worker would tell the plugin. */
static List *
decoding_options(const W2kConnectorInfo *row)
{
	List *options = w2k_connector_plugin_options(row->name, &row->config->root);

	options = lappend(options, make_option("framing", "binary"));
	return lappend(options, make_option("owner", psprintf("%u", row->owner)));
}

/* peek(name text, max_records int) */
Datum
wal2kafka_peek(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);
	W2kConnectorInfo *row = w2k_connector_row_get(name);
	W2kConnectorConfig *conf;
	Peek peek;
	int guc_level;

	w2k_access_require_owner(name, row->owner);
	if (PG_ARGISNULL(1) || PG_GETARG_INT32(1) <= 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("max_records must be greater than zero")));
	PreventCommandDuringRecovery("peek()");
	w2k_access_require_nothing_written("peek()");
	w2k_access_require_logical();

	memset(&peek, 0, sizeof(peek));
	conf = w2k_connector_parse(name, &row->config->root, true, false);
	find_slot(row, conf, &peek.source);
	snprintf(NameStr(peek.copy), NAMEDATALEN, "wal2kafka_peek_%d", MyProcPid);
	peek.start_lsn = conf->start_after_lsn;
	peek.options = decoding_options(row);
	peek.rows = w2k_peek_rows_create(fcinfo, PG_GETARG_INT32(1));

	guc_level = NewGUCNestLevel();
	allow_our_plugin();
	PG_TRY();
	{
		copy_slot(&peek);
		run_session(&peek);
	}
	PG_FINALLY();
	{
		drop_copy(&peek);
	}
	PG_END_TRY();
	AtEOXact_GUC(false, guc_level);
	return (Datum) 0;
}
