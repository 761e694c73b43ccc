/*
 * snapshot_todo.h
 *		The tables that are read while changes are streamed.
 */
#ifndef W2K_WORKER_SNAPSHOT_TODO_H
#define W2K_WORKER_SNAPSHOT_TODO_H

#include "nodes/pg_list.h"

#include "worker/snapshot_catalog.h"

/* An attempt begins: what it does not know yet. */
extern void w2k_todo_begin(void);

/*
 * Loads the list anew.  The table being read is written down before; returns
 * its row in the new list, or NULL where it is not to be read any more.
 */
extern W2kSnapshotRow *w2k_todo_load(W2kSnapshotRow *current);

/* W2kSnapshotRow, unfinished when it was loaded. */
extern List *w2k_todo_rows(void);

extern bool w2k_todo_is_paused(void);

/* The first table that waits; NULL where there is none. */
extern W2kSnapshotRow *w2k_todo_next(void);

/* Is this, which is finished, the last table of its snapshot? */
extern bool w2k_todo_is_last(const W2kSnapshotRow *row);

/* Watches a table from now on; where it was before, all may have happened. */
extern void w2k_todo_watch(const W2kSnapshotRow *row);

/*
 * After decoding, before the slot moves: writes down what must be known of the
 * changes when this process is gone.
 */
extern void w2k_todo_note_changes(void);

/*
 * The SELECT that is read instead of the table, or NULL: that of a blocking
 * snapshot's condition, as in Debezium; and what the configuration says of the
 * initial one, wherever that is read.
 */
extern const char *w2k_todo_query(const W2kSnapshotRow *row);

/* Such rows have no place by which they could be matched with changes: the
 * stream waits for them. */
extern bool w2k_todo_is_blocking(const W2kSnapshotRow *row);

#endif /* W2K_WORKER_SNAPSHOT_TODO_H */
