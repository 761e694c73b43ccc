/*
 * node.h
 *		Records of Connect data: values, and the schemas that they go by.
 *
 * A value (W2kNode) is a scalar, a struct or an array; null is NULL.  Nodes
 * live as long as the change that they are made of, and one may stand in
 * several places, so that nobody changes one that is not his.  A struct's
 * items go by the fields of its schema.
 *
 * Schemas of tables live as long as what is known of the table: that is a
 * W2kOrigin.  What transforms make of such a schema they keep with the origin
 * (w2k_origin_find), so that it is made once, and ends with it.
 *
 * All text is UTF-8, but for topics: those are in the server's encoding.
 */
#ifndef W2K_TRANSFORM_NODE_H
#define W2K_TRANSFORM_NODE_H

#include "encode/node.h"

typedef struct W2kTransformHeader
{
	const char *name;
	const W2kSchema *schema;
	W2kNode *value;
} W2kTransformHeader;

typedef struct W2kOrigin W2kOrigin;

typedef struct W2kTransformRecord
{
	W2kOrigin *origin;
	const char *topic;
	int32 partition;	/* -1 = by the key */
	int64 timestamp_ms; /* 0 = when it is produced */
	const W2kSchema *key_schema;
	W2kNode *key;
	const W2kSchema *value_schema; /* NULL, with a null value: a tombstone */
	W2kNode *value;
	List *headers; /* of W2kTransformHeader */

	/* Made of this record's own data, and gone with it (origin.h) */
	bool is_topic_transient;
	bool is_key_schema_transient;
	bool is_value_schema_transient;
} W2kTransformRecord;

/* ---- nodes ---- */

extern W2kNode *w2k_node_make_struct(const W2kSchema *schema);
extern W2kNode *w2k_node_make_text(const char *text); /* NULL gives NULL */
extern W2kNode *w2k_node_make_text_of(const char *text, int len);
extern W2kNode *w2k_node_make_integer(int64 integer);
extern W2kNode *w2k_node_make_array(int nitems);

/* A column's, whose value is still to be read. */
extern W2kNode *w2k_node_make_column(W2kColumn *column);

/* A struct whose schema has the same fields in front, of the same values. */
extern W2kNode *w2k_node_copy_struct(const W2kNode *node,
									 const W2kSchema *schema);

/* The value of a field; NULL where it is null, or there is no such field. */
extern W2kNode *w2k_node_get(const W2kNode *node, const char *field);

/* Sets it; the field must exist. */
extern void w2k_node_set(W2kNode *node, const char *field, W2kNode *value);

/* Puts their defaults where the first nfields fields of a struct are null. */
extern void w2k_node_fill_defaults(W2kNode *node, int nfields);

/* A field's default, or NULL. */
extern W2kNode *w2k_node_make_default(const W2kSchema *field);

/* A scalar's text, as a string of its own; NULL where it is no text. */
extern char *w2k_node_text(const W2kNode *node);
extern bool w2k_node_is_text(const W2kNode *node);

/* ---- schemas ---- */

/* A field's place, or -1. */
extern int w2k_node_find_field(const W2kSchema *schema, const char *field);

/*
 * A struct's schema to be added to: its name and the like, required, and with
 * its first nfields fields.
 */
extern W2kSchema *w2k_node_copy_schema(const W2kSchema *schema, int nfields);

/* A schema under another field's name. */
extern W2kSchema *w2k_node_rename_schema(const W2kSchema *schema,
										 const char *field);

/* Is this Debezium's envelope of a row? */
extern bool w2k_node_is_envelope(const W2kSchema *schema);

#endif /* W2K_TRANSFORM_NODE_H */
