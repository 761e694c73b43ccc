/*
 * transform_table.c
 *		The classes of transforms and predicates, and their options.
 *
 * Defaults are Debezium's and Connect's, and where ours is another one, the
 * text says so.
 */
#include "postgres.h"

#include "config/javaregex.h"
#include "config/timezone.h"
#include "config/transform_options.h"
#include "config/transforms.h"

/* How a row is written; the rest is designated initializers. */
#define DONE(n, t, d, ...)                                                    \
	{                                                                         \
		.name = n, .type = W2K_PROP_##t, .support = W2K_IMPLEMENTED,          \
		.default_value = d, .text = __VA_ARGS__                               \
	}
#define IGNORED(n, t, d, ...)                                                 \
	{                                                                         \
		.name = n, .type = W2K_PROP_##t, .support = W2K_NO_EFFECT,            \
		.default_value = d, .text = __VA_ARGS__                               \
	}
#define NOT_YET(n, t, d, ...)                                                 \
	{                                                                         \
		.name = n, .type = W2K_PROP_##t, .support = W2K_NOT_YET,              \
		.default_value = d, .text = __VA_ARGS__                               \
	}
#define AT(s, f)                                                              \
	.is_stored = true, .offset = offsetof(s, f),                              \
	.width = sizeof(((s *) NULL)->f)
#define CHOICES(...)                                                          \
	.choices = (const W2kChoice[])                                            \
	{                                                                         \
		__VA_ARGS__,                                                          \
		{                                                                     \
			NULL, 0                                                           \
		}                                                                     \
	}
#define REQUIRED .flags = W2K_PROP_REQUIRED
#define EMPTY .flags = W2K_PROP_EMPTY

#define NO_TRACING "there is no OpenTelemetry here"

/* ---- options; a long row stays on its line ---- */

/* clang-format off */
#define OF(f) AT(W2kRegexRouterOptions, f)
static const W2kProperty regex_router_options[] = {
	DONE("regex", REGEX, NULL, "Matched against the whole of a topic's name.", REQUIRED, OF(regex)),
	DONE("replacement", STRING, NULL, "The new name; $1 and ${name} stand for groups.", REQUIRED, OF(replacement)),
};
#undef OF

#define OF(f) AT(W2kUnwrapOptions, f)
static const W2kProperty unwrap_options[] = {
	DONE("delete.tombstone.handling.mode", ENUM, "tombstone", "What becomes of a delete and of the tombstone behind it.", OF(delete_handling),
		 CHOICES({"drop", W2K_DELETE_DROP}, {"tombstone", W2K_DELETE_TOMBSTONE}, {"rewrite", W2K_DELETE_REWRITE}, {"rewrite-with-tombstone", W2K_DELETE_REWRITE_WITH_TOMBSTONE}, {"delete-to-tombstone", W2K_DELETE_TO_TOMBSTONE})),
	DONE("add.fields", LIST, NULL, "Fields of the envelope to add to the value: op, source.ts_ms, before.column, field:new_name.", OF(add_fields)),
	DONE("add.fields.prefix", STRING, "__", "In front of the names of added fields.", EMPTY, OF(add_fields_prefix)),
	DONE("add.headers", LIST, NULL, "The same as headers.", OF(add_headers)),
	DONE("add.headers.prefix", STRING, "__", "In front of the names of added headers.", EMPTY, OF(add_headers_prefix)),
	DONE("route.by.field", STRING, NULL, "The column whose value is the topic.", OF(route_by_field)),
	DONE("drop.fields.header.name", STRING, NULL, "A header that lists fields to be dropped.", OF(drop_fields_header)),
	DONE("drop.fields.from.key", BOOLEAN, "false", "Drop them from the key as well.", OF(drop_fields_from_key)),
	DONE("drop.fields.keep.schema.compatible", BOOLEAN, "true", "Drop only fields that are optional.", OF(drop_fields_keep_compatible)),
	DONE("replace.null.with.default", BOOLEAN, NULL, "When rewriting, write a column's default instead of null. Unsaid (Debezium: true), only where a converter's option of that name is said.", OF(replace_null_with_default)),
};
#undef OF

#define OF(f) AT(W2kOutboxOptions, f)
static const W2kProperty outbox_options[] = {
	DONE("table.field.event.id", STRING, "id", "The column that becomes header \"id\".", OF(id_field)),
	DONE("table.field.event.key", STRING, "aggregateid", "The column that becomes the key.", OF(key_field)),
	IGNORED("table.field.event.type", STRING, "type", "Debezium does not read it either: use table.fields.additional.placement"),
	DONE("table.field.event.payload", STRING, "payload", "The column that becomes the value.", OF(payload_field)),
	DONE("table.field.event.timestamp", STRING, NULL, "The column (timestamp) that becomes the record's time; unsaid, when the change was processed.", OF(timestamp_field)),
	DONE("table.field.event.schema.version", STRING, NULL, "The column (integer) that becomes the version of the value's schema, where there are envelope fields.", OF(version_field)),
	DONE("table.fields.additional.placement", LIST, NULL, "Other columns: column:header[:alias], column:envelope[:alias], column:partition.", OF(placement)),
	DONE("table.field.additional.missing", ENUM, "error", "Where one of them does not exist.", OF(ignores_missing), CHOICES({"error", 0}, {"ignore", 1})),
	DONE("table.expand.json.payload", BOOLEAN, "false", "A payload that is JSON in text becomes a structure.", OF(expands_json)),
	DONE("table.json.payload.null.behavior", ENUM, "ignore", "Of an expanded payload: leave out nulls, or keep them.", OF(keeps_nulls), CHOICES({"ignore", 0}, {"optional_bytes", 1})),
	DONE("table.json.payload.empty.array.behavior", ENUM, "ignore", "Of an expanded payload: leave out empty arrays, or keep them.", OF(keeps_empty_arrays), CHOICES({"ignore", 0}, {"optional_string", 1})),
	DONE("route.by.field", STRING, "aggregatetype", "The column that tells the topic.", OF(route_by_field)),
	DONE("route.topic.regex", REGEX, "(?<routedByValue>.*)", "Matched against its value.", OF(topic_regex)),
	DONE("route.topic.replacement", STRING, "outbox.event.${routedByValue}", "The topic.", OF(topic_replacement)),
	DONE("route.tombstone.on.empty.payload", BOOLEAN, "false", "An empty payload becomes a tombstone.", OF(tombstone_on_empty)),
	DONE("table.op.invalid.behavior", ENUM, "warn", "An update (or truncate) of the table: skip it with a warning, or fail.", OF(unexpected),
		 CHOICES({"warn", W2K_UNEXPECTED_WARN}, {"error", W2K_UNEXPECTED_ERROR}, {"fatal", W2K_UNEXPECTED_FATAL})),
	IGNORED("tracing.span.context.field", STRING, "tracingspancontext", NO_TRACING),
	IGNORED("tracing.operation.name", STRING, "debezium-read", NO_TRACING),
	IGNORED("tracing.with.context.field.only", BOOLEAN, "false", NO_TRACING),
};
#undef OF

#define OF(f) AT(W2kLogicalRouterOptions, f)
#define LOGICAL_ROUTER_OPTIONS(key_field_name)                                \
	DONE("topic.regex", REGEX, NULL, "Matched against the whole of a topic's name.", REQUIRED, OF(topic_regex)), \
	DONE("topic.replacement", STRING, NULL, "The new name; $1 and ${name} stand for groups.", REQUIRED, OF(topic_replacement)), \
	DONE("key.enforce.uniqueness", BOOLEAN, "true", "Add the name of the old topic to the key.", OF(enforces_uniqueness)), \
	DONE("key.field.name", STRING, key_field_name, "The field that is added to the key.", OF(key_field)), \
	DONE("key.field.regex", REGEX, NULL, "Matched against the old topic's name, to make the field's value of it.", OF(key_regex)), \
	DONE("key.field.replacement", STRING, NULL, "That value.", OF(key_replacement)), \
	DONE("schema.name.adjustment.mode", ENUM, "none", "How names of schemas are adjusted.", OF(adjustment), CHOICES({"none", W2K_ADJUST_NONE}, {"avro", W2K_ADJUST_AVRO}, {"avro_unicode", W2K_ADJUST_AVRO_UNICODE})), \
	IGNORED("logical.destination.cache.size", INT, "16", "what becomes of a table's records is kept with the table")

static const W2kProperty logical_topic_router_options[] = {
	LOGICAL_ROUTER_OPTIONS("__dbz__sourceIdentifier"),
};

static const W2kProperty logical_table_router_options[] = {
	LOGICAL_ROUTER_OPTIONS("__dbz__physicalTableIdentifier"),
	IGNORED("logical.table.cache.size", INT, "16", "what becomes of a table's records is kept with the table"),
};
#undef OF

#define OF(f) AT(W2kHeaderToValueOptions, f)
static const W2kProperty header_to_value_options[] = {
	DONE("headers", LIST, NULL, "Names of headers.", REQUIRED, OF(headers)),
	DONE("fields", LIST, NULL, "The fields of the value that they become, as many; dots lead into structures.", REQUIRED, OF(fields)),
	DONE("operation", ENUM, NULL, "Whether the headers go (move) or stay (copy).", REQUIRED, OF(is_move), CHOICES({"copy", 0}, {"move", 1})),
};
#undef OF

#define OF(f) AT(W2kTimezoneOptions, f)
static const W2kProperty timezone_options[] = {
	DONE("converted.timezone", STRING, NULL, "The time zone to convert to: a name (Europe/Rome) or an offset (+05:30).", REQUIRED, OF(timezone)),
	DONE("include.list", LIST, NULL, "What is converted: source:table[:field], topic:topic[:field], table_or_topic:field.", OF(include_list)),
	DONE("exclude.list", LIST, NULL, "What is not, in the same form.", OF(exclude_list)),
};
#undef OF

static const W2kProperty topic_options[] = {
	DONE("pattern", REGEX, NULL, "Matched against the whole of the topic's name.", REQUIRED, AT(W2kPredicateOptions, text)),
};

static const W2kProperty header_options[] = {
	DONE("name", STRING, NULL, "The header's name.", REQUIRED, AT(W2kPredicateOptions, text)),
};
/* clang-format on */

/* ---- what needs more than one option ---- */

static void
check_replacement(W2kPropertyParse *parse, const char *prefix,
				  const char *option, const char *regex,
				  const char *replacement)
{
	char *detail;

	if (regex == NULL || replacement == NULL)
		return;
	detail = w2k_javaregex_replacement_problem(regex, replacement);
	if (detail != NULL)
		w2k_properties_invalid(parse, psprintf("%s%s", prefix, option),
							   replacement)
			->detail = detail;
}

static void
check_regex_router(W2kPropertyParse *parse, const char *prefix, void *options)
{
	const W2kRegexRouterOptions *said = options;

	check_replacement(parse, prefix, "replacement", said->regex,
					  said->replacement);
}

/* Does a list have an element that is empty, or is there none at all? */
static bool
has_empty_element(List *elements)
{
	ListCell *lc;

	foreach(lc, elements)
	{
		if (((const char *) lfirst(lc))[0] == '\0')
			return true;
	}
	return elements == NIL;
}

/* "name", "parent.name", and either with ":new_name" */
static bool
is_field_reference(const char *element)
{
	List *parts = w2k_transforms_split(element, ':');
	List *path;

	if (has_empty_element(parts) || list_length(parts) > 2)
		return false;
	path = w2k_transforms_split(linitial(parts), '.');
	return !has_empty_element(path) && list_length(path) <= 2;
}

static void
check_field_list(W2kPropertyParse *parse, const char *prefix,
				 const char *option, const char *list)
{
	ListCell *lc;

	foreach(lc, w2k_transforms_split(list, ','))
	{
		if (is_field_reference(lfirst(lc)))
			continue;
		w2k_properties_invalid(parse, psprintf("%s%s", prefix, option), list)
			->hint = "It must be a list of fields, each with or without "
					 "\":new_name\".";
		return;
	}
}

static void
check_unwrap(W2kPropertyParse *parse, const char *prefix, void *options)
{
	W2kUnwrapOptions *said = options;
	char *name = psprintf("%sreplace.null.with.default", prefix);

	said->says_replace_null = w2k_properties_said(parse, name) != NULL;
	check_field_list(parse, prefix, "add.fields", said->add_fields);
	check_field_list(parse, prefix, "add.headers", said->add_headers);
}

static void
check_outbox(W2kPropertyParse *parse, const char *prefix, void *options)
{
	const W2kOutboxOptions *said = options;
	ListCell *lc;

	check_replacement(parse, prefix, "route.topic.replacement",
					  said->topic_regex, said->topic_replacement);
	foreach(lc, w2k_transforms_split(said->placement, ','))
	{
		List *parts = w2k_transforms_split(lfirst(lc), ':');
		const char *placement = list_length(parts) < 2 ? "" : lsecond(parts);

		if (!has_empty_element(parts) && list_length(parts) <= 3 &&
			(pg_strcasecmp(placement, "header") == 0 ||
			 pg_strcasecmp(placement, "envelope") == 0 ||
			 pg_strcasecmp(placement, "partition") == 0))
			continue;
		w2k_properties_invalid(parse,
							   psprintf("%stable.fields.additional.placement",
										prefix),
							   said->placement)
			->hint = "It must be a list of column:header[:alias], "
					 "column:envelope[:alias] or column:partition.";
		break;
	}
}

static void
check_logical_router(W2kPropertyParse *parse, const char *prefix, void *options)
{
	const W2kLogicalRouterOptions *said = options;

	check_replacement(parse, prefix, "topic.replacement", said->topic_regex,
					  said->topic_replacement);
	if (said->key_regex != NULL && said->key_replacement == NULL)
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						psprintf("%skey.field.replacement", prefix), NULL,
						"connector property \"%skey.field.replacement\" must be set together with \"%skey.field.regex\"",
						prefix, prefix);
	check_replacement(parse, prefix, "key.field.replacement", said->key_regex,
					  said->key_replacement);
}

static void
check_header_to_value(W2kPropertyParse *parse, const char *prefix,
					  void *options)
{
	const W2kHeaderToValueOptions *said = options;
	List *headers = w2k_transforms_split(said->headers, ',');
	List *fields = w2k_transforms_split(said->fields, ',');
	ListCell *lc;

	if (has_empty_element(headers))
	{
		w2k_properties_invalid(parse, psprintf("%sheaders", prefix),
							   said->headers)
			->hint = "It must be a list of names, none of them empty.";
		return;
	}
	if (list_length(headers) != list_length(fields))
	{
		w2k_properties_invalid(parse, psprintf("%sfields", prefix),
							   said->fields)
			->hint = psprintf("It must have as many elements as \"%sheaders\".",
							  prefix);
		return;
	}
	foreach(lc, fields)
	{
		if (!has_empty_element(w2k_transforms_split(lfirst(lc), '.')))
			continue;
		w2k_properties_invalid(parse, psprintf("%sfields", prefix),
							   said->fields)
			->hint = "It must be a list of names; dots lead into structures, "
					 "and no name is empty.";
		return;
	}
}

static void
check_timezone_list(W2kPropertyParse *parse, const char *prefix,
					const char *option, const char *list)
{
	ListCell *lc;

	foreach(lc, w2k_transforms_split(list, ','))
	{
		List *parts = w2k_transforms_split(lfirst(lc), ':');
		bool has_prefix = list_length(parts) > 1 &&
						  (pg_strcasecmp(linitial(parts), "source") == 0 ||
						   pg_strcasecmp(linitial(parts), "topic") == 0);

		/* once said, source or topic holds for those that follow */
		if (!has_empty_element(parts) &&
			(list_length(parts) == 2 ||
			 (list_length(parts) == 1 && foreach_current_index(lc) > 0) ||
			 (list_length(parts) == 3 && has_prefix)))
			continue;
		w2k_properties_invalid(parse, psprintf("%s%s", prefix, option), list)
			->hint = "It must be a list of source:table[:field], "
					 "topic:topic[:field] or name:field.";
		return;
	}
}

static void
check_timezone(W2kPropertyParse *parse, const char *prefix, void *options)
{
	const W2kTimezoneOptions *said = options;

	if (said->timezone != NULL && !w2k_timezone_is_known(said->timezone))
		w2k_properties_invalid(parse, psprintf("%sconverted.timezone", prefix),
							   said->timezone)
			->hint = "It must be the name of a time zone, as in Europe/Rome, "
					 "or an offset, as in +05:30.";
	check_timezone_list(parse, prefix, "include.list", said->include_list);
	check_timezone_list(parse, prefix, "exclude.list", said->exclude_list);
	if (said->include_list != NULL && said->exclude_list != NULL)
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						psprintf("%sinclude.list", prefix), said->include_list,
						"connector properties \"%sinclude.list\" and \"%sexclude.list\" are mutually exclusive",
						prefix, prefix);
}

/* ---- classes ---- */

#define OPTIONS(table, type)                                                  \
	.options = table, .noptions = lengthof(table), .size = sizeof(type)

const W2kTransformClass w2k_transform_classes[] = {
	{"io.debezium.transforms.ExtractNewRecordState", W2K_TRANSFORM_UNWRAP,
	 "The new row alone, instead of the envelope.",
	 OPTIONS(unwrap_options, W2kUnwrapOptions), check_unwrap},
	{"io.debezium.transforms.outbox.EventRouter", W2K_TRANSFORM_OUTBOX,
	 "Rows of an outbox table become the messages that they hold.",
	 OPTIONS(outbox_options, W2kOutboxOptions), check_outbox},
	{"io.debezium.transforms.ToLogicalTopicRouter",
	 W2K_TRANSFORM_LOGICAL_ROUTER, "Several tables share a topic.",
	 OPTIONS(logical_topic_router_options, W2kLogicalRouterOptions),
	 check_logical_router},
	{"io.debezium.transforms.ByLogicalTableRouter",
	 W2K_TRANSFORM_LOGICAL_ROUTER, "The same under its old name.",
	 OPTIONS(logical_table_router_options, W2kLogicalRouterOptions),
	 check_logical_router},
	{"org.apache.kafka.connect.transforms.RegexRouter",
	 W2K_TRANSFORM_REGEX_ROUTER, "Topics get other names.",
	 OPTIONS(regex_router_options, W2kRegexRouterOptions), check_regex_router},
	{"io.debezium.transforms.TimezoneConverter", W2K_TRANSFORM_TIMEZONE,
	 "Times are converted to a time zone.",
	 OPTIONS(timezone_options, W2kTimezoneOptions), check_timezone},
	{"io.debezium.transforms.HeaderToValue", W2K_TRANSFORM_HEADER_TO_VALUE,
	 "Headers become fields of the value.",
	 OPTIONS(header_to_value_options, W2kHeaderToValueOptions),
	 check_header_to_value},
};

const int w2k_ntransform_classes = lengthof(w2k_transform_classes);

#define PREDICATE(name) "org.apache.kafka.connect.transforms.predicates." name

const W2kTransformClass w2k_predicate_classes[] = {
	{PREDICATE("TopicNameMatches"), W2K_PREDICATE_TOPIC,
	 "Records of topics whose names match.",
	 OPTIONS(topic_options, W2kPredicateOptions)},
	{PREDICATE("HasHeaderKey"), W2K_PREDICATE_HEADER,
	 "Records that have a header of that name.",
	 OPTIONS(header_options, W2kPredicateOptions)},
	{PREDICATE("RecordIsTombstone"), W2K_PREDICATE_TOMBSTONE,
	 "Records without a value.", .size = sizeof(W2kPredicateOptions)},
};

const int w2k_npredicate_classes = lengthof(w2k_predicate_classes);
