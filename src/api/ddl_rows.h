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

/* Has a registry given an id to any schema of the connector's? */
extern bool w2k_ddl_rows_has_schemas(const char *connector);

/* A row of wal2kafka.connector_accepted, in the server's encoding. */
typedef struct W2kAcceptedSchema
{
	bool is_key;
	const char *subject;
	const char *type;
	const char *text;
	const char *committed; /* before this transaction; NULL = not known */
} W2kAcceptedSchema;

/* Those of a table. */
extern List *w2k_ddl_rows_list_accepted(const char *connector, Oid relid);
extern void w2k_ddl_rows_put_accepted(const char *connector, Oid relid,
									  const W2kAcceptedSchema *schema);
/* All tables' where relid is InvalidOid. */
extern void w2k_ddl_rows_delete_accepted(const char *connector, Oid relid);

#endif /* W2K_API_DDL_ROWS_H */
