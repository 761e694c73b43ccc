/*
 * protobuf_registry.c
 *		Writer: Protobuf with a message type for each table, whose schema is in
 *		a registry.
 *
 * A record is a reference (encode/reference), which of the schema's messages
 * it is, and the message.  A relation's plan has the tag of each column and
 * the function that reads it.  The source block is rendered once in a
 * transaction up to what changes from row to row.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "encode/node.h"
#include "encode/protobuf_registry.h"
#include "encode/protoplan.h"
#include "encode/prototext.h"
#include "encode/protovalue.h"
#include "schema/change_schema.h"

/* A kind of records that are no table's. */
typedef struct OwnKind
{
	W2kProtoFile *files[W2K_SIDES]; /* NULL = of another format */
	W2kRegistered registered[W2K_SIDES];
} OwnKind;

/* What is compiled of a schema that transforms have made. */
typedef struct Compiled
{
	W2kProtoFile *file;
	W2kRegistered registered;
} Compiled;

/* The fields of the source block. */
typedef struct SourceFields
{
	W2kProtoField *version, *connector, *name, *ts_ms, *snapshot, *db;
	W2kProtoField *sequence, *ts_us, *ts_ns, *schema, *table;
	W2kProtoField *tx_id, *lsn, *origin, *origin_lsn;
} SourceFields;

typedef struct ProtobufWriter
{
	W2kWriter base; /* first */

	/* The source block of the present transaction, in parts. */
	SourceFields source;
	StringInfoData source_head;	 /* up to "sequence" */
	StringInfoData source_times; /* from there to the schema's name */
	StringInfoData source_xid;	 /* from the table's name to the LSN */
	StringInfoData source_tail;	 /* from there to the end */
	char sequence[2 * MAXINT8LEN + 16];
	int sequence_len; /* up to the LSN */
	bool has_null_lsn;

	OwnKind message, boundary, heartbeat, notice;
} ProtobufWriter;

/* ---- rows ---- */

static inline void
append_all(StringInfo out, const W2kProtoBytes *bytes)
{
	w2k_buffer_append(out, bytes->data, bytes->len);
}

/* Columns; some of them, in their order. */
static void
append_columns(ProtobufWriter *writer, StringInfo out,
			   const W2kProtoColumn *columns, int ncolumns, const W2kRow *row,
			   bool is_before)
{
	for (int i = 0; i < ncolumns; i++)
	{
		const W2kProtoColumn *pcol = &columns[i];
		Datum datum = row->values[pcol->index];
		W2kValue value;

		if (unlikely(pcol->is_masked))
			w2k_envelope_read_column(&writer->base, pcol->column, row, &value);
		else if (row->nulls[pcol->index])
		{
			append_all(out, row->is_partial ? &pcol->unknown : &pcol->null);
			continue;
		}
		else if (pcol->is_varlena &&
				 VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(datum)))
			w2k_envelope_read_column(&writer->base, pcol->column, row, &value);
		else
		{
			writer->base.column = pcol->column;
			pcol->read(pcol->type, datum, &value);
		}
		w2k_protovalue_append(&writer->base, out,
							  is_before ? pcol->before_field : pcol->field,
							  &value, pcol->column);
	}
}

static void
key(W2kWriter *base, StringInfo out, const W2kRelation *wrel, const W2kRow *row)
{
	W2kProtoPlan *plan = wrel->plans[base->slot];

	if (plan->has_arrays)
		w2k_protoplan_adapt(base, plan, wrel, NULL, row);
	w2k_reference_append(base->references, out, plan->references[W2K_SIDE_KEY]);
	w2k_prototext_append_index(out, plan->files[W2K_SIDE_KEY]);
	append_columns((ProtobufWriter *) base, out, plan->keys, plan->nkeys, row,
				   false);
	append_all(out, &plan->key_tail);
}

static void
append_image(ProtobufWriter *writer, StringInfo out, const W2kEvent *event,
			 const W2kRow *row, W2kProtoField *field)
{
	const W2kProtoPlan *plan = event->wrel->plans[writer->base.slot];
	int start;

	if (row == NULL)
		return;
	start = w2k_protovalue_begin(out, field);
	append_columns(writer, out, plan->columns, plan->ncolumns, row,
				   row == event->before);
	w2k_protovalue_end(out, field, start);
}

static void
before(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	W2kProtoPlan *plan = event->wrel->plans[base->slot];

	if (plan->has_arrays)
		w2k_protoplan_adapt(base, plan, event->wrel, event->before,
							event->after);
	w2k_reference_append(base->references, out,
						 plan->references[W2K_SIDE_VALUE]);
	w2k_prototext_append_index(out, plan->files[W2K_SIDE_VALUE]);
	append_image((ProtobufWriter *) base, out, event, event->before,
				 plan->before);
}

static void
after(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	W2kProtoPlan *plan = event->wrel->plans[base->slot];

	append_image((ProtobufWriter *) base, out, event, event->after,
				 plan->after);
}

/* ---- the source block ---- */

static W2kProtoField *
get_field(const W2kProtoMessage *message, const char *name)
{
	W2kProtoField *field = w2k_protomodel_find(message, name);

	if (field == NULL)
		elog(ERROR, "message \"%s\" has no field \"%s\"", message->name, name);
	return field;
}

static void
init_source(ProtobufWriter *writer)
{
	W2kProtoFile *file = w2k_protomodel_make(&writer->base.options.value,
											 W2K_SIDE_VALUE,
											 w2k_change_schema_source());
	const W2kProtoMessage *message = file->root;
	SourceFields *source = &writer->source;

	source->version = get_field(message, "version");
	source->connector = get_field(message, "connector");
	source->name = get_field(message, "name");
	source->ts_ms = get_field(message, "ts_ms");
	source->snapshot = get_field(message, "snapshot");
	source->db = get_field(message, "db");
	source->sequence = get_field(message, "sequence");
	source->ts_us = get_field(message, "ts_us");
	source->ts_ns = get_field(message, "ts_ns");
	source->schema = get_field(message, "schema");
	source->table = get_field(message, "table");
	source->tx_id = get_field(message, "txId");
	source->lsn = get_field(message, "lsn");
	source->origin = get_field(message, "origin");
	source->origin_lsn = get_field(message, "origin_lsn");
	initStringInfo(&writer->source_head);
	initStringInfo(&writer->source_times);
	initStringInfo(&writer->source_xid);
	initStringInfo(&writer->source_tail);
}

/* Renders the source block up to what changes from row to row. */
static void
begin_source(W2kWriter *base, const W2kSource *source)
{
	ProtobufWriter *writer = (ProtobufWriter *) base;
	const SourceFields *fields = &writer->source;
	StringInfo head = &writer->source_head;
	StringInfo tail = &writer->source_tail;

	if (!w2k_protoplan_has_side(base, W2K_SIDE_VALUE))
		return;
	resetStringInfo(head);
	w2k_protovalue_append_name(head, fields->version, base->options.version);
	w2k_protovalue_append_text(head, fields->connector, "postgresql");
	w2k_protovalue_append_name(head, fields->name, base->options.prefix);
	w2k_protovalue_append_integer(head, fields->ts_ms,
								  source->commit_time_us / 1000);
	if (source->snapshot != NULL)
		w2k_protovalue_append_text(head, fields->snapshot, source->snapshot);
	else if (!base->options.has_null_snapshot)
		w2k_protovalue_append_text(head, fields->snapshot, "false");
	w2k_protovalue_append_name(head, fields->db, source->database);

	writer->sequence_len =
		XLogRecPtrIsInvalid(source->last_commit_lsn)
			? snprintf(writer->sequence, sizeof(writer->sequence), "[null,\"")
			: snprintf(writer->sequence, sizeof(writer->sequence),
					   "[\"" INT64_FORMAT "\",\"",
					   (int64) source->last_commit_lsn);

	resetStringInfo(&writer->source_times);
	w2k_protovalue_append_integer(&writer->source_times, fields->ts_us,
								  source->commit_time_us);
	w2k_protovalue_append_integer(&writer->source_times, fields->ts_ns,
								  source->commit_time_us * 1000);

	resetStringInfo(&writer->source_xid);
	if (source->xid != 0)
		w2k_protovalue_append_integer(&writer->source_xid, fields->tx_id,
									  (int64) source->xid);
	writer->has_null_lsn = source->has_null_lsn;

	resetStringInfo(tail);
	if (source->origin != NULL)
	{
		w2k_protovalue_append_name(tail, fields->origin, source->origin);
		w2k_protovalue_append_integer(tail, fields->origin_lsn,
									  (int64) source->origin_lsn);
	}
}

static inline void
append_part(StringInfo out, const StringInfoData *part)
{
	w2k_buffer_append(out, part->data, part->len);
}

/* names: the schema's and the table's, or nothing. */
static void
append_source(ProtobufWriter *writer, StringInfo out, W2kProtoField *field,
			  const W2kProtoBytes *names, XLogRecPtr lsn)
{
	const SourceFields *fields = &writer->source;
	char *end = writer->sequence + writer->sequence_len;
	int start = w2k_protovalue_begin(out, field);
	W2kValue sequence;

	append_part(out, &writer->source_head);
	end += pg_lltoa((int64) lsn, end);
	*end++ = '"';
	*end++ = ']';
	sequence.kind = W2K_VALUE_TEXT;
	sequence.data = writer->sequence;
	sequence.len = (int) (end - writer->sequence);
	w2k_protovalue_append(&writer->base, out, fields->sequence, &sequence,
						  NULL);
	append_part(out, &writer->source_times);
	append_all(out, names);
	append_part(out, &writer->source_xid);
	if (likely(!writer->has_null_lsn))
		w2k_protovalue_append_integer(out, fields->lsn, (int64) lsn);
	append_part(out, &writer->source_tail);
	w2k_protovalue_end(out, field, start);
}

static void
source(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	const W2kProtoPlan *plan = event->wrel->plans[base->slot];

	append_source((ProtobufWriter *) base, out, plan->source, &plan->names,
				  event->lsn);
}

/* ---- transactions ---- */

/* A transaction's id holds the LSN of the record that it stands in. */
static void
append_id(StringInfo out, W2kProtoField *field, uint32 xid, XLogRecPtr lsn)
{
	char id[2 * MAXINT8LEN + 2];

	snprintf(id, sizeof(id), "%u:" INT64_FORMAT, xid, (int64) lsn);
	w2k_protovalue_append_text(out, field, id);
}

static void
append_place(StringInfo out, W2kProtoField *field, const W2kPlace *place,
			 XLogRecPtr lsn)
{
	W2kProtoField *members = field->message->fields;
	int start;

	if (place == NULL)
		return;
	start = w2k_protovalue_begin(out, field);
	append_id(out, &members[0], place->xid, lsn);
	w2k_protovalue_append_integer(out, &members[1], place->total_order);
	w2k_protovalue_append_integer(out, &members[2], place->collection_order);
	w2k_protovalue_end(out, field, start);
}

static void
end(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	const W2kProtoPlan *plan = event->wrel->plans[base->slot];
	const char op[] = {event->op, '\0'};

	append_place(out, plan->transaction, event->place, event->lsn);
	w2k_protovalue_append_text(out, plan->op, op);
	w2k_protovalue_append_integer(out, plan->ts_ms, event->time_ns / 1000000);
	w2k_protovalue_append_integer(out, plan->ts_us, event->time_ns / 1000);
	w2k_protovalue_append_integer(out, plan->ts_ns, event->time_ns);
}

/* ---- records of no table ---- */

/* What a kind of records has on one side. */
static void
init_side(ProtobufWriter *writer, OwnKind *kind, W2kSide side,
		  const W2kSchema *schema)
{
	if (w2k_protoplan_has_side(&writer->base, side))
		kind->files[side] = w2k_protoplan_register(&writer->base, side, schema,
												   &kind->registered[side]);
}

/* Begins a record of such a kind; its fields. */
static W2kProtoField *
begin_own(W2kWriter *base, StringInfo out, OwnKind *kind, W2kSide side)
{
	w2k_reference_append_for(base->references, out, &kind->registered[side],
							 w2k_reference_topic(base->references));
	w2k_prototext_append_index(out, kind->files[side]);
	return kind->files[side]->root->fields;
}

static void
message_key(W2kWriter *base, StringInfo out, const W2kMessage *message)
{
	W2kProtoField *fields = begin_own(base, out,
									  &((ProtobufWriter *) base)->message,
									  W2K_SIDE_KEY);

	w2k_protovalue_append_name(out, &fields[0], message->prefix);
}

static void
message(W2kWriter *base, StringInfo out, const W2kMessage *message)
{
	static const W2kProtoBytes no_names = {""};
	ProtobufWriter *writer = (ProtobufWriter *) base;
	W2kProtoField *fields = begin_own(base, out, &writer->message,
									  W2K_SIDE_VALUE);
	const W2kProtoMessage *root = writer->message.files[W2K_SIDE_VALUE]->root;
	W2kProtoField *content = get_field(root, "message");
	W2kValue value;
	int start;

	w2k_protovalue_append_text(out, &fields[0], "m");
	w2k_protovalue_append_integer(out, &fields[1], message->time_ns / 1000000);
	append_source(writer, out, &fields[2], &no_names, message->lsn);
	append_place(out, &fields[3], message->place, message->lsn);
	start = w2k_protovalue_begin(out, content);
	w2k_protovalue_append_name(out, &content->message->fields[0],
							   message->prefix);
	w2k_value_set_binary(&value, base->options.binary, message->content,
						 message->len);
	w2k_protovalue_append(base, out, &content->message->fields[1], &value,
						  NULL);
	w2k_protovalue_end(out, content, start);
}

static void
boundary_key(W2kWriter *base, StringInfo out, const W2kBoundary *boundary)
{
	W2kProtoField *fields = begin_own(base, out,
									  &((ProtobufWriter *) base)->boundary,
									  W2K_SIDE_KEY);

	append_id(out, &fields[0], boundary->xid, boundary->lsn);
}

static void
boundary(W2kWriter *base, StringInfo out, const W2kBoundary *boundary)
{
	W2kProtoField *fields = begin_own(base, out,
									  &((ProtobufWriter *) base)->boundary,
									  W2K_SIDE_VALUE);

	w2k_protovalue_append_text(out, &fields[0],
							   boundary->is_end ? "END" : "BEGIN");
	append_id(out, &fields[1], boundary->xid, boundary->lsn);
	if (boundary->is_end)
		w2k_protovalue_append_integer(out, &fields[2], boundary->events);
	for (int i = 0; i < boundary->ncollections && boundary->is_end; i++)
	{
		const W2kCollectionCount *collection = &boundary->collections[i];
		W2kProtoField *members = fields[3].message->fields;
		int start = w2k_protovalue_begin(out, &fields[3]);

		w2k_protovalue_append_name(out, &members[0], collection->name);
		w2k_protovalue_append_integer(out, &members[1], collection->events);
		w2k_protovalue_end(out, &fields[3], start);
	}
	w2k_protovalue_append_integer(out, &fields[4], boundary->commit_time_ms);
}

static void
heartbeat_key(W2kWriter *base, StringInfo out)
{
	W2kProtoField *fields = begin_own(base, out,
									  &((ProtobufWriter *) base)->heartbeat,
									  W2K_SIDE_KEY);

	w2k_protovalue_append_name(out, &fields[0], base->options.prefix);
}

static void
heartbeat(W2kWriter *base, StringInfo out, int64 time_ms)
{
	W2kProtoField *fields = begin_own(base, out,
									  &((ProtobufWriter *) base)->heartbeat,
									  W2K_SIDE_VALUE);

	w2k_protovalue_append_integer(out, &fields[0], time_ms);
}

static void
notice_key(W2kWriter *base, StringInfo out, const W2kNotice *notice)
{
	W2kProtoField *fields =
		begin_own(base, out, &((ProtobufWriter *) base)->notice, W2K_SIDE_KEY);

	w2k_protovalue_append_name(out, &fields[0], notice->id);
}

static void
notice(W2kWriter *base, StringInfo out, const W2kNotice *notice)
{
	W2kProtoField *fields = begin_own(base, out,
									  &((ProtobufWriter *) base)->notice,
									  W2K_SIDE_VALUE);

	w2k_protovalue_append_name(out, &fields[0], notice->id);
	w2k_protovalue_append_name(out, &fields[1], notice->type);
	w2k_protovalue_append_name(out, &fields[2], notice->aggregate_type);
	for (int i = 0; i < notice->npairs; i++)
	{
		W2kProtoField *pair = fields[3].message->fields;
		int start = w2k_protovalue_begin(out, &fields[3]);

		w2k_protovalue_append_name(out, &pair[0], notice->names[i]);
		w2k_protovalue_append_name(out, &pair[1], notice->values[i]);
		w2k_protovalue_end(out, &fields[3], start);
	}
	w2k_protovalue_append_integer(out, &fields[4], notice->time_ms);
}

/* ---- what transforms make ---- */

static void *
compile(W2kWriter *writer, W2kSide side, const W2kSchema *schema)
{
	Compiled *compiled = palloc(sizeof(Compiled));

	if (schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a %s without a schema cannot be written as Protobuf",
						side == W2K_SIDE_KEY ? "key" : "value"),
				 errhint("Leave out the transform that makes it, or choose "
						 "another format.")));
	compiled->file = w2k_protoplan_register(writer, side, schema,
											&compiled->registered);
	return compiled;
}

static void
node(W2kWriter *writer, W2kSide side, StringInfo out, const char *topic,
	 const W2kSchema *schema, void *compiled, W2kNode *node)
{
	Compiled *known = compiled;

	w2k_reference_append_for(writer->references, out, &known->registered,
							 topic);
	w2k_prototext_append_index(out, known->file);
	w2k_protovalue_append_node(writer,
							   side == W2K_SIDE_KEY ? &writer->options.key
													: &writer->options.value,
							   out, known->file, node);
}

W2kWriter *
w2k_protobuf_registry_create_writer(const W2kWriterOptions *options)
{
	ProtobufWriter *writer = palloc0(sizeof(ProtobufWriter));

	writer->base.options = *options;
	writer->base.prepare = w2k_protoplan_make;
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

	init_source(writer);
	init_side(writer, &writer->message, W2K_SIDE_KEY,
			  w2k_change_schema_message_key());
	init_side(writer, &writer->message, W2K_SIDE_VALUE,
			  w2k_change_schema_message(options->binary));
	init_side(writer, &writer->boundary, W2K_SIDE_KEY,
			  w2k_change_schema_boundary_key());
	init_side(writer, &writer->boundary, W2K_SIDE_VALUE,
			  w2k_change_schema_boundary());
	init_side(writer, &writer->heartbeat, W2K_SIDE_KEY,
			  w2k_change_schema_heartbeat_key());
	init_side(writer, &writer->heartbeat, W2K_SIDE_VALUE,
			  w2k_change_schema_heartbeat());
	init_side(writer, &writer->notice, W2K_SIDE_KEY,
			  w2k_change_schema_notice_key());
	init_side(writer, &writer->notice, W2K_SIDE_VALUE,
			  w2k_change_schema_notice());
	return &writer->base;
}
