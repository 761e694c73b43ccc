/*
 * window.h
 *		What changes do to the rows of tables that a snapshot reads.
 *
 * A window is opened before a chunk of a table is asked for, and closed when
 * it has been sent.  A row is stale if a transaction that the chunk's snapshot
 * does not see has changed it, and was decoded meanwhile.
 *
 * As long as a table is watched, rows are noted of which an update was sent
 * without some large value (unchanged, so not in the WAL), or not at all:
 * whoever has not got such a row as a whole, before or after, lacks something.
 */
#ifndef W2K_DECODE_WINDOW_H
#define W2K_DECODE_WINDOW_H

#include "access/transam.h"

/* Is any table watched? */
extern bool w2k_window_is_watching(void);

/* May one more table be watched, besides the one that is read? */
extern bool w2k_window_has_room(void);

extern void w2k_window_watch(Oid relid);
extern void w2k_window_unwatch(Oid relid);

/* Of a table that is watched. */
extern void w2k_window_open(Oid relid);

/*
 * The chunk's snapshot: which transactions count.  xids are those in progress
 * between xmin and xmax; shape is that of the identities in the chunk.
 */
extern void w2k_window_set_snapshot(TransactionId xmin, TransactionId xmax,
									const TransactionId *xids, int nxids,
									uint32 shape);

/*
 * Too much happened, or a change whose row cannot be told: the chunk must be
 * read again.
 */
extern bool w2k_window_is_lost(void);

/*
 * Was the row of this identity changed?  Where several rows may have the same
 * one, that may be another row: then w2k_window_is_shared().
 */
extern bool w2k_window_evicts(const char *identity, Size len);

/* Have several rows of the table the same identity? */
extern bool w2k_window_is_shared(void);

extern void w2k_window_close(void);

/* Are there rows of which nobody may have got everything? */
extern bool w2k_window_has_incomplete(Oid relid);

/* Is this one of them?  It is no more once it has been sent as a whole. */
extern bool w2k_window_is_incomplete(Oid relid, const char *identity, Size len);
extern void w2k_window_set_complete(Oid relid, const char *identity, Size len);

/* Any row may be one, or (false) none is. */
extern bool w2k_window_is_all_incomplete(Oid relid);
extern void w2k_window_set_all_incomplete(Oid relid, bool is_all);

#endif /* W2K_DECODE_WINDOW_H */
