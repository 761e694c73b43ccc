/*
 * transformed.h
 *		Records that go through transforms before they are written.
 */
#ifndef W2K_DECODE_TRANSFORMED_H
#define W2K_DECODE_TRANSFORMED_H

#include "decode/change.h"
#include "transform/node.h"

/* What a transformed record is, besides its data. */
typedef struct W2kTransformedFrom
{
	char op; /* W2K_OP_* */
	XLogRecPtr lsn;
	Oid relid; /* InvalidOid = not of a table */
	const char *schema;
	const char *table;
} W2kTransformedFrom;

/*
 * Applies the session's transforms, if it has any, and writes what they leave.  txn is NULL
 * for a message outside any transaction.
 */
extern void w2k_transformed_write(LogicalDecodingContext *ctx,
								  ReorderBufferTXN *txn,
								  const W2kTransformedFrom *from,
								  W2kTransformRecord *rec);

/* The topics may not have been announced after all. */
extern void w2k_transformed_forget(W2kSession *session);

#endif /* W2K_DECODE_TRANSFORMED_H */
