/*
 * suspect.c
 *		Records that made decoding fail before, written with care.
 *
 * A worker whose attempt a record has ended (R12) says so by suspect.lsn to
 * the next one.  That and what comes after it is written in a subtransaction,
 * and where it fails (again), decoding goes on without it, as
 * event.processing.failure.handling.mode says.  From there on, for the rest of
 * the session: more may follow, and one restart for each would never end.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/resowner.h"

#include "decode/output.h"
#include "decode/suspect.h"
#include "decode/transaction.h"
#include "decode/transformed.h"

/* What a failure goes back to. */
struct W2kSuspectMark
{
	W2kRecordWriter records;
	bool has_begun;
	bool is_writing;
	int out_len;
};

/* May a policy skip what failed in this way? */
static bool
is_skippable(int sqlerrcode)
{
	switch (ERRCODE_TO_CATEGORY(sqlerrcode))
	{
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_INSUFFICIENT_RESOURCES:
			return false;
		default:
			return true;
	}
}

static void
set_mark(LogicalDecodingContext *ctx, W2kSuspectMark *mark)
{
	W2kSession *session = ctx->output_plugin_private;

	mark->records = *session->records;
	mark->has_begun = session->has_begun;
	mark->is_writing = session->is_writing;
	mark->out_len = ctx->out->len;
}

/*
 * What was written since is taken back: the writer is what it was, but for the
 * numbers of topics, which a table keeps once it has one.  The topics may only
 * seem announced.
 */
static void
go_back(LogicalDecodingContext *ctx, const W2kSuspectMark *mark)
{
	W2kSession *session = ctx->output_plugin_private;
	uint32 next_topic_id = session->records->next_topic_id;

	*session->records = mark->records;
	session->records->next_topic_id = next_topic_id;
	session->has_begun = mark->has_begun;
	session->is_writing = mark->is_writing;
	ctx->out->len = mark->out_len;

	w2k_writers_forget_column(&session->writers);
	session->is_message_topic_announced = false;
	w2k_transformed_forget(session);
	w2k_reference_forget(session->writers.references);
	w2k_transaction_restore(session);
	if (session->wrel == NULL)
		return;
	session->wrel->is_topic_announced = false;
	if (session->wrel->capture == W2K_CAPTURE_EMIT)
		w2k_change_forget_emitted(session);
}

/* Does the work in a subtransaction; returns the error that it was undone
 * for. */
static ErrorData *
try_work(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
		 W2kSuspectWork work, void *arg, const W2kSuspectMark *mark)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(oldcontext);
	PG_TRY();
	{
		work(ctx, txn, arg);

		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(oldcontext);
		error = CopyErrorData();
		if (!is_skippable(error->sqlerrcode))
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
		go_back(ctx, mark);
	}
	PG_END_TRY();
	return error;
}

ErrorData *
w2k_suspect_write(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
				  XLogRecPtr lsn, Oid relid, W2kSuspectWork work, void *arg)
{
	W2kSession *session = ctx->output_plugin_private;
	const W2kConnectorConfig *conf = session->conf;
	W2kSuspectMark *outer = session->mark;
	W2kSuspectMark mark;
	ErrorData *error;

	if (likely(conf->suspect_lsn == InvalidXLogRecPtr ||
			   lsn < conf->suspect_lsn) ||
		conf->processing_failure == W2K_FAILURE_FAIL)
	{
		work(ctx, txn, arg);
		return NULL;
	}

	/* settings are made before, so that they outlive the subtransaction */
	if (txn != NULL)
	{
		w2k_output_prepare_transaction(ctx, txn);
		w2k_output_set_modes(session);
	}
	w2k_transaction_mark(session);
	set_mark(ctx, &mark);
	session->mark = &mark;
	error = try_work(ctx, txn, work, arg, &mark);
	session->mark = outer;
	if (error != NULL)
		w2k_output_skip(ctx, lsn, relid);
	return error;
}

void
w2k_suspect_keep(LogicalDecodingContext *ctx)
{
	W2kSession *session = ctx->output_plugin_private;

	if (session->mark != NULL)
		set_mark(ctx, session->mark);
}

bool
w2k_suspect_should_warn(const W2kSession *session, const ErrorData *error)
{
	return error != NULL &&
		   session->conf->processing_failure == W2K_FAILURE_WARN;
}
