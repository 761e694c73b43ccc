/*
 * timezone.h
 *		Time zones by name or offset, as Java's ZoneId reads them.
 */
#ifndef W2K_CONFIG_TIMEZONE_H
#define W2K_CONFIG_TIMEZONE_H

#include "pgtime.h"

typedef struct W2kTimezone
{
	pg_tz *zone;		/* NULL = an offset */
	int offset_seconds; /* east of Greenwich */
} W2kTimezone;

/* "Europe/Rome" or "+05:30"; false where it is neither. */
extern bool w2k_timezone_find(const char *name, W2kTimezone *timezone);

static inline bool
w2k_timezone_is_known(const char *name)
{
	W2kTimezone timezone;

	return w2k_timezone_find(name, &timezone);
}

#endif /* W2K_CONFIG_TIMEZONE_H */
