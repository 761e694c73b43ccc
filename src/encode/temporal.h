/*
 * temporal.h
 *		Dates, times and intervals in Debezium's forms.
 *
 * Readers of w2k_value_readers.  Times without a zone count from 1970 as if
 * in UTC; times with one are text, in UTC.  The functions of which there is
 * one for several logical types look at the type's.
 */
#ifndef W2K_ENCODE_TEMPORAL_H
#define W2K_ENCODE_TEMPORAL_H

#include "encode/value.h"

extern void w2k_temporal_read_date(const W2kType *type, Datum datum,
								   W2kValue *value);
extern void w2k_temporal_read_date_iso(const W2kType *type, Datum datum,
									   W2kValue *value);
extern void w2k_temporal_read_date_struct(const W2kType *type, Datum datum,
										  W2kValue *value);
extern void w2k_temporal_read_time(const W2kType *type, Datum datum,
								   W2kValue *value);
extern void w2k_temporal_read_time_iso(const W2kType *type, Datum datum,
									   W2kValue *value);
extern void w2k_temporal_read_time_struct(const W2kType *type, Datum datum,
										  W2kValue *value);
extern void w2k_temporal_read_timetz(const W2kType *type, Datum datum,
									 W2kValue *value);
extern void w2k_temporal_read_timetz_struct(const W2kType *type, Datum datum,
											W2kValue *value);
extern void w2k_temporal_read_timestamp(const W2kType *type, Datum datum,
										W2kValue *value);
extern void w2k_temporal_read_timestamp_iso(const W2kType *type, Datum datum,
											W2kValue *value);
extern void w2k_temporal_read_timestamp_struct(const W2kType *type,
											   Datum datum, W2kValue *value);
extern void w2k_temporal_read_timestamptz(const W2kType *type, Datum datum,
										  W2kValue *value);
extern void w2k_temporal_read_timestamptz_struct(const W2kType *type,
												 Datum datum, W2kValue *value);
extern void w2k_temporal_read_interval(const W2kType *type, Datum datum,
									   W2kValue *value);
extern void w2k_temporal_read_interval_iso(const W2kType *type, Datum datum,
										   W2kValue *value);
extern void w2k_temporal_read_interval_struct(const W2kType *type, Datum datum,
											  W2kValue *value);

/* Midnight of 1970 in a type's form; of an interval, no time at all. */
extern void w2k_temporal_epoch(const W2kType *type, W2kValue *value);

#endif /* W2K_ENCODE_TEMPORAL_H */
