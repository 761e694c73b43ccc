/*
 * query.h
 *		In a reader: rows chosen by somebody's SQL.
 *
 * The text is the owner's or a signal's.  It runs as the connector's owner, as
 * a security-restricted operation, read-only, with an empty search_path, and
 * under the active snapshot.
 */
#ifndef W2K_SNAPSHOT_QUERY_H
#define W2K_SNAPSHOT_QUERY_H

#include "executor/tuptable.h"
#include "storage/block.h"
#include "utils/rel.h"

#include "schema/relation.h"

typedef struct W2kSnapshotQuery W2kSnapshotQuery;

/*
 * The rows of a table for which the condition holds, from a place up to a
 * block, which is not included; in that order.
 */
extern W2kSnapshotQuery *w2k_snapshot_query_filter(Relation relation,
												   const char *condition,
												   Oid owner, ItemPointer from,
												   BlockNumber end);

/*
 * The rows of a whole SELECT, whose columns are the table's by their names;
 * those of the key (wrel's) must be among them, unless they may be null.
 */
extern W2kSnapshotQuery *w2k_snapshot_query_select(Relation relation,
												   const W2kRelation *wrel,
												   const char *query,
												   Oid owner);

/* The next row, in a slot of the table's own form; false at the end. */
extern bool w2k_snapshot_query_next(W2kSnapshotQuery *query,
									TupleTableSlot *slot);

extern void w2k_snapshot_query_end(W2kSnapshotQuery *query);

/* After an error, and the end of its subtransaction. */
extern void w2k_snapshot_query_recover(void);

#endif /* W2K_SNAPSHOT_QUERY_H */
