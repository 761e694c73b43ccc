/*
 * connector.c
 *		A connector's configuration: a jsonb document or a plugin's options.
 *
 * Both become a W2kPropertyParse, property by property through the property
 * table; then come the checks that look at several properties, at the Kafka
 * client's settings (kafka.c) and, while a person waits for the answer, at
 * catalogs.  Problems are collected all the way, see problem.h.
 */
#include "postgres.h"

#include <time.h>

#include "access/xact.h"
#include "catalog/pg_publication.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "config/connector.h"
#include "config/formats.h"
#include "config/javaregex.h"
#include "config/kafka.h"
#include "config/properties.h"
#include "config/registry.h"
#include "config/snapshots.h"
#include "config/transforms.h"

const char *const w2k_connector_tables[] =
	{"connector",		 "connector_progress", "connector_snapshot",
	 "connector_signal", "connector_schema",   "connector_table",
	 "connector_field",	 "connector_accepted", NULL};

/* A scalar as text; NULL for an object, an array or null. */
static char *
scalar_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return numeric_normalize(value->val.numeric);
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return NULL;
	}
}

/*
 * Calls take() for each member of the document; a value that is no scalar is
 * passed as NULL.
 */
static void
walk_document(JsonbContainer *config,
			  void (*take)(void *arg, const char *name, const char *value),
			  void *arg)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue v;

	if (!JsonContainerIsObject(config))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a connector's configuration must be a JSON object")));
	it = JsonbIteratorInit(config);
	token = JsonbIteratorNext(&it, &v, false);
	Assert(token == WJB_BEGIN_OBJECT);
	while ((token = JsonbIteratorNext(&it, &v, true)) == WJB_KEY)
	{
		char *name = pnstrdup(v.val.string.val, v.val.string.len);

		token = JsonbIteratorNext(&it, &v, true);
		Assert(token == WJB_VALUE);
		take(arg, name, scalar_text(&v));
	}
}

/* A member of the document that is being parsed. */
static void
take_member(void *arg, const char *name, const char *value)
{
	W2kPropertyParse *parse = (W2kPropertyParse *) arg;
	W2kProblem *problem;

	if (value != NULL)
	{
		w2k_properties_set(parse, name, value);
		return;
	}
	problem =
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						name, NULL,
						"value of connector property \"%s\" must be a string, a number or a boolean",
						name);
	if (strcmp(name, "config") == 0)
		problem->hint =
			"This looks like a whole document: its member \"config\" is the configuration.";
}

static void
check_exclusive(W2kPropertyParse *parse, const char *a, const char *b)
{
	const char *value_a = w2k_properties_said(parse, a);
	const char *value_b = w2k_properties_said(parse, b);

	if (value_a == NULL || value_b == NULL || value_a[0] == '\0' ||
		value_b[0] == '\0')
		return;
	w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE, a,
					w2k_properties_show(a, value_a),
					"connector properties \"%s\" and \"%s\" are mutually exclusive",
					a, b);
}

/* name and connector.class: whether this is for us at all */
static void
check_identity(W2kPropertyParse *parse)
{
	const char *name = w2k_properties_said(parse, "name");
	const char *class = w2k_properties_said(parse, "connector.class");

	if (name != NULL && parse->connector != NULL &&
		strcmp(name, parse->connector) != 0)
		w2k_properties_invalid(parse, "name", name)->hint =
			psprintf("The connector's name is \"%s\".", parse->connector);
	if (class != NULL && class[0] != '\0' &&
		strcmp(class, W2K_DEBEZIUM_CLASS) != 0 &&
		strcmp(class, "PostgresConnector") != 0 &&
		strcmp(class, "Postgres") != 0 && strcmp(class, W2K_NAME) != 0)
		w2k_properties_unsupported(parse, "connector.class", class)->hint =
			psprintf("Leave it out, or set it to \"%s\".", W2K_DEBEZIUM_CLASS);
}

/* topic.prefix: the connector's name, where that can be one */
static void
check_topic_prefix(W2kPropertyParse *parse)
{
	if (w2k_properties_said(parse, "topic.prefix") != NULL ||
		parse->connector == NULL)
		return;
	if (w2k_properties_is_topic_part(parse->connector))
		parse->conf->topic_prefix = pstrdup(parse->connector);
	else
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						"topic.prefix", NULL,
						"connector property \"topic.prefix\" must be set, because the connector's name \"%s\" cannot be part of a topic's",
						parse->connector);
}

/* An expression and its replacement: both or neither. */
static void
check_replacement(W2kPropertyParse *parse, const char *regex_name,
				  const char *replacement_name, const char *regex,
				  const char *replacement)
{
	const char *missing = regex == NULL ? regex_name : replacement_name;
	char *detail;

	if (regex == NULL || replacement == NULL)
	{
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						missing, NULL, "connector property \"%s\" must be set",
						missing);
		return;
	}
	detail = w2k_javaregex_replacement_problem(regex, replacement);
	if (detail != NULL)
		w2k_properties_invalid(parse, replacement_name, replacement)->detail =
			detail;
}

/* topic.regex and the like, which have a meaning with such strategies only */
static void
check_naming(W2kPropertyParse *parse)
{
	const W2kConnectorConfig *conf = parse->conf;

	if (conf->topic_naming != W2K_NAMING_SCHEMA_REGEX &&
		conf->topic_naming != W2K_NAMING_TABLE_REGEX)
		return;
	check_replacement(parse, "topic.regex", "topic.replacement",
					  conf->topic_regex, conf->topic_replacement);
	if (conf->topic_key_regex != NULL || conf->topic_key_replacement != NULL)
		check_replacement(parse, "topic.key.field.regex",
						  "topic.key.field.replacement", conf->topic_key_regex,
						  conf->topic_key_replacement);
}

/* database.dbname: a connector lives in the database that it captures */
static void
check_database(W2kPropertyParse *parse)
{
	const char *wanted = w2k_properties_said(parse, "database.dbname");
	const char *current;

	if (wanted == NULL || wanted[0] == '\0')
		return;
	current = get_database_name(MyDatabaseId);
	if (current != NULL && strcmp(wanted, current) != 0)
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						"database.dbname", wanted,
						"connector property \"database.dbname\" is \"%s\", but the current database is \"%s\"",
						wanted, current)
			->hint =
			psprintf("Connect to database \"%s\" and create the connector there.",
					 wanted);
}

/*
 * publication.name: a publication narrows what is captured, and need not be
 * there.
 */
static void
check_publication(W2kPropertyParse *parse)
{
	const char *mode = w2k_properties_said(parse,
										   "publication.autocreate.mode");
	const char *name = parse->conf->publication_name;
	Oid pubid;

	if (name == NULL)
		return;
	pubid = get_publication_oid(name, true);
	if (!OidIsValid(pubid))
	{
		if (mode != NULL && pg_strcasecmp(mode, "disabled") == 0)
			w2k_problem_add(&parse->problems, ERRCODE_UNDEFINED_OBJECT,
							"publication.name", name,
							"publication \"%s\" does not exist", name)
				->hint =
				"Create it, or leave out \"publication.autocreate.mode\".";
		else
			w2k_problem_add(&parse->problems, 0, "publication.name", name,
							"publication \"%s\" does not exist and is not needed",
							name)
				->is_error = false;
	}
}

/* publication.autocreate.mode: we never create one */
static void
check_publication_mode(W2kPropertyParse *parse)
{
	const char *mode = w2k_properties_said(parse,
										   "publication.autocreate.mode");

	if (mode != NULL && pg_strcasecmp(mode, "no_tables") == 0)
		w2k_properties_unsupported(parse, "publication.autocreate.mode", mode)
			->hint = "Leave it out.";
}

/* notification.*: a sink needs its topic */
static void
check_notifications(W2kPropertyParse *parse)
{
	const char *topic = "notification.sink.topic.name";

	if (parse->conf->notifies_sink &&
		parse->conf->notification_topic == NULL &&
		!w2k_properties_has_problem(parse, topic))
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						topic, NULL,
						"connector property \"%s\" must be set with channel \"sink\" of \"%s\"",
						topic, "notification.enabled.channels");
}

/* signal.*: a signalling table is for those who read channel source */
static void
check_signals(W2kPropertyParse *parse)
{
	const char *channels = w2k_properties_said(parse,
											   "signal.enabled.channels");

	if (channels != NULL && channels[0] != '\0' &&
		strstr(channels, "source") == NULL)
		parse->conf->signal_tables = NIL;
}

/* What needs more than one property to be checked. */
static void
check_together(W2kPropertyParse *parse)
{
	check_exclusive(parse, "schema.include.list", "schema.exclude.list");
	check_exclusive(parse, "table.include.list", "table.exclude.list");
	check_exclusive(parse, "column.include.list", "column.exclude.list");
	check_exclusive(parse, "format", "key.converter");
	check_exclusive(parse, "format", "value.converter");
	w2k_formats_take(parse);
	w2k_registry_take_naming(parse);
	check_naming(parse);
	check_exclusive(parse, "message.prefix.include.list",
					"message.prefix.exclude.list");
	if (w2k_properties_said(parse, "skipped.operations") != NULL)
		parse->conf->unpublished_operations = parse->conf->skipped_operations;
	w2k_transforms_take(parse);
	w2k_formats_check(parse);
	w2k_compatibility_check_conf(parse);
	w2k_snapshots_check(parse);
	check_signals(parse);
	if (parse->is_options)
		return;
	check_identity(parse);
	check_topic_prefix(parse);
	check_publication_mode(parse);
	check_notifications(parse);
	w2k_kafka_take_settings(parse);
	if (!parse->is_interactive)
		return;
	check_database(parse);
	check_publication(parse);
	if (parse->conf->slot_failover &&
		atoi(GetConfigOption("server_version_num", false, false)) < 170000)
		w2k_problem_add(&parse->problems, 0, "slot.failover", "true",
						"connector property \"slot.failover\" has no effect before PostgreSQL 17")
			->is_error = false;
}

static W2kPropertyParse *
make_parse(void)
{
	W2kPropertyParse *parse = palloc0(sizeof(W2kPropertyParse));

	parse->conf = palloc0(sizeof(W2kConnectorConfig));
	w2k_properties_set_defaults(parse->conf);
	return parse;
}

W2kPropertyParse *
w2k_connector_check(const char *name, JsonbContainer *config,
					bool is_superuser, bool is_interactive)
{
	W2kPropertyParse *parse = make_parse();

	parse->connector = name;
	parse->is_superuser = is_superuser;
	parse->is_interactive = is_interactive;
	walk_document(config, take_member, parse);
	check_together(parse);
	return parse;
}

/* Tells the person who waits what their document will not do. */
static void
report_notices(W2kPropertyParse *parse)
{
	StringInfoData names;
	ListCell *lc;

	initStringInfo(&names);
	foreach(lc, parse->ignored)
	{
		const W2kSaid *said = (const W2kSaid *) lfirst(lc);

		appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "",
						 said->name);
	}
	if (names.len > 0)
		ereport(NOTICE,
				(errmsg("connector properties without effect here: %s",
						names.data),
				 errhint("The view wal2kafka.connector_properties says why.")));
	foreach(lc, parse->problems)
	{
		const W2kProblem *problem = (const W2kProblem *) lfirst(lc);

		ereport(NOTICE, (errmsg_internal("%s", problem->message),
						 problem->hint ? errhint("%s", problem->hint) : 0));
	}
}

W2kConnectorConfig *
w2k_connector_parse(const char *name, JsonbContainer *config,
					bool is_superuser, bool notices)
{
	W2kPropertyParse *parse;

	parse = w2k_connector_check(name, config, is_superuser, notices);
	w2k_problem_raise(parse->problems);
	if (notices)
		report_notices(parse);
	return parse->conf;
}

/* An option of the plugin without a value: "yes", where that makes sense. */
static void
take_flag(W2kPropertyParse *parse, const char *name)
{
	const W2kProperty *prop = w2k_properties_find(name);

	if (prop == NULL || prop->type == W2K_PROP_BOOLEAN)
		w2k_properties_set(parse, name, "true");
	else
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						name, NULL,
						"option \"%s\" of output plugin \"wal2kafka\" needs a value",
						name);
}

W2kConnectorConfig *
w2k_connector_parse_options(List *options, const char *default_prefix)
{
	W2kPropertyParse *parse = make_parse();
	ListCell *lc;

	parse->is_options = true;
	foreach(lc, options)
	{
		DefElem *option = lfirst_node(DefElem, lc);

		if (w2k_properties_said(parse, option->defname) != NULL)
			ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
							errmsg("conflicting or redundant options: \"%s\"",
								   option->defname)));
		if (option->arg == NULL)
			take_flag(parse, option->defname);
		else
			w2k_properties_set(parse, option->defname, defGetString(option));
	}
	check_together(parse);
	w2k_problem_raise(parse->problems);
	if (parse->conf->topic_prefix == NULL)
		parse->conf->topic_prefix = pstrdup(default_prefix);
	return parse->conf;
}

/* A member of the document whose plugin options are being made. */
static void
add_plugin_option(void *arg, const char *name, const char *value)
{
	List **options = (List **) arg;
	const W2kProperty *prop = w2k_properties_find(name);

	if (prop == NULL || value == NULL ||
		(prop->flags & W2K_PROP_PLUGIN) == 0 ||
		(value[0] == '\0' && (prop->flags & W2K_PROP_EMPTY) == 0))
		return;
	*options = lappend(*options,
					   makeDefElem(pstrdup(name),
								   (Node *) makeString(pstrdup(value)), -1));
}

List *
w2k_connector_plugin_options(const char *name, JsonbContainer *config)
{
	List *options = NIL;
	ListCell *lc;
	bool has_prefix = false;

	walk_document(config, add_plugin_option, &options);
	foreach(lc, options)
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, "topic.prefix") == 0)
			has_prefix = true;
	}
	if (!has_prefix)
		options = lappend(options,
						  makeDefElem("topic.prefix",
									  (Node *) makeString(pstrdup(name)), -1));
	return lappend(options,
				   makeDefElem("connector", (Node *) makeString(pstrdup(name)),
							   -1));
}

/* FNV-1a: tells names apart that became the same, the same on any machine. */
static uint32
hash_name(const char *name, uint32 hash)
{
	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char) *name) * 16777619u;
	return hash;
}

void
w2k_connector_default_slot_name(const char *database, const char *connector,
								NameData *slot_name)
{
	char *wanted = psprintf(W2K_NAME "_%s_%s", database, connector);
	char *name = NameStr(*slot_name);
	char *p;

	memset(slot_name, 0, sizeof(NameData));
	snprintf(name, NAMEDATALEN, "%s", wanted);
	for (p = name; *p != '\0'; p++)
	{
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
		else if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9'))
			*p = '_';
	}
	if (strcmp(name, wanted) != 0)
	{
		uint32 hash = hash_name(connector,
								hash_name("/",
										  hash_name(database, 2166136261u)));

		snprintf(name + Min(strlen(name), NAMEDATALEN - 1 - 9), 10, "_%08x",
				 hash);
	}
}

/* A UUID of version 7: the time in front, then random bits. */
char *
w2k_connector_make_run_id(void)
{
	unsigned char b[16];
	struct timespec now;
	uint64 ms;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (uint64) now.tv_sec * 1000 + (uint64) now.tv_nsec / 1000000;
	if (!pg_strong_random(b, sizeof(b)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not generate random values")));
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char) (ms >> (8 * (5 - i)));
	b[6] = (b[6] & 0x0f) | 0x70;
	b[8] = (b[8] & 0x3f) | 0x80;
	return psprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
					"%02x%02x%02x%02x%02x%02x",
					b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
					b[10], b[11], b[12], b[13], b[14], b[15]);
}
