/*
 * memory.c
 *		Allocation in the sender: it succeeds or the process ends.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sender/memory.h"

/*
 * Says so and leaves.  No stdio: it might allocate.  _exit: librdkafka's
 * threads are running and exit() would pull the ground from under them.
 */
static void
out_of_memory(void)
{
	static const char message[] = "wal2kafka-sender: out of memory\n";
	ssize_t written = write(STDERR_FILENO, message, sizeof(message) - 1);

	(void) written;
	_exit(1);
}

void *
w2k_memory_alloc(size_t size)
{
	void *p = calloc(1, size);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
w2k_memory_realloc(void *p, size_t size)
{
	p = realloc(p, size);
	if (p == NULL)
		out_of_memory();
	return p;
}

char *
w2k_memory_strndup(const char *s, size_t len)
{
	char *copy = w2k_memory_alloc(len + 1);

	if (len > 0)
		memcpy(copy, s, len);
	return copy;
}

char *
w2k_memory_strdup(const char *s)
{
	return w2k_memory_strndup(s, strlen(s));
}
