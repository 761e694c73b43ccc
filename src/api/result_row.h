/*
 * result_row.h
 *		Rows of a set-returning function, filled column by column.
 */
#ifndef W2K_API_RESULT_ROW_H
#define W2K_API_RESULT_ROW_H

#include "datatype/timestamp.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/pg_lsn.h"
#include "utils/timestamp.h"

#define W2K_RESULT_MAX_COLUMNS 32

typedef struct W2kResultRow
{
	Datum values[W2K_RESULT_MAX_COLUMNS];
	bool nulls[W2K_RESULT_MAX_COLUMNS];
	int ncolumns;
} W2kResultRow;

/* The next column. */
static inline void
w2k_result_add(W2kResultRow *row, Datum value, bool isnull)
{
	Assert(row->ncolumns < W2K_RESULT_MAX_COLUMNS);
	row->values[row->ncolumns] = value;
	row->nulls[row->ncolumns++] = isnull;
}

/* NULL becomes null. */
static inline void
w2k_result_add_text(W2kResultRow *row, const char *value)
{
	w2k_result_add(row, value ? CStringGetTextDatum(value) : (Datum) 0,
				   value == NULL);
}

static inline void
w2k_result_add_int64(W2kResultRow *row, uint64 value)
{
	w2k_result_add(row, Int64GetDatum((int64) value), false);
}

/* 0 becomes null, in the next four. */
static inline void
w2k_result_add_pid(W2kResultRow *row, pid_t pid)
{
	w2k_result_add(row, Int32GetDatum((int32) pid), pid == 0);
}

static inline void
w2k_result_add_lsn(W2kResultRow *row, XLogRecPtr lsn)
{
	w2k_result_add(row, LSNGetDatum(lsn), lsn == InvalidXLogRecPtr);
}

static inline void
w2k_result_add_time(W2kResultRow *row, TimestampTz time)
{
	w2k_result_add(row, TimestampTzGetDatum(time), time == 0);
}

/* A duration; a negative one (unknown) becomes null. */
static inline void
w2k_result_add_ms(W2kResultRow *row, double ms)
{
	w2k_result_add(row, Float8GetDatum(ms), ms < 0);
}

/* Ends the row, and makes *row ready for the next. */
static inline void
w2k_result_put(FunctionCallInfo fcinfo, W2kResultRow *row)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	Assert(row->ncolumns == rsinfo->setDesc->natts);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row->values,
						 row->nulls);
	row->ncolumns = 0;
}

#endif /* W2K_API_RESULT_ROW_H */
