/*
 * snapshot_catalog.h
 *		wal2kafka.connector_snapshot: what is to be read, and how far it is.
 *
 * Every function is an interlude of its own.  Results are in the memory
 * context current at the call.
 */
#ifndef W2K_WORKER_SNAPSHOT_CATALOG_H
#define W2K_WORKER_SNAPSHOT_CATALOG_H

#include "nodes/pg_list.h"

#include "worker/catalog.h"
#include "worker/snapshot_link.h"

typedef enum W2kSnapshotKind
{
	W2K_KIND_INITIAL,
	W2K_KIND_INCREMENTAL,
	W2K_KIND_BLOCKING
} W2kSnapshotKind;

typedef enum W2kTableState
{
	W2K_TABLE_WAITING,
	W2K_TABLE_READING,
	W2K_TABLE_DONE,
	W2K_TABLE_FAILED,
	W2K_TABLE_SKIPPED,
	W2K_TABLE_STOPPED
} W2kTableState;

/* A row: a table of a snapshot. */
typedef struct W2kSnapshotRow
{
	int64 snapshot_id;
	int ordinal;
	W2kSnapshotKind kind;
	char *signal_id; /* NULL = none */
	Oid relid;
	char *schema, *table, *collection;
	char *filter; /* NULL = none */
	W2kTableState state;
	int64 next_block;
	int64 total_blocks; /* -1 = not known yet */
	Oid filenode;		/* 0 = not known yet */
	ItemPointerData first, last;
	bool is_incomplete;	  /* rows have to be read once more */
	int64 rows_estimated; /* -1 = not known */
	int64 rows, bytes;
	char *error;
	bool is_probed, has_rows; /* of a blocking one; not written down */
} W2kSnapshotRow;

/*
 * Records a new slot together with what its snapshot reads: a list of
 * W2kPlanTable.  Returns the rows, in order.
 */
extern List *w2k_snapshot_catalog_begin(const char *connector,
										const char *slot_name,
										XLogRecPtr consistent_point,
										List *tables);

/* Rows that are not finished, in the order in which they are to be read. */
extern List *w2k_snapshot_catalog_unfinished(const char *connector);

/* Is there nothing to be read, nor a signal that might ask for it? */
extern bool w2k_snapshot_catalog_is_empty(const char *connector);

/* Is the snapshot as a whole paused? */
extern bool w2k_snapshot_catalog_is_paused(const char *connector);

/*
 * Writes state, place and counts of a list of rows; those that somebody has
 * stopped meanwhile stay so, and say so in their state.
 */
extern void w2k_snapshot_catalog_update(const char *connector, List *rows);

/* What became of the initial snapshot; generation is restart_generation. */
extern void w2k_snapshot_catalog_set_initial(const char *connector,
											 W2kInitialSnapshot initial,
											 int64 generation);

/*
 * Leaves a signal to read the collections of a list (NULL: all that is
 * captured) beside the stream, and records that this is done with.
 */
#define W2K_OWN_SIGNAL "initial-" /* how its id begins */

extern void w2k_snapshot_catalog_request_all(const char *connector,
											 const char *collections,
											 int64 generation);

#endif /* W2K_WORKER_SNAPSHOT_CATALOG_H */
