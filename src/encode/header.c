/*
 * header.c
 *		Values of record headers, as Kafka Connect's SimpleHeaderConverter
 *		prints them.
 *
 * It looks like JSON and is not: only quotes and backslashes are escaped, no
 * control characters, and numbers are printed as Java prints them, decimals
 * too.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/datetime.h"

#include "encode/buffer.h"
#include "encode/decimal.h"
#include "encode/header.h"
#include "encode/javafloat.h"

#define MILLIS_PER_DAY INT64CONST(86400000)
#define DAYS_PER_400_YEARS 146097

/* Text with quotes; only those and backslashes are escaped in it. */
static void
append_quoted(StringInfo out, const char *text, int len)
{
	w2k_buffer_append_char(out, '"');
	for (int i = 0; i < len; i++)
	{
		if (text[i] == '"' || text[i] == '\\')
			w2k_buffer_append_char(out, '\\');
		w2k_buffer_append_char(out, text[i]);
	}
	w2k_buffer_append_char(out, '"');
}

/*
 * A java.util.Date.  Connect prints the time alone up to the end of 1970's
 * first day, a date alone at midnight, and else both.
 */
static void
append_date(StringInfo out, int64 ms)
{
	int64 days = ms / MILLIS_PER_DAY;
	int time_ms = (int) (ms % MILLIS_PER_DAY);
	int year;
	int month;
	int day;

	if (time_ms < 0)
	{
		time_ms += MILLIS_PER_DAY;
		days--;
	}
	if (ms >= MILLIS_PER_DAY)
	{
		/* Java's infinity lies beyond j2date(): years repeat after 400 */
		j2date((int) (days % DAYS_PER_400_YEARS) + UNIX_EPOCH_JDATE, &year,
			   &month, &day);
		year += (int) (days / DAYS_PER_400_YEARS) * 400;
		appendStringInfo(out, "%04d-%02d-%02d", year, month, day);
		if (time_ms == 0)
			return;
		appendStringInfoChar(out, 'T');
	}
	appendStringInfo(out, "%02d:%02d:%02d.%03dZ", time_ms / 3600000,
					 time_ms / 60000 % 60, time_ms / 1000 % 60,
					 time_ms % 1000);
}

static void append_array(W2kWriter *writer, StringInfo out, W2kArray *array,
						 int dim, W2kColumn *column);
static void append_map(W2kWriter *writer, StringInfo out, const W2kMap *map,
					   W2kColumn *column);
static void append_struct(W2kWriter *writer, StringInfo out, W2kFields *fields,
						  W2kColumn *column);

static void
append_value(W2kWriter *writer, StringInfo out, W2kValue *value,
			 W2kColumn *column)
{
	char text[W2K_JAVAFLOAT_SIZE];
	char *end;

	switch (value->kind)
	{
		case W2K_VALUE_FAILED:
			w2k_envelope_resolve_failed(writer, column, value);
			/* FALLTHROUGH */
		case W2K_VALUE_NULL:
			W2K_BUFFER_APPEND_LITERAL(out, "null");
			break;
		case W2K_VALUE_BOOLEAN:
			appendStringInfoString(out, value->u.boolean ? "true" : "false");
			break;
		case W2K_VALUE_INTEGER:
			appendStringInfo(out, INT64_FORMAT, value->u.integer);
			break;
		case W2K_VALUE_FLOAT:
			end = w2k_javafloat_put_float(text, value->u.float4);
			w2k_buffer_append(out, text, (int) (end - text));
			break;
		case W2K_VALUE_DOUBLE:
			end = w2k_javafloat_put_double(text, value->u.float8);
			w2k_buffer_append(out, text, (int) (end - text));
			break;
		case W2K_VALUE_TEXT:
		case W2K_VALUE_ASCII:
			append_quoted(out, value->data, value->len);
			break;
		case W2K_VALUE_BYTES:
			w2k_buffer_append_base64(out, value->data, value->len);
			break;
		case W2K_VALUE_DECIMAL:
			appendStringInfoString(out, w2k_decimal_to_text(value));
			break;
		case W2K_VALUE_VARIABLE_DECIMAL:
			appendStringInfo(out, "{\"scale\":%d,\"value\":", value->scale);
			w2k_buffer_append_base64(out, value->data, value->len);
			w2k_buffer_append_char(out, '}');
			break;
		case W2K_VALUE_ARRAY:
			append_array(writer, out, value->u.array, 0, column);
			break;
		case W2K_VALUE_CONNECT_DAYS:
			append_date(out, value->u.integer * MILLIS_PER_DAY);
			break;
		case W2K_VALUE_CONNECT_MILLIS:
			append_date(out, value->u.integer);
			break;
		case W2K_VALUE_MAP:
			append_map(writer, out, value->u.map, column);
			break;
		case W2K_VALUE_STRUCT:
			append_struct(writer, out, value->u.fields, column);
			break;
	}
}

static void
append_array(W2kWriter *writer, StringInfo out, W2kArray *array, int dim,
			 W2kColumn *column)
{
	int nitems = array->ndim > 0 ? array->dims[dim] : 0;

	w2k_buffer_append_char(out, '[');
	for (int i = 0; i < nitems; i++)
	{
		if (i > 0)
			w2k_buffer_append_char(out, ',');
		if (dim + 1 < array->ndim)
			append_array(writer, out, array, dim + 1, column);
		else
		{
			W2kValue item;

			w2k_value_next_element(array, &item);
			append_value(writer, out, &item, column);
		}
	}
	w2k_buffer_append_char(out, ']');
}

static void
append_map(W2kWriter *writer, StringInfo out, const W2kMap *map,
		   W2kColumn *column)
{
	w2k_buffer_append_char(out, '{');
	for (int i = 0; i < map->npairs; i++)
	{
		if (i > 0)
			w2k_buffer_append_char(out, ',');
		append_value(writer, out, &map->keys[i], column);
		w2k_buffer_append_char(out, ':');
		append_value(writer, out, &map->values[i], column);
	}
	w2k_buffer_append_char(out, '}');
}

static void
append_struct(W2kWriter *writer, StringInfo out, W2kFields *fields,
			  W2kColumn *column)
{
	for (int i = 0; fields->parts[i].name != NULL; i++)
	{
		appendStringInfo(out, "%c\"%s\":", i == 0 ? '{' : ',',
						 fields->parts[i].name);
		append_value(writer, out, &fields->items[i], column);
	}
	w2k_buffer_append_char(out, '}');
}

void
w2k_header_append_value(W2kWriter *writer, StringInfo out, W2kValue *value,
						W2kColumn *column)
{
	append_value(writer, out, value, column);
}

void
w2k_header_append_quoted(StringInfo out, const char *text, int len)
{
	append_quoted(out, text, len);
}

void
w2k_header_append_key(W2kWriter *writer, StringInfo out,
					  const W2kRelation *wrel, const W2kRow *row)
{
	w2k_buffer_append_char(out, '{');
	for (int i = 0; i < wrel->nkeys; i++)
	{
		W2kColumn *column = wrel->keys[i];
		W2kValue value;

		if (i > 0)
			w2k_buffer_append_char(out, ',');
		append_quoted(out, column->field, (int) strlen(column->field));
		w2k_buffer_append_char(out, ':');
		if (!row->nulls[column->index] ||
			!writer->options.has_header_defaults ||
			!w2k_envelope_read_default(column, &value))
			w2k_envelope_read_column(writer, column, row, &value);
		append_value(writer, out, &value, column);
	}
	if (wrel->key_field != NULL)
	{
		if (wrel->nkeys > 0)
			w2k_buffer_append_char(out, ',');
		append_quoted(out, wrel->key_field, (int) strlen(wrel->key_field));
		w2k_buffer_append_char(out, ':');
		append_quoted(out, wrel->key_text, (int) strlen(wrel->key_text));
	}
	w2k_buffer_append_char(out, '}');
	writer->column = NULL;
}
