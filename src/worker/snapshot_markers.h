/*
 * snapshot_markers.h
 *		The markers of a blocking snapshot: its first and last rows.
 */
#ifndef W2K_WORKER_SNAPSHOT_MARKERS_H
#define W2K_WORKER_SNAPSHOT_MARKERS_H

#include "worker/snapshot_catalog.h"

/*
 * A table of the same snapshot as row, of which it has to be found out whether
 * it has rows (W2kChunkRequest.is_probe); NULL where all is known, and of other
 * kinds of snapshots.
 */
extern W2kSnapshotRow *w2k_markers_unprobed(List *rows,
											const W2kSnapshotRow *row);

/* The answer, for the table of that snapshot and ordinal. */
extern void w2k_markers_note(List *rows, int64 snapshot_id, int ordinal,
							 bool has_rows);

/* Says in a request for rows of the table which markers they bear. */
extern void w2k_markers_set(List *rows, const W2kSnapshotRow *row,
							W2kChunkRequest *request);

#endif /* W2K_WORKER_SNAPSHOT_MARKERS_H */
