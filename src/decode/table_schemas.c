/*
 * table_schemas.c
 *		The schemas that a connector's tables have in a Schema Registry, or
 *		would get there.
 *
 * They are those of the output plugin's own Writers, made as for a session of
 * decoding, which never begins.  Where there are transforms, a record of no
 * row in particular goes through them, and what becomes of its schemas counts.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "config/compatibility.h"
#include "decode/options.h"
#include "decode/table_schemas.h"
#include "encode/schematext.h"
#include "transform/chain.h"
#include "transform/tree.h"

struct W2kTableSchemas
{
	W2kWriters writers;
	W2kChain *chain; /* NULL = no transforms */
	W2kTree *tree;
};

W2kTableSchemas *
w2k_table_schemas_create(const char *connector, const W2kConnectorConfig *conf)
{
	W2kTableSchemas *schemas = palloc0(sizeof(W2kTableSchemas));
	W2kConnectorConfig plugin_conf = *conf;
	const char *obstacle = w2k_compatibility_obstacle(conf->transforms);

	if (obstacle != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("schemas of records cannot be known beforehand with %s",
						obstacle)));
	/* as the worker tells the plugin: its columns' numbers are kept by name */
	plugin_conf.connector = pstrdup(connector);
	w2k_options_create_writers(&schemas->writers, &plugin_conf, false);
	schemas->chain = w2k_chain_create(conf);
	if (schemas->chain != NULL)
	{
		const W2kSource source = {.database = ""};

		schemas->tree = w2k_tree_create(&schemas->writers);
		w2k_tree_begin_source(schemas->tree, &source);
	}
	return schemas;
}

static const char *
from_utf8(const char *text)
{
	return pg_any_to_server(text, (int) strlen(text), PG_UTF8);
}

static W2kTableSchema *
make_schema(const W2kReference *reference, bool is_envelope)
{
	static const char *const types[] = {
		[W2K_SCHEMA_AVRO] = "AVRO",
		[W2K_SCHEMA_JSON] = "JSON",
		[W2K_SCHEMA_PROTOBUF] = "PROTOBUF",
	};
	W2kTableSchema *schema = palloc(sizeof(W2kTableSchema));

	schema->is_key = reference->side == W2K_SIDE_KEY;
	schema->is_envelope = is_envelope;
	schema->type = types[reference->type];
	schema->topic = reference->topic;
	schema->subject = from_utf8(reference->subject);
	schema->text = from_utf8(reference->text);
	return schema;
}

/*
 * What transforms make of the record of a new row, all of whose columns are
 * null: their schemas do not depend on that.
 */
static bool
transform(W2kTableSchemas *schemas, W2kRelation *wrel, W2kTransformRecord *rec)
{
	bool *nulls = palloc(sizeof(bool) * Max(wrel->natts, 1));
	const W2kRow row = {palloc0(sizeof(Datum) * Max(wrel->natts, 1)), nulls,
						false};
	const W2kEvent event = {.op = W2K_OP_CREATE, .wrel = wrel, .after = &row};

	memset(nulls, true, sizeof(bool) * wrel->natts);
	w2k_writers_prepare(&schemas->writers, wrel);
	w2k_tree_begin_record(schemas->tree, wrel, &row, rec);
	w2k_tree_add_value(schemas->tree, &event, rec);
	return w2k_chain_apply(schemas->chain, rec);
}

static List *
list_transformed(W2kTableSchemas *schemas, W2kRelation *wrel)
{
	W2kTransformRecord rec;
	List *list = NIL;

	if (!transform(schemas, wrel, &rec))
		return NIL;
	for (int side = 0; side < W2K_SIDES; side++)
	{
		const W2kSchema *schema = side == W2K_SIDE_KEY ? rec.key_schema
													   : rec.value_schema;
		const W2kReference *reference = NULL;

		if (schema != NULL)
			reference = w2k_schematext_make_of(&schemas->writers,
											   (W2kSide) side, schema,
											   rec.topic);
		if (reference != NULL)
			list = lappend(list, make_schema(reference,
											 w2k_node_is_envelope(schema)));
	}
	return list;
}

List *
w2k_table_schemas_list(W2kTableSchemas *schemas, W2kRelation *wrel)
{
	List *list = NIL;

	if (schemas->chain != NULL)
		return list_transformed(schemas, wrel);
	for (int side = 0; side < W2K_SIDES; side++)
	{
		const W2kReference *reference =
			w2k_schematext_make(&schemas->writers, wrel, (W2kSide) side);

		if (reference != NULL)
			list = lappend(list, make_schema(reference, true));
	}
	return list;
}
