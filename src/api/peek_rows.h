/*
 * peek_rows.h
 *		Frames of the output plugin -> rows of peek().
 */
#ifndef W2K_API_PEEK_ROWS_H
#define W2K_API_PEEK_ROWS_H

#include "fmgr.h"

typedef struct W2kPeekRows W2kPeekRows;

/* Makes the function's result a tuplestore of at most max_rows rows. */
extern W2kPeekRows *w2k_peek_rows_create(FunctionCallInfo fcinfo, int max_rows);

/* Reads whole frames; records behind the last row wanted are ignored. */
extern void w2k_peek_rows_add(W2kPeekRows *rows, const char *data, Size len);

extern bool w2k_peek_rows_is_full(const W2kPeekRows *rows);

#endif /* W2K_API_PEEK_ROWS_H */
