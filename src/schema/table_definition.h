/*
 * table_definition.h
 *		A captured table as schema change events describe it.
 */
#ifndef W2K_SCHEMA_TABLE_DEFINITION_H
#define W2K_SCHEMA_TABLE_DEFINITION_H

#include "utils/jsonb.h"
#include "utils/relcache.h"

#include "schema/relation.h"

/*
 * Adds, as a value, the object {"primaryKeyColumnNames": [...], "columns":
 * [{...}, ...]}, with the names of io.debezium.connector.schema.Table and
 * Column; what is null is left out.  relation is the table that wrel's columns
 * are of, as of now.
 */
extern JsonbValue *w2k_table_definition_push(JsonbParseState **state,
											 const W2kRelation *wrel,
											 Relation relation);

#endif /* W2K_SCHEMA_TABLE_DEFINITION_H */
