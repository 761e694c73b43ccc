/*
 * ddl_rows.h
 *		Rows that say what a connector keeps of tables.
 */
#ifndef W2K_API_DDL_ROWS_H
#define W2K_API_DDL_ROWS_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

/* A row of wal2kafka.connector_table, in the current memory context. */
typedef struct W2kKnownTable
{
	Oid relid;
	char *schema;
	char *table;
} W2kKnownTable;

/* The row of a table; NULL where it has none. */
extern W2kKnownTable *w2k_ddl_rows_find_table(const char *connector, Oid relid);

/* All of a connector's. */
extern List *w2k_ddl_rows_list_tables(const char *connector);

/* Adds the row, or changes it. */
extern void w2k_ddl_rows_put_table(const char *connector, Oid relid,
								   const char *schema, const char *table);
extern void w2k_ddl_rows_delete_table(const char *connector, Oid relid);

/* The same for a column's number, in wal2kafka.connector_field. */
extern void w2k_ddl_rows_put_field(const char *connector, Oid relid,
								   int attnum, const char *field, int number);
extern void w2k_ddl_rows_delete_fields(const char *connector, Oid relid);

/* A schema that a registry has, in the server's encoding. */
typedef struct W2kKnownSchema
{
	char *text;
	int version; /* 0 = not told */
	TimestampTz confirmed;
} W2kKnownSchema;

/* Those of a subject: the one in force first, which was confirmed last. */
extern List *w2k_ddl_rows_list_schemas(const char *connector, bool is_key,
									   const char *subject, const char *type);

#endif /* W2K_API_DDL_ROWS_H */
