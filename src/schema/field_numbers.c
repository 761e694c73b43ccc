/*
 * field_numbers.c
 *		Numbers of columns in Protobuf records, which they keep.
 *
 * wal2kafka.connector_field is a user catalog table: the event triggers write
 * it in the transaction that alters the table, and decoding reads it as of the
 * change, like the server's catalogs.  It may be behind: a connector that is
 * made while somebody alters a table does not see that.  So what is not
 * recorded has a number here that recording gives it later, too: the next
 * free one, in the order of the columns.
 *
 * An attribute number is never used again by the server, so it stands for the
 * column, whatever that is called.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "schema/field_numbers.h"
#include "wal2kafka.h"

#define TABLE_NAME "connector_field"

/* Columns of the table. */
enum
{
	ANUM_FIELD_NAME = 1,
	ANUM_FIELD_RELID,
	ANUM_FIELD_ATTNUM,
	ANUM_FIELD_FIELD,
	ANUM_FIELD_NUMBER
};

Snapshot
w2k_field_numbers_snapshot(void)
{
	return IsolationIsSerializable() && !HistoricSnapshotActive()
			   ? SnapshotSelf
			   : NULL;
}

/* Our table, by what belongs to the extension (R30); InvalidOid = none. */
static Oid
find_table(Oid nspid)
{
	Oid relid = get_relname_relid(TABLE_NAME, nspid);
	Oid extension = get_extension_oid(W2K_NAME, true);

	return OidIsValid(relid) && OidIsValid(extension) &&
				   getExtensionOfObject(RelationRelationId, relid) == extension
			   ? relid
			   : InvalidOid;
}

static W2kFieldNumber *
make_number(HeapTuple tuple, TupleDesc desc)
{
	W2kFieldNumber *number = palloc(sizeof(W2kFieldNumber));
	bool is_null;

	/* all of them are NOT NULL */
	number->attnum = DatumGetInt16(
		heap_getattr(tuple, ANUM_FIELD_ATTNUM, desc, &is_null));
	number->field = TextDatumGetCString(
		heap_getattr(tuple, ANUM_FIELD_FIELD, desc, &is_null));
	number->number = DatumGetInt32(
		heap_getattr(tuple, ANUM_FIELD_NUMBER, desc, &is_null));
	number->is_recorded = true;
	return number;
}

/* What is recorded of a table. */
static List *
read_recorded(const char *connector, Oid relid)
{
	Oid nspid = get_namespace_oid(W2K_SCHEMA, true);
	Oid table = OidIsValid(nspid) ? find_table(nspid) : InvalidOid;
	Relation rel;
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple tuple;
	List *result = NIL;

	if (!OidIsValid(table))
		return NIL;
	rel = table_open(table, AccessShareLock);
	ScanKeyInit(&key[0], ANUM_FIELD_NAME, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(connector));
	ScanKeyInit(&key[1], ANUM_FIELD_RELID, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel,
							  get_relname_relid(TABLE_NAME "_pkey", nspid),
							  true, w2k_field_numbers_snapshot(), 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		result = lappend(result, make_number(tuple, RelationGetDescr(rel)));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

static W2kFieldNumber *
find_number(List *numbers, int attnum)
{
	ListCell *lc;

	foreach(lc, numbers)
	{
		W2kFieldNumber *number = lfirst(lc);

		if (number->attnum == attnum)
			return number;
	}
	return NULL;
}

List *
w2k_field_numbers_read(const char *connector, const W2kRelation *wrel,
					   bool *has_records)
{
	List *recorded = read_recorded(connector, wrel->published.root);
	List *result = NIL;
	int last = 0;
	ListCell *lc;

	if (has_records != NULL)
		*has_records = recorded != NIL;
	foreach(lc, recorded)
		last = Max(last, ((W2kFieldNumber *) lfirst(lc))->number);
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		const W2kColumn *column = &wrel->columns[i];
		W2kFieldNumber *number;

		if (!column->is_captured)
			continue;
		number = find_number(recorded, column->attnum);
		if (number == NULL)
		{
			number = palloc0(sizeof(W2kFieldNumber));
			number->attnum = column->attnum;
			number->field = column->name;
			number->number = ++last;
		}
		result = lappend(result, number);
	}
	return result;
}
