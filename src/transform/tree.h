/*
 * tree.h
 *		Changes of rows, and messages -> records of Connect data, as Debezium
 *		would hand them to transforms.
 */
#ifndef W2K_TRANSFORM_TREE_H
#define W2K_TRANSFORM_TREE_H

#include "encode/writer.h"
#include "utils/jsonb.h"

#include "transform/node.h"

typedef struct W2kTree W2kTree;

/* What a DDL command has done, as the event triggers have written it down. */
typedef struct W2kSchemaChange
{
	const char *database; /* in the server's encoding, as all of it */
	const char *ddl;	  /* NULL = not known */
	Jsonb *changes;		  /* array of {"type", "schema", "name", "table"} */
	XLogRecPtr lsn;
	int64 time_ns;
} W2kSchemaChange;

/*
 * In the current memory context; reads values as the writers would, which must
 * live as long.
 */
extern W2kTree *w2k_tree_create(const W2kWriters *writers);

/* A header that every record of a table carries, behind its own. */
extern void w2k_tree_add_context_header(W2kTree *tree, const char *name,
										const char *value);

/* A transaction begins, or a message outside of one. */
extern void w2k_tree_begin_source(W2kTree *tree, const W2kSource *source);

/*
 * Before the records of an event: schemas follow what its arrays are like (see
 * encode/jsonplan).
 */
extern void w2k_tree_adapt(W2kTree *tree, W2kRelation *wrel,
						   const W2kEvent *event);

/*
 * A record of a table, without headers of its own: its key, that of the given
 * row (NULL = none), and no value.  That is a tombstone.
 */
extern void w2k_tree_begin_record(W2kTree *tree, W2kRelation *wrel,
								  const W2kRow *key_row,
								  W2kTransformRecord *rec);

/* Gives it the value of an event. */
extern void w2k_tree_add_value(W2kTree *tree, const W2kEvent *event,
							   W2kTransformRecord *rec);

/* Puts a header in front of the others: the key of another row. */
extern void w2k_tree_add_key_header(W2kTree *tree, W2kRelation *wrel,
									const char *name, const W2kRow *row,
									W2kTransformRecord *rec);

/*
 * Takes the headers that every record carries out of a record that still has
 * them as they were, at its end, and says so: then they need not be written.
 */
extern bool w2k_tree_take_context(const W2kTree *tree, W2kTransformRecord *rec);

/* The record of a logical decoding message. */
extern void w2k_tree_make_message(W2kTree *tree, const W2kMessage *message,
								  const char *topic, W2kTransformRecord *rec);

/* The record of a transaction's begin or end. */
extern void w2k_tree_make_boundary(W2kTree *tree, const W2kBoundary *boundary,
								   const char *topic, W2kTransformRecord *rec);

/* The record of a notification. */
extern void w2k_tree_make_notice(W2kTree *tree, const W2kNotice *notice,
								 const char *topic, W2kTransformRecord *rec);

/* The record of a heartbeat; time_ms is since 1970. */
extern void w2k_tree_make_heartbeat(W2kTree *tree, int64 time_ms,
									const char *topic,
									W2kTransformRecord *rec);

/* The record of a schema change. */
extern void w2k_tree_make_schema_change(W2kTree *tree,
										const W2kSchemaChange *change,
										const char *topic,
										W2kTransformRecord *rec);

#endif /* W2K_TRANSFORM_TREE_H */
