/*
 * temporal.c
 *		Dates, times and intervals in Debezium's adaptive forms.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "encode/temporal.h"

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
}

void
w2k_temporal_read_time(const W2kType *type, Datum datum, W2kValue *value)
{
	TimeADT time = DatumGetTimeADT(datum);

	set_integer(value, type->logical == W2K_LOGICAL_TIME_MILLIS
						   ? to_millis(time)
						   : time);
}

void
w2k_temporal_read_timetz(const W2kType *type, Datum datum, W2kValue *value)
{
	TimeTzADT *timetz = DatumGetTimeTzADTP(datum);
	int64 utc = timetz->time + timetz->zone * USECS_PER_SEC;
	char *p = value->scratch;
	int fraction;
	int ndigits = 6;

	/* 24:00:00 stays what it is only where it is in UTC already */
	if (timetz->zone != 0 || timetz->time > USECS_PER_DAY)
	{
		utc %= USECS_PER_DAY;
		if (utc < 0)
			utc += USECS_PER_DAY;
	}
	p = put_time(p, utc, &fraction);
	for (int rest = fraction; ndigits > 0 && rest % 10 == 0; rest /= 10)
		ndigits--;
	p = put_fraction(p, fraction, ndigits);
	*p++ = 'Z';
	set_ascii(value, p);
}

void
w2k_temporal_read_timestamp(const W2kType *type, Datum datum, W2kValue *value)
{
	Timestamp timestamp = DatumGetTimestamp(datum);
	bool is_millis = type->logical == W2K_LOGICAL_TIMESTAMP_MILLIS;
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
	else
		set_integer(value, us);
}

void
w2k_temporal_read_timestamptz(const W2kType *type, Datum datum, W2kValue *value)
{
	TimestampTz timestamp = DatumGetTimestampTz(datum);
	char *p = value->scratch;
	int64 days;
	int64 time_us;
	int year;
	int month;
	int day;
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

	days = timestamp / USECS_PER_DAY;
	time_us = timestamp % USECS_PER_DAY;
	if (time_us < 0)
	{
		time_us += USECS_PER_DAY;
		days--;
	}
	j2date((int) days + POSTGRES_EPOCH_JDATE, &year, &month, &day);

	p = put_year(p, year);
	*p++ = '-';
	p = put_two(p, month);
	*p++ = '-';
	p = put_two(p, day);
	*p++ = 'T';
	p = put_time(p, time_us, &fraction);
	p = put_fraction(p, fraction, type->precision);
	*p++ = 'Z';
	set_ascii(value, p);
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
