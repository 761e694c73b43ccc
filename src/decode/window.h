/*
 * window.h
 *		Which rows of a table were changed while a chunk of it was read.
 *
 * Opened before the chunk is asked for, and closed when it has been sent.  A
 * row is stale if a transaction that its snapshot does not see has changed it
 * and was decoded meanwhile.
 */
#ifndef W2K_DECODE_WINDOW_H
#define W2K_DECODE_WINDOW_H

#include "access/transam.h"

/* Begins to watch a table, with nothing known. */
extern void w2k_window_open(Oid relid);

/*
 * The chunk's snapshot: which transactions count.  xids are those in progress
 * between xmin and xmax.
 */
extern void w2k_window_set_snapshot(TransactionId xmin, TransactionId xmax,
									const TransactionId *xids, int nxids);

/*
 * Too much happened, or a change whose row cannot be told: the chunk must be
 * read again.
 */
extern bool w2k_window_is_lost(void);

/*
 * Is the row of this identity stale?  Asked once for each row: where several
 * rows may have the same identity, each change makes one of them stale.
 */
extern bool w2k_window_evicts(const char *identity, Size len);

extern void w2k_window_close(void);

#endif /* W2K_DECODE_WINDOW_H */
