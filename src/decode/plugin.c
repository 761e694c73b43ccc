/*
 * plugin.c
 *		The output plugin: its callbacks.
 *
 * Each one enters the memory context of a change, calls, leaves, and resets
 * it.  Transactions come whole and in commit order: neither streaming nor
 * two-phase decoding is asked for, so a prepared transaction is decoded at
 * COMMIT PREPARED.
 */
#include "postgres.h"

#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "decode/message.h"
#include "decode/newcomers.h"
#include "decode/options.h"
#include "decode/output.h"
#include "decode/suspect.h"
#include "decode/transaction.h"

/* How often a walsender's reader hears of a transaction that is long. */
#define PROGRESS_INTERVAL_CHANGES 100

extern PGDLLEXPORT void _PG_output_plugin_init(OutputPluginCallbacks *cb);

/* Adds the table and column to an error of the present change. */
static void
add_error_context(void *arg)
{
	W2kSession *session = arg;
	const W2kRelation *wrel = session->wrel;
	const W2kColumn *column = w2k_writers_column(&session->writers);

	if (wrel == NULL || wrel->schema == NULL)
		return;
	if (geterrcode() != 0)
	{
		err_generic_string(PG_DIAG_SCHEMA_NAME, wrel->schema);
		err_generic_string(PG_DIAG_TABLE_NAME, wrel->table);
		if (column != NULL)
			err_generic_string(PG_DIAG_COLUMN_NAME, column->name);
	}
	if (column != NULL)
		errcontext("change at LSN %X/%X of table \"%s.%s\", column \"%s\"",
				   LSN_FORMAT_ARGS(session->lsn), wrel->schema, wrel->table,
				   column->name);
	else
		errcontext("change at LSN %X/%X of table \"%s.%s\"",
				   LSN_FORMAT_ARGS(session->lsn), wrel->schema, wrel->table);
}

static void
startup_cb(LogicalDecodingContext *ctx, OutputPluginOptions *options,
		   bool is_init)
{
	MemoryContext context = AllocSetContextCreate(ctx->context,
												  "wal2kafka plugin",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	W2kSession *session = palloc0(sizeof(W2kSession));

	session->context = context;
	session->change_context = AllocSetContextCreate(context,
													"wal2kafka change",
													ALLOCSET_DEFAULT_SIZES);
	w2k_options_init_session(ctx, session);
	session->newcomers = w2k_newcomers_create(session->conf);
	MemoryContextSwitchTo(oldcontext);

	ctx->output_plugin_private = session;
	options->output_type = session->records->is_text
							   ? OUTPUT_PLUGIN_TEXTUAL_OUTPUT
							   : OUTPUT_PLUGIN_BINARY_OUTPUT;
	options->receive_rewrites = false;
}

static void
begin_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn)
{
	W2kSession *session = ctx->output_plugin_private;

	session->has_changes = false;
	session->is_prepared = false;
	session->has_output_modes = false;
	session->has_begun = false;
	w2k_transaction_reset(session);
	w2k_newcomers_begin(session, txn);
}

/*
 * What a reader of pgoutput would see of a transaction makes it count, though
 * we may have no record for it.  Our own tables count for "sequence" only.
 */
static void
note_change(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
			const W2kRelation *wrel, const ReorderBufferChange *change)
{
	W2kSession *session = ctx->output_plugin_private;

	if (!w2k_change_is_published(wrel, change->action))
		return;
	if (wrel->is_internal)
		session->has_changes = true;
	else if (wrel->published.row_filter == NULL)
		w2k_transaction_touch(ctx, txn, change->lsn);
}

/* A change of one table. */
typedef struct TableChange
{
	Relation relation;
	ReorderBufferChange *change;
} TableChange;

/* The records of a change of a table; none where it is not captured. */
static void
write_records(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, void *arg)
{
	const TableChange *of = arg;
	Relation relation = of->relation;
	ReorderBufferChange *change = of->change;
	W2kSession *session = ctx->output_plugin_private;
	W2kRelation *wrel = w2k_relation_lookup(session->relations, relation);
	bool is_truncate = change->action == REORDER_BUFFER_CHANGE_TRUNCATE;

	note_change(ctx, txn, wrel, change);
	if (unlikely(wrel->is_signal) && !is_truncate)
		w2k_change_write_signal(ctx, relation, change);
	if (wrel->capture == W2K_CAPTURE_NONE)
	{
		w2k_newcomers_note_missed(session, wrel->relid);
		return;
	}
	session->wrel = wrel;
	if (wrel->capture == W2K_CAPTURE_ROWS && is_truncate)
		w2k_change_write_truncate(ctx, txn, wrel, change->lsn);
	else if (wrel->capture == W2K_CAPTURE_ROWS)
		w2k_change_write_row(ctx, txn, wrel, relation, change);
	else if (wrel->capture == W2K_CAPTURE_EMIT && !is_truncate)
		w2k_change_write_emitted(ctx, txn, wrel, relation, change);
	else if (wrel->capture == W2K_CAPTURE_SCHEMA_CHANGE && !is_truncate)
		w2k_change_write_schema_change(ctx, txn, wrel, relation, change);
	else if (!is_truncate)
		w2k_change_write_renewed(ctx, txn, wrel, relation, change);
}

/* The change, or what the policy says where it cannot be encoded. */
static void
write_change(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
			 Relation relation, ReorderBufferChange *change)
{
	W2kSession *session = ctx->output_plugin_private;
	TableChange of = {relation, change};
	ErrorData *error = w2k_suspect_write(ctx, txn, change->lsn,
										 RelationGetRelid(relation),
										 write_records, &of);

	if (w2k_suspect_should_warn(session, error))
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("skipped a change of table \"%s.%s\" at LSN %X/%X "
						"that could not be encoded",
						get_namespace_name(RelationGetNamespace(relation)),
						RelationGetRelationName(relation),
						LSN_FORMAT_ARGS(change->lsn)),
				 errdetail("%s", error->message)));
}

/*
 * A callback's work on a relation, between entering and leaving.  The error
 * context stays pushed only inside: an error unwinds past us, and the server
 * resets the stack then.
 */
typedef struct Scope
{
	W2kSession *session;
	MemoryContext oldcontext;
	ErrorContextCallback error_callback;
} Scope;

static void
enter(Scope *scope, W2kSession *session, XLogRecPtr lsn)
{
	scope->session = session;
	scope->oldcontext = MemoryContextSwitchTo(session->change_context);
	session->lsn = lsn;
	session->wrel = NULL;
	w2k_writers_forget_column(&session->writers);
	scope->error_callback.callback = add_error_context;
	scope->error_callback.arg = session;
	scope->error_callback.previous = error_context_stack;
	error_context_stack = &scope->error_callback;
}

static void
leave(Scope *scope)
{
	error_context_stack = scope->error_callback.previous;
	scope->session->wrel = NULL;
	MemoryContextSwitchTo(scope->oldcontext);
	MemoryContextReset(scope->session->change_context);
}

/*
 * A walsender's reader must hear of it while a long transaction is filtered
 * away, or it takes us for dead.  (From 16 on the server sees to this.)
 */
static void
report_progress(LogicalDecodingContext *ctx)
{
	W2kSession *session = ctx->output_plugin_private;

	if (++session->changes_since_progress < PROGRESS_INTERVAL_CHANGES)
		return;
	session->changes_since_progress = 0;
	OutputPluginUpdateProgress(ctx, false);
}

/* The change callback: a change of one table, in its scope. */
static void
process_change(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
			   Relation relation, ReorderBufferChange *change)
{
	W2kSession *session = ctx->output_plugin_private;
	Scope scope;

	report_progress(ctx);
	enter(&scope, session, change->lsn);
	write_change(ctx, txn, relation, change);
	w2k_output_flush(ctx);
	leave(&scope);
}

static void
truncate_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, int nrelations,
			Relation relations[], ReorderBufferChange *change)
{
	for (int i = 0; i < nrelations; i++)
		process_change(ctx, txn, relations[i], change);
}

static void
message_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
		   XLogRecPtr message_lsn, bool transactional, const char *prefix,
		   Size message_size, const char *message)
{
	W2kSession *session = ctx->output_plugin_private;

	/* counts as processed for "sequence", whoever may read it */
	if (transactional)
		session->has_changes = true;
	w2k_message_write(ctx, transactional ? txn : NULL, message_lsn, prefix,
					  message_size, message);
}

static void
commit_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
		  XLogRecPtr commit_lsn)
{
	W2kSession *session = ctx->output_plugin_private;

	w2k_newcomers_end(ctx, txn, commit_lsn);
	w2k_output_flush(ctx);
	w2k_transaction_end(ctx, txn);
	w2k_output_end_transaction(ctx, txn, commit_lsn);
	if (session->has_changes)
	{
		session->last_commit_lsn = txn->end_lsn;
		session->last_event_time_us = w2k_output_commit_time_us(txn);
	}
	OutputPluginUpdateProgress(ctx, !session->has_begun);
}

void
_PG_output_plugin_init(OutputPluginCallbacks *cb)
{
	cb->startup_cb = startup_cb;
	cb->begin_cb = begin_cb;
	cb->change_cb = process_change;
	cb->truncate_cb = truncate_cb;
	cb->message_cb = message_cb;
	cb->commit_cb = commit_cb;
}
