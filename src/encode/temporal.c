/*
 * temporal.c
 *		Dates, times and intervals in Debezium's forms.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "encode/temporal.h"
#include "schema/connect.h"

/* From PostgreSQL's epoch to Unix's. */
#define EPOCH_SHIFT_DAYS (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)
#define EPOCH_SHIFT_US (EPOCH_SHIFT_DAYS * USECS_PER_DAY)

/*
 * What Debezium makes of the infinite ones that its JDBC driver hands it.  The
 * timestamps in milliseconds are no smaller than those in microseconds.
 */
#define DATE_PLUS_INFINITY 2146033979
#define DATE_MINUS_INFINITY (-2147472691)
#define TIMESTAMP_PLUS_INFINITY_MS INT64CONST(9223372036825200000)
#define TIMESTAMP_MINUS_INFINITY_MS INT64CONST(-9223372036832400000)

/* The same as text, and with the milliseconds' time. */
#define DATE_PLUS_INFINITY_ISO "+5877611-06-21Z"
#define DATE_MINUS_INFINITY_ISO "-5877611-06-22Z"
#define TIMESTAMP_PLUS_INFINITY_ISO "+292278994-08-16T23:00:00Z"
#define TIMESTAMP_MINUS_INFINITY_ISO "-292275055-05-16T23:00:00Z"

/* A month of 365.25 / 12 days. */
#define MONTH_US INT64CONST(2629800000000)

static void
set_failed(W2kValue *value, const char *reason)
{
	value->kind = W2K_VALUE_FAILED;
	value->data = reason;
}

static void
set_integer(W2kValue *value, int64 integer)
{
	value->kind = W2K_VALUE_INTEGER;
	value->u.integer = integer;
}

/* Microseconds to milliseconds, towards the past. */
static int64
to_millis(int64 us)
{
	int64 ms = us / 1000;

	return us % 1000 < 0 ? ms - 1 : ms;
}

static inline char *
put_two(char *p, int n)
{
	*p++ = (char) ('0' + n / 10);
	*p++ = (char) ('0' + n % 10);
	return p;
}

/* ISO 8601: four digits, more with a sign, year 0 before 1. */
static char *
put_year(char *p, int year)
{
	int magnitude = abs(year);

	if (year < 0)
		*p++ = '-';
	else if (year > 9999)
		*p++ = '+';
	if (magnitude > 9999)
		return p + pg_ultoa_n((uint32) magnitude, p);
	p = put_two(p, magnitude / 100);
	return put_two(p, magnitude % 100);
}

/* hh:mm:ss of a time of day; returns the rest, microseconds, in *fraction. */
static char *
put_time(char *p, int64 time_us, int *fraction)
{
	int seconds = (int) (time_us / USECS_PER_SEC);

	*fraction = (int) (time_us % USECS_PER_SEC);
	p = put_two(p, seconds / SECS_PER_HOUR);
	*p++ = ':';
	p = put_two(p, seconds / SECS_PER_MINUTE % MINS_PER_HOUR);
	*p++ = ':';
	return put_two(p, seconds % SECS_PER_MINUTE);
}

/* The first ndigits digits of a fraction of a second, with the point. */
static char *
put_fraction(char *p, int fraction, int ndigits)
{
	if (ndigits == 0)
		return p;
	*p++ = '.';
	for (int unit = 100000; ndigits > 0; ndigits--, unit /= 10)
		*p++ = (char) ('0' + fraction / unit % 10);
	return p;
}

/* Ends an ASCII value written into the scratch. */
static void
set_ascii(W2kValue *value, char *end)
{
	value->kind = W2K_VALUE_ASCII;
	value->data = value->scratch;
	value->len = (int) (end - value->scratch);
}

static void
set_literal(W2kValue *value, const char *text)
{
	value->kind = W2K_VALUE_ASCII;
	value->data = text;
	value->len = (int) strlen(text);
}

/* A moment or a day, taken apart; no more fields than its type has. */
typedef struct Broken
{
	int year; /* 0 = 1 BC */
	int month;
	int day;
	int64 time_us; /* of the day */
} Broken;

static void
break_days(int64 days, Broken *broken)
{
	j2date((int) days + POSTGRES_EPOCH_JDATE, &broken->year, &broken->month,
		   &broken->day);
	broken->time_us = 0;
}

static void
break_timestamp(int64 timestamp, Broken *broken)
{
	int64 days = timestamp / USECS_PER_DAY;
	int64 time_us = timestamp % USECS_PER_DAY;

	if (time_us < 0)
	{
		time_us += USECS_PER_DAY;
		days--;
	}
	break_days(days, broken);
	broken->time_us = time_us;
}

static char *
put_date(char *p, const Broken *broken)
{
	p = put_year(p, broken->year);
	*p++ = '-';
	p = put_two(p, broken->month);
	*p++ = '-';
	return put_two(p, broken->day);
}

/* A time of day with no more of a fraction than it has. */
static char *
put_trimmed_time(char *p, int64 time_us)
{
	int fraction;
	int ndigits = 6;

	p = put_time(p, time_us, &fraction);
	for (int rest = fraction; ndigits > 0 && rest % 10 == 0; rest /= 10)
		ndigits--;
	return put_fraction(p, fraction, ndigits);
}

/* ---- members of structured values: where they are in their structs ---- */

static void
set_date_members(W2kValue *items, const Broken *broken)
{
	set_integer(&items[0], broken->year);
	set_integer(&items[1], broken->month);
	set_integer(&items[2], broken->day);
}

static void
set_time_members(W2kValue *items, int64 time_us)
{
	int seconds = (int) (time_us / USECS_PER_SEC);

	set_integer(&items[0], seconds / SECS_PER_HOUR);
	set_integer(&items[1], seconds / SECS_PER_MINUTE % MINS_PER_HOUR);
	set_integer(&items[2], seconds % SECS_PER_MINUTE);
	set_integer(&items[3], time_us % USECS_PER_SEC * 1000);
}

/* What is infinite has this one member, and perhaps a precision. */
static void
set_special(W2kValue *item, bool is_positive)
{
	set_literal(item, is_positive ? "POSITIVE_INFINITY" : "NEGATIVE_INFINITY");
}

static W2kValue *
set_struct(const W2kType *type, W2kValue *value)
{
	return w2k_value_set_struct(value, w2k_connect_parts(type->logical));
}

/* ---- readers ---- */

void
w2k_temporal_read_date(const W2kType *type, Datum datum, W2kValue *value)
{
	DateADT date = DatumGetDateADT(datum);

	if (DATE_IS_NOEND(date))
		set_integer(value, DATE_PLUS_INFINITY);
	else if (DATE_IS_NOBEGIN(date))
		set_integer(value, DATE_MINUS_INFINITY);
	else
		set_integer(value, (int64) date + EPOCH_SHIFT_DAYS);
	if (type->logical == W2K_LOGICAL_DATE_CONNECT)
		value->kind = W2K_VALUE_CONNECT_DAYS;
}

void
w2k_temporal_read_date_iso(const W2kType *type, Datum datum, W2kValue *value)
{
	DateADT date = DatumGetDateADT(datum);
	Broken broken;
	char *p;

	if (DATE_IS_NOEND(date))
		set_literal(value, DATE_PLUS_INFINITY_ISO);
	else if (DATE_IS_NOBEGIN(date))
		set_literal(value, DATE_MINUS_INFINITY_ISO);
	else
	{
		break_days(date, &broken);
		p = put_date(value->scratch, &broken);
		*p++ = 'Z';
		set_ascii(value, p);
	}
}

/* year, month, day, specialValue */
void
w2k_temporal_read_date_struct(const W2kType *type, Datum datum, W2kValue *value)
{
	DateADT date = DatumGetDateADT(datum);
	W2kValue *items = set_struct(type, value);
	Broken broken;

	if (DATE_NOT_FINITE(date))
		set_special(&items[3], DATE_IS_NOEND(date));
	else
	{
		break_days(date, &broken);
		set_date_members(items, &broken);
	}
}

void
w2k_temporal_read_time(const W2kType *type, Datum datum, W2kValue *value)
{
	TimeADT time = DatumGetTimeADT(datum);

	switch (type->logical)
	{
		case W2K_LOGICAL_TIME_NANOS:
			set_integer(value, time * 1000);
			break;
		case W2K_LOGICAL_TIME_MICROS:
			set_integer(value, time);
			break;
		case W2K_LOGICAL_TIME_CONNECT:
			set_integer(value, time / 1000);
			value->kind = W2K_VALUE_CONNECT_MILLIS;
			break;
		default:
			set_integer(value, time / 1000);
			break;
	}
}

void
w2k_temporal_read_time_iso(const W2kType *type, Datum datum, W2kValue *value)
{
	TimeADT time = DatumGetTimeADT(datum);
	char *p;

	/* Java has no 24:00 */
	p = put_trimmed_time(value->scratch, time % USECS_PER_DAY);
	*p++ = 'Z';
	set_ascii(value, p);
}

/* hour, minute, second, nanos, precision */
void
w2k_temporal_read_time_struct(const W2kType *type, Datum datum, W2kValue *value)
{
	TimeADT time = DatumGetTimeADT(datum);
	W2kValue *items = set_struct(type, value);

	set_time_members(items, time);
	set_integer(&items[4], type->precision);
}

void
w2k_temporal_read_timetz(const W2kType *type, Datum datum, W2kValue *value)
{
	TimeTzADT *timetz = DatumGetTimeTzADTP(datum);
	int64 utc = timetz->time + timetz->zone * USECS_PER_SEC;
	char *p;

	/* 24:00:00 stays what it is only where it is in UTC already */
	if (timetz->zone != 0 || timetz->time > USECS_PER_DAY)
	{
		utc %= USECS_PER_DAY;
		if (utc < 0)
			utc += USECS_PER_DAY;
	}
	p = put_trimmed_time(value->scratch, utc);
	*p++ = 'Z';
	set_ascii(value, p);
}

/* hour, minute, second, nanos, offsetSeconds, precision: as it is stored */
void
w2k_temporal_read_timetz_struct(const W2kType *type, Datum datum,
								W2kValue *value)
{
	TimeTzADT *timetz = DatumGetTimeTzADTP(datum);
	W2kValue *items = set_struct(type, value);

	set_time_members(items, timetz->time);
	set_integer(&items[4], -timetz->zone);
	set_integer(&items[5], type->precision);
}

/* Microseconds since 1970 to nanoseconds; there is room for 292 years. */
static void
set_nanos(W2kValue *value, int64 us)
{
	int64 ns;

	if (pg_mul_s64_overflow(us, 1000, &ns))
		set_failed(value, "timestamp does not fit in 64 bits when counted "
						  "in nanoseconds from 1970");
	else
		set_integer(value, ns);
}

void
w2k_temporal_read_timestamp(const W2kType *type, Datum datum, W2kValue *value)
{
	Timestamp timestamp = DatumGetTimestamp(datum);
	bool is_connect = type->logical == W2K_LOGICAL_TIMESTAMP_CONNECT;
	bool is_millis = type->logical == W2K_LOGICAL_TIMESTAMP_MILLIS ||
					 is_connect;
	int64 us;

	if (TIMESTAMP_IS_NOEND(timestamp))
		set_integer(value,
					is_millis ? TIMESTAMP_PLUS_INFINITY_MS : PG_INT64_MAX);
	else if (TIMESTAMP_IS_NOBEGIN(timestamp))
		set_integer(value,
					is_millis ? TIMESTAMP_MINUS_INFINITY_MS : PG_INT64_MIN);
	else if (is_millis)
		set_integer(value, to_millis(timestamp) + EPOCH_SHIFT_US / 1000);
	else if (pg_add_s64_overflow(timestamp, EPOCH_SHIFT_US, &us))
		set_failed(value, "timestamp does not fit in 64 bits when counted "
						  "in microseconds from 1970");
	else if (type->logical == W2K_LOGICAL_TIMESTAMP_NANOS)
		set_nanos(value, us);
	else
		set_integer(value, us);
	if (is_connect)
		value->kind = W2K_VALUE_CONNECT_MILLIS;
}

void
w2k_temporal_read_timestamp_iso(const W2kType *type, Datum datum,
								W2kValue *value)
{
	Timestamp timestamp = DatumGetTimestamp(datum);
	Broken broken;
	char *p;

	if (TIMESTAMP_IS_NOEND(timestamp))
		set_literal(value, TIMESTAMP_PLUS_INFINITY_ISO);
	else if (TIMESTAMP_IS_NOBEGIN(timestamp))
		set_literal(value, TIMESTAMP_MINUS_INFINITY_ISO);
	else
	{
		break_timestamp(timestamp, &broken);
		p = put_date(value->scratch, &broken);
		*p++ = 'T';
		p = put_trimmed_time(p, broken.time_us);
		*p++ = 'Z';
		set_ascii(value, p);
	}
}

/* year .. nanos, specialValue, precision */
void
w2k_temporal_read_timestamp_struct(const W2kType *type, Datum datum,
								   W2kValue *value)
{
	Timestamp timestamp = DatumGetTimestamp(datum);
	W2kValue *items = set_struct(type, value);
	Broken broken;

	if (TIMESTAMP_NOT_FINITE(timestamp))
		set_special(&items[7], TIMESTAMP_IS_NOEND(timestamp));
	else
	{
		break_timestamp(timestamp, &broken);
		set_date_members(items, &broken);
		set_time_members(items + 3, broken.time_us);
	}
	set_integer(&items[8], type->precision);
}

void
w2k_temporal_read_timestamptz(const W2kType *type, Datum datum, W2kValue *value)
{
	TimestampTz timestamp = DatumGetTimestampTz(datum);
	char *p = value->scratch;
	Broken broken;
	int fraction;

	if (TIMESTAMP_IS_NOEND(timestamp))
	{
		set_literal(value, "infinity");
		return;
	}
	if (TIMESTAMP_IS_NOBEGIN(timestamp))
	{
		set_literal(value, "-infinity");
		return;
	}

	break_timestamp(timestamp, &broken);
	p = put_date(p, &broken);
	*p++ = 'T';
	p = put_time(p, broken.time_us, &fraction);
	p = put_fraction(p, fraction, type->precision);
	*p++ = 'Z';
	set_ascii(value, p);
}

/* year .. nanos, offsetSeconds, zoneId, specialValue, precision */
void
w2k_temporal_read_timestamptz_struct(const W2kType *type, Datum datum,
									 W2kValue *value)
{
	TimestampTz timestamp = DatumGetTimestampTz(datum);
	W2kValue *items = set_struct(type, value);
	Broken broken;

	if (TIMESTAMP_NOT_FINITE(timestamp))
		set_special(&items[9], TIMESTAMP_IS_NOEND(timestamp));
	else
	{
		break_timestamp(timestamp, &broken);
		set_date_members(items, &broken);
		set_time_members(items + 3, broken.time_us);
		set_integer(&items[7], 0);
		set_literal(&items[8], "Z");
	}
	set_integer(&items[10], type->precision);
}

void
w2k_temporal_read_interval(const W2kType *type, Datum datum, W2kValue *value)
{
	Interval *interval = DatumGetIntervalP(datum);
	int64 us;
	int64 days_us;
	int64 months_us;

	if (w2k_compat_is_infinite(interval))
		set_failed(value, "an infinite interval has no number");
	else if (pg_mul_s64_overflow(interval->month, MONTH_US, &months_us) ||
			 pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &days_us) ||
			 pg_add_s64_overflow(interval->time, days_us, &us) ||
			 pg_add_s64_overflow(us, months_us, &us))
		set_failed(value, "interval does not fit in 64 bits when counted in "
						  "microseconds");
	else
		set_integer(value, us);
}

/* All parts, each with its own sign: P1Y2M3DT4H5M6.789012S */
void
w2k_temporal_read_interval_iso(const W2kType *type, Datum datum,
							   W2kValue *value)
{
	Interval *interval = DatumGetIntervalP(datum);
	int64 seconds_us = interval->time % USECS_PER_MINUTE;
	int fraction = (int) (seconds_us % USECS_PER_SEC);
	int ndigits = 6;
	char *p = value->scratch;

	if (w2k_compat_is_infinite(interval))
	{
		set_failed(value, "an infinite interval has no form in ISO 8601");
		return;
	}
	*p++ = 'P';
	p += pg_ltoa(interval->month / MONTHS_PER_YEAR, p);
	*p++ = 'Y';
	p += pg_ltoa(interval->month % MONTHS_PER_YEAR, p);
	*p++ = 'M';
	p += pg_ltoa(interval->day, p);
	*p++ = 'D';
	*p++ = 'T';
	p += pg_lltoa(interval->time / USECS_PER_HOUR, p);
	*p++ = 'H';
	p += pg_ltoa((int32) (interval->time % USECS_PER_HOUR / USECS_PER_MINUTE),
				 p);
	*p++ = 'M';
	if (seconds_us < 0)
		*p++ = '-';
	p += pg_ultoa_n((uint32) abs((int) (seconds_us / USECS_PER_SEC)), p);
	fraction = abs(fraction);
	for (int rest = fraction; ndigits > 0 && rest % 10 == 0; rest /= 10)
		ndigits--;
	p = put_fraction(p, fraction, ndigits);
	*p++ = 'S';
	set_ascii(value, p);
}

/* years, months, days, hours, minutes, seconds, nanos, precision */
void
w2k_temporal_read_interval_struct(const W2kType *type, Datum datum,
								  W2kValue *value)
{
	Interval *interval = DatumGetIntervalP(datum);
	int64 hours = interval->time / USECS_PER_HOUR;
	W2kValue *items;

	if (w2k_compat_is_infinite(interval))
	{
		set_failed(value, "an infinite interval has no parts");
		return;
	}
	if (hours < PG_INT32_MIN || hours > PG_INT32_MAX)
	{
		set_failed(value, "the hours of an interval do not fit in 32 bits");
		return;
	}
	items = set_struct(type, value);
	set_integer(&items[0], interval->month / MONTHS_PER_YEAR);
	set_integer(&items[1], interval->month % MONTHS_PER_YEAR);
	set_integer(&items[2], interval->day);
	set_integer(&items[3], hours);
	set_integer(&items[4], interval->time % USECS_PER_HOUR / USECS_PER_MINUTE);
	set_integer(&items[5], interval->time % USECS_PER_MINUTE / USECS_PER_SEC);
	set_integer(&items[6], interval->time % USECS_PER_SEC * 1000);
	set_integer(&items[7], type->precision);
}

void
w2k_temporal_epoch(const W2kType *type, W2kValue *value)
{
	static TimeTzADT midnight;
	static Interval no_time;
	Datum datum;

	switch (type->oid)
	{
		case DATEOID:
			datum = DateADTGetDatum(-EPOCH_SHIFT_DAYS);
			break;
		case TIMEOID:
			datum = TimeADTGetDatum(0);
			break;
		case TIMETZOID:
			datum = TimeTzADTPGetDatum(&midnight);
			break;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			datum = TimestampGetDatum(-EPOCH_SHIFT_US);
			break;
		case INTERVALOID:
			datum = IntervalPGetDatum(&no_time);
			break;
		default:
			elog(ERROR, "type %u has no epoch", type->oid);
	}
	w2k_value_read(type, datum, value);
	/* it comes from nowhere, so it has an offset but no zone */
	if (type->logical == W2K_LOGICAL_TIMESTAMPTZ_STRUCT)
		value->u.fields->items[8].kind = W2K_VALUE_NULL;
}
