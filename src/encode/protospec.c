/*
 * protospec.c
 *		Which messages of proto/envelope.proto stand for which of Debezium's.
 *
 * A table for each, in which names are those of schema/change_schema.c and
 * numbers those of the file.
 */
#include "postgres.h"

#include "encode/protospec.h"

#define POSTGRES "io.debezium.connector.postgresql."
#define COMMON "io.debezium.connector.common."
#define ENVELOPE_SUFFIX ".Envelope"

static const W2kProtoSpec source = {
	POSTGRES "Source",
	14,
	(const W2kProtoSpecField[]){
		{"version", 1, W2K_PROTOFORM_TEXT},
		{"connector", 2, W2K_PROTOFORM_TEXT},
		{"name", 3, W2K_PROTOFORM_TEXT},
		{"db", 4, W2K_PROTOFORM_TEXT},
		{"snapshot", 5, W2K_PROTOFORM_ENUM, W2K_PROTOENUM_SNAPSHOT},
		{"ts_ns", 6, W2K_PROTOFORM_FIXED},
		{"txId", 7, W2K_PROTOFORM_NUMBER},
		{"sequence", 8, W2K_PROTOFORM_SEQUENCE},
		{"origin", 9, W2K_PROTOFORM_TEXT},
		{"origin_lsn", 10, W2K_PROTOFORM_NUMBER},
		{"schema", 11, W2K_PROTOFORM_TEXT},
		{"table", 12, W2K_PROTOFORM_TEXT},
		{"lsn", 13, W2K_PROTOFORM_LSN},
		{"ts_ms", 0, W2K_PROTOFORM_OF_NANOS, .nanos = 1000000},
		{"ts_us", 0, W2K_PROTOFORM_OF_NANOS, .nanos = 1000},
		{"xmin", 0, W2K_PROTOFORM_NULL},
		{NULL},
	},
};

static const W2kProtoSpec transaction = {
	"event.block",
	4,
	(const W2kProtoSpecField[]){
		{"id", 1, W2K_PROTOFORM_TEXT},
		{"total_order", 2, W2K_PROTOFORM_NUMBER},
		{"data_collection_order", 3, W2K_PROTOFORM_NUMBER},
		{NULL},
	},
};

static const W2kProtoSpec envelope = {
	NULL, /* a table's */
	9,
	(const W2kProtoSpecField[]){
		{"before", 1, W2K_PROTOFORM_ROW},
		{"after", 2, W2K_PROTOFORM_ROW},
		{"source", 3, W2K_PROTOFORM_MESSAGE, .message = &source},
		{"op", 4, W2K_PROTOFORM_ENUM, W2K_PROTOENUM_OPERATION},
		{"ts_ns", 5, W2K_PROTOFORM_FIXED},
		{"transaction", 6, W2K_PROTOFORM_MESSAGE, .message = &transaction},
		{"ts_ms", 0, W2K_PROTOFORM_OF_NANOS, .nanos = 1000000},
		{"ts_us", 0, W2K_PROTOFORM_OF_NANOS, .nanos = 1000},
		{NULL},
	},
};

static const W2kProtoSpec message_content = {
	POSTGRES "Message",
	3,
	(const W2kProtoSpecField[]){
		{"prefix", 1, W2K_PROTOFORM_TEXT},
		{"content", 2, W2K_PROTOFORM_BYTES},
		{NULL},
	},
};

static const W2kProtoSpec message = {
	POSTGRES "MessageValue",
	9,
	(const W2kProtoSpecField[]){
		{"source", 3, W2K_PROTOFORM_MESSAGE, .message = &source},
		{"op", 4, W2K_PROTOFORM_ENUM, W2K_PROTOENUM_OPERATION},
		{"ts_ms", 5, W2K_PROTOFORM_MILLIS},
		{"transaction", 6, W2K_PROTOFORM_MESSAGE, .message = &transaction},
		{"message", 7, W2K_PROTOFORM_MESSAGE, .message = &message_content},
		{NULL},
	},
};

static const W2kProtoSpec collection = {
	"event.collection",
	0,
	(const W2kProtoSpecField[]){
		{"data_collection", 1, W2K_PROTOFORM_TEXT},
		{"event_count", 2, W2K_PROTOFORM_NUMBER},
		{NULL},
	},
};

static const W2kProtoSpec boundary = {
	COMMON "TransactionMetadataValue",
	0,
	(const W2kProtoSpecField[]){
		{"status", 1, W2K_PROTOFORM_ENUM, W2K_PROTOENUM_STATUS},
		{"id", 2, W2K_PROTOFORM_TEXT},
		{"event_count", 3, W2K_PROTOFORM_NUMBER},
		{"data_collections", 4, W2K_PROTOFORM_MESSAGES, .message = &collection},
		{"ts_ms", 5, W2K_PROTOFORM_NUMBER},
		{NULL},
	},
};

static const W2kProtoSpec heartbeat = {
	COMMON "Heartbeat",
	0,
	(const W2kProtoSpecField[]){
		{"ts_ms", 1, W2K_PROTOFORM_NUMBER},
		{NULL},
	},
};

static const W2kProtoSpec notice = {
	COMMON "Notification",
	0,
	(const W2kProtoSpecField[]){
		{"id", 1, W2K_PROTOFORM_TEXT},
		{"type", 2, W2K_PROTOFORM_TEXT},
		{"aggregate_type", 3, W2K_PROTOFORM_TEXT},
		{"additional_data", 4, W2K_PROTOFORM_PAIRS},
		{"timestamp", 5, W2K_PROTOFORM_NUMBER},
		{NULL},
	},
};

static const W2kProtoSpec column = {
	"io.debezium.connector.schema.Column",
	0,
	(const W2kProtoSpecField[]){
		{"name", 1, W2K_PROTOFORM_TEXT},
		{"jdbcType", 2, W2K_PROTOFORM_SIGNED},
		{"nativeType", 3, W2K_PROTOFORM_NUMBER},
		{"typeName", 4, W2K_PROTOFORM_TEXT},
		{"typeExpression", 5, W2K_PROTOFORM_TEXT},
		{"charsetName", 6, W2K_PROTOFORM_TEXT},
		{"length", 7, W2K_PROTOFORM_NUMBER},
		{"scale", 8, W2K_PROTOFORM_NUMBER},
		{"position", 9, W2K_PROTOFORM_NUMBER},
		{"optional", 10, W2K_PROTOFORM_BOOLEAN},
		{"autoIncremented", 11, W2K_PROTOFORM_BOOLEAN},
		{"generated", 12, W2K_PROTOFORM_BOOLEAN},
		{"comment", 13, W2K_PROTOFORM_TEXT},
		{"defaultValueExpression", 14, W2K_PROTOFORM_TEXT},
		{"enumValues", 15, W2K_PROTOFORM_TEXTS},
		{NULL},
	},
};

static const W2kProtoSpec table = {
	"io.debezium.connector.schema.Table",
	0,
	(const W2kProtoSpecField[]){
		{"defaultCharsetName", 1, W2K_PROTOFORM_TEXT},
		{"primaryKeyColumnNames", 2, W2K_PROTOFORM_TEXTS},
		{"columns", 3, W2K_PROTOFORM_MESSAGES, .message = &column},
		{"comment", 4, W2K_PROTOFORM_TEXT},
		{NULL},
	},
};

static const W2kProtoSpec change = {
	"io.debezium.connector.schema.Change",
	0,
	(const W2kProtoSpecField[]){
		{"type", 1, W2K_PROTOFORM_ENUM, W2K_PROTOENUM_CHANGE},
		{"id", 2, W2K_PROTOFORM_TEXT},
		{"table", 3, W2K_PROTOFORM_MESSAGE, .message = &table},
		{NULL},
	},
};

static const W2kProtoSpec schema_change = {
	POSTGRES "SchemaChangeValue",
	7,
	(const W2kProtoSpecField[]){
		{"source", 1, W2K_PROTOFORM_MESSAGE, .message = &source},
		{"ts_ms", 2, W2K_PROTOFORM_NUMBER},
		{"databaseName", 3, W2K_PROTOFORM_TEXT},
		{"schemaName", 4, W2K_PROTOFORM_TEXT},
		{"ddl", 5, W2K_PROTOFORM_TEXT},
		{"tableChanges", 6, W2K_PROTOFORM_MESSAGES, .message = &change},
		{NULL},
	},
};

static const W2kSchema *
find_field(const W2kSchema *schema, const char *field)
{
	for (int i = 0; i < schema->nchildren; i++)
	{
		if (strcmp(schema->children[i]->field, field) == 0)
			return schema->children[i];
	}
	return NULL;
}

/* A table's envelope: by its name, which any table may have, and its source. */
static bool
is_envelope(const W2kSchema *schema)
{
	size_t len = strlen(schema->name);
	const W2kSchema *block;

	if (len <= strlen(ENVELOPE_SUFFIX) ||
		strcmp(schema->name + len - strlen(ENVELOPE_SUFFIX),
			   ENVELOPE_SUFFIX) != 0)
		return false;
	block = find_field(schema, "source");
	return block != NULL && block->name != NULL &&
		   strcmp(block->name, source.schema) == 0;
}

/* Is there nothing in a schema that the message has no place for? */
static bool
covers(const W2kProtoSpec *spec, const W2kSchema *schema)
{
	for (int i = 0; i < schema->nchildren; i++)
	{
		const W2kProtoSpecField *field = spec->fields;

		while (field->field != NULL &&
			   strcmp(field->field, schema->children[i]->field) != 0)
			field++;
		if (field->field == NULL)
			return false;
	}
	return true;
}

const W2kProtoSpec *
w2k_protospec_find(const W2kSchema *schema)
{
	static const W2kProtoSpec *const others[] = {&message, &boundary,
												 &heartbeat, &notice,
												 &schema_change};

	if (schema == NULL || schema->type != W2K_CONNECT_STRUCT ||
		schema->name == NULL)
		return NULL;
	if (is_envelope(schema))
		return &envelope;
	for (int i = 0; i < (int) lengthof(others); i++)
	{
		if (strcmp(schema->name, others[i]->schema) == 0 &&
			(others[i]->rest != 0 || covers(others[i], schema)))
			return others[i];
	}
	return NULL;
}
