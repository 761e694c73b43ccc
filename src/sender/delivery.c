/*
 * delivery.c
 *		What an error of Kafka means for delivery, and what to do about it.
 *
 * librdkafka itself retries what can be retried, for ever (the sender sets no
 * message timeout), so an error that reaches us with a record is final for
 * that producer.  The question left is what helps: a new sender, a person, or
 * leaving out the record.  When in doubt it is RETRY: the WAL keeps the
 * changes, and a wrong FATAL would stop a connector for a passing trouble.
 */
#include <stdio.h>
#include <string.h>

#include "sender/delivery.h"

/* Advice that several errors share. */
#define GRANT_TOPIC                                                           \
	"grant the connector's Kafka user DESCRIBE and WRITE on the topic"
#define CHECK_LOGIN                                                           \
	"check security.protocol, sasl.mechanism and the credentials (producer.override.sasl.*)"
#define CHECK_TLS                                                             \
	"check security.protocol and the certificates (producer.override.ssl.*)"
#define CHECK_ADDRESS                                                         \
	"check bootstrap.servers and that the brokers are reachable from this host"
#define TOO_LARGE                                                             \
	"raise message.max.bytes (producer.override.max.request.size) and the topic's max.message.bytes"

static const W2kErrorInfo errors[] = {
	/* Connections: librdkafka reconnects */
	{"_ALL_BROKERS_DOWN", W2K_CLASS_CONNECTION, CHECK_ADDRESS},
	{"_TRANSPORT", W2K_CLASS_CONNECTION, CHECK_ADDRESS},
	{"_RESOLVE", W2K_CLASS_CONNECTION, CHECK_ADDRESS},
	{"_AUTHENTICATION", W2K_CLASS_CONNECTION, CHECK_LOGIN},
	{"SASL_AUTHENTICATION_FAILED", W2K_CLASS_CONNECTION, CHECK_LOGIN},
	{"UNSUPPORTED_SASL_MECHANISM", W2K_CLASS_CONNECTION, CHECK_LOGIN},
	{"ILLEGAL_SASL_STATE", W2K_CLASS_CONNECTION, CHECK_LOGIN},
	{"_SSL", W2K_CLASS_CONNECTION, CHECK_TLS},
	{"_TIMED_OUT", W2K_CLASS_CONNECTION, NULL},
	{"_TIMED_OUT_QUEUE", W2K_CLASS_CONNECTION, NULL},

	/* About one record */
	{"MSG_SIZE_TOO_LARGE", W2K_CLASS_RECORD, TOO_LARGE},
	{"RECORD_LIST_TOO_LARGE", W2K_CLASS_RECORD, TOO_LARGE},
	{"INVALID_RECORD", W2K_CLASS_RECORD,
	 "a compacted topic (cleanup.policy=compact) refuses records without a key: give the table a primary key or change the topic"},
	{"_INVALID_DIFFERENT_RECORD", W2K_CLASS_RECORD, NULL},
	{"INVALID_MSG", W2K_CLASS_RECORD, NULL},
	{"INVALID_MSG_SIZE", W2K_CLASS_RECORD, NULL},
	{"INVALID_TIMESTAMP", W2K_CLASS_RECORD,
	 "the record's time is outside the topic's message.timestamp.before.max.ms and message.timestamp.after.max.ms"},

	/* A person must act */
	{"TOPIC_AUTHORIZATION_FAILED", W2K_CLASS_FATAL, GRANT_TOPIC},
	{"CLUSTER_AUTHORIZATION_FAILED", W2K_CLASS_FATAL,
	 "grant the connector's Kafka user IDEMPOTENT_WRITE on the cluster, or WRITE on any topic with brokers of 2.8 and later"},
	{"TRANSACTIONAL_ID_AUTHORIZATION_FAILED", W2K_CLASS_FATAL,
	 "grant the connector's Kafka user WRITE on the transactional id"},
	{"TOPIC_EXCEPTION", W2K_CLASS_FATAL,
	 "a topic's name may hold letters, digits, '.', '_' and '-', at most 249 of them; see topic.prefix and the table's name"},
	{"INVALID_REQUIRED_ACKS", W2K_CLASS_FATAL, "set acks to all or 1"},
	{"INVALID_PARTITIONS", W2K_CLASS_FATAL, "see topic.creation.*.partitions"},
	{"INVALID_CONFIG", W2K_CLASS_FATAL,
	 "see the topic properties under topic.creation.*"},
	{"POLICY_VIOLATION", W2K_CLASS_FATAL,
	 "a policy of the Kafka cluster refuses this; ask who runs it"},
	{"UNSUPPORTED_COMPRESSION_TYPE", W2K_CLASS_FATAL,
	 "set compression.type to one the brokers support"},
	{"UNSUPPORTED_FOR_MESSAGE_FORMAT", W2K_CLASS_FATAL,
	 "the topic's message format is older than Kafka 0.11"},
	{"UNSUPPORTED_VERSION", W2K_CLASS_FATAL,
	 "the brokers are too old for what is asked of them"},
	{"_UNSUPPORTED_FEATURE", W2K_CLASS_FATAL,
	 "the brokers are too old for what is asked of them, or librdkafka was built without it"},
	{"_INVALID_ARG", W2K_CLASS_FATAL, NULL},
	{"SECURITY_DISABLED", W2K_CLASS_FATAL, NULL},

	/* A new sender may do better, once somebody or time has helped */
	{"UNKNOWN_TOPIC_OR_PART", W2K_CLASS_RETRY,
	 "create the topic, let the brokers create it (auto.create.topics.enable) or set topic.creation.default.partitions and topic.creation.default.replication.factor"},
	{"_UNKNOWN_TOPIC", W2K_CLASS_RETRY,
	 "create the topic, let the brokers create it (auto.create.topics.enable) or set topic.creation.default.partitions and topic.creation.default.replication.factor"},
	{"_UNKNOWN_PARTITION", W2K_CLASS_RETRY,
	 "the topic has fewer partitions than the record asks for"},
	{"INVALID_REPLICATION_FACTOR", W2K_CLASS_RETRY,
	 "see topic.creation.*.replication.factor: it must not exceed the number of brokers that are up"},
	{"_MSG_TIMED_OUT", W2K_CLASS_RETRY,
	 "message.timeout.ms (delivery.timeout.ms) passed; the changes are kept and will be sent again"},
};

static const W2kErrorInfo unnamed_record = {"", W2K_CLASS_RETRY, NULL};
static const W2kErrorInfo unnamed_client = {"", W2K_CLASS_NOTICE, NULL};

static const W2kErrorInfo *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
	{
		if (strcmp(errors[i].name, name) == 0)
			return &errors[i];
	}
	return NULL;
}

const W2kErrorInfo *
w2k_delivery_classify(const char *name)
{
	const W2kErrorInfo *info = find(name);

	return info != NULL ? info : &unnamed_record;
}

const W2kErrorInfo *
w2k_delivery_classify_client(const char *name)
{
	const W2kErrorInfo *info = find(name);

	return info != NULL ? info : &unnamed_client;
}

/* snprintf behind what is there; size never runs below zero. */
static void
append(char *buf, size_t size, const char *before, const char *text)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, "%s%s", before, text);
}

void
w2k_delivery_describe(char *buf, size_t size, const W2kErrorInfo *info,
					  const char *reason, const W2kErrorPlace *place)
{
	char what[128];

	if (place->batch_records > 1)
		snprintf(what, sizeof(what),
				 "could not write a batch of %u records, the first of %llu bytes,",
				 place->batch_records,
				 (unsigned long long) place->record_bytes);
	else if (place->record_bytes > 0)
		snprintf(what, sizeof(what), "could not write a record of %llu bytes",
				 (unsigned long long) place->record_bytes);
	else
		snprintf(what, sizeof(what), "could not write");

	buf[0] = '\0';
	append(buf, size, "", what);
	if (place->topic != NULL && place->topic[0] != '\0')
	{
		append(buf, size, " to topic \"", place->topic);
		append(buf, size, "\"", "");
	}
	append(buf, size, ": ", reason);
	if (info->advice != NULL)
		append(buf, size, "; ", info->advice);
	if (info->error_class == W2K_CLASS_RECORD && place->batch_records > 1)
		append(buf, size, "",
			   "; the broker does not say which record, set batch.num.messages to 1 to find it");
}
