/*
 * transaction.h
 *		provide.transaction.metadata: where an event stands in its transaction,
 *		and the records of a transaction's begin and end.
 */
#ifndef W2K_DECODE_TRANSACTION_H
#define W2K_DECODE_TRANSACTION_H

#include "decode/change.h"

/* The session's state of it, in the current memory context. */
extern W2kTransaction *w2k_transaction_create(const W2kConnectorConfig *conf);

/* Another transaction begins. */
extern void w2k_transaction_reset(W2kSession *session);

/*
 * A change that a reader of pgoutput would see, whether we capture it or not:
 * before the first one of a transaction the record of its begin is due.
 * Leaves what it writes to w2k_output_flush(), where it stays if the change
 * fails.
 */
extern void w2k_transaction_touch(LogicalDecodingContext *ctx,
								  ReorderBufferTXN *txn, XLogRecPtr lsn);

/*
 * Counts an event of a table (NULL: a logical message) and fills in its
 * place; NULL where no metadata is asked for.
 */
extern const W2kPlace *w2k_transaction_count(W2kSession *session, uint32 xid,
											 const W2kRelation *wrel,
											 W2kPlace *place);

/* The record of the end, if one of the begin was due. */
extern void w2k_transaction_end(LogicalDecodingContext *ctx,
								ReorderBufferTXN *txn);

/* Before a change that may fail, and what takes back its counts then. */
extern void w2k_transaction_mark(W2kSession *session);
extern void w2k_transaction_restore(W2kSession *session);

#endif /* W2K_DECODE_TRANSACTION_H */
