/*
 * temporal.h
 *		Dates, times and intervals in Debezium's adaptive forms.
 *
 * Readers of w2k_value_readers.  Times without a zone count from 1970 as if
 * in UTC; times with one are text, in UTC.
 */
#ifndef W2K_ENCODE_TEMPORAL_H
#define W2K_ENCODE_TEMPORAL_H

#include "encode/value.h"

extern void w2k_temporal_read_date(const W2kType *type, Datum datum,
								   W2kValue *value);
extern void w2k_temporal_read_time(const W2kType *type, Datum datum,
								   W2kValue *value);
extern void w2k_temporal_read_timetz(const W2kType *type, Datum datum,
									 W2kValue *value);
extern void w2k_temporal_read_timestamp(const W2kType *type, Datum datum,
										W2kValue *value);
extern void w2k_temporal_read_timestamptz(const W2kType *type, Datum datum,
										  W2kValue *value);
extern void w2k_temporal_read_interval(const W2kType *type, Datum datum,
									   W2kValue *value);

#endif /* W2K_ENCODE_TEMPORAL_H */
