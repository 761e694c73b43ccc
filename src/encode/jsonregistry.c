/*
 * jsonregistry.c
 *		Connect's schemas -> JSON Schema, as Confluent's JsonSchemaConverter
 *		derives it (draft 7).
 *
 * An optional value is one of null and its type.  What JSON Schema cannot say
 * of a Connect schema goes into properties of its own (connect.type and the
 * like); connect.index keeps the order of fields.  The schema of a record is
 * repeated where it is used again.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "encode/json.h"
#include "encode/jsonregistry.h"

#define DECIMAL_NAME "org.apache.kafka.connect.data.Decimal"

/* What is being printed. */
typedef struct Printer
{
	W2kWriter *writer;
	const W2kSideOptions *side;
	StringInfo out;
} Printer;

/* By Connect's types: the type in JSON Schema, and what it hides. */
static const struct
{
	const char *type;
	const char *connect_type;
} types[] = {
	[W2K_CONNECT_INT8] = {"integer", "int8"},
	[W2K_CONNECT_INT16] = {"integer", "int16"},
	[W2K_CONNECT_INT32] = {"integer", "int32"},
	[W2K_CONNECT_INT64] = {"integer", "int64"},
	[W2K_CONNECT_FLOAT] = {"number", "float32"},
	[W2K_CONNECT_DOUBLE] = {"number", "float64"},
	[W2K_CONNECT_BOOLEAN] = {"boolean", NULL},
	[W2K_CONNECT_STRING] = {"string", NULL},
	[W2K_CONNECT_BYTES] = {"string", "bytes"},
	[W2K_CONNECT_ARRAY] = {"array", NULL},
	[W2K_CONNECT_MAP] = {"object", "map"},
	[W2K_CONNECT_STRUCT] = {"object", NULL},
};

/* A schema at a place in its struct; -1 = in none. */
static void append_schema(const Printer *printer, const W2kSchema *schema,
						  int index);

static void
append_string(const Printer *printer, const char *text)
{
	w2k_json_append_string(printer->out, text, (int) strlen(text), false);
}

static void
append_index(const Printer *printer, int index)
{
	if (index >= 0)
		appendStringInfo(printer->out, ",\"connect.index\":%d", index);
}

static void
append_parameters(const Printer *printer, const W2kSchema *schema)
{
	StringInfo out = printer->out;

	for (int i = 0; i < schema->nparameters; i++)
	{
		appendStringInfoString(out, i == 0 ? ",\"connect.parameters\":{" : ",");
		append_string(printer, schema->parameters[i].name);
		appendStringInfoChar(out, ':');
		append_string(printer, schema->parameters[i].value);
	}
	if (schema->nparameters > 0)
		appendStringInfoChar(out, '}');
}

static void
append_default(const Printer *printer, const W2kSchema *schema)
{
	W2kColumn *column = unconstify(W2kColumn *, schema->default_column);
	W2kValue value;

	if (column != NULL && w2k_envelope_read_default(column, &value))
	{
		appendStringInfoString(printer->out, ",\"default\":");
		w2k_json_append_value(printer->writer, printer->side, printer->out,
							  &value, column);
	}
	else if (schema->default_text != NULL)
	{
		appendStringInfoString(printer->out, ",\"default\":");
		append_string(printer, schema->default_text);
	}
}

static void
append_struct(const Printer *printer, const W2kSchema *schema)
{
	StringInfo out = printer->out;

	appendStringInfoString(out, ",\"properties\":{");
	for (int i = 0; i < schema->nchildren; i++)
	{
		if (i > 0)
			appendStringInfoChar(out, ',');
		append_string(printer, schema->children[i]->field);
		appendStringInfoChar(out, ':');
		append_schema(printer, schema->children[i], i);
	}
	appendStringInfoChar(out, '}');
	if (printer->side->schema.forbids_others)
		appendStringInfoString(out, ",\"additionalProperties\":false");
}

/* A map: an object where the keys are text, else an array of pairs. */
static void
append_map(const Printer *printer, const W2kSchema *schema)
{
	StringInfo out = printer->out;

	if (schema->children[0]->type == W2K_CONNECT_STRING)
	{
		appendStringInfoString(out, "{\"type\":\"object\","
									"\"additionalProperties\":");
		append_schema(printer, schema->children[1], -1);
		return;
	}
	appendStringInfoString(out, "{\"type\":\"array\",\"items\":"
								"{\"type\":\"object\",\"properties\":"
								"{\"key\":");
	append_schema(printer, schema->children[0], 0);
	appendStringInfoString(out, ",\"value\":");
	append_schema(printer, schema->children[1], 1);
	appendStringInfoString(out, "}}");
}

/* A type, as if it were not optional. */
static void
append_type(const Printer *printer, const W2kSchema *schema, int index)
{
	StringInfo out = printer->out;
	bool is_decimal = schema->name != NULL &&
					  strcmp(schema->name, DECIMAL_NAME) == 0;

	if (schema->type == W2K_CONNECT_MAP)
		append_map(printer, schema);
	else
		appendStringInfo(out, "{\"type\":\"%s\"",
						 is_decimal ? "number" : types[schema->type].type);
	if (schema->type == W2K_CONNECT_ARRAY)
	{
		appendStringInfoString(out, ",\"items\":");
		append_schema(printer, schema->children[0], -1);
	}
	else if (schema->type == W2K_CONNECT_STRUCT)
		append_struct(printer, schema);

	if (schema->name != NULL)
	{
		appendStringInfoString(out, ",\"title\":");
		append_string(printer, schema->name);
	}
	if (schema->doc != NULL)
	{
		appendStringInfoString(out, ",\"description\":");
		append_string(printer, schema->doc);
	}
	append_default(printer, schema);
	if (types[schema->type].connect_type != NULL)
		appendStringInfo(out, ",\"connect.type\":\"%s\"",
						 types[schema->type].connect_type);
	if (schema->version != 0)
		appendStringInfo(out, ",\"connect.version\":%d", schema->version);
	append_parameters(printer, schema);
	append_index(printer, index);
	appendStringInfoChar(out, '}');
}

static void
append_schema(const Printer *printer, const W2kSchema *schema, int index)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (!schema->is_optional)
	{
		append_type(printer, schema, index);
		return;
	}
	appendStringInfoString(printer->out, "{\"oneOf\":[{\"type\":\"null\"},");
	append_type(printer, schema, -1);
	appendStringInfoChar(printer->out, ']');
	append_index(printer, index);
	appendStringInfoChar(printer->out, '}');
}

void
w2k_jsonregistry_register(W2kWriter *writer, W2kSide side,
						  const W2kSchema *schema, W2kRegistered *registered)
{
	StringInfoData text;
	const Printer printer = {writer,
							 side == W2K_SIDE_KEY ? &writer->options.key
												  : &writer->options.value,
							 &text};

	initStringInfo(&text);
	append_schema(&printer, schema, -1);
	registered->side = side;
	registered->type = W2K_SCHEMA_JSON;
	registered->record_name = schema->name != NULL ? pstrdup(schema->name)
												   : NULL;
	registered->text = text.data;
	registered->context = CurrentMemoryContext;
}
