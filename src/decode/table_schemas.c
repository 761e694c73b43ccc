/*
 * table_schemas.c
 *		The schemas that a connector's tables have in a Schema Registry, or
 *		would get there.
 *
 * They are those of the output plugin's own Writers, made as for a session of
 * decoding, which never begins.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "decode/options.h"
#include "decode/table_schemas.h"
#include "encode/schematext.h"

struct W2kTableSchemas
{
	W2kWriters writers;
};

W2kTableSchemas *
w2k_table_schemas_create(const char *connector, const W2kConnectorConfig *conf)
{
	W2kTableSchemas *schemas = palloc0(sizeof(W2kTableSchemas));
	W2kConnectorConfig plugin_conf = *conf;

	/* as the worker tells the plugin: its columns' numbers are kept by name */
	plugin_conf.connector = pstrdup(connector);
	w2k_options_create_writers(&schemas->writers, &plugin_conf, false);
	return schemas;
}

static const char *
from_utf8(const char *text)
{
	return pg_any_to_server(text, (int) strlen(text), PG_UTF8);
}

List *
w2k_table_schemas_list(W2kTableSchemas *schemas, W2kRelation *wrel)
{
	static const char *const types[] = {
		[W2K_SCHEMA_AVRO] = "AVRO",
		[W2K_SCHEMA_JSON] = "JSON",
		[W2K_SCHEMA_PROTOBUF] = "PROTOBUF",
	};
	List *list = NIL;

	for (int side = 0; side < W2K_SIDES; side++)
	{
		const W2kReference *reference =
			w2k_schematext_make(&schemas->writers, wrel, (W2kSide) side);
		W2kTableSchema *schema;

		if (reference == NULL)
			continue;
		schema = palloc(sizeof(W2kTableSchema));
		schema->is_key = side == W2K_SIDE_KEY;
		schema->type = types[reference->type];
		schema->subject = from_utf8(reference->subject);
		schema->text = from_utf8(reference->text);
		list = lappend(list, schema);
	}
	return list;
}
