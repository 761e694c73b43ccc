/*
 * ackwindow.h
 *		Acknowledgements out of order -> lowest sequence fully acknowledged.
 *
 * Records are numbered from 1 in the order they came.  Kafka acknowledges
 * them per partition, so out of order; the slot may only be confirmed behind
 * the last sequence with no gap before it.  This structure decides that, and
 * an error here is data loss: it knows nothing else, and is tested alone.
 *
 * A ring over the sequences in flight, doubled when they do not fit.  Adding
 * is O(1); acknowledging is O(1) amortized (each sequence is passed once).
 */
#ifndef W2K_SENDER_ACKWINDOW_H
#define W2K_SENDER_ACKWINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* What is kept of a record until it is acknowledged: enough to name it. */
typedef struct W2kInflight
{
	uint64_t lsn;
	uint32_t topic;		   /* index into the session's topics */
	uint32_t bytes : 31;   /* what it weighs in the queue */
	uint32_t is_acked : 1; /* the window's own */
} W2kInflight;

#define W2K_INFLIGHT_MAX_BYTES 0x7fffffffu

typedef struct W2kAckWindow
{
	W2kInflight *ring;
	uint64_t mask;	  /* capacity - 1; the capacity is a power of two */
	uint64_t acked;	  /* every sequence up to here is acknowledged */
	uint64_t last;	  /* the newest sequence, 0 = none yet */
	uint64_t records; /* in flight: added, not acknowledged */
	uint64_t bytes;	  /* the same, in bytes */
} W2kAckWindow;

extern void w2k_ackwindow_init(W2kAckWindow *win);
extern void w2k_ackwindow_free(W2kAckWindow *win);

/* The next record; returns its sequence. */
extern uint64_t w2k_ackwindow_add(W2kAckWindow *win, uint64_t lsn,
								  uint32_t topic, uint32_t bytes);

/*
 * The record is on Kafka, or was given up by policy.  False when it is not in
 * flight (never added, or acknowledged before): the caller's mistake, and
 * nothing changes.
 */
extern bool w2k_ackwindow_ack(W2kAckWindow *win, uint64_t sequence);

/* A record in flight, or NULL.  Valid until the next add. */
extern const W2kInflight *w2k_ackwindow_find(const W2kAckWindow *win,
											 uint64_t sequence);

#endif /* W2K_SENDER_ACKWINDOW_H */
