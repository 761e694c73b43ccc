/*
 * arrived.h
 *		Signals that have come to the worker in frames, and are not in
 *		wal2kafka.connector_signal yet.
 */
#ifndef W2K_WORKER_ARRIVED_H
#define W2K_WORKER_ARRIVED_H

#include "nodes/pg_list.h"
#include "wire/frame.h"

typedef struct W2kArrivedSignal
{
	char *id; /* in the server's encoding, like the type; or NULL, of Kafka's */
	char *type;
	char *data;	   /* maybe empty; of Kafka's, the whole record, as it is */
	uint64 offset; /* of Kafka's */
} W2kArrivedSignal;

/*
 * Appends the one of a SIGNAL frame to a list that lives for ever: of the
 * output plugin's, or of the sender's.
 */
extern List *w2k_arrived_add(List *signals, W2kCursor *cur);
extern List *w2k_arrived_add_kafka(List *signals, W2kCursor *cur);

extern void w2k_arrived_free(List *signals);

#endif /* W2K_WORKER_ARRIVED_H */
