/*
 * output.c
 *		From records to the server's write calls.
 *
 * As frames, all records of a change go out in one write; as text, each
 * record is a write, that is a row of pg_logical_slot_get_changes().  A
 * transaction begins with its first record, so those without one leave no
 * trace.
 */
#include "postgres.h"

#include <time.h>

#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "replication/origin.h"
#include "utils/bytea.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "decode/output.h"
#include "transform/tree.h"

/* From PostgreSQL's epoch to Unix's. */
#define EPOCH_SHIFT_US                                                        \
	((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

int64
w2k_output_commit_time_us(const ReorderBufferTXN *txn)
{
	return txn->xact_time.commit_time + EPOCH_SHIFT_US;
}

static void
set_guc(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Values that go through output functions must not depend on who reads the
 * slot.  The server decodes a transaction in a (sub)transaction that it
 * always aborts in the end, which puts these back.
 */
void
w2k_output_set_modes(W2kSession *session)
{
	const char *timezone = pg_get_timezone_name(session_timezone);

	if (session->has_output_modes)
		return;
	session->has_output_modes = true;
	if (DateStyle != USE_ISO_DATES)
		set_guc("datestyle", "ISO");
	if (IntervalStyle != INTSTYLE_POSTGRES)
		set_guc("intervalstyle", "postgres");
	if (extra_float_digits < 1)
		set_guc("extra_float_digits", "1");
	if (bytea_output != BYTEA_OUTPUT_HEX)
		set_guc("bytea_output", "hex");
	if (strcmp(timezone, "UTC") != 0 && strcmp(timezone, "Etc/UTC") != 0)
		set_guc("timezone", "UTC");

	/* so that the names of objects come out qualified */
	if (strcmp(namespace_search_path, "pg_catalog") != 0)
		set_guc("search_path", "pg_catalog");
}

/* The database's name; it cannot change while we are connected to it. */
static const char *
get_database(W2kSession *session)
{
	if (session->database == NULL)
	{
		char *database = get_database_name(MyDatabaseId);

		if (database == NULL)
			elog(ERROR, "cache lookup failed for database %u", MyDatabaseId);
		session->database = MemoryContextStrdup(session->context, database);
	}
	return session->database;
}

/* Tells the Writer what the transaction's events share. */
static void
begin_source(W2kSession *session, ReorderBufferTXN *txn)
{
	W2kSource source = {0};
	char *origin = NULL;

	source.database = get_database(session);
	source.commit_time_us = w2k_output_commit_time_us(txn);
	source.xid = txn->xid;
	source.last_commit_lsn = session->last_commit_lsn;
	if (txn->origin_id != InvalidRepOriginId &&
		replorigin_by_oid(txn->origin_id, true, &origin))
	{
		source.origin = origin;
		source.origin_lsn = txn->origin_lsn;
	}
	session->last_event_time_us = source.commit_time_us;
	w2k_writers_begin_source(&session->writers, &source);
	if (session->tree != NULL)
		w2k_tree_begin_source(session->tree, &source);
}

void
w2k_output_prepare_transaction(LogicalDecodingContext *ctx,
							   ReorderBufferTXN *txn)
{
	W2kSession *session = ctx->output_plugin_private;

	if (session->is_prepared)
		return;
	begin_source(session, txn);
	session->is_prepared = true;
}

void
w2k_output_begin_record(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
						const W2kTopicRef *topic, char op, XLogRecPtr lsn,
						bool has_context_headers)
{
	W2kSession *session = ctx->output_plugin_private;

	if (!session->is_writing)
	{
		OutputPluginPrepareWrite(ctx, true);
		session->is_writing = true;
	}
	if (!session->has_begun)
	{
		w2k_record_begin_transaction(session->records, ctx->out, txn->xid,
									 txn->final_lsn,
									 w2k_output_commit_time_us(txn));
		session->has_begun = true;
	}
	w2k_record_begin(session->records, ctx->out, topic, op, lsn,
					 has_context_headers);
}

void
w2k_output_end_record(LogicalDecodingContext *ctx)
{
	W2kSession *session = ctx->output_plugin_private;

	w2k_record_end(session->records, ctx->out);
	if (session->records->is_text)
		w2k_output_flush(ctx);
}

/* Before frames that are no records. */
static void
begin_writing(LogicalDecodingContext *ctx)
{
	W2kSession *session = ctx->output_plugin_private;

	if (session->is_writing)
		return;
	OutputPluginPrepareWrite(ctx, true);
	session->is_writing = true;
}

void
w2k_output_skip(LogicalDecodingContext *ctx, XLogRecPtr lsn, Oid relid)
{
	W2kSession *session = ctx->output_plugin_private;

	session->skipped++;
	if (session->records->is_text)
		return;
	begin_writing(ctx);
	w2k_record_skip(session->records, ctx->out, lsn, relid);
}

void
w2k_output_renewed(LogicalDecodingContext *ctx, ReorderBufferTXN *txn)
{
	W2kSession *session = ctx->output_plugin_private;

	if (session->records->is_text)
		return;
	begin_writing(ctx);
	w2k_record_renewed(session->records, ctx->out, txn->xid);
}

void
w2k_output_signal(LogicalDecodingContext *ctx, const char *id,
				  const char *type, const char *data)
{
	W2kSession *session = ctx->output_plugin_private;

	if (session->records->is_text)
		return;
	begin_writing(ctx);
	w2k_record_signal(session->records, ctx->out, id, type, data);
}

void
w2k_output_flush(LogicalDecodingContext *ctx)
{
	W2kSession *session = ctx->output_plugin_private;

	if (!session->is_writing)
		return;
	session->is_writing = false;
	OutputPluginWrite(ctx, true);
}

void
w2k_output_end_transaction(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
						   XLogRecPtr commit_lsn)
{
	W2kSession *session = ctx->output_plugin_private;

	if (!session->has_begun || session->records->is_text)
		return;
	OutputPluginPrepareWrite(ctx, true);
	w2k_record_end_transaction(session->records, ctx->out, commit_lsn,
							   txn->end_lsn, w2k_output_commit_time_us(txn));
	OutputPluginWrite(ctx, true);
}

void
w2k_output_begin_alone(LogicalDecodingContext *ctx, XLogRecPtr lsn)
{
	W2kSession *session = ctx->output_plugin_private;
	W2kSource source = {0};

	source.database = get_database(session);
	if (session->last_event_time_us == 0)
		session->last_event_time_us = w2k_output_now_ns() / 1000;
	source.commit_time_us = session->last_event_time_us;
	source.last_commit_lsn = lsn;
	w2k_writers_begin_source(&session->writers, &source);
	if (session->tree != NULL)
		w2k_tree_begin_source(session->tree, &source);

	OutputPluginPrepareWrite(ctx, true);
	session->is_writing = true;
	w2k_record_begin_transaction(session->records, ctx->out, 0, lsn,
								 source.commit_time_us);
	session->has_begun = true;
}

void
w2k_output_end_alone(LogicalDecodingContext *ctx, XLogRecPtr lsn)
{
	W2kSession *session = ctx->output_plugin_private;

	if (!session->records->is_text)
		w2k_record_end_transaction(session->records, ctx->out, lsn, lsn,
								   session->last_event_time_us);
}

int64
w2k_output_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64) now.tv_sec * INT64CONST(1000000000) + now.tv_nsec;
}
