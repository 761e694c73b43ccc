/*
 * protovalue.c
 *		Values as fields of Protobuf messages.
 *
 * Fields have what implicit presence says: zero is not written, unless the
 * field is labelled optional or its type is a wrapper.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "encode/decimal.h"
#include "encode/node.h"
#include "encode/protovalue.h"

#define MS_PER_DAY INT64CONST(86400000)
#define MS_PER_HOUR 3600000
#define MS_PER_MINUTE 60000
#define NS_PER_MS 1000000

/* Tags of the fields in messages that are known to all. */
#define TAG(number, type) ((number) << 3 | (type))

/* ---- scalars ---- */

static inline void
append_integer(StringInfo out, const W2kProtoField *field, int64 integer)
{
	char *p = w2k_buffer_reserve(out, W2K_PROTO_TAG_SIZE + W2K_WIRE_VARINT_MAX);

	memcpy(p, field->tag, W2K_PROTO_TAG_SIZE);
	w2k_buffer_close(out, w2k_wire_put_varint(p + field->tag_len,
											  (uint64) integer));
}

static inline void
append_bytes(StringInfo out, const W2kProtoField *field, const char *data,
			 int len)
{
	char *p = w2k_buffer_reserve(out, W2K_PROTO_TAG_SIZE +
										  W2K_WIRE_VARINT_MAX + (Size) len);

	memcpy(p, field->tag, W2K_PROTO_TAG_SIZE);
	p = w2k_wire_put_varint(p + field->tag_len, (uint64) len);
	memcpy(p, data, len);
	w2k_buffer_close(out, p + len);
}

static inline uint32
float_bits(float4 value)
{
	uint32 bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline uint64
double_bits(float8 value)
{
	uint64 bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/* Is it what a field has that was not written? */
static bool
is_zero(W2kProtoKind kind, const W2kValue *value)
{
	switch (kind)
	{
		case W2K_PROTO_INT32:
		case W2K_PROTO_INT64:
			return value->u.integer == 0;
		case W2K_PROTO_BOOL:
			return !value->u.boolean;
		case W2K_PROTO_FLOAT:
			return float_bits(value->u.float4) == 0;
		case W2K_PROTO_DOUBLE:
			return double_bits(value->u.float8) == 0;
		case W2K_PROTO_STRING:
		case W2K_PROTO_BYTES:
			return value->len == 0;
		default:
			return false;
	}
}

/* A scalar without its tag. */
static void
append_bare(StringInfo out, W2kProtoKind kind, const W2kValue *value)
{
	char *p;

	if (kind == W2K_PROTO_STRING || kind == W2K_PROTO_BYTES)
	{
		p = w2k_buffer_reserve(out, W2K_WIRE_VARINT_MAX + (Size) value->len);
		p = w2k_wire_put_varint(p, (uint64) value->len);
		memcpy(p, value->data, value->len);
		w2k_buffer_close(out, p + value->len);
		return;
	}
	p = w2k_buffer_reserve(out, W2K_WIRE_VARINT_MAX);
	if (kind == W2K_PROTO_FLOAT)
		p = w2k_wire_put_fixed32(p, float_bits(value->u.float4));
	else if (kind == W2K_PROTO_DOUBLE)
		p = w2k_wire_put_fixed64(p, double_bits(value->u.float8));
	else if (kind == W2K_PROTO_BOOL)
		*p++ = value->u.boolean ? 1 : 0;
	else
		p = w2k_wire_put_varint(p, (uint64) value->u.integer);
	w2k_buffer_close(out, p);
}

/* Does a value have the form that a field of this kind takes? */
static bool
fits(W2kProtoKind kind, W2kValueKind value)
{
	switch (kind)
	{
		case W2K_PROTO_INT32:
		case W2K_PROTO_INT64:
		case W2K_PROTO_DATE:
		case W2K_PROTO_TIME_OF_DAY:
		case W2K_PROTO_TIMESTAMP:
			return value == W2K_VALUE_INTEGER ||
				   value == W2K_VALUE_CONNECT_DAYS ||
				   value == W2K_VALUE_CONNECT_MILLIS;
		case W2K_PROTO_BOOL:
			return value == W2K_VALUE_BOOLEAN;
		case W2K_PROTO_FLOAT:
			return value == W2K_VALUE_FLOAT;
		case W2K_PROTO_DOUBLE:
			return value == W2K_VALUE_DOUBLE;
		case W2K_PROTO_STRING:
			return value == W2K_VALUE_TEXT || value == W2K_VALUE_ASCII;
		case W2K_PROTO_BYTES:
			return value == W2K_VALUE_BYTES || value == W2K_VALUE_DECIMAL;
		case W2K_PROTO_DECIMAL:
			return value == W2K_VALUE_DECIMAL;
		case W2K_PROTO_STRUCT:
			return value == W2K_VALUE_STRUCT ||
				   value == W2K_VALUE_VARIABLE_DECIMAL;
		case W2K_PROTO_ENTRY:
			return value == W2K_VALUE_MAP;
		case W2K_PROTO_ITEMS:
			return value == W2K_VALUE_ARRAY || value == W2K_VALUE_MAP;
	}
	return false; /* keep compiler quiet */
}

/* ---- messages that are known to all ---- */

/* The members that are not zero: numbers from 1 on. */
static char *
put_members(char *p, const int64 *members, int nmembers)
{
	for (int i = 0; i < nmembers; i++)
	{
		if (members[i] == 0)
			continue;
		*p++ = TAG(i + 1, W2K_WIRE_VARINT);
		p = w2k_wire_put_varint(p, (uint64) members[i]);
	}
	return p;
}

/* The calendar's date of a day since 1970; there is a year 0. */
static void
split_days(int64 days, int64 *date)
{
	/* from March on, so that leap days are last; eras are of 400 years */
	int64 shifted = days + 719468;
	int64 era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64 of_era = shifted - era * 146097;
	int64 year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
				 365;
	int64 of_year = of_era - (365 * year + year / 4 - year / 100);
	int64 month = (5 * of_year + 2) / 153;

	date[2] = of_year - (153 * month + 2) / 5 + 1;
	date[1] = month < 10 ? month + 3 : month - 9;
	date[0] = year + era * 400 + (date[1] <= 2 ? 1 : 0);
}

static void
split_time(int64 ms, int64 *time)
{
	time[0] = ms / MS_PER_HOUR;
	time[1] = ms % MS_PER_HOUR / MS_PER_MINUTE;
	time[2] = ms % MS_PER_MINUTE / 1000;
	time[3] = ms % 1000 * NS_PER_MS;
}

static void
split_timestamp(int64 ms, int64 *timestamp)
{
	int64 rest = ms % 1000;

	timestamp[0] = ms / 1000;
	if (rest < 0)
	{
		rest += 1000;
		timestamp[0]--;
	}
	timestamp[1] = rest * NS_PER_MS;
}

/* Decimal digits of an unscaled number; as BigDecimal, zero has one. */
static int
count_digits(const W2kValue *value)
{
	const unsigned char *data = (const unsigned char *) value->data;
	int ndigits = 0;

	if (value->len <= 8)
	{
		/* in two's complement, big-endian */
		uint64 number = value->len > 0 && (data[0] & 0x80) != 0 ? PG_UINT64_MAX
																: 0;

		for (int i = 0; i < value->len; i++)
			number = number << 8 | data[i];
		if (number >> 63 != 0)
			number = 0 - number;
		do
		{
			ndigits++;
			number /= 10;
		} while (number > 0);
	}
	else
	{
		W2kValue unscaled = *value;

		unscaled.scale = 0;
		for (const char *p = w2k_decimal_to_text(&unscaled); *p != '\0'; p++)
			ndigits += *p >= '0' && *p <= '9' ? 1 : 0;
	}
	return ndigits;
}

/* value = 1, precision = 2, scale = 3 */
static void
append_decimal(StringInfo out, const W2kValue *value)
{
	char *p = w2k_buffer_reserve(out, 3 * (1 + W2K_WIRE_VARINT_MAX) +
										  (Size) value->len);

	*p++ = TAG(1, W2K_WIRE_BYTES);
	p = w2k_wire_put_varint(p, (uint64) value->len);
	memcpy(p, value->data, value->len);
	p += value->len;
	*p++ = TAG(2, W2K_WIRE_VARINT);
	p = w2k_wire_put_varint(p, (uint64) count_digits(value));
	if (value->scale != 0)
	{
		*p++ = TAG(3, W2K_WIRE_VARINT);
		p = w2k_wire_put_varint(p, (uint64) (int64) value->scale);
	}
	w2k_buffer_close(out, p);
}

/* What is in one of these messages. */
static void
append_known(StringInfo out, W2kProtoKind kind, const W2kValue *value)
{
	int64 members[4];
	int nmembers;
	char *p;

	switch (kind)
	{
		case W2K_PROTO_DECIMAL:
			append_decimal(out, value);
			return;
		case W2K_PROTO_DATE:
			split_days(value->u.integer, members);
			nmembers = 3;
			break;
		case W2K_PROTO_TIME_OF_DAY:
			split_time(value->u.integer, members);
			nmembers = 4;
			break;
		default:
			split_timestamp(value->u.integer, members);
			nmembers = 2;
			break;
	}
	p = w2k_buffer_reserve(out, lengthof(members) * (1 + W2K_WIRE_VARINT_MAX));
	w2k_buffer_close(out, put_members(p, members, nmembers));
}

/* ---- values ---- */

static bool append_items(W2kWriter *writer, StringInfo out,
						 W2kProtoField *field, W2kArray *array, int dim,
						 W2kColumn *column);
static void append_value(W2kWriter *writer, StringInfo out,
						 W2kProtoField *field, W2kValue *value,
						 W2kColumn *column);

/* The members of a struct. */
static void
append_members(W2kWriter *writer, StringInfo out, W2kProtoMessage *message,
			   W2kValue *value, W2kColumn *column)
{
	if (value->kind == W2K_VALUE_VARIABLE_DECIMAL)
	{
		W2kValue member;

		member.kind = W2K_VALUE_INTEGER;
		member.u.integer = value->scale;
		append_value(writer, out, &message->fields[0], &member, column);
		member.kind = W2K_VALUE_BYTES;
		member.data = value->data;
		member.len = value->len;
		append_value(writer, out, &message->fields[1], &member, column);
		return;
	}
	for (int i = 0; i < message->nfields; i++)
		append_value(writer, out, &message->fields[i],
					 &value->u.fields->items[i], column);
}

/* A pair for each; the field is the map's. */
static void
append_pairs(W2kWriter *writer, StringInfo out, W2kProtoField *field,
			 const W2kMap *map, W2kColumn *column)
{
	for (int i = 0; i < map->npairs; i++)
	{
		int start = w2k_protovalue_begin(out, field);

		CHECK_FOR_INTERRUPTS();
		append_value(writer, out, &field->message->fields[0], &map->keys[i],
					 column);
		append_value(writer, out, &field->message->fields[1], &map->values[i],
					 column);
		w2k_protovalue_end(out, field, start);
	}
}

/* A single value, though the field may be repeated; zero where it counts. */
static void
append_single(W2kWriter *writer, StringInfo out, W2kProtoField *field,
			  W2kValue *value, W2kColumn *column)
{
	int start;

	if (unlikely(!fits(field->kind, value->kind)))
		elog(ERROR, "a value of kind %d does not fit Protobuf field \"%s\"",
			 (int) value->kind, field->name);
	if (!field->is_wrapped && field->kind <= W2K_PROTO_BYTES)
	{
		if (field->kind == W2K_PROTO_STRING || field->kind == W2K_PROTO_BYTES)
			append_bytes(out, field, value->data, value->len);
		else if (field->kind == W2K_PROTO_INT32 ||
				 field->kind == W2K_PROTO_INT64)
			append_integer(out, field, value->u.integer);
		else
		{
			w2k_buffer_append(out, field->tag, field->tag_len);
			append_bare(out, field->kind, value);
		}
		return;
	}
	start = w2k_protovalue_begin(out, field);
	if (field->is_wrapped)
	{
		if (!is_zero(field->kind, value))
		{
			static const W2kWireType types[] = {
				[W2K_PROTO_INT32] = W2K_WIRE_VARINT,
				[W2K_PROTO_INT64] = W2K_WIRE_VARINT,
				[W2K_PROTO_FLOAT] = W2K_WIRE_FIXED32,
				[W2K_PROTO_DOUBLE] = W2K_WIRE_FIXED64,
				[W2K_PROTO_BOOL] = W2K_WIRE_VARINT,
				[W2K_PROTO_STRING] = W2K_WIRE_BYTES,
				[W2K_PROTO_BYTES] = W2K_WIRE_BYTES,
			};

			w2k_buffer_append_char(out, (char) TAG(1, types[field->kind]));
			append_bare(out, field->kind, value);
		}
	}
	else if (field->kind == W2K_PROTO_STRUCT)
		append_members(writer, out, field->message, value, column);
	else
		append_known(out, field->kind, value);
	w2k_protovalue_end(out, field, start);
}

/* An element; false where it is null, which none can be. */
static bool
append_element(W2kWriter *writer, StringInfo out, W2kProtoField *field,
			   W2kValue *value, W2kColumn *column)
{
	int start;

	if (value->kind == W2K_VALUE_FAILED)
		w2k_envelope_resolve_failed(writer, column, value);
	if (value->kind == W2K_VALUE_NULL)
		return false;
	if (field->is_packed)
		append_bare(out, field->kind, value);
	else if (field->kind == W2K_PROTO_ITEMS)
	{
		/* a map: arrays of arrays are one array */
		start = w2k_protovalue_begin(out, field);
		append_value(writer, out, &field->message->fields[0], value, column);
		w2k_protovalue_end(out, field, start);
	}
	else
		append_single(writer, out, field, value, column);
	return true;
}

/* The items of a dimension; false where one is null. */
static bool
append_items(W2kWriter *writer, StringInfo out, W2kProtoField *field,
			 W2kArray *array, int dim, W2kColumn *column)
{
	int nitems = array->ndim > 0 ? array->dims[dim] : 0;
	bool is_packed = field->is_packed && nitems > 0;
	int start = is_packed ? w2k_protovalue_begin(out, field) : 0;

	for (int i = 0; i < nitems; i++)
	{
		W2kValue item;

		CHECK_FOR_INTERRUPTS();
		if (dim + 1 < array->ndim)
		{
			int item_start = w2k_protovalue_begin(out, field);

			if (!append_items(writer, out, &field->message->fields[0], array,
							  dim + 1, column))
				return false;
			w2k_protovalue_end(out, field, item_start);
			continue;
		}
		w2k_value_next_element(array, &item);
		if (!append_element(writer, out, field, &item, column))
			return false;
	}
	if (is_packed)
		w2k_protovalue_end(out, field, start);
	return true;
}

/* How many arrays are in one another. */
static int
count_dimensions(const W2kProtoField *field)
{
	int ndims = 1;

	while (field->kind == W2K_PROTO_ITEMS &&
		   field->schema->type == W2K_CONNECT_ARRAY)
	{
		field = &field->message->fields[0];
		ndims++;
	}
	return ndims;
}

/* An array as a whole, or, where it has no form, what is done then. */
static void
append_array(W2kWriter *writer, StringInfo out, W2kProtoField *field,
			 W2kValue *value, W2kColumn *column)
{
	W2kArray *array = value->u.array;
	int start = out->len;

	if (array->ndim > 0 && array->ndim != count_dimensions(field))
		value->data = "the record's schema can only have one number of "
					  "dimensions, and another value of the column has another";
	else if (append_items(writer, out, field, array, 0, column))
		return;
	else
		value->data = "it is an array with a null in it, which Protobuf "
					  "does not have";
	out->len = start;
	value->kind = W2K_VALUE_FAILED;
	w2k_envelope_resolve_failed(writer, column, value);
}

static void
append_value(W2kWriter *writer, StringInfo out, W2kProtoField *field,
			 W2kValue *value, W2kColumn *column)
{
	if (value->kind == W2K_VALUE_FAILED)
		w2k_envelope_resolve_failed(writer, column, value);
	if (value->kind == W2K_VALUE_NULL)
		return;
	if (value->kind == W2K_VALUE_ARRAY)
		append_array(writer, out, field, value, column);
	else if (value->kind == W2K_VALUE_MAP)
		append_pairs(writer, out, field, value->u.map, column);
	else if (field->is_optional || field->is_wrapped ||
			 !is_zero(field->kind, value))
		append_single(writer, out, field, value, column);
}

void
w2k_protovalue_append(W2kWriter *writer, StringInfo out, W2kProtoField *field,
					  W2kValue *value, W2kColumn *column)
{
	append_value(writer, out, field, value, column);
}

void
w2k_protovalue_append_text(StringInfo out, W2kProtoField *field,
						   const char *text)
{
	W2kValue value;

	value.kind = W2K_VALUE_TEXT;
	value.data = text;
	value.len = (int) strlen(text);
	append_value(NULL, out, field, &value, NULL);
}

void
w2k_protovalue_append_name(StringInfo out, W2kProtoField *field,
						   const char *name)
{
	w2k_protovalue_append_text(out, field,
							   pg_server_to_any(name, (int) strlen(name),
												PG_UTF8));
}

void
w2k_protovalue_append_integer(StringInfo out, W2kProtoField *field,
							  int64 integer)
{
	W2kValue value;

	value.kind = W2K_VALUE_INTEGER;
	value.u.integer = integer;
	append_value(NULL, out, field, &value, NULL);
}

/* ---- nodes ---- */

static void append_fields(W2kWriter *writer, const W2kSideOptions *side,
						  StringInfo out, W2kProtoMessage *message,
						  const W2kNode *node);

/* What stands for a null: nothing, or the field's default. */
static void
append_default(W2kWriter *writer, const W2kSideOptions *side, StringInfo out,
			   W2kProtoField *field, const W2kSchema *schema)
{
	W2kColumn *column = unconstify(W2kColumn *, schema->default_column);
	W2kValue value;

	/* source.snapshot, the only one that is not a column's */
	if (schema->default_text != NULL && !writer->options.has_null_snapshot)
		w2k_protovalue_append_text(out, field, schema->default_text);
	else if (column != NULL && side->replaces_nulls &&
			 w2k_envelope_read_default(column, &value))
		append_value(writer, out, field, &value, column);
}

/* An item of an array of structs, or of what is in none. */
static void
append_node(W2kWriter *writer, const W2kSideOptions *side, StringInfo out,
			W2kProtoField *field, W2kNode *node)
{
	int start;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	switch (node->kind)
	{
		case W2K_NODE_SCALAR:
			/* an array can be walked once, and this may not be the first */
			if (node->value.kind == W2K_VALUE_ARRAY)
				*node->value.u.array = node->array;
			append_value(writer, out, field, &node->value, node->column);
			break;
		case W2K_NODE_STRUCT:
			start = w2k_protovalue_begin(out, field);
			append_fields(writer, side, out, field->message, node);
			w2k_protovalue_end(out, field, start);
			break;
		case W2K_NODE_ARRAY:
			elog(ERROR, "an array is no item of an array");
			break;
	}
}

/* The items of an array that transforms have made. */
static void
append_node_items(W2kWriter *writer, const W2kSideOptions *side,
				  StringInfo out, W2kProtoField *field, const W2kNode *node)
{
	int start = field->is_packed && node->nitems > 0
					? w2k_protovalue_begin(out, field)
					: 0;

	for (int i = 0; i < node->nitems; i++)
	{
		W2kNode *item = node->items[i];

		if (item == NULL || (item->kind == W2K_NODE_SCALAR &&
							 item->value.kind == W2K_VALUE_NULL))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg(
						 "an array with a null in it cannot be written as Protobuf"),
					 errdetail("It is in the field \"%s\".", field->name),
					 errhint("Choose another format, or leave out what makes "
							 "an array of JSON.")));
		if (item->kind == W2K_NODE_SCALAR)
			(void) append_element(writer, out, field, &item->value,
								  item->column);
		else if (item->kind == W2K_NODE_ARRAY)
		{
			int item_start = w2k_protovalue_begin(out, field);

			append_node_items(writer, side, out, &field->message->fields[0],
							  item);
			w2k_protovalue_end(out, field, item_start);
		}
		else
			append_node(writer, side, out, field, item);
	}
	if (field->is_packed && node->nitems > 0)
		w2k_protovalue_end(out, field, start);
}

static void
append_fields(W2kWriter *writer, const W2kSideOptions *side, StringInfo out,
			  W2kProtoMessage *message, const W2kNode *node)
{
	Assert(node->nitems == message->nfields);
	for (int i = 0; i < message->nfields; i++)
	{
		W2kProtoField *field = &message->fields[i];
		W2kNode *item = node->items[i];

		if (item == NULL)
			append_default(writer, side, out, field,
						   message->schema->children[i]);
		else if (item->kind == W2K_NODE_ARRAY)
			append_node_items(writer, side, out, field, item);
		else
			append_node(writer, side, out, field, item);
	}
}

void
w2k_protovalue_append_node(W2kWriter *writer, const W2kSideOptions *side,
						   StringInfo out, const W2kProtoFile *file,
						   W2kNode *node)
{
	if (file->root != NULL)
	{
		append_fields(writer, side, out, file->root, node);
		return;
	}
	/* what would be in the wrapper is the record */
	if (node->kind != W2K_NODE_SCALAR)
		elog(ERROR, "a structure is no scalar");
	if (!is_zero(file->scalar->kind, &node->value))
		append_value(writer, out, file->scalar, &node->value, node->column);
}
