/*
 * ddl_capture.c
 *		What a connector makes of DDL.
 *
 * Whether a table is captured is asked of the output plugin's own cache of
 * relations, filled as of now: after the command.  What was before is in a
 * table of ours: wal2kafka.connector_table has the tables that are captured,
 * for include.schema.changes, and wal2kafka.connector_field the numbers of
 * columns, for formats that have them.  So a table that is gone, or that its
 * new name hides, is still known.
 *
 * What somebody else has locked exclusively is passed over, with a warning:
 * mostly he alters it, and his own command will see to it.
 *
 * The rule that compares the new schema of each table, and may refuse it, is
 * in ddl_check.c and comes by here as well, to be shown the tables.
 */
#include "postgres.h"

#include "access/relation.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "api/access.h"
#include "api/ddl_capture.h"
#include "api/ddl_numbers.h"
#include "api/ddl_rows.h"
#include "config/filter.h"
#include "config/properties.h"
#include "schema/captured.h"
#include "schema/table_definition.h"

/* Columns of wal2kafka.schema_change, less one. */
enum
{
	CHANGE_CONNECTOR,
	CHANGE_DDL,
	CHANGE_CHANGES,
	CHANGE_COLUMNS
};

/* A connector at work on a command. */
typedef struct Capture
{
	const char *connector;
	const W2kConnectorConfig *conf;
	W2kRelationCache *cache;
	W2kDdlLook look; /* all that is done, if not NULL */
	void *look_arg;
	JsonbParseState *changes; /* an array that has been begun */
	int nchanges;
} Capture;

/* Has the format numbers that columns must keep? */
static bool
keeps_numbers(const W2kConnectorConfig *conf)
{
	return conf->value_converter.format == W2K_FORMAT_PROTOBUF_REGISTRY;
}

bool
w2k_ddl_capture_has_rule(const W2kConnectorConfig *conf)
{
	return conf->compatibility != W2K_COMPATIBILITY_NONE;
}

bool
w2k_ddl_capture_is_asked(void)
{
	static const char *const properties[] = {"include.schema.changes",
											 "schema.compatibility",
											 "value.converter", "format"};

	return w2k_connector_row_any_has(properties, lengthof(properties));
}

W2kConnectorConfig *
w2k_ddl_capture_conf(const W2kConnectorInfo *row)
{
	W2kPropertyParse *parse;
	ListCell *lc;

	if (row->is_foreign || row->desired == W2K_DESIRED_DROPPING)
		return NULL;
	parse = w2k_connector_check(row->name, &row->config->root, true, false);
	foreach(lc, parse->problems)
	{
		if (((W2kProblem *) lfirst(lc))->is_error)
			return NULL;
	}
	return parse->conf->include_schema_changes || keeps_numbers(parse->conf) ||
				   w2k_ddl_capture_has_rule(parse->conf)
			   ? parse->conf
			   : NULL;
}

/* ---- changes ---- */

/* Adds a change; relation is NULL where there is no table any more. */
static void
add_change(Capture *capture, const char *type, const char *schema,
		   const char *table, const W2kRelation *wrel, Relation relation)
{
	w2k_table_definition_push_change(&capture->changes, type, schema, table,
									 wrel, relation);
	capture->nchanges++;
}

/*
 * A table that is not captured, or not there any more.  Numbers of one that is
 * only hidden are kept, in case that it comes back.
 */
static void
look_at_missing(Capture *capture, Oid relid, bool is_gone, bool is_change)
{
	if (capture->look != NULL)
		return;
	if (is_gone && keeps_numbers(capture->conf))
		w2k_ddl_rows_delete_fields(capture->connector, relid);
	if (w2k_ddl_capture_has_rule(capture->conf))
		w2k_ddl_rows_delete_accepted(capture->connector, relid);
	if (capture->conf->include_schema_changes)
	{
		W2kKnownTable *known = w2k_ddl_rows_find_table(capture->connector,
													   relid);

		if (known == NULL)
			return;
		w2k_ddl_rows_delete_table(capture->connector, relid);
		if (is_change)
			add_change(capture, "DROP", known->schema, known->table, NULL,
					   NULL);
	}
}

/* A captured table, as it is now. */
static void
look_at_table(Capture *capture, W2kRelation *wrel, Relation relation,
			  bool is_change)
{
	if (capture->look != NULL)
	{
		capture->look(capture->look_arg, wrel);
		return;
	}
	if (keeps_numbers(capture->conf))
		w2k_ddl_numbers_write(capture->connector, capture->conf, wrel,
							  relation, is_change);
	if (capture->conf->include_schema_changes)
	{
		W2kKnownTable *known = w2k_ddl_rows_find_table(capture->connector,
													   wrel->relid);

		if (known == NULL || strcmp(known->schema, wrel->schema) != 0 ||
			strcmp(known->table, wrel->table) != 0)
			w2k_ddl_rows_put_table(capture->connector, wrel->relid,
								   wrel->schema, wrel->table);
		if (is_change)
			add_change(capture, known == NULL ? "CREATE" : "ALTER",
					   wrel->schema, wrel->table, wrel, relation);
	}
}

/* What has it locked may be no DDL, or DDL that was noticed before. */
static void
warn_of_locked(const Capture *capture, Oid relid)
{
	const char *schema = get_namespace_name(get_rel_namespace(relid));
	const char *name = get_rel_name(relid);

	/* a partition may be published as another table */
	if (schema == NULL || name == NULL ||
		w2k_filter_is_system_schema(schema) ||
		(!get_rel_relispartition(relid) &&
		 !w2k_filter_table(w2k_filter_compile(capture->conf), schema, name,
						   NULL)))
		return;
	ereport(WARNING,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("connector \"%s\" could not look at table \"%s.%s\", which somebody has locked",
					capture->connector, schema, name),
			 errhint(
				 "Unless that alters the table, use alter_connector or patch_connector to have the connector look at its tables again.")));
}

/*
 * Looks at a table.  A partition that is published as another table is not
 * what its records are of.  Is it a change, or may only what is captured be
 * other than before?
 */
static void
look_at(Capture *capture, Oid relid, bool is_change)
{
	Relation relation;
	W2kRelation *wrel;

	CHECK_FOR_INTERRUPTS();
	if (!ConditionalLockRelationOid(relid, AccessShareLock))
	{
		if (is_change && capture->look == NULL)
			warn_of_locked(capture, relid);
		return;
	}
	relation = try_relation_open(relid, NoLock);
	if (relation == NULL)
	{
		UnlockRelationOid(relid, AccessShareLock);
		look_at_missing(capture, relid, true, is_change);
		return;
	}
	wrel = w2k_relation_lookup(capture->cache, relation);
	if (wrel->capture == W2K_CAPTURE_ROWS && wrel->published.root == relid)
		look_at_table(capture, wrel, relation, is_change);
	else
		look_at_missing(capture, relid, false, is_change);
	relation_close(relation, AccessShareLock);
}

/* What is published may be other: the tables that are, and those that were. */
static void
look_at_all(Capture *capture)
{
	ListCell *lc;

	foreach(lc, w2k_captured_candidates())
		look_at(capture, lfirst_oid(lc), false);
}

/* What a command concerns. */
static void
look_at_concerned(Capture *capture, const W2kConnectorInfo *row,
				  const W2kDdlConcern *concern)
{
	ListCell *lc;

	capture->cache = w2k_captured_create_cache(capture->conf, row->owner);
	foreach(lc, concern->relids)
		look_at(capture, lfirst_oid(lc), true);
	/* who may read a table does not make its schema another */
	foreach(lc, capture->look == NULL ? concern->granted : NIL)
		look_at(capture, lfirst_oid(lc), false);
	if (concern->has_publications && capture->conf->publication_name != NULL)
		look_at_all(capture);
}

static void
write_change(Capture *capture, const char *ddl)
{
	Datum values[CHANGE_COLUMNS];
	bool nulls[CHANGE_COLUMNS] = {false};
	JsonbValue *changes = pushJsonbValue(&capture->changes, WJB_END_ARRAY,
										 NULL);

	if (capture->nchanges == 0)
		return;
	values[CHANGE_CONNECTOR] = CStringGetTextDatum(capture->connector);
	nulls[CHANGE_DDL] = ddl == NULL;
	values[CHANGE_DDL] = ddl == NULL ? (Datum) 0 : CStringGetTextDatum(ddl);
	values[CHANGE_CHANGES] = JsonbPGetDatum(JsonbValueToJsonb(changes));
	(void) w2k_access_pass_row("schema_change", values, nulls);
}

void
w2k_ddl_capture_command(const W2kConnectorInfo *row,
						const W2kConnectorConfig *conf,
						const W2kDdlConcern *concern, const char *ddl)
{
	Capture capture = {.connector = row->name, .conf = conf};

	(void) pushJsonbValue(&capture.changes, WJB_BEGIN_ARRAY, NULL);
	look_at_concerned(&capture, row, concern);
	write_change(&capture, ddl);
}

void
w2k_ddl_capture_each(const W2kConnectorInfo *row,
					 const W2kConnectorConfig *conf,
					 const W2kDdlConcern *concern, W2kDdlLook look, void *arg)
{
	Capture capture = {.connector = row->name,
					   .conf = conf,
					   .look = look,
					   .look_arg = arg};

	look_at_concerned(&capture, row, concern);
}

void
w2k_ddl_capture_all(const W2kConnectorInfo *row, const W2kConnectorConfig *conf)
{
	Capture capture = {.connector = row->name, .conf = conf};
	ListCell *lc;

	if (conf != NULL)
	{
		capture.cache = w2k_captured_create_cache(conf, row->owner);
		look_at_all(&capture);
	}

	/* those that are gone, or all of them if nobody asks any more */
	foreach(lc, w2k_ddl_rows_list_tables(row->name))
	{
		const W2kKnownTable *known = lfirst(lc);

		if (conf == NULL || !conf->include_schema_changes ||
			!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(known->relid)))
			w2k_ddl_rows_delete_table(row->name, known->relid);
	}
}
