/*
 * plan.c
 *		In a reader: which tables a snapshot reads.
 *
 * Tables are those of pg_class under the transaction's own snapshot, so one
 * that was made since is not among them (all its rows are streamed).  What
 * pg_class says there of a table's file is compared with the present: a
 * rewrite or a truncation since then leaves nothing that the snapshot could
 * see, because such commands are not MVCC-safe.
 *
 * Partitions are read one by one, in the place of what they are published as.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "config/filter.h"
#include "config/snapshots.h"
#include "snapshot/plan.h"

/* The first or last row that the snapshot sees and that would be sent. */
static void
find_edge(Relation relation, W2kRelation *wrel, ScanDirection direction,
		  ItemPointerData *edge)
{
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	TableScanDesc scan;

	ItemPointerSetInvalid(edge);
	scan = w2k_chunk_begin_scan(relation, GetActiveSnapshot(), 0,
								RelationGetNumberOfBlocks(relation));
	while (table_scan_getnextslot(scan, direction, slot))
	{
		CHECK_FOR_INTERRUPTS();
		if (!w2k_reading_passes(wrel, slot))
			continue;
		*edge = slot->tts_tid;
		break;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
}

static char *
table_name(const char *schema, const char *table)
{
	return psprintf("%s.%s", schema, table);
}

/* snapshot.include.collection.list */
static bool
is_included(const W2kPatterns *included, const W2kPlanTable *table)
{
	return included == NULL ||
		   w2k_filter_matches(included,
							  table_name(NameStr(table->root_schema),
										 NameStr(table->root_name))) ||
		   w2k_filter_matches(included, table_name(NameStr(table->schema),
												   NameStr(table->name)));
}

static W2kPlanTable *
plan_table(W2kReader *reader, Relation relation, Oid filenode,
		   const W2kPatterns *included)
{
	W2kSession *session = w2k_reading_session(reader->reading);
	W2kRelation *wrel = w2k_relation_lookup(session->relations, relation);
	W2kPlanTable *table;

	if (wrel->capture != W2K_CAPTURE_ROWS ||
		(wrel->published.operations & W2K_PUBLISH_INSERT) == 0)
		return NULL;
	table = palloc0(sizeof(W2kPlanTable));
	table->relid = RelationGetRelid(relation);
	namestrcpy(&table->schema,
			   get_namespace_name(RelationGetNamespace(relation)));
	namestrcpy(&table->name, RelationGetRelationName(relation));
	namestrcpy(&table->root_schema, wrel->schema);
	namestrcpy(&table->root_name, wrel->table);
	if (!is_included(included, table))
		return NULL;
	table->filenode = w2k_compat_filenode(relation);
	table->blocks = RelationGetNumberOfBlocks(relation);
	table->rows = relation->rd_rel->reltuples < 0
					  ? -1
					  : (int64) relation->rd_rel->reltuples;
	table->is_rewritten = table->filenode != filenode;
	ItemPointerSetInvalid(&table->first);
	ItemPointerSetInvalid(&table->last);
	/* what a query gives instead has no place in the table */
	if (table->is_rewritten ||
		w2k_snapshots_override(session->conf,
							   table_name(NameStr(table->root_schema),
										  NameStr(table->root_name))) != NULL)
		return table;
	find_edge(relation, wrel, ForwardScanDirection, &table->first);
	if (ItemPointerIsValid(&table->first))
		find_edge(relation, wrel, BackwardScanDirection, &table->last);
	return table;
}

static int
compare_tables(const ListCell *a, const ListCell *b)
{
	const W2kPlanTable *left = lfirst(a);
	const W2kPlanTable *right = lfirst(b);
	int order = strcmp(NameStr(left->root_schema), NameStr(right->root_schema));

	if (order == 0)
		order = strcmp(NameStr(left->root_name), NameStr(right->root_name));
	if (order == 0)
		order = strcmp(NameStr(left->schema), NameStr(right->schema));
	return order != 0 ? order
					  : strcmp(NameStr(left->name), NameStr(right->name));
}

List *
w2k_plan_tables(W2kReader *reader)
{
	const W2kConnectorConfig *conf = w2k_reading_session(reader->reading)->conf;
	const W2kPatterns *included = NULL;
	List *tables = NIL;
	Relation pg_class;
	SysScanDesc scan;
	HeapTuple tuple;

	if (conf->snapshot_include_list != NULL)
		included =
			w2k_filter_compile_patterns("snapshot.include.collection.list",
										conf->snapshot_include_list);
	PushActiveSnapshot(GetTransactionSnapshot());
	pg_class = table_open(RelationRelationId, AccessShareLock);
	scan = systable_beginscan(pg_class, InvalidOid, false, GetActiveSnapshot(),
							  0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
		Relation relation;
		W2kPlanTable *table;
		LOCKMODE held = reader->locks_tables ? NoLock : AccessShareLock;

		CHECK_FOR_INTERRUPTS();
		if (form->relkind != RELKIND_RELATION ||
			form->relpersistence != RELPERSISTENCE_PERMANENT ||
			form->oid < FirstNormalObjectId)
			continue;
		relation = try_relation_open(form->oid, AccessShareLock);
		if (relation == NULL)
			continue; /* dropped since */
		table = plan_table(reader, relation, form->relfilenode, included);
		relation_close(relation, table == NULL ? AccessShareLock : held);
		if (table != NULL)
			tables = lappend(tables, table);
	}
	systable_endscan(scan);
	table_close(pg_class, AccessShareLock);
	PopActiveSnapshot();
	list_sort(tables, compare_tables);
	return tables;
}
