/*
 * producer.c
 *		librdkafka: create, enqueue, poll; the only file that includes it.
 *		(Longer than others for that reason.)
 *
 * Events only: delivery reports, errors, log lines and statistics are asked
 * for with rd_kafka_conf_set_events() and taken from the main queue by the
 * main thread, so no code of ours runs on a librdkafka thread (hazards R3,
 * R4).  librdkafka writes to our wake-up descriptor when the queue becomes
 * non-empty, and the sender's one poll() sees it.
 *
 * One thing librdkafka only offers as a blocking call: metadata.  Two of our
 * questions need it (does any broker answer? does this topic exist?), so a
 * small helper thread asks them.  It shares nothing with the main thread but
 * the struct Prober, under its mutex.
 *
 * Nothing is destroyed at the end: the process leaves by _exit(), which no
 * thread of librdkafka or OpenSSL can make unsafe (hazards R6).
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#include "sender/memory.h"
#include "sender/producer.h"

/* A sequence travels through librdkafka as a message's opaque pointer. */
_Static_assert(sizeof(void *) >= sizeof(uint64_t), "needs 64 bit pointers");

/* How long one metadata request may take before the next attempt. */
#define PROBE_TIMEOUT_MS 5000

/* Pause between attempts when no broker answers. */
#define PROBE_PAUSE_MS 200

/* How long topic creation may take, in the client and on the broker. */
#define CREATE_TOPIC_TIMEOUT_MS 30000

/* How long records linger at most where a flusher sends them: flusher.h. */
#define LINGER_MS 10000

/* librdkafka 2.5.0 aborts on a broker's telemetry subscription. */
#define BROKEN_VERSION 0x02050000
#define VERSION_MASK 0xffffff00

typedef struct Prober
{
	pthread_mutex_t mutex;
	pthread_cond_t wanted;
	/* All below: under mutex. */
	bool wants_probe;  /* main -> thread; cleared when it is answered */
	char *topic;	   /* main -> thread: to look up; cleared likewise */
	bool is_connected; /* thread -> main: a broker answered the probe */
	bool is_looked_up; /* thread -> main: all below are set */
	bool has_topic;
	bool is_simulated;
	rd_kafka_resp_err_t lookup_error;
} Prober;

struct W2kProducer
{
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	rd_kafka_event_t *event; /* the one last polled */
	int wake_fd;
	W2kLimits limits;
	bool has_linger; /* the user's linger.ms */
	Prober prober;
};

static void
set_result(W2kResult *result, rd_kafka_resp_err_t err, const char *text)
{
	result->code = err;
	result->name = rd_kafka_err2name(err);
	result->is_fatal = false;
	result->is_retriable = false;
	snprintf(result->text, sizeof(result->text), "%s",
			 text != NULL ? text : rd_kafka_err2str(err));
}

/*
 * The same with what stands behind it when the error is only "fatal": reports
 * of single records may come before the event that explains them.
 */
static void
set_result_of(const W2kProducer *producer, W2kResult *result,
			  rd_kafka_resp_err_t err, const char *text)
{
	char fatal_text[512];

	if (err != RD_KAFKA_RESP_ERR__FATAL)
	{
		set_result(result, err, text);
		return;
	}
	err = rd_kafka_fatal_error(producer->rk, fatal_text, sizeof(fatal_text));
	set_result(result, err, fatal_text);
	result->is_fatal = true;
}

static void
set_config_error(W2kResult *result, const char *text)
{
	set_result(result, RD_KAFKA_RESP_ERR__INVALID_ARG, text);
}

const char *
w2k_producer_library_version(void)
{
	return rd_kafka_version_str();
}

/* One of the user's properties; an error never shows a secret's value. */
static bool
set_property(rd_kafka_conf_t *conf, const char *name, const char *value,
			 W2kResult *result)
{
	char reason[512];
	char text[sizeof(result->text)];
	rd_kafka_conf_res_t res;

	res = rd_kafka_conf_set(conf, name, value, reason, sizeof(reason));
	if (res == RD_KAFKA_CONF_OK)
		return true;
	if (res == RD_KAFKA_CONF_UNKNOWN)
		snprintf(text, sizeof(text),
				 "unrecognized property \"%s\" (librdkafka %s)", name,
				 rd_kafka_version_str());
	else if (w2k_settings_is_secret(name))
		snprintf(text, sizeof(text), "invalid value for property \"%s\"", name);
	else
		snprintf(text, sizeof(text), "invalid value for property \"%s\": %s",
				 name, reason);
	set_config_error(result, text);
	return false;
}

/* The effective value of a property, "" when it has none. */
static void
get_property(const rd_kafka_conf_t *conf, const char *name, char *value,
			 size_t size)
{
	size_t len = size;

	value[0] = '\0';
	if (rd_kafka_conf_get(conf, name, value, &len) != RD_KAFKA_CONF_OK)
		value[0] = '\0';
}

static int64_t
get_number(const rd_kafka_conf_t *conf, const char *name)
{
	char value[64];

	get_property(conf, name, value, sizeof(value));
	return strtoll(value, NULL, 10);
}

static bool
user_sets(const W2kSettings *settings, const char *name, const char *alias)
{
	return w2k_settings_find(&settings->kafka, name) != NULL ||
		   (alias != NULL &&
			w2k_settings_find(&settings->kafka, alias) != NULL);
}

/*
 * Reconciles idempotence with what the user asked for.  As with the Java
 * client, asking for weaker acknowledgements or no retries turns our default
 * of idempotence off.  Without it a retried batch may be overtaken by the
 * next one, unless only one is in flight; a key's records never overtake one
 * another, so more is refused.
 */
static bool
settle_ordering(rd_kafka_conf_t *conf, const W2kSettings *settings,
				W2kResult *result)
{
	char value[64];
	int64_t acks = get_number(conf, "acks");
	int64_t in_flight = get_number(conf,
								   "max.in.flight.requests.per.connection");

	if (acks == 0)
	{
		set_config_error(result,
						 "property \"acks\" must not be 0: records could be lost without notice");
		return false;
	}
	if (!user_sets(settings, "enable.idempotence", NULL) &&
		(acks != -1 || get_number(conf, "message.send.max.retries") == 0 ||
		 (user_sets(settings, "max.in.flight.requests.per.connection",
					"max.in.flight") &&
		  in_flight > 5)) &&
		!set_property(conf, "enable.idempotence", "false", result))
		return false;

	get_property(conf, "enable.idempotence", value, sizeof(value));
	if (strcmp(value, "true") == 0)
		return true;
	if (!user_sets(settings, "max.in.flight.requests.per.connection",
				   "max.in.flight"))
		return set_property(conf, "max.in.flight.requests.per.connection", "1",
							result);
	if (in_flight > 1)
	{
		set_config_error(result,
						 "property \"max.in.flight.requests.per.connection\" must be 1 when \"enable.idempotence\" is false, else retries could change the order of records");
		return false;
	}
	return true;
}

/* Has the user said that records linger? */
static bool
lingers(const rd_kafka_conf_t *conf)
{
	char value[64];

	get_property(conf, "linger.ms", value, sizeof(value));
	return strtod(value, NULL) > 0;
}

/*
 * Leaves it to flushes when records are sent: see flusher.h.  For how long
 * records without a key keep to a partition does not follow from that.
 */
static bool
defer_sending(rd_kafka_conf_t *conf, const W2kSettings *settings,
			  W2kResult *result)
{
	int64_t linger_ms = LINGER_MS;
	int64_t timeout_ms = get_number(conf, "message.timeout.ms");
	char value[64];

	if (timeout_ms > 0 && timeout_ms <= linger_ms)
		linger_ms = timeout_ms - 1; /* librdkafka wants it to be less */
	snprintf(value, sizeof(value), "%d", (int) linger_ms);
	return set_property(conf, "linger.ms", value, result) &&
		   (user_sets(settings, "sticky.partitioning.linger.ms", NULL) ||
			set_property(conf, "sticky.partitioning.linger.ms", "0", result));
}

/* Builds librdkafka's configuration: defaults, the user's, what must be. */
static rd_kafka_conf_t *
build_conf(const W2kSettings *settings, bool *has_linger, W2kResult *result)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char text[512];
	char client_id[128];

	for (const W2kFixedSetting *fixed = w2k_settings_defaults;
		 fixed->name != NULL; fixed++)
	{
		rd_kafka_conf_res_t res = rd_kafka_conf_set(conf, fixed->name,
													fixed->value, text,
													sizeof(text));

		if (res != RD_KAFKA_CONF_OK &&
			!(res == RD_KAFKA_CONF_UNKNOWN && fixed->is_optional))
		{
			set_config_error(result, text);
			goto failed;
		}
	}
	snprintf(client_id, sizeof(client_id), "wal2kafka%s%s",
			 settings->connector ? "-" : "",
			 settings->connector ? settings->connector : "");
	snprintf(text, sizeof(text), "%d", settings->statistics_interval_ms);
	if (!set_property(conf, "client.id", client_id, result) ||
		!set_property(conf, "statistics.interval.ms", text, result))
		goto failed;

	for (int i = 0; i < settings->kafka.count; i++)
	{
		if (!set_property(conf, settings->kafka.items[i].name,
						  settings->kafka.items[i].value, result))
			goto failed;
	}
	for (const W2kFixedSetting *fixed = w2k_settings_forced;
		 fixed->name != NULL; fixed++)
		rd_kafka_conf_set(conf, fixed->name, fixed->value, NULL, 0);

	get_property(conf, "bootstrap.servers", text, sizeof(text));
	if (text[0] == '\0')
	{
		set_config_error(result, "property \"bootstrap.servers\" is not set");
		goto failed;
	}
	*has_linger = lingers(conf);
	if (!settle_ordering(conf, settings, result) ||
		(!*has_linger && !defer_sending(conf, settings, result)) ||
		!set_property(conf, "log.queue", "true", result))
		goto failed;
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR |
									   RD_KAFKA_EVENT_LOG |
									   RD_KAFKA_EVENT_STATS);
	return conf;

failed:
	rd_kafka_conf_destroy(conf);
	return NULL;
}

static void
wake_main(const W2kProducer *producer)
{
	uint64_t one = 1;
	ssize_t written = write(producer->wake_fd, &one, sizeof(one));

	(void) written; /* a full eventfd wakes as well */
}

/*
 * Looks for a topic in the list of all topics: asking for it by name would
 * make the broker create it.
 */
static rd_kafka_resp_err_t
find_topic(rd_kafka_t *rk, const char *name, bool *found)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t err;

	*found = false;
	err = rd_kafka_metadata(rk, 1, NULL, &metadata, PROBE_TIMEOUT_MS);
	if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err;
	for (int i = 0; i < metadata->topic_cnt && !*found; i++)
		*found = strcmp(metadata->topics[i].topic, name) == 0;
	rd_kafka_metadata_destroy(metadata);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/*
 * Is this librdkafka's mock cluster?  It has no controller, so a CreateTopics
 * request would wait for one until it times out, again and again.
 */
static bool
is_mock_cluster(rd_kafka_t *rk)
{
	char *id = rd_kafka_clusterid(rk, PROBE_TIMEOUT_MS);
	bool is_mock = id != NULL && strncmp(id, "mockCluster", 11) == 0;

	if (id != NULL)
		rd_kafka_mem_free(rk, id);
	return is_mock;
}

/* Does any broker answer? */
static bool
ping(rd_kafka_t *rk)
{
	const struct rd_kafka_metadata *metadata;

	if (rd_kafka_metadata(rk, 0, NULL, &metadata, PROBE_TIMEOUT_MS) !=
		RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	rd_kafka_metadata_destroy(metadata);
	return true;
}

/*
 * The helper thread: waits for a question, asks it with no lock held, and
 * leaves the answer.  It ends with the process.
 */
static void *
prober_main(void *arg)
{
	W2kProducer *producer = arg;
	Prober *prober = &producer->prober;

	pthread_mutex_lock(&prober->mutex);
	for (;;)
	{
		char *topic = prober->topic;
		bool has_topic = false;
		bool is_simulated = false;
		bool is_connected;
		rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

		if (!prober->wants_probe && topic == NULL)
		{
			pthread_cond_wait(&prober->wanted, &prober->mutex);
			continue;
		}
		pthread_mutex_unlock(&prober->mutex);

		if (topic != NULL)
		{
			err = find_topic(producer->rk, topic, &has_topic);
			is_connected = err == RD_KAFKA_RESP_ERR_NO_ERROR;
			if (is_connected && !has_topic)
				is_simulated = is_mock_cluster(producer->rk);
		}
		else
			is_connected = ping(producer->rk);
		if (!is_connected)
			nanosleep(&(struct timespec){.tv_nsec = PROBE_PAUSE_MS * 1000000L},
					  NULL);

		pthread_mutex_lock(&prober->mutex);
		if (topic != NULL)
		{
			free(topic);
			prober->topic = NULL;
			prober->is_looked_up = true;
			prober->has_topic = has_topic;
			prober->is_simulated = is_simulated;
			prober->lookup_error = err;
		}
		if (is_connected && prober->wants_probe)
		{
			prober->wants_probe = false;
			prober->is_connected = true;
		}
		if (topic != NULL || is_connected)
			wake_main(producer);
	}
	return NULL;
}

bool
w2k_producer_spawn(void *(*run)(void *), void *arg, W2kResult *result)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, arg) != 0)
	{
		set_result(result, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE,
				   "could not start a thread");
		result->is_retriable = true;
		return false;
	}
	pthread_detach(thread);
	return true;
}

W2kProducer *
w2k_producer_create(const W2kSettings *settings, int wake_fd, W2kResult *result)
{
	static const uint64_t one = 1;
	W2kProducer *producer;
	rd_kafka_conf_t *conf;
	bool has_linger;
	char text[512];

	if ((rd_kafka_version() & (int) VERSION_MASK) == BROKEN_VERSION)
	{
		set_config_error(result,
						 "librdkafka 2.5.0 is not supported: a broker's setting can crash it; install another version");
		return NULL;
	}
	conf = build_conf(settings, &has_linger, result);
	if (conf == NULL)
		return NULL;

	producer = w2k_memory_alloc(sizeof(*producer));
	producer->wake_fd = wake_fd;
	producer->has_linger = has_linger;
	producer->limits.queue_bytes =
		(uint64_t) get_number(conf, "queue.buffering.max.kbytes") * 1024;
	producer->limits.queue_records =
		(uint64_t) get_number(conf, "queue.buffering.max.messages");
	if (producer->limits.queue_records == 0)
		producer->limits.queue_records = UINT64_MAX;
	producer->limits.record_bytes = (uint64_t) get_number(conf,
														  "message.max.bytes");

	producer->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
	if (producer->rk == NULL)
	{
		set_result(result, rd_kafka_last_error(), text);
		rd_kafka_conf_destroy(conf);
		free(producer);
		return NULL;
	}
	producer->queue = rd_kafka_queue_get_main(producer->rk);
	rd_kafka_set_log_queue(producer->rk, NULL);
	rd_kafka_queue_io_event_enable(producer->queue, wake_fd, &one, sizeof(one));
	wake_main(producer); /* events from before the line above */

	pthread_mutex_init(&producer->prober.mutex, NULL);
	pthread_cond_init(&producer->prober.wanted, NULL);
	return w2k_producer_spawn(prober_main, producer, result) ? producer : NULL;
}

const W2kLimits *
w2k_producer_limits(const W2kProducer *producer)
{
	return &producer->limits;
}

struct rd_kafka_topic_s *
w2k_producer_open_topic(W2kProducer *producer, const char *name,
						W2kResult *result)
{
	rd_kafka_topic_t *rkt = rd_kafka_topic_new(producer->rk, name, NULL);

	if (rkt == NULL)
		set_result(result, rd_kafka_last_error(), NULL);
	return rkt;
}

struct rd_kafka_headers_s *
w2k_producer_new_headers(int count)
{
	return rd_kafka_headers_new((size_t) count);
}

void
w2k_producer_add_header(struct rd_kafka_headers_s *headers, const char *name,
						size_t name_len, const void *value, int32_t value_len)
{
	rd_kafka_header_add(headers, name, (ssize_t) name_len, value, value_len);
}

void
w2k_producer_append_headers(struct rd_kafka_headers_s *headers,
							const struct rd_kafka_headers_s *more)
{
	const char *name;
	const void *value;
	size_t size;

	for (size_t i = 0;
		 rd_kafka_header_get_all(more, i, &name, &value, &size) ==
		 RD_KAFKA_RESP_ERR_NO_ERROR;
		 i++)
		rd_kafka_header_add(headers, name, -1, value, (ssize_t) size);
}

void
w2k_producer_free_headers(struct rd_kafka_headers_s *headers)
{
	if (headers != NULL)
		rd_kafka_headers_destroy(headers);
}

/*
 * Headers are the dearest part: librdkafka has no shared ones, so a prepared
 * set is copied for each record.
 */
W2kEnqueue
w2k_producer_enqueue(W2kProducer *producer, const W2kOutgoing *rec,
					 W2kResult *result)
{
	rd_kafka_headers_t *headers = rec->own_headers;
	rd_kafka_resp_err_t err;
	rd_kafka_error_t *error;
	rd_kafka_vu_t vus[8] = {
		{.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = rec->topic},
		{.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = rec->partition},
		{.vtype = RD_KAFKA_VTYPE_VALUE,
		 .u.mem = {.ptr = (void *) rec->value, .size = rec->value_len}},
		{.vtype = RD_KAFKA_VTYPE_KEY,
		 .u.mem = {.ptr = (void *) rec->key, .size = rec->key_len}},
		{.vtype = RD_KAFKA_VTYPE_OPAQUE,
		 .u.ptr = (void *) (uintptr_t) rec->sequence},
		{.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
		{.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = rec->timestamp_ms},
	};
	size_t count = 7;

	if (headers == NULL && rec->shared_headers != NULL)
		headers = rd_kafka_headers_copy(rec->shared_headers);
	if (headers != NULL)
	{
		vus[count].vtype = RD_KAFKA_VTYPE_HEADERS;
		vus[count++].u.headers = headers;
	}

	error = rd_kafka_produceva(producer->rk, vus, count);
	if (error == NULL)
		return W2K_ENQUEUED;

	err = rd_kafka_error_code(error);
	set_result_of(producer, result, err, rd_kafka_error_string(error));
	result->is_retriable = rd_kafka_error_is_retriable(error) != 0;
	rd_kafka_error_destroy(error);
	if (headers != rec->own_headers)
		rd_kafka_headers_destroy(headers);
	return err == RD_KAFKA_RESP_ERR__QUEUE_FULL ? W2K_ENQUEUE_FULL
												: W2K_ENQUEUE_FAILED;
}

bool
w2k_producer_has_linger(const W2kProducer *producer)
{
	return producer->has_linger;
}

bool
w2k_producer_flush(W2kProducer *producer, int timeout_ms)
{
	return rd_kafka_flush(producer->rk, timeout_ms) ==
		   RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* What the helper thread found out, one event at a time. */
static bool
poll_prober(Prober *prober, W2kEvent *event)
{
	bool has_news = true;

	pthread_mutex_lock(&prober->mutex);
	if (prober->is_connected)
	{
		prober->is_connected = false;
		event->kind = W2K_EVENT_CONNECTED;
	}
	else if (prober->is_looked_up)
	{
		prober->is_looked_up = false;
		if (prober->lookup_error != RD_KAFKA_RESP_ERR_NO_ERROR)
		{
			event->kind = W2K_EVENT_TOPIC_UNKNOWN;
			set_result(&event->result, prober->lookup_error, NULL);
		}
		else if (prober->is_simulated)
		{
			event->kind = W2K_EVENT_TOPIC_CREATED;
			set_result(&event->result, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
					   "a mock cluster cannot create topics on request");
		}
		else
			event->kind = prober->has_topic ? W2K_EVENT_TOPIC_FOUND
											: W2K_EVENT_TOPIC_MISSING;
	}
	else
		has_news = false;
	pthread_mutex_unlock(&prober->mutex);
	return has_news;
}

/* What came of the one topic that was to be created. */
static void
read_created(W2kProducer *producer, W2kEvent *event)
{
	rd_kafka_resp_err_t err = rd_kafka_event_error(producer->event);
	const char *text = rd_kafka_event_error_string(producer->event);
	const rd_kafka_CreateTopics_result_t *created;
	const rd_kafka_topic_result_t **topics;
	size_t count = 0;

	created = rd_kafka_event_CreateTopics_result(producer->event);
	topics = rd_kafka_CreateTopics_result_topics(created, &count);
	if (err == RD_KAFKA_RESP_ERR_NO_ERROR && count > 0)
	{
		err = rd_kafka_topic_result_error(topics[0]);
		text = rd_kafka_topic_result_error_string(topics[0]);
	}
	set_result(&event->result, err, text);
}

bool
w2k_producer_poll(W2kProducer *producer, W2kEvent *event)
{
	if (producer->event != NULL)
	{
		rd_kafka_event_destroy(producer->event);
		producer->event = NULL;
	}
	if (poll_prober(&producer->prober, event))
		return true;

	for (;;)
	{
		producer->event = rd_kafka_queue_poll(producer->queue, 0);
		if (producer->event == NULL)
			return false;
		switch (rd_kafka_event_type(producer->event))
		{
			case RD_KAFKA_EVENT_DR:
				event->kind = W2K_EVENT_DELIVERIES;
				return true;
			case RD_KAFKA_EVENT_ERROR:
				event->kind = W2K_EVENT_ERROR;
				set_result_of(producer, &event->result,
							  rd_kafka_event_error(producer->event),
							  rd_kafka_event_error_string(producer->event));
				return true;
			case RD_KAFKA_EVENT_LOG:
				event->kind = W2K_EVENT_LOG;
				rd_kafka_event_log(producer->event, &event->facility,
								   &event->text, &event->level);
				return true;
			case RD_KAFKA_EVENT_STATS:
				event->kind = W2K_EVENT_STATISTICS;
				event->text = rd_kafka_event_stats(producer->event);
				return true;
			case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
				event->kind = W2K_EVENT_TOPIC_CREATED;
				read_created(producer, event);
				return true;
			default:
				rd_kafka_event_destroy(producer->event);
				break;
		}
	}
}

bool
w2k_producer_next_delivery(W2kProducer *producer, uint64_t *sequence,
						   bool *is_delivered, W2kResult *result)
{
	const rd_kafka_message_t *message = rd_kafka_event_message_next(
		producer->event);

	if (message == NULL)
		return false;
	*sequence = (uintptr_t) message->_private;
	*is_delivered = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
	if (!*is_delivered)
		set_result_of(producer, result, message->err, NULL);
	return true;
}

void
w2k_producer_probe(W2kProducer *producer)
{
	pthread_mutex_lock(&producer->prober.mutex);
	producer->prober.wants_probe = true;
	pthread_cond_signal(&producer->prober.wanted);
	pthread_mutex_unlock(&producer->prober.mutex);
}

void
w2k_producer_lookup_topic(W2kProducer *producer, const char *name)
{
	pthread_mutex_lock(&producer->prober.mutex);
	if (producer->prober.topic == NULL)
		producer->prober.topic = w2k_memory_strdup(name);
	pthread_cond_signal(&producer->prober.wanted);
	pthread_mutex_unlock(&producer->prober.mutex);
}

bool
w2k_producer_create_topic(W2kProducer *producer, const char *name,
						  int partitions, int replication_factor,
						  const W2kSettingList *config, W2kResult *result)
{
	char text[512];
	rd_kafka_NewTopic_t *topic;
	rd_kafka_AdminOptions_t *options;
	rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

	topic = rd_kafka_NewTopic_new(name, partitions, replication_factor, text,
								  sizeof(text));
	if (topic == NULL)
	{
		set_config_error(result, text);
		return false;
	}
	for (int i = 0; i < config->count && err == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
		err = rd_kafka_NewTopic_set_config(topic, config->items[i].name,
										   config->items[i].value);
	if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		rd_kafka_NewTopic_destroy(topic);
		set_result(result, err, NULL);
		return false;
	}

	options = rd_kafka_AdminOptions_new(producer->rk,
										RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_request_timeout(options, CREATE_TOPIC_TIMEOUT_MS,
											  NULL, 0);
	rd_kafka_AdminOptions_set_operation_timeout(options,
												CREATE_TOPIC_TIMEOUT_MS, NULL,
												0);
	rd_kafka_CreateTopics(producer->rk, &topic, 1, options, producer->queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(topic);
	return true;
}
