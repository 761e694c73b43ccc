/*
 * payload.c
 *		JSON in text -> Connect data, its schema inferred as Debezium does.
 *
 * An object is a struct, its members in their order; a number is of the
 * smallest type it fits (int32, int64, double); an array has elements of one
 * type, and where those are objects their struct has the members of all of
 * them.  What cannot be said in a schema has none: then the payload stays
 * text, as it does where it is not JSON at all.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "compat.h"
#include "transform/payload.h"

typedef enum JsonKind
{
	JSON_NULL,
	JSON_BOOLEAN,
	JSON_INT32,
	JSON_INT64,
	JSON_DOUBLE,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
} JsonKind;

/* A JSON value as it was parsed. */
typedef struct Json
{
	JsonKind kind;
	const char *name; /* of a member */
	bool boolean;
	int64 integer;
	double number;
	const char *text;
	List *items; /* of Json: elements, or members */
} Json;

typedef struct Parser
{
	const char *name;
	const W2kPayloadOptions *options;
	List *open; /* the objects and arrays that have not ended, of Json */
	Json *root;
	const char *member; /* whose value comes next */
	const char *problem;
} Parser;

/* ---- parsing ---- */

/* A value has come: it is the root, an element, or a member. */
static void
add_json(Parser *parser, Json *json)
{
	Json *parent = parser->open == NIL ? NULL : llast(parser->open);

	if (parent == NULL)
	{
		parser->root = json;
		return;
	}
	if (parent->kind == JSON_OBJECT)
	{
		ListCell *lc;

		json->name = parser->member;
		/* of members with one name the last counts, in the first's place */
		foreach(lc, parent->items)
		{
			Json *other = lfirst(lc);

			if (strcmp(other->name, json->name) == 0)
			{
				lfirst(lc) = json;
				return;
			}
		}
	}
	parent->items = lappend(parent->items, json);
}

static void
open_json(Parser *parser, JsonKind kind)
{
	Json *json = palloc0(sizeof(Json));

	json->kind = kind;
	add_json(parser, json);
	parser->open = lappend(parser->open, json);
}

static W2K_JSON_RESULT
on_object_start(void *state)
{
	open_json(state, JSON_OBJECT);
	return W2K_JSON_GO_ON;
}

static W2K_JSON_RESULT
on_array_start(void *state)
{
	open_json(state, JSON_ARRAY);
	return W2K_JSON_GO_ON;
}

static W2K_JSON_RESULT
on_end(void *state)
{
	Parser *parser = state;

	parser->open = list_delete_last(parser->open);
	return W2K_JSON_GO_ON;
}

static W2K_JSON_RESULT
on_member(void *state, char *name, bool is_null)
{
	Parser *parser = state;

	parser->member = name;
	return W2K_JSON_GO_ON;
}

/* A number is an integer unless it has a point or an exponent. */
static void
read_number(Parser *parser, Json *json, const char *token)
{
	char *end;

	if (strpbrk(token, ".eE") != NULL)
	{
		json->kind = JSON_DOUBLE;
		json->number = strtod(token, &end);
		return;
	}
	errno = 0;
	json->integer = strtoi64(token, &end, 10);
	if (errno == ERANGE)
		parser->problem = "a number in it is beyond 64 bits";
	json->kind = json->integer >= PG_INT32_MIN && json->integer <= PG_INT32_MAX
					 ? JSON_INT32
					 : JSON_INT64;
}

static W2K_JSON_RESULT
on_scalar(void *state, char *token, JsonTokenType type)
{
	Parser *parser = state;
	Json *json = palloc0(sizeof(Json));

	switch (type)
	{
		case JSON_TOKEN_STRING:
			json->kind = JSON_STRING;
			json->text = token;
			break;
		case JSON_TOKEN_NUMBER:
			read_number(parser, json, token);
			break;
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_FALSE:
			json->kind = JSON_BOOLEAN;
			json->boolean = type == JSON_TOKEN_TRUE;
			break;
		default:
			json->kind = JSON_NULL;
			break;
	}
	add_json(parser, json);
	return W2K_JSON_GO_ON;
}

static Json *
parse(Parser *parser, const char *text, int len)
{
	JsonSemAction actions = {0};

	actions.semstate = parser;
	actions.object_start = on_object_start;
	actions.object_end = on_end;
	actions.array_start = on_array_start;
	actions.array_end = on_end;
	actions.object_field_start = on_member;
	actions.scalar = on_scalar;
	if (w2k_compat_parse_json(text, len, &actions) != JSON_SUCCESS)
		parser->problem = "it is not JSON";
	return parser->problem == NULL ? parser->root : NULL;
}

/* ---- schemas ---- */

/* Are two inferred schemas the same, but for their fields' names? */
static bool
is_same_schema(const W2kSchema *a, const W2kSchema *b)
{
	if (a->type != b->type || a->is_optional != b->is_optional ||
		a->nchildren != b->nchildren ||
		strcmp(a->name ? a->name : "", b->name ? b->name : "") != 0)
		return false;
	for (int i = 0; i < a->nchildren; i++)
	{
		const char *a_field = a->children[i]->field;
		const char *b_field = b->children[i]->field;

		if (strcmp(a_field ? a_field : "", b_field ? b_field : "") != 0 ||
			!is_same_schema(a->children[i], b->children[i]))
			return false;
	}
	return true;
}

static W2kSchema *infer(Parser *parser, const char *name, const Json *json);

/* The members of one object schema, and those of another it lacks. */
static W2kSchema *
merge(const W2kSchema *left, const W2kSchema *right)
{
	W2kSchema *merged = w2k_node_copy_schema(left, left->nchildren);

	for (int i = 0; i < right->nchildren; i++)
	{
		W2kSchema *field = right->children[i];
		int at = w2k_node_find_field(merged, field->field);

		if (at < 0)
			w2k_connect_add(merged, field->field, field);
		else if (merged->children[at]->type == W2K_CONNECT_BYTES &&
				 field->type != W2K_CONNECT_BYTES)
			merged->children[at] = field; /* a null elsewhere */
	}
	return merged;
}

/* The first element that is not null; NULL where they do not go together. */
static const Json *
find_sample(Parser *parser, const Json *array)
{
	static const Json null_json = {JSON_NULL};
	const Json *sample = NULL;
	ListCell *lc;

	foreach(lc, array->items)
	{
		const Json *item = lfirst(lc);

		if (item->kind == JSON_NULL)
			continue;
		if (sample != NULL && sample->kind != item->kind)
		{
			parser->problem = "an array in it has elements of several types";
			return NULL;
		}
		if (sample == NULL)
			sample = item;
	}
	return sample != NULL ? sample : &null_json;
}

static W2kSchema *
infer_element(Parser *parser, const char *name, const Json *array)
{
	const Json *sample = find_sample(parser, array);
	W2kSchema *schema = NULL;
	List *distinct = NIL;
	ListCell *lc;

	if (sample == NULL)
		return NULL;
	if (sample->kind != JSON_OBJECT)
	{
		schema = infer(parser, NULL, sample);
		if (schema == NULL && parser->problem == NULL)
			parser->problem = "the elements of an array in it have no type";
		return schema;
	}
	foreach(lc, array->items)
	{
		const Json *item = lfirst(lc);
		W2kSchema *one;
		bool is_known = false;
		ListCell *lc_known;

		if (item->kind != JSON_OBJECT)
			continue;
		one = infer(parser, name, item);
		if (one == NULL)
			return NULL;
		foreach(lc_known, distinct)
			is_known = is_known || is_same_schema(lfirst(lc_known), one);
		if (is_known)
			continue;
		distinct = lappend(distinct, one);
		schema = schema == NULL ? one : merge(schema, one);
	}
	return schema;
}

static W2kSchema *
infer_array(Parser *parser, const char *name, const Json *json)
{
	W2kSchema *schema;
	W2kSchema *element;

	if (json->items != NIL)
		element = infer_element(parser, name, json);
	else if (parser->options->keeps_empty_arrays)
		element = w2k_connect_make(W2K_CONNECT_STRING, true);
	else
		return NULL;
	if (element == NULL)
		return NULL;
	schema = w2k_connect_make(W2K_CONNECT_ARRAY, true);
	w2k_connect_add(schema, NULL, element);
	return schema;
}

static W2kSchema *
infer_object(Parser *parser, const char *name, const Json *json)
{
	W2kSchema *schema = w2k_connect_make(W2K_CONNECT_STRUCT, true);
	ListCell *lc;

	schema->name = name;
	foreach(lc, json->items)
	{
		const Json *member = lfirst(lc);
		const char *member_name = member->name;
		W2kSchema *field;

		if (name != NULL && name[0] != '\0')
			member_name = psprintf("%s.%s", name, member->name);
		field = infer(parser, member_name, member);
		if (parser->problem != NULL)
			return NULL;
		if (field != NULL)
			w2k_connect_add(schema, member->name, field);
	}
	return schema;
}

/* The schema of a value; NULL where it is left out, or there is a problem. */
static W2kSchema *
infer(Parser *parser, const char *name, const Json *json)
{
	check_stack_depth();
	switch (json->kind)
	{
		case JSON_NULL:
			return parser->options->keeps_nulls
					   ? w2k_connect_make(W2K_CONNECT_BYTES, true)
					   : NULL;
		case JSON_BOOLEAN:
			return w2k_connect_make(W2K_CONNECT_BOOLEAN, true);
		case JSON_INT32:
			return w2k_connect_make(W2K_CONNECT_INT32, true);
		case JSON_INT64:
			return w2k_connect_make(W2K_CONNECT_INT64, true);
		case JSON_DOUBLE:
			return w2k_connect_make(W2K_CONNECT_DOUBLE, true);
		case JSON_STRING:
			return w2k_connect_make(W2K_CONNECT_STRING, true);
		case JSON_ARRAY:
			return infer_array(parser, name, json);
		case JSON_OBJECT:
			return infer_object(parser, name, json);
	}
	return NULL; /* keep compiler quiet */
}

/* ---- values ---- */

/* Does a value go by the type of a schema? */
static bool
is_of_type(const Json *json, W2kConnectType type)
{
	switch (json->kind)
	{
		case JSON_NULL:
			return true;
		case JSON_BOOLEAN:
			return type == W2K_CONNECT_BOOLEAN;
		case JSON_INT32:
			return type == W2K_CONNECT_INT32;
		case JSON_INT64:
			return type == W2K_CONNECT_INT64;
		case JSON_DOUBLE:
			return type == W2K_CONNECT_DOUBLE;
		case JSON_STRING:
			return type == W2K_CONNECT_STRING;
		case JSON_ARRAY:
			return type == W2K_CONNECT_ARRAY;
		case JSON_OBJECT:
			return type == W2K_CONNECT_STRUCT;
	}
	return false; /* keep compiler quiet */
}

static const Json *
find_member(const Json *object, const char *name)
{
	ListCell *lc;

	foreach(lc, object->items)
	{
		const Json *member = lfirst(lc);

		if (strcmp(member->name, name) == 0)
			return member;
	}
	return NULL;
}

static W2kNode *
make_value(Parser *parser, const Json *json, const W2kSchema *schema)
{
	W2kNode *node;

	if (json == NULL || json->kind == JSON_NULL)
		return NULL;
	if (!is_of_type(json, schema->type))
	{
		parser->problem = "a member of objects in an array is of several types";
		return NULL;
	}
	switch (json->kind)
	{
		case JSON_OBJECT:
			node = w2k_node_make_struct(schema);
			for (int i = 0; i < schema->nchildren; i++)
				node->items[i] =
					make_value(parser,
							   find_member(json, schema->children[i]->field),
							   schema->children[i]);
			return node;
		case JSON_ARRAY:
			node = w2k_node_make_array(list_length(json->items));
			for (int i = 0; i < node->nitems; i++)
				node->items[i] = make_value(parser, list_nth(json->items, i),
											schema->children[0]);
			return node;
		case JSON_STRING:
			return w2k_node_make_text(json->text);
		case JSON_DOUBLE:
			node = w2k_node_make_integer(0);
			node->value.kind = W2K_VALUE_DOUBLE;
			node->value.u.float8 = json->number;
			return node;
		case JSON_BOOLEAN:
			node = w2k_node_make_integer(0);
			node->value.kind = W2K_VALUE_BOOLEAN;
			node->value.u.boolean = json->boolean;
			return node;
		default:
			return w2k_node_make_integer(json->integer);
	}
}

W2kNode *
w2k_payload_parse(const char *text, int len, const char *name,
				  const W2kPayloadOptions *options, const char **problem)
{
	Parser parser = {.name = name, .options = options};
	W2kNode *node = NULL;
	W2kSchema *schema;
	Json *json = NULL;

	if (len == 0 || (text[0] != '{' && text[0] != '['))
		parser.problem = "it is neither a JSON object nor an array";
	else
		json = parse(&parser, text, len);
	if (json != NULL && json->kind == JSON_ARRAY)
		parser.problem = "it is an array, not an object";
	if (parser.problem == NULL)
	{
		schema = infer(&parser, name, json);
		if (parser.problem == NULL)
			node = make_value(&parser, json, schema);
	}
	*problem = parser.problem;
	return parser.problem == NULL ? node : NULL;
}
