/*
 * ddl_node.c
 *		The changes of a schema change event -> Connect data.
 *
 * What the event triggers write down (schema/table_definition) has the names
 * of the schema's fields, so it is walked by the schema: a member that is not
 * there is null.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/fmgrprotos.h"

#include "transform/ddl_node.h"

static char *
utf8_of(const char *text, int len)
{
	char *copy = pnstrdup(text, len);

	return pg_server_to_any(copy, len, PG_UTF8);
}

/* A member of an object; NULL where it is not there. */
static JsonbValue *
get_member(JsonbContainer *object, const char *name)
{
	return getKeyJsonValueFromContainer(object, name, (int) strlen(name), NULL);
}

/* A member that is text, in the server's encoding. */
static char *
get_text(JsonbContainer *object, const char *name)
{
	JsonbValue *v = get_member(object, name);

	if (v == NULL || v->type != jbvString)
		elog(ERROR, "schema change has no \"%s\"", name);
	return pnstrdup(v->val.string.val, v->val.string.len);
}

static W2kNode *make_struct(const W2kSchema *schema, JsonbContainer *object);

static W2kNode *make_value(const W2kSchema *schema, JsonbValue *v);

static W2kNode *
make_array(const W2kSchema *schema, JsonbContainer *array)
{
	int nitems = (int) JsonContainerSize(array);
	W2kNode *node = w2k_node_make_array(nitems);

	for (int i = 0; i < nitems; i++)
		node->items[i] = make_value(schema->children[0],
									getIthJsonbValueFromContainer(array,
																  (uint32) i));
	return node;
}

static W2kNode *
make_value(const W2kSchema *schema, JsonbValue *v)
{
	W2kNode *node;

	if (v == NULL)
		return NULL;
	switch (v->type)
	{
		case jbvString:
			return w2k_node_make_text(
				utf8_of(v->val.string.val, v->val.string.len));
		case jbvNumeric:
			return w2k_node_make_integer(DatumGetInt64(
				DirectFunctionCall1(numeric_int8,
									NumericGetDatum(v->val.numeric))));
		case jbvBool:
			node = w2k_node_make_integer(0);
			node->value.kind = W2K_VALUE_BOOLEAN;
			node->value.u.boolean = v->val.boolean;
			return node;
		case jbvBinary:
			return schema->type == W2K_CONNECT_ARRAY
					   ? make_array(schema, v->val.binary.data)
					   : make_struct(schema, v->val.binary.data);
		default:
			return NULL;
	}
}

static W2kNode *
make_struct(const W2kSchema *schema, JsonbContainer *object)
{
	W2kNode *node = w2k_node_make_struct(schema);

	for (int i = 0; i < schema->nchildren; i++)
		node->items[i] = make_value(schema->children[i],
									get_member(object,
											   schema->children[i]->field));
	return node;
}

/* A part of a table's id, in quotes that are doubled inside. */
static void
append_quoted(StringInfo id, const char *name)
{
	appendStringInfoChar(id, '"');
	for (const char *p = name; *p != '\0'; p++)
	{
		if (*p == '"')
			appendStringInfoChar(id, '"');
		appendStringInfoChar(id, *p);
	}
	appendStringInfoChar(id, '"');
}

static W2kNode *
make_id(const W2kSchemaChange *change, JsonbContainer *object)
{
	StringInfoData id;

	initStringInfo(&id);
	append_quoted(&id, change->database);
	appendStringInfoChar(&id, '.');
	append_quoted(&id, get_text(object, "schema"));
	appendStringInfoChar(&id, '.');
	append_quoted(&id, get_text(object, "name"));
	return w2k_node_make_text(utf8_of(id.data, id.len));
}

/* The object of a change. */
static JsonbContainer *
get_change(const W2kSchemaChange *change, int i)
{
	JsonbValue *v = getIthJsonbValueFromContainer(&change->changes->root,
												  (uint32) i);

	if (v == NULL || v->type != jbvBinary ||
		!JsonContainerIsObject(v->val.binary.data))
		elog(ERROR, "schema change %d is not an object", i);
	return v->val.binary.data;
}

W2kNode *
w2k_ddl_node_make_changes(const W2kSchema *schema,
						  const W2kSchemaChange *change)
{
	W2kNode *node = make_array(schema, &change->changes->root);

	for (int i = 0; i < node->nitems; i++)
		w2k_node_set(node->items[i], "id",
					 make_id(change, get_change(change, i)));
	return node;
}

W2kNode *
w2k_ddl_node_make_schema_name(const W2kSchemaChange *change)
{
	char *name = get_text(get_change(change, 0), "schema");

	return w2k_node_make_text(utf8_of(name, (int) strlen(name)));
}

W2kNode *
w2k_ddl_node_make_table_names(const W2kSchemaChange *change)
{
	int nchanges = (int) JsonContainerSize(&change->changes->root);
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < nchanges; i++)
		appendStringInfo(&names, "%s%s", i == 0 ? "" : ",",
						 get_text(get_change(change, i), "name"));
	return w2k_node_make_text(utf8_of(names.data, names.len));
}
