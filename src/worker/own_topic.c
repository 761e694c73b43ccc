/*
 * own_topic.c
 *		A topic that the worker itself writes to: heartbeats, notifications.
 *
 * What it writes needs no frame of a commit: the slot moves past a quiet
 * stretch by itself.
 */
#include "postgres.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "encode/record.h"
#include "encode/writer.h"
#include "transform/chain.h"
#include "transform/render.h"
#include "worker/attempt.h"
#include "worker/own_topic.h"

struct W2kOwnTopic
{
	MemoryContext context; /* its own, and the transforms' */
	const W2kOwnKind *kind;
	W2kWriters writers;
	W2kChain *chain; /* NULL = no transforms, or none used yet */
	W2kTree *tree;
	W2kRecordWriter *records;
	const char *name; /* before transforms */
	uint32 id;
	bool is_announced;
	bool has_skipped; /* one that transforms could not do with */
};

W2kOwnTopic *
w2k_own_topic_create(const W2kConnectorConfig *conf, const W2kOwnKind *kind,
					 const char *name)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext,
												  "wal2kafka own topic",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	W2kOwnTopic *topic = palloc0(sizeof(W2kOwnTopic));
	W2kWriterOptions options = {.version = W2K_VERSION,
								.prefix = conf->topic_prefix};

	options.key.format = conf->key_converter.format;
	options.value.format = conf->value_converter.format;
	options.key.has_schemas = conf->key_converter.has_schemas;
	options.value.has_schemas = conf->value_converter.has_schemas;
	topic->context = context;
	topic->kind = kind;
	topic->name = name;
	options.key.schema = conf->key_converter.schema;
	options.value.schema = conf->value_converter.schema;
	w2k_writers_create(&topic->writers, &options);
	topic->records = w2k_record_create_writer(false, false,
											  w2k_attempt->row->name);
	topic->records->is_hello_sent = true; /* the link's own */
	topic->records->references = topic->writers.references;
	w2k_reference_begin_with(topic->writers.references,
							 W2K_OWN_FIRST_REFERENCE);
	MemoryContextSwitchTo(oldcontext);
	return topic;
}

/*
 * Begins the record.  Topics are announced each time, as number 0: the
 * plugin's numbers begin with 1, and its HELLO makes the sender forget those
 * before.  So are schemas, by numbers that are the worker's own.
 */
static void
begin_record(W2kOwnTopic *topic, const char *name)
{
	W2kTopicRef ref = {
		.id = &topic->id,
		.is_announced = &topic->is_announced,
		.relid = InvalidOid,
		.topic = name,
		.schema = "",
		.table = "",
	};

	topic->id = 0;
	topic->is_announced = false;
	topic->records->next_topic_id = 0;
	w2k_reference_forget(topic->writers.references);
	/* there is no stream yet while an initial snapshot is read */
	w2k_record_begin(topic->records, &w2k_attempt->sender.out, &ref,
					 topic->kind->op,
					 w2k_attempt->stream == NULL
						 ? InvalidXLogRecPtr
						 : w2k_stream_position(w2k_attempt->stream),
					 false);
}

static void
append_record(W2kOwnTopic *topic, const void *arg)
{
	StringInfo out = &w2k_attempt->sender.out;

	begin_record(topic, topic->name);
	topic->records->rec.partition = topic->kind->partition;
	topic->kind->key(topic->writers.key, out, arg);
	w2k_record_end_key(topic->records, out, false);
	topic->kind->value(topic->writers.value, out, arg);
	w2k_record_end_value(topic->records, out, false);
	w2k_record_end(topic->records, out);
}

/* The same through transforms, which may drop it. */
static void
append_transformed(W2kOwnTopic *topic, const void *arg)
{
	const W2kConnectorConfig *conf = w2k_attempt->conf;
	StringInfo out = &w2k_attempt->sender.out;
	W2kTransformRecord rec;

	if (topic->chain == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(topic->context);

		topic->tree = w2k_tree_create(&topic->writers);
		topic->chain = w2k_chain_create(conf);
		MemoryContextSwitchTo(oldcontext);
	}
	topic->kind->make(topic->tree, arg, topic->name, &rec);
	if (!w2k_chain_apply(topic->chain, &rec))
		return;
	begin_record(topic, rec.topic);
	w2k_render_record(&topic->writers, topic->records, out, &rec);
	w2k_record_end(topic->records, out);
}

/*
 * Transforms could not do with a record, and so it will be with each one:
 * trying again does not mend that.
 */
static void
give_up(W2kOwnTopic *topic, const ErrorData *error)
{
	if (w2k_attempt->conf->processing_failure == W2K_FAILURE_FAIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("could not make a %s: %s", topic->kind->what,
						error->message),
				 error->detail != NULL ? errdetail("%s", error->detail) : 0,
				 error->hint != NULL ? errhint("%s", error->hint) : 0));
	pg_atomic_fetch_add_u64(&w2k_attempt->slot->counters.skipped, 1);
	if (w2k_attempt->conf->processing_failure == W2K_FAILURE_WARN &&
		!topic->has_skipped)
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("skipped a %s of connector \"%s\" that could not be encoded",
						topic->kind->what, w2k_attempt->row->name),
				 errdetail("%s This is said once.", error->message)));
	topic->has_skipped = true;
}

/*
 * In a transaction: names in another encoding than UTF-8 are converted in one
 * only, and it cleans up after transforms that fail.
 */
static void
append_in_transaction(W2kOwnTopic *topic, const void *arg)
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
			append_record(topic, arg);
		else
			append_transformed(topic, arg);
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
		give_up(topic, error);
}

uint64
w2k_own_topic_write(W2kOwnTopic *topic, const void *arg)
{
	W2kSenderLink *sender = &w2k_attempt->sender;

	if (GetDatabaseEncoding() == PG_UTF8 &&
		w2k_attempt->conf->transforms == NIL)
		append_record(topic, arg);
	else
		append_in_transaction(topic, arg);
	(void) w2k_sender_link_feed(sender);
	w2k_sender_link_flush(sender);
	return sender->sequence;
}
