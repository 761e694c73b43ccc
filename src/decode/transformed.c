/*
 * transformed.c
 *		Records that go through transforms before they are written.
 *
 * Transforms give any record any topic, so topics are known by name here, and
 * by table: the reader counts a topic's records for the table that it was
 * announced with.  Where transforms have put headers behind those that every
 * record carries, all of them are the record's own.
 */
#include "postgres.h"

#include "utils/hsearch.h"

#include "decode/output.h"
#include "decode/transformed.h"
#include "transform/chain.h"
#include "transform/render.h"
#include "transform/tree.h"

typedef struct TopicKey
{
	Oid relid;
	char name[W2K_TOPIC_NAME_SIZE];
} TopicKey;

typedef struct Topic
{
	TopicKey key; /* hash key: first */
	uint32 id;
	bool is_announced;
} Topic;

/* Finds or makes the stream's name for a topic. */
static void
get_topic(W2kSession *session, const W2kTransformedFrom *from,
		  const char *name, W2kTopicRef *ref)
{
	TopicKey key;
	Topic *topic;
	bool is_found;

	if (session->transformed_topics == NULL)
	{
		HASHCTL ctl = {0};

		ctl.keysize = sizeof(TopicKey);
		ctl.entrysize = sizeof(Topic);
		ctl.hcxt = session->context;
		session->transformed_topics =
			hash_create("wal2kafka transformed topics", 64, &ctl,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	memset(&key, 0, sizeof(key));
	key.relid = from->relid;
	memcpy(key.name, name, strlen(name));
	topic = hash_search(session->transformed_topics, &key, HASH_ENTER,
						&is_found);
	if (!is_found)
	{
		topic->id = 0;
		topic->is_announced = false;
	}

	ref->id = &topic->id;
	ref->is_announced = &topic->is_announced;
	ref->relid = from->relid;
	ref->topic = topic->key.name;
	ref->schema = from->schema;
	ref->table = from->table;
}

void
w2k_transformed_write(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
					  const W2kTransformedFrom *from, W2kTransformRecord *rec)
{
	W2kSession *session = ctx->output_plugin_private;
	W2kTopicRef topic;

	if (session->chain != NULL && !w2k_chain_apply(session->chain, rec))
		return;
	get_topic(session, from, rec->topic, &topic);
	w2k_output_begin_record(ctx, txn, &topic, from->op, from->lsn,
							w2k_tree_take_context(session->tree, rec));
	w2k_render_record(&session->writers, session->records, ctx->out, rec);
	w2k_output_end_record(ctx);
}

void
w2k_transformed_forget(W2kSession *session)
{
	HASH_SEQ_STATUS status;
	Topic *topic;

	if (session->transformed_topics == NULL)
		return;
	hash_seq_init(&status, session->transformed_topics);
	while ((topic = hash_seq_search(&status)) != NULL)
		topic->is_announced = false;
}
