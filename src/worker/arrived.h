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
	char *id; /* all of them in the server's encoding */
	char *type;
	char *data; /* maybe empty */
} W2kArrivedSignal;

/* Appends the one of a SIGNAL frame to a list that lives for ever. */
extern List *w2k_arrived_add(List *signals, W2kCursor *cur);

extern void w2k_arrived_free(List *signals);

#endif /* W2K_WORKER_ARRIVED_H */
