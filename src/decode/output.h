/*
 * output.h
 *		From records to the server's write calls.
 */
#ifndef W2K_DECODE_OUTPUT_H
#define W2K_DECODE_OUTPUT_H

#include "decode/change.h"

/* Before a change of the transaction is encoded: what its records share. */
extern void w2k_output_prepare_transaction(LogicalDecodingContext *ctx,
										   ReorderBufferTXN *txn);

/* Before output functions are called in the transaction: their settings. */
extern void w2k_output_set_modes(W2kSession *session);

/*
 * Begins a record; before the first one of a transaction, the transaction.
 * The caller appends key, value and headers to ctx->out.
 */
extern void w2k_output_begin_record(LogicalDecodingContext *ctx,
									ReorderBufferTXN *txn,
									const W2kTopicRef *topic, char op,
									XLogRecPtr lsn, bool has_context_headers);
extern void w2k_output_end_record(LogicalDecodingContext *ctx);

/* Counts a change that is given up by policy; w2k_output_flush follows. */
extern void w2k_output_skip(LogicalDecodingContext *ctx, XLogRecPtr lsn,
							Oid relid);

/* Says that another configuration is in force; w2k_output_flush follows. */
extern void w2k_output_renewed(LogicalDecodingContext *ctx,
							   ReorderBufferTXN *txn);

/* A signal (data may be NULL) for the worker; w2k_output_flush follows. */
extern void w2k_output_signal(LogicalDecodingContext *ctx, const char *id,
							  const char *type, const char *data);

/* Hands over what a change has written, if anything. */
extern void w2k_output_flush(LogicalDecodingContext *ctx);

/* The end of a transaction that has begun. */
extern void w2k_output_end_transaction(LogicalDecodingContext *ctx,
									   ReorderBufferTXN *txn,
									   XLogRecPtr commit_lsn);

/*
 * The same for a record outside any transaction, at the LSN of its end.
 * w2k_output_begin_alone prepares its source, too; w2k_output_flush follows.
 */
extern void w2k_output_begin_alone(LogicalDecodingContext *ctx, XLogRecPtr lsn);
extern void w2k_output_end_alone(LogicalDecodingContext *ctx, XLogRecPtr lsn);

/* When a transaction committed, since 1970. */
extern int64 w2k_output_commit_time_us(const ReorderBufferTXN *txn);

/* The wall clock, since 1970. */
extern int64 w2k_output_now_ns(void);

#endif /* W2K_DECODE_OUTPUT_H */
