/*
 * avroschema.c
 *		Connect's schemas -> Avro's, as Confluent's AvroConverter derives them.
 *
 * Avro has no optional types: it has unions with null, in which the branch of
 * the default comes first.  What it cannot say of a Connect schema goes into
 * properties of its own (connect.name and the like).  A record that has been
 * defined is referred to by its name from there on, and so the text is printed
 * in one pass, as Avro's own library prints it.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"

#include "encode/avroname.h"
#include "encode/avroschema.h"
#include "encode/buffer.h"
#include "encode/javafloat.h"
#include "encode/json.h"

#define CONNECT_DATA "org.apache.kafka.connect.data."
#define DECIMAL_NAME CONNECT_DATA "Decimal"
#define AVRO_NAMESPACE "io.confluent.connect.avro"
#define DEFAULT_NAME AVRO_NAMESPACE ".ConnectDefault"
#define MAP_ENTRY_NAME AVRO_NAMESPACE ".MapEntry"
#define DEFAULT_PRECISION 64

/* A branch of a union of two, as it is written. */
#define FIRST_BRANCH 0x00
#define SECOND_BRANCH 0x02

/* A schema being printed. */
typedef struct Builder
{
	W2kWriter *writer;
	W2kSide side;
	const W2kSchemaOptions *options;
	StringInfo out;
	const char *space; /* the namespace around; NULL = none */
	int nunnamed;
	List *records; /* of Record, those that were defined */
} Builder;

typedef struct Record
{
	const char *name; /* full, as it is printed */
	const W2kAvroType *type;
} Record;

static const char *const type_names[] = {
	[W2K_CONNECT_INT8] = "int",		   [W2K_CONNECT_INT16] = "int",
	[W2K_CONNECT_INT32] = "int",	   [W2K_CONNECT_INT64] = "long",
	[W2K_CONNECT_FLOAT] = "float",	   [W2K_CONNECT_DOUBLE] = "double",
	[W2K_CONNECT_BOOLEAN] = "boolean", [W2K_CONNECT_STRING] = "string",
	[W2K_CONNECT_BYTES] = "bytes",
};

/* Connect's types that Avro knows by other names, and names of its own. */
static const struct
{
	const char *name;
	const char *logical;
} logical_types[] = {
	{CONNECT_DATA "Time", "time-millis"},
	{CONNECT_DATA "Timestamp", "timestamp-millis"},
	{CONNECT_DATA "Date", "date"},
};

static W2kAvroType *append_schema(Builder *builder, const W2kSchema *schema);

static void
append_string(StringInfo out, const char *text)
{
	w2k_json_append_string(out, text, (int) strlen(text), false);
}

/* ---- names ---- */

/* For messages. */
static const char *
to_server(const char *name)
{
	return pg_any_to_server(name, (int) strlen(name), PG_UTF8);
}

/* A name as it is in the schema. */
static const char *
make_name(const W2kSchemaOptions *options, W2kSide side, const char *name,
		  bool is_field)
{
	const char *side_name = side == W2K_SIDE_KEY ? "key" : "value";

	if (w2k_avroname_is_legal(name) && !(is_field && strchr(name, '.') != NULL))
		return name;
	if (options->scrubs_names)
		return w2k_avroname_scrub(name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_NAME),
			 errmsg("\"%s\" cannot be a name in an Avro schema",
					to_server(name)),
			 errdetail("A name consists of letters, digits and underscores, "
					   "and does not begin with a digit."),
			 is_field
				 ? errhint("Set \"field.name.adjustment.mode\" to \"avro\" or "
						   "\"avro_unicode\", or "
						   "\"%s.converter.scrub.invalid.names\" to \"true\".",
						   side_name)
				 : errhint("Set \"schema.name.adjustment.mode\" to \"avro\" "
						   "or \"avro_unicode\", or "
						   "\"%s.converter.scrub.invalid.names\" to \"true\".",
						   side_name)));
	return NULL; /* keep compiler quiet */
}

const char *
w2k_avroschema_record_name(const W2kWriter *writer, W2kSide side,
						   const W2kSchema *schema)
{
	const W2kSideOptions *options = side == W2K_SIDE_KEY
										? &writer->options.key
										: &writer->options.value;

	if (schema->type != W2K_CONNECT_STRUCT)
		return NULL;
	return pstrdup(
		make_name(&options->schema, side,
				  schema->name != NULL ? schema->name : DEFAULT_NAME, false));
}

/* The namespace of a full name; NULL = none. */
static char *
namespace_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot == NULL ? NULL : pnstrdup(name, dot - name);
}

static bool
is_same_space(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const Record *
find_record(const Builder *builder, const char *name)
{
	ListCell *lc;

	foreach(lc, builder->records)
	{
		const Record *record = lfirst(lc);

		if (strcmp(record->name, name) == 0)
			return record;
	}
	return NULL;
}

/* ---- defaults ---- */

bool
w2k_avroschema_read_default(const W2kSchema *schema, W2kValue *value)
{
	if (schema->default_column != NULL)
		return w2k_envelope_read_default(schema->default_column, value) &&
			   value->kind != W2K_VALUE_NULL;
	if (schema->default_text == NULL)
		return false;
	value->kind = W2K_VALUE_TEXT;
	value->data = schema->default_text;
	value->len = (int) strlen(schema->default_text);
	return true;
}

/* Bytes as a string: each is the character of its number. */
static void
append_latin1(StringInfo out, const char *data, int len)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char) data[i];

		if (c >= 0x80)
		{
			appendStringInfoChar(&text, (char) (0xC0 | (c >> 6)));
			c = 0x80 | (c & 0x3F);
		}
		appendStringInfoChar(&text, (char) c);
	}
	w2k_json_append_string(out, text.data, text.len, false);
}

/* Of an array, or one of its rows. */
static bool append_default_array(StringInfo out, W2kArray *array, int dim);

/*
 * A value as JSON, as Avro has defaults; false where it is one that cannot be
 * a default.
 */
static bool
append_default(StringInfo out, W2kValue *value)
{
	char text[W2K_JAVAFLOAT_SIZE];
	char *end;
	bool is_valid = true;

	switch (value->kind)
	{
		case W2K_VALUE_NULL:
		case W2K_VALUE_FAILED:
			appendStringInfoString(out, "null");
			break;
		case W2K_VALUE_BOOLEAN:
			appendStringInfoString(out, value->u.boolean ? "true" : "false");
			break;
		case W2K_VALUE_INTEGER:
		case W2K_VALUE_CONNECT_DAYS:
		case W2K_VALUE_CONNECT_MILLIS:
			appendStringInfo(out, INT64_FORMAT, value->u.integer);
			break;
		case W2K_VALUE_FLOAT:
			end = w2k_javafloat_put_float(text, value->u.float4);
			appendBinaryStringInfo(out, text, (int) (end - text));
			return isfinite(value->u.float4);
		case W2K_VALUE_DOUBLE:
			end = w2k_javafloat_put_double(text, value->u.float8);
			appendBinaryStringInfo(out, text, (int) (end - text));
			return isfinite(value->u.float8);
		case W2K_VALUE_TEXT:
		case W2K_VALUE_ASCII:
			w2k_json_append_string(out, value->data, value->len, false);
			break;
		case W2K_VALUE_BYTES:
		case W2K_VALUE_DECIMAL:
			append_latin1(out, value->data, value->len);
			break;
		case W2K_VALUE_VARIABLE_DECIMAL:
			appendStringInfo(out, "{\"scale\":%d,\"value\":", value->scale);
			append_latin1(out, value->data, value->len);
			appendStringInfoChar(out, '}');
			break;
		case W2K_VALUE_ARRAY:
			return append_default_array(out, value->u.array, 0);
		case W2K_VALUE_MAP:
			if (!value->u.map->has_text_keys)
				return false;
			for (int i = 0; i < value->u.map->npairs; i++)
			{
				appendStringInfoChar(out, i == 0 ? '{' : ',');
				(void) append_default(out, &value->u.map->keys[i]);
				appendStringInfoChar(out, ':');
				is_valid = append_default(out, &value->u.map->values[i]) &&
						   is_valid;
			}
			appendStringInfoString(out, value->u.map->npairs == 0 ? "{}" : "}");
			break;
		case W2K_VALUE_STRUCT:
			for (int i = 0; value->u.fields->parts[i].name != NULL; i++)
			{
				appendStringInfoChar(out, i == 0 ? '{' : ',');
				append_string(out, value->u.fields->parts[i].name);
				appendStringInfoChar(out, ':');
				is_valid = append_default(out, &value->u.fields->items[i]) &&
						   is_valid;
			}
			appendStringInfoChar(out, '}');
			break;
	}
	return is_valid;
}

static bool
append_default_array(StringInfo out, W2kArray *array, int dim)
{
	int nitems = array->ndim > 0 ? array->dims[dim] : 0;
	bool is_valid = true;

	appendStringInfoChar(out, '[');
	for (int i = 0; i < nitems; i++)
	{
		if (i > 0)
			appendStringInfoChar(out, ',');
		if (dim + 1 < array->ndim)
			is_valid = append_default_array(out, array, dim + 1) && is_valid;
		else
		{
			W2kValue item;

			w2k_value_next_element(array, &item);
			is_valid = append_default(out, &item) && is_valid;
		}
	}
	appendStringInfoChar(out, ']');
	return is_valid;
}

/*
 * A property with the default, or where that cannot be one nothing at all.
 * An optional struct's union begins with null, so that it has none but that.
 */
static void
append_default_property(StringInfo out, const char *name,
						const W2kSchema *schema)
{
	int start = out->len;
	W2kValue value;
	bool is_valid;

	appendStringInfo(out, ",\"%s\":", name);
	is_valid = w2k_avroschema_read_default(schema, &value) &&
			   append_default(out, &value);
	if (is_valid)
		return;
	out->len = start;
	out->data[start] = '\0';
}

/* ---- properties ---- */

static const char *
get_parameter(const W2kSchema *schema, const char *name)
{
	for (int i = 0; i < schema->nparameters; i++)
	{
		if (strcmp(schema->parameters[i].name, name) == 0)
			return schema->parameters[i].value;
	}
	return NULL;
}

/* What is left of a Connect schema that Avro cannot say. */
static void
append_metadata(StringInfo out, const W2kSchema *schema)
{
	if (schema->doc != NULL)
	{
		appendStringInfoString(out, ",\"connect.doc\":");
		append_string(out, schema->doc);
	}
	if (schema->version != 0)
		appendStringInfo(out, ",\"connect.version\":%d", schema->version);
	for (int i = 0; i < schema->nparameters; i++)
	{
		appendStringInfoString(out, i == 0 ? ",\"connect.parameters\":{" : ",");
		append_string(out, schema->parameters[i].name);
		appendStringInfoChar(out, ':');
		append_string(out, schema->parameters[i].value);
	}
	if (schema->nparameters > 0)
		appendStringInfoChar(out, '}');
	append_default_property(out, "connect.default", schema);
	if (schema->name != NULL)
	{
		appendStringInfoString(out, ",\"connect.name\":");
		append_string(out, schema->name);
	}
	if (schema->type == W2K_CONNECT_INT8 || schema->type == W2K_CONNECT_INT16)
		appendStringInfo(out, ",\"connect.type\":\"%s\"",
						 schema->type == W2K_CONNECT_INT8 ? "int8" : "int16");
}

/*
 * A decimal, unless it has more digits behind the point than digits: Avro has
 * none of those, and readers refuse a schema that says so.
 */
static void
append_decimal(StringInfo out, const W2kSchema *schema)
{
	const char *said;
	int scale;
	int precision = DEFAULT_PRECISION;

	if (schema->name == NULL || strcmp(schema->name, DECIMAL_NAME) != 0)
		return;
	said = get_parameter(schema, "scale");
	scale = said == NULL ? 0 : pg_strtoint32(said);
	said = get_parameter(schema, "connect.decimal.precision");
	if (said != NULL)
		precision = pg_strtoint32(said);
	if (scale <= precision)
		appendStringInfo(out,
						 ",\"logicalType\":\"decimal\",\"precision\":%d,"
						 "\"scale\":%d",
						 precision, scale);
}

static void
append_properties(const Builder *builder, const W2kSchema *schema)
{
	StringInfo out = builder->out;

	append_decimal(out, schema);
	if (!builder->options->has_no_metadata)
		append_metadata(out, schema);
	for (int i = 0; schema->name != NULL && i < (int) lengthof(logical_types);
		 i++)
	{
		if (strcmp(schema->name, logical_types[i].name) == 0)
			appendStringInfo(out, ",\"logicalType\":\"%s\"",
							 logical_types[i].logical);
	}
}

/* ---- types ---- */

/* Do two schemas lead to the same bytes? */
static bool
is_alike(const W2kSchema *a, const W2kSchema *b)
{
	check_stack_depth();
	if (a->type != b->type || a->nchildren != b->nchildren)
		return false;
	for (int i = 0; i < a->nchildren; i++)
	{
		const W2kSchema *left = a->children[i];
		const W2kSchema *right = b->children[i];

		if (left->is_optional != right->is_optional ||
			(a->type == W2K_CONNECT_STRUCT &&
			 strcmp(left->field, right->field) != 0) ||
			!is_alike(left, right))
			return false;
	}
	return true;
}

/* A record's name alone, where it has been defined; false where it was not. */
static bool
append_reference(const Builder *builder, const char *name, W2kAvroType *type)
{
	const Record *record = find_record(builder, name);
	const char *space = namespace_of(name);

	if (record == NULL)
		return false;
	if (!is_alike(type->schema, record->type->schema))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("two different records of one schema have the name \"%s\"",
						to_server(name)),
				 errdetail("An Avro schema can only have one record of a "
						   "name.")));
	type->nchildren = record->type->nchildren;
	type->children = record->type->children;
	append_string(builder->out,
				  space != NULL && is_same_space(space, builder->space)
					  ? strrchr(name, '.') + 1
					  : name);
	return true;
}

static void
append_field(Builder *builder, const W2kSchema *field, W2kAvroType **type)
{
	StringInfo out = builder->out;
	W2kValue value;

	appendStringInfoString(out, "{\"name\":");
	append_string(out, make_name(builder->options, builder->side, field->field,
								 true));
	appendStringInfoString(out, ",\"type\":");
	*type = append_schema(builder, field);
	if (!w2k_avroschema_read_default(field, &value))
	{
		if (field->is_optional)
			appendStringInfoString(out, ",\"default\":null");
	}
	else if (field->type != W2K_CONNECT_STRUCT || !field->is_optional)
		append_default_property(out, "default", field);
	appendStringInfoChar(out, '}');
}

/* A record under a name; what is not Connect's has no properties. */
static void
append_record(Builder *builder, const char *name, W2kAvroType *type,
			  bool is_connect)
{
	StringInfo out = builder->out;
	const W2kSchema *schema = type->schema;
	const char *outer = builder->space;
	const char *space = namespace_of(name);
	const char *dot = strrchr(name, '.');
	Record *record;

	if (append_reference(builder, name, type))
		return;
	appendStringInfoString(out, "{\"type\":\"record\",\"name\":");
	append_string(out, dot == NULL ? name : dot + 1);
	if (!is_same_space(space, outer))
	{
		appendStringInfoString(out, ",\"namespace\":");
		append_string(out, space == NULL ? "" : space);
	}
	type->nchildren = schema->nchildren;
	type->children = palloc(sizeof(W2kAvroType *) * Max(schema->nchildren, 1));
	record = palloc(sizeof(Record));
	record->name = name;
	record->type = type;
	builder->records = lappend(builder->records, record);

	builder->space = space;
	appendStringInfoString(out, ",\"fields\":[");
	for (int i = 0; i < schema->nchildren; i++)
	{
		if (i > 0)
			appendStringInfoChar(out, ',');
		append_field(builder, schema->children[i], &type->children[i]);
	}
	appendStringInfoChar(out, ']');
	builder->space = outer;
	if (is_connect)
		append_properties(builder, schema);
	appendStringInfoChar(out, '}');
}

static void
append_struct(Builder *builder, W2kAvroType *type)
{
	const char *name = type->schema->name;

	if (name != NULL)
		name = make_name(builder->options, builder->side, name, false);
	else if (++builder->nunnamed == 1)
		name = DEFAULT_NAME;
	else
		name = psprintf(DEFAULT_NAME "%d", builder->nunnamed);
	append_record(builder, name, type, true);
}

/* A map whose keys are no text: an array of pairs. */
static void
append_pairs(Builder *builder, W2kAvroType *type)
{
	const W2kSchema *schema = type->schema;
	W2kSchema *pair = w2k_connect_make(W2K_CONNECT_STRUCT, false);
	W2kAvroType *entry = palloc0(sizeof(W2kAvroType));

	for (int i = 0; i < 2; i++)
	{
		W2kSchema *part = palloc(sizeof(W2kSchema));

		*part = *schema->children[i];
		w2k_connect_add(pair, i == 0 ? "key" : "value", part);
	}
	entry->schema = pair;
	appendStringInfoString(builder->out, "{\"type\":\"array\",\"items\":");
	append_record(builder, MAP_ENTRY_NAME, entry, false);
	type->is_pairs = true;
	type->nchildren = entry->nchildren;
	type->children = entry->children;
}

/* The one child of an array or a map with keys of text. */
static void
append_child(Builder *builder, W2kAvroType *type, int which)
{
	type->nchildren = 1;
	type->children = palloc(sizeof(W2kAvroType *));
	type->children[0] = append_schema(builder, type->schema->children[which]);
}

/* A type, as if it were not optional. */
static void
append_type(Builder *builder, W2kAvroType *type)
{
	StringInfo out = builder->out;
	const W2kSchema *schema = type->schema;
	int start = out->len;
	int bare;

	switch (schema->type)
	{
		case W2K_CONNECT_STRUCT:
			append_struct(builder, type);
			return;
		case W2K_CONNECT_ARRAY:
			appendStringInfoString(out, "{\"type\":\"array\",\"items\":");
			append_child(builder, type, 0);
			break;
		case W2K_CONNECT_MAP:
			if (schema->children[0]->type != W2K_CONNECT_STRING)
				append_pairs(builder, type);
			else
			{
				appendStringInfoString(out, "{\"type\":\"map\",\"values\":");
				append_child(builder, type, 1);
			}
			break;
		default:
			appendStringInfo(out, "{\"type\":\"%s\"", type_names[schema->type]);
			bare = out->len;
			append_properties(builder, schema);
			if (out->len > bare)
				appendStringInfoChar(out, '}');
			else
			{
				/* its name alone will do */
				out->len = start;
				appendStringInfo(out, "\"%s\"", type_names[schema->type]);
			}
			return;
	}
	append_properties(builder, schema);
	appendStringInfoChar(out, '}');
}

static W2kAvroType *
append_schema(Builder *builder, const W2kSchema *schema)
{
	StringInfo out = builder->out;
	W2kAvroType *type = palloc0(sizeof(W2kAvroType));
	W2kValue value;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	type->schema = schema;
	if (!schema->is_optional)
	{
		append_type(builder, type);
		return type;
	}
	type->is_optional = true;
	if (schema->type != W2K_CONNECT_STRUCT &&
		w2k_avroschema_read_default(schema, &value))
	{
		type->branch = FIRST_BRANCH;
		type->null_branch = SECOND_BRANCH;
		appendStringInfoChar(out, '[');
		append_type(builder, type);
		appendStringInfoString(out, ",\"null\"]");
	}
	else
	{
		type->branch = SECOND_BRANCH;
		type->null_branch = FIRST_BRANCH;
		appendStringInfoString(out, "[\"null\",");
		append_type(builder, type);
		appendStringInfoChar(out, ']');
	}
	return type;
}

W2kAvroType *
w2k_avroschema_make(W2kWriter *writer, W2kSide side, StringInfo text,
					const W2kSchema *schema)
{
	Builder builder = {0};

	builder.writer = writer;
	builder.side = side;
	builder.options = side == W2K_SIDE_KEY ? &writer->options.key.schema
										   : &writer->options.value.schema;
	builder.out = text;
	return append_schema(&builder, schema);
}
