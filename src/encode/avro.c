/*
 * avro.c
 *		Writer: Avro's binary encoding, with schemas in a registry.
 *
 * A record is its fields one after another, and nothing else: what a plan
 * (encode/avroplan) holds is which columns they are.  The source block is
 * written once in a transaction, but for what changes from row to row: the
 * table's names and the LSN.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "encode/avro.h"
#include "encode/avroplan.h"
#include "encode/avrovalue.h"
#include "encode/node.h"
#include "schema/change_schema.h"

/* The branches of an optional field without a default. */
#define NULL_BRANCH 0x00
#define VALUE_BRANCH 0x02

/* Digits of a 64 bit number, its sign, and the zero that pg_lltoa adds. */
#define INTEGER_SIZE 24

/* The kinds of records that are not a row's. */
typedef enum OtherRecord
{
	OTHER_MESSAGE,
	OTHER_BOUNDARY,
	OTHER_HEARTBEAT,
	OTHER_NOTICE,
	OTHER_COUNT
} OtherRecord;

typedef struct AvroWriter
{
	W2kWriter base; /* first */

	/* The source block of the present transaction, in parts. */
	StringInfoData source_head;	 /* up to "sequence" */
	StringInfoData sequence;	 /* that, up to the LSN */
	StringInfoData source_times; /* from there to the schema's name */
	StringInfoData source_xid;	 /* from the table's name to the LSN */
	StringInfoData source_tail;	 /* from there to the end */
	bool has_null_lsn;

	W2kRegistered others[OTHER_COUNT][W2K_SIDES];
} AvroWriter;

/* What compile() makes of a schema. */
typedef struct Compiled
{
	W2kRegistered registered;
	W2kAvroType *type;
} Compiled;

static void
append_text(StringInfo out, const char *text)
{
	w2k_avro_append_bytes(out, text, (int) strlen(text));
}

static void
append_optional_integer(StringInfo out, int64 integer)
{
	char *p = w2k_buffer_reserve(out, 1 + W2K_AVRO_INTEGER_SIZE);

	*p++ = VALUE_BRANCH;
	w2k_buffer_close(out, w2k_avro_put_integer(p, integer));
}

static void
append_null(StringInfo out)
{
	w2k_buffer_append_char(out, NULL_BRANCH);
}

/* ---- rows ---- */

static void
append_constant(AvroWriter *writer, StringInfo out, const W2kAvroColumn *acol,
				const W2kAvroBytes *bytes)
{
	W2kValue value;

	if (likely(bytes->data != NULL))
	{
		w2k_buffer_append(out, bytes->data, bytes->len);
		return;
	}
	value.kind = W2K_VALUE_NULL; /* which its schema does not allow */
	w2k_avro_append_value(&writer->base, out, acol->avro, &value, acol->column);
}

/* A schema says how deep an array is: where it cannot be this deep, no form. */
static void
check_dimensions(W2kValue *value, int ndims)
{
	if (value->kind != W2K_VALUE_ARRAY || value->u.array->ndim == 0 ||
		value->u.array->ndim == ndims)
		return;
	value->kind = W2K_VALUE_FAILED;
	value->data = "the record's schema can only have one number of "
				  "dimensions, and another value of the column has another";
}

static void
append_columns(AvroWriter *writer, StringInfo out, const W2kAvroSide *side,
			   const W2kRow *row)
{
	for (int i = 0; i < side->ncolumns; i++)
	{
		const W2kAvroColumn *acol = &side->columns[i];
		Datum datum = row->values[acol->index];
		W2kValue value;

		if (unlikely(acol->is_masked))
			w2k_envelope_read_column(&writer->base, acol->column, row, &value);
		else if (row->nulls[acol->index])
		{
			append_constant(writer, out, acol,
							row->is_partial ? &acol->unknown : &acol->null);
			continue;
		}
		else if (acol->is_varlena &&
				 VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(datum)))
			w2k_envelope_read_column(&writer->base, acol->column, row, &value);
		else
		{
			writer->base.column = acol->column;
			acol->read(acol->type, datum, &value);
		}
		if (acol->is_array)
			check_dimensions(&value, acol->column->ndims);
		w2k_avro_append_value(&writer->base, out, acol->avro, &value,
							  acol->column);
	}
}

static void
key(W2kWriter *base, StringInfo out, const W2kRelation *wrel, const W2kRow *row)
{
	W2kAvroPlan *plan = w2k_avroplan_adapt(base, wrel, NULL, row);
	W2kAvroSide *side = &plan->sides[W2K_SIDE_KEY];

	w2k_reference_append_for(base->references, out, &side->registered,
							 wrel->topic);
	append_columns((AvroWriter *) base, out, side, row);
	w2k_buffer_append(out, side->tail.data, side->tail.len);
}

static void
append_image(W2kWriter *base, StringInfo out, const W2kAvroSide *side,
			 const W2kRow *row)
{
	if (row == NULL)
	{
		append_null(out);
		return;
	}
	w2k_buffer_append_char(out, VALUE_BRANCH);
	append_columns((AvroWriter *) base, out, side, row);
}

static void
before(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	W2kAvroPlan *plan = w2k_avroplan_adapt(base, event->wrel, event->before,
										   event->after);
	W2kAvroSide *side = &plan->sides[W2K_SIDE_VALUE];

	w2k_reference_append_for(base->references, out, &side->registered,
							 event->wrel->topic);
	append_image(base, out, side, event->before);
}

static void
after(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	const W2kAvroPlan *plan = event->wrel->plans[base->slot];

	append_image(base, out, &plan->sides[W2K_SIDE_VALUE], event->after);
}

/* ---- the source block ---- */

static void
begin_head(AvroWriter *writer, const W2kSource *source)
{
	StringInfo head = &writer->source_head;

	resetStringInfo(head);
	w2k_avro_append_name(head, writer->base.options.version);
	append_text(head, "postgresql");
	w2k_avro_append_name(head, writer->base.options.prefix);
	w2k_avro_append_integer(head, source->commit_time_us / 1000);

	/* "snapshot" has a default, so that null is its second branch */
	if (source->snapshot == NULL && writer->base.options.has_null_snapshot)
		w2k_buffer_append_char(head, VALUE_BRANCH);
	else
	{
		w2k_buffer_append_char(head, NULL_BRANCH);
		append_text(head,
					source->snapshot != NULL ? source->snapshot : "false");
	}
	w2k_avro_append_name(head, source->database);
	w2k_buffer_append_char(head, VALUE_BRANCH); /* of "sequence" */

	resetStringInfo(&writer->sequence);
	if (XLogRecPtrIsInvalid(source->last_commit_lsn))
		appendStringInfoString(&writer->sequence, "[null,\"");
	else
		appendStringInfo(&writer->sequence, "[\"" INT64_FORMAT "\",\"",
						 (int64) source->last_commit_lsn);
}

static void
begin_source(W2kWriter *base, const W2kSource *source)
{
	AvroWriter *writer = (AvroWriter *) base;
	StringInfo tail = &writer->source_tail;

	begin_head(writer, source);
	resetStringInfo(&writer->source_times);
	append_optional_integer(&writer->source_times, source->commit_time_us);
	append_optional_integer(&writer->source_times,
							source->commit_time_us * 1000);

	resetStringInfo(&writer->source_xid);
	if (source->xid == 0)
		append_null(&writer->source_xid);
	else
		append_optional_integer(&writer->source_xid, (int64) source->xid);
	writer->has_null_lsn = source->has_null_lsn;

	resetStringInfo(tail);
	append_null(tail); /* xmin */
	if (source->origin == NULL)
	{
		append_null(tail);
		append_null(tail);
		return;
	}
	w2k_buffer_append_char(tail, VALUE_BRANCH);
	w2k_avro_append_name(tail, source->origin);
	append_optional_integer(tail, (int64) source->origin_lsn);
}

/* names: the schema's and the table's. */
static void
append_source(const AvroWriter *writer, StringInfo out, const char *names,
			  int names_len, XLogRecPtr lsn)
{
	char text[INTEGER_SIZE];
	int len = pg_lltoa((int64) lsn, text);

	w2k_buffer_append(out, writer->source_head.data, writer->source_head.len);
	w2k_avro_append_integer(out, writer->sequence.len + len + 2);
	w2k_buffer_append(out, writer->sequence.data, writer->sequence.len);
	w2k_buffer_append(out, text, len);
	W2K_BUFFER_APPEND_LITERAL(out, "\"]");
	w2k_buffer_append(out, writer->source_times.data, writer->source_times.len);
	w2k_buffer_append(out, names, names_len);
	w2k_buffer_append(out, writer->source_xid.data, writer->source_xid.len);
	if (unlikely(writer->has_null_lsn))
		append_null(out);
	else
		append_optional_integer(out, (int64) lsn);
	w2k_buffer_append(out, writer->source_tail.data, writer->source_tail.len);
}

static void
source(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	const W2kAvroPlan *plan = event->wrel->plans[base->slot];

	append_source((AvroWriter *) base, out, plan->names.data, plan->names.len,
				  event->lsn);
}

static void
append_id(StringInfo out, uint32 xid, XLogRecPtr lsn)
{
	char text[2 * INTEGER_SIZE];

	int len = snprintf(text, sizeof(text), "%u:" INT64_FORMAT, xid,
					   (int64) lsn);

	w2k_avro_append_bytes(out, text, len);
}

static void
append_place(StringInfo out, const W2kPlace *place, XLogRecPtr lsn)
{
	if (likely(place == NULL))
	{
		append_null(out);
		return;
	}
	w2k_buffer_append_char(out, VALUE_BRANCH);
	append_id(out, place->xid, lsn);
	w2k_avro_append_integer(out, place->total_order);
	w2k_avro_append_integer(out, place->collection_order);
}

static void
end(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	append_place(out, event->place, event->lsn);
	w2k_avro_append_bytes(out, &event->op, 1);
	append_optional_integer(out, event->time_ns / 1000000);
	append_optional_integer(out, event->time_ns / 1000);
	append_optional_integer(out, event->time_ns);
}

/* ---- records that are not a row's ---- */

/* The reference of one, for the topic of the record that is being written. */
static void
begin_other(W2kWriter *base, StringInfo out, OtherRecord other, W2kSide side)
{
	w2k_reference_append_for(base->references, out,
							 &((AvroWriter *) base)->others[other][side],
							 w2k_reference_topic(base->references));
}

static void
append_optional_name(StringInfo out, const char *name)
{
	w2k_buffer_append_char(out, VALUE_BRANCH);
	w2k_avro_append_name(out, name);
}

static void
message_key(W2kWriter *base, StringInfo out, const W2kMessage *message)
{
	begin_other(base, out, OTHER_MESSAGE, W2K_SIDE_KEY);
	append_optional_name(out, message->prefix);
}

static void
message(W2kWriter *base, StringInfo out, const W2kMessage *message)
{
	static const char no_names[2] = {0, 0};
	W2kValue content;

	begin_other(base, out, OTHER_MESSAGE, W2K_SIDE_VALUE);
	append_text(out, "m");
	append_optional_integer(out, message->time_ns / 1000000);
	append_source((AvroWriter *) base, out, no_names, sizeof(no_names),
				  message->lsn);
	append_place(out, message->place, message->lsn);
	append_optional_name(out, message->prefix);
	w2k_value_set_binary(&content, base->options.binary, message->content,
						 message->len);
	w2k_buffer_append_char(out, VALUE_BRANCH);
	w2k_avro_append_bytes(out, content.data, content.len);
}

static void
boundary_key(W2kWriter *base, StringInfo out, const W2kBoundary *boundary)
{
	begin_other(base, out, OTHER_BOUNDARY, W2K_SIDE_KEY);
	append_id(out, boundary->xid, boundary->lsn);
}

static void
boundary(W2kWriter *base, StringInfo out, const W2kBoundary *boundary)
{
	begin_other(base, out, OTHER_BOUNDARY, W2K_SIDE_VALUE);
	append_text(out, boundary->is_end ? "END" : "BEGIN");
	append_id(out, boundary->xid, boundary->lsn);
	if (!boundary->is_end)
	{
		append_null(out);
		append_null(out);
	}
	else
	{
		append_optional_integer(out, boundary->events);
		w2k_buffer_append_char(out, VALUE_BRANCH);
		if (boundary->ncollections > 0)
			w2k_avro_append_integer(out, boundary->ncollections);
		for (int i = 0; i < boundary->ncollections; i++)
		{
			const W2kCollectionCount *count = &boundary->collections[i];

			w2k_buffer_append_char(out, VALUE_BRANCH);
			w2k_avro_append_name(out, count->name);
			w2k_avro_append_integer(out, count->events);
		}
		w2k_buffer_append_char(out, 0);
	}
	w2k_avro_append_integer(out, boundary->commit_time_ms);
}

static void
heartbeat_key(W2kWriter *base, StringInfo out)
{
	begin_other(base, out, OTHER_HEARTBEAT, W2K_SIDE_KEY);
	w2k_avro_append_name(out, base->options.prefix);
}

static void
heartbeat(W2kWriter *base, StringInfo out, int64 time_ms)
{
	begin_other(base, out, OTHER_HEARTBEAT, W2K_SIDE_VALUE);
	w2k_avro_append_integer(out, time_ms);
}

static void
notice_key(W2kWriter *base, StringInfo out, const W2kNotice *notice)
{
	begin_other(base, out, OTHER_NOTICE, W2K_SIDE_KEY);
	w2k_avro_append_name(out, notice->id);
}

static void
notice(W2kWriter *base, StringInfo out, const W2kNotice *notice)
{
	begin_other(base, out, OTHER_NOTICE, W2K_SIDE_VALUE);
	w2k_avro_append_name(out, notice->id);
	w2k_avro_append_name(out, notice->type);
	w2k_avro_append_name(out, notice->aggregate_type);
	w2k_buffer_append_char(out, VALUE_BRANCH);
	if (notice->npairs > 0)
		w2k_avro_append_integer(out, notice->npairs);
	for (int i = 0; i < notice->npairs; i++)
	{
		w2k_avro_append_name(out, notice->names[i]);
		w2k_avro_append_name(out, notice->values[i]);
	}
	w2k_buffer_append_char(out, 0);
	w2k_avro_append_integer(out, notice->time_ms);
}

/* ---- what transforms make ---- */

static void *
compile(W2kWriter *base, W2kSide side, const W2kSchema *schema)
{
	Compiled *compiled = palloc0(sizeof(Compiled));

	compiled->type = w2k_avroplan_register(base, side, schema,
										   &compiled->registered);
	return compiled;
}

static void
node(W2kWriter *base, W2kSide side, StringInfo out, const char *topic,
	 const W2kSchema *schema, void *compiled, W2kNode *node)
{
	Compiled *made = compiled;
	const W2kSideOptions *options = side == W2K_SIDE_KEY
										? &base->options.key
										: &base->options.value;

	w2k_reference_append_for(base->references, out, &made->registered, topic);
	w2k_avro_append_node(base, out, made->type, node, options->replaces_nulls);
}

/* ---- the writer ---- */

/* Registers both sides of a kind of records, as far as they are Avro. */
static void
init_other(AvroWriter *writer, OtherRecord other, const W2kSchema *key,
		   const W2kSchema *value)
{
	W2kRegistered *sides = writer->others[other];
	const W2kWriterOptions *options = &writer->base.options;

	if (options->key.format == W2K_FORMAT_AVRO)
		(void) w2k_avroplan_register(&writer->base, W2K_SIDE_KEY, key,
									 &sides[W2K_SIDE_KEY]);
	if (options->value.format == W2K_FORMAT_AVRO)
		(void) w2k_avroplan_register(&writer->base, W2K_SIDE_VALUE, value,
									 &sides[W2K_SIDE_VALUE]);
}

W2kWriter *
w2k_avro_create_writer(const W2kWriterOptions *options)
{
	AvroWriter *writer = palloc0(sizeof(AvroWriter));

	writer->base.options = *options;
	writer->base.prepare = w2k_avroplan_make;
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
	writer->base.compile = compile;
	writer->base.node = node;

	initStringInfo(&writer->source_head);
	initStringInfo(&writer->sequence);
	initStringInfo(&writer->source_times);
	initStringInfo(&writer->source_xid);
	initStringInfo(&writer->source_tail);
	init_other(writer, OTHER_MESSAGE, w2k_change_schema_message_key(),
			   w2k_change_schema_message(options->binary));
	init_other(writer, OTHER_BOUNDARY, w2k_change_schema_boundary_key(),
			   w2k_change_schema_boundary());
	init_other(writer, OTHER_HEARTBEAT, w2k_change_schema_heartbeat_key(),
			   w2k_change_schema_heartbeat());
	init_other(writer, OTHER_NOTICE, w2k_change_schema_notice_key(),
			   w2k_change_schema_notice());
	return &writer->base;
}
