/*
 * newcomers.h
 *		snapshot.new.tables: tables that begin to match, whose rows are to be
 *		read.
 */
#ifndef W2K_DECODE_NEWCOMERS_H
#define W2K_DECODE_NEWCOMERS_H

#include "decode/change.h"

/* In the current memory context; NULL where nobody asks for them. */
extern W2kNewcomers *w2k_newcomers_create(const W2kConnectorConfig *conf);

/* A transaction begins: what of its tables is captured before it? */
extern void w2k_newcomers_begin(W2kSession *session,
								const ReorderBufferTXN *txn);

/* A change of a table was not captured. */
extern void w2k_newcomers_note_missed(W2kSession *session, Oid relid);

/*
 * The row of wal2kafka.connector is another now, with this config_generation:
 * the session's own configuration, or one before it, came in the place of
 * what the old row says.
 */
extern void w2k_newcomers_note_renewed(W2kSession *session, Relation relation,
									   HeapTuple old_row, int64 generation);

/*
 * The transaction ends: leaves a signal for those whose rows have not been
 * sent; w2k_output_flush follows.
 */
extern void w2k_newcomers_end(LogicalDecodingContext *ctx,
							  const ReorderBufferTXN *txn,
							  XLogRecPtr commit_lsn);

#endif /* W2K_DECODE_NEWCOMERS_H */
