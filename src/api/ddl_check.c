/*
 * ddl_check.c
 *		schema.compatibility: may a table's new schema follow the registered
 *		one?
 *
 * The new schema is what the connector would register with the table's next
 * record.  What is registered is in wal2kafka.connector_schema, where the
 * worker keeps what the registry has said.  A text that the subject has
 * already is no new version: one may always go back.
 *
 * A command answers for what it does, not for what it finds.  The schema that
 * a table had before it (it was allowed then, or the rule was another) is in
 * wal2kafka.connector_accepted, which each command leaves to the next one, in
 * its own transaction.  What that schema had against a registered one already
 * is not held against the new one; which then has to be compatible with it,
 * too, since an incompatible column may become another incompatible column.
 *
 * What the table was when the transaction began records may have had that are
 * on their way, so it is one more that the new schema must follow.  What came
 * and went within a transaction is none: its commands are each compared with
 * the same.
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
#include "schema/captured.h"
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

/* A schema that another one is compared with. */
typedef struct Predecessor
{
	const char *text;
	int version;		/* 0 = not known */
	bool is_registered; /* else the table had it */
} Predecessor;

/* A schema that may not be */
typedef struct Refusal
{
	const char *table; /* "public.customers" */
	const char *topic;
	const char *subject;
	const Predecessor *predecessor;
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
 * what is before and after in a value, unless that is the row.  In Protobuf
 * the way begins with the message that has the field.
 */
static const char *
find_field(const W2kTableSchema *schema, const W2kIncompatibility *item)
{
	bool is_row = schema->is_key || !schema->is_envelope;
	int place = is_row ? 0 : 1;

	if (strcmp(schema->type, "PROTOBUF") == 0)
	{
		const char *message = item->names != NIL ? linitial(item->names) : "";
		const char *dot = strrchr(message, '.');

		if (is_row ? dot != NULL : dot == NULL || strcmp(dot, ".Value") != 0)
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
			const W2kTableSchema *schema, const Predecessor *predecessor,
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
	refusal->topic = pstrdup(schema->topic);
	refusal->subject = schema->subject;
	refusal->predecessor = predecessor;
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

/* What the table had before; NULL where that is not known, or nothing now. */
static const W2kAcceptedSchema *
find_accepted(const List *accepted, const W2kTableSchema *schema)
{
	ListCell *lc;

	foreach(lc, accepted)
	{
		const W2kAcceptedSchema *item = lfirst(lc);

		if (item->is_key == schema->is_key &&
			strcmp(item->subject, schema->subject) == 0 &&
			strcmp(item->type, schema->type) == 0)
			return item;
	}
	return NULL;
}

static List *
add_predecessor(List *list, const char *text, int version, bool is_registered)
{
	Predecessor *predecessor = palloc(sizeof(Predecessor));

	predecessor->text = text;
	predecessor->version = version;
	predecessor->is_registered = is_registered;
	return lappend(list, predecessor);
}

/* The schema in force, or all there were; and what records may have had. */
static List *
list_predecessors(const Check *check, const List *known,
				  const W2kAcceptedSchema *before)
{
	List *list = NIL;
	ListCell *lc;

	foreach(lc, known)
	{
		const W2kKnownSchema *old = lfirst(lc);

		list = add_predecessor(list, old->text, old->version, true);
		if (!w2k_compatibility_is_transitive(check->conf->compatibility))
			break;
	}
	if (before != NULL && before->committed != NULL)
		list = add_predecessor(list, before->committed, 0, false);
	return list;
}

static List *
compare(const Check *check, const W2kTableSchema *schema, const char *old_text,
		const char *new_text)
{
	return w2k_compatibility_check(find_language(schema->type),
								   check->conf->compatibility, old_text,
								   new_text);
}

static bool
has_same(const List *list, const W2kIncompatibility *wanted)
{
	ListCell *lc;

	foreach(lc, list)
	{
		const W2kIncompatibility *item = lfirst(lc);

		if (strcmp(item->path, wanted->path) == 0 &&
			strcmp(item->problem, wanted->problem) == 0)
			return true;
	}
	return false;
}

/* What was found, less what was before. */
static List *
subtract(const List *found, const List *before)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, found)
	{
		if (!has_same(before, lfirst(lc)))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/* One side of a table. */
static void
check_schema(Check *check, const W2kRelation *wrel,
			 const W2kTableSchema *schema, const List *known,
			 const W2kAcceptedSchema *before)
{
	bool is_excused = false;
	List *found = NIL;
	ListCell *lc;

	foreach(lc, list_predecessors(check, known, before))
	{
		const Predecessor *predecessor = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		found = compare(check, schema, predecessor->text, schema->text);
		if (found != NIL && before != NULL)
		{
			int nfound = list_length(found);

			found = subtract(found, compare(check, schema, predecessor->text,
											before->text));
			is_excused = is_excused || list_length(found) < nfound;
		}
		if (found != NIL)
		{
			add_refusal(check, wrel, schema, predecessor, found);
			return;
		}
	}
	if (is_excused)
		found = compare(check, schema, before->text, schema->text);
	if (found != NIL)
		add_refusal(check, wrel, schema,
					linitial(add_predecessor(NIL, before->text, 0, false)),
					found);
}

/* Leaves the schema to the next command. */
static void
accept_schema(const Check *check, Oid relid, const W2kTableSchema *schema,
			  const W2kAcceptedSchema *before)
{
	W2kAcceptedSchema accepted = {.is_key = schema->is_key,
								  .subject = schema->subject,
								  .type = schema->type,
								  .text = schema->text};

	if (before != NULL)
		accepted.committed = before->committed;
	w2k_ddl_rows_put_accepted(check->row->name, relid, &accepted);
}

/* One side of a table, what the registry knows of it, and what was before. */
typedef void (*SideLook)(Check *check, const W2kRelation *wrel,
						 const W2kTableSchema *schema, const List *known,
						 const W2kAcceptedSchema *before);

static void
look_at_sides(Check *check, W2kRelation *wrel, SideLook look)
{
	const char *connector = check->row->name;
	List *accepted = w2k_ddl_rows_list_accepted(connector, wrel->relid);
	ListCell *lc;

	foreach(lc, w2k_table_schemas_list(check->schemas, wrel))
	{
		const W2kTableSchema *schema = lfirst(lc);

		look(check, wrel, schema,
			 w2k_ddl_rows_list_schemas(connector, schema->is_key,
									   schema->subject, schema->type),
			 find_accepted(accepted, schema));
	}
}

static void
check_side(Check *check, const W2kRelation *wrel, const W2kTableSchema *schema,
		   const List *known, const W2kAcceptedSchema *before)
{
	if (known == NIL ||
		(before != NULL && strcmp(before->text, schema->text) == 0))
		return;
	if (!is_registered(known, schema))
		check_schema(check, wrel, schema, known, before);
	accept_schema(check, wrel->relid, schema, before);
}

static void
check_table(void *arg, W2kRelation *wrel)
{
	look_at_sides(arg, wrel, check_side);
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

/* A table for w2k_ddl_check_accept() */
typedef struct Acceptance
{
	Check *check;
	W2kRelation *wrel;
} Acceptance;

static void
accept_side(Check *check, const W2kRelation *wrel,
			const W2kTableSchema *schema, const List *known,
			const W2kAcceptedSchema *before)
{
	const char *last = schema->text;

	if (before != NULL)
		last = before->text;
	else if (known != NIL)
		last = ((W2kKnownSchema *) linitial(known))->text;
	if (strcmp(last, schema->text) != 0)
		accept_schema(check, wrel->relid, schema, before);
}

static void
accept_guarded(void *arg)
{
	Acceptance *work = arg;

	look_at_sides(work->check, work->wrel, accept_side);
}

static void
accept_table(void *arg, W2kRelation *wrel)
{
	Acceptance work = {.check = arg, .wrel = wrel};
	ErrorData *error = w2k_access_try(accept_guarded, &work);

	if (error != NULL)
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("connector \"%s\" could not make the schema of table \"%s.%s\": %s",
						work.check->row->name, wrel->schema, wrel->table,
						error->message),
				 error->detail != NULL ? errdetail("%s", error->detail) : 0));
}

void
w2k_ddl_check_accept(const W2kConnectorInfo *row,
					 const W2kConnectorConfig *conf)
{
	Check check = {.row = row, .conf = conf};
	W2kDdlConcern concern = {0};

	/* where nothing is registered there is nothing to tell it from */
	if (!w2k_ddl_rows_has_schemas(row->name))
		return;
	concern.relids = w2k_captured_candidates();
	check.schemas = w2k_table_schemas_create(row->name, conf);
	w2k_ddl_capture_each(row, conf, &concern, accept_table, &check);
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
	const Predecessor *predecessor = refusal->predecessor;
	const char *version = predecessor->version > 0
							  ? psprintf("version %d of ", predecessor->version)
							  : "";

	if (!predecessor->is_registered)
		return psprintf("Connector \"%s\" compares its schema for subject \"%s\" with the one that the table had before.%s",
						row->name, refusal->subject, refusal->others);
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
