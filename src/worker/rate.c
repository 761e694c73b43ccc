/*
 * rate.c
 *		A limit of rows in a second, for those who read tables.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "worker/rate.h"

/*
 * On the average, but over a second at most: what was not read while a
 * snapshot was paused, or while there was none, is not made up for.
 */
bool
w2k_rate_allows(W2kRate *rate, int rows_per_second)
{
	TimestampTz now;
	int64 allowed;

	if (rows_per_second == 0)
		return true;
	now = GetCurrentTimestamp();
	allowed = rows_per_second *
			  (int64) TimestampDifferenceMilliseconds(rate->since, now) / 1000;
	if (rate->since == 0 || allowed > rate->rows + rows_per_second)
	{
		rate->since = now;
		rate->rows = 0;
		allowed = 0;
	}
	return rate->rows <= allowed;
}
