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

#include "encode/buffer.h"
#include "encode/decimal.h"
#include "encode/header.h"
#include "encode/javafloat.h"

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

static void
append_base64(StringInfo out, const char *data, int len)
{
	char *p = w2k_buffer_reserve(out, W2K_BASE64_LEN(len) + 2);

	*p++ = '"';
	p = w2k_buffer_put_base64(p, data, len);
	*p++ = '"';
	w2k_buffer_close(out, p);
}

static void append_array(W2kWriter *writer, StringInfo out, W2kArray *array,
						 int dim, W2kColumn *column);

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
			append_base64(out, value->data, value->len);
			break;
		case W2K_VALUE_DECIMAL:
			appendStringInfoString(out, w2k_decimal_to_text(value));
			break;
		case W2K_VALUE_VARIABLE_DECIMAL:
			appendStringInfo(out, "{\"scale\":%d,\"value\":", value->scale);
			append_base64(out, value->data, value->len);
			w2k_buffer_append_char(out, '}');
			break;
		case W2K_VALUE_ARRAY:
			append_array(writer, out, value->u.array, 0, column);
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
	w2k_buffer_append_char(out, '}');
}
