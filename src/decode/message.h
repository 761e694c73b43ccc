/*
 * message.h
 *		Logical decoding messages -> records with op "m".
 */
#ifndef W2K_DECODE_MESSAGE_H
#define W2K_DECODE_MESSAGE_H

#include "decode/change.h"

/*
 * A message of pg_logical_emit_message(); lsn is its end.  txn is NULL for one
 * that is not transactional: those come outside any transaction.
 */
extern void w2k_message_write(LogicalDecodingContext *ctx,
							  ReorderBufferTXN *txn, XLogRecPtr lsn,
							  const char *prefix, Size len,
							  const char *content);

#endif /* W2K_DECODE_MESSAGE_H */
