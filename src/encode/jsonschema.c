/*
 * jsonschema.c
 *		Connect's schemas, as JsonConverter prints them.
 *
 * The order of the members is fixed: type, what it consists of, optional,
 * name, version, doc, parameters, default, field.
 */
#include "postgres.h"

#include "encode/json.h"
#include "encode/jsonschema.h"
#include "miscadmin.h"

static const char *const type_names[] = {
	[W2K_CONNECT_INT8] = "int8",	   [W2K_CONNECT_INT16] = "int16",
	[W2K_CONNECT_INT32] = "int32",	   [W2K_CONNECT_INT64] = "int64",
	[W2K_CONNECT_FLOAT] = "float",	   [W2K_CONNECT_DOUBLE] = "double",
	[W2K_CONNECT_BOOLEAN] = "boolean", [W2K_CONNECT_STRING] = "string",
	[W2K_CONNECT_BYTES] = "bytes",	   [W2K_CONNECT_ARRAY] = "array",
	[W2K_CONNECT_MAP] = "map",		   [W2K_CONNECT_STRUCT] = "struct",
};

static void
append_string(const W2kWriter *writer, StringInfo out, const char *text)
{
	w2k_json_append_string(out, text, (int) strlen(text),
						   writer->options.ascii_only);
}

static void append_schema(W2kWriter *writer, const W2kSideOptions *side,
						  StringInfo out, const W2kSchema *schema);

/* Fields, items, or keys and values. */
static void
append_children(W2kWriter *writer, const W2kSideOptions *side, StringInfo out,
				const W2kSchema *schema)
{
	switch (schema->type)
	{
		case W2K_CONNECT_STRUCT:
			appendStringInfoString(out, ",\"fields\":[");
			for (int i = 0; i < schema->nchildren; i++)
			{
				if (i > 0)
					appendStringInfoChar(out, ',');
				append_schema(writer, side, out, schema->children[i]);
			}
			appendStringInfoChar(out, ']');
			break;
		case W2K_CONNECT_ARRAY:
			appendStringInfoString(out, ",\"items\":");
			append_schema(writer, side, out, schema->children[0]);
			break;
		case W2K_CONNECT_MAP:
			appendStringInfoString(out, ",\"keys\":");
			append_schema(writer, side, out, schema->children[0]);
			appendStringInfoString(out, ",\"values\":");
			append_schema(writer, side, out, schema->children[1]);
			break;
		default:
			break;
	}
}

static void
append_parameters(const W2kWriter *writer, StringInfo out,
				  const W2kSchema *schema)
{
	if (schema->nparameters == 0)
		return;
	appendStringInfoString(out, ",\"parameters\":");
	for (int i = 0; i < schema->nparameters; i++)
	{
		appendStringInfoChar(out, i == 0 ? '{' : ',');
		append_string(writer, out, schema->parameters[i].name);
		appendStringInfoChar(out, ':');
		append_string(writer, out, schema->parameters[i].value);
	}
	appendStringInfoChar(out, '}');
}

static void
append_default(W2kWriter *writer, const W2kSideOptions *side, StringInfo out,
			   const W2kSchema *schema)
{
	W2kColumn *column = unconstify(W2kColumn *, schema->default_column);
	W2kValue value;

	if (column != NULL && w2k_envelope_read_default(column, &value))
	{
		appendStringInfoString(out, ",\"default\":");
		w2k_json_append_value(writer, side, out, &value, column);
	}
	else if (schema->default_text != NULL)
	{
		appendStringInfoString(out, ",\"default\":");
		append_string(writer, out, schema->default_text);
	}
}

static void
append_schema(W2kWriter *writer, const W2kSideOptions *side, StringInfo out,
			  const W2kSchema *schema)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	appendStringInfo(out, "{\"type\":\"%s\"", type_names[schema->type]);
	append_children(writer, side, out, schema);
	appendStringInfo(out, ",\"optional\":%s",
					 schema->is_optional ? "true" : "false");
	if (schema->name != NULL)
	{
		appendStringInfoString(out, ",\"name\":");
		append_string(writer, out, schema->name);
	}
	if (schema->version != 0)
		appendStringInfo(out, ",\"version\":%d", schema->version);
	if (schema->doc != NULL)
	{
		appendStringInfoString(out, ",\"doc\":");
		append_string(writer, out, schema->doc);
	}
	append_parameters(writer, out, schema);
	append_default(writer, side, out, schema);
	if (schema->field != NULL)
	{
		appendStringInfoString(out, ",\"field\":");
		append_string(writer, out, schema->field);
	}
	appendStringInfoChar(out, '}');
}

void
w2k_jsonschema_append_lead(W2kWriter *writer, const W2kSideOptions *side,
						   StringInfo out, const W2kSchema *schema)
{
	appendStringInfoString(out, "{\"schema\":");
	append_schema(writer, side, out, schema);
	appendStringInfoString(out, ",\"payload\":");
}
