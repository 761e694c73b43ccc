/*
 * flusher.h
 *		When records leave librdkafka's queue: at once, or in full batches.
 *
 * librdkafka's linger.ms is fixed when a producer is made.  With 0 each record
 * leaves at once, but while a partition waits for an acknowledgement (an
 * idempotent producer has one request under way there) and more is queued for
 * it, librdkafka 2.0's thread asks without a pause whether it may send: a
 * quarter of all that the sender and the worker cost under load, and all of a
 * CPU for some records where a broker is slow to answer.  So linger.ms is long,
 * which does no harm to full batches, and a thread of ours keeps lingering off,
 * by rd_kafka_flush(), while little is in flight and is being acknowledged.
 */
#ifndef W2K_SENDER_FLUSHER_H
#define W2K_SENDER_FLUSHER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "sender/ackwindow.h"
#include "sender/producer.h"

typedef enum W2kFlushing
{
	W2K_FLUSH_NOTHING, /* nothing is in flight */
	W2K_FLUSH_ALL,	   /* little is: records do not linger */
	W2K_FLUSH_BATCHES, /* much is: full batches, others now and then */
	W2K_FLUSH_STALLED  /* little is, and nothing is acknowledged: likewise */
} W2kFlushing;

typedef struct W2kFlusher
{
	W2kProducer *producer; /* NULL: linger.ms is the user's, none of this */
	W2kFlushing state;	   /* the main thread's */
	int64_t pulse_ms;	   /* when all there was was last sent */
	uint64_t acks;		   /* records acknowledged so far, */
	int64_t progress_ms;   /* when there was the last, or the first to wait */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	/* Both below: under mutex. */
	bool is_wanted; /* lingering is to be off */
	bool is_pulse;	/* once, not until further notice */
} W2kFlusher;

/*
 * Starts the thread, which ends with the process, unless the user has said how
 * long records linger.  False, with *result: no thread could be started.
 */
extern bool w2k_flusher_start(W2kFlusher *flusher, W2kProducer *producer,
							  W2kResult *result);

/* After records were enqueued or acknowledged, and when its patience ends. */
extern void w2k_flusher_heed(W2kFlusher *flusher, const W2kAckWindow *window,
							 int64_t now_ms);

/* After how many ms to call w2k_flusher_heed() again; INT_MAX = never. */
extern int w2k_flusher_patience_ms(const W2kFlusher *flusher, int64_t now_ms);

#endif /* W2K_SENDER_FLUSHER_H */
