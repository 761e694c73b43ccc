/*
 * captured.c
 *		Which tables a connector captures, as of now.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "config/filter.h"
#include "config/rules.h"
#include "schema/captured.h"
#include "schema/relation.h"

/*
 * Tables of people's schemas that are wanted, by pg_class; partitioned ones if
 * asked for.
 */
static List *
list_tables(bool has_partitioned, W2kCapturedWants wants, void *arg)
{
	Relation rel = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0,
										  NULL);
	HeapTuple tuple;
	List *tables = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
		W2kCapturedTable *table;
		char *schema;

		if ((form->relkind != RELKIND_RELATION &&
			 (form->relkind != RELKIND_PARTITIONED_TABLE ||
			  !has_partitioned)) ||
			form->relpersistence != RELPERSISTENCE_PERMANENT)
			continue;
		schema = get_namespace_name(form->relnamespace);
		if (schema == NULL || w2k_filter_is_system_schema(schema))
			continue;
		table = palloc0(sizeof(W2kCapturedTable));
		table->relid = form->oid;
		table->schema = table->published_schema = schema;
		table->name = table->published_name = pstrdup(NameStr(form->relname));
		table->is_partition = form->relispartition;
		if (wants == NULL || wants(table, arg))
			tables = lappend(tables, table);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return tables;
}

/* Fills in what a table is published as; false where it is not captured. */
static bool
fill_published(W2kRelationCache *cache, W2kCapturedTable *table)
{
	Relation relation;
	const W2kRelation *wrel;
	bool is_captured;

	if (!ConditionalLockRelationOid(table->relid, AccessShareLock))
	{
		table->is_locked = true;
		return true;
	}
	relation = try_relation_open(table->relid, NoLock);
	if (relation == NULL)
	{
		UnlockRelationOid(table->relid, AccessShareLock);
		return false;
	}
	wrel = w2k_relation_lookup(cache, relation);
	is_captured = wrel->capture == W2K_CAPTURE_ROWS;
	if (is_captured)
	{
		table->published_schema = pstrdup(wrel->schema);
		table->published_name = pstrdup(wrel->table);
	}
	relation_close(relation, AccessShareLock);
	return is_captured;
}

static int
compare_tables(const ListCell *a, const ListCell *b)
{
	const W2kCapturedTable *left = lfirst(a);
	const W2kCapturedTable *right = lfirst(b);
	int result = strcmp(left->published_schema, right->published_schema);

	if (result == 0)
		result = strcmp(left->published_name, right->published_name);
	if (result == 0)
		result = strcmp(left->schema, right->schema);
	return result != 0 ? result : strcmp(left->name, right->name);
}

W2kRelationCache *
w2k_captured_create_cache(const W2kConnectorConfig *conf, Oid owner)
{
	W2kConnectorConfig *plugin_conf = palloc(sizeof(W2kConnectorConfig));

	*plugin_conf = *conf;
	plugin_conf->owner = owner;
	/* what is not captured, or not narrowed: others say so, or fail */
	plugin_conf->processing_failure = W2K_FAILURE_SKIP;
	plugin_conf->is_quiet = true;
	return w2k_relation_create_cache(plugin_conf,
									 w2k_filter_compile(plugin_conf),
									 w2k_rules_compile(plugin_conf), false);
}

List *
w2k_captured_candidates(void)
{
	List *relids = NIL;
	ListCell *lc;

	foreach(lc, list_tables(true, NULL, NULL))
		relids = lappend_oid(relids, ((W2kCapturedTable *) lfirst(lc))->relid);
	return relids;
}

List *
w2k_captured_list(const W2kConnectorConfig *conf, Oid owner,
				  W2kCapturedWants wants, void *arg)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext scratch = AllocSetContextCreate(caller, "wal2kafka captured",
												  ALLOCSET_DEFAULT_SIZES);
	W2kRelationCache *cache;
	List *tables = NIL;
	ListCell *lc;

	MemoryContextSwitchTo(scratch);
	cache = w2k_captured_create_cache(conf, owner);
	MemoryContextSwitchTo(caller);

	foreach(lc, list_tables(false, wants, arg))
	{
		CHECK_FOR_INTERRUPTS();
		if (fill_published(cache, lfirst(lc)))
			tables = lappend(tables, lfirst(lc));
	}
	list_sort(tables, compare_tables);
	MemoryContextDelete(scratch);
	return tables;
}
