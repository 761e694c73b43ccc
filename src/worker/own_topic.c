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
#include "worker/attempt.h"
#include "worker/own_topic.h"

struct W2kOwnTopic
{
	W2kWriters writers;
	W2kRecordWriter *records;
	W2kTopicRef ref;
	uint32 id;
	bool is_announced;
};

W2kOwnTopic *
w2k_own_topic_create(const W2kConnectorConfig *conf, const char *name)
{
	W2kOwnTopic *topic = palloc0(sizeof(W2kOwnTopic));
	W2kWriterOptions options = {.version = W2K_VERSION,
								.prefix = conf->topic_prefix};

	options.key.format = conf->key_converter.format;
	options.value.format = conf->value_converter.format;
	options.key.has_schemas = conf->key_converter.has_schemas;
	options.value.has_schemas = conf->value_converter.has_schemas;
	options.key.schema = conf->key_converter.schema;
	options.value.schema = conf->value_converter.schema;
	w2k_writers_create(&topic->writers, &options);
	topic->records = w2k_record_create_writer(false, false,
											  w2k_attempt->row->name);
	topic->records->is_hello_sent = true; /* the link's own */
	topic->records->references = topic->writers.references;
	w2k_reference_begin_with(topic->writers.references,
							 W2K_OWN_FIRST_REFERENCE);
	topic->ref.id = &topic->id;
	topic->ref.is_announced = &topic->is_announced;
	topic->ref.topic = name;
	topic->ref.schema = "";
	topic->ref.table = "";
	return topic;
}

/*
 * Topics are announced each time, as number 0: the plugin's numbers begin
 * with 1, and its HELLO makes the sender forget those before.  So are schemas,
 * by numbers that are the worker's own.
 */
static void
write_record(W2kOwnTopic *topic, char op, int32 partition, W2kOwnPart key,
			 W2kOwnPart value, const void *arg)
{
	StringInfo out = &w2k_attempt->sender.out;

	topic->id = 0;
	topic->is_announced = false;
	topic->records->next_topic_id = 0;
	w2k_reference_forget(topic->writers.references);
	/* there is no stream yet while an initial snapshot is read */
	w2k_record_begin(topic->records, out, &topic->ref, op,
					 w2k_attempt->stream == NULL
						 ? InvalidXLogRecPtr
						 : w2k_stream_position(w2k_attempt->stream),
					 false);
	topic->records->rec.partition = partition;
	key(topic->writers.key, out, arg);
	w2k_record_end_key(topic->records, out, false);
	value(topic->writers.value, out, arg);
	w2k_record_end_value(topic->records, out, false);
	w2k_record_end(topic->records, out);
}

uint64
w2k_own_topic_write(W2kOwnTopic *topic, char op, int32 partition,
					W2kOwnPart key, W2kOwnPart value, const void *arg)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	/* Names in another encoding are converted in a transaction only. */
	bool needs_transaction = GetDatabaseEncoding() != PG_UTF8 &&
							 !IsTransactionState();

	if (needs_transaction)
		StartTransactionCommand();
	write_record(topic, op, partition, key, value, arg);
	if (needs_transaction)
	{
		CommitTransactionCommand();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
	}
	(void) w2k_sender_link_feed(sender);
	w2k_sender_link_flush(sender);
	return sender->sequence;
}
