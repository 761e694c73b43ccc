/*
 * ddl_concern.c
 *		Which tables a DDL command concerns.
 *
 * The server tells an event trigger the object of each command, and what was
 * dropped.  What that means for tables:
 *
 *		table			itself and what inherits from it, its partitions too;
 *						whatever else the subcommands of an ALTER TABLE name
 *						(children, a parent that was, a detached partition)
 *		unique index	its table: it may be the key.  Any other: none
 *		type, domain	the tables with columns of it, by pg_depend, through
 *						domains, composite types, arrays and ranges
 *		composite type	the same
 *		schema			all tables in it: their names have changed
 *		constraint		its table
 *		publication		all tables, as to what is captured
 *		GRANT, REVOKE	the tables named, or all of the schema named, likewise
 *		dropped table	itself, by its OID
 *		dropped column, default or constraint, by whatever cascade: its table
 *
 * Views, sequences, functions, triggers, rules, comments and the like do not
 * matter to records.  A role's memberships and attributes do, to what its
 * connectors may read, but no event trigger hears of roles.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_namespace.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "tcop/deparse_utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "api/ddl_concern.h"
#include "api/ddl_watch.h"

/* A search for tables. */
typedef struct Search
{
	List **tables; /* where they go */
	List *types;   /* that have been looked for */
} Search;

static void add_relation(Search *search, Oid relid);

bool
w2k_ddl_concern_is_possible(CommandTag tag)
{
	switch (tag)
	{
		case CMDTAG_COMMENT:
		case CMDTAG_SECURITY_LABEL:
		case CMDTAG_CREATE_VIEW:
		case CMDTAG_ALTER_VIEW:
		case CMDTAG_CREATE_MATERIALIZED_VIEW:
		case CMDTAG_ALTER_MATERIALIZED_VIEW:
		case CMDTAG_REFRESH_MATERIALIZED_VIEW:
		case CMDTAG_CREATE_FUNCTION:
		case CMDTAG_ALTER_FUNCTION:
		case CMDTAG_CREATE_PROCEDURE:
		case CMDTAG_ALTER_PROCEDURE:
		case CMDTAG_CREATE_TRIGGER:
		case CMDTAG_ALTER_TRIGGER:
		case CMDTAG_CREATE_SEQUENCE:
		case CMDTAG_ALTER_SEQUENCE:
		case CMDTAG_CREATE_RULE:
		case CMDTAG_CREATE_POLICY:
		case CMDTAG_ALTER_POLICY:
		case CMDTAG_CREATE_STATISTICS:
		case CMDTAG_REINDEX:
			return false;
		default:
			return true;
	}
}

/* ---- from objects to tables ---- */

/* Tables and indexes whose OIDs depend on a type, and other types. */
static void
add_type(Search *search, Oid typid)
{
	Relation rel;
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple tuple;

	if (list_member_oid(search->types, typid))
		return;
	search->types = lappend_oid(search->types, typid);
	check_stack_depth();

	rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(TypeRelationId));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(typid));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

		if (depend->classid == RelationRelationId)
			add_relation(search, depend->objid);
		else if (depend->classid == TypeRelationId)
			add_type(search, depend->objid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* A table, with its children as of now. */
static void
add_table(Search *search, Oid relid)
{
	ListCell *lc;

	if (list_member_oid(*search->tables, relid))
		return;
	foreach(lc, find_all_inheritors(relid, NoLock, NULL))
		*search->tables = list_append_unique_oid(*search->tables,
												 lfirst_oid(lc));
}

static void
add_unique_index(Search *search, Oid indexid)
{
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(indexid));

	if (!HeapTupleIsValid(tuple))
		return;
	if (((Form_pg_index) GETSTRUCT(tuple))->indisunique)
		add_table(search, ((Form_pg_index) GETSTRUCT(tuple))->indrelid);
	ReleaseSysCache(tuple);
}

static void
add_relation(Search *search, Oid relid)
{
	switch (get_rel_relkind(relid))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
			add_table(search, relid);
			break;
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			add_unique_index(search, relid);
			break;
		case RELKIND_COMPOSITE_TYPE:
			add_type(search, get_rel_type_id(relid));
			break;
		default:
			break;
	}
}

static void
add_schema(Search *search, Oid nspid)
{
	Relation rel = table_open(RelationRelationId, AccessShareLock);
	ScanKeyData key[1];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key[0], Anum_pg_class_relnamespace, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(nspid));
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 1, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relkind == RELKIND_RELATION ||
			form->relkind == RELKIND_PARTITIONED_TABLE)
			*search->tables = list_append_unique_oid(*search->tables,
													 form->oid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

static void
add_constraint(Search *search, Oid conid)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(conid));

	if (!HeapTupleIsValid(tuple))
		return;
	if (OidIsValid(((Form_pg_constraint) GETSTRUCT(tuple))->conrelid))
		add_relation(search, ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid);
	ReleaseSysCache(tuple);
}

/* ---- what a command has done ---- */

static void
add_object(W2kDdlConcern *concern, Search *search, Oid class_id, Oid object_id)
{
	switch (class_id)
	{
		case RelationRelationId:
			add_relation(search, object_id);
			break;
		case TypeRelationId:
			add_type(search, object_id);
			break;
		case NamespaceRelationId:
			add_schema(search, object_id);
			break;
		case ConstraintRelationId:
			add_constraint(search, object_id);
			break;
		case PublicationRelationId:
		case PublicationRelRelationId:
		case PublicationNamespaceRelationId:
			concern->has_publications = true;
			break;
		default:
			break;
	}
}

static void
add_grant(W2kDdlConcern *concern, const InternalGrant *grant)
{
	Search search = {.tables = &concern->granted};
	ListCell *lc;

	foreach(lc, grant->objects)
	{
		if (grant->objtype == OBJECT_TABLE)
			add_relation(&search, lfirst_oid(lc));
		else if (grant->objtype == OBJECT_SCHEMA)
			add_schema(&search, lfirst_oid(lc));
	}
}

/* Children and partitions: what subcommands are about. */
static void
add_subcommands(Search *search, const CollectedCommand *command)
{
	ListCell *lc;

	foreach(lc, command->d.alterTable.subcmds)
	{
		const CollectedATSubcmd *sub = lfirst(lc);

		if (sub->address.classId == RelationRelationId)
			add_relation(search, sub->address.objectId);
	}
}

/* Tables that belong to an extension, which has them go where it goes. */
static void
add_extension(Search *search, Oid extension)
{
	Relation rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(ExtensionRelationId));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(extension));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

		if (depend->deptype == DEPENDENCY_EXTENSION &&
			depend->classid == RelationRelationId)
			add_relation(search, depend->objid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

static void
add_detached(Search *search, const AlterTableStmt *stmt)
{
	ListCell *lc;

	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst(lc);

		if (cmd->subtype == AT_DetachPartition ||
			cmd->subtype == AT_DetachPartitionFinalize)
			add_relation(search,
						 RangeVarGetRelid(castNode(PartitionCmd, cmd->def)->name,
										  NoLock, true));
	}
}

void
w2k_ddl_concern_add_untold(W2kDdlConcern *concern, const Node *parsetree)
{
	Search search = {.tables = &concern->relids};

	if (IsA(parsetree, AlterTableStmt))
		add_detached(&search, (const AlterTableStmt *) parsetree);
	else if (IsA(parsetree, AlterObjectSchemaStmt))
	{
		const AlterObjectSchemaStmt *stmt =
			(const AlterObjectSchemaStmt *) parsetree;

		if (stmt->objectType == OBJECT_EXTENSION)
			add_extension(&search,
						  get_extension_oid(strVal(stmt->object), true));
	}
}

/* A column of the present row of SPI's result; 0 where it is null. */
static Datum
get_value(uint64 row, int column)
{
	bool is_null;
	Datum datum = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
								column, &is_null);

	return is_null ? (Datum) 0 : datum;
}

/* A query on what only event triggers may ask. */
static void
query(const char *sql)
{
	if (SPI_execute(sql, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", sql);
}

void
w2k_ddl_concern_add_commands(W2kDdlConcern *concern)
{
	MemoryContext context = CurrentMemoryContext;
	Search search = {.tables = &concern->relids};
	ListCell *lc;

	foreach(lc, w2k_ddl_watch_index_tables())
		add_relation(&search, lfirst_oid(lc));

	SPI_connect();
	query("SELECT classid, objid, command"
		  " FROM pg_catalog.pg_event_trigger_ddl_commands()");
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		const CollectedCommand *command =
			(const CollectedCommand *) DatumGetPointer(get_value(i, 3));

		if (command->type == SCT_Grant)
			add_grant(concern, command->d.grant.istmt);
		else
			add_object(concern, &search, DatumGetObjectId(get_value(i, 1)),
					   DatumGetObjectId(get_value(i, 2)));
		if (command->type == SCT_AlterTable)
			add_subcommands(&search, command);
	}
	SPI_finish();
	MemoryContextSwitchTo(context);
}

/* The table that a dropped part of one was of, by names: schema, table, part. */
static void
add_named_table(Search *search, Datum names)
{
	Datum *items;
	int nitems;
	Oid nspid;

	if (names == (Datum) 0)
		return;
	deconstruct_array(DatumGetArrayTypeP(names), TEXTOID, -1, false,
					  TYPALIGN_INT, &items, NULL, &nitems);
	if (nitems != 3)
		return;
	nspid = get_namespace_oid(TextDatumGetCString(items[0]), true);
	if (OidIsValid(nspid))
		add_relation(search,
					 get_relname_relid(TextDatumGetCString(items[1]), nspid));
}

void
w2k_ddl_concern_add_dropped(W2kDdlConcern *concern)
{
	MemoryContext context = CurrentMemoryContext;
	Search search = {.tables = &concern->relids};

	SPI_connect();
	query("SELECT classid, objid, object_type, address_names"
		  " FROM pg_catalog.pg_event_trigger_dropped_objects()"
		  " WHERE NOT is_temporary");
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Oid class_id = DatumGetObjectId(get_value(i, 1));
		char *type = TextDatumGetCString(get_value(i, 3));

		if (strcmp(type, "table") == 0 || strcmp(type, "table column") == 0)
			concern->relids =
				list_append_unique_oid(concern->relids,
									   DatumGetObjectId(get_value(i, 2)));
		else if (strcmp(type, "table constraint") == 0 ||
				 class_id == AttrDefaultRelationId)
			add_named_table(&search, get_value(i, 4));
		else if (class_id == PublicationRelationId ||
				 class_id == PublicationRelRelationId ||
				 class_id == PublicationNamespaceRelationId)
			concern->has_publications = true;
	}
	SPI_finish();
	MemoryContextSwitchTo(context);
}
