/*
 * connector.h
 *		A connector's configuration, parsed and checked: ConnectorConfig.
 *
 * Filled through the property table (properties.h) from a jsonb document (the
 * SQL functions, the worker) or from the options of a plain logical slot (the
 * output plugin).  Both give the same struct, so a property cannot mean one
 * thing here and another there.
 */
#ifndef W2K_CONFIG_CONNECTOR_H
#define W2K_CONFIG_CONNECTOR_H

#include "access/xlogdefs.h"
#include "nodes/pg_list.h"

#include "config/compatibility.h"
#include "config/modes.h"
#include "format.h"
#include "wal2kafka.h"

/* connector.class: Debezium's, whose documents we read. */
#define W2K_DEBEZIUM_CLASS "io.debezium.connector.postgresql.PostgresConnector"

struct JsonbContainer;
struct W2kPropertyParse;

typedef enum W2kFailureMode
{
	W2K_FAILURE_FAIL,
	W2K_FAILURE_WARN,
	W2K_FAILURE_SKIP
} W2kFailureMode;

typedef enum W2kLagAction
{
	W2K_LAG_WARN,
	W2K_LAG_DROP /* give up the slot, so that its WAL can go */
} W2kLagAction;

typedef enum W2kGuardrailAction
{
	W2K_GUARDRAIL_WARN,
	W2K_GUARDRAIL_FAIL
} W2kGuardrailAction;

typedef enum W2kFraming
{
	W2K_FRAMING_TEXT, /* one JSON line per record */
	W2K_FRAMING_BINARY
} W2kFraming;

/* A NULL in a column that has a default: replace.null.with.default. */
typedef enum W2kNullDefault
{
	W2K_NULL_UNSAID, /* null, and source.snapshot still says "false" */
	W2K_NULL_KEPT,	 /* null, source.snapshot too */
	W2K_NULL_REPLACED
} W2kNullDefault;

/* What of a name a format cannot take: *.name.adjustment.mode. */
typedef enum W2kAdjustment
{
	W2K_ADJUST_NONE,
	W2K_ADJUST_AVRO,		/* becomes an underscore */
	W2K_ADJUST_AVRO_UNICODE /* becomes _uXXXX, the underscore too */
} W2kAdjustment;

/* key.converter or value.converter. */
typedef struct W2kConverterConfig
{
	W2kFormat format;
	bool has_schemas;
	int has_numeric_decimals; /* an enum's field: decimal.format */
	W2kNullDefault null_default;
	W2kSchemaOptions schema;
} W2kConverterConfig;

/* topic.naming.strategy: with the schema or not, '_' or codes for what a
 * topic's name may not hold, and with topic.regex or without. */
typedef enum W2kNaming
{
	W2K_NAMING_SCHEMA,
	W2K_NAMING_TABLE,
	W2K_NAMING_SCHEMA_UNICODE,
	W2K_NAMING_TABLE_UNICODE,
	W2K_NAMING_SCHEMA_REGEX,
	W2K_NAMING_TABLE_REGEX
} W2kNaming;

/* snapshot.mode */
typedef enum W2kSnapshotMode
{
	W2K_SNAPSHOT_INITIAL,
	W2K_SNAPSHOT_ALWAYS,
	W2K_SNAPSHOT_INITIAL_ONLY,
	W2K_SNAPSHOT_NO_DATA,
	W2K_SNAPSHOT_WHEN_NEEDED,
	W2K_SNAPSHOT_CONFIGURATION_BASED
} W2kSnapshotMode;

/* The most readers that snapshot.max.threads may ask for. */
#define W2K_MAX_SNAPSHOT_THREADS 16

/* Bits of skipped_operations, the same as W2K_PUBLISH_*. */
#define W2K_SKIP_CREATE 0x01
#define W2K_SKIP_UPDATE 0x02
#define W2K_SKIP_DELETE 0x04
#define W2K_SKIP_TRUNCATE 0x08

/* One "name=value" for the sender: a librdkafka property, or "w2k." + ours. */
typedef struct W2kSenderSetting
{
	char *name;
	char *value;
	bool is_secret;
} W2kSenderSetting;

typedef struct W2kConnectorConfig
{
	/* What the output plugin reads */
	char *topic_prefix; /* never NULL once resolved */
	bool tombstones_on_delete;
	uint32 skipped_operations; /* W2K_SKIP_* */
	char *unavailable_value_placeholder;
	W2kModes modes; /* which forms types take */
	bool extended_headers;
	bool include_generated_columns;
	bool before_unknown_as_null; /* before.unknown.values=null */
	char *topic_delimiter;
	W2kNaming topic_naming;
	char *topic_regex, *topic_replacement; /* of the last two */
	bool topic_key_unique;				   /* a key says its table */
	char *topic_key_field;
	char *topic_key_regex, *topic_key_replacement;
	char *schema_include_list, *schema_exclude_list;
	char *table_include_list, *table_exclude_list;
	char *column_include_list, *column_exclude_list;
	char *message_prefix_include_list, *message_prefix_exclude_list;
	char *message_key_columns;
	List *mask_rules;				   /* of W2kMaskRule, see rules.h */
	char *publication_name;			   /* NULL = none said */
	W2kFailureMode processing_failure; /* event.processing.failure... */
	W2kFailureMode converting_failure;
	bool skip_messages_without_change;
	W2kConverterConfig key_converter, value_converter;
	W2kAdjustment schema_adjustment, field_adjustment;
	W2kCompatibility compatibility; /* of a table's schemas, one by one */
	char *column_propagate_list, *datatype_propagate_list;
	uint32 unpublished_operations; /* of the skipped ones: said, not default */
	bool provide_transaction_metadata;
	bool publish_via_partition_root;
	bool include_schema_changes;
	char *topic_transaction;
	List *signal_tables; /* signal.data.collection, if channel source is on */

	/* Plugin only, never a connector property */
	W2kFraming framing;
	Oid owner;				 /* captures what this role may read; 0 = all */
	XLogRecPtr suspect_lsn;	 /* encode this change under a subtransaction */
	char *run_id;			 /* of the context header; NULL = make one */
	int64 config_generation; /* of the connector's row; 0 = not watched */
	char *connector;		 /* whose emit() records to capture; NULL = none */
	bool is_quiet;			 /* somebody only looks: he need not be warned */

	/* What the worker reads */
	char *slot_name; /* NULL = the default of the design */
	bool slot_failover;
	XLogRecPtr start_after_lsn; /* 0 = unset */
	int64 max_slot_lag_bytes;	/* 0 = no guard */
	W2kLagAction max_slot_lag_action;
	int guardrail_collections_max; /* 0 = no limit */
	W2kGuardrailAction guardrail_action;
	List *identity_rules; /* of W2kIdentityRule (replica_identity.h) */
	int status_update_interval_ms; /* how often the slot is saved */
	int statistics_interval_ms;
	int logical_decoding_work_mem_kb; /* 0 = the server's */
	int heartbeat_interval_ms;		  /* 0 = no heartbeats */
	char *heartbeat_action_query;	  /* NULL = none */
	char *topic_heartbeat_prefix;
	char *topic_heartbeat_name; /* NULL = prefixes, with the delimiter */
	bool has_kafka_signals;		/* signal.enabled.channels has kafka */
	char *signal_topic;			/* NULL = <topic.prefix>-signal */
	char *signal_group;
	bool notifies_sink, notifies_log; /* notification.enabled.channels */
	char *notification_topic;		  /* NULL = none said */

	W2kSnapshotMode snapshot_mode;
	bool snapshot_by_configuration, stream_by_configuration;
	bool anew_by_configuration;
	int snapshot_locks_tables; /* an enum's field: snapshot.locking.mode */
	int snapshot_lock_timeout_ms;
	List *snapshot_overrides;	 /* of W2kSelectOverride, see snapshots.h */
	char *snapshot_include_list; /* NULL = all that is captured */
	int snapshot_new_tables;	 /* snapshot.new.tables: 0 = off */
	int snapshot_max_threads;
	int snapshot_order; /* by rows: 1, -1; 0 = by name */
	int snapshot_delay_ms, streaming_delay_ms;
	int snapshot_max_rate; /* rows in a second; 0 = no limit */
	int incremental_chunk_size;

	/* What the sender gets, in order; values may still hold ${file:...} */
	List *sender_settings; /* of W2kSenderSetting */

	/* What the output plugin does to records, in order */
	List *transforms; /* of W2kTransformConf (transforms.h) */
} W2kConnectorConfig;

/*
 * A jsonb object {"property": value, ...} -> configuration, in the current
 * memory context.  Raises INVALID_PARAMETER_VALUE, FEATURE_NOT_SUPPORTED or
 * INSUFFICIENT_PRIVILEGE (a property only superusers may use, when
 * is_superuser is false) naming the property.
 *
 * With notices, a person waits for the result, in a transaction: says once
 * which properties have no effect here, and checks what needs a catalog (the
 * current database's name, the publication).  The worker passes false; what
 * was right when the connector was created is not asked again there.
 */
extern W2kConnectorConfig *w2k_connector_parse(const char *name,
											   struct JsonbContainer *config,
											   bool is_superuser,
											   bool notices);

/*
 * The same without raising: what was read, with all problems.  name may be
 * NULL.  For validate_config().
 */
extern struct W2kPropertyParse *
w2k_connector_check(const char *name, struct JsonbContainer *config,
					bool is_superuser, bool is_interactive);

/*
 * Options of the output plugin: a list of DefElem
 * (ctx->output_plugin_options).  An option without a value is a boolean true.
 * default_prefix is used where topic.prefix is not said.
 */
extern W2kConnectorConfig *
w2k_connector_parse_options(List *options, const char *default_prefix);

/*
 * The reverse, for the worker: the properties of the document that the plugin
 * reads, as a list of DefElem to give to CreateDecodingContext, with
 * "topic.prefix" and "connector" always among them.  "framing", "owner" and
 * the like are the caller's to add.
 */
extern List *w2k_connector_plugin_options(const char *name,
										  struct JsonbContainer *config);

/*
 * The slot's name when the configuration has none:
 * wal2kafka_<database>_<connector>, made a legal slot name, with a short hash
 * where that changed or cut it.
 */
extern void w2k_connector_default_slot_name(const char *database,
											const char *connector,
											NameData *slot_name);

/*
 * The tables that have rows of a connector, by its name: the one with its
 * configuration first, NULL last.
 */
extern const char *const w2k_connector_tables[];

/* For the option run.id: a UUID, in the current memory context. */
extern char *w2k_connector_make_run_id(void);

#endif /* W2K_CONFIG_CONNECTOR_H */
