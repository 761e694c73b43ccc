/*
 * producer.h
 *		librdkafka, as the rest of the sender sees it.
 *
 * Only producer.c includes rdkafka.h.  Only w2k_producer_flush() blocks, and
 * nothing calls back: what happens comes out of w2k_producer_poll() on the main
 * thread, and a write to the wake-up descriptor says that there is something.
 */
#ifndef W2K_SENDER_PRODUCER_H
#define W2K_SENDER_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sender/event.h"
#include "sender/settings.h"

/* librdkafka's own structs, by their tags: handles that only pass through. */
struct rd_kafka_topic_s;
struct rd_kafka_headers_s;

typedef struct W2kProducer W2kProducer;

typedef struct W2kLimits
{
	uint64_t queue_bytes;
	uint64_t queue_records;
	uint64_t record_bytes; /* message.max.bytes: no larger one can be sent */
} W2kLimits;

/* One record to produce.  Everything is copied. */
typedef struct W2kOutgoing
{
	struct rd_kafka_topic_s *topic;
	const void *key; /* NULL = null, not empty */
	size_t key_len;
	const void *value; /* NULL = null, not empty */
	size_t value_len;
	int32_t partition;	  /* -1 = by the key */
	int64_t timestamp_ms; /* 0 = now */
	uint64_t sequence;	  /* comes back with the delivery report */
	const struct rd_kafka_headers_s *shared_headers; /* copied; or NULL */
	struct rd_kafka_headers_s *own_headers; /* given away if ENQUEUED */
} W2kOutgoing;

typedef enum W2kEnqueue
{
	W2K_ENQUEUED,
	W2K_ENQUEUE_FULL, /* again after some delivery reports */
	W2K_ENQUEUE_FAILED
} W2kEnqueue;

/*
 * NULL when the settings are refused or librdkafka cannot start; *result then
 * says why, naming the property.  An 8 byte 1 is written to wake_fd (an
 * eventfd) when w2k_producer_poll has news.
 */
extern W2kProducer *w2k_producer_create(const W2kSettings *settings,
										int wake_fd, W2kResult *result);

extern const char *w2k_producer_library_version(void);

/* What the configuration allows. */
extern const W2kLimits *w2k_producer_limits(const W2kProducer *producer);

/* A handle for a topic; makes librdkafka ask for it.  NULL: see *result. */
extern struct rd_kafka_topic_s *w2k_producer_open_topic(W2kProducer *producer,
														const char *name,
														W2kResult *result);

/* Header sets; value_len -1 = null. */
extern struct rd_kafka_headers_s *w2k_producer_new_headers(int count);
extern void w2k_producer_add_header(struct rd_kafka_headers_s *headers,
									const char *name, size_t name_len,
									const void *value, int32_t value_len);
extern void w2k_producer_append_headers(struct rd_kafka_headers_s *headers,
										const struct rd_kafka_headers_s *more);
extern void w2k_producer_free_headers(struct rd_kafka_headers_s *headers);

/* *result is set when it is FAILED. */
extern W2kEnqueue w2k_producer_enqueue(W2kProducer *producer,
									   const W2kOutgoing *rec,
									   W2kResult *result);

/* Starts a thread, which ends with the process.  False: see *result. */
extern bool w2k_producer_spawn(void *(*run)(void *), void *arg,
							   W2kResult *result);

/* Did the user say how long records linger?  Else see flusher.h. */
extern bool w2k_producer_has_linger(const W2kProducer *producer);

/*
 * While this waits for all acknowledgements, records do not linger.  The one
 * function for another thread than the main one.  True: nothing is left.
 */
extern bool w2k_producer_flush(W2kProducer *producer, int timeout_ms);

/* The next event, false when there is none. */
extern bool w2k_producer_poll(W2kProducer *producer, W2kEvent *event);

/*
 * The next delivery report of the event just polled: false when there is no
 * more.  *result is only set when it is not acknowledged (*is_delivered
 * false).
 */
extern bool w2k_producer_next_delivery(W2kProducer *producer,
									   uint64_t *sequence, bool *is_delivered,
									   W2kResult *result);

/*
 * Ask brokers for an answer until one comes: CONNECTED.  Meanwhile further
 * calls do nothing.
 */
extern void w2k_producer_probe(W2kProducer *producer);

/* Does the topic exist?  One at a time.  Does not make a broker create it. */
extern void w2k_producer_lookup_topic(W2kProducer *producer, const char *name);

/*
 * Creates a topic through the Admin API; partitions and replication factor -1
 * mean the broker's default.  One at a time.  False, with *result, when the
 * request cannot even be made.
 */
extern bool w2k_producer_create_topic(W2kProducer *producer, const char *name,
									  int partitions, int replication_factor,
									  const W2kSettingList *config,
									  W2kResult *result);

#endif /* W2K_SENDER_PRODUCER_H */
