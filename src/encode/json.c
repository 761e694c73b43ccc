/*
 * json.c
 *		Writer: JSON with or without schemas.
 *
 * A relation's plan holds the schemas, rendered, and for each column the text
 * in front of its value and what stands for a null, all ready to be copied,
 * and the function that reads the value.  The source block is rendered once
 * in a transaction up to what changes from row to row: the table's names and
 * the LSN.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "encode/buffer.h"
#include "encode/decimal.h"
#include "encode/javafloat.h"
#include "encode/json.h"
#include "encode/json_transaction.h"
#include "encode/jsonplan.h"
#include "schema/change_schema.h"

/* Digits of a 64 bit number, its sign, and the zero that pg_lltoa adds. */
#define INTEGER_SIZE 24

typedef struct JsonWriter
{
	W2kWriter base; /* first */

	/* The source block of the present transaction, in parts. */
	StringInfoData source_head;	 /* up to the LSN in "sequence" */
	StringInfoData source_times; /* from there to the schema's name */
	StringInfoData source_xid;	 /* from the table's name to the LSN */
	StringInfoData source_tail;	 /* from there to the end */
	bool has_null_lsn;

	/* Schemas of what is not a row's, in front of it; or nothing */
	W2kJsonLead message_lead[W2K_SIDES];
	W2kJsonLead boundary_lead[W2K_SIDES];
	W2kJsonLead heartbeat_lead[W2K_SIDES];
	W2kJsonLead notice_lead[W2K_SIDES];
} JsonWriter;

/* ---- values ---- */

static inline void
append_integer(StringInfo out, int64 integer)
{
	char *p = w2k_buffer_reserve(out, INTEGER_SIZE);

	out->len += pg_lltoa(integer, p);
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

static void append_array(W2kWriter *writer, const W2kSideOptions *side,
						 StringInfo out, W2kArray *array, int dim,
						 W2kColumn *column);
static void append_map(W2kWriter *writer, const W2kSideOptions *side,
					   StringInfo out, const W2kMap *map, W2kColumn *column);
static void append_struct(W2kWriter *writer, const W2kSideOptions *side,
						  StringInfo out, W2kFields *fields,
						  W2kColumn *column);

/* A schema says how deep an array is: where it cannot be this deep, no form. */
static inline void
check_dimensions(const W2kSideOptions *side, W2kValue *value, int ndims)
{
	if (!side->is_typed || value->kind != W2K_VALUE_ARRAY ||
		value->u.array->ndim == 0 || value->u.array->ndim == ndims)
		return;
	value->kind = W2K_VALUE_FAILED;
	value->data = "the record's schema can only have one number of "
				  "dimensions, and another value of the column has another";
}

static void
append_value(W2kWriter *writer, const W2kSideOptions *side, StringInfo out,
			 W2kValue *value, W2kColumn *column)
{
	char text[W2K_JAVAFLOAT_SIZE];
	char *p;

	switch (value->kind)
	{
		case W2K_VALUE_FAILED:
			w2k_envelope_resolve_failed(writer, column, value);
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
		case W2K_VALUE_CONNECT_DAYS:
		case W2K_VALUE_CONNECT_MILLIS:
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
								   writer->options.ascii_only);
			break;
		case W2K_VALUE_ASCII:
			p = w2k_buffer_reserve(out, (Size) value->len + 2);
			*p++ = '"';
			memcpy(p, value->data, value->len);
			p += value->len;
			*p++ = '"';
			w2k_buffer_close(out, p);
			break;
		case W2K_VALUE_DECIMAL:
			if (side->has_numeric_decimals)
				appendStringInfoString(out, w2k_decimal_to_text(value));
			else
				w2k_buffer_append_base64(out, value->data, value->len);
			break;
		case W2K_VALUE_BYTES:
			w2k_buffer_append_base64(out, value->data, value->len);
			break;
		case W2K_VALUE_VARIABLE_DECIMAL:
			W2K_BUFFER_APPEND_LITERAL(out, "{\"scale\":");
			append_integer(out, value->scale);
			W2K_BUFFER_APPEND_LITERAL(out, ",\"value\":");
			w2k_buffer_append_base64(out, value->data, value->len);
			w2k_buffer_append_char(out, '}');
			break;
		case W2K_VALUE_ARRAY:
			append_array(writer, side, out, value->u.array, 0, column);
			break;
		case W2K_VALUE_MAP:
			append_map(writer, side, out, value->u.map, column);
			break;
		case W2K_VALUE_STRUCT:
			append_struct(writer, side, out, value->u.fields, column);
			break;
	}
}

/* Arrays of more than one dimension are nested. */
static void
append_array(W2kWriter *writer, const W2kSideOptions *side, StringInfo out,
			 W2kArray *array, int dim, W2kColumn *column)
{
	int nitems = array->ndim > 0 ? array->dims[dim] : 0;

	w2k_buffer_append_char(out, '[');
	for (int i = 0; i < nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			w2k_buffer_append_char(out, ',');
		if (dim + 1 < array->ndim)
			append_array(writer, side, out, array, dim + 1, column);
		else
		{
			W2kValue item;

			w2k_value_next_element(array, &item);
			append_value(writer, side, out, &item, column);
		}
	}
	w2k_buffer_append_char(out, ']');
}

/*
 * An object where the keys are text, else pairs: arrays of two, or, with a
 * registry, objects.
 */
static void
append_map(W2kWriter *writer, const W2kSideOptions *side, StringInfo out,
		   const W2kMap *map, W2kColumn *column)
{
	bool is_object = map->has_text_keys;
	bool has_names = side->format == W2K_FORMAT_JSON_REGISTRY;

	w2k_buffer_append_char(out, is_object ? '{' : '[');
	for (int i = 0; i < map->npairs; i++)
	{
		if (i > 0)
			w2k_buffer_append_char(out, ',');
		if (!is_object && has_names)
			W2K_BUFFER_APPEND_LITERAL(out, "{\"key\":");
		else if (!is_object)
			w2k_buffer_append_char(out, '[');
		append_value(writer, side, out, &map->keys[i], column);
		if (!is_object && has_names)
			W2K_BUFFER_APPEND_LITERAL(out, ",\"value\":");
		else
			w2k_buffer_append_char(out, is_object ? ':' : ',');
		append_value(writer, side, out, &map->values[i], column);
		if (!is_object)
			w2k_buffer_append_char(out, has_names ? '}' : ']');
	}
	w2k_buffer_append_char(out, is_object ? '}' : ']');
}

/* The members' names are ASCII. */
static void
append_struct(W2kWriter *writer, const W2kSideOptions *side, StringInfo out,
			  W2kFields *fields, W2kColumn *column)
{
	for (int i = 0; fields->parts[i].name != NULL; i++)
	{
		const char *name = fields->parts[i].name;

		w2k_buffer_append(out, i == 0 ? "{\"" : ",\"", 2);
		w2k_buffer_append(out, name, (int) strlen(name));
		W2K_BUFFER_APPEND_LITERAL(out, "\":");
		append_value(writer, side, out, &fields->items[i], column);
	}
	w2k_buffer_append_char(out, '}');
}

void
w2k_json_check_dimensions(const W2kSideOptions *side, W2kValue *value,
						  int ndims)
{
	check_dimensions(side, value, ndims);
}

void
w2k_json_append_value(W2kWriter *writer, const W2kSideOptions *side,
					  StringInfo out, W2kValue *value, W2kColumn *column)
{
	append_value(writer, side, out, value, column);
}

static inline void
append_text(StringInfo out, const W2kJsonText *text)
{
	w2k_buffer_append(out, text->data, text->len);
}

/* An object of columns; some of them, in their order. */
static void
append_columns(JsonWriter *writer, const W2kSideOptions *side, StringInfo out,
			   const W2kJsonColumn *columns, int ncolumns, const W2kRow *row,
			   bool is_before)
{
	if (ncolumns == 0)
		w2k_buffer_append_char(out, '{');
	for (int i = 0; i < ncolumns; i++)
	{
		const W2kJsonColumn *jcol = &columns[i];
		Datum datum = row->values[jcol->index];
		W2kValue value;

		append_text(out, &jcol->lead);
		if (unlikely(jcol->is_masked))
		{
			w2k_envelope_read_column(&writer->base, jcol->column, row, &value);
			append_value(&writer->base, side, out, &value, jcol->column);
			continue;
		}
		if (row->nulls[jcol->index])
		{
			append_text(out, row->is_partial ? &jcol->unknown : &jcol->null);
			continue;
		}
		if (jcol->is_varlena &&
			VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(datum)))
			w2k_envelope_read_column(&writer->base, jcol->column, row, &value);
		else
		{
			writer->base.column = jcol->column;
			jcol->read(jcol->type, datum, &value);
		}
		check_dimensions(side, &value,
						 is_before ? jcol->column->before_ndims
								   : jcol->column->ndims);
		append_value(&writer->base, side, out, &value, jcol->column);
	}
	w2k_buffer_append_char(out, '}');
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
	w2k_json_append_name(&writer->source_head, base->options.version,
						 ascii_only);
	appendStringInfoString(&writer->source_head,
						   ",\"connector\":\"postgresql\",\"name\":");
	w2k_json_append_name(&writer->source_head, base->options.prefix,
						 ascii_only);
	appendStringInfo(&writer->source_head,
					 ",\"ts_ms\":" INT64_FORMAT ",\"snapshot\":", ms);
	if (source->snapshot != NULL)
		appendStringInfo(&writer->source_head, "\"%s\"", source->snapshot);
	else
		appendStringInfoString(&writer->source_head,
							   base->options.has_null_snapshot ? "null"
															   : "\"false\"");
	appendStringInfoString(&writer->source_head, ",\"db\":");
	w2k_json_append_name(&writer->source_head, source->database, ascii_only);
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
						 ",\"txId\":" UINT64_FORMAT ",\"lsn\":", source->xid);
	writer->has_null_lsn = source->has_null_lsn;

	resetStringInfo(&writer->source_tail);
	appendStringInfoString(&writer->source_tail, ",\"xmin\":null,\"origin\":");
	if (source->origin == NULL)
		appendStringInfoString(&writer->source_tail,
							   "null,\"origin_lsn\":null}");
	else
	{
		w2k_json_append_name(&writer->source_tail, source->origin, ascii_only);
		appendStringInfo(&writer->source_tail,
						 ",\"origin_lsn\":" INT64_FORMAT "}",
						 (int64) source->origin_lsn);
	}
}

/* Ends a key or value: with a schema, it is the payload of an object. */
static void
end_side(StringInfo out, const W2kSideOptions *side)
{
	if (side->has_schemas)
		w2k_buffer_append_char(out, '}');
}

/* Of what is no row's: in the topic of the record that is being written. */
static void
append_lead(W2kWriter *base, StringInfo out, W2kJsonLead *lead)
{
	w2k_jsonplan_append_lead(base, out, lead,
							 base->references == NULL
								 ? NULL
								 : w2k_reference_topic(base->references));
}

static void
key(W2kWriter *base, StringInfo out, const W2kRelation *wrel, const W2kRow *row)
{
	W2kJsonPlan *plan = wrel->plans[base->slot];
	const W2kSideOptions *side = &base->options.key;

	if (plan->has_arrays)
		w2k_jsonplan_adapt(base, plan, wrel, NULL, row);
	w2k_jsonplan_append_lead(base, out, &plan->leads[W2K_SIDE_KEY],
							 wrel->topic);
	append_columns((JsonWriter *) base, side, out, plan->keys, plan->nkeys,
				   row, false);
	if (plan->key_tail.len > 0)
	{
		out->len--; /* the brace comes behind it */
		w2k_buffer_append(out, plan->key_tail.data, plan->key_tail.len);
	}
	end_side(out, side);
}

static void
append_image(JsonWriter *writer, StringInfo out, const W2kEvent *event,
			 const W2kRow *row)
{
	const W2kJsonPlan *plan = event->wrel->plans[writer->base.slot];

	if (row == NULL)
		W2K_BUFFER_APPEND_LITERAL(out, "null");
	else
		append_columns(writer, &writer->base.options.value, out, plan->columns,
					   plan->ncolumns, row, row == event->before);
}

static void
before(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	W2kJsonPlan *plan = event->wrel->plans[base->slot];

	if (plan->has_arrays)
		w2k_jsonplan_adapt(base, plan, event->wrel, event->before,
						   event->after);
	w2k_jsonplan_append_lead(base, out, &plan->leads[W2K_SIDE_VALUE],
							 event->wrel->topic);
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
	if (unlikely(writer->has_null_lsn))
		W2K_BUFFER_APPEND_LITERAL(out, "null");
	else
		w2k_buffer_append(out, text, len);
	w2k_buffer_append(out, writer->source_tail.data, writer->source_tail.len);
}

static void
source(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	const W2kJsonPlan *plan = event->wrel->plans[base->slot];

	append_source((JsonWriter *) base, out, plan->names.data, plan->names.len,
				  event->lsn);
}

static void
message_key(W2kWriter *base, StringInfo out, const W2kMessage *message)
{
	JsonWriter *writer = (JsonWriter *) base;

	append_lead(base, out, &writer->message_lead[0]);
	W2K_BUFFER_APPEND_LITERAL(out, "{\"prefix\":");
	w2k_json_append_name(out, message->prefix, base->options.ascii_only);
	w2k_buffer_append_char(out, '}');
	end_side(out, &base->options.key);
}

static void
message(W2kWriter *base, StringInfo out, const W2kMessage *message)
{
	static const char no_names[] = "\"\",\"table\":\"\"";
	JsonWriter *writer = (JsonWriter *) base;
	W2kValue content;

	append_lead(base, out, &writer->message_lead[1]);
	W2K_BUFFER_APPEND_LITERAL(out, "{\"op\":\"m\",\"ts_ms\":");
	append_integer(out, message->time_ns / 1000000);
	append_source(writer, out, no_names, sizeof(no_names) - 1, message->lsn);
	w2k_json_append_place(out, message->place, message->lsn);
	W2K_BUFFER_APPEND_LITERAL(out, ",\"message\":{\"prefix\":");
	w2k_json_append_name(out, message->prefix, base->options.ascii_only);
	W2K_BUFFER_APPEND_LITERAL(out, ",\"content\":");
	w2k_value_set_binary(&content, base->options.binary, message->content,
						 message->len);
	append_value(base, &base->options.value, out, &content, NULL);
	W2K_BUFFER_APPEND_LITERAL(out, "}}");
	end_side(out, &base->options.value);
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
	end_side(out, &base->options.value);
}

static void
boundary_key(W2kWriter *base, StringInfo out, const W2kBoundary *boundary)
{
	append_lead(base, out, &((JsonWriter *) base)->boundary_lead[0]);
	w2k_json_append_boundary_key(out, boundary);
	end_side(out, &base->options.key);
}

static void
boundary(W2kWriter *base, StringInfo out, const W2kBoundary *boundary)
{
	append_lead(base, out, &((JsonWriter *) base)->boundary_lead[1]);
	w2k_json_append_boundary(base, out, boundary);
	end_side(out, &base->options.value);
}

static void
heartbeat_key(W2kWriter *base, StringInfo out)
{
	append_lead(base, out, &((JsonWriter *) base)->heartbeat_lead[0]);
	w2k_json_append_heartbeat_key(base, out);
	end_side(out, &base->options.key);
}

static void
heartbeat(W2kWriter *base, StringInfo out, int64 time_ms)
{
	append_lead(base, out, &((JsonWriter *) base)->heartbeat_lead[1]);
	w2k_json_append_heartbeat(out, time_ms);
	end_side(out, &base->options.value);
}

static void
notice_key(W2kWriter *base, StringInfo out, const W2kNotice *notice)
{
	append_lead(base, out, &((JsonWriter *) base)->notice_lead[0]);
	w2k_json_append_notice_key(base, out, notice);
	end_side(out, &base->options.key);
}

static void
notice(W2kWriter *base, StringInfo out, const W2kNotice *notice)
{
	append_lead(base, out, &((JsonWriter *) base)->notice_lead[1]);
	w2k_json_append_notice(base, out, notice);
	end_side(out, &base->options.value);
}

/* Renders the schemas of a kind of records, as far as there are any. */
static void
init_leads(JsonWriter *writer, W2kJsonLead leads[W2K_SIDES],
		   const W2kSchema *key, const W2kSchema *value)
{
	w2k_jsonplan_init_lead(&writer->base, W2K_SIDE_KEY, &leads[W2K_SIDE_KEY],
						   key);
	w2k_jsonplan_init_lead(&writer->base, W2K_SIDE_VALUE,
						   &leads[W2K_SIDE_VALUE], value);
}

W2kWriter *
w2k_json_create_writer(const W2kWriterOptions *options)
{
	JsonWriter *writer = palloc0(sizeof(JsonWriter));

	writer->base.options = *options;
	writer->base.prepare = w2k_jsonplan_make;
	writer->base.begin_source = begin_source;
	writer->base.key = key;
	writer->base.before = before;
	writer->base.after = after;
	writer->base.source = source;
	writer->base.end = end;
	writer->base.message_key = message_key;
	writer->base.message = message;
	writer->base.boundary_key = boundary_key;
	writer->base.boundary = boundary;
	writer->base.heartbeat_key = heartbeat_key;
	writer->base.heartbeat = heartbeat;
	writer->base.notice_key = notice_key;
	writer->base.notice = notice;

	initStringInfo(&writer->source_head);
	initStringInfo(&writer->source_times);
	initStringInfo(&writer->source_xid);
	initStringInfo(&writer->source_tail);
	init_leads(writer, writer->message_lead, w2k_change_schema_message_key(),
			   w2k_change_schema_message(options->binary));
	init_leads(writer, writer->boundary_lead, w2k_change_schema_boundary_key(),
			   w2k_change_schema_boundary());
	init_leads(writer, writer->heartbeat_lead,
			   w2k_change_schema_heartbeat_key(),
			   w2k_change_schema_heartbeat());
	init_leads(writer, writer->notice_lead, w2k_change_schema_notice_key(),
			   w2k_change_schema_notice());
	return &writer->base;
}
