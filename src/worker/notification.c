/*
 * notification.c
 *		Debezium's notifications: what becomes of snapshots.
 *
 * To a topic (sink), by the connector's converters; and to the server's log.
 * They are news, not a record of anything: one that the broker has not
 * acknowledged when the worker ends is not sent again.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "port.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "worker/attempt.h"
#include "worker/notification.h"
#include "worker/own_topic.h"

static W2kOwnTopic *sink = NULL; /* made for the first one */

/* A random UUID (version 4), as Java prints it. */
static char *
make_uuid(void)
{
	unsigned char bytes[16];

	if (!pg_strong_random(bytes, sizeof(bytes)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not generate random values")));
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	return psprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
					"%02x%02x%02x%02x%02x%02x",
					bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5],
					bytes[6], bytes[7], bytes[8], bytes[9], bytes[10],
					bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]);
}

static void
append_key(W2kWriter *writer, StringInfo out, const void *arg)
{
	writer->notice_key(writer, out, arg);
}

static void
append_value(W2kWriter *writer, StringInfo out, const void *arg)
{
	writer->notice(writer, out, arg);
}

static void
make_record(W2kTree *tree, const void *arg, const char *topic,
			W2kTransformRecord *rec)
{
	w2k_tree_make_notice(tree, arg, topic, rec);
}

static const W2kOwnKind notice_kind = {.what = "notification",
									   .op = W2K_OP_NOTICE,
									   .partition = -1,
									   .key = append_key,
									   .value = append_value,
									   .make = make_record};

static void
write_sink(const W2kConnectorConfig *conf, const W2kNotice *notice)
{
	if (sink == NULL)
		sink = w2k_own_topic_create(conf, &notice_kind,
									conf->notification_topic);
	(void) w2k_own_topic_write(sink, notice);
}

static void
write_log(const W2kNotice *notice)
{
	StringInfoData data;

	initStringInfo(&data);
	for (int i = 0; i < notice->npairs; i++)
		appendStringInfo(&data, ", %s \"%s\"", notice->names[i],
						 notice->values[i]);
	ereport(LOG,
			(errmsg("wal2kafka connector \"%s\" notifies: %s %s, id \"%s\"%s",
					w2k_attempt->row->name, notice->aggregate_type,
					notice->type, notice->id, data.data)));
}

void
w2k_notification_send(const W2kNotification *notification)
{
	const W2kConnectorConfig *conf = w2k_attempt->conf;
	int npairs = list_length(notification->additional_data) / 2;
	const char **names;
	const char **values;
	W2kNotice notice;

	if (!conf->notifies_sink && !conf->notifies_log)
		return;
	names = palloc(sizeof(char *) * (npairs + 1));
	values = palloc(sizeof(char *) * (npairs + 1));
	names[0] = "connector_name";
	values[0] = conf->topic_prefix;
	for (int i = 0; i < npairs; i++)
	{
		names[i + 1] = list_nth(notification->additional_data, 2 * i);
		values[i + 1] = list_nth(notification->additional_data, 2 * i + 1);
	}
	notice.id = notification->id != NULL ? notification->id : make_uuid();
	notice.type = notification->type;
	notice.aggregate_type = notification->aggregate_type;
	notice.npairs = npairs + 1;
	notice.names = names;
	notice.values = values;
	notice.time_ms = (GetCurrentTimestamp() - SetEpochTimestamp()) / 1000;
	if (conf->notifies_sink)
		write_sink(conf, &notice);
	if (conf->notifies_log)
		write_log(&notice);
}

void
w2k_notification_tell(const char *id, const char *aggregate_type,
					  const char *type, ...)
{
	W2kNotification notification = {.id = id,
									.aggregate_type = aggregate_type,
									.type = type};
	va_list args;
	const char *text;

	va_start(args, type);
	while ((text = va_arg(args, const char *)) != NULL)
		notification.additional_data = lappend(notification.additional_data,
											   pstrdup(text));
	va_end(args);
	w2k_notification_send(&notification);
	list_free_deep(notification.additional_data);
}
