/*
 * protobuf.c
 *		Writer: Protobuf as proto/envelope.proto has it, for every table.
 *
 * A relation's plan holds for each column its name as it is on the wire, and
 * the whole of what stands for a null or for what the WAL does not hold.  The
 * source block is rendered once in a transaction up to what changes from row
 * to row: the table's names and the LSN.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "encode/protobuf.h"
#include "encode/protoenum.h"
#include "encode/protoitem.h"
#include "encode/protonode.h"
#include "encode/protoset.h"
#include "wire/frame.h"

/* Envelope */
#define ENVELOPE_BEFORE 1
#define ENVELOPE_AFTER 2
#define ENVELOPE_SOURCE 3
#define ENVELOPE_OP 4
#define ENVELOPE_TS_NS 5
#define ENVELOPE_TRANSACTION 6
#define ENVELOPE_MESSAGE 7

/* Source */
#define SOURCE_VERSION 1
#define SOURCE_CONNECTOR 2
#define SOURCE_NAME 3
#define SOURCE_DB 4
#define SOURCE_SNAPSHOT 5
#define SOURCE_TS_NS 6
#define SOURCE_TX_ID 7
#define SOURCE_LAST_COMMIT_LSN 8
#define SOURCE_ORIGIN 9
#define SOURCE_ORIGIN_LSN 10
#define SOURCE_SCHEMA 11
#define SOURCE_TABLE 12
#define SOURCE_LSN 13

/* TransactionBoundary */
#define STATUS_BEGIN 1
#define STATUS_END 2

#define CONNECTOR "postgresql"

/* A piece of a record that does not change. */
typedef struct Bytes
{
	const char *data;
	int len;
} Bytes;

/* A column, ready to be written. */
typedef struct ProtoColumn
{
	Bytes name;		 /* the field of a Value */
	Bytes null;		 /* whole Values */
	Bytes unchanged; /* a TOAST value */
	Bytes unknown;	 /* what stands for a null in a partial image */
	int index;
	bool is_varlena;
	bool is_masked;
	const W2kType *type;
	W2kProtoReader read;
	W2kColumn *column;
} ProtoColumn;

typedef struct ProtoPlan
{
	int ncolumns;
	ProtoColumn *columns;
	int nkeys;
	ProtoColumn *keys;
	Bytes key_tail;	 /* a Value that keys have behind them, or nothing */
	Bytes names;	 /* of the source block: schema and table */
	int length_size; /* of the last row's length: the next one's, probably */
} ProtoPlan;

typedef struct ProtoWriter
{
	W2kWriter base;		   /* first */
	StringInfoData source; /* of the present transaction, up to the names */
} ProtoWriter;

/* ---- names ---- */

/* A string field in the server's encoding. */
static void
append_name(StringInfo out, int field, const char *name)
{
	const char *utf8 = pg_server_to_any(name, (int) strlen(name), PG_UTF8);

	w2k_wire_append_bytes(out, field, utf8, (int) strlen(utf8));
}

/* ---- the plan ---- */

static Bytes
take_bytes(const StringInfoData *buffer)
{
	Bytes bytes = {buffer->data, buffer->len};

	return bytes;
}

/* A whole Value of a column that says why there is none. */
static Bytes
make_empty_value(const ProtoColumn *pcol, int kind, uint64 number)
{
	W2kProtoItem item = {.tag = W2K_WIRE_TAG(kind, W2K_WIRE_VARINT),
						 .number = number};
	StringInfoData value;

	initStringInfo(&value);
	w2k_proto_append_value(&value, pcol->name.data, pcol->name.len, &item);
	return take_bytes(&value);
}

static void
fill_column(ProtoColumn *pcol, W2kColumn *column)
{
	StringInfoData name;

	initStringInfo(&name);
	w2k_wire_append_bytes(&name, W2K_PROTO_NAME, column->field,
						  (int) strlen(column->field));
	pcol->name = take_bytes(&name);
	pcol->null = make_empty_value(pcol, W2K_PROTO_NULL, 0);
	pcol->unchanged = make_empty_value(pcol, W2K_PROTO_UNAVAILABLE,
									   W2K_PROTO_UNCHANGED_TOAST);
	pcol->unknown = column->is_identity
						? pcol->null
						: make_empty_value(pcol, W2K_PROTO_UNAVAILABLE,
										   W2K_PROTO_NOT_IN_IDENTITY);
	pcol->index = column->index;
	pcol->is_varlena = column->is_varlena;
	pcol->is_masked = column->mask != NULL;
	pcol->type = column->type;
	pcol->read = w2k_proto_readers[column->type->logical];
	pcol->column = column;
}

static void
fill_columns(ProtoPlan *plan, W2kRelation *wrel)
{
	plan->columns = palloc0(sizeof(ProtoColumn) * Max(wrel->ncolumns, 1));
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		if (w2k_proto_is_printed(wrel->columns[i].type))
			wrel->has_printed_types = true;
		if (wrel->columns[i].is_captured)
			fill_column(&plan->columns[plan->ncolumns++], &wrel->columns[i]);
	}
	plan->nkeys = wrel->nkeys;
	plan->keys = palloc0(sizeof(ProtoColumn) * Max(wrel->nkeys, 1));
	for (int i = 0; i < wrel->nkeys; i++)
		fill_column(&plan->keys[i], wrel->keys[i]);
}

/* A Value of text, as keys have it. */
static void
append_text_value(StringInfo out, const char *field, const char *text)
{
	W2kProtoItem item;
	StringInfoData name;

	initStringInfo(&name);
	w2k_wire_append_bytes(&name, W2K_PROTO_NAME, field, (int) strlen(field));
	w2k_proto_set_bytes(&item, W2K_PROTO_TEXT, text, (int) strlen(text));
	w2k_proto_append_value(out, name.data, name.len, &item);
}

static void
prepare(W2kWriter *base, W2kRelation *wrel)
{
	/* the table's once it is done: an error halfway leaves nothing behind */
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "wal2kafka Protobuf plan",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	ProtoPlan *plan = palloc0(sizeof(ProtoPlan));
	StringInfoData bytes;

	fill_columns(plan, wrel);
	if (wrel->key_field != NULL)
	{
		initStringInfo(&bytes);
		append_text_value(&bytes, wrel->key_field, wrel->key_text);
		plan->key_tail = take_bytes(&bytes);
	}
	initStringInfo(&bytes);
	append_name(&bytes, SOURCE_SCHEMA, wrel->schema);
	append_name(&bytes, SOURCE_TABLE, wrel->table);
	plan->names = take_bytes(&bytes);
	plan->length_size = 2;
	MemoryContextSwitchTo(oldcontext);
	MemoryContextSetParent(context, wrel->context);
	wrel->plans[base->slot] = plan;
}

/* ---- rows ---- */

static inline void
append_bytes(StringInfo out, const Bytes *bytes)
{
	w2k_buffer_append(out, bytes->data, bytes->len);
}

/* What a mask makes of a value, where it makes anything of it. */
static void
read_masked(W2kWriter *base, const ProtoColumn *pcol, const W2kRow *row,
			W2kProtoItem *item)
{
	w2k_envelope_read_column(base, pcol->column, row, &item->value);
	if (w2k_proto_take_masked(item))
		return;
	pcol->read(pcol->type, row->values[pcol->index], item);
}

/* Values of columns; some of them, in their order. */
static void
append_columns(W2kWriter *base, StringInfo out, const ProtoColumn *columns,
			   int ncolumns, const W2kRow *row)
{
	for (int i = 0; i < ncolumns; i++)
	{
		const ProtoColumn *pcol = &columns[i];
		Datum datum = row->values[pcol->index];
		W2kProtoItem item;

		if (row->nulls[pcol->index] && row->is_partial)
		{
			append_bytes(out, &pcol->unknown);
			continue;
		}
		if (row->nulls[pcol->index] && !pcol->is_masked)
		{
			append_bytes(out, &pcol->null);
			continue;
		}
		if (pcol->is_varlena && !row->nulls[pcol->index] &&
			VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(datum)))
		{
			append_bytes(out, &pcol->unchanged);
			continue;
		}
		base->column = pcol->column;
		if (unlikely(pcol->is_masked))
			read_masked(base, pcol, row, &item);
		else
			pcol->read(pcol->type, datum, &item);
		w2k_proto_append_value(out, pcol->name.data, pcol->name.len, &item);
	}
}

/*
 * A Row.  Its length stands in front of it and is known behind it: room is
 * left for as many bytes as the last one's took, and it seldom has to move.
 */
static void
append_row(W2kWriter *base, StringInfo out, int field, ProtoPlan *plan,
		   const W2kRow *row)
{
	char *p = w2k_buffer_reserve(out, W2K_WIRE_FIELD_MAX);
	int length_size = plan->length_size;
	int start;
	int len;
	int needed;

	*p++ = (char) W2K_WIRE_TAG(field, W2K_WIRE_BYTES);
	w2k_buffer_close(out, p + length_size);
	start = out->len;
	append_columns(base, out, plan->columns, plan->ncolumns, row);
	len = out->len - start;
	needed = w2k_wire_varint_len((uint64) len);
	if (unlikely(needed != length_size))
	{
		(void) w2k_buffer_reserve(out, W2K_WIRE_FIELD_MAX);
		memmove(out->data + start - length_size + needed, out->data + start,
				len);
		out->len += needed - length_size;
		plan->length_size = needed;
	}
	(void) w2k_wire_put_varint(out->data + start - length_size, (uint64) len);
}

static void
key(W2kWriter *base, StringInfo out, const W2kRelation *wrel, const W2kRow *row)
{
	const ProtoPlan *plan = wrel->plans[base->slot];

	append_columns(base, out, plan->keys, plan->nkeys, row);
	append_bytes(out, &plan->key_tail);
}

static void
before(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	if (event->before != NULL)
		append_row(base, out, ENVELOPE_BEFORE, event->wrel->plans[base->slot],
				   event->before);
}

static void
after(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	if (event->after != NULL)
		append_row(base, out, ENVELOPE_AFTER, event->wrel->plans[base->slot],
				   event->after);
}

/* ---- the source block ---- */

static void
begin_source(W2kWriter *base, const W2kSource *source)
{
	StringInfo out = &((ProtoWriter *) base)->source;

	resetStringInfo(out);
	append_name(out, SOURCE_VERSION, base->options.version);
	append_name(out, SOURCE_CONNECTOR, CONNECTOR);
	append_name(out, SOURCE_NAME, base->options.prefix);
	append_name(out, SOURCE_DB, source->database);
	if (source->snapshot != NULL)
		w2k_wire_append_number(out, SOURCE_SNAPSHOT,
							   (uint64)
								   w2k_protoenum_get(W2K_PROTOENUM_SNAPSHOT,
													 source->snapshot));
	w2k_wire_append_fixed64(out, SOURCE_TS_NS,
							(uint64) (source->commit_time_us * 1000));
	w2k_wire_append_number(out, SOURCE_TX_ID, source->xid);
	w2k_wire_append_number(out, SOURCE_LAST_COMMIT_LSN,
						   source->last_commit_lsn);
	if (source->origin != NULL)
	{
		append_name(out, SOURCE_ORIGIN, source->origin);
		w2k_wire_append_number(out, SOURCE_ORIGIN_LSN, source->origin_lsn);
	}
}

static void
append_source(const W2kWriter *base, StringInfo out, const Bytes *names,
			  XLogRecPtr lsn)
{
	const StringInfoData *common = &((const ProtoWriter *) base)->source;
	int len = common->len + names->len;
	char *p = w2k_buffer_reserve(out, 3 * W2K_WIRE_FIELD_MAX + (Size) len);

	if (lsn != 0)
		len += 1 + w2k_wire_varint_len(lsn);
	*p++ = (char) W2K_WIRE_TAG(ENVELOPE_SOURCE, W2K_WIRE_BYTES);
	p = w2k_wire_put_varint(p, (uint64) len);
	memcpy(p, common->data, common->len);
	p += common->len;
	memcpy(p, names->data, names->len);
	p += names->len;
	if (lsn != 0)
	{
		*p++ = (char) W2K_WIRE_TAG(SOURCE_LSN, W2K_WIRE_VARINT);
		p = w2k_wire_put_varint(p, lsn);
	}
	w2k_buffer_close(out, p);
}

static void
source(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	const ProtoPlan *plan = event->wrel->plans[base->slot];

	append_source(base, out, &plan->names, event->lsn);
}

/* ---- what comes behind it ---- */

/* Debezium's id of a transaction, in a record at an LSN. */
static const char *
make_id(uint32 xid, XLogRecPtr lsn)
{
	return psprintf("%u:" INT64_FORMAT, xid, (int64) lsn);
}

static void
append_place(StringInfo out, const W2kPlace *place, XLogRecPtr lsn)
{
	StringInfoData block;
	const char *id;

	if (place == NULL)
		return;
	id = make_id(place->xid, lsn);
	initStringInfo(&block);
	w2k_wire_append_bytes(&block, 1, id, (int) strlen(id));
	w2k_wire_append_number(&block, 2, (uint64) place->total_order);
	w2k_wire_append_number(&block, 3, (uint64) place->collection_order);
	w2k_wire_append_message(out, ENVELOPE_TRANSACTION, block.data, block.len);
}

/* op, ts_ns and transaction */
static void
append_end(StringInfo out, char op, int64 time_ns, const W2kPlace *place,
		   XLogRecPtr lsn)
{
	const char text[] = {op, '\0'};

	w2k_wire_append_number(out, ENVELOPE_OP,
						   (uint64) w2k_protoenum_get(W2K_PROTOENUM_OPERATION,
													  text));
	w2k_wire_append_fixed64(out, ENVELOPE_TS_NS, (uint64) time_ns);
	append_place(out, place, lsn);
}

static void
end(W2kWriter *base, StringInfo out, const W2kEvent *event)
{
	append_end(out, event->op, event->time_ns, event->place, event->lsn);
}

/* ---- records of no table ---- */

/* A key of one field, in the server's encoding. */
static void
append_single_key(StringInfo out, const char *field, const char *name)
{
	append_text_value(out, field,
					  pg_server_to_any(name, (int) strlen(name), PG_UTF8));
}

static void
message_key(W2kWriter *base, StringInfo out, const W2kMessage *message)
{
	append_single_key(out, "prefix", message->prefix);
}

static void
message(W2kWriter *base, StringInfo out, const W2kMessage *message)
{
	static const Bytes no_names = {"", 0};
	StringInfoData body;

	append_source(base, out, &no_names, message->lsn);
	append_end(out, W2K_OP_MESSAGE, message->time_ns, message->place,
			   message->lsn);
	initStringInfo(&body);
	append_name(&body, 1, message->prefix);
	w2k_wire_append_bytes(&body, 2, message->content, message->len);
	w2k_wire_append_message(out, ENVELOPE_MESSAGE, body.data, body.len);
}

static void
boundary_key(W2kWriter *base, StringInfo out, const W2kBoundary *boundary)
{
	append_text_value(out, "id", make_id(boundary->xid, boundary->lsn));
}

static void
boundary(W2kWriter *base, StringInfo out, const W2kBoundary *boundary)
{
	const char *id = make_id(boundary->xid, boundary->lsn);

	w2k_wire_append_number(out, 1,
						   boundary->is_end ? STATUS_END : STATUS_BEGIN);
	w2k_wire_append_bytes(out, 2, id, (int) strlen(id));
	w2k_wire_append_number(out, 3, (uint64) boundary->events);
	for (int i = 0; i < boundary->ncollections; i++)
	{
		const W2kCollectionCount *count = &boundary->collections[i];
		StringInfoData collection;

		initStringInfo(&collection);
		append_name(&collection, 1, count->name);
		w2k_wire_append_number(&collection, 2, (uint64) count->events);
		w2k_wire_append_message(out, 4, collection.data, collection.len);
	}
	w2k_wire_append_number(out, 5, (uint64) boundary->commit_time_ms);
}

static void
heartbeat_key(W2kWriter *base, StringInfo out)
{
	append_single_key(out, "serverName", base->options.prefix);
}

static void
heartbeat(W2kWriter *base, StringInfo out, int64 time_ms)
{
	w2k_wire_append_number(out, 1, (uint64) time_ms);
}

static void
notice_key(W2kWriter *base, StringInfo out, const W2kNotice *notice)
{
	append_single_key(out, "id", notice->id);
}

static void
notice(W2kWriter *base, StringInfo out, const W2kNotice *notice)
{
	append_name(out, 1, notice->id);
	append_name(out, 2, notice->type);
	append_name(out, 3, notice->aggregate_type);
	for (int i = 0; i < notice->npairs; i++)
	{
		StringInfoData pair;

		initStringInfo(&pair);
		append_name(&pair, 1, notice->names[i]);
		append_name(&pair, 2, notice->values[i]);
		w2k_wire_append_message(out, 4, pair.data, pair.len);
	}
	w2k_wire_append_number(out, 5, (uint64) notice->time_ms);
}

W2kWriter *
w2k_protobuf_create_writer(const W2kWriterOptions *options)
{
	ProtoWriter *writer = palloc0(sizeof(ProtoWriter));

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
	writer->base.boundary_key = boundary_key;
	writer->base.boundary = boundary;
	writer->base.heartbeat_key = heartbeat_key;
	writer->base.heartbeat = heartbeat;
	writer->base.notice_key = notice_key;
	writer->base.notice = notice;
	writer->base.compile = w2k_protonode_compile;
	writer->base.node = w2k_protonode_append;
	initStringInfo(&writer->source);
	return &writer->base;
}
