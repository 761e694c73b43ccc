/*
 * snapshot_notes.h
 *		What is told of a snapshot, in Debezium's notifications.
 *
 * rows are all the tables of the snapshot that are known here, in order;
 * several in a row may be one collection.
 */
#ifndef W2K_WORKER_SNAPSHOT_NOTES_H
#define W2K_WORKER_SNAPSHOT_NOTES_H

#include "worker/snapshot_catalog.h"

extern void w2k_notes_started(List *rows, const W2kSnapshotRow *row);

/* Some rows of a collection have been sent; all of them, if is_end. */
extern void w2k_notes_in_progress(List *rows, const W2kSnapshotRow *row,
								  bool is_end);

/*
 * A table is done with; says so where it was the last of its collection.
 * status is Debezium's word for it.
 */
extern void w2k_notes_scanned(List *rows, const W2kSnapshotRow *row,
							  const char *status);

/* All of it is; or nothing was to be read at all. */
extern void w2k_notes_completed(const W2kSnapshotRow *row);
extern void w2k_notes_skipped(void);

#endif /* W2K_WORKER_SNAPSHOT_NOTES_H */
