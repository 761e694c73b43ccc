/*
 * logfilter.h
 *		Lets a log line through once in a while, not at each attempt.
 */
#ifndef W2K_SENDER_LOGFILTER_H
#define W2K_SENDER_LOGFILTER_H

#include <stdbool.h>
#include <stdint.h>

#define W2K_LOG_FILTER_SIZE 64

typedef struct W2kLogFilter
{
	struct
	{
		uint64_t hash; /* of the line without its digits; 0 = free */
		int64_t until_ms;
		uint32_t suppressed;
	} lines[W2K_LOG_FILTER_SIZE];
} W2kLogFilter;

/*
 * Should this line be shown?  *suppressed says how many like it were not
 * since the last one.
 */
extern bool w2k_logfilter_pass(W2kLogFilter *filter, const char *facility,
							   const char *text, int64_t now_ms,
							   uint32_t *suppressed);

/* Things have changed: the next line of each kind is news. */
extern void w2k_logfilter_reset(W2kLogFilter *filter);

#endif /* W2K_SENDER_LOGFILTER_H */
