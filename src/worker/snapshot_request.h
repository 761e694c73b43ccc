/*
 * snapshot_request.h
 *		A signal about snapshots -> rows of wal2kafka.connector_snapshot.
 */
#ifndef W2K_WORKER_SNAPSHOT_REQUEST_H
#define W2K_WORKER_SNAPSHOT_REQUEST_H

#include "config/signal.h"

typedef struct W2kSnapshotRequest
{
	const char *signal_id;
	const W2kSignal *signal; /* EXECUTE, STOP, PAUSE or RESUME */
} W2kSnapshotRequest;

/* For one notification. */
typedef struct W2kSnapshotNews
{
	char *signal_id;   /* of the snapshot; NULL = none */
	char *collections; /* with commas between them */
} W2kSnapshotNews;

typedef struct W2kSnapshotAnswer
{
	bool is_deferred; /* a table is locked: nothing was done, ask again */
	char *problem;	  /* what could not be done, or NULL */
	const char *news; /* a notification's type, or NULL: nobody is to hear */
	List *told;		  /* of W2kSnapshotNews, where there is news */
} W2kSnapshotAnswer;

/*
 * Writes down what the request asks for, for the coordinator to act on: new
 * rows that are waiting, rows that are stopped, connector_progress's
 * snapshot_paused.  Must run in an interlude that looks around; counts when
 * that ends well, and then w2k_snapshot_wake() is due.
 */
extern void w2k_snapshot_request(const W2kSnapshotRequest *request,
								 W2kSnapshotAnswer *answer);

/* Tells the coordinator, which looks at and clears the flag between two
 * transactions, that the tables say something else now. */
extern bool w2k_snapshot_request_pending;
extern void w2k_snapshot_wake(void);

#endif /* W2K_WORKER_SNAPSHOT_REQUEST_H */
