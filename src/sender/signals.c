/*
 * signals.c
 *		Debezium's Kafka channel of signals: a consumer of one partition.
 *
 * A client of its own, beside the producer, on a thread of its own: a
 * consumer's calls block.  It shares nothing with the main thread but what
 * stands in W2kSignalReader under its mutex.
 *
 * As Debezium does, it reads partition 0 without joining a group, takes the
 * records whose key is topic.prefix, and keeps its place as the group's
 * offset.  Other than there, the offset moves only when the worker has
 * written a signal down: one that came in may come again, none is lost.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#include "sender/memory.h"
#include "sender/signals.h"

/* How long one request may take before the next attempt. */
#define REQUEST_TIMEOUT_MS 5000
#define POLL_MS 200
#define RETRY_PAUSE_US 500000
#define COMPLAINT_PAUSE_S 60

/* So many may wait for the worker; more stay on the broker. */
#define QUEUE_LEN 64

struct W2kSignalReader
{
	rd_kafka_t *rk;
	char *topic;
	char *key;
	bool begins_at_end; /* where the group has no offset yet */
	int wake_fd;

	/* The thread's own */
	int64_t committed;				/* the offset last given to the group */
	rd_kafka_resp_err_t last_error; /* that was said, */
	time_t last_complaint_s;		/* and when; 0 = none was */

	/* All below: under mutex. */
	pthread_mutex_t mutex;
	pthread_cond_t has_room;
	W2kSignalItem queue[QUEUE_LEN];
	int first, count;
	int outstanding; /* signals that the worker has not confirmed */
	int64_t done;	 /* everything up to here is dealt with; -1 = nothing */
};

static void
wake_main(const W2kSignalReader *reader)
{
	uint64_t one = 1;
	ssize_t written = write(reader->wake_fd, &one, sizeof(one));

	(void) written; /* a full eventfd wakes as well */
}

/* Hands an item to the main thread, and waits for room. */
static void
push(W2kSignalReader *reader, int64_t offset, const char *text, size_t len)
{
	W2kSignalItem item = {.offset = offset,
						  .text = w2k_memory_strndup(text, len),
						  .len = (uint32_t) len};

	pthread_mutex_lock(&reader->mutex);
	while (reader->count == QUEUE_LEN)
		pthread_cond_wait(&reader->has_room, &reader->mutex);
	reader->queue[(reader->first + reader->count++) % QUEUE_LEN] = item;
	if (offset >= 0)
		reader->outstanding++;
	pthread_mutex_unlock(&reader->mutex);
	wake_main(reader);
}

/* Is it only that brokers are out of reach, in one of its many forms? */
static bool
is_passing(rd_kafka_resp_err_t err)
{
	return err == RD_KAFKA_RESP_ERR__TRANSPORT ||
		   err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
		   err == RD_KAFKA_RESP_ERR__RESOLVE ||
		   err == RD_KAFKA_RESP_ERR__TIMED_OUT ||
		   err == RD_KAFKA_RESP_ERR__WAIT_COORD ||
		   err == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
		   err == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
}

/* Says what is wrong, now and then while it stays so. */
static void
complain(W2kSignalReader *reader, const char *what, rd_kafka_resp_err_t err,
		 const char *error)
{
	struct timespec now;
	char text[512];

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (reader->last_complaint_s != 0 &&
		now.tv_sec - reader->last_complaint_s < COMPLAINT_PAUSE_S &&
		(err == reader->last_error || is_passing(err)))
		return;
	reader->last_complaint_s = now.tv_sec;
	reader->last_error = err;
	snprintf(text, sizeof(text), "%s of topic \"%s\": %s", what, reader->topic,
			 error);
	push(reader, -1, text, strlen(text));
}

/* ---- the place ---- */

static rd_kafka_topic_partition_list_t *
make_partition(const W2kSignalReader *reader, int64_t offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(
		1);

	rd_kafka_topic_partition_list_add(list, reader->topic, 0)->offset = offset;
	return list;
}

/* The offset is that of the record to be read next. */
static rd_kafka_resp_err_t
commit(W2kSignalReader *reader, int64_t offset, bool is_async)
{
	rd_kafka_topic_partition_list_t *list = make_partition(reader, offset);
	rd_kafka_resp_err_t err = rd_kafka_commit(reader->rk, list, is_async);

	rd_kafka_topic_partition_list_destroy(list);
	reader->committed = offset;
	return err;
}

/*
 * Where to begin, asked for until somebody can tell.  A place that is the end
 * is made the group's at once: else a record that comes while no sender runs
 * would be passed over.
 */
static int64_t
find_place(W2kSignalReader *reader)
{
	for (;;)
	{
		rd_kafka_topic_partition_list_t *list =
			make_partition(reader, RD_KAFKA_OFFSET_INVALID);
		rd_kafka_resp_err_t err = rd_kafka_committed(reader->rk, list,
													 REQUEST_TIMEOUT_MS);
		int64_t offset = list->elems[0].offset;
		int64_t low;
		int64_t high;

		if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
			err = list->elems[0].err;
		rd_kafka_topic_partition_list_destroy(list);
		if (err == RD_KAFKA_RESP_ERR_NO_ERROR && offset >= 0)
			return offset;
		if (err == RD_KAFKA_RESP_ERR_NO_ERROR && !reader->begins_at_end)
			return RD_KAFKA_OFFSET_BEGINNING;
		if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
			err = rd_kafka_query_watermark_offsets(reader->rk, reader->topic,
												   0, &low, &high,
												   REQUEST_TIMEOUT_MS);
		if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
			err = commit(reader, high, false);
		if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
			return high;
		complain(reader, "could not find the place in partition 0", err,
				 rd_kafka_err2str(err));
		usleep(RETRY_PAUSE_US);
	}
}

/* Tells the group how far the worker is. */
static void
commit_done(W2kSignalReader *reader)
{
	int64_t done;
	rd_kafka_resp_err_t err;

	pthread_mutex_lock(&reader->mutex);
	done = reader->done;
	pthread_mutex_unlock(&reader->mutex);
	if (done < 0 || done + 1 <= reader->committed)
		return;
	err = commit(reader, done + 1, true);
	if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
		complain(reader, "could not commit the offset in partition 0", err,
				 rd_kafka_err2str(err));
}

/* ---- records ---- */

static void
take_record(W2kSignalReader *reader, const rd_kafka_message_t *message)
{
	if (message->len > 0 && message->key_len == strlen(reader->key) &&
		memcmp(message->key, reader->key, message->key_len) == 0)
	{
		push(reader, message->offset, message->payload, message->len);
		return;
	}

	/* Somebody else's: done, unless one of ours before it is not. */
	pthread_mutex_lock(&reader->mutex);
	if (reader->outstanding == 0)
		reader->done = message->offset;
	pthread_mutex_unlock(&reader->mutex);
}

static void *
reader_main(void *arg)
{
	W2kSignalReader *reader = arg;
	rd_kafka_topic_partition_list_t *list = make_partition(reader,
														   find_place(reader));

	rd_kafka_assign(reader->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	for (;;)
	{
		rd_kafka_message_t *message = rd_kafka_consumer_poll(reader->rk,
															 POLL_MS);

		if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
			take_record(reader, message);
		else if (message != NULL)
			complain(reader, "could not read partition 0", message->err,
					 rd_kafka_message_errstr(message));
		if (message != NULL)
			rd_kafka_message_destroy(message);
		commit_done(reader);
	}
	return NULL;
}

/* ---- for the main thread ---- */

static bool
set_property(rd_kafka_conf_t *conf, const char *name, const char *value,
			 W2kResult *result)
{
	char reason[512];
	rd_kafka_conf_res_t res = rd_kafka_conf_set(conf, name, value, reason,
												sizeof(reason));

	if (res == RD_KAFKA_CONF_OK)
		return true;
	*result = (W2kResult){.code = RD_KAFKA_RESP_ERR__INVALID_ARG,
						  .name = "_INVALID_ARG"};
	snprintf(result->text, sizeof(result->text),
			 "invalid value for property \"%s\" of the consumer of signals%s%s",
			 name, w2k_settings_is_secret(name) ? "" : ": ",
			 w2k_settings_is_secret(name) ? "" : reason);
	return false;
}

static rd_kafka_conf_t *
build_conf(const W2kSettings *settings, W2kResult *result)
{
	static const char *const fixed[][2] =
		{{"enable.auto.commit", "false"},
		 {"enable.auto.offset.store", "false"},
		 {"allow.auto.create.topics", "false"},
		 /* a topic that appears later is noticed */
		 {"topic.metadata.refresh.interval.ms", "10000"},
		 {"queued.max.messages.kbytes", "1024"},
		 {"fetch.message.max.bytes", "1048576"}};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const W2kSettingList *list = &settings->signal_consumer;
	bool is_well = true;

	rd_kafka_conf_set_log_cb(conf, NULL); /* what matters are its errors */
	for (size_t i = 0; is_well && i < sizeof(fixed) / sizeof(fixed[0]); i++)
		is_well = set_property(conf, fixed[i][0], fixed[i][1], result);
	for (int i = 0; is_well && i < list->count; i++)
		is_well = set_property(conf, list->items[i].name, list->items[i].value,
							   result);
	for (const W2kFixedSetting *forced = w2k_settings_forced;
		 forced->name != NULL; forced++)
		rd_kafka_conf_set(conf, forced->name, forced->value, NULL, 0);
	if (is_well)
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

bool
w2k_signals_start(const W2kSettings *settings, int wake_fd,
				  W2kSignalReader **started, W2kResult *result)
{
	const char *reset = w2k_settings_find(&settings->signal_consumer,
										  "auto.offset.reset");
	W2kSignalReader *reader;
	rd_kafka_conf_t *conf;
	pthread_t thread;

	*started = NULL;
	if (settings->signal_topic == NULL || settings->signal_key == NULL)
		return true;
	conf = build_conf(settings, result);
	if (conf == NULL)
		return false;
	reader = w2k_memory_alloc(sizeof(*reader));
	reader->topic = w2k_memory_strdup(settings->signal_topic);
	reader->key = w2k_memory_strdup(settings->signal_key);
	reader->begins_at_end = reset != NULL && strcmp(reset, "latest") == 0;
	reader->wake_fd = wake_fd;
	reader->done = -1;
	reader->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, result->text,
							  sizeof(result->text));
	pthread_mutex_init(&reader->mutex, NULL);
	pthread_cond_init(&reader->has_room, NULL);
	if (reader->rk != NULL)
		rd_kafka_poll_set_consumer(reader->rk);
	if (reader->rk == NULL ||
		pthread_create(&thread, NULL, reader_main, reader) != 0)
	{
		result->code = RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
		result->name = "_CRIT_SYS_RESOURCE";
		if (reader->rk != NULL)
			snprintf(result->text, sizeof(result->text),
					 "could not start a thread");
		return false;
	}
	pthread_detach(thread);
	*started = reader;
	return true;
}

bool
w2k_signals_next(W2kSignalReader *reader, W2kSignalItem *item)
{
	bool is_there;

	pthread_mutex_lock(&reader->mutex);
	is_there = reader->count > 0;
	if (is_there)
	{
		*item = reader->queue[reader->first];
		reader->first = (reader->first + 1) % QUEUE_LEN;
		reader->count--;
		pthread_cond_signal(&reader->has_room);
	}
	pthread_mutex_unlock(&reader->mutex);
	return is_there;
}

void
w2k_signals_done(W2kSignalReader *reader, int64_t offset)
{
	pthread_mutex_lock(&reader->mutex);
	reader->outstanding--;
	if (offset > reader->done)
		reader->done = offset;
	pthread_mutex_unlock(&reader->mutex);
}
