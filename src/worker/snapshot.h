/*
 * snapshot.h
 *		The initial snapshot of a connector, from the worker's side.
 */
#ifndef W2K_WORKER_SNAPSHOT_H
#define W2K_WORKER_SNAPSHOT_H

#include "access/xlogdefs.h"
#include "nodes/pg_list.h"

#include "config/connector.h"

/*
 * Makes a slot together with a snapshot as of its consistent point, and
 * records both.  The reader that holds it is there from then on.
 */
extern XLogRecPtr w2k_snapshot_make_slot(const W2kConnectorConfig *conf,
										 const char *slot_name, List *options);

/*
 * Reads what is left of the initial snapshot and sends it, the sender being
 * open; returns when all of it is acknowledged and recorded.  Where the
 * process that held the snapshot is gone, leaves the rest to be read the
 * incremental way.
 */
extern void w2k_snapshot_run(List *options);

#endif /* W2K_WORKER_SNAPSHOT_H */
