/*
 * horizon.h
 *		In a reader: when a new snapshot sees all that has been decoded.
 */
#ifndef W2K_SNAPSHOT_HORIZON_H
#define W2K_SNAPSHOT_HORIZON_H

#include "access/xlogdefs.h"

#include "worker/snapshot_link.h"

/*
 * Waits until every transaction whose commit is in the WAL now looks committed
 * to a snapshot; ends early where the worker cancels what it has asked for.
 */
extern void w2k_horizon_wait(W2kSnapshotLink *link);

/* Where the next WAL record goes: the end of the last one. */
extern XLogRecPtr w2k_horizon_insert_position(void);

#endif /* W2K_SNAPSHOT_HORIZON_H */
