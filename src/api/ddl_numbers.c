/*
 * ddl_numbers.c
 *		Writes down the numbers of a table's columns.
 *
 * Nothing may be recorded of a table yet: somebody had it locked when the
 * connector was made, or made it before that was committed.  Its records have
 * the positions of the columns then (schema/field_numbers.c), so when a
 * command drops a column these must be written down as they were before it:
 * what comes behind would move up, and what reads by number would take one
 * column for another.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_attribute.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "api/ddl_numbers.h"
#include "api/ddl_rows.h"
#include "config/filter.h"
#include "schema/field_numbers.h"

/*
 * A snapshot of what is committed and what came before the present command;
 * NULL where there is none any more.
 */
static Snapshot
register_snapshot(void)
{
	Snapshot snapshot;

	if (!ActiveSnapshotSet())
		return NULL;
	/* a copy, since it is registered */
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	snapshot->curcid = GetActiveSnapshot()->curcid;
	return snapshot;
}

/* The column's name, if it was captured; NULL if it was not. */
static const char *
find_captured(const W2kConnectorConfig *conf, const W2kFilter *filter,
			  const W2kRelation *wrel, Form_pg_attribute before)
{
	if (before->attisdropped ||
		(before->attgenerated != '\0' && !conf->include_generated_columns) ||
		wrel->published.columns != NULL ||
		!w2k_filter_column(filter, wrel->schema, wrel->table,
						   NameStr(before->attname)))
		return NULL;
	return pstrdup(NameStr(before->attname));
}

/*
 * Names of captured columns that the present command has dropped, by attribute
 * number less one; false where there are none.
 */
static bool
find_dropped(const W2kConnectorConfig *conf, const W2kRelation *wrel,
			 Relation relation, const char **names)
{
	TupleDesc desc = RelationGetDescr(relation);
	W2kFilter *filter = w2k_filter_compile(conf);
	Snapshot snapshot = register_snapshot();
	Relation rel;
	ScanKeyData key[1];
	SysScanDesc scan;
	HeapTuple tuple;
	bool is_found = false;

	if (snapshot == NULL)
		return false;
	rel = table_open(AttributeRelationId, AccessShareLock);
	ScanKeyInit(&key[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(wrel->relid));
	scan = systable_beginscan(rel, AttributeRelidNumIndexId, true, snapshot, 1,
							  key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_attribute before = (Form_pg_attribute) GETSTRUCT(tuple);
		int i = before->attnum - 1;

		if (i < 0 || i >= desc->natts || !TupleDescAttr(desc, i)->attisdropped)
			continue;
		names[i] = find_captured(conf, filter, wrel, before);
		is_found = is_found || names[i] != NULL;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	UnregisterSnapshot(snapshot);
	return is_found;
}

/* Writes down what a table's columns had before some of them were dropped. */
static void
write_as_before(const char *connector, const W2kConnectorConfig *conf,
				const W2kRelation *wrel, Relation relation)
{
	int natts = RelationGetDescr(relation)->natts;
	const char **names = palloc0(sizeof(char *) * Max(natts, 1));
	int number = 0;

	if (!find_dropped(conf, wrel, relation, names))
		return;
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		const W2kColumn *column = &wrel->columns[i];

		if (column->is_captured)
			names[column->attnum - 1] = column->name;
	}
	for (int i = 0; i < natts; i++)
	{
		if (names[i] != NULL)
			w2k_ddl_rows_put_field(connector, wrel->relid, i + 1, names[i],
								   ++number);
	}
}

void
w2k_ddl_numbers_write(const char *connector, const W2kConnectorConfig *conf,
					  const W2kRelation *wrel, Relation relation,
					  bool is_command)
{
	bool has_records;
	List *numbers = w2k_field_numbers_read(connector, wrel, &has_records);
	int n = 0;

	if (is_command && !has_records)
	{
		write_as_before(connector, conf, wrel, relation);
		numbers = w2k_field_numbers_read(connector, wrel, NULL);
	}
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		const W2kColumn *column = &wrel->columns[i];
		const W2kFieldNumber *number;

		if (!column->is_captured)
			continue;
		number = list_nth(numbers, n++);
		if (!number->is_recorded || strcmp(number->field, column->name) != 0)
			w2k_ddl_rows_put_field(connector, wrel->relid, number->attnum,
								   column->name, number->number);
	}
}
