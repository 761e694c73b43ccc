/*
 * timezone.c
 *		Time zones by name or offset.
 *
 * PostgreSQL would also take POSIX specifications, where the sign is the other
 * way round ("UTC+3" is west of Greenwich): such a one is refused, as Java
 * does.
 */
#include "postgres.h"

#include <ctype.h>

#include "config/timezone.h"

/* Java's limit. */
#define MAX_OFFSET_SECONDS (18 * SECS_PER_HOUR)

#define SECS_PER_HOUR 3600

/* "+05:30" or "-05:30:15" */
static bool
parse_offset(const char *name, int *offset_seconds)
{
	static const char *const forms[] = {"sdd:dd", "sdd:dd:dd"};
	int seconds;

	for (int i = 0; i < (int) lengthof(forms); i++)
	{
		const char *form = forms[i];
		const char *p = name;

		while (*form != '\0' && (*form == 'd'	? isdigit((unsigned char) *p)
								 : *form == 's' ? *p == '+' || *p == '-'
												: *p == *form))
		{
			form++;
			p++;
		}
		if (*form != '\0' || *p != '\0')
			continue;
		seconds = atoi(name + 1) * SECS_PER_HOUR + atoi(name + 4) * 60 +
				  (i == 1 ? atoi(name + 7) : 0);
		if (atoi(name + 4) > 59 || (i == 1 && atoi(name + 7) > 59) ||
			seconds > MAX_OFFSET_SECONDS)
			return false;
		*offset_seconds = name[0] == '-' ? -seconds : seconds;
		return true;
	}
	return false;
}

/* Only these names of zones have digits. */
static bool
may_have_digits(const char *name)
{
	static const char *const names[] = {"EST5EDT", "CST6CDT", "MST7MDT",
										"PST8PDT", "GMT0"};

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return strncmp(name, "Etc/GMT", 7) == 0;
}

bool
w2k_timezone_find(const char *name, W2kTimezone *timezone)
{
	memset(timezone, 0, sizeof(*timezone));
	if (parse_offset(name, &timezone->offset_seconds))
		return true;
	if (strlen(name) > TZ_STRLEN_MAX || name[0] == '\0' ||
		(strpbrk(name, "0123456789,<>") != NULL && !may_have_digits(name)))
		return false;
	timezone->zone = pg_tzset(name);
	return timezone->zone != NULL;
}
