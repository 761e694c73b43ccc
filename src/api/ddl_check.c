/*
 * ddl_check.c
 *		schema.compatibility: may a table's new schema follow the registered
 *		one?
 *
 * The new schema is what the connector would register with the table's next
 * record.  What is registered is in wal2kafka.connector_schema, where the
 * worker keeps what the registry has said; so a schema that no record has had
 * yet counts for nothing, and several commands of one transaction are each
 * compared with the same.  A text that the subject has already is no new
 * version: one may always go back.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "api/access.h"
#include "api/ddl_capture.h"
#include "api/ddl_check.h"
#include "api/ddl_rows.h"
#include "config/guc.h"
#include "decode/table_schemas.h"
#include "schema/compatibility.h"

/* What is said of one schema besides the first, at most. */
#define MAX_LINES 8

/* A connector at work on a command. */
typedef struct Check
{
	const W2kConnectorInfo *row;
	const W2kConnectorConfig *conf;
	W2kTableSchemas *schemas;
	List *refusals; /* of Refusal */
} Check;

/* A schema that may not be */
typedef struct Refusal
{
	const char *table; /* "public.customers" */
	const char *topic;
	const char *subject;
	int version;		 /* that it was compared with; 0 = not known */
	const char *column;	 /* the first that is in the way; NULL = none is */
	const char *problem; /* what it is with that */
	const char *others;	 /* what else there is, a line each; or "" */
} Refusal;

static W2kSchemaLanguage
find_language(const char *type)
{
	for (int i = 0; i < W2K_LANGUAGES; i++)
	{
		if (strcmp(type, w2k_language_names[i]) == 0)
			return (W2kSchemaLanguage) i;
	}
	elog(ERROR, "unrecognized type of schema \"%s\"", type);
	return W2K_LANGUAGE_AVRO; /* keep compiler quiet */
}

/*
 * The field of a row that a change is in, or NULL: a member of a key, or of
 * what is before and after in a value.  In Protobuf the way begins with the
 * message that has the field.
 */
static const char *
find_field(const W2kTableSchema *schema, const W2kIncompatibility *item)
{
	int place = schema->is_key ? 0 : 1;

	if (strcmp(schema->type, "PROTOBUF") == 0)
	{
		const char *message = item->names != NIL ? linitial(item->names) : "";
		const char *dot = strrchr(message, '.');

		if (schema->is_key ? dot != NULL
						   : dot == NULL || strcmp(dot, ".Value") != 0)
			return NULL;
		place = 1;
	}
	return list_length(item->names) > place
			   ? (const char *) list_nth(item->names, place)
			   : NULL;
}

/* The column of a field; where it is gone, the field's name will do. */
static const char *
find_column(const W2kRelation *wrel, const char *field)
{
	const char *utf8;

	if (field == NULL)
		return NULL;
	utf8 = pg_server_to_any(field, (int) strlen(field), PG_UTF8);
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		if (strcmp(wrel->columns[i].field, utf8) == 0)
			return pstrdup(wrel->columns[i].name);
	}
	return field;
}

/* What is said first: that of a column, if there is any. */
static const W2kIncompatibility *
find_headline(const W2kTableSchema *schema, const List *found)
{
	ListCell *lc;

	foreach(lc, found)
	{
		if (find_field(schema, lfirst(lc)) != NULL)
			return lfirst(lc);
	}
	return linitial(found);
}

/* What was found, in words that outlive the comparison. */
static void
add_refusal(Check *check, const W2kRelation *wrel,
			const W2kTableSchema *schema, const W2kKnownSchema *known,
			const List *found)
{
	const W2kIncompatibility *first = find_headline(schema, found);
	Refusal *refusal = palloc0(sizeof(Refusal));
	StringInfoData others;
	int nlines = 0;

	initStringInfo(&others);
	for (int i = 0; i < list_length(found); i++)
	{
		const W2kIncompatibility *item = list_nth(found, i);

		if (item == first)
			continue;
		if (nlines++ == MAX_LINES)
		{
			appendStringInfo(&others, "\nand %d more",
							 list_length(found) - 1 - MAX_LINES);
			break;
		}
		appendStringInfo(&others, "\n%s%s%s", item->path,
						 item->path[0] != '\0' ? ": " : "", item->problem);
	}
	refusal->table = psprintf("%s.%s", wrel->schema, wrel->table);
	refusal->topic = pstrdup(wrel->topic);
	refusal->subject = schema->subject;
	refusal->version = known->version;
	refusal->column = find_column(wrel, find_field(schema, first));
	refusal->problem = first->problem;
	refusal->others = others.data;
	check->refusals = lappend(check->refusals, refusal);
}

static bool
is_registered(const List *known, const W2kTableSchema *schema)
{
	ListCell *lc;

	foreach(lc, known)
	{
		if (strcmp(((const W2kKnownSchema *) lfirst(lc))->text,
				   schema->text) == 0)
			return true;
	}
	return false;
}

/* One side of a table: with the schema in force, or with all there were. */
static void
check_schema(Check *check, const W2kRelation *wrel,
			 const W2kTableSchema *schema)
{
	W2kCompatibility rule = check->conf->compatibility;
	List *known = w2k_ddl_rows_list_schemas(check->row->name, schema->is_key,
											schema->subject, schema->type);
	ListCell *lc;

	if (is_registered(known, schema))
		return;
	foreach(lc, known)
	{
		const W2kKnownSchema *old = lfirst(lc);
		List *found;

		CHECK_FOR_INTERRUPTS();
		found = w2k_compatibility_check(find_language(schema->type), rule,
										old->text, schema->text);
		if (found != NIL)
		{
			add_refusal(check, wrel, schema, old, found);
			break;
		}
		if (!w2k_compatibility_is_transitive(rule))
			break;
	}
}

static void
check_table(void *arg, W2kRelation *wrel)
{
	Check *check = arg;
	ListCell *lc;

	foreach(lc, w2k_table_schemas_list(check->schemas, wrel))
		check_schema(check, wrel, lfirst(lc));
}

List *
w2k_ddl_check_command(const W2kConnectorInfo *row,
					  const W2kConnectorConfig *conf,
					  const W2kDdlConcern *concern)
{
	Check check = {.row = row, .conf = conf};

	check.schemas = w2k_table_schemas_create(row->name, conf);
	w2k_ddl_capture_each(row, conf, concern, check_table, &check);
	return check.refusals;
}

/* What is wrong, in a line. */
static const char *
summarize(const W2kConnectorConfig *conf, const Refusal *refusal)
{
	const char *rule = w2k_compatibility_names[conf->compatibility];

	if (refusal->column == NULL)
		return psprintf("table \"%s\" breaks rule \"%s\" of topic \"%s\": %s",
						refusal->table, rule, refusal->topic,
						refusal->problem);
	return psprintf("column \"%s\" of table \"%s\" breaks rule \"%s\" of topic \"%s\": %s",
					refusal->column, refusal->table, rule, refusal->topic,
					refusal->problem);
}

static const char *
explain(const W2kConnectorInfo *row, const Refusal *refusal)
{
	const char *version = refusal->version > 0
							  ? psprintf("version %d of ", refusal->version)
							  : "";

	return psprintf("Connector \"%s\" compares its schema with %ssubject \"%s\".%s",
					row->name, version, refusal->subject, refusal->others);
}

void
w2k_ddl_check_enforce(const W2kConnectorInfo *row,
					  const W2kConnectorConfig *conf, const List *refusals)
{
	ListCell *lc;

	foreach(lc, refusals)
	{
		const Refusal *refusal = lfirst(lc);
		const char *summary = summarize(conf, refusal);
		const char *details = explain(row, refusal);

		if (!w2k_allow_incompatible_ddl || !w2k_access_is_owner(row->owner))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("%s", summary), errdetail("%s", details),
					 w2k_allow_incompatible_ddl
						 ? errhint(
							   "\"wal2kafka.allow_incompatible_ddl\" is on, but only superusers and the owner of the connector may use it.")
						 : errhint(
							   "Superusers and the owner of the connector can SET wal2kafka.allow_incompatible_ddl = on, or set schema.compatibility of the connector to \"none\".")));
		ereport(LOG,
				(errmsg("connector \"%s\": incompatible DDL allowed for role \"%s\": %s",
						row->name, GetUserNameFromId(GetUserId(), false),
						summary),
				 errdetail("%s", details)));
		ereport(NOTICE,
				(errmsg("%s", summary),
				 errdetail(
					 "It is allowed, as \"wal2kafka.allow_incompatible_ddl\" is on."),
				 errhint("The registry has a rule of its own for subject \"%s\": if it refuses the new schema, the connector fails and says so.",
						 refusal->subject)));
	}
}
