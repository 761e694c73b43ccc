/*
 * clock.h
 *		A clock that only goes forward.
 */
#ifndef W2K_SENDER_CLOCK_H
#define W2K_SENDER_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some time before the program. */
static inline int64_t
w2k_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif /* W2K_SENDER_CLOCK_H */
