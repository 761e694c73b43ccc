/*
 * memory.h
 *		Allocation in the sender: it succeeds or the process ends.
 *
 * The sender has nothing to save: whatever it had accepted is in the WAL, and
 * its worker starts another one.  So running out of memory is _exit(1) with a
 * line on stderr, and no caller checks.
 */
#ifndef W2K_SENDER_MEMORY_H
#define W2K_SENDER_MEMORY_H

#include <stddef.h>

extern void *w2k_memory_alloc(size_t size); /* zeroed */
extern void *w2k_memory_realloc(void *p, size_t size);

/* A terminated copy of len bytes. */
extern char *w2k_memory_strndup(const char *s, size_t len);
extern char *w2k_memory_strdup(const char *s);

#endif /* W2K_SENDER_MEMORY_H */
