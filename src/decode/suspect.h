/*
 * suspect.h
 *		Records that made decoding fail before, written with care.
 */
#ifndef W2K_DECODE_SUSPECT_H
#define W2K_DECODE_SUSPECT_H

#include "decode/change.h"

/* What writes the records of a change, a message or a boundary. */
typedef void (*W2kSuspectWork)(LogicalDecodingContext *ctx,
							   ReorderBufferTXN *txn, void *arg);

/*
 * Does the work.  Where lsn is suspect and the policy is to go on, an error of
 * it is caught: what it has written is taken back and counted as skipped, with
 * relid, and the error is returned.  Else returns NULL.
 */
extern ErrorData *w2k_suspect_write(LogicalDecodingContext *ctx,
									ReorderBufferTXN *txn, XLogRecPtr lsn,
									Oid relid, W2kSuspectWork work, void *arg);

/* Inside the work: what it has written so far stays, whatever follows. */
extern void w2k_suspect_keep(LogicalDecodingContext *ctx);

/* Does the policy ask for a warning of what was skipped? */
extern bool w2k_suspect_should_warn(const W2kSession *session,
									const ErrorData *error);

#endif /* W2K_DECODE_SUSPECT_H */
