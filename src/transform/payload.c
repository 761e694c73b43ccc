/*
 * payload.c
 *		JSON in text -> Connect data, its schema inferred as Debezium does.
 *
 * An object is a struct, its members in their order; a number is of the
 * smallest type it fits (int32, int64, double); an array has elements of one
 * type, and where those are objects their struct has the members of all of
 * them.  What cannot be said in a schema has none: then the payload stays
 * text, as it does where it is not JSON at all.
 *
 * Whoever may insert into the outbox chooses the JSON, so the time and memory
 * that it takes must not grow faster than its length.  Members are found by a
 * hash where they are many; objects of an array that have little in common
 * would still give a value of objects times members, nearly all of it null,
 * and names of schemas grow with each level.  That is what cost counts.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "compat.h"
#include "transform/payload.h"

#define MAX_DEPTH 1000 /* as in Debezium's parser (Jackson) */
#define MAX_MEMBERS                                                           \
	10000			   /* of an object, and of an array's objects together */
#define FEW_MEMBERS 32 /* are searched one by one */
#define FREE_COST 1000000 /* that any payload may have */

/* Where a member or field of that name is. */
typedef struct NameEntry
{
	const char *name;
	int at;
	uint32 hash;
	char status;
} NameEntry;

#define SH_PREFIX names
#define SH_ELEMENT_TYPE NameEntry
#define SH_KEY_TYPE const char *
#define SH_KEY name
#define SH_HASH_KEY(table, key)                                               \
	hash_bytes((const unsigned char *) (key), (int) strlen(key))
#define SH_EQUAL(table, a, b) (strcmp(a, b) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) (entry)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

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
	List *items;	   /* of Json: elements, or members */
	names_hash *names; /* places of members in items; NULL = they are few */
} Json;

typedef struct Parser
{
	const char *name;
	const W2kPayloadOptions *options;
	List *open; /* the objects and arrays that have not ended, of Json */
	Json *root;
	const char *member; /* whose value comes next */
	int64 nvalues;		/* that were parsed */
	int64 cost;			/* of what is made of them */
	bool is_stopped;	/* the rest does not matter */
	const char *problem;
} Parser;

/* ---- parsing ---- */

static void
stop(Parser *parser, const char *problem)
{
	parser->problem = problem;
	parser->is_stopped = true;
}

static void
add_name(names_hash *names, const char *name, int at)
{
	bool is_found;
	NameEntry *entry = names_insert(names, name, &is_found);

	Assert(!is_found);
	entry->at = at;
}

/* A member's place, or -1. */
static int
find_member(const Json *object, const char *name)
{
	ListCell *lc;

	if (object->names != NULL)
	{
		const NameEntry *entry = names_lookup(object->names, name);

		return entry == NULL ? -1 : entry->at;
	}
	foreach(lc, object->items)
	{
		if (strcmp(((const Json *) lfirst(lc))->name, name) == 0)
			return foreach_current_index(lc);
	}
	return -1;
}

/* Of members with one name the last counts, in the first's place. */
static void
add_member(Parser *parser, Json *object, Json *json)
{
	int n = list_length(object->items);
	int at = find_member(object, json->name);
	ListCell *lc;

	if (at >= 0)
	{
		lfirst(list_nth_cell(object->items, at)) = json;
		return;
	}
	if (n >= MAX_MEMBERS)
	{
		stop(parser, "an object in it has too many members");
		return;
	}
	object->items = lappend(object->items, json);
	if (object->names != NULL)
		add_name(object->names, json->name, n);
	else if (n == FEW_MEMBERS)
	{
		object->names = names_create(CurrentMemoryContext, 4 * FEW_MEMBERS,
									 NULL);
		foreach(lc, object->items)
			add_name(object->names, ((const Json *) lfirst(lc))->name,
					 foreach_current_index(lc));
	}
}

/* A value has come: it is the root, an element, or a member. */
static void
add_json(Parser *parser, Json *json)
{
	Json *parent = parser->open == NIL ? NULL : llast(parser->open);

	CHECK_FOR_INTERRUPTS();
	parser->nvalues++;
	if (parent == NULL)
		parser->root = json;
	else if (parent->kind == JSON_OBJECT)
	{
		json->name = parser->member;
		add_member(parser, parent, json);
	}
	else
		parent->items = lappend(parent->items, json);
}

static void
open_json(Parser *parser, JsonKind kind)
{
	Json *json;

	if (parser->is_stopped)
		return;
	json = palloc0(sizeof(Json));
	json->kind = kind;
	add_json(parser, json);
	parser->open = lappend(parser->open, json);
}

static W2K_JSON_RESULT
on_object_start(void *state)
{
	Parser *parser = state;

	open_json(parser, JSON_OBJECT);
	if (parser->is_stopped)
		return W2K_JSON_STOP;
	return W2K_JSON_GO_ON;
}

static W2K_JSON_RESULT
on_array_start(void *state)
{
	Parser *parser = state;

	open_json(parser, JSON_ARRAY);
	if (parser->is_stopped)
		return W2K_JSON_STOP;
	return W2K_JSON_GO_ON;
}

static W2K_JSON_RESULT
on_end(void *state)
{
	Parser *parser = state;

	if (parser->is_stopped)
		return W2K_JSON_STOP;
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
	Json *json;

	if (parser->is_stopped)
		return W2K_JSON_STOP;
	json = palloc0(sizeof(Json));
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
	if (parser->is_stopped)
		return W2K_JSON_STOP;
	return W2K_JSON_GO_ON;
}

/* Is it nested deeper than the parser, and we, should recurse? */
static bool
is_too_deep(const char *text, int len, int max_depth)
{
	bool is_quoted = false;
	int depth = 0;

	for (int i = 0; i < len; i++)
	{
		char c = text[i];

		if (c == '"')
			is_quoted = !is_quoted;
		else if (is_quoted)
			i += c == '\\'; /* what is escaped ends nothing */
		else if (c == '{' || c == '[')
		{
			if (++depth > max_depth)
				return true;
		}
		else if (c == '}' || c == ']')
			depth--;
	}
	return false;
}

static Json *
parse(Parser *parser, const char *text, int len)
{
	JsonSemAction actions = {0};
	int limit = parser->options->max_depth;

	if (is_too_deep(text, len, limit == 0 ? MAX_DEPTH : limit))
	{
		parser->problem = "it is nested too deeply";
		return NULL;
	}
	actions.semstate = parser;
	actions.object_start = on_object_start;
	actions.object_end = on_end;
	actions.array_start = on_array_start;
	actions.array_end = on_end;
	actions.object_field_start = on_member;
	actions.scalar = on_scalar;
	if (w2k_compat_parse_json(text, len, &actions) != JSON_SUCCESS &&
		!parser->is_stopped)
		parser->problem = "it is not JSON";
	return parser->problem == NULL ? parser->root : NULL;
}

/* Counts what something costs; false, with a problem, where it is too much. */
static bool
spend(Parser *parser, int64 cost)
{
	parser->cost += cost;
	if (parser->cost <= FREE_COST + 2 * parser->nvalues)
		return true;
	parser->problem = "it would become too large";
	return false;
}

/* ---- schemas ---- */

/* Are two inferred schemas the same, but for their fields' names? */
static bool
is_same_schema(const W2kSchema *a, const W2kSchema *b)
{
	check_stack_depth();
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

/* The schema of an array's objects where they have not all the same. */
typedef struct Merged
{
	W2kSchema *schema;
	names_hash *names; /* places of its fields */
} Merged;

/* Adds the members that the merged schema lacks; false where it is too much. */
static bool
merge(Parser *parser, Merged *merged, const W2kSchema *right)
{
	W2kSchema *schema = merged->schema;

	for (int i = 0; i < right->nchildren; i++)
	{
		W2kSchema *field = right->children[i];
		bool is_found;
		NameEntry *entry = names_insert(merged->names, field->field, &is_found);

		if (is_found)
		{
			if (schema->children[entry->at]->type == W2K_CONNECT_BYTES)
				schema->children[entry->at] = field; /* a null elsewhere */
			continue;
		}
		if (schema->nchildren >= MAX_MEMBERS)
		{
			parser->problem = "objects of an array in it have too many members";
			return false;
		}
		entry->at = schema->nchildren;
		w2k_connect_add(schema, field->field, field);
	}
	return true;
}

/*
 * The schema of objects.  Merging one again changes nothing, so each is only
 * compared with the first: where all are like it, theirs is that one.
 */
static W2kSchema *
infer_objects(Parser *parser, const char *name, const Json *array)
{
	W2kSchema *first = NULL;
	Merged merged = {NULL, NULL};
	ListCell *lc;

	foreach(lc, array->items)
	{
		const Json *item = lfirst(lc);
		W2kSchema *schema;

		if (item->kind != JSON_OBJECT)
			continue;
		schema = infer(parser, name, item);
		if (schema == NULL)
			return NULL;
		if (first == NULL)
			first = schema;
		else if (!is_same_schema(first, schema))
		{
			if (merged.schema == NULL)
			{
				merged.schema = w2k_node_copy_schema(first, 0);
				merged.names = names_create(CurrentMemoryContext,
											Max(first->nchildren, 4), NULL);
				if (!merge(parser, &merged, first))
					return NULL;
			}
			if (!merge(parser, &merged, schema))
				return NULL;
		}
	}
	return merged.schema != NULL ? merged.schema : first;
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
	W2kSchema *schema;

	if (sample == NULL)
		return NULL;
	if (sample->kind == JSON_OBJECT)
		return infer_objects(parser, name, array);
	schema = infer(parser, NULL, sample);
	if (schema == NULL && parser->problem == NULL)
		parser->problem = "the elements of an array in it have no type";
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
		const char *member_name = NULL; /* of a schema that has one */
		W2kSchema *field;

		if (member->kind == JSON_OBJECT || member->kind == JSON_ARRAY)
		{
			member_name = member->name;
			if (name != NULL && name[0] != '\0')
				member_name = psprintf("%s.%s", name, member->name);
			if (!spend(parser, (int64) strlen(member_name) / 16))
				return NULL;
		}
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
	CHECK_FOR_INTERRUPTS();
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

static W2kNode *make_value(Parser *parser, const Json *json,
						   const W2kSchema *schema);

static W2kNode *
make_struct(Parser *parser, const Json *object, const W2kSchema *schema)
{
	W2kNode *node;

	if (!spend(parser, schema->nchildren))
		return NULL;
	node = w2k_node_make_struct(schema);
	for (int i = 0; i < node->nitems && parser->problem == NULL; i++)
	{
		const W2kSchema *field = schema->children[i];
		int at = find_member(object, field->field);

		if (at >= 0)
			node->items[i] = make_value(parser, list_nth(object->items, at),
										field);
	}
	return node;
}

static W2kNode *
make_value(Parser *parser, const Json *json, const W2kSchema *schema)
{
	W2kNode *node;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (json->kind == JSON_NULL)
		return NULL;
	if (!is_of_type(json, schema->type))
	{
		parser->problem = "a member of objects in an array is of several types";
		return NULL;
	}
	switch (json->kind)
	{
		case JSON_OBJECT:
			return make_struct(parser, json, schema);
		case JSON_ARRAY:
			node = w2k_node_make_array(list_length(json->items));
			for (int i = 0; i < node->nitems && parser->problem == NULL; i++)
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
