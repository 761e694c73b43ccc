/*
 * prototext.c
 *		A model's text: the .proto that a registry keeps.
 *
 * What it imports is known to every registry and to its clients, so it is
 * registered without references: google/protobuf, google/type, and the two
 * files of Confluent's.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "encode/prototext.h"

/* Files, in the order in which they are imported. */
typedef enum Import
{
	IMPORT_META,
	IMPORT_DECIMAL,
	IMPORT_TIMESTAMP,
	IMPORT_WRAPPERS,
	IMPORT_DATE,
	IMPORT_TIME_OF_DAY
} Import;

static const char *const imports[] = {
	[IMPORT_META] = "confluent/meta.proto",
	[IMPORT_DECIMAL] = "confluent/type/decimal.proto",
	[IMPORT_TIMESTAMP] = "google/protobuf/timestamp.proto",
	[IMPORT_WRAPPERS] = "google/protobuf/wrappers.proto",
	[IMPORT_DATE] = "google/type/date.proto",
	[IMPORT_TIME_OF_DAY] = "google/type/timeofday.proto",
};

/* What kinds are called, and wrapped; place in google/protobuf/wrappers. */
typedef struct KindName
{
	const char *name;
	const char *wrapper;
	int place;
} KindName;

static const KindName kind_names[] = {
	[W2K_PROTO_INT32] = {"int32", "google.protobuf.Int32Value", 4},
	[W2K_PROTO_INT64] = {"int64", "google.protobuf.Int64Value", 2},
	[W2K_PROTO_FLOAT] = {"float", "google.protobuf.FloatValue", 1},
	[W2K_PROTO_DOUBLE] = {"double", "google.protobuf.DoubleValue", 0},
	[W2K_PROTO_BOOL] = {"bool", "google.protobuf.BoolValue", 6},
	[W2K_PROTO_STRING] = {"string", "google.protobuf.StringValue", 7},
	[W2K_PROTO_BYTES] = {"bytes", "google.protobuf.BytesValue", 8},
	[W2K_PROTO_DECIMAL] = {"confluent.type.Decimal"},
	[W2K_PROTO_DATE] = {"google.type.Date"},
	[W2K_PROTO_TIME_OF_DAY] = {"google.type.TimeOfDay"},
	[W2K_PROTO_TIMESTAMP] = {"google.protobuf.Timestamp"},
};

/* The text of a value that is no struct: the file of its wrapper. */
static const char wrappers[] =
	"syntax = \"proto3\";\n"
	"package google.protobuf;\n"
	"\n"
	"message DoubleValue {\n  double value = 1;\n}\n"
	"message FloatValue {\n  float value = 1;\n}\n"
	"message Int64Value {\n  int64 value = 1;\n}\n"
	"message UInt64Value {\n  uint64 value = 1;\n}\n"
	"message Int32Value {\n  int32 value = 1;\n}\n"
	"message UInt32Value {\n  uint32 value = 1;\n}\n"
	"message BoolValue {\n  bool value = 1;\n}\n"
	"message StringValue {\n  string value = 1;\n}\n"
	"message BytesValue {\n  bytes value = 1;\n}\n";

/* Which files a message needs. */
static void
collect_imports(const W2kProtoMessage *message, bool *is_needed)
{
	check_stack_depth();
	for (int i = 0; i < message->nfields; i++)
	{
		const W2kProtoField *field = &message->fields[i];

		if (field->has_params)
			is_needed[IMPORT_META] = true;
		if (field->is_wrapped)
			is_needed[IMPORT_WRAPPERS] = true;
		if (field->kind == W2K_PROTO_DECIMAL)
			is_needed[IMPORT_DECIMAL] = true;
		else if (field->kind == W2K_PROTO_DATE)
			is_needed[IMPORT_DATE] = true;
		else if (field->kind == W2K_PROTO_TIME_OF_DAY)
			is_needed[IMPORT_TIME_OF_DAY] = true;
		else if (field->kind == W2K_PROTO_TIMESTAMP)
			is_needed[IMPORT_TIMESTAMP] = true;
	}
	for (int i = 0; i < message->nmessages; i++)
		collect_imports(message->messages[i], is_needed);
}

static void
append_indent(StringInfo out, int depth)
{
	appendStringInfoSpaces(out, depth * 2);
}

/* ---- a field ---- */

static void
append_type(StringInfo out, const W2kProtoFile *file,
			const W2kProtoField *field)
{
	const char *name;

	if (field->message != NULL)
	{
		appendStringInfoString(out, field->message->name);
		return;
	}
	name = field->is_wrapped ? kind_names[field->kind].wrapper
							 : kind_names[field->kind].name;
	if (file->has_clashing_names && strchr(name, '.') != NULL)
		appendStringInfoChar(out, '.');
	appendStringInfoString(out, name);
}

static void
append_param(StringInfo out, int depth, const char *key, const char *value,
			 bool is_first)
{
	if (!is_first)
		appendStringInfoString(out, ",\n");
	append_indent(out, depth + 3);
	appendStringInfoString(out, "{\n");
	append_indent(out, depth + 4);
	appendStringInfo(out, "key: \"%s\",\n", key);
	append_indent(out, depth + 4);
	appendStringInfo(out, "value: \"%s\"\n", value);
	append_indent(out, depth + 3);
	appendStringInfoChar(out, '}');
}

/* What the field's type does not say of Connect's. */
static void
append_params(StringInfo out, int depth, const W2kProtoFile *file,
			  const W2kProtoField *field)
{
	/* a schema's parameters, and what they are called here */
	static const char *const decimal[][2] = {
		{"connect.decimal.precision", "precision"},
		{"scale", "scale"},
	};
	const W2kSchema *schema = field->schema;
	bool is_first = true;

	appendStringInfo(out, "(%sconfluent.field_meta) = {\n",
					 file->has_clashing_names ? "." : "");
	append_indent(out, depth + 2);
	appendStringInfoString(out, "params: [\n");
	if (field->kind != W2K_PROTO_DECIMAL)
		append_param(out, depth, "connect.type",
					 schema->type == W2K_CONNECT_INT8 ? "int8" : "int16",
					 true);
	for (int i = 0; i < (int) lengthof(decimal); i++)
	{
		for (int j = 0; j < schema->nparameters; j++)
		{
			const W2kSchemaParameter *parameter = &schema->parameters[j];

			if (field->kind != W2K_PROTO_DECIMAL ||
				strcmp(parameter->name, decimal[i][0]) != 0)
				continue;
			append_param(out, depth, decimal[i][1], parameter->value, is_first);
			is_first = false;
		}
	}
	appendStringInfoChar(out, '\n');
	append_indent(out, depth + 2);
	appendStringInfoString(out, "]\n");
	append_indent(out, depth + 1);
	appendStringInfoChar(out, '}');
}

static void
append_field(StringInfo out, int depth, const W2kProtoFile *file,
			 const W2kProtoField *field)
{
	append_indent(out, depth + 1);
	if (field->is_repeated)
		appendStringInfoString(out, "repeated ");
	else if (field->is_optional)
		appendStringInfoString(out, "optional ");
	append_type(out, file, field);
	appendStringInfo(out, " %s = %d", field->name, field->number);
	if (field->has_params || field->needs_json_name)
		appendStringInfoString(out, " [");
	if (field->needs_json_name)
		appendStringInfo(out, "json_name = \"%s\"%s", field->name,
						 field->has_params ? ", " : "");
	if (field->has_params)
		append_params(out, depth, file, field);
	if (field->has_params || field->needs_json_name)
		appendStringInfoChar(out, ']');
	appendStringInfoString(out, ";\n");
}

/* ---- a message ---- */

static void
append_message(StringInfo out, int depth, const W2kProtoFile *file,
			   const W2kProtoMessage *message)
{
	check_stack_depth();
	append_indent(out, depth);
	appendStringInfo(out, "message %s {\n", message->name);
	for (int i = 0; i < message->nfields; i++)
		append_field(out, depth, file, &message->fields[i]);
	for (int i = 0; i < message->nmessages; i++)
	{
		appendStringInfoChar(out, '\n');
		append_message(out, depth + 1, file, message->messages[i]);
	}
	append_indent(out, depth);
	appendStringInfoString(out, "}\n");
}

char *
w2k_prototext_make(const W2kProtoFile *file)
{
	bool is_needed[lengthof(imports)] = {false};
	StringInfoData out;
	bool has_imports = false;

	if (file->root == NULL)
		return pstrdup(wrappers);
	initStringInfo(&out);
	appendStringInfoString(&out, "syntax = \"proto3\";\n");
	if (file->package != NULL)
		appendStringInfo(&out, "package %s;\n", file->package);
	collect_imports(file->root, is_needed);
	for (int i = 0; i < (int) lengthof(imports); i++)
	{
		if (!is_needed[i])
			continue;
		appendStringInfo(&out, "%simport \"%s\";\n", has_imports ? "" : "\n",
						 imports[i]);
		has_imports = true;
	}
	appendStringInfoChar(&out, '\n');
	append_message(&out, 0, file, file->root);
	return out.data;
}

void
w2k_prototext_append_index(StringInfo out, const W2kProtoFile *file)
{
	int place = file->root == NULL ? kind_names[file->scalar->kind].place : 0;

	/* the first one is said in a byte; else how many, and which */
	if (place > 0)
		w2k_buffer_append_char(out, 1 << 1);
	w2k_buffer_append_char(out, (char) (place << 1));
}
