/*
 * node.c
 *		Records of Connect data: values, and the schemas that they go by.
 */
#include "postgres.h"

#include "transform/node.h"

#define ENVELOPE_SUFFIX ".Envelope"

/* ---- nodes ---- */

static W2kNode *
make_node(W2kNodeKind kind, int nitems)
{
	W2kNode *node = palloc0(sizeof(W2kNode));

	node->kind = kind;
	node->nitems = nitems;
	if (nitems > 0)
		node->items = palloc0(sizeof(W2kNode *) * nitems);
	return node;
}

W2kNode *
w2k_node_make_struct(const W2kSchema *schema)
{
	W2kNode *node = make_node(W2K_NODE_STRUCT, schema->nchildren);

	node->schema = schema;
	return node;
}

W2kNode *
w2k_node_make_array(int nitems)
{
	return make_node(W2K_NODE_ARRAY, nitems);
}

W2kNode *
w2k_node_make_text_of(const char *text, int len)
{
	W2kNode *node = make_node(W2K_NODE_SCALAR, 0);

	node->value.kind = W2K_VALUE_TEXT;
	node->value.data = text;
	node->value.len = len;
	return node;
}

W2kNode *
w2k_node_make_text(const char *text)
{
	return text == NULL ? NULL
						: w2k_node_make_text_of(text, (int) strlen(text));
}

W2kNode *
w2k_node_make_integer(int64 integer)
{
	W2kNode *node = make_node(W2K_NODE_SCALAR, 0);

	node->value.kind = W2K_VALUE_INTEGER;
	node->value.u.integer = integer;
	return node;
}

W2kNode *
w2k_node_make_column(W2kColumn *column)
{
	/* one for each value of a row: what is read is not cleared before */
	W2kNode *node = palloc(sizeof(W2kNode));

	node->kind = W2K_NODE_SCALAR;
	node->schema = NULL;
	node->column = column;
	node->nitems = 0;
	node->items = NULL;
	node->stored = W2K_STORED_NOT;
	return node;
}

W2kNode *
w2k_node_copy_struct(const W2kNode *node, const W2kSchema *schema)
{
	W2kNode *copy = w2k_node_make_struct(schema);

	Assert(node->kind == W2K_NODE_STRUCT && copy->nitems >= node->nitems);
	for (int i = 0; i < node->nitems; i++)
		copy->items[i] = node->items[i];
	return copy;
}

W2kNode *
w2k_node_get(const W2kNode *node, const char *field)
{
	int i;

	if (node == NULL || node->kind != W2K_NODE_STRUCT)
		return NULL;
	i = w2k_node_find_field(node->schema, field);
	return i < 0 ? NULL : node->items[i];
}

void
w2k_node_set(W2kNode *node, const char *field, W2kNode *value)
{
	int i = w2k_node_find_field(node->schema, field);

	if (i < 0)
		elog(ERROR, "structure has no field \"%s\"", field);
	node->items[i] = value;
}

W2kNode *
w2k_node_make_default(const W2kSchema *field)
{
	W2kNode *node;

	if (field->default_text != NULL)
		return w2k_node_make_text(field->default_text);
	if (field->default_column == NULL)
		return NULL;
	node = make_node(W2K_NODE_SCALAR, 0);
	node->column = unconstify(W2kColumn *, field->default_column);
	if (node->column->has_constant_default)
	{
		node->stored = W2K_STORED_DATUM;
		node->datum = node->column->default_value;
	}
	else
		node->stored = W2K_STORED_NULL;
	if (!w2k_envelope_read_default(field->default_column, &node->value))
		return NULL;
	if (node->value.kind == W2K_VALUE_ARRAY)
		node->array = *node->value.u.array;
	return node;
}

void
w2k_node_fill_defaults(W2kNode *node, int nfields)
{
	for (int i = 0; i < nfields; i++)
	{
		if (node->items[i] == NULL)
			node->items[i] = w2k_node_make_default(node->schema->children[i]);
	}
}

bool
w2k_node_is_text(const W2kNode *node)
{
	return node != NULL && node->kind == W2K_NODE_SCALAR &&
		   (node->value.kind == W2K_VALUE_TEXT ||
			node->value.kind == W2K_VALUE_ASCII);
}

char *
w2k_node_text(const W2kNode *node)
{
	return w2k_node_is_text(node) ? pnstrdup(node->value.data, node->value.len)
								  : NULL;
}

/* ---- schemas ---- */

int
w2k_node_find_field(const W2kSchema *schema, const char *field)
{
	if (schema == NULL || schema->type != W2K_CONNECT_STRUCT)
		return -1;
	for (int i = 0; i < schema->nchildren; i++)
	{
		if (strcmp(schema->children[i]->field, field) == 0)
			return i;
	}
	return -1;
}

W2kSchema *
w2k_node_copy_schema(const W2kSchema *schema, int nfields)
{
	W2kSchema *copy = w2k_connect_make(schema->type, false);

	copy->name = schema->name;
	copy->version = schema->version;
	copy->doc = schema->doc;
	copy->nparameters = schema->nparameters;
	copy->parameters = schema->parameters;
	copy->numbers = schema->numbers;
	for (int i = 0; i < nfields; i++)
		w2k_connect_add(copy, schema->children[i]->field, schema->children[i]);
	return copy;
}

W2kSchema *
w2k_node_rename_schema(const W2kSchema *schema, const char *field)
{
	W2kSchema *copy = palloc(sizeof(W2kSchema));

	*copy = *schema;
	copy->field = field;
	return copy;
}

bool
w2k_node_is_envelope(const W2kSchema *schema)
{
	size_t len = schema == NULL || schema->name == NULL ? 0
														: strlen(schema->name);

	return len > strlen(ENVELOPE_SUFFIX) &&
		   strcmp(schema->name + len - strlen(ENVELOPE_SUFFIX),
				  ENVELOPE_SUFFIX) == 0;
}
