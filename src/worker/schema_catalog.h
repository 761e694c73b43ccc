/*
 * schema_catalog.h
 *		Schemas that a registry knows, in wal2kafka.connector_schema.
 *
 * The sender says what the registry has told it (REGISTERED); the worker keeps
 * it, and tells the next sender (KNOWN), so that records can go on where the
 * registry is away.
 */
#ifndef W2K_WORKER_SCHEMA_CATALOG_H
#define W2K_WORKER_SCHEMA_CATALOG_H

#include "nodes/pg_list.h"
#include "status/counters.h"
#include "wire/frame.h"

/* A REGISTERED frame that is not in our table yet. */
typedef struct W2kRegisteredSchema
{
	bool is_key;
	W2kSchemaType type;
	uint32 id;
	uint32 version;								  /* 0 = not told */
	char *topic, *subject, *fingerprint, *schema; /* UTF-8 */
} W2kRegisteredSchema;

/* Appends the one of a frame to a list that lives for ever. */
extern List *w2k_schema_catalog_add(List *registered, W2kCursor *cur);

/* A REGISTRY frame: adds what is new in it. */
extern void w2k_schema_catalog_count(W2kCounters *counters, W2kCursor *cur);

/* A new sender is told what is known.  Outside a transaction. */
extern void w2k_schema_catalog_tell(void);

/* Writes down what has arrived, if anything has.  Outside a transaction. */
extern void w2k_schema_catalog_when_due(void);

#endif /* W2K_WORKER_SCHEMA_CATALOG_H */
