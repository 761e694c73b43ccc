/*
 * property_table.c
 *		The rows of the property table, in the order in which they are shown.
 *
 * Defaults of rows that are not ours are Debezium's and Connect's, so that the
 * table also says what a document means that leaves the property out there.
 * Where our default is another one, the text says so.
 */
#include "postgres.h"

#include <ctype.h>
#include <limits.h>

#include "replication/slot.h"
#include "utils/builtins.h"

#include "config/properties.h"
#include "config/registry.h"
#include "config/replica_identity.h"
#include "config/rules.h"
#include "config/signal.h"
#include "config/snapshots.h"

/* How a row is written; the rest is designated initializers. */
#define DONE(n, t, d, ...)                                                    \
	{                                                                         \
		.name = n, .type = W2K_PROP_##t, .support = W2K_IMPLEMENTED,          \
		.category = CATEGORY, .default_value = d, .text = __VA_ARGS__         \
	}
#define IGNORED(n, t, d, ...)                                                 \
	{                                                                         \
		.name = n, .type = W2K_PROP_##t, .support = W2K_NO_EFFECT,            \
		.category = CATEGORY, .default_value = d, .text = __VA_ARGS__         \
	}
#define NOT_YET(n, t, d, ...)                                                 \
	{                                                                         \
		.name = n, .type = W2K_PROP_##t, .support = W2K_NOT_YET,              \
		.category = CATEGORY, .default_value = d, .text = __VA_ARGS__         \
	}
#define REFUSED(n, t, d, ...)                                                 \
	{                                                                         \
		.name = n, .type = W2K_PROP_##t, .support = W2K_REFUSED,              \
		.category = CATEGORY, .default_value = d, .text = __VA_ARGS__         \
	}
#define AT(f)                                                                 \
	.is_stored = true, .offset = offsetof(W2kConnectorConfig, f),             \
	.width = sizeof(((W2kConnectorConfig *) NULL)->f)
#define RANGE(lo, hi) .min = lo, .max = hi
#define CHOICES(...)                                                          \
	.choices = (const W2kChoice[])                                            \
	{                                                                         \
		__VA_ARGS__,                                                          \
		{                                                                     \
			NULL, 0                                                           \
		}                                                                     \
	}
#define ACCEPTS(s) .accepts = s
#define PLUGIN .flags = W2K_PROP_PLUGIN
#define SECRET .flags = W2K_PROP_SECRET
#define FAMILY .flags = W2K_PROP_FAMILY
#define PLUGIN_FAMILY .flags = W2K_PROP_FAMILY | W2K_PROP_PLUGIN
/* what may stand there is anybody's guess, a mistyped password for one */
#define HIDDEN_FAMILY .flags = W2K_PROP_FAMILY | W2K_PROP_SECRET

/* of a schema registry's client; the worker's, and the plugin's as well */
#define REGISTRY .flags = W2K_PROP_REGISTRY
#define REGISTRY_TEXT .flags = W2K_PROP_REGISTRY | W2K_PROP_REFERENCE
#define REGISTRY_SECRET                                                       \
	.flags = W2K_PROP_REGISTRY | W2K_PROP_REFERENCE | W2K_PROP_SECRET
#define REGISTRY_PLUGIN .flags = W2K_PROP_REGISTRY | W2K_PROP_PLUGIN

/* clang-format off */
/* Options of the converters of formats with a registry, for one side. */
#define CONVERTER_OPTIONS(side, conf)                                         \
	DONE(side ".converter.connect.meta.data", BOOLEAN, "true", "Avro: what a Connect schema says beside its type is in the schema, as connect.*.", PLUGIN, AT(conf.schema.has_no_metadata), .apply = apply_negated), \
	DONE(side ".converter.scrub.invalid.names", BOOLEAN, "false", "Avro, Protobuf: names that they do not allow are made legal; else they are an error. See schema.name.adjustment.mode.", PLUGIN, AT(conf.schema.scrubs_names)), \
	DONE(side ".converter.ignore.default.for.nullables", BOOLEAN, NULL, "With a registry: false writes a column's default instead of null. Unsaid, null stays null.", PLUGIN, AT(conf.null_default), .apply = apply_null_kept), \
	DONE(side ".converter.object.additional.properties", BOOLEAN, "true", "JSON with a registry: the schema allows members that it does not name.", PLUGIN, AT(conf.schema.forbids_others), .apply = apply_negated), \
	NOT_YET(side ".converter.discard.type.doc.default", BOOLEAN, "false", "Avro: where a schema has its documentation."), \
	NOT_YET(side ".converter.json.fail.invalid.schema", BOOLEAN, "false", "Records are not compared with their schema."), \
	NOT_YET(side ".converter.json.indent.output", BOOLEAN, "false", "JSON is written in one line."), \
	DONE(side ".converter.optional.for.nullables", BOOLEAN, "false", "Protobuf with a registry: fields that may be null are labelled \"optional\"; else a null cannot be told from zero.", PLUGIN, AT(conf.schema.has_optional)), \
	DONE(side ".converter.wrapper.for.nullables", BOOLEAN, "false", "The same for scalars, by google.protobuf's wrapper messages.", PLUGIN, AT(conf.schema.has_wrappers)), \
	NOT_YET(side ".converter.skip.known.types", BOOLEAN, "true", "Protobuf: registries know what schemas import."), \
	IGNORED(side ".converter.reference.subject.name.strategy", CLASS, NULL, NO_REFERENCES), \
	IGNORED(side ".converter.reference.lookup.only", BOOLEAN, "false", NO_REFERENCES), \
	IGNORED(side ".converter.enhanced.protobuf.schema.support", BOOLEAN, "false", NOTHING_READ), \
	IGNORED(side ".converter.int.for.enums", BOOLEAN, "false", NOTHING_READ), \
	IGNORED(side ".converter.optional.for.proto2", BOOLEAN, "true", NOTHING_READ), \
	IGNORED(side ".converter.wrapper.for.raw.primitives", BOOLEAN, "true", NOTHING_READ), \
	IGNORED(side ".converter.generate.struct.for.nulls", BOOLEAN, "false", NOTHING_READ), \
	IGNORED(side ".converter.generate.index.for.unions", BOOLEAN, "true", NO_SUCH_TYPE), \
	IGNORED(side ".converter.schemas.cache.config", INT, "1000", "there is no such cache"), \
	IGNORED(side ".converter.enhanced.avro.schema.support", BOOLEAN, "false", NO_SUCH_TYPE), \
	IGNORED(side ".converter.generalized.sum.type.support", BOOLEAN, "false", NO_SUCH_TYPE), \
	IGNORED(side ".converter.allow.optional.map.keys", BOOLEAN, "false", NO_SUCH_TYPE), \
	IGNORED(side ".converter.flatten.unions", BOOLEAN, "false", NOTHING_READ), \
	IGNORED(side ".converter.flatten.singleton.unions", BOOLEAN, "true", NOTHING_READ), \
	IGNORED(side ".converter.use.optional.for.nonrequired", BOOLEAN, "false", NOTHING_READ), \
	IGNORED(side ".converter.ignore.modern.dialects", BOOLEAN, "false", NOTHING_READ), \
	IGNORED(side ".converter.avro.use.logical.type.converters", BOOLEAN, "false", JAVA_OBJECTS), \
	IGNORED(side ".converter.avro.reflection.allow.null", BOOLEAN, "false", JAVA_OBJECTS), \
	IGNORED(side ".converter.avro.remove.java.properties", BOOLEAN, "false", JAVA_OBJECTS), \
	IGNORED(side ".converter.json.schema.spec.version", STRING, "draft_7", JAVA_OBJECTS), \
	IGNORED(side ".converter.json.oneof.for.nullables", BOOLEAN, "true", JAVA_OBJECTS), \
	IGNORED(side ".converter.json.write.dates.iso8601", BOOLEAN, "false", JAVA_OBJECTS)
#define NO_SUCH_TYPE "no schema of Debezium's has the types that it is for"
#define NO_REFERENCES "schemas refer to no others"
#define NOTHING_READ "it is for reading, and nothing is read"
#define JAVA_OBJECTS "it is for schemas that are derived from Java's objects"
/* clang-format on */

#define FAILURE_CHOICES                                                       \
	CHOICES({"fail", W2K_FAILURE_FAIL}, {"warn", W2K_FAILURE_WARN},           \
			{"skip", W2K_FAILURE_SKIP}, {"ignore", W2K_FAILURE_SKIP})
#define ADJUSTMENT_CHOICES                                                    \
	CHOICES({"none", W2K_ADJUST_NONE}, {"avro", W2K_ADJUST_AVRO},             \
			{"avro_unicode", W2K_ADJUST_AVRO_UNICODE})
#define COMPATIBILITY_CHOICES                                                 \
	CHOICES({"none", W2K_COMPATIBILITY_NONE},                                 \
			{"backward", W2K_COMPATIBILITY_BACKWARD},                         \
			{"backward_transitive", W2K_COMPATIBILITY_BACKWARD_TRANSITIVE},   \
			{"forward", W2K_COMPATIBILITY_FORWARD},                           \
			{"forward_transitive", W2K_COMPATIBILITY_FORWARD_TRANSITIVE},     \
			{"full", W2K_COMPATIBILITY_FULL},                                 \
			{"full_transitive", W2K_COMPATIBILITY_FULL_TRANSITIVE})

/*
 * The next word of a list, or NULL at its end; *rest is the list at first, a
 * copy that is cut up.
 */
static char *
next_word(char **rest)
{
	return strtok_r(*rest, ", \t\n", rest);
}

/* A letter of skipped.operations. */
static uint32
operation_bit(const char *word)
{
	if (pg_strcasecmp(word, "c") == 0)
		return W2K_SKIP_CREATE;
	if (pg_strcasecmp(word, "u") == 0)
		return W2K_SKIP_UPDATE;
	if (pg_strcasecmp(word, "d") == 0)
		return W2K_SKIP_DELETE;
	if (pg_strcasecmp(word, "t") == 0)
		return W2K_SKIP_TRUNCATE;
	return 0;
}

/* skipped.operations: letters, or "none" alone */
static void
apply_operations(W2kPropertyParse *parse, const W2kProperty *prop,
				 const char *name, const char *value)
{
	uint32 operations = 0;
	bool is_none = false;
	char *rest = pstrdup(value);
	char *word;

	while ((word = next_word(&rest)) != NULL)
	{
		uint32 bit = operation_bit(word);

		if (pg_strcasecmp(word, "none") == 0)
			is_none = true;
		else if (bit == 0)
		{
			operations = 0;
			is_none = false;
			break;
		}
		operations |= bit;
	}
	if (is_none == (operations != 0))
		w2k_properties_invalid(parse, name, value)->hint =
			"Valid values are none, or a list of c, u, d and t.";
	else
		parse->conf->skipped_operations = operations;
}

bool
w2k_properties_is_topic_part(const char *value)
{
	return value[0] != '\0' &&
		   strspn(value,
				  "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(value);
}

/* topic.prefix and what else becomes part of a topic's name */
static void
apply_topic_part(W2kPropertyParse *parse, const W2kProperty *prop,
				 const char *name, const char *value)
{
	if (!w2k_properties_is_topic_part(value))
		w2k_properties_invalid(parse, name, value)->hint =
			"It must consist of ASCII letters, digits, dots, hyphens and underscores.";
	else
		*(char **) ((char *) parse->conf + prop->offset) = pstrdup(value);
}

#define NAMING_PACKAGE "io.debezium.schema."

/* topic.naming.strategy */
static void
apply_naming(W2kPropertyParse *parse, const W2kProperty *prop,
			 const char *name, const char *value)
{
	static const char *const strategies[] = {
		[W2K_NAMING_SCHEMA] = NAMING_PACKAGE "SchemaTopicNamingStrategy",
		[W2K_NAMING_TABLE] = NAMING_PACKAGE "DefaultTopicNamingStrategy",
		[W2K_NAMING_SCHEMA_UNICODE] =
			NAMING_PACKAGE "SchemaUnicodeTopicNamingStrategy",
		[W2K_NAMING_TABLE_UNICODE] =
			NAMING_PACKAGE "DefaultUnicodeTopicNamingStrategy",
		[W2K_NAMING_SCHEMA_REGEX] =
			NAMING_PACKAGE "SchemaRegexTopicNamingStrategy",
		[W2K_NAMING_TABLE_REGEX] =
			NAMING_PACKAGE "DefaultRegexTopicNamingStrategy"};

	if (value[0] == '\0')
		return;
	for (int i = 0; i < (int) lengthof(strategies); i++)
	{
		if (strcmp(value, strategies[i]) != 0)
			continue;
		parse->conf->topic_naming = (W2kNaming) i;
		return;
	}
	w2k_properties_unsupported(parse, name, value)->hint =
		"Supported are {Schema,Default}{,Unicode,Regex}TopicNamingStrategy of package io.debezium.schema.";
}

/* topic.heartbeat.name: empty as any other that is not set */
static void
apply_topic_name(W2kPropertyParse *parse, const W2kProperty *prop,
				 const char *name, const char *value)
{
	if (value[0] != '\0')
		apply_topic_part(parse, prop, name, value);
}

/* signal.data.collection: names of tables */
static void
apply_signal_tables(W2kPropertyParse *parse, const W2kProperty *prop,
					const char *name, const char *value)
{
	char *rest = pstrdup(value);
	char *word;

	while ((word = strtok_r(rest, ",", &rest)) != NULL)
	{
		char *end = word + strlen(word);

		word += strspn(word, " \t\n");
		while (end > word && isspace((unsigned char) end[-1]))
			*--end = '\0';
		if (!w2k_signal_is_name(word))
		{
			w2k_properties_invalid(parse, name, value)->hint =
				"It must be schema.table; a name with a dot in it goes into double quotes.";
			return;
		}
		parse->conf->signal_tables = lappend(parse->conf->signal_tables, word);
	}
}

/* signal.enabled.channels; see check_signals() in connector.c */
static void
apply_signal_channels(W2kPropertyParse *parse, const W2kProperty *prop,
					  const char *name, const char *value)
{
	char *rest = pstrdup(value);
	char *word;

	while ((word = next_word(&rest)) != NULL)
	{
		if (strcmp(word, "kafka") == 0)
			parse->conf->has_kafka_signals = true;
		if (strcmp(word, "kafka") == 0 || strcmp(word, "source") == 0 ||
			strcmp(word, "jmx") == 0)
			continue;
		w2k_properties_unsupported(parse, name, value)->hint =
			"Supported are \"source\" and \"kafka\"; \"jmx\" has no effect.";
		return;
	}
}

/* notification.enabled.channels */
static void
apply_notification_channels(W2kPropertyParse *parse, const W2kProperty *prop,
							const char *name, const char *value)
{
	char *rest = pstrdup(value);
	char *word;

	while ((word = next_word(&rest)) != NULL)
	{
		if (strcmp(word, "sink") == 0)
			parse->conf->notifies_sink = true;
		else if (strcmp(word, "log") == 0)
			parse->conf->notifies_log = true;
		else if (strcmp(word, "jmx") != 0)
		{
			w2k_properties_unsupported(parse, name, value)->hint =
				"Supported are \"sink\" and \"log\"; \"jmx\" has no effect.";
			return;
		}
	}
}

/* unavailable.value.placeholder: text, or hex: and octets */
static void
apply_placeholder(W2kPropertyParse *parse, const W2kProperty *prop,
				  const char *name, const char *value)
{
	const char *hex = value + 4;

	if (strncmp(value, "hex:", 4) == 0 &&
		(strlen(hex) % 2 != 0 ||
		 strspn(hex, "0123456789abcdefABCDEF") != strlen(hex)))
		w2k_properties_invalid(parse, name, value)->hint =
			"Behind \"hex:\" there must be pairs of hexadecimal digits.";
	else
		parse->conf->unavailable_value_placeholder = pstrdup(value);
}

/* before.unknown.values */
static void
apply_before_unknown(W2kPropertyParse *parse, const W2kProperty *prop,
					 const char *name, const char *value)
{
	parse->conf->before_unknown_as_null = (pg_strcasecmp(value, "null") == 0);
}

/* replace.null.with.default: unsaid is neither true nor false */
static void
apply_null_default(W2kPropertyParse *parse, const W2kProperty *prop,
				   const char *name, const char *value)
{
	bool is_replaced;

	if (parse_bool(value, &is_replaced))
		*(W2kNullDefault *) ((char *) parse->conf + prop->offset) =
			is_replaced ? W2K_NULL_REPLACED : W2K_NULL_KEPT;
}

/* ignore.default.for.nullables: the same, the other way round */
static void
apply_null_kept(W2kPropertyParse *parse, const W2kProperty *prop,
				const char *name, const char *value)
{
	bool is_kept;

	if (parse_bool(value, &is_kept))
		*(W2kNullDefault *) ((char *) parse->conf + prop->offset) =
			is_kept ? W2K_NULL_KEPT : W2K_NULL_REPLACED;
}

/* A boolean whose field says the contrary. */
static void
apply_negated(W2kPropertyParse *parse, const W2kProperty *prop,
			  const char *name, const char *value)
{
	bool is_true;

	if (parse_bool(value, &is_true))
		*(bool *) ((char *) parse->conf + prop->offset) = !is_true;
}

/* include.unknown.datatypes: said or not, that makes three */
static void
apply_unknown(W2kPropertyParse *parse, const W2kProperty *prop,
			  const char *name, const char *value)
{
	bool is_included;

	if (!parse_bool(value, &is_included))
		return;
	parse->conf->modes.unknown = is_included ? W2K_MODE_UNKNOWN_BYTES
											 : W2K_MODE_UNKNOWN_LEFT_OUT;
}

/* slot.name: what the server allows, said before it is needed */
static void
apply_slot_name(W2kPropertyParse *parse, const W2kProperty *prop,
				const char *name, const char *value)
{
	if (value[0] == '\0' || strlen(value) >= NAMEDATALEN ||
		strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(value))
		w2k_properties_invalid(parse, name, value)->hint =
			psprintf("It must consist of lower-case letters, digits and underscores, at most %d of them.",
					 NAMEDATALEN - 1);
	else
		parse->conf->slot_name = pstrdup(value);
}

/* logical.decoding.work.mem.kb: the server's setting has a minimum */
static void
apply_work_mem(W2kPropertyParse *parse, const W2kProperty *prop,
			   const char *name, const char *value)
{
	int kbytes = atoi(value);

	if (kbytes > 0 && kbytes < 64)
		w2k_properties_invalid(parse, name, value)->hint =
			"It must be 64 or more, or 0 for the server's setting.";
	else
		parse->conf->logical_decoding_work_mem_kb = kbytes;
}

/* owner, an option: an OID is wider than an int */
static void
apply_owner(W2kPropertyParse *parse, const W2kProperty *prop, const char *name,
			const char *value)
{
	parse->conf->owner = (Oid) strtoul(value, NULL, 10);
}

/* clang-format off */
const W2kProperty w2k_properties[] = {

#define CATEGORY "Connector"
	DONE("name", STRING, NULL, "The connector's name, where the document repeats it."),
	DONE("connector.class", CLASS, W2K_DEBEZIUM_CLASS, "Debezium's PostgreSQL connector, or wal2kafka."),
	IGNORED("connector.plugin.version", STRING, NULL, "there is one version, the installed one"),
	IGNORED("tasks.max", INT, "1", "a connector has one worker"),
	IGNORED("tasks.max.enforce", BOOLEAN, "true", "a connector has one worker"),
	IGNORED("config.action.reload", STRING, "restart", "${file:..} is read again at each reconnect, restart and reload"),
	REFUSED("initial_state", STRING, "RUNNING", "It belongs beside \"config\" in the document, not into it."),
	DONE("start.after.lsn", LSN, NULL, "Skip transactions that committed up to this LSN. Ours.", AT(start_after_lsn)),

#undef CATEGORY
#define CATEGORY "Database"
	DONE("database.dbname", STRING, NULL, "Must be the current database, if said."),
	IGNORED("database.hostname", STRING, NULL, "the worker runs inside the server"),
	IGNORED("database.port", INT, "5432", "the worker runs inside the server"),
	IGNORED("database.user", STRING, NULL, "the connector's owner is who calls create_connector"),
	IGNORED("database.password", PASSWORD, NULL, "the worker needs no password", SECRET),
	IGNORED("database.sslmode", STRING, "prefer", "the worker runs inside the server"),
	IGNORED("database.sslcert", STRING, NULL, "the worker runs inside the server"),
	IGNORED("database.sslkey", STRING, NULL, "the worker runs inside the server"),
	IGNORED("database.sslpassword", PASSWORD, NULL, "the worker runs inside the server", SECRET),
	IGNORED("database.sslrootcert", STRING, NULL, "the worker runs inside the server"),
	IGNORED("database.sslfactory", CLASS, NULL, "the worker runs inside the server"),
	IGNORED("database.tcpKeepAlive", BOOLEAN, "true", "the worker runs inside the server"),
	IGNORED("database.initial.statements", STRING, NULL, "no SQL session is opened"),
	IGNORED("database.query.timeout.ms", DURATION, "600000", "no SQL session is opened"),
	IGNORED("database.connection.factory.class", CLASS, NULL, "the worker runs inside the server"),
	NOT_YET("database.include.list", REGEX_LIST, NULL, "A connector captures the database it is created in."),
	NOT_YET("database.exclude.list", REGEX_LIST, NULL, "A connector captures the database it is created in."),
	IGNORED("database.<property>", STRING, NULL, "settings of the JDBC driver", HIDDEN_FAMILY),
	IGNORED("driver.<property>", STRING, NULL, "settings of the JDBC driver", HIDDEN_FAMILY),
	IGNORED("connection.validation.timeout.ms", DURATION, "60000", "the worker runs inside the server"),

#undef CATEGORY
#define CATEGORY "Slot and publication"
	IGNORED("plugin.name", STRING, "decoderbufs", "the slot's plugin is wal2kafka"),
	DONE("slot.name", STRING, NULL, "The replication slot. Default: wal2kafka_<database>_<connector>.", AT(slot_name), .apply = apply_slot_name),
	NOT_YET("slot.drop.on.stop", BOOLEAN, "false", "A slot is dropped with its connector only."),
	DONE("slot.failover", BOOLEAN, "false", "Create the slot so that it is synchronized to standbys (PostgreSQL 17 and later).", AT(slot_failover)),
	IGNORED("slot.stream.params", STRING, NULL, "parameters of another output plugin"),
	IGNORED("slot.max.retries", INT, "6", "the launcher tries again for ever, less and less often"),
	IGNORED("slot.retry.delay.ms", DURATION, "10000", "the launcher tries again for ever, less and less often"),
	DONE("status.update.interval.ms", DURATION, "10000", "How often the slot's position is written to disk.", AT(status_update_interval_ms), RANGE(100, 86400000)),
	DONE("max.slot.lag.bytes", LONG, "0", "How much WAL the slot may keep before max.slot.lag.action; 0 = any amount. Ours.", AT(max_slot_lag_bytes), RANGE(0, INT64_MAX)),
	DONE("max.slot.lag.action", ENUM, "warn", "Above max.slot.lag.bytes: warn; or drop the slot, which loses the changes it kept, and fail. Ours.", AT(max_slot_lag_action), CHOICES({"warn", W2K_LAG_WARN}, {"drop", W2K_LAG_DROP})),
	DONE("logical.decoding.work.mem.kb", INT, "0", "logical_decoding_work_mem of the worker; 0 = the server's. Ours.", AT(logical_decoding_work_mem_kb), RANGE(0, INT_MAX), .apply = apply_work_mem),
	DONE("publication.name", STRING, NULL, "Narrows what is captured to its tables, operations, columns and rows; ignored where there is no such publication.", PLUGIN, AT(publication_name)),
	DONE("publication.autocreate.mode", ENUM, "all_tables", "No publication is created; disabled: it must exist.", CHOICES({"disabled", 0}, {"all_tables", 0}, {"filtered", 0}, {"no_tables", 0})),
	DONE("publish.via.partition.root", BOOLEAN, "false", "Changes of partitions are those of the partitioned table; a publication says so itself.", PLUGIN, AT(publish_via_partition_root)),
	DONE("replica.identity.autoset.values", LIST, NULL, "Replica identities that captured tables are given at start, by ALTER TABLE as the connector's owner: schema.table: and DEFAULT, FULL, NOTHING or INDEX name.", .apply = w2k_replica_identity_apply),
	NOT_YET("xmin.fetch.interval.ms", LONG, "0", "How often source.xmin is read."),
	NOT_YET("lsn.flush.mode", ENUM, "connector", "Who confirms the slot: the worker, behind Kafka's acknowledgements.", CHOICES({"connector", 0}, {"manual", 0}, {"connector_and_driver", 0}), ACCEPTS("connector|connector_and_driver")),
	NOT_YET("flush.lsn.source", BOOLEAN, "true", "Old form of lsn.flush.mode."),
	IGNORED("lsn.flush.timeout.ms", DURATION, "30000", "confirming the slot does not wait"),
	IGNORED("lsn.flush.timeout.action", STRING, "fail", "confirming the slot does not wait"),
	IGNORED("offset.mismatch.strategy", STRING, "no_validation", "the slot is the only position"),

#undef CATEGORY
#define CATEGORY "Tables and columns"
	DONE("schema.include.list", REGEX_LIST, NULL, "Schemas to capture.", PLUGIN, AT(schema_include_list)),
	DONE("schema.exclude.list", REGEX_LIST, NULL, "Schemas not to capture.", PLUGIN, AT(schema_exclude_list)),
	DONE("table.include.list", REGEX_LIST, NULL, "Tables to capture, as schema.table.", PLUGIN, AT(table_include_list)),
	DONE("table.exclude.list", REGEX_LIST, NULL, "Tables not to capture, as schema.table.", PLUGIN, AT(table_exclude_list)),
	DONE("column.include.list", REGEX_LIST, NULL, "Columns of values, as schema.table.column.", PLUGIN, AT(column_include_list)),
	DONE("column.exclude.list", REGEX_LIST, NULL, "Columns to leave out of values, as schema.table.column.", PLUGIN, AT(column_exclude_list)),
	NOT_YET("table.ignore.builtin", BOOLEAN, "true", "Tables of the system are never captured."),
	DONE("skipped.operations", LIST, "t", "Operations that give no record: c, u, d, t, or none.", PLUGIN, AT(skipped_operations), .apply = apply_operations),
	DONE("skip.messages.without.change", BOOLEAN, "false", "No record for an update that changes no captured column (REPLICA IDENTITY FULL).", PLUGIN, AT(skip_messages_without_change)),
	DONE("include.generated.columns", BOOLEAN, "false", "Stored generated columns are part of values. Ours.", PLUGIN, AT(include_generated_columns)),
	DONE("message.key.columns", STRING, NULL, "Columns of keys, instead of the primary key's: schema.table:column,column;...", PLUGIN, AT(message_key_columns), .apply = w2k_rules_apply_key),
	DONE("message.prefix.include.list", REGEX_LIST, NULL, "Logical messages to capture, by their prefixes.", PLUGIN, AT(message_prefix_include_list)),
	DONE("message.prefix.exclude.list", REGEX_LIST, NULL, "Logical messages not to capture.", PLUGIN, AT(message_prefix_exclude_list)),
	DONE("column.truncate.to.<length>.chars", REGEX_LIST, NULL, "Columns whose text or bytea is cut.", PLUGIN_FAMILY, .apply = w2k_rules_apply_mask),
	DONE("column.mask.with.<length>.chars", REGEX_LIST, NULL, "Character columns whose values are replaced by asterisks.", PLUGIN_FAMILY, .apply = w2k_rules_apply_mask),
	DONE("column.mask.hash.v2.<algorithm>.with.salt.<salt>", REGEX_LIST, NULL, "Character columns whose values are replaced by a hash of their UTF-8.", .flags = W2K_PROP_FAMILY | W2K_PROP_PLUGIN | W2K_PROP_SECRET, .apply = w2k_rules_apply_mask),
	DONE("column.mask.hash.<algorithm>.with.salt.<salt>", REGEX_LIST, NULL, "The same, of strings as Java serializes them.", .flags = W2K_PROP_FAMILY | W2K_PROP_PLUGIN | W2K_PROP_SECRET, .apply = w2k_rules_apply_mask),
	DONE("column.propagate.source.type", REGEX_LIST, NULL, "Columns whose schemas tell their type and length, as schema.table.column.", PLUGIN, AT(column_propagate_list)),
	DONE("datatype.propagate.source.type", REGEX_LIST, NULL, "Types of such columns, as schema.table.type.", PLUGIN, AT(datatype_propagate_list)),
	DONE("guardrail.collections.max", INT, "0", "How many tables the filters may let through, looked at when the connector starts; 0 = any number.", AT(guardrail_collections_max), RANGE(0, INT_MAX)),
	DONE("guardrail.collections.limit.action", ENUM, "warn", "Above guardrail.collections.max: warn, or fail.", AT(guardrail_action), CHOICES({"warn", W2K_GUARDRAIL_WARN}, {"fail", W2K_GUARDRAIL_FAIL})),

#undef CATEGORY
#define CATEGORY "Records"
	DONE("format", ENUM, "json", "Format of keys and values where no converter is named. Ours.", PLUGIN, CHOICES({"json", 0}, {"json-with-schemas", 0}, {"json-registry", 0}, {"avro", 0}, {"protobuf", 0}, {"protobuf-registry", 0})),
	DONE("key.converter", CLASS, NULL, "org.apache.kafka.connect.json.JsonConverter, which is what there is without it.", PLUGIN),
	DONE("key.converter.schemas.enable", BOOLEAN, "true", "Records carry their schema. Where neither this nor a converter is said, format decides.", PLUGIN),
	DONE("key.converter.decimal.format", ENUM, "BASE64", "How Decimal is written in JSON.", PLUGIN, AT(key_converter.has_numeric_decimals), CHOICES({"BASE64", false}, {"NUMERIC", true})),
	DONE("key.converter.replace.null.with.default", BOOLEAN, NULL, "Null becomes the column's default. Unsaid, null stays null.", PLUGIN, AT(key_converter.null_default), .apply = apply_null_default),
	IGNORED("key.converter.schemas.cache.size", INT, "1000", "there is no such cache"),
	IGNORED("key.converter.converter.type", STRING, NULL, "the property's name says which side it is for"),
	IGNORED("key.converter.schema.content", STRING, NULL, "a schema for reading, and nothing is read"),
	IGNORED("key.converter.plugin.version", STRING, NULL, "there is one version, the installed one"),
	CONVERTER_OPTIONS("key", key_converter),
	DONE("value.converter", CLASS, NULL, "org.apache.kafka.connect.json.JsonConverter, which is what there is without it.", PLUGIN),
	DONE("value.converter.schemas.enable", BOOLEAN, "true", "Records carry their schema. Where neither this nor a converter is said, format decides.", PLUGIN),
	DONE("value.converter.decimal.format", ENUM, "BASE64", "How Decimal is written in JSON.", PLUGIN, AT(value_converter.has_numeric_decimals), CHOICES({"BASE64", false}, {"NUMERIC", true})),
	DONE("value.converter.replace.null.with.default", BOOLEAN, NULL, "Null becomes the column's default. Unsaid, null stays null.", PLUGIN, AT(value_converter.null_default), .apply = apply_null_default),
	IGNORED("value.converter.schemas.cache.size", INT, "1000", "there is no such cache"),
	IGNORED("value.converter.converter.type", STRING, NULL, "the property's name says which side it is for"),
	IGNORED("value.converter.schema.content", STRING, NULL, "a schema for reading, and nothing is read"),
	IGNORED("value.converter.plugin.version", STRING, NULL, "there is one version, the installed one"),
	CONVERTER_OPTIONS("value", value_converter),
	NOT_YET("header.converter", CLASS, "org.apache.kafka.connect.storage.SimpleHeaderConverter", "How headers are written."),
	IGNORED("header.converter.plugin.version", STRING, NULL, "there is one version, the installed one"),
	DONE("tombstones.on.delete", BOOLEAN, "true", "A delete is followed by a record of its key and no value.", PLUGIN, AT(tombstones_on_delete)),
	DONE("extended.headers.enabled", BOOLEAN, "true", "Records carry Debezium's context headers.", PLUGIN, AT(extended_headers)),
	DONE("unavailable.value.placeholder", STRING, "__debezium_unavailable_value", "Stands for a TOASTed value that did not change; hex: for octets.", PLUGIN, AT(unavailable_value_placeholder), .apply = apply_placeholder),
	DONE("before.unknown.values", ENUM, "fallback", "NOT NULL columns that \"before\" does not know: Debezium's fallbacks, or null. Ours.", PLUGIN, .apply = apply_before_unknown, CHOICES({"fallback", 0}, {"null", 1})),
	DONE("decimal.handling.mode", ENUM, "precise", "Form of numeric and money: unscaled bytes, a double, or text.", PLUGIN, AT(modes.decimal), CHOICES({"precise", W2K_MODE_DECIMAL_PRECISE}, {"double", W2K_MODE_DECIMAL_DOUBLE}, {"string", W2K_MODE_DECIMAL_STRING})),
	DONE("time.precision.mode", ENUM, "adaptive", "Form of date, time and timestamp.", PLUGIN, AT(modes.time), CHOICES({"adaptive", W2K_MODE_TIME_ADAPTIVE}, {"adaptive_time_microseconds", W2K_MODE_TIME_ADAPTIVE_MICROS}, {"connect", W2K_MODE_TIME_CONNECT}, {"isostring", W2K_MODE_TIME_ISO}, {"microseconds", W2K_MODE_TIME_MICROS}, {"nanoseconds", W2K_MODE_TIME_NANOS}, {"structured", W2K_MODE_TIME_STRUCTURED})),
	DONE("binary.handling.mode", ENUM, "bytes", "Form of bytea and of logical messages.", PLUGIN, AT(modes.binary), CHOICES({"bytes", W2K_MODE_BINARY_BYTES}, {"base64", W2K_MODE_BINARY_BASE64}, {"base64-url-safe", W2K_MODE_BINARY_BASE64_URL}, {"hex", W2K_MODE_BINARY_HEX})),
	DONE("hstore.handling.mode", ENUM, "json", "Form of hstore: a text that holds JSON, or a map.", PLUGIN, AT(modes.hstore), CHOICES({"json", W2K_MODE_HSTORE_JSON}, {"map", W2K_MODE_HSTORE_MAP})),
	DONE("interval.handling.mode", ENUM, "numeric", "Form of interval: microseconds, or ISO 8601 text.", PLUGIN, AT(modes.interval), CHOICES({"numeric", W2K_MODE_INTERVAL_NUMERIC}, {"string", W2K_MODE_INTERVAL_STRING})),
	DONE("money.fraction.digits", INT, "2", "Digits behind the point of money, with decimal.handling.mode=precise.", PLUGIN, AT(modes.money_digits), RANGE(0, 20)),
	DONE("include.unknown.datatypes", BOOLEAN, NULL, "Columns of types that Debezium does not know: false leaves them out, true sends their text as binary.handling.mode says; unsaid, they are sent as text.", PLUGIN, .apply = apply_unknown),
	IGNORED("include.schema.comments", BOOLEAN, "false", "Debezium's PostgreSQL connector puts no comments into records either"),
	DONE("include.schema.changes", BOOLEAN, "false", "DDL on captured tables is sent, with the tables' new definitions, to the topic named as topic.prefix says, in order with the data and in the shape of Debezium's MySQL connector. Default: false, since Debezium's PostgreSQL connector has no such topic. The definitions that tables have at the start are not sent.", PLUGIN, AT(include_schema_changes)),
	DONE("schema.name.adjustment.mode", ENUM, "none", "How schemas are named.", PLUGIN, AT(schema_adjustment), ADJUSTMENT_CHOICES),
	DONE("field.name.adjustment.mode", ENUM, "none", "How column names become field names.", PLUGIN, AT(field_adjustment), ADJUSTMENT_CHOICES),
	DONE("schema.compatibility", ENUM, "none", "How a table's schema may follow the last one (transitive: all) that the schema registry has; an ALTER that would break it is refused. Ours.", AT(compatibility), COMPATIBILITY_CHOICES),
	NOT_YET("sourceinfo.struct.maker", CLASS, "io.debezium.connector.postgresql.PostgresSourceInfoStructMaker", "Who makes the source block."),
	NOT_YET("converters", LIST, NULL, "Custom converters of values."),
	NOT_YET("post.processors", LIST, NULL, "What is done to records after they are made."),
	DONE("transforms", LIST, NULL, "Names of transforms, in the order in which they are applied to each record.", PLUGIN),
	DONE("transforms.<name>.<property>", STRING, NULL, "A transform's type, its predicate and negate, and its own options.", .flags = W2K_PROP_FAMILY | W2K_PROP_PLUGIN | W2K_PROP_EMPTY),
	DONE("predicates", LIST, NULL, "Names of predicates, which transforms may name.", PLUGIN),
	DONE("predicates.<name>.<property>", STRING, NULL, "A predicate's type and its option.", .flags = W2K_PROP_FAMILY | W2K_PROP_PLUGIN | W2K_PROP_EMPTY),
	DONE("provide.transaction.metadata", BOOLEAN, "false", "Events say their place in their transaction, and a topic its begin and end.", PLUGIN, AT(provide_transaction_metadata)),
	NOT_YET("transaction.metadata.factory", CLASS, "io.debezium.pipeline.txmetadata.DefaultTransactionMetadataFactory", "Who makes the transaction's block and records."),

#undef CATEGORY
#define CATEGORY "Topics"
	DONE("topic.prefix", STRING, NULL, "First part of every topic's name. Default: the connector's name.", PLUGIN, AT(topic_prefix), .apply = apply_topic_part),
	DONE("topic.delimiter", STRING, ".", "Between the parts of a topic's name.", PLUGIN, AT(topic_delimiter), .apply = apply_topic_part),
	DONE("topic.naming.strategy", CLASS, NAMING_PACKAGE "SchemaTopicNamingStrategy", "How topics of tables are named: with the schema or without ({Schema,Default}TopicNamingStrategy), characters spelled out ({Schema,Default}Unicode...), or replaced by topic.regex ({Schema,Default}Regex...).", PLUGIN, .apply = apply_naming),
	IGNORED("topic.cache.size", INT, "10000", "a table's topic is kept with what else is known of it"),
	DONE("topic.transaction", STRING, "transaction", "Last part of the name of the topic of provide.transaction.metadata.", PLUGIN, AT(topic_transaction), .apply = apply_topic_part),
	DONE("topic.heartbeat.prefix", STRING, "__debezium-heartbeat", "First part of the name of the heartbeats' topic; the second is topic.prefix.", AT(topic_heartbeat_prefix), .apply = apply_topic_part),
	DONE("topic.heartbeat.name", STRING, NULL, "Name of the heartbeats' topic, instead.", AT(topic_heartbeat_name), .apply = apply_topic_name),
	DONE("topic.regex", REGEX, NULL, "Of a strategy with Regex: what is matched against the whole of a topic's name.", PLUGIN, AT(topic_regex)),
	DONE("topic.replacement", STRING, NULL, "The same: the new name; $1 and ${name} stand for groups.", PLUGIN, AT(topic_replacement)),
	DONE("topic.key.enforce.uniqueness", BOOLEAN, "true", "The same: keys have one more field, which says the table.", PLUGIN, AT(topic_key_unique)),
	DONE("topic.key.field.name", STRING, "__dbz__physicalTableIdentifier", "The same: its name.", PLUGIN, AT(topic_key_field)),
	DONE("topic.key.field.regex", REGEX, NULL, "The same: its value is the name that the topic would have, or what is made of that where this matches the whole of it.", PLUGIN, AT(topic_key_regex)),
	DONE("topic.key.field.replacement", STRING, NULL, "The same: by this.", PLUGIN, AT(topic_key_replacement)),
	DONE("topic.creation.groups", LIST, NULL, "Groups of topics that are created differently."),
	DONE("topic.creation.default.replication.factor", INT, NULL, "Replicas of a topic that the connector creates; -1 = the broker's default. Without it the broker creates topics.", RANGE(-1, 32767)),
	DONE("topic.creation.default.partitions", INT, NULL, "Partitions of a topic that the connector creates; -1 = the broker's default.", RANGE(-1, 1000000)),
	DONE("topic.creation.default.<topic property>", STRING, NULL, "Any other property of a topic that the connector creates.", FAMILY),
	DONE("topic.creation.<group>.include", REGEX_LIST, NULL, "Topics of a group.", FAMILY),
	DONE("topic.creation.<group>.exclude", REGEX_LIST, NULL, "Topics that do not belong to a group.", FAMILY),
	DONE("topic.creation.<group>.replication.factor", INT, NULL, "As in the default group, whose value is the default.", FAMILY, RANGE(-1, 32767)),
	DONE("topic.creation.<group>.partitions", INT, NULL, "As in the default group, whose value is the default.", FAMILY, RANGE(-1, 1000000)),
	DONE("topic.creation.<group>.<topic property>", STRING, NULL, "Any other property of a topic that the connector creates.", FAMILY),

#undef CATEGORY
#define CATEGORY "Kafka"
	DONE("bootstrap.servers", LIST, NULL, "Brokers, as host:port. Default: wal2kafka.bootstrap_servers.", .flags = W2K_PROP_REFERENCE),
	DONE("producer.override.<property>", STRING, NULL, "A property of the Kafka client, by librdkafka's or the Java client's name.", .flags = W2K_PROP_FAMILY | W2K_PROP_REFERENCE),
	IGNORED("consumer.override.<property>", STRING, NULL, "nothing is consumed", HIDDEN_FAMILY),
	IGNORED("admin.override.<property>", STRING, NULL, "topics are created by the producer's client", HIDDEN_FAMILY),
	DONE("statistics.interval.ms", DURATION, "5000", "How often the client's statistics are taken; 0 = never. Ours.", AT(statistics_interval_ms), RANGE(0, 86400000)),
	NOT_YET("exactly.once.support", ENUM, "requested", "Records and position in one Kafka transaction.", CHOICES({"requested", 0}, {"required", 0})),
	IGNORED("transaction.boundary", STRING, "poll", "has a meaning only with exactly.once.support=required"),
	IGNORED("transaction.boundary.interval.ms", DURATION, NULL, "has a meaning only with exactly.once.support=required"),
	IGNORED("offsets.storage.topic", STRING, NULL, "the slot is the only position"),

#undef CATEGORY
#define CATEGORY "Schema registry"
#define NO_CACHE "a schema is asked for once, and then known for as long as the sender runs"
#define NO_RULES "schemas are registered without rules"
#define NO_OAUTH "Set bearer.auth.credentials.source to STATIC_TOKEN and bearer.auth.token."
	DONE("schema.registry.url", LIST, NULL, "URLs of a registry with Confluent's API, as http[s]://host[:port][/path]; the next is asked where one is of no use.", REGISTRY_TEXT),
	DONE("key.converter.<registry property>", STRING, NULL, "A property of this list, for the registry of keys alone.", .flags = W2K_PROP_FAMILY | W2K_PROP_SHOWN),
	DONE("value.converter.<registry property>", STRING, NULL, "The same, of values.", .flags = W2K_PROP_FAMILY | W2K_PROP_SHOWN),
	DONE("auto.register.schemas", BOOLEAN, "true", "Schemas that the registry does not have are registered; else they must be there.", REGISTRY),
	DONE("use.latest.version", BOOLEAN, "false", "With auto.register.schemas=false: a table's schema must be the latest version of its subject.", REGISTRY),
	NOT_YET("latest.compatibility.strict", BOOLEAN, "true", "Records are written by their table's schema, never by another that is not equal.", REGISTRY),
	DONE("normalize.schemas", BOOLEAN, "false", "The registry compares schemas in a normal form.", REGISTRY),
	DONE("key.subject.name.strategy", CLASS, W2K_SUBJECT_PACKAGE "TopicNameStrategy", "Subjects of schemas of keys: TopicNameStrategy, RecordNameStrategy or TopicRecordNameStrategy.", REGISTRY_PLUGIN),
	DONE("value.subject.name.strategy", CLASS, W2K_SUBJECT_PACKAGE "TopicNameStrategy", "The same, of values.", REGISTRY_PLUGIN),
	DONE("basic.auth.credentials.source", ENUM, "URL", "Where user and password stand: in schema.registry.url, in basic.auth.user.info, or in sasl.jaas.config (without it, they are those for the brokers).", REGISTRY, CHOICES({"URL", 0}, {"USER_INFO", 1}, {"SASL_INHERIT", 2})),
	DONE("basic.auth.user.info", PASSWORD, NULL, "user:password, with source USER_INFO.", REGISTRY_SECRET),
	DONE("schema.registry.basic.auth.user.info", PASSWORD, NULL, "Old form of basic.auth.user.info.", REGISTRY_SECRET),
	DONE("sasl.jaas.config", PASSWORD, NULL, "User and password, with source SASL_INHERIT.", REGISTRY_SECRET),
	DONE("bearer.auth.credentials.source", ENUM, NULL, "Where a token comes from: STATIC_TOKEN. The other ones are refused.", REGISTRY, CHOICES({"STATIC_TOKEN", 0}, {"OAUTHBEARER", 1}, {"SASL_OAUTHBEARER_INHERIT", 1}, {"CUSTOM", 1})),
	DONE("bearer.auth.token", PASSWORD, NULL, "The token, with source STATIC_TOKEN.", REGISTRY_SECRET),
	DONE("bearer.auth.logical.cluster", STRING, NULL, "Sent along as target-sr-cluster.", REGISTRY_TEXT),
	DONE("bearer.auth.identity.pool.id", STRING, NULL, "Sent along as Confluent-Identity-Pool-Id.", REGISTRY_TEXT),
	REFUSED("bearer.auth.issuer.endpoint.url", STRING, NULL, NO_OAUTH, REGISTRY),
	REFUSED("bearer.auth.client.id", STRING, NULL, NO_OAUTH, REGISTRY),
	REFUSED("bearer.auth.client.secret", PASSWORD, NULL, NO_OAUTH, REGISTRY_SECRET),
	REFUSED("bearer.auth.scope", STRING, NULL, NO_OAUTH, REGISTRY),
	REFUSED("bearer.auth.scope.claim.name", STRING, NULL, NO_OAUTH, REGISTRY),
	REFUSED("bearer.auth.sub.claim.name", STRING, NULL, NO_OAUTH, REGISTRY),
	REFUSED("bearer.auth.cache.expiry.buffer.seconds", INT, NULL, NO_OAUTH, REGISTRY),
	REFUSED("bearer.auth.custom.provider.class", CLASS, NULL, "It loads code into a Java client.", REGISTRY),
	DONE("request.header.<name>", STRING, NULL, "A header of requests to the registry.", .flags = W2K_PROP_FAMILY | W2K_PROP_REGISTRY | W2K_PROP_REFERENCE | W2K_PROP_SECRET),
	DONE("schema.registry.ssl.<property>", STRING, NULL, "TLS, by the Kafka client's properties: truststore.*, keystore.* and key.* (type PEM), ca.*, certificate.*, cipher.suites, endpoint.identification.algorithm. Below a converter: instead of all of these.", .flags = W2K_PROP_FAMILY | W2K_PROP_REGISTRY | W2K_PROP_REFERENCE),
	DONE("http.connect.timeout.ms", DURATION, "60000", "How long a connection to the registry may take to be made.", REGISTRY, RANGE(1, 3600000)),
	DONE("http.read.timeout.ms", DURATION, "60000", "How long an answer may take after that, all of it.", REGISTRY, RANGE(1, 3600000)),
	DONE("retries.wait.ms", DURATION, "1000", "Pause before a registry that is away is asked again; longer each time, up to ...", REGISTRY, RANGE(1, 3600000)),
	DONE("retries.max.wait.ms", DURATION, "20000", "... this.", REGISTRY, RANGE(1, 3600000)),
	IGNORED("max.retries", INT, "3", "a registry that is away is asked again for ever", REGISTRY),
	DONE("proxy.host", STRING, NULL, "An HTTP proxy on the way to the registry; those of the environment are not used.", REGISTRY_TEXT),
	DONE("proxy.port", INT, NULL, "Its port.", REGISTRY, RANGE(1, 65535)),
	IGNORED("max.schemas.per.subject", INT, "1000", NO_CACHE, REGISTRY),
	IGNORED("latest.cache.size", INT, "1000", NO_CACHE, REGISTRY),
	IGNORED("latest.cache.ttl.sec", INT, "-1", NO_CACHE, REGISTRY),
	IGNORED("missing.id.cache.ttl.sec", LONG, "0", NO_CACHE, REGISTRY),
	IGNORED("missing.version.cache.ttl.sec", LONG, "0", NO_CACHE, REGISTRY),
	IGNORED("missing.schema.cache.ttl.sec", LONG, "0", NO_CACHE, REGISTRY),
	IGNORED("missing.cache.size", INT, "10000", NO_CACHE, REGISTRY),
	IGNORED("id.compatibility.strict", BOOLEAN, "true", "has a meaning only with use.schema.id", REGISTRY),
	NOT_YET("use.schema.id", INT, "-1", "Records are written by their table's schema.", REGISTRY),
	NOT_YET("use.latest.with.metadata", LIST, NULL, "The same.", REGISTRY),
	NOT_YET("context.name.strategy", CLASS, "io.confluent.kafka.serializers.context.NullContextNameStrategy", "Name a registry's context in schema.registry.url, as .../contexts/<name>.", REGISTRY),
	NOT_YET("key.schema.id.serializer", CLASS, "io.confluent.kafka.serializers.schema.id.PrefixSchemaIdSerializer", "Ids stand before the bytes of keys.", REGISTRY),
	NOT_YET("value.schema.id.serializer", CLASS, "io.confluent.kafka.serializers.schema.id.PrefixSchemaIdSerializer", "Ids stand before the bytes of values.", REGISTRY),
	NOT_YET("propagate.schema.tags", BOOLEAN, "false", "Tags of the version before.", REGISTRY),
	IGNORED("key.schema.id.deserializer", CLASS, NULL, "nothing is read", REGISTRY),
	IGNORED("value.schema.id.deserializer", CLASS, NULL, "nothing is read", REGISTRY),
	IGNORED("schema.format", STRING, NULL, "schemas are registered as they are printed", REGISTRY),
	IGNORED("rule.executors", LIST, NULL, NO_RULES, REGISTRY),
	IGNORED("rule.actions", LIST, NULL, NO_RULES, REGISTRY),
	IGNORED("rule.service.loader.enable", BOOLEAN, "true", NO_RULES, REGISTRY),

#undef CATEGORY
#define CATEGORY "Errors"
	DONE("event.processing.failure.handling.mode", ENUM, "fail", "What to do with a row or record that cannot be processed.", PLUGIN, AT(processing_failure), FAILURE_CHOICES),
	DONE("event.converting.failure.handling.mode", ENUM, "warn", "What to do with a value that has no form in the record.", PLUGIN, AT(converting_failure), FAILURE_CHOICES),
	NOT_YET("errors.tolerance", ENUM, "none", "See event.processing.failure.handling.mode.", CHOICES({"none", 0}, {"all", 0})),
	IGNORED("errors.max.retries", INT, "-1", "the launcher tries again for ever, less and less often"),
	IGNORED("errors.retry.timeout", DURATION, "0", "the launcher tries again for ever, less and less often"),
	IGNORED("errors.retry.delay.max.ms", DURATION, "60000", "the launcher tries again for ever, less and less often"),
	IGNORED("errors.log.enable", BOOLEAN, "false", "errors are in the server's log and in the view connectors"),
	IGNORED("errors.log.include.messages", BOOLEAN, "false", "row values are not written to the server's log"),
	IGNORED("retriable.restart.connector.wait.ms", DURATION, "10000", "the launcher tries again for ever, less and less often"),

#undef CATEGORY
#define CATEGORY "Snapshots"
	DONE("snapshot.mode", ENUM, "initial", "When existing rows are read. always: at each start that was asked for, and of the server. No effect where start.after.lsn is set: then somebody has sent them.", AT(snapshot_mode), CHOICES({"initial", W2K_SNAPSHOT_INITIAL}, {"always", W2K_SNAPSHOT_ALWAYS}, {"initial_only", W2K_SNAPSHOT_INITIAL_ONLY}, {"no_data", W2K_SNAPSHOT_NO_DATA}, {"never", W2K_SNAPSHOT_NO_DATA}, {"when_needed", W2K_SNAPSHOT_WHEN_NEEDED}, {"configuration_based", W2K_SNAPSHOT_CONFIGURATION_BASED})),
	DONE("snapshot.mode.configuration.based.snapshot.data", BOOLEAN, "false", "With snapshot.mode=configuration_based: read existing rows.", AT(snapshot_by_configuration)),
	IGNORED("snapshot.mode.configuration.based.snapshot.schema", BOOLEAN, "false", "schemas are always those of the catalogs"),
	DONE("snapshot.mode.configuration.based.start.stream", BOOLEAN, "false", "With snapshot.mode=configuration_based: stream changes.", AT(stream_by_configuration)),
	IGNORED("snapshot.mode.configuration.based.snapshot.on.schema.error", BOOLEAN, "false", "schemas are always those of the catalogs"),
	DONE("snapshot.mode.configuration.based.snapshot.on.data.error", BOOLEAN, "false", "With snapshot.mode=configuration_based: begin anew where the slot was lost.", AT(anew_by_configuration)),
	NOT_YET("snapshot.mode.custom.name", STRING, NULL, "Java code; see configuration_based."),
	IGNORED("snapshot.isolation.mode", ENUM, "serializable", "rows are read under the slot's own snapshot, which is REPEATABLE READ, as Debezium does with a new slot", CHOICES({"serializable", 0}, {"repeatable_read", 0}, {"read_committed", 0}, {"read_uncommitted", 0})),
	DONE("snapshot.locking.mode", ENUM, "none", "shared: tables stay locked (ACCESS SHARE) until the initial snapshot is complete. none: only while a chunk is read.", AT(snapshot_locks_tables), CHOICES({"none", 0}, {"shared", 1})),
	NOT_YET("snapshot.locking.mode.custom.name", STRING, NULL, "Java code."),
	DONE("snapshot.lock.timeout.ms", DURATION, "10000", "How long a snapshot waits for a table that is locked, before it tries again later.", AT(snapshot_lock_timeout_ms), RANGE(0, INT_MAX)),
	NOT_YET("snapshot.query.mode", ENUM, "select_all", "How rows are read.", CHOICES({"select_all", 0}, {"custom", 0})),
	NOT_YET("snapshot.query.mode.custom.name", STRING, NULL, "Java code; see snapshot.select.statement.overrides."),
	DONE("snapshot.select.statement.overrides", LIST, NULL, "Tables (schema.table) that an initial snapshot reads by a SELECT of their own.", PLUGIN),
	DONE("snapshot.select.statement.overrides.<table>", STRING, NULL, "The SELECT for such a table; its columns are the table's by name. Run as the connector's owner.", PLUGIN_FAMILY, .apply = w2k_snapshots_apply_override),
	DONE("snapshot.include.collection.list", REGEX_LIST, NULL, "Captured tables whose existing rows an initial snapshot reads; unsaid: all.", AT(snapshot_include_list), PLUGIN),
	DONE("snapshot.new.tables", ENUM, "off", "Ours: what becomes of the rows of a table that begins to match the filters. incremental: they are read beside the stream, where snapshot.include.collection.list lets them be. off: only its changes are sent.", AT(snapshot_new_tables), PLUGIN, CHOICES({"off", 0}, {"incremental", 1})),
	IGNORED("snapshot.fetch.size", INT, "10240", "rows are read block by block, in bounded memory"),
	DONE("snapshot.max.threads", INT, "1", "Processes that read tables during an initial snapshot.", AT(snapshot_max_threads), RANGE(1, W2K_MAX_SNAPSHOT_THREADS)),
	IGNORED("snapshot.max.threads.multiplier", INT, "1", "tables are cut into chunks by their blocks"),
	IGNORED("legacy.snapshot.max.threads", BOOLEAN, "false", "tables are cut into chunks by their blocks"),
	DONE("snapshot.tables.order.by.row.count", ENUM, "disabled", "Order of tables in an initial snapshot, by their estimated rows instead of by name.", AT(snapshot_order), CHOICES({"disabled", 0}, {"ascending", 1}, {"descending", -1})),
	DONE("snapshot.delay.ms", DURATION, "0", "Wait before an initial snapshot.", AT(snapshot_delay_ms), RANGE(0, INT_MAX)),
	DONE("snapshot.max.rows.per.second", INT, "0", "Ours: rows that snapshots read at most, on the average; 0 = no limit.", AT(snapshot_max_rate), RANGE(0, INT_MAX)),
	IGNORED("query.fetch.size", INT, "0", "rows are read block by block, in bounded memory"),
	DONE("streaming.delay.ms", DURATION, "0", "Wait between an initial snapshot and streaming.", AT(streaming_delay_ms), RANGE(0, INT_MAX)),
	IGNORED("read.only", BOOLEAN, "false", "incremental snapshots write no watermarks"),
	DONE("incremental.snapshot.chunk.size", INT, "1024", "Rows that an incremental snapshot reads at once.", AT(incremental_chunk_size), RANGE(1, 1000000)),
	IGNORED("incremental.snapshot.watermarking.strategy", STRING, "insert_insert", "incremental snapshots write no watermarks"),
	IGNORED("incremental.snapshot.allow.schema.changes", BOOLEAN, "false", "a table may always be altered while it is read"),

#undef CATEGORY
#define CATEGORY "Heartbeats, signals, notifications"
	DONE("heartbeat.interval.ms", DURATION, "0", "How often a heartbeat record is sent; 0 = never. The slot advances without them.", AT(heartbeat_interval_ms), RANGE(0, INT_MAX)),
	DONE("heartbeat.action.query", STRING, NULL, "SQL run with each heartbeat, as the connector's owner.", AT(heartbeat_action_query)),
	IGNORED("heartbeat.topics.prefix", STRING, "__debezium-heartbeat", "Debezium 3 reads topic.heartbeat.prefix instead"),
	DONE("signal.data.collection", LIST, NULL, "Table whose rows are signals, as schema.table, captured or not; the owner must be able to read it.", PLUGIN, .apply = apply_signal_tables),
	DONE("signal.enabled.channels", LIST, "source", "Where signals come from besides signal(): source (signal.data.collection), kafka (a topic); jmx has no effect.", PLUGIN, .apply = apply_signal_channels),
	IGNORED("signal.poll.interval.ms", DURATION, "5000", "signals wake the worker, nothing is polled"),
	IGNORED("signal.file", STRING, "file-signals.txt", "there is no channel of this kind"),
	DONE("signal.kafka.topic", STRING, NULL, "Topic of the channel kafka: records of partition 0 whose key is topic.prefix. Default: <topic.prefix>-signal.", AT(signal_topic), .apply = apply_topic_name),
	DONE("signal.kafka.bootstrap.servers", LIST, NULL, "Brokers that have it. Default: the connector's, with what it takes to reach them.", .flags = W2K_PROP_REFERENCE),
	IGNORED("signal.kafka.poll.timeout.ms", DURATION, "0", "signals wake the worker, nothing is polled"),
	DONE("signal.kafka.groupId", STRING, "kafka-signal", "Consumer group that keeps the place in it.", AT(signal_group)),
	DONE("signal.consumer.<property>", STRING, NULL, "A property of the channel's Kafka client: how brokers are reached, and auto.offset.reset (earliest, or latest).", .flags = W2K_PROP_FAMILY | W2K_PROP_REFERENCE | W2K_PROP_SECRET),
	IGNORED("signal.emit.failure.max.retries", INT, "0", "nothing is written into the signalling table"),
	IGNORED("signal.emit.failure.backoff.ms", DURATION, "10000", "nothing is written into the signalling table"),
	DONE("notification.enabled.channels", LIST, NULL, "Where notifications of snapshots go: sink (a topic), log (the server's); jmx has no effect.", .apply = apply_notification_channels),
	DONE("notification.sink.topic.name", STRING, NULL, "The topic of the channel sink.", AT(notification_topic), .apply = apply_topic_name),
#define NO_NOTIFICATIONS "there is no channel of this kind"
	IGNORED("notification.http.url", STRING, NULL, NO_NOTIFICATIONS),
	IGNORED("notification.http.timeout.ms", DURATION, "5000", NO_NOTIFICATIONS),
	IGNORED("notification.http.retries", INT, "2", NO_NOTIFICATIONS),
	IGNORED("notification.http.allow.private.networks", BOOLEAN, "false", NO_NOTIFICATIONS),

#undef CATEGORY
#define CATEGORY "Java runtime"
#define NO_QUEUE "the queue is the Kafka client's, see producer.override.buffer.memory"
	IGNORED("max.batch.size", INT, "2048", NO_QUEUE),
	IGNORED("max.queue.size", INT, "8192", NO_QUEUE),
	IGNORED("max.queue.size.in.bytes", LONG, "0", NO_QUEUE),
	IGNORED("queue.provider.type", STRING, "memory", NO_QUEUE),
	IGNORED("poll.interval.ms", DURATION, "500", "commits wake the worker, nothing is polled"),
	IGNORED("poll.dispatch.interval.ms", DURATION, "0", "commits wake the worker, nothing is polled"),
	IGNORED("executor.shutdown.timeout.ms", DURATION, "4000", "there is no executor"),
	IGNORED("schema.refresh.mode", STRING, "columns_diff", "decoding always knows the table as it was"),
	IGNORED("memory.management.schemas.class", CLASS, "io.debezium.relational.ConcurrentMapTableMappingStorage", "there is no Java heap"),
	IGNORED("memory.management.tables.class", CLASS, "io.debezium.relational.ConcurrentMapTableMappingStorage", "there is no Java heap"),
	IGNORED("statistics.metrics.enabled", BOOLEAN, "true", "statistics are in the view stat_connector"),
	IGNORED("custom.metric.tags", LIST, NULL, "there are no MBeans"),
	IGNORED("custom.sanitize.pattern", STRING, NULL, "secrets are masked by our own rules"),
	NOT_YET("openlineage.integration.enabled", BOOLEAN, "false", "Lineage events."),
	IGNORED("openlineage.integration.<property>", STRING, NULL, "has a meaning only with openlineage.integration.enabled", FAMILY),
	IGNORED("internal.<property>", STRING, NULL, "internals of Debezium", FAMILY),

#undef CATEGORY
#define CATEGORY "Output plugin"
	DONE("framing", ENUM, "text", "One JSON line per record, or frames for wal2kafka-sender.", .flags = W2K_PROP_OPTION, AT(framing), CHOICES({"text", W2K_FRAMING_TEXT}, {"binary", W2K_FRAMING_BINARY})),
	DONE("connector", STRING, NULL, "Whose wal2kafka.emit() records to show.", .flags = W2K_PROP_OPTION, AT(connector)),
	DONE("config.generation", LONG, "0", "Which of the connector's configurations this is; 0 = do not watch for another.", .flags = W2K_PROP_OPTION, AT(config_generation), RANGE(0, INT64_MAX)),
	DONE("owner", LONG, "0", "Capture what this role (an OID) may read; 0 = everything.", .flags = W2K_PROP_OPTION, RANGE(0, UINT_MAX), .apply = apply_owner),
	DONE("suspect.lsn", LSN, NULL, "A change to encode with care, since it failed before.", .flags = W2K_PROP_OPTION, AT(suspect_lsn)),
	DONE("run.id", STRING, NULL, "Of the context headers.", .flags = W2K_PROP_OPTION, AT(run_id)),
#undef CATEGORY
};
/* clang-format on */

const int w2k_nproperties = lengthof(w2k_properties);
