/*
 * origin.c
 *		What transforms keep with the schemas of a table.
 *
 * There is an entry or two for each transform, so a list will do.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "transform/origin.h"

typedef struct Made
{
	const void *owner;
	const void *input;
	uint32 variant;
	void *made;
} Made;

void *
w2k_origin_find(const W2kOrigin *origin, const void *owner, const void *input,
				uint32 variant)
{
	ListCell *lc;

	foreach(lc, origin->made)
	{
		const Made *entry = lfirst(lc);

		if (entry->owner == owner && entry->input == input &&
			entry->variant == variant)
			return entry->made;
	}
	return NULL;
}

int
w2k_origin_count(const W2kOrigin *origin, const void *owner)
{
	int n = 0;
	ListCell *lc;

	foreach(lc, origin->made)
		n += ((const Made *) lfirst(lc))->owner == owner;
	return n;
}

void
w2k_origin_adopt(W2kOrigin *origin, MemoryContext context)
{
	MemoryContextSetParent(context, origin->context);
}

void
w2k_origin_keep(W2kOrigin *origin, const void *owner, const void *input,
				uint32 variant, void *made)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(origin->context);
	Made *entry = palloc(sizeof(Made));

	entry->owner = owner;
	entry->input = input;
	entry->variant = variant;
	entry->made = made;
	origin->made = lappend(origin->made, entry);
	MemoryContextSwitchTo(oldcontext);
}
