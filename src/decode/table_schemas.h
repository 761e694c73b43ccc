/*
 * table_schemas.h
 *		The schemas that a connector's tables have in a Schema Registry, or
 *		would get there.
 */
#ifndef W2K_DECODE_TABLE_SCHEMAS_H
#define W2K_DECODE_TABLE_SCHEMAS_H

#include "nodes/pg_list.h"

#include "schema/relation.h"

struct W2kConnectorConfig;

/* All text is in the server's encoding. */
typedef struct W2kTableSchema
{
	bool is_key;
	bool is_envelope; /* else (of values) the row itself */
	const char *topic;
	const char *type; /* "AVRO", "JSON" or "PROTOBUF" */
	const char *subject;
	const char *text;
} W2kTableSchema;

typedef struct W2kTableSchemas W2kTableSchemas;

/*
 * What answers for single tables of a connector, in the current memory
 * context.  An error where transforms make the schemas depend on rows
 * (w2k_compatibility_obstacle).
 */
extern W2kTableSchemas *
w2k_table_schemas_create(const char *connector,
						 const struct W2kConnectorConfig *conf);

/*
 * The schemas of a captured table's records: a list of
 * W2kTableSchema in the current memory context, the key's first.  Where a
 * table has none that its format allows, an error.
 */
extern List *w2k_table_schemas_list(W2kTableSchemas *schemas,
									W2kRelation *wrel);

#endif /* W2K_DECODE_TABLE_SCHEMAS_H */
