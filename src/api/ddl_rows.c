/*
 * ddl_rows.c
 *		Rows that say what a connector keeps of tables.
 *
 * They are read and written as the server does its catalogs, by the newest
 * snapshot: DDL does not mind an isolation level, and must not begin to for
 * us.  Two transactions hardly ever meet in a row, since whoever alters a
 * table has it locked.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "api/access.h"
#include "api/ddl_rows.h"
#include "schema/field_numbers.h"

/* Columns: all but connector_schema have the same two in front. */
enum
{
	ANUM_NAME = 1,
	ANUM_RELID,
	ANUM_TABLE_SCHEMANAME,
	ANUM_TABLE_RELNAME,
	TABLE_COLUMNS = ANUM_TABLE_RELNAME,
	FIELD_COLUMNS = 5,
	ANUM_ACCEPTED_IS_KEY = ANUM_RELID + 1,
	ANUM_ACCEPTED_SUBJECT,
	ANUM_ACCEPTED_TYPE,
	ANUM_ACCEPTED_SCHEMA,
	ANUM_ACCEPTED_COMMITTED,
	ACCEPTED_COLUMNS = ANUM_ACCEPTED_COMMITTED,
	ANUM_SCHEMA_IS_KEY = 2,
	ANUM_SCHEMA_SUBJECT,
	ANUM_SCHEMA_TYPE,
	ANUM_SCHEMA_SCHEMA = 7,
	ANUM_SCHEMA_VERSION = 9,
	ANUM_SCHEMA_CONFIRMED = 11
};

/* One of our tables. */
typedef struct RowTable
{
	const char *name;
	int nkeys; /* columns of its primary key, the first ones */
	RegProcedure equals[3];
	/* By the newest snapshot: not what workers write, which may be toasted */
	bool reads_newest;
} RowTable;

static const RowTable table_rows = {"connector_table",
									2,
									{F_TEXTEQ, F_OIDEQ},
									true};
static const RowTable field_rows = {"connector_field",
									3,
									{F_TEXTEQ, F_OIDEQ, F_INT2EQ},
									true};
static const RowTable accepted_rows = {"connector_accepted",
									   3,
									   {F_TEXTEQ, F_OIDEQ, F_BOOLEQ},
									   true};
static const RowTable schema_rows = {"connector_schema", 1, {F_TEXTEQ}, false};

/* A scan of one of them by the first columns of its primary key. */
typedef struct RowScan
{
	Relation rel;
	ScanKeyData keys[3];
	SysScanDesc scan;
} RowScan;

static void
begin_scan(RowScan *scan, const RowTable *table, LOCKMODE lockmode,
		   const Datum *values, int nkeys)
{
	Oid relid = w2k_access_relation(table->name);
	Snapshot snapshot = table->reads_newest ? w2k_field_numbers_snapshot()
											: NULL;
	Oid index = get_relname_relid(psprintf("%s_pkey", table->name),
								  get_rel_namespace(relid));

	for (int i = 0; i < nkeys; i++)
		ScanKeyInit(&scan->keys[i], (AttrNumber) (i + 1),
					BTEqualStrategyNumber, table->equals[i], values[i]);
	scan->rel = table_open(relid, lockmode);
	scan->scan = systable_beginscan(scan->rel, index, true, snapshot, nkeys,
									scan->keys);
}

static void
end_scan(RowScan *scan)
{
	systable_endscan(scan->scan);
	/* a lock for writing stays until the end of the transaction */
	table_close(scan->rel, NoLock);
	CommandCounterIncrement();
}

/* Adds a row, or changes the one with the same key. */
static void
put_row(const RowTable *table, Datum *values, bool *nulls)
{
	HeapTuple old;
	HeapTuple tuple;
	RowScan scan;

	begin_scan(&scan, table, RowExclusiveLock, values, table->nkeys);
	tuple = heap_form_tuple(RelationGetDescr(scan.rel), values, nulls);
	old = systable_getnext(scan.scan);
	if (HeapTupleIsValid(old))
	{
		tuple->t_self = old->t_self;
		CatalogTupleUpdate(scan.rel, &tuple->t_self, tuple);
	}
	else
		CatalogTupleInsert(scan.rel, tuple);
	end_scan(&scan);
}

static void
delete_rows(const RowTable *table, const char *connector, Oid relid)
{
	Datum values[] = {CStringGetTextDatum(connector), ObjectIdGetDatum(relid)};
	HeapTuple tuple;
	RowScan scan;

	begin_scan(&scan, table, RowExclusiveLock, values,
			   OidIsValid(relid) ? 2 : 1);
	while (HeapTupleIsValid(tuple = systable_getnext(scan.scan)))
		CatalogTupleDelete(scan.rel, &tuple->t_self);
	end_scan(&scan);
}

/* Rows of connector_table: all of a connector, or one. */
static List *
read_tables(const char *connector, Oid relid)
{
	Datum values[] = {CStringGetTextDatum(connector), ObjectIdGetDatum(relid)};
	List *result = NIL;
	HeapTuple tuple;
	RowScan scan;

	begin_scan(&scan, &table_rows, AccessShareLock, values,
			   OidIsValid(relid) ? 2 : 1);
	while (HeapTupleIsValid(tuple = systable_getnext(scan.scan)))
	{
		TupleDesc desc = RelationGetDescr(scan.rel);
		W2kKnownTable *known = palloc(sizeof(W2kKnownTable));
		bool is_null;

		/* all of them are NOT NULL */
		known->relid = DatumGetObjectId(
			heap_getattr(tuple, ANUM_RELID, desc, &is_null));
		known->schema = TextDatumGetCString(
			heap_getattr(tuple, ANUM_TABLE_SCHEMANAME, desc, &is_null));
		known->table = TextDatumGetCString(
			heap_getattr(tuple, ANUM_TABLE_RELNAME, desc, &is_null));
		result = lappend(result, known);
	}
	end_scan(&scan);
	return result;
}

W2kKnownTable *
w2k_ddl_rows_find_table(const char *connector, Oid relid)
{
	List *tables = read_tables(connector, relid);

	return tables == NIL ? NULL : (W2kKnownTable *) linitial(tables);
}

List *
w2k_ddl_rows_list_tables(const char *connector)
{
	return read_tables(connector, InvalidOid);
}

void
w2k_ddl_rows_put_table(const char *connector, Oid relid, const char *schema,
					   const char *table)
{
	Datum values[TABLE_COLUMNS] = {CStringGetTextDatum(connector),
								   ObjectIdGetDatum(relid),
								   CStringGetTextDatum(schema),
								   CStringGetTextDatum(table)};
	bool nulls[TABLE_COLUMNS] = {false};

	put_row(&table_rows, values, nulls);
}

void
w2k_ddl_rows_delete_table(const char *connector, Oid relid)
{
	delete_rows(&table_rows, connector, relid);
}

void
w2k_ddl_rows_put_field(const char *connector, Oid relid, int attnum,
					   const char *field, int number)
{
	Datum values[FIELD_COLUMNS] = {CStringGetTextDatum(connector),
								   ObjectIdGetDatum(relid),
								   Int16GetDatum(attnum),
								   CStringGetTextDatum(field),
								   Int32GetDatum(number)};
	bool nulls[FIELD_COLUMNS] = {false};

	put_row(&field_rows, values, nulls);
}

void
w2k_ddl_rows_delete_fields(const char *connector, Oid relid)
{
	delete_rows(&field_rows, connector, relid);
}

/* ---- schemas ---- */

static bool
is_text(HeapTuple tuple, TupleDesc desc, int attnum, const char *wanted)
{
	bool isnull;
	Datum value = heap_getattr(tuple, attnum, desc, &isnull);

	return !isnull && strcmp(TextDatumGetCString(value), wanted) == 0;
}

static int
compare_schemas(const ListCell *a, const ListCell *b)
{
	const W2kKnownSchema *left = lfirst(a);
	const W2kKnownSchema *right = lfirst(b);

	if (left->confirmed != right->confirmed)
		return left->confirmed > right->confirmed ? -1 : 1;
	return right->version - left->version;
}

List *
w2k_ddl_rows_list_schemas(const char *connector, bool is_key,
						  const char *subject, const char *type)
{
	Datum name = CStringGetTextDatum(connector);
	List *schemas = NIL;
	HeapTuple tuple;
	RowScan scan;

	begin_scan(&scan, &schema_rows, AccessShareLock, &name, 1);
	while (HeapTupleIsValid(tuple = systable_getnext(scan.scan)))
	{
		TupleDesc desc = RelationGetDescr(scan.rel);
		W2kKnownSchema *schema;
		bool isnull;

		if (DatumGetBool(heap_getattr(tuple, ANUM_SCHEMA_IS_KEY, desc,
									  &isnull)) != is_key ||
			!is_text(tuple, desc, ANUM_SCHEMA_SUBJECT, subject) ||
			!is_text(tuple, desc, ANUM_SCHEMA_TYPE, type))
			continue;
		schema = palloc0(sizeof(W2kKnownSchema));
		schema->text = TextDatumGetCString(
			heap_getattr(tuple, ANUM_SCHEMA_SCHEMA, desc, &isnull));
		schema->confirmed = DatumGetTimestampTz(
			heap_getattr(tuple, ANUM_SCHEMA_CONFIRMED, desc, &isnull));
		schema->version = DatumGetInt32(
			heap_getattr(tuple, ANUM_SCHEMA_VERSION, desc, &isnull));
		if (isnull)
			schema->version = 0;
		schemas = lappend(schemas, schema);
	}
	end_scan(&scan);
	list_sort(schemas, compare_schemas);
	return schemas;
}

bool
w2k_ddl_rows_has_schemas(const char *connector)
{
	Datum name = CStringGetTextDatum(connector);
	bool is_found;
	RowScan scan;

	begin_scan(&scan, &schema_rows, AccessShareLock, &name, 1);
	is_found = HeapTupleIsValid(systable_getnext(scan.scan));
	end_scan(&scan);
	return is_found;
}

/* ---- what commands have left ---- */

static W2kAcceptedSchema *
make_accepted(HeapTuple tuple, TupleDesc desc)
{
	W2kAcceptedSchema *schema = palloc0(sizeof(W2kAcceptedSchema));
	Datum committed;
	bool isnull;

	schema->is_key = DatumGetBool(
		heap_getattr(tuple, ANUM_ACCEPTED_IS_KEY, desc, &isnull));
	schema->subject = TextDatumGetCString(
		heap_getattr(tuple, ANUM_ACCEPTED_SUBJECT, desc, &isnull));
	schema->type = TextDatumGetCString(
		heap_getattr(tuple, ANUM_ACCEPTED_TYPE, desc, &isnull));
	schema->text = TextDatumGetCString(
		heap_getattr(tuple, ANUM_ACCEPTED_SCHEMA, desc, &isnull));
	if (!TransactionIdIsCurrentTransactionId(
			HeapTupleHeaderGetXmin(tuple->t_data)))
	{
		schema->committed = schema->text;
		return schema;
	}
	committed = heap_getattr(tuple, ANUM_ACCEPTED_COMMITTED, desc, &isnull);
	if (!isnull)
		schema->committed = TextDatumGetCString(committed);
	return schema;
}

List *
w2k_ddl_rows_list_accepted(const char *connector, Oid relid)
{
	Datum values[] = {CStringGetTextDatum(connector), ObjectIdGetDatum(relid)};
	/* texts may be toasted, which the snapshot of the scan may not do for */
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	List *result = NIL;
	HeapTuple tuple;
	RowScan scan;

	begin_scan(&scan, &accepted_rows, AccessShareLock, values, 2);
	while (HeapTupleIsValid(tuple = systable_getnext(scan.scan)))
		result = lappend(result,
						 make_accepted(tuple, RelationGetDescr(scan.rel)));
	end_scan(&scan);
	UnregisterSnapshot(snapshot);
	return result;
}

void
w2k_ddl_rows_put_accepted(const char *connector, Oid relid,
						  const W2kAcceptedSchema *schema)
{
	Datum values[ACCEPTED_COLUMNS] = {CStringGetTextDatum(connector),
									  ObjectIdGetDatum(relid),
									  BoolGetDatum(schema->is_key),
									  CStringGetTextDatum(schema->subject),
									  CStringGetTextDatum(schema->type),
									  CStringGetTextDatum(schema->text),
									  schema->committed == NULL
										  ? (Datum) 0
										  : CStringGetTextDatum(
												schema->committed)};

	bool nulls[ACCEPTED_COLUMNS] = {false};

	nulls[ANUM_ACCEPTED_COMMITTED - 1] = schema->committed == NULL;
	put_row(&accepted_rows, values, nulls);
}

void
w2k_ddl_rows_delete_accepted(const char *connector, Oid relid)
{
	delete_rows(&accepted_rows, connector, relid);
}
