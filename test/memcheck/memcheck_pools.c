/*
 * memcheck_pools.c
 *		Makes palloc() visible to Valgrind in a server that was not built for it.
 *
 * A memory context cuts its chunks out of large blocks, and an overrun of a
 * chunk, a read of what nobody wrote there or a use after pfree() stays inside
 * such a block, where memcheck sees nothing.  But a chunk above a limit gets
 * a malloc() of its own, and the limit follows from the largest block size that
 * the context was created with.  So this library, preloaded, wraps (in
 * Valgrind's sense: Valgrind redirects the server's own calls too) the
 * functions that create contexts, and passes sizes so small that the limit
 * becomes 8 bytes: the least that works, because a chunk of no bytes takes 8
 * and has to come from a block.
 *
 * Sizes are still rounded up to 8 bytes, so an overrun of fewer bytes than that
 * may go unseen.  Without Valgrind nothing here is ever called.
 */
#include <stddef.h>
#include <valgrind/valgrind.h>

/* aset.c of PostgreSQL 15: the limit is what fits a quarter of the rest. */
#define BLOCK_HEADER 40
#define CHUNK_HEADER 16
#define LIMIT 8
#define MAX_BLOCK (BLOCK_HEADER + 4 * (LIMIT + CHUNK_HEADER))
#define FIRST_BLOCK 1024

/* Weak: shells and other programs that inherit the preload have no such. */
extern void *AllocSetContextCreateInternal(void *parent, const char *name,
										   size_t min, size_t init, size_t max)
	__attribute__((weak));

#define WRAP(name) I_WRAP_SONAME_FNNAME_ZU(NONE, name)

void *
WRAP(AllocSetContextCreateInternal)(void *parent, const char *name,
									size_t min, size_t init, size_t max)
{
	OrigFn create;
	void *context;

	(void) min, (void) init, (void) max;
	VALGRIND_GET_ORIG_FN(create);
	CALL_FN_W_5W(context, create, parent, name, 0, FIRST_BLOCK, MAX_BLOCK);
	return context;
}

/* Tuples and changes of the reorder buffer: these have no such limit. */
void *
WRAP(GenerationContextCreate)(void *parent, const char *name, size_t min,
							  size_t init, size_t max)
{
	return AllocSetContextCreateInternal(parent, name, min, init, max);
}

void *
WRAP(SlabContextCreate)(void *parent, const char *name, size_t block,
						size_t chunk)
{
	(void) chunk;
	return AllocSetContextCreateInternal(parent, name, 0, block, block);
}
