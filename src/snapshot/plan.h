/*
 * plan.h
 *		In a reader: which tables a snapshot reads.
 */
#ifndef W2K_SNAPSHOT_PLAN_H
#define W2K_SNAPSHOT_PLAN_H

#include "nodes/pg_list.h"

#include "snapshot/chunk.h"

/*
 * The tables that are captured, as of the transaction's snapshot: a list of
 * W2kPlanTable in the order in which they are read.  Raises what
 * w2k_relation_lookup raises.
 */
extern List *w2k_plan_tables(W2kReader *reader);

#endif /* W2K_SNAPSHOT_PLAN_H */
