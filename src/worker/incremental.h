/*
 * incremental.h
 *		Reads tables while changes are streamed.
 */
#ifndef W2K_WORKER_INCREMENTAL_H
#define W2K_WORKER_INCREMENTAL_H

#include "nodes/pg_list.h"

/* Once streaming begins; options are the plugin's. */
extern void w2k_incremental_begin(List *options);

/*
 * Does what there is to do now: asks for a chunk, sends one, writes down how
 * far it is.  Only between transactions; never waits.
 */
extern void w2k_incremental_when_due(void);

/* Has the stream to wait, because a blocking snapshot is being read? */
extern bool w2k_incremental_blocks_stream(void);

/* Cuts a sleep short where there will be something to do. */
extern long w2k_incremental_limit_sleep(long timeout_ms);

/* Before an attempt ends: writes down how far it is. */
extern void w2k_incremental_end(void);

#endif /* W2K_WORKER_INCREMENTAL_H */
