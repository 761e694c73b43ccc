/*
 * snapshot_link.h
 *		Between a connector's worker and a reader of its snapshots.
 *
 * A segment of dynamic shared memory with two message queues, one for each
 * way.  The reader makes it and says so in shared memory; the worker attaches.
 * It serves one pair of processes: when either goes, the other makes, or
 * finds, another one.
 */
#ifndef W2K_WORKER_SNAPSHOT_LINK_H
#define W2K_WORKER_SNAPSHOT_LINK_H

#include "storage/dsm.h"

#include "worker/snapshot_message.h"

typedef struct W2kSnapshotLink W2kSnapshotLink;

/* The reader's end, and what the worker needs to find it. */
extern W2kSnapshotLink *w2k_snapshot_link_create(dsm_handle *handle);

/* The worker's end; NULL where the segment has gone meanwhile. */
extern W2kSnapshotLink *w2k_snapshot_link_attach(dsm_handle handle);

/*
 * Sends a message of one or two pieces; false when the other end has gone.
 * Waits for room: the reader always may, the worker for what a waiting reader
 * takes at once.
 */
extern bool w2k_snapshot_link_send(W2kSnapshotLink *link, char type,
								   const void *first, Size first_len,
								   const void *second, Size second_len);

typedef enum W2kLinkResult
{
	W2K_LINK_MESSAGE, /* *body stays until the next call */
	W2K_LINK_EMPTY,
	W2K_LINK_GONE
} W2kLinkResult;

/* Never waits: our latch is set when there is more. */
extern W2kLinkResult w2k_snapshot_link_receive(W2kSnapshotLink *link,
											   char *type, const char **body,
											   Size *len);

/* The worker asks the reader to stop in the middle of a chunk; and has it? */
extern void w2k_snapshot_link_cancel(W2kSnapshotLink *link);
extern bool w2k_snapshot_link_is_cancelled(W2kSnapshotLink *link);

extern void w2k_snapshot_link_close(W2kSnapshotLink *link);

#endif /* W2K_WORKER_SNAPSHOT_LINK_H */
