/*
 * rate.h
 *		A limit of rows in a second, for those who read tables.
 */
#ifndef W2K_WORKER_RATE_H
#define W2K_WORKER_RATE_H

#include "datatype/timestamp.h"

/* All zero is where it begins. */
typedef struct W2kRate
{
	TimestampTz since; /* rows are counted since then; 0 = not yet */
	int64 rows;		   /* whoever reads adds them here */
} W2kRate;

/* May more rows be read now?  A limit of 0 is none. */
extern bool w2k_rate_allows(W2kRate *rate, int rows_per_second);

#endif /* W2K_WORKER_RATE_H */
