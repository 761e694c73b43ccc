/*
 * message.c
 *		Logical decoding messages -> records with op "m".
 *
 * Anyone may write such messages, so nothing of ours trusts them, and a
 * connector sends them only for an owner who could read the WAL himself: a
 * superuser, or one with REPLICATION.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/resowner.h"

#include "decode/message.h"
#include "decode/output.h"
#include "decode/suspect.h"
#include "decode/transaction.h"
#include "decode/transformed.h"
#include "encode/buffer.h"
#include "schema/topic.h"
#include "transform/tree.h"

static bool
is_owner_trusted(Oid owner)
{
	return !OidIsValid(owner) || superuser_arg(owner) ||
		   has_rolreplication(owner);
}

/* The topic of messages, made once for the session. */
static void
get_topic(W2kSession *session, W2kTopicRef *topic)
{
	if (session->message_topic == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(session->context);

		session->message_topic = w2k_topic_for_messages(
			session->conf->topic_prefix);
		MemoryContextSwitchTo(oldcontext);
	}
	topic->id = &session->message_topic_id;
	topic->is_announced = &session->is_message_topic_announced;
	topic->relid = InvalidOid;
	topic->topic = session->message_topic;
	topic->schema = "";
	topic->table = "";
}

static void
write_record(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, void *arg)
{
	W2kMessage *message = arg;
	W2kSession *session = ctx->output_plugin_private;
	W2kTopicRef topic;
	W2kPlace place;

	if (txn != NULL)
		message->place = w2k_transaction_count(session, txn->xid, NULL, &place);
	get_topic(session, &topic);
	if (session->chain != NULL)
	{
		const W2kTransformedFrom from = {W2K_OP_MESSAGE, message->lsn,
										 InvalidOid, "", ""};
		W2kTransformRecord rec;

		w2k_tree_make_message(session->tree, message, topic.topic, &rec);
		w2k_transformed_write(ctx, txn, &from, &rec);
		return;
	}
	w2k_output_begin_record(ctx, txn, &topic, W2K_OP_MESSAGE, message->lsn,
							false);
	session->writers.key->message_key(session->writers.key, ctx->out, message);
	w2k_record_end_key(session->records, ctx->out, false);
	session->writers.value->message(session->writers.value, ctx->out, message);
	w2k_record_end_value(session->records, ctx->out, false);
	w2k_output_end_record(ctx);
}

/* One that is not of a transaction is one to the reader. */
static void
write_alone(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, void *arg)
{
	const W2kMessage *message = arg;

	w2k_output_begin_alone(ctx, message->lsn);
	write_record(ctx, NULL, arg);
	w2k_output_end_alone(ctx, message->lsn);
}

/* The record, or what the policy says where it cannot be. */
static void
write_message(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
			  W2kMessage *message)
{
	W2kSession *session = ctx->output_plugin_private;
	ErrorData *error =
		w2k_suspect_write(ctx, txn, message->lsn, InvalidOid,
						  txn == NULL ? write_alone : write_record, message);

	if (w2k_suspect_should_warn(session, error))
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("skipped a logical message at LSN %X/%X that could not be encoded",
						LSN_FORMAT_ARGS(message->lsn)),
				 errdetail("%s", error->message)));
}

/* One that is not transactional. */
static void
write_outside(LogicalDecodingContext *ctx, W2kMessage *message)
{
	W2kSession *session = ctx->output_plugin_private;
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	bool is_outside = !IsTransactionState();

	/* catalogs are read, which takes a transaction */
	if (is_outside)
		StartTransactionCommand();
	MemoryContextSwitchTo(oldcontext);
	if (is_owner_trusted(session->conf->owner))
	{
		write_message(ctx, NULL, message);
		session->last_commit_lsn = message->lsn;
	}
	if (is_outside)
	{
		AbortCurrentTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
	}
}

void
w2k_message_write(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
				  XLogRecPtr lsn, const char *prefix, Size len,
				  const char *content)
{
	W2kSession *session = ctx->output_plugin_private;
	MemoryContext oldcontext;
	W2kMessage message = {0};

	/* what wait_for_delivery() waits for */
	if (strcmp(prefix, W2K_NAME) == 0)
		return;

	oldcontext = MemoryContextSwitchTo(session->change_context);
	if (txn != NULL)
		w2k_transaction_touch(ctx, txn, lsn);
	if (!w2k_filter_message(session->filter, prefix))
	{
		/* counts as processed for "sequence", as with Debezium */
		if (txn == NULL)
			session->last_commit_lsn = lsn;
		w2k_output_flush(ctx);
		MemoryContextSwitchTo(oldcontext);
		MemoryContextReset(session->change_context);
		return;
	}
	message.prefix = prefix;
	message.content = content;
	message.len = (int) len;
	message.lsn = lsn;
	message.time_ns = w2k_output_now_ns();
	if (txn == NULL)
		write_outside(ctx, &message);
	else if (is_owner_trusted(session->conf->owner))
	{
		w2k_output_prepare_transaction(ctx, txn);
		write_message(ctx, txn, &message);
	}
	w2k_output_flush(ctx);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(session->change_context);
}
