/*
 * memcheck_wrong.c
 *		Deliberate mistakes: the memcheck suite has to find each of them, or its
 *		silence about wal2kafka.so would mean nothing.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(memcheck_wrong);

#define SIZE 24

/* Also without -O0 the compiler has to read. */
static bool
is_set(volatile char *byte)
{
	return *byte == 'x';
}

Datum
memcheck_wrong(PG_FUNCTION_ARGS)
{
	char *kind = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *chunk = palloc(SIZE);
	bool is_found = false;

	if (strcmp(kind, "uninitialised") == 0)
		is_found = is_set(chunk + SIZE / 2);
	memset(chunk, 'x', SIZE);
	is_found = is_found || is_set(chunk + SIZE - 1);
	if (strcmp(kind, "overrun") == 0)
		is_found = is_set(chunk + SIZE) || is_found;
	pfree(chunk);
	if (strcmp(kind, "freed") == 0)
		is_found = is_set(chunk) || is_found;
	PG_RETURN_BOOL(is_found);
}
