/*
 * ddl_node.h
 *		The changes of a schema change event -> Connect data.
 */
#ifndef W2K_TRANSFORM_DDL_NODE_H
#define W2K_TRANSFORM_DDL_NODE_H

#include "transform/tree.h"

/* tableChanges, of this schema; in the current memory context. */
extern W2kNode *w2k_ddl_node_make_changes(const W2kSchema *schema,
										  const W2kSchemaChange *change);

/*
 * The schema of the first table, and the names of all of them, with commas in
 * between, as Debezium's MySQL connector puts them into source.
 */
extern W2kNode *w2k_ddl_node_make_schema_name(const W2kSchemaChange *change);
extern W2kNode *w2k_ddl_node_make_table_names(const W2kSchemaChange *change);

#endif /* W2K_TRANSFORM_DDL_NODE_H */
