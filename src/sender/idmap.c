/*
 * idmap.c
 *		A map from the uint32 ids of the frame protocol to what they name.
 *
 * Open addressing, linear probing, at most half full, never a single removal:
 * so a probe ends at the first free entry.
 */
#include <stdlib.h>

#include "sender/idmap.h"
#include "sender/memory.h"

#define INITIAL_CAPACITY 64

/* The entry that holds id, or the free one where it belongs. */
static W2kIdEntry *
probe(const W2kIdMap *map, uint32_t id)
{
	uint32_t mask = map->capacity - 1;

	/* Knuth's multiplier spreads neighbouring ids; the high bits are good */
	for (uint32_t i = (id * 2654435761u) >> 7;; i++)
	{
		W2kIdEntry *entry = &map->entries[i & mask];

		if (entry->value == NULL || entry->id == id)
			return entry;
	}
}

void *
w2k_idmap_get(const W2kIdMap *map, uint32_t id)
{
	return map->capacity == 0 ? NULL : probe(map, id)->value;
}

void *
w2k_idmap_put(W2kIdMap *map, uint32_t id, void *value)
{
	W2kIdEntry *entry;
	void *previous;

	if (map->used * 2 >= map->capacity)
	{
		W2kIdMap bigger = {.capacity = map->capacity ? map->capacity * 2
													 : INITIAL_CAPACITY,
						   .used = map->used};

		bigger.entries = w2k_memory_alloc(bigger.capacity *
										  sizeof(*bigger.entries));
		for (uint32_t i = 0; i < map->capacity; i++)
		{
			if (map->entries[i].value != NULL)
				*probe(&bigger, map->entries[i].id) = map->entries[i];
		}
		free(map->entries);
		*map = bigger;
	}

	entry = probe(map, id);
	previous = entry->value;
	if (previous == NULL)
		map->used++;
	entry->id = id;
	entry->value = value;
	return previous;
}

void
w2k_idmap_clear(W2kIdMap *map)
{
	free(map->entries);
	*map = (W2kIdMap){0};
}
