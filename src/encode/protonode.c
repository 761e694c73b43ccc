/*
 * protonode.c
 *		Connect data -> messages of proto/envelope.proto.
 *
 * What transforms leave as it was is the message that it is without them, by
 * the tables in protospec.c: byte for byte, since a column's value is what is
 * stored (W2kStored) and not what the modes make of it.  What has no place
 * there, a field that was added or a value that a field cannot hold, is among
 * the message's "rest"; anything else is a Value of the envelope, or the key's.
 */
#include "postgres.h"

#include <ctype.h>

#include "common/int.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"

#include "encode/node.h"
#include "encode/protoitem.h"
#include "encode/protonode.h"
#include "encode/protoset.h"
#include "encode/protospec.h"

/* Fields whose numbers no table has. */
#define ENVELOPE_VALUE 8
#define KEY_VALUE 2

#define MAX_SPEC_FIELDS 18

typedef struct Plan Plan;

/* A field of a structure, ready to be written. */
typedef struct Field
{
	const char *name; /* the field of a Value, on the wire */
	int name_len;
	Plan *plan; /* of a structure, or of an array's; NULL = of neither */
} Field;

/* What can be known of a structure before there is one. */
struct Plan
{
	const W2kProtoSpec *spec; /* NULL = Structure */
	int nfields;
	W2kSchema **children; /* the schema's: those tell whose plan it is */
	Field *fields;
	int at[MAX_SPEC_FIELDS];  /* places of spec's fields; -1 = there is none */
	Bitmapset *rest;		  /* places of those that it does not have */
	int sequence, lsn, nanos; /* places of these, or -1 */
	int size;		/* of the last one's length: the next one's, probably */
	int outer_size; /* the same of the Value around it */
};

/* ---- plans ---- */

static Plan *make_plan(const W2kSchema *schema, const W2kProtoSpec *spec);

/* That of a structure or of those in an array; NULL where it is neither. */
static Plan *
make_field_plan(const W2kSchema *schema, const W2kProtoSpec *spec)
{
	while (schema->type == W2K_CONNECT_ARRAY)
		schema = schema->children[0];
	return schema->type == W2K_CONNECT_STRUCT ? make_plan(schema, spec) : NULL;
}

static void
fill_field(Field *field, const W2kSchema *schema, const W2kProtoSpec *spec)
{
	StringInfoData name;

	initStringInfo(&name);
	w2k_wire_append_bytes(&name, W2K_PROTO_NAME, schema->field,
						  (int) strlen(schema->field));
	field->name = name.data;
	field->name_len = name.len;
	field->plan = make_field_plan(schema, spec);
}

/* The field of a message that stands for one of Debezium's, or -1. */
static int
find_spec(const W2kProtoSpec *spec, const char *name)
{
	if (spec == NULL)
		return -1;
	for (int i = 0; spec->fields[i].field != NULL; i++)
	{
		if (strcmp(spec->fields[i].field, name) == 0)
			return i;
	}
	return -1;
}

static Plan *
make_plan(const W2kSchema *schema, const W2kProtoSpec *spec)
{
	Plan *plan = palloc0(sizeof(Plan));

	check_stack_depth();
	plan->spec = spec;
	plan->nfields = schema->nchildren;
	plan->children = schema->children;
	plan->fields = palloc0(sizeof(Field) * Max(schema->nchildren, 1));
	plan->sequence = plan->lsn = plan->nanos = -1;
	plan->size = plan->outer_size = 1;
	for (int i = 0; i < MAX_SPEC_FIELDS; i++)
		plan->at[i] = -1;
	for (int i = 0; i < schema->nchildren; i++)
	{
		int n = find_spec(spec, schema->children[i]->field);

		fill_field(&plan->fields[i], schema->children[i],
				   n < 0 ? NULL : spec->fields[n].message);
		if (spec == NULL)
			continue;
		if (n < 0)
		{
			plan->rest = bms_add_member(plan->rest, i);
			continue;
		}
		plan->at[n] = i;
		if (spec->fields[n].form == W2K_PROTOFORM_SEQUENCE)
			plan->sequence = i;
		else if (spec->fields[n].form == W2K_PROTOFORM_LSN)
			plan->lsn = i;
		else if (spec->fields[n].form == W2K_PROTOFORM_FIXED)
			plan->nanos = i;
	}
	return plan;
}

/*
 * That of a structure.  The schema of what it stands in tells it, unless a
 * transform has put another one in its place.
 */
static Plan *
plan_of(Plan *plan, const W2kNode *node, const W2kProtoSpec *spec)
{
	if (plan != NULL && plan->nfields == node->nitems &&
		plan->children == node->schema->children)
		return plan;
	return make_plan(node->schema, spec);
}

void *
w2k_protonode_compile(W2kWriter *writer, W2kSide side, const W2kSchema *schema)
{
	if (schema == NULL)
		return NULL;
	return make_field_plan(schema, side == W2K_SIDE_VALUE
									   ? w2k_protospec_find(schema)
									   : NULL);
}

/* ---- values ---- */

/* Pairs of texts, as TextPair and Pair begin. */
static void
append_map_text(StringInfo out, int field, const W2kValue *text)
{
	w2k_wire_append_bytes(out, field, text->data, text->len);
}

/* A value that is no column's: of JSON, a header, a mask. */
static void
read_value(const W2kNode *node, W2kProtoItem *item)
{
	const W2kValue *value = &node->value;

	switch (value->kind)
	{
		case W2K_VALUE_NULL:
			w2k_proto_set_varint(item, W2K_PROTO_NULL, 0);
			break;
		case W2K_VALUE_BOOLEAN:
			w2k_proto_set_varint(item, W2K_PROTO_BOOLEAN,
								 value->u.boolean ? 1 : 0);
			break;
		case W2K_VALUE_INTEGER:
			w2k_proto_set_varint(item, W2K_PROTO_INTEGER,
								 w2k_wire_zigzag(value->u.integer));
			break;
		case W2K_VALUE_DOUBLE:
			item->tag = W2K_WIRE_TAG(W2K_PROTO_DOUBLE, W2K_WIRE_FIXED64);
			memcpy(&item->number, &value->u.float8, sizeof(item->number));
			break;
		case W2K_VALUE_TEXT:
		case W2K_VALUE_ASCII:
			w2k_proto_set_bytes(item, W2K_PROTO_TEXT, value->data, value->len);
			break;
		case W2K_VALUE_BYTES:
			w2k_proto_set_bytes(item, W2K_PROTO_BINARY, value->data,
								value->len);
			break;
		default:
			/* columns say what they store */
			elog(ERROR, "unexpected value of kind %d", (int) value->kind);
	}
}

static void
read_scalar(W2kWriter *writer, W2kNode *node, W2kProtoItem *item)
{
	switch (node->stored)
	{
		case W2K_STORED_DATUM:
			writer->column = node->column;
			w2k_proto_readers[node->column->type->logical](node->column->type,
														   node->datum, item);
			writer->column = NULL;
			break;
		case W2K_STORED_UNCHANGED:
			w2k_proto_set_varint(item, W2K_PROTO_UNAVAILABLE,
								 W2K_PROTO_UNCHANGED_TOAST);
			break;
		case W2K_STORED_UNKNOWN:
			w2k_proto_set_varint(item, W2K_PROTO_UNAVAILABLE,
								 W2K_PROTO_NOT_IN_IDENTITY);
			break;
		case W2K_STORED_NULL:
			w2k_proto_set_varint(item, W2K_PROTO_NULL, 0);
			break;
		case W2K_STORED_NOT:
			read_value(node, item);
			break;
	}
}

static void append_fields(W2kWriter *writer, StringInfo out, Plan *plan,
						  W2kNode *node);

/* A Value in the field of that number, which is less than 16. */
static void
append_value(W2kWriter *writer, StringInfo out, int number, const char *name,
			 int name_len, Plan *plan, W2kNode *node)
{
	bool is_struct = node != NULL && node->kind == W2K_NODE_STRUCT;
	int start = out->len;
	int outer_size = 1;
	int size = 1;
	int inner;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (node == NULL || node->kind == W2K_NODE_SCALAR)
	{
		W2kProtoItem item;

		if (node == NULL)
			w2k_proto_set_varint(&item, W2K_PROTO_NULL, 0);
		else
			read_scalar(writer, node, &item);
		w2k_proto_append_value(out, name, name_len, &item);
		out->data[start] = (char) W2K_WIRE_TAG(number, W2K_WIRE_BYTES);
		return;
	}
	if (is_struct)
	{
		plan = plan_of(plan, node, NULL);
		outer_size = plan->outer_size;
		size = plan->size;
	}
	w2k_buffer_append_char(out, (char) W2K_WIRE_TAG(number, W2K_WIRE_BYTES));
	start = w2k_wire_begin(out, outer_size);
	w2k_buffer_append(out, name, name_len);
	w2k_wire_append_varint(out, W2K_WIRE_TAG(is_struct ? W2K_PROTO_STRUCTURE
													   : W2K_PROTO_ARRAY,
											 W2K_WIRE_BYTES));
	inner = w2k_wire_begin(out, size);
	if (is_struct)
		append_fields(writer, out, plan, node);
	else
	{
		for (int i = 0; i < node->nitems; i++)
			append_value(writer, out, W2K_PROTO_VALUES, "", 0, plan,
						 node->items[i]);
	}
	w2k_wire_end(out, inner, &size);
	w2k_wire_end(out, start, &outer_size);
	if (is_struct)
	{
		plan->outer_size = outer_size;
		plan->size = size;
	}
}

/* The field of a structure as a Value. */
static void
append_field(W2kWriter *writer, StringInfo out, int number, const Plan *plan,
			 const W2kNode *node, int i)
{
	const Field *field = &plan->fields[i];

	append_value(writer, out, number, field->name, field->name_len,
				 field->plan, node->items[i]);
}

/* All of them: Structure.fields, Row.columns, Key.columns */
static void
append_fields(W2kWriter *writer, StringInfo out, Plan *plan, W2kNode *node)
{
	for (int i = 0; i < node->nitems; i++)
		append_field(writer, out, W2K_PROTO_VALUES, plan, node, i);
}

/* ---- messages of the file ---- */

static void append_message(W2kWriter *writer, StringInfo out, Plan *plan,
						   W2kNode *node);

static inline bool
is_kind(const W2kNode *node, W2kValueKind kind)
{
	return node->kind == W2K_NODE_SCALAR && node->value.kind == kind;
}

static inline bool
is_text(const W2kNode *node)
{
	return is_kind(node, W2K_VALUE_TEXT) || is_kind(node, W2K_VALUE_ASCII);
}

static W2kNode *
get_item(const W2kNode *node, int i)
{
	return i < 0 ? NULL : node->items[i];
}

/*
 * The LSNs of the source block's sequence: where the last commit ended, or 0,
 * and that of the change.  False where it says something else.
 */
static bool
parse_sequence(const W2kNode *node, int64 *last_commit, int64 *lsn)
{
	char *p;
	char *end;

	if (node == NULL || !is_text(node))
		return false;
	p = pnstrdup(node->value.data, node->value.len);
	*last_commit = 0;
	if (strncmp(p, "[null,\"", 7) == 0)
		p += 7;
	else if (p[0] == '[' && p[1] == '"' && isdigit((unsigned char) p[2]))
	{
		*last_commit = strtoll(p + 2, &p, 10);
		if (strncmp(p, "\",\"", 3) != 0)
			return false;
		p += 3;
	}
	else
		return false;
	*lsn = strtoll(p, &end, 10);
	return isdigit((unsigned char) *p) && strcmp(end, "\"]") == 0;
}

static bool
append_sequence(StringInfo out, int number, const Plan *plan,
				const W2kNode *node, const W2kNode *item)
{
	const W2kNode *said = get_item(node, plan->lsn);
	int64 last_commit;
	int64 lsn;

	if (!parse_sequence(item, &last_commit, &lsn) ||
		(said != NULL &&
		 (!is_kind(said, W2K_VALUE_INTEGER) || said->value.u.integer != lsn)))
		return false;
	w2k_wire_append_number(out, number, (uint64) last_commit);
	return true;
}

/* Is there an item, and are all of them of that kind? */
static bool
is_array_of(const W2kNode *node, bool of_structs)
{
	if (node->kind != W2K_NODE_ARRAY)
		return false;
	for (int i = 0; i < node->nitems; i++)
	{
		const W2kNode *item = node->items[i];

		if (item == NULL ||
			!(of_structs ? item->kind == W2K_NODE_STRUCT : is_text(item)))
			return false;
	}
	return true;
}

/* A row, or a message by its table. */
static bool
append_struct(W2kWriter *writer, StringInfo out,
			  const W2kProtoSpecField *field, Plan *plan, W2kNode *node)
{
	int start;

	if (node->kind != W2K_NODE_STRUCT)
		return false;
	plan = plan_of(plan, node, field->message);
	w2k_buffer_append_char(out,
						   (char) W2K_WIRE_TAG(field->number, W2K_WIRE_BYTES));
	start = w2k_wire_begin(out, plan->size);
	if (field->form == W2K_PROTOFORM_ROW)
		append_fields(writer, out, plan, node);
	else
		append_message(writer, out, plan, node);
	w2k_wire_end(out, start, &plan->size);
	return true;
}

static bool
append_repeated(W2kWriter *writer, StringInfo out,
				const W2kProtoSpecField *field, Plan *plan, W2kNode *node)
{
	bool of_structs = field->form == W2K_PROTOFORM_MESSAGES;

	if (!is_array_of(node, of_structs))
		return false;
	for (int i = 0; i < node->nitems; i++)
	{
		W2kNode *item = node->items[i];

		if (of_structs)
			(void) append_struct(writer, out, field, plan, item);
		else
			w2k_wire_append_message(out, field->number, item->value.data,
									item->value.len);
	}
	return true;
}

static bool
append_pairs(StringInfo out, int number, const W2kNode *node)
{
	const W2kMap *map;
	StringInfoData pair;

	if (!is_kind(node, W2K_VALUE_MAP) || !node->value.u.map->has_text_keys)
		return false;
	map = node->value.u.map;
	initStringInfo(&pair);
	for (int i = 0; i < map->npairs; i++)
	{
		resetStringInfo(&pair);
		append_map_text(&pair, 1, &map->keys[i]);
		append_map_text(&pair, 2, &map->values[i]);
		w2k_wire_append_message(out, number, pair.data, pair.len);
	}
	return true;
}

/* A field that is a number, or a text that stands for one. */
static bool
append_number(StringInfo out, const W2kProtoSpecField *field,
			  const W2kNode *item)
{
	int64 integer = item->value.u.integer;
	int number;

	if (field->form == W2K_PROTOFORM_ENUM)
	{
		if (!is_text(item))
			return false;
		number = w2k_protoenum_find(field->kind, item->value.data,
									item->value.len);
		if (number < 0)
			return false;
		w2k_wire_append_number(out, field->number, (uint64) number);
		return true;
	}
	if (field->form == W2K_PROTOFORM_BOOLEAN)
	{
		if (!is_kind(item, W2K_VALUE_BOOLEAN))
			return false;
		w2k_wire_append_number(out, field->number,
							   item->value.u.boolean ? 1 : 0);
		return true;
	}
	if (!is_kind(item, W2K_VALUE_INTEGER))
		return false;
	if (field->form == W2K_PROTOFORM_MILLIS &&
		pg_mul_s64_overflow(integer, 1000000, &integer))
		return false;
	if (field->form == W2K_PROTOFORM_SIGNED)
		w2k_wire_append_number(out, field->number, w2k_wire_zigzag(integer));
	else if (field->form == W2K_PROTOFORM_NUMBER ||
			 field->form == W2K_PROTOFORM_LSN)
		w2k_wire_append_number(out, field->number, (uint64) integer);
	else
		w2k_wire_append_fixed64(out, field->number, (uint64) integer);
	return true;
}

/* Does a time say what the one in nanoseconds does? */
static bool
follows_from(const W2kNode *item, const W2kNode *nanos, int64 divisor)
{
	return nanos != NULL && is_kind(nanos, W2K_VALUE_INTEGER) &&
		   is_kind(item, W2K_VALUE_INTEGER) &&
		   item->value.u.integer == nanos->value.u.integer / divisor;
}

/* A field by the table; false where its value has no place in it. */
static bool
append_typed(W2kWriter *writer, StringInfo out, const W2kProtoSpecField *field,
			 const Plan *plan, W2kNode *node, int at)
{
	W2kNode *item = node->items[at];
	Plan *inner = plan->fields[at].plan;
	int64 last_commit;
	int64 lsn;

	if (item == NULL)
	{
		if (field->form == W2K_PROTOFORM_LSN &&
			parse_sequence(get_item(node, plan->sequence), &last_commit, &lsn))
			w2k_wire_append_number(out, field->number, (uint64) lsn);
		return true;
	}
	switch (field->form)
	{
		case W2K_PROTOFORM_TEXT:
		case W2K_PROTOFORM_BYTES:
			if (field->form == W2K_PROTOFORM_TEXT
					? !is_text(item)
					: !is_kind(item, W2K_VALUE_BYTES))
				return false;
			w2k_wire_append_bytes(out, field->number, item->value.data,
								  item->value.len);
			return true;
		case W2K_PROTOFORM_ROW:
		case W2K_PROTOFORM_MESSAGE:
			return append_struct(writer, out, field, inner, item);
		case W2K_PROTOFORM_TEXTS:
		case W2K_PROTOFORM_MESSAGES:
			return append_repeated(writer, out, field, inner, item);
		case W2K_PROTOFORM_PAIRS:
			return append_pairs(out, field->number, item);
		case W2K_PROTOFORM_SEQUENCE:
			return append_sequence(out, field->number, plan, node, item);
		case W2K_PROTOFORM_OF_NANOS:
			return follows_from(item, get_item(node, plan->nanos),
								field->nanos);
		case W2K_PROTOFORM_NULL:
			return false;
		default:
			return append_number(out, field, item);
	}
}

static void
append_message(W2kWriter *writer, StringInfo out, Plan *plan, W2kNode *node)
{
	const W2kProtoSpec *spec = plan->spec;
	Bitmapset *rest = NULL;
	int i = -1;

	for (int n = 0; spec->fields[n].field != NULL; n++)
	{
		int at = plan->at[n];

		if (at >= 0 &&
			!append_typed(writer, out, &spec->fields[n], plan, node, at))
			rest = bms_add_member(rest, at);
	}
	if (rest == NULL && plan->rest == NULL)
		return;
	if (spec->rest == 0)
		elog(ERROR,
			 "a message \"%s\" does not hold what transforms made of it",
			 spec->schema);
	rest = bms_add_members(rest, plan->rest);
	while ((i = bms_next_member(rest, i)) >= 0)
		append_field(writer, out, spec->rest, plan, node, i);
}

/* ---- records ---- */

void
w2k_protonode_append(W2kWriter *writer, W2kSide side, StringInfo out,
					 const char *topic, const W2kSchema *schema,
					 void *compiled, W2kNode *node)
{
	Plan *plan = compiled;
	bool is_key = side == W2K_SIDE_KEY;

	if (node->kind == W2K_NODE_STRUCT)
	{
		plan = plan_of(plan, node, plan == NULL ? NULL : plan->spec);
		if (is_key)
		{
			append_fields(writer, out, plan, node);
			return;
		}
		if (plan->spec != NULL)
		{
			append_message(writer, out, plan, node);
			return;
		}
	}
	append_value(writer, out, is_key ? KEY_VALUE : ENVELOPE_VALUE, "", 0, plan,
				 node);
}
