/*
 * fuzz_frame.c
 *		Fuzz target of the frame reader, for clang's libFuzzer.
 *
 *		make -C test/unit fuzz		runs it for a minute
 */
#include <stdbool.h>
#include <stdio.h>

#include "frame_check.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	volatile unsigned sum;

	sum = check_stream((const char *) data, size, false);
	sum = check_stream((const char *) data, size, true);
	(void) sum;
	return 0;
}
