/*
 * snapshot_rows.h
 *		The rows of a chunk: which of them are sent.
 */
#ifndef W2K_WORKER_SNAPSHOT_ROWS_H
#define W2K_WORKER_SNAPSHOT_ROWS_H

#include "lib/stringinfo.h"

/*
 * Can it be told which rows of a chunk, behind its first bytes, are stale?
 * Not where one may be any of several.
 */
extern bool w2k_rows_are_clear(const StringInfoData *chunk, int from);

/*
 * Appends the frames of the rows that nobody has changed to out; of the
 * others, what they define for the rows after them.  Without is_all only rows
 * that are incomplete (decode/window.h).  Returns the number of rows.
 *
 * Begins at *at, which moves behind the last row that was looked at; with
 * max_bytes ends when out has become longer by so much.  What the rows before
 * have defined, which is in definitions, is said again first.
 */
extern int64 w2k_rows_append(StringInfo out, const StringInfoData *chunk,
							 int *at, StringInfo definitions, int max_bytes,
							 Oid relid, bool is_all);

#endif /* W2K_WORKER_SNAPSHOT_ROWS_H */
