/*
 * extension.c
 *		Types of extensions: hstore and pgvector's.
 *
 *		hstore		"key"=>"value", "key"=>NULL; quotes and backslashes have
 *					a backslash in front
 *		vector		[1.5,2]
 *		sparsevec	{1:1.5,3:2}/5, the dimensions behind the slash
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"

#include "encode/extension.h"

/* ---- hstore ---- */

/* A string of a pair, in place; len < 0 = NULL. */
typedef struct Part
{
	char *data;
	int len;
} Part;

static void
report_format(const W2kType *type, const char *text)
{
	elog(ERROR, "could not read the output of type %u: \"%.40s\"", type->oid,
		 text);
}

/* Takes a quoted string, or NULL, off the text and undoes its escapes. */
static Part
take_part(const W2kType *type, char **text)
{
	Part part = {NULL, -1};
	char *p = *text;
	char *out;

	if (strncmp(p, "NULL", 4) == 0)
	{
		*text = p + 4;
		return part;
	}
	if (*p != '"')
		report_format(type, p);
	part.data = out = ++p;
	while (*p != '"')
	{
		if (*p == '\\')
			p++;
		if (*p == '\0')
			report_format(type, *text);
		*out++ = *p++;
	}
	part.len = (int) (out - part.data);
	*text = p + 1;
	return part;
}

/* Takes the next pair off the text; false at its end. */
static bool
take_pair(const W2kType *type, char **text, Part *key, Part *item)
{
	if (**text == ',')
		*text += 2;
	if (**text == '\0')
		return false;
	*key = take_part(type, text);
	if (strncmp(*text, "=>", 2) != 0)
		report_format(type, *text);
	*text += 2;
	*item = take_part(type, text);
	return true;
}

/* How many pairs there are: each has an arrow that is not within a string. */
static int
count_pairs(const char *text)
{
	int count = 0;
	bool is_quoted = false;

	for (; *text != '\0'; text++)
	{
		if (is_quoted && *text == '\\' && text[1] != '\0')
			text++;
		else if (*text == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && *text == '>')
			count++;
	}
	return count;
}

/* A string as Jackson writes it into text: no more escapes than JSON needs. */
static void
append_json_string(StringInfo out, const char *text, int len)
{
	/* at each place the letter of a short form, or zero */
	static const char short_forms[] = "\0\0\0\0\0\0\0\0btn\0fr";

	appendStringInfoChar(out, '"');
	for (int i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char) text[i];

		if (c == '"' || c == '\\')
		{
			appendStringInfoChar(out, '\\');
			appendStringInfoChar(out, (char) c);
		}
		else if (c >= 0x20)
			appendStringInfoChar(out, (char) c);
		else if (c < sizeof(short_forms) && short_forms[c] != '\0')
		{
			appendStringInfoChar(out, '\\');
			appendStringInfoChar(out, short_forms[c]);
		}
		else
			appendStringInfo(out, "\\u%04X", c);
	}
	appendStringInfoChar(out, '"');
}

void
w2k_extension_read_hstore_json(const W2kType *type, Datum datum,
							   W2kValue *value)
{
	char *text = OutputFunctionCall(type->output, datum);
	StringInfoData json;
	Part key;
	Part item;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	while (take_pair(type, &text, &key, &item))
	{
		if (json.len > 1)
			appendStringInfoChar(&json, ',');
		append_json_string(&json, key.data, key.len);
		appendStringInfoChar(&json, ':');
		if (item.len < 0)
			appendStringInfoString(&json, "null");
		else
			append_json_string(&json, item.data, item.len);
	}
	appendStringInfoChar(&json, '}');
	w2k_value_set_text(value, json.data, json.len);
}

void
w2k_extension_read_hstore_map(const W2kType *type, Datum datum, W2kValue *value)
{
	char *text = OutputFunctionCall(type->output, datum);
	W2kMap *map = w2k_value_set_map(value, true, count_pairs(text));
	Part key;
	Part item;

	for (int i = 0; take_pair(type, &text, &key, &item); i++)
	{
		Assert(i < map->npairs);
		w2k_value_set_text(&map->keys[i], key.data, key.len);
		if (item.len >= 0)
			w2k_value_set_text(&map->values[i], item.data, item.len);
	}
}

void
w2k_extension_set_pair(W2kValue *value, const char *text, int len)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	append_json_string(&json, text, len);
	appendStringInfoChar(&json, ':');
	append_json_string(&json, text, len);
	appendStringInfoChar(&json, '}');
	/* it is UTF-8 already, unlike what a server's text may be */
	value->kind = W2K_VALUE_TEXT;
	value->data = json.data;
	value->len = json.len;
}

/* ---- vectors ---- */

/* Takes a number off the text, and the character behind it. */
static double
take_number(const W2kType *type, char **text)
{
	char *end;
	double number = strtod(*text, &end);

	if (end == *text || *end == '\0')
		report_format(type, *text);
	*text = end + 1;
	return number;
}

static int
count_commas(const char *text)
{
	int count = 0;

	for (; *text != '\0'; text++)
		count += *text == ',' ? 1 : 0;
	return count;
}

/* An array of numbers side by side, as they are stored in one. */
static void
set_numbers(W2kValue *value, const W2kType *element, const void *numbers,
			int count)
{
	W2kArray *array = palloc0(sizeof(W2kArray));

	array->ndim = count > 0 ? 1 : 0;
	array->dims[0] = count;
	array->element = element;
	array->p = numbers;
	value->kind = W2K_VALUE_ARRAY;
	value->u.array = array;
}

void
w2k_extension_read_vector(const W2kType *type, Datum datum, W2kValue *value)
{
	static const W2kType element = {.logical = W2K_LOGICAL_DOUBLE,
									.typlen = sizeof(float8),
									.typbyval = FLOAT8PASSBYVAL,
									.typalign = TYPALIGN_DOUBLE};
	char *text = OutputFunctionCall(type->output, datum);
	int count = count_commas(text) + 1;
	float8 *numbers = palloc(sizeof(float8) * count);

	text++;
	for (int i = 0; i < count; i++)
		numbers[i] = take_number(type, &text);
	set_numbers(value, &element, numbers, count);
}

void
w2k_extension_read_halfvec(const W2kType *type, Datum datum, W2kValue *value)
{
	static const W2kType element = {.logical = W2K_LOGICAL_FLOAT,
									.typlen = sizeof(float4),
									.typbyval = true,
									.typalign = TYPALIGN_INT};
	char *text = OutputFunctionCall(type->output, datum);
	int count = count_commas(text) + 1;
	float4 *numbers = palloc(sizeof(float4) * count);

	text++;
	for (int i = 0; i < count; i++)
		numbers[i] = (float4) take_number(type, &text);
	set_numbers(value, &element, numbers, count);
}

/* dimensions, vector */
W2kMap *
w2k_extension_set_sparsevec(const W2kType *type, W2kValue *value,
							int dimensions, int count)
{
	W2kValue *items = w2k_value_set_struct(value,
										   w2k_connect_parts(type->logical));

	items[0].kind = W2K_VALUE_INTEGER;
	items[0].u.integer = dimensions;
	return w2k_value_set_map(&items[1], false, count);
}

/* Debezium has 16 bits for a dimension. */
void
w2k_extension_read_sparsevec(const W2kType *type, Datum datum, W2kValue *value)
{
	char *text = OutputFunctionCall(type->output, datum);
	const char *slash = strchr(text, '/');
	int dimensions = slash == NULL ? 0 : atoi(slash + 1);
	int count = text[1] == '}' ? 0 : count_commas(text) + 1;
	W2kMap *map;

	if (dimensions > PG_INT16_MAX)
	{
		value->kind = W2K_VALUE_FAILED;
		value->data = "a sparse vector of more than 32767 dimensions has no "
					  "form";
		return;
	}
	map = w2k_extension_set_sparsevec(type, value, dimensions, count);
	text++;
	for (int i = 0; i < count; i++)
	{
		map->keys[i].kind = W2K_VALUE_INTEGER;
		map->keys[i].u.integer = (int64) take_number(type, &text);
		map->values[i].kind = W2K_VALUE_DOUBLE;
		map->values[i].u.float8 = take_number(type, &text);
	}
}
