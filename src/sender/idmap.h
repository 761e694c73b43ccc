/*
 * idmap.h
 *		A map from the uint32 ids of the frame protocol to what they name.
 *
 * The writer of the frames chooses its ids freely (counters, relation OIDs),
 * so they cannot index an array.
 */
#ifndef W2K_SENDER_IDMAP_H
#define W2K_SENDER_IDMAP_H

#include <stdint.h>

typedef struct W2kIdEntry
{
	uint32_t id;
	void *value; /* NULL = the entry is free */
} W2kIdEntry;

typedef struct W2kIdMap
{
	W2kIdEntry *entries;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t used;
} W2kIdMap;

/* NULL when the id is not there. */
extern void *w2k_idmap_get(const W2kIdMap *map, uint32_t id);

/* Sets or replaces; returns what was there, or NULL. */
extern void *w2k_idmap_put(W2kIdMap *map, uint32_t id, void *value);

/* Forgets all ids; what they name is the caller's. */
extern void w2k_idmap_clear(W2kIdMap *map);

#endif /* W2K_SENDER_IDMAP_H */
