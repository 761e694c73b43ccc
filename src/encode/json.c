/*
 * json.c
 *		Writer: JSON without schemas.
 *
 * A relation's plan holds, for each column, the text in front of its value,
 * ready to be copied, and the function that reads the value.  The source
 * block is rendered once in a transaction up to what changes from row to row:
 * the table's names and the LSN.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "encode/buffer.h"
#include "encode/javafloat.h"
#include "encode/json.h"
#include "encode/json_transaction.h"

/* Digits of a 64 bit number, its sign, and the zero that pg_lltoa adds. */
#define INTEGER_SIZE 24

/* A column, ready to be written. */
typedef struct JsonColumn
{
	const char *lead; /* {"name": or ,"name": */
	int lead_len;
	int index;
	bool is_varlena;
	bool has_fallback; /* a null in a partial image is not written as null */
	bool is_masked;
	const W2kType *type;
	W2kValueReader read;
	W2kColumn *column;
} JsonColumn;

typedef struct JsonPlan
{
	int ncolumns;
	JsonColumn *columns;
	int nkeys;
	JsonColumn *keys;
	StringInfoData names; /* of the source block: schema and table */
} JsonPlan;

typedef struct JsonWriter
{
	W2kWriter base; /* first */

	/* The source block of the present transaction, in parts. */
	StringInfoData source_head;	 /* up to the LSN in "sequence" */
	StringInfoData source_times; /* from there to the schema's name */
	StringInfoData source_xid;	 /* from the table's name to the LSN */
	StringInfoData source_tail;	 /* from there to the end */
} JsonWriter;

/* ---- strings ---- */

#define BYTES_OF(c) (UINT64CONST(0x0101010101010101) * (c))
#define HIGH_BITS BYTES_OF(0x80)

/*
 * Do eight bytes hold one that cannot be copied as it is?  Control
 * characters, the quote, the backslash, and what begins a character above
 * U+FFFF (or, in ASCII, anything else).  May say yes for a byte in front of
 * such a one, never no.
 */
static inline bool
has_special(uint64 word, bool ascii_only)
{
	uint64 quote = word ^ BYTES_OF('"');
	uint64 backslash = word ^ BYTES_OF('\\');
	uint64 found;

	found = (word - BYTES_OF(0x20)) & ~word;
	found |= (quote - BYTES_OF(1)) & ~quote;
	found |= (backslash - BYTES_OF(1)) & ~backslash;
	found |= ascii_only ? word
						: word & (word << 1) & (word << 2) & (word << 3);
	return (found & HIGH_BITS) != 0;
}

static inline bool
is_special(unsigned char c, bool ascii_only)
{
	return c < 0x20 || c == '"' || c == '\\' ||
		   c >= (ascii_only ? 0x80 : 0xF0);
}

static char *
put_unicode_escape(char *p, unsigned int unit)
{
	static const char hex[] = "0123456789ABCDEF";

	*p++ = '\\';
	*p++ = 'u';
	*p++ = hex[(unit >> 12) & 0xf];
	*p++ = hex[(unit >> 8) & 0xf];
	*p++ = hex[(unit >> 4) & 0xf];
	*p++ = hex[unit & 0xf];
	return p;
}

/*
 * Writes the special character at text as Jackson does, at most 12 bytes,
 * and moves *text behind it.
 */
static char *
put_escaped(char *p, const char **text, const char *end)
{
	unsigned char c = (unsigned char) **text;
	int len;
	pg_wchar code;

	if (c < 0x80)
	{
		/* at each place the letter of a short form, or zero */
		static const char short_forms[] = "\0\0\0\0\0\0\0\0btn\0fr";

		(*text)++;
		if (c == '"' || c == '\\')
		{
			*p++ = '\\';
			*p++ = (char) c;
			return p;
		}
		if (c < sizeof(short_forms) && short_forms[c] != '\0')
		{
			*p++ = '\\';
			*p++ = short_forms[c];
			return p;
		}
		return put_unicode_escape(p, c);
	}

	len = pg_utf_mblen((const unsigned char *) *text);
	if (len > end - *text || len == 1)
	{
		/* cut short, which a checked encoding does not allow */
		(*text)++;
		return put_unicode_escape(p, 0xFFFD);
	}
	code = utf8_to_unicode((const unsigned char *) *text);
	*text += len;
	if (code < 0x10000)
		return put_unicode_escape(p, code);
	code -= 0x10000;
	p = put_unicode_escape(p, 0xD800 + (code >> 10));
	return put_unicode_escape(p, 0xDC00 + (code & 0x3FF));
}

void
w2k_json_append_string(StringInfo out, const char *text, int len,
					   bool ascii_only)
{
	const char *end = text + len;
	char *p = w2k_buffer_reserve(out, (Size) len + 32);

	*p++ = '"';
	for (;;)
	{
		/* there is room for the rest as it is, and 16 bytes more */
		while (end - text >= (ptrdiff_t) sizeof(uint64))
		{
			uint64 word;

			memcpy(&word, text, sizeof(word));
			if (has_special(word, ascii_only))
				break;
			memcpy(p, &word, sizeof(word));
			p += sizeof(word);
			text += sizeof(word);
		}
		while (text < end && !is_special((unsigned char) *text, ascii_only))
			*p++ = *text++;
		if (text >= end)
			break;

		w2k_buffer_close(out, p);
		p = w2k_buffer_reserve(out, (Size) (end - text) + 32);
		p = put_escaped(p, &text, end);
	}
	*p++ = '"';
	w2k_buffer_close(out, p);
}

void
w2k_json_append_document(StringInfo out, const char *text, int len,
						 bool ascii_only)
{
	const char *end = text + len;

	if (!ascii_only)
	{
		w2k_buffer_append(out, text, len);
		return;
	}
	/* only strings hold what is not ASCII, and there it may be escaped */
	while (text < end)
	{
		char *p = w2k_buffer_reserve(out, 12);

		if ((unsigned char) *text < 0x80)
			*p++ = *text++;
		else
			p = put_escaped(p, &text, end);
		w2k_buffer_close(out, p);
	}
}

/* A name in the server's encoding. */
static void
append_name(StringInfo out, const char *name, bool ascii_only)
{
	const char *utf8 = pg_server_to_any(name, (int) strlen(name), PG_UTF8);

	w2k_json_append_string(out, utf8, (int) strlen(utf8), ascii_only);
}

/* ---- values ---- */

static inline void
append_integer(StringInfo out, int64 integer)
{
	char *p = w2k_buffer_reserve(out, INTEGER_SIZE);

	out->len += pg_lltoa(integer, p);
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

/* Floating point text: what is not a number is a string. */
static void
append_float(StringInfo out, const char *text, const char *end)
{
	bool is_number = end[-1] >= '0' && end[-1] <= '9';

	if (!is_number)
		w2k_buffer_append_char(out, '"');
	w2k_buffer_append(out, text, (int) (end - text));
	if (!is_number)
		w2k_buffer_append_char(out, '"');
}

static void append_array(JsonWriter *writer, StringInfo out, W2kArray *array,
						 int dim, W2kColumn *column);

static void
append_value(JsonWriter *writer, StringInfo out, W2kValue *value,
			 W2kColumn *column)
{
	char text[W2K_JAVAFLOAT_SIZE];
	char *p;

	switch (value->kind)
	{
		case W2K_VALUE_FAILED:
			w2k_envelope_resolve_failed(&writer->base, column, value);
			/* FALLTHROUGH */
		case W2K_VALUE_NULL:
			W2K_BUFFER_APPEND_LITERAL(out, "null");
			break;
		case W2K_VALUE_BOOLEAN:
			if (value->u.boolean)
				W2K_BUFFER_APPEND_LITERAL(out, "true");
			else
				W2K_BUFFER_APPEND_LITERAL(out, "false");
			break;
		case W2K_VALUE_INTEGER:
			append_integer(out, value->u.integer);
			break;
		case W2K_VALUE_FLOAT:
			append_float(out, text,
						 w2k_javafloat_put_float(text, value->u.float4));
			break;
		case W2K_VALUE_DOUBLE:
			append_float(out, text,
						 w2k_javafloat_put_double(text, value->u.float8));
			break;
		case W2K_VALUE_TEXT:
			w2k_json_append_string(out, value->data, value->len,
								   writer->base.options.ascii_only);
			break;
		case W2K_VALUE_ASCII:
			p = w2k_buffer_reserve(out, (Size) value->len + 2);
			*p++ = '"';
			memcpy(p, value->data, value->len);
			p += value->len;
			*p++ = '"';
			w2k_buffer_close(out, p);
			break;
		case W2K_VALUE_BYTES:
		case W2K_VALUE_DECIMAL:
			append_base64(out, value->data, value->len);
			break;
		case W2K_VALUE_VARIABLE_DECIMAL:
			W2K_BUFFER_APPEND_LITERAL(out, "{\"scale\":");
			append_integer(out, value->scale);
			W2K_BUFFER_APPEND_LITERAL(out, ",\"value\":");
			append_base64(out, value->data, value->len);
			w2k_buffer_append_char(out, '}');
			break;
		case W2K_VALUE_ARRAY:
			append_array(writer, out, value->u.array, 0, column);
			break;
	}
}

/* Arrays of more than one dimension are nested. */
static void
append_array(JsonWriter *writer, StringInfo out, W2kArray *array, int dim,
			 W2kColumn *column)
{
	int nitems = array->ndim > 0 ? array->dims[dim] : 0;

	w2k_buffer_append_char(out, '[');
	for (int i = 0; i < nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
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

/* An object of columns; some of them, in their order. */
static void
append_columns(JsonWriter *writer, StringInfo out, const JsonColumn *columns,
			   int ncolumns, const W2kRow *row)
{
	if (ncolumns == 0)
		w2k_buffer_append_char(out, '{');
	for (int i = 0; i < ncolumns; i++)
	{
		const JsonColumn *jcol = &columns[i];
		Datum datum = row->values[jcol->index];
		W2kValue value;

		w2k_buffer_append(out, jcol->lead, jcol->lead_len);
		if (unlikely(jcol->is_masked))
			w2k_envelope_read_column(&writer->base, jcol->column, row, &value);
		else if (row->nulls[jcol->index])
		{
			if (!row->is_partial || !jcol->has_fallback)
			{
				W2K_BUFFER_APPEND_LITERAL(out, "null");
				continue;
			}
			w2k_envelope_read_column(&writer->base, jcol->column, row, &value);
		}
		else if (jcol->is_varlena &&
				 VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(datum)))
			w2k_envelope_read_column(&writer->base, jcol->column, row, &value);
		else
		{
			writer->base.column = jcol->column;
			jcol->read(jcol->type, datum, &value);
		}
		append_value(writer, out, &value, jcol->column);
	}
	w2k_buffer_append_char(out, '}');
}

/* ---- plans ---- */

static void
fill_json_column(JsonWriter *writer, JsonColumn *jcol, W2kColumn *column,
				 bool is_first)
{
	StringInfoData lead;

	initStringInfo(&lead);
	appendStringInfoChar(&lead, is_first ? '{' : ',');
	append_name(&lead, column->name, writer->base.options.ascii_only);
	appendStringInfoChar(&lead, ':');

	jcol->lead = lead.data;
	jcol->lead_len = lead.len;
	jcol->index = column->index;
	jcol->is_varlena = column->is_varlena;
	jcol->has_fallback = column->is_not_null &&
						 !writer->base.options.missing_as_null;
	jcol->is_masked = column->mask != NULL;
	jcol->type = column->type;
	jcol->read = w2k_value_readers[column->type->logical];
	jcol->column = column;
}

static void
prepare(W2kWriter *base, W2kRelation *wrel)
{
	JsonWriter *writer = (JsonWriter *) base;
	bool ascii_only = base->options.ascii_only;
	MemoryContext oldcontext = MemoryContextSwitchTo(wrel->context);
	JsonPlan *plan = palloc0(sizeof(JsonPlan));

	plan->columns = palloc(sizeof(JsonColumn) * Max(wrel->ncolumns, 1));
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		if (!wrel->columns[i].is_captured)
			continue;
		fill_json_column(writer, &plan->columns[plan->ncolumns],
						 &wrel->columns[i], plan->ncolumns == 0);
		plan->ncolumns++;
	}

	plan->nkeys = wrel->nkeys;
	plan->keys = palloc(sizeof(JsonColumn) * Max(wrel->nkeys, 1));
	for (int i = 0; i < wrel->nkeys; i++)
		fill_json_column(writer, &plan->keys[i], wrel->keys[i], i == 0);

	initStringInfo(&plan->names);
	append_name(&plan->names, wrel->schema, ascii_only);
	appendStringInfoString(&plan->names, ",\"table\":");
	append_name(&plan->names, wrel->table, ascii_only);

	wrel->plan = plan;
	MemoryContextSwitchTo(oldcontext);
}

/* ---- the parts of a record ---- */

/* Renders the source block up to what changes from row to row. */
static void
begin_source(W2kWriter *base, const W2kSource *source)
{
	JsonWriter *writer = (JsonWriter *) base;
	bool ascii_only = base->options.ascii_only;
	int64 ms = source->commit_time_us / 1000;

	resetStringInfo(&writer->source_head);
	appendStringInfoString(&writer->source_head, "{\"version\":");
	append_name(&writer->source_head, base->options.version, ascii_only);
	appendStringInfoString(&writer->source_head,
						   ",\"connector\":\"postgresql\",\"name\":");
	append_name(&writer->source_head, base->options.prefix, ascii_only);
	appendStringInfo(&writer->source_head,
					 ",\"ts_ms\":" INT64_FORMAT ",\"snapshot\":\"false\""
					 ",\"db\":",
					 ms);
	append_name(&writer->source_head, source->database, ascii_only);
	if (XLogRecPtrIsInvalid(source->last_commit_lsn))
		appendStringInfoString(&writer->source_head,
							   ",\"sequence\":\"[null,\\\"");
	else
		appendStringInfo(&writer->source_head,
						 ",\"sequence\":\"[\\\"" INT64_FORMAT "\\\",\\\"",
						 (int64) source->last_commit_lsn);

	resetStringInfo(&writer->source_times);
	appendStringInfo(&writer->source_times,
					 "\\\"]\",\"ts_us\":" INT64_FORMAT
					 ",\"ts_ns\":" INT64_FORMAT ",\"schema\":",
					 source->commit_time_us, source->commit_time_us * 1000);

	resetStringInfo(&writer->source_xid);
	if (source->xid == 0)
		appendStringInfoString(&writer->source_xid, ",\"txId\":null,\"lsn\":");
	else
		appendStringInfo(&writer->source_xid,
						 ",\"txId\":%u,\"lsn\":", source->xid);

	resetStringInfo(&writer->source_tail);
	appendStringInfoString(&writer->source_tail, ",\"xmin\":null,\"origin\":");
	if (source->origin == NULL)
		appendStringInfoString(&writer->source_tail,
							   "null,\"origin_lsn\":null}");
	else
	{
		append_name(&writer->source_tail, source->origin, ascii_only);
		appendStringInfo(&writer->source_tail,
						 ",\"origin_lsn\":" INT64_FORMAT "}",
						 (int64) source->origin_lsn);
	}
}

static void
key(W2kWriter *base, StringInfo out, const W2kRelation *wrel, const W2kRow *row)
{
	const JsonPlan *plan = wrel->plan;

	append_columns((JsonWriter *) base, out, plan->keys, plan->nkeys, row);
}

static void
append_image(JsonWriter *writer, StringInfo out, const W2kEvent *event,
			 const W2kRow *row)
{
	const JsonPlan *plan = event->wrel->plan;

	if (row == NULL)
		W2K_BUFFER_APPEND_LITERAL(out, "null");
	else
		append_columns(writer, out, plan->columns, plan->ncolumns, row);
}

static void
before(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	W2K_BUFFER_APPEND_LITERAL(out, "{\"before\":");
	append_image((JsonWriter *) base, out, event, event->before);
}

static void
after(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	W2K_BUFFER_APPEND_LITERAL(out, ",\"after\":");
	append_image((JsonWriter *) base, out, event, event->after);
}

/* names: the schema's and the table's, with what is between them. */
static void
append_source(const JsonWriter *writer, StringInfo out, const char *names,
			  int names_len, XLogRecPtr lsn)
{
	char text[INTEGER_SIZE];
	int len = pg_lltoa((int64) lsn, text);

	W2K_BUFFER_APPEND_LITERAL(out, ",\"source\":");
	w2k_buffer_append(out, writer->source_head.data, writer->source_head.len);
	w2k_buffer_append(out, text, len);
	w2k_buffer_append(out, writer->source_times.data, writer->source_times.len);
	w2k_buffer_append(out, names, names_len);
	w2k_buffer_append(out, writer->source_xid.data, writer->source_xid.len);
	w2k_buffer_append(out, text, len);
	w2k_buffer_append(out, writer->source_tail.data, writer->source_tail.len);
}

static void
source(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	const JsonPlan *plan = event->wrel->plan;

	append_source((JsonWriter *) base, out, plan->names.data, plan->names.len,
				  event->lsn);
}

static void
message_key(W2kWriter *base, StringInfo out, const W2kMessage *message)
{
	W2K_BUFFER_APPEND_LITERAL(out, "{\"prefix\":");
	append_name(out, message->prefix, base->options.ascii_only);
	w2k_buffer_append_char(out, '}');
}

static void
message(W2kWriter *base, StringInfo out, const W2kMessage *message)
{
	static const char no_names[] = "\"\",\"table\":\"\"";

	W2K_BUFFER_APPEND_LITERAL(out, "{\"op\":\"m\",\"ts_ms\":");
	append_integer(out, message->time_ns / 1000000);
	append_source((JsonWriter *) base, out, no_names, sizeof(no_names) - 1,
				  message->lsn);
	w2k_json_append_place(out, message->place, message->lsn);
	W2K_BUFFER_APPEND_LITERAL(out, ",\"message\":{\"prefix\":");
	append_name(out, message->prefix, base->options.ascii_only);
	W2K_BUFFER_APPEND_LITERAL(out, ",\"content\":");
	append_base64(out, message->content, message->len);
	W2K_BUFFER_APPEND_LITERAL(out, "}}");
}

static void
end(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	w2k_json_append_place(out, event->place, event->lsn);
	W2K_BUFFER_APPEND_LITERAL(out, ",\"op\":\"");
	w2k_buffer_append_char(out, event->op);
	W2K_BUFFER_APPEND_LITERAL(out, "\",\"ts_ms\":");
	append_integer(out, event->time_ns / 1000000);
	W2K_BUFFER_APPEND_LITERAL(out, ",\"ts_us\":");
	append_integer(out, event->time_ns / 1000);
	W2K_BUFFER_APPEND_LITERAL(out, ",\"ts_ns\":");
	append_integer(out, event->time_ns);
	w2k_buffer_append_char(out, '}');
}

W2kWriter *
w2k_json_create_writer(const W2kWriterOptions *options)
{
	JsonWriter *writer = palloc0(sizeof(JsonWriter));

	writer->base.options = *options;
	writer->base.prepare = prepare;
	writer->base.begin_source = begin_source;
	writer->base.key = key;
	writer->base.before = before;
	writer->base.after = after;
	writer->base.source = source;
	writer->base.end = end;
	writer->base.message_key = message_key;
	writer->base.message = message;
	writer->base.boundary_key = w2k_json_write_boundary_key;
	writer->base.boundary = w2k_json_write_boundary;
	writer->base.heartbeat_key = w2k_json_write_heartbeat_key;
	writer->base.heartbeat = w2k_json_write_heartbeat;

	initStringInfo(&writer->source_head);
	initStringInfo(&writer->source_times);
	initStringInfo(&writer->source_xid);
	initStringInfo(&writer->source_tail);
	return &writer->base;
}
