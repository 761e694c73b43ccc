/*
 * tap.h
 *		The little of the Test Anything Protocol that our unit tests need.
 */
#ifndef W2K_TEST_TAP_H
#define W2K_TEST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count;
static int tap_failed;

/* One test; the text says what holds. */
__attribute__((format(printf, 2, 3))) static bool
ok(bool condition, const char *fmt, ...)
{
	va_list args;

	printf("%sok %d - ", condition ? "" : "not ", ++tap_count);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	if (!condition)
		tap_failed++;
	return condition;
}

static inline void
is_number(long long got, long long expected, const char *what)
{
	if (!ok(got == expected, "%s", what))
		printf("#   got %lld, expected %lld\n", got, expected);
}

static inline void
is_text(const char *got, const char *expected, const char *what)
{
	if (!ok(strcmp(got, expected) == 0, "%s", what))
		printf("#   got \"%s\"\n#   expected \"%s\"\n", got, expected);
}

/* The end of main(). */
static int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed == 0 ? 0 : 1;
}

#endif /* W2K_TEST_TAP_H */
