/*
 * stat_tables.c
 *		The view stat_connector_table: what is captured, and why not.
 *
 * The answer is the output plugin's, as of now: the same filter, the same
 * topic names, the same look at what the connector's owner may read.  Tables
 * that are locked by DDL at the moment are not waited for: a view for
 * monitoring must not queue behind an ALTER TABLE.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_publication.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "api/access.h"
#include "api/connector_row.h"
#include "api/result_row.h"
#include "api/stat_tables.h"
#include "compat.h"
#include "config/connector.h"
#include "config/filter.h"
#include "config/properties.h"
#include "config/rules.h"
#include "schema/key.h"
#include "schema/privileges.h"
#include "schema/publication.h"
#include "schema/topic.h"

PG_FUNCTION_INFO_V1(wal2kafka_stat_get_connector_table);

/* A table that some connector could capture. */
typedef struct Table
{
	Oid relid;
	NameData schema;
	NameData name;
	char relkind;
} Table;

/* A connector's view of the tables. */
typedef struct Capture
{
	W2kConnectorInfo *row;
	W2kConnectorConfig *conf;
	W2kFilter *filter;
	W2kRules *rules;
	W2kTopicNaming *naming;
} Capture;

/* Ordinary tables and partitioned ones, of people's schemas. */
static List *
list_tables(void)
{
	Relation rel = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0,
										  NULL);
	HeapTuple tuple;
	List *tables = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
		char *schema;
		Table *table;

		if ((form->relkind != RELKIND_RELATION &&
			 form->relkind != RELKIND_PARTITIONED_TABLE) ||
			form->relpersistence == RELPERSISTENCE_TEMP)
			continue;
		schema = get_namespace_name(form->relnamespace);
		if (schema == NULL || w2k_filter_is_system_schema(schema))
			continue;
		table = palloc(sizeof(Table));
		table->relid = form->oid;
		namestrcpy(&table->schema, schema);
		table->name = form->relname;
		table->relkind = form->relkind;
		tables = lappend(tables, table);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return tables;
}

/* The columns of a table that a connector sends, in values or in keys. */
static Bitmapset *
sent_columns(const Capture *capture, const Table *table, Relation relation,
			 const Bitmapset *published)
{
	TupleDesc desc = RelationGetDescr(relation);
	Bitmapset *attnums = NULL;
	bool is_chosen;
	bool is_custom;
	List *key = w2k_key_find(capture->rules, relation, NameStr(table->schema),
							 NameStr(table->name),
							 capture->conf->include_generated_columns,
							 &is_chosen, &is_custom);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		bool is_value = (att->attgenerated == '\0' ||
						 capture->conf->include_generated_columns) &&
						w2k_filter_column(capture->filter,
										  NameStr(table->schema),
										  NameStr(table->name),
										  NameStr(att->attname));
		bool is_key = list_member_int(key, att->attnum);

		if (!att->attisdropped && !w2k_compat_is_virtual(att->attgenerated) &&
			(is_value || is_key) &&
			(published == NULL || bms_is_member(att->attnum, published)))
			attnums = bms_add_member(attnums, att->attnum);
	}
	return attnums;
}

/* What is let through of a table, as the output plugin sees it. */
static void
read_published(const Capture *capture, Relation relation,
			   W2kPublished *published)
{
	const char *name = capture->conf->publication_name;
	bool via_root = capture->conf->publish_via_partition_root;

	if (name != NULL && w2k_publication_read(name, relation, published))
		return;
	memset(published, 0, sizeof(*published));
	published->root = RelationGetRelid(relation);
	if (relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE && !via_root)
		return;
	published->operations = W2K_PUBLISH_ALL;
	if (via_root)
		w2k_publication_use_root(relation, published);
}

/*
 * Is a table captured?  *reason says why not, or is NULL.  *is_unknown: there
 * was no telling at the moment.
 */
static bool
is_captured(const Capture *capture, const Table *table, const char **reason,
			bool *is_unknown)
{
	W2kPublished published;
	Relation relation;
	bool result;

	*reason = NULL;
	*is_unknown = false;
	if (!w2k_filter_table(capture->filter, NameStr(table->schema),
						  NameStr(table->name), reason))
		return false;
	if (!ConditionalLockRelationOid(table->relid, AccessShareLock))
	{
		*reason = "the table is locked at the moment";
		*is_unknown = true;
		return false;
	}
	relation = try_relation_open(table->relid, NoLock);
	if (relation == NULL)
	{
		*reason = "the table is being dropped";
		UnlockRelationOid(table->relid, AccessShareLock);
		return false;
	}
	read_published(capture, relation, &published);
	result = is_publishable_relation(relation) && published.operations != 0 &&
			 published.root == table->relid;
	if (!is_publishable_relation(relation))
		*reason = "the table's changes are not in the WAL";
	else if (published.operations == 0)
		*reason = table->relkind == RELKIND_PARTITIONED_TABLE
					  ? "changes are those of its partitions"
					  : "not in the publication";
	else if (!result)
		*reason = "changes are those of the partitioned table";
	else
		result = w2k_privileges_may_read(relation, capture->row->owner,
										 sent_columns(capture, table, relation,
													  published.columns),
										 reason);
	relation_close(relation, AccessShareLock);
	return result;
}

/* A table's totals; 0 where the connector has seen nothing of it. */
static void
add_totals(W2kResultRow *result, const W2kTableStat *stat)
{
	if (stat == NULL)
	{
		for (int i = 0; i < 6; i++)
			w2k_result_add_int64(result, 0);
		return;
	}
	w2k_result_add_int64(result,
						 pg_atomic_read_u64(
							 unconstify(pg_atomic_uint64 *, &stat->inserts)));
	w2k_result_add_int64(result,
						 pg_atomic_read_u64(
							 unconstify(pg_atomic_uint64 *, &stat->updates)));
	w2k_result_add_int64(result,
						 pg_atomic_read_u64(
							 unconstify(pg_atomic_uint64 *, &stat->deletes)));
	w2k_result_add_int64(result,
						 pg_atomic_read_u64(unconstify(pg_atomic_uint64 *,
													   &stat->truncates)));
	w2k_result_add_int64(result,
						 pg_atomic_read_u64(
							 unconstify(pg_atomic_uint64 *, &stat->reads)));
	w2k_result_add_int64(result,
						 pg_atomic_read_u64(
							 unconstify(pg_atomic_uint64 *, &stat->bytes)));
}

static void
put_table(FunctionCallInfo fcinfo, const Capture *capture, const Table *table)
{
	W2kResultRow result = {.ncolumns = 0};
	const char *reason;
	bool is_unknown;
	bool captured = is_captured(capture, table, &reason, &is_unknown);

	w2k_result_add_text(&result, capture->row->name);
	w2k_result_add(&result, ObjectIdGetDatum(table->relid), false);
	w2k_result_add(&result, NameGetDatum(&table->schema), false);
	w2k_result_add(&result, NameGetDatum(&table->name), false);
	w2k_result_add_text(&result,
						captured ? w2k_topic_for_table(capture->naming,
													   NameStr(table->schema),
													   NameStr(table->name))
								 : NULL);
	w2k_result_add(&result, BoolGetDatum(captured), is_unknown);
	w2k_result_add_text(&result, reason);
	add_totals(&result, w2k_slots_find_table(MyDatabaseId, capture->row->name,
											 table->relid));
	w2k_result_put(fcinfo, &result);
}

/*
 * A connector's configuration.  NULL where this version does not accept it
 * (any more): the connector then says so itself, and the view goes on with
 * the others.
 */
static W2kConnectorConfig *
parse_config(const W2kConnectorInfo *row)
{
	W2kPropertyParse *parse =
		w2k_connector_check(row->name, &row->config->root, true, false);
	ListCell *lc;

	foreach(lc, parse->problems)
	{
		if (((W2kProblem *) lfirst(lc))->is_error)
			return NULL;
	}
	return parse->conf;
}

/* stat_get_connector_table() */
Datum
wal2kafka_stat_get_connector_table(PG_FUNCTION_ARGS)
{
	List *tables = list_tables();
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "wal2kafka tables",
												  ALLOCSET_DEFAULT_SIZES);
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, w2k_connector_row_list())
	{
		Capture capture = {.row = lfirst(lc)};
		ListCell *lt;
		MemoryContext old;

		if (!w2k_access_may_see(capture.row->owner))
			continue;
		capture.conf = parse_config(capture.row);
		if (capture.conf == NULL)
			continue;
		capture.filter = w2k_filter_compile(capture.conf);
		capture.rules = w2k_rules_compile(capture.conf);
		capture.naming = w2k_topic_create_naming(capture.conf);
		old = MemoryContextSwitchTo(context);
		foreach(lt, tables)
		{
			CHECK_FOR_INTERRUPTS();
			put_table(fcinfo, &capture, lfirst(lt));
			MemoryContextReset(context);
		}
		MemoryContextSwitchTo(old);
	}
	return (Datum) 0;
}

void
w2k_stat_tables_reset(const char *connector)
{
	ListCell *lc;

	foreach(lc, list_tables())
	{
		Table *table = lfirst(lc);
		W2kTableStat *stat = w2k_slots_find_table(MyDatabaseId, connector,
												  table->relid);

		if (stat == NULL)
			continue;
		pg_atomic_write_u64(&stat->inserts, 0);
		pg_atomic_write_u64(&stat->updates, 0);
		pg_atomic_write_u64(&stat->deletes, 0);
		pg_atomic_write_u64(&stat->truncates, 0);
		pg_atomic_write_u64(&stat->reads, 0);
		pg_atomic_write_u64(&stat->bytes, 0);
	}
}
