/*
 * logfilter.c
 *		Lets a log line through once in a while, not at each attempt.
 *
 * librdkafka logs every failed connection attempt.  A line is the same as
 * another when only its digits differ, or what it adds in parentheses (times,
 * counters).  A small cache, one line per place: a
 * collision shows a line too often, never too seldom.
 */
#include <ctype.h>
#include <string.h>

#include "sender/logfilter.h"

#define REPEAT_MS 60000

/* FNV-1a over a string without digits, up to its first parenthesis. */
static uint64_t
hash_text(uint64_t hash, const char *text)
{
	for (; *text != '\0' && *text != '('; text++)
	{
		if (!isdigit((unsigned char) *text))
			hash = (hash ^ (unsigned char) *text) * 0x100000001b3u;
	}
	return hash;
}

bool
w2k_logfilter_pass(W2kLogFilter *filter, const char *facility,
				   const char *text, int64_t now_ms, uint32_t *suppressed)
{
	uint64_t hash = hash_text(hash_text(0xcbf29ce484222325u, facility), text) |
					1;
	unsigned place = (unsigned) (hash >> 32) % W2K_LOG_FILTER_SIZE;

	*suppressed = 0;
	if (filter->lines[place].hash == hash)
	{
		if (now_ms < filter->lines[place].until_ms)
		{
			filter->lines[place].suppressed++;
			return false;
		}
		*suppressed = filter->lines[place].suppressed;
	}
	filter->lines[place].hash = hash;
	filter->lines[place].until_ms = now_ms + REPEAT_MS;
	filter->lines[place].suppressed = 0;
	return true;
}

void
w2k_logfilter_reset(W2kLogFilter *filter)
{
	memset(filter, 0, sizeof(*filter));
}
