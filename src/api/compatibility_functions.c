/*
 * compatibility_functions.c
 *		SQL functions that tell a table's schemas in a registry, and compare
 *		schemas as schema.compatibility does.
 */
#include "postgres.h"

#include "access/relation.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/rel.h"

#include "api/access.h"
#include "api/connector_row.h"
#include "api/result_row.h"
#include "config/connector.h"
#include "config/properties.h"
#include "decode/table_schemas.h"
#include "schema/captured.h"
#include "schema/compatibility.h"

PG_FUNCTION_INFO_V1(wal2kafka_check_compatibility);
PG_FUNCTION_INFO_V1(wal2kafka_table_schemas);

/* The number of a name; what is the argument's. */
static int
find_name(const char *what, const text *argument, const char *const *names,
		  int count)
{
	char *wanted = text_to_cstring(argument);
	StringInfoData valid;

	for (int i = 0; i < count; i++)
	{
		if (pg_strcasecmp(wanted, names[i]) == 0)
			return i;
	}
	initStringInfo(&valid);
	for (int i = 0; i < count; i++)
		appendStringInfo(&valid, "%s\"%s\"",
						 i == 0			  ? ""
						 : i == count - 1 ? " and "
										  : ", ",
						 names[i]);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unrecognized %s: \"%s\"", what, wanted),
					errhint("Valid values are %s.", valid.data)));
	return -1;
}

/*
 * check_compatibility(schema_type, rule, old_schema, new_schema)
 *	-> path, problem
 *
 * No row where the new schema may follow the old one.
 */
Datum
wal2kafka_check_compatibility(PG_FUNCTION_ARGS)
{
	int language = find_name("schema type", PG_GETARG_TEXT_PP(0),
							 w2k_language_names, W2K_LANGUAGES);
	int rule = find_name("rule of compatibility", PG_GETARG_TEXT_PP(1),
						 w2k_compatibility_names, W2K_COMPATIBILITIES);
	char *old_text = text_to_cstring(PG_GETARG_TEXT_PP(2));
	char *new_text = text_to_cstring(PG_GETARG_TEXT_PP(3));
	List *found;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	found = w2k_compatibility_check((W2kSchemaLanguage) language,
									(W2kCompatibility) rule, old_text,
									new_text);
	foreach(lc, found)
	{
		const W2kIncompatibility *item = (const W2kIncompatibility *) lfirst(
			lc);
		W2kResultRow row = {0};

		w2k_result_add_text(&row, item->path);
		w2k_result_add_text(&row, item->problem);
		w2k_result_put(fcinfo, &row);
	}
	return (Datum) 0;
}

/* The connector's configuration, as its worker has it; raises its problems. */
static W2kConnectorConfig *
get_conf(const W2kConnectorInfo *row)
{
	W2kPropertyParse *parse =
		w2k_connector_check(row->name, &row->config->root, true, false);

	w2k_problem_raise(parse->problems);
	return parse->conf;
}

/*
 * table_schemas(name, relation) -> is_key, subject, type, schema
 *
 * What the connector would register with the table's next record.  No row for
 * a side without a schema in a registry.
 */
Datum
wal2kafka_table_schemas(PG_FUNCTION_ARGS)
{
	W2kConnectorInfo *row = w2k_connector_row_get(
		w2k_connector_row_name_arg(fcinfo, 0));
	Relation relation;
	W2kConnectorConfig *conf;
	W2kRelation *wrel;
	ListCell *lc;

	w2k_access_require_owner(row->name, row->owner);
	InitMaterializedSRF(fcinfo, 0);
	conf = get_conf(row);
	relation = relation_open(PG_GETARG_OID(1), AccessShareLock);
	wrel = w2k_relation_lookup(w2k_captured_create_cache(conf, row->owner),
							   relation);
	if (wrel->capture != W2K_CAPTURE_ROWS)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("connector \"%s\" does not capture table \"%s\"",
							   row->name, RelationGetRelationName(relation)),
						errhint("The view stat_connector_table says why.")));
	foreach(lc,
			w2k_table_schemas_list(w2k_table_schemas_create(row->name, conf),
								   wrel))
	{
		const W2kTableSchema *schema = lfirst(lc);
		W2kResultRow result = {0};

		w2k_result_add(&result, BoolGetDatum(schema->is_key), false);
		w2k_result_add_text(&result, schema->subject);
		w2k_result_add_text(&result, schema->type);
		w2k_result_add_text(&result, schema->text);
		w2k_result_put(fcinfo, &result);
	}
	relation_close(relation, AccessShareLock);
	return (Datum) 0;
}
