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
 * Adds a change, {"type": ..., "schema": ..., "name": ..., "table": {...}}, to
 * an array that has been begun: a row of wal2kafka.schema_change has one, and
 * the record of a table that a snapshot reads.  relation is the table that
 * wrel's columns are of, as of now; NULL (as wrel) where there is none any
 * more, which leaves "table" out.
 */
extern void
w2k_table_definition_push_change(JsonbParseState **state, const char *type,
								 const char *schema, const char *table,
								 const W2kRelation *wrel, Relation relation);

#endif /* W2K_SCHEMA_TABLE_DEFINITION_H */
