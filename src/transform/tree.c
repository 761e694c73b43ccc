/*
 * tree.c
 *		Changes of rows, and messages -> records of Connect data.
 *
 * The schemas of a table are made once, on its first change, with what is
 * known of it (W2kRelation); what does not differ from record to record is
 * one node for all.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "encode/json.h"
#include "encode/shape.h"
#include "schema/change_schema.h"
#include "schema/key.h"
#include "transform/ddl_node.h"
#include "transform/origin.h"
#include "transform/stored.h"
#include "transform/tree.h"

#define CONNECTOR "postgresql"

/* The fields of the source block, in their order. */
typedef enum SourceField
{
	SOURCE_VERSION,
	SOURCE_CONNECTOR,
	SOURCE_NAME,
	SOURCE_TS_MS,
	SOURCE_SNAPSHOT,
	SOURCE_DB,
	SOURCE_SEQUENCE,
	SOURCE_TS_US,
	SOURCE_TS_NS,
	SOURCE_SCHEMA,
	SOURCE_TABLE,
	SOURCE_TXID,
	SOURCE_LSN,
	SOURCE_XMIN,
	SOURCE_ORIGIN,
	SOURCE_ORIGIN_LSN,
	SOURCE_COUNT
} SourceField;

struct W2kTree
{
	const W2kWriters *writers;
	bool is_typed;		   /* schemas follow what arrays are like */
	bool has_one_image;	   /* the same ones in both images of a row */
	MemoryContext context; /* the session's */
	List *context_headers; /* of W2kTransformHeader */
	W2kSchema *text_schema;
	W2kOrigin *messages;   /* NULL until there is one */
	W2kOrigin *boundaries; /* the same */
	W2kOrigin *heartbeats; /* the same */
	W2kOrigin *notices;	   /* the same */
	W2kOrigin *ddl;		   /* the same */

	W2kNode *version;
	W2kNode *connector;
	W2kNode *prefix;
	W2kNode *empty;

	/* The present transaction */
	MemoryContext source_context;
	W2kNode *source[SOURCE_COUNT]; /* what its events share, or NULL */
	XLogRecPtr last_commit_lsn;
	bool has_null_lsn;
};

/* A name as UTF-8, copied. */
static char *
copy_utf8(const char *name)
{
	return pstrdup(pg_server_to_any(name, (int) strlen(name), PG_UTF8));
}

W2kTree *
w2k_tree_create(const W2kWriters *writers)
{
	W2kTree *tree = palloc0(sizeof(W2kTree));
	const W2kWriterOptions *options = &writers->value->options;

	tree->writers = writers;
	tree->is_typed = options->key.is_typed || options->value.is_typed;
	tree->has_one_image = options->value.format == W2K_FORMAT_AVRO;
	tree->context = CurrentMemoryContext;
	tree->source_context = AllocSetContextCreate(CurrentMemoryContext,
												 "wal2kafka source",
												 ALLOCSET_SMALL_SIZES);
	tree->text_schema = w2k_connect_make(W2K_CONNECT_STRING, false);
	tree->version = w2k_node_make_text(copy_utf8(options->version));
	tree->connector = w2k_node_make_text(CONNECTOR);
	tree->prefix = w2k_node_make_text(copy_utf8(options->prefix));
	tree->empty = w2k_node_make_text("");
	return tree;
}

void
w2k_tree_add_context_header(W2kTree *tree, const char *name, const char *value)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(tree->context);
	W2kTransformHeader *header = palloc0(sizeof(W2kTransformHeader));

	header->name = name;
	header->schema = tree->text_schema;
	header->value = w2k_node_make_text(copy_utf8(value));
	tree->context_headers = lappend(tree->context_headers, header);
	MemoryContextSwitchTo(oldcontext);
}

/* ---- schemas ---- */

/* Takes an envelope, or a message's value: its source block is found. */
static W2kOrigin *
make_origin(MemoryContext context, W2kSchema *key, W2kSchema *envelope)
{
	W2kOrigin *origin = palloc0(sizeof(W2kOrigin));
	int i = w2k_node_find_field(envelope, "source");

	origin->context = context;
	origin->key = key;
	origin->envelope = envelope;
	origin->source = envelope->children[i];
	Assert(origin->source->nchildren == SOURCE_COUNT);
	return origin;
}

/*
 * What is made once for a table, and again where its arrays have got another
 * shape: by this record, or by an image that was only compared.
 */
static W2kOrigin *
get_origin(const W2kTree *tree, W2kRelation *wrel)
{
	MemoryContext context;
	MemoryContext oldcontext;
	W2kOrigin *origin = wrel->origin;

	if (origin != NULL && origin->shape_version == *wrel->shape_version)
		return origin;
	if (origin != NULL)
	{
		wrel->origin = NULL;
		MemoryContextDelete(origin->context);
	}

	/* the table's once it is done: an error halfway leaves nothing behind */
	context = AllocSetContextCreate(CurrentMemoryContext,
									"wal2kafka transforms",
									ALLOCSET_SMALL_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	origin = make_origin(context,
						 w2k_key_exists(wrel) ? w2k_change_schema_key(wrel)
											  : NULL,
						 w2k_change_schema_envelope(wrel));
	if (tree->has_one_image)
		w2k_change_schema_share_image(origin->envelope);
	origin->schema_name = w2k_node_make_text(copy_utf8(wrel->schema));
	origin->table_name = w2k_node_make_text(copy_utf8(wrel->table));
	origin->shape_version = *wrel->shape_version;
	MemoryContextSwitchTo(oldcontext);
	MemoryContextSetParent(context, wrel->context);
	wrel->origin = origin;
	return origin;
}

void
w2k_tree_adapt(W2kTree *tree, W2kRelation *wrel, const W2kEvent *event)
{
	if (tree->is_typed)
		w2k_shape_adapt(wrel, event->before, event->after);
}

/* The same for messages. */
static W2kOrigin *
get_message_origin(W2kTree *tree)
{
	W2kLogical binary = tree->writers->value->options.binary;
	MemoryContext oldcontext;

	if (tree->messages != NULL)
		return tree->messages;

	oldcontext = MemoryContextSwitchTo(tree->context);
	tree->messages = make_origin(tree->context,
								 w2k_change_schema_message_key(),
								 w2k_change_schema_message(binary));
	tree->messages->schema_name = tree->empty;
	tree->messages->table_name = tree->empty;
	MemoryContextSwitchTo(oldcontext);
	return tree->messages;
}

/* The same for what has no source; the schemas are made in its context. */
static W2kOrigin *
make_plain_origin(W2kTree *tree, W2kSchema *(*make_key)(void),
				  W2kSchema *(*make_value)(void) )
{
	MemoryContext oldcontext = MemoryContextSwitchTo(tree->context);
	W2kOrigin *origin = palloc0(sizeof(W2kOrigin));

	origin->context = tree->context;
	origin->key = make_key();
	origin->envelope = make_value();
	MemoryContextSwitchTo(oldcontext);
	return origin;
}

/* Begins and ends of transactions. */
static W2kOrigin *
get_boundary_origin(W2kTree *tree)
{
	if (tree->boundaries == NULL)
		tree->boundaries = make_plain_origin(tree,
											 w2k_change_schema_boundary_key,
											 w2k_change_schema_boundary);
	return tree->boundaries;
}

static W2kOrigin *
get_heartbeat_origin(W2kTree *tree)
{
	if (tree->heartbeats == NULL)
		tree->heartbeats = make_plain_origin(tree,
											 w2k_change_schema_heartbeat_key,
											 w2k_change_schema_heartbeat);
	return tree->heartbeats;
}

/* ---- values ---- */

void
w2k_tree_begin_source(W2kTree *tree, const W2kSource *source)
{
	MemoryContext oldcontext;
	W2kNode **nodes = tree->source;
	int64 time_us = source->commit_time_us;

	MemoryContextReset(tree->source_context);
	oldcontext = MemoryContextSwitchTo(tree->source_context);
	memset(tree->source, 0, sizeof(tree->source));
	nodes[SOURCE_VERSION] = tree->version;
	nodes[SOURCE_CONNECTOR] = tree->connector;
	nodes[SOURCE_NAME] = tree->prefix;
	nodes[SOURCE_TS_MS] = w2k_node_make_integer(time_us / 1000);
	nodes[SOURCE_TS_US] = w2k_node_make_integer(time_us);
	nodes[SOURCE_TS_NS] = w2k_node_make_integer(time_us * 1000);
	nodes[SOURCE_DB] = w2k_node_make_text(copy_utf8(source->database));
	if (source->xid != 0)
		nodes[SOURCE_TXID] = w2k_node_make_integer((int64) source->xid);
	if (source->snapshot != NULL)
		nodes[SOURCE_SNAPSHOT] = w2k_node_make_text(pstrdup(source->snapshot));
	if (source->origin != NULL)
	{
		nodes[SOURCE_ORIGIN] = w2k_node_make_text(copy_utf8(source->origin));
		nodes[SOURCE_ORIGIN_LSN] = w2k_node_make_integer(
			(int64) source->origin_lsn);
	}
	tree->last_commit_lsn = source->last_commit_lsn;
	tree->has_null_lsn = source->has_null_lsn;
	MemoryContextSwitchTo(oldcontext);
}

static W2kNode *
make_source(W2kTree *tree, const W2kOrigin *origin, XLogRecPtr lsn)
{
	W2kNode *source = w2k_node_make_struct(origin->source);
	char *sequence;

	memcpy(source->items, tree->source, sizeof(tree->source));
	if (XLogRecPtrIsInvalid(tree->last_commit_lsn))
		sequence = psprintf("[null,\"" INT64_FORMAT "\"]", (int64) lsn);
	else
		sequence = psprintf("[\"" INT64_FORMAT "\",\"" INT64_FORMAT "\"]",
							(int64) tree->last_commit_lsn, (int64) lsn);
	source->items[SOURCE_SEQUENCE] = w2k_node_make_text(sequence);
	source->items[SOURCE_SCHEMA] = origin->schema_name;
	source->items[SOURCE_TABLE] = origin->table_name;
	if (!tree->has_null_lsn)
		source->items[SOURCE_LSN] = w2k_node_make_integer((int64) lsn);
	return source;
}

/*
 * The value of a column in a row, for a side whose schema has it as deep as
 * that if it is an array; NULL where it is null.
 */
static W2kNode *
read_column(W2kTree *tree, const W2kSideOptions *side, W2kColumn *column,
			const W2kRow *row, int ndims)
{
	W2kNode *node;

	if (side->format == W2K_FORMAT_PROTOBUF)
		return w2k_stored_read(tree->writers->value, column, row);
	node = w2k_node_make_column(column);
	w2k_envelope_read_column(tree->writers->value, column, row, &node->value);
	w2k_json_check_dimensions(side, &node->value, ndims);
	if (node->value.kind == W2K_VALUE_FAILED)
		w2k_envelope_resolve_failed(tree->writers->value, column, &node->value);
	if (node->value.kind == W2K_VALUE_NULL)
		return NULL;
	if (node->value.kind == W2K_VALUE_ARRAY)
		node->array = *node->value.u.array;
	return node;
}

/* Gives the envelope one of its rows. */
static void
set_row(W2kTree *tree, W2kNode *envelope, const W2kEvent *event, bool is_before)
{
	const W2kRelation *wrel = event->wrel;
	const W2kRow *row = is_before ? event->before : event->after;
	const W2kSideOptions *side = &tree->writers->value->options.value;
	int at = w2k_node_find_field(envelope->schema,
								 is_before ? "before" : "after");
	W2kNode *node;
	int n = 0;

	if (row == NULL)
		return;
	node = w2k_node_make_struct(envelope->schema->children[at]);
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		W2kColumn *column = &wrel->columns[i];
		int ndims = is_before && !tree->has_one_image ? column->before_ndims
													  : column->ndims;

		if (column->is_captured)
			node->items[n++] = read_column(tree, side, column, row, ndims);
	}
	w2k_writers_forget_column(tree->writers);
	envelope->items[at] = node;
}

static W2kNode *
make_key(W2kTree *tree, const W2kSideOptions *side, const W2kRelation *wrel,
		 const W2kRow *row)
{
	const W2kOrigin *origin = wrel->origin;
	W2kNode *node = w2k_node_make_struct(origin->key);

	for (int i = 0; i < wrel->nkeys; i++)
		node->items[i] = read_column(tree, side, wrel->keys[i], row,
									 wrel->keys[i]->ndims);
	if (wrel->key_field != NULL)
		node->items[wrel->nkeys] = w2k_node_make_text(wrel->key_text);
	w2k_writers_forget_column(tree->writers);
	return node;
}

/* Where a record stands in its transaction, if that is asked for. */
static void
set_place(W2kNode *envelope, const W2kPlace *place, XLogRecPtr lsn)
{
	int at = w2k_node_find_field(envelope->schema, "transaction");
	W2kNode *block;
	char *id;

	if (place == NULL)
		return;
	id = psprintf("%u:" INT64_FORMAT, place->xid, (int64) lsn);
	block = w2k_node_make_struct(envelope->schema->children[at]);
	w2k_node_set(block, "id", w2k_node_make_text(id));
	w2k_node_set(block, "total_order",
				 w2k_node_make_integer(place->total_order));
	w2k_node_set(block, "data_collection_order",
				 w2k_node_make_integer(place->collection_order));
	envelope->items[at] = block;
}

/* ---- records ---- */

/* Without key, value and headers. */
static void
init_record(W2kTransformRecord *rec, W2kOrigin *origin, const char *topic)
{
	memset(rec, 0, sizeof(*rec));
	rec->origin = origin;
	rec->topic = topic;
	rec->partition = -1;
}

void
w2k_tree_begin_record(W2kTree *tree, W2kRelation *wrel, const W2kRow *key_row,
					  W2kTransformRecord *rec)
{
	W2kOrigin *origin = get_origin(tree, wrel);

	init_record(rec, origin, wrel->topic);
	rec->headers = list_copy(tree->context_headers);
	if (key_row == NULL || origin->key == NULL)
		return;
	rec->key_schema = origin->key;
	rec->key = make_key(tree, &tree->writers->key->options.key, wrel, key_row);
}

void
w2k_tree_add_value(W2kTree *tree, const W2kEvent *event,
				   W2kTransformRecord *rec)
{
	const W2kOrigin *origin = rec->origin;
	W2kNode *value = w2k_node_make_struct(origin->envelope);
	char *op = palloc(2);

	op[0] = event->op;
	op[1] = '\0';
	set_row(tree, value, event, true);
	set_row(tree, value, event, false);
	w2k_node_set(value, "source", make_source(tree, origin, event->lsn));
	set_place(value, event->place, event->lsn);
	w2k_node_set(value, "op", w2k_node_make_text(op));
	w2k_node_set(value, "ts_ms",
				 w2k_node_make_integer(event->time_ns / 1000000));
	w2k_node_set(value, "ts_us", w2k_node_make_integer(event->time_ns / 1000));
	w2k_node_set(value, "ts_ns", w2k_node_make_integer(event->time_ns));
	rec->value_schema = origin->envelope;
	rec->value = value;
}

void
w2k_tree_add_key_header(W2kTree *tree, W2kRelation *wrel, const char *name,
						const W2kRow *row, W2kTransformRecord *rec)
{
	const W2kOrigin *origin = get_origin(tree, wrel);
	W2kTransformHeader *header = palloc0(sizeof(W2kTransformHeader));

	header->name = name;
	header->schema = origin->key;
	/* it has no schema there, but may become part of the value */
	header->value = make_key(tree, &tree->writers->value->options.value, wrel,
							 row);
	rec->headers = lcons(header, rec->headers);
}

bool
w2k_tree_take_context(const W2kTree *tree, W2kTransformRecord *rec)
{
	int n = list_length(tree->context_headers);
	int at = list_length(rec->headers) - n;

	if (n == 0 || at < 0)
		return false;
	for (int i = 0; i < n; i++)
	{
		if (list_nth(rec->headers, at + i) !=
			list_nth(tree->context_headers, i))
			return false;
	}
	rec->headers = list_truncate(rec->headers, at);
	return true;
}

void
w2k_tree_make_message(W2kTree *tree, const W2kMessage *message,
					  const char *topic, W2kTransformRecord *rec)
{
	W2kOrigin *origin = get_message_origin(tree);
	W2kNode *value = w2k_node_make_struct(origin->envelope);
	W2kNode *prefix = w2k_node_make_text(copy_utf8(message->prefix));
	W2kNode *content = w2k_node_make_text("");
	W2kNode *body;
	int at = w2k_node_find_field(origin->envelope, "message");

	w2k_value_set_binary(&content->value, tree->writers->value->options.binary,
						 message->content, message->len);
	body = w2k_node_make_struct(origin->envelope->children[at]);
	w2k_node_set(body, "prefix", prefix);
	w2k_node_set(body, "content", content);

	w2k_node_set(value, "op", w2k_node_make_text("m"));
	w2k_node_set(value, "ts_ms",
				 w2k_node_make_integer(message->time_ns / 1000000));
	w2k_node_set(value, "source", make_source(tree, origin, message->lsn));
	set_place(value, message->place, message->lsn);
	w2k_node_set(value, "message", body);

	init_record(rec, origin, topic);
	rec->key_schema = origin->key;
	rec->key = w2k_node_make_struct(origin->key);
	w2k_node_set(rec->key, "prefix", prefix);
	rec->value_schema = origin->envelope;
	rec->value = value;
}

/* The tables of a transaction and their counts. */
static W2kNode *
make_collections(const W2kSchema *schema, const W2kBoundary *boundary)
{
	W2kNode *collections = w2k_node_make_array(boundary->ncollections);

	for (int i = 0; i < boundary->ncollections; i++)
	{
		const W2kCollectionCount *count = &boundary->collections[i];
		W2kNode *collection = w2k_node_make_struct(schema->children[0]);

		w2k_node_set(collection, "data_collection",
					 w2k_node_make_text(copy_utf8(count->name)));
		w2k_node_set(collection, "event_count",
					 w2k_node_make_integer(count->events));
		collections->items[i] = collection;
	}
	return collections;
}

void
w2k_tree_make_boundary(W2kTree *tree, const W2kBoundary *boundary,
					   const char *topic, W2kTransformRecord *rec)
{
	W2kOrigin *origin = get_boundary_origin(tree);
	W2kNode *value = w2k_node_make_struct(origin->envelope);
	W2kNode *id = w2k_node_make_text(
		psprintf("%u:" INT64_FORMAT, boundary->xid, (int64) boundary->lsn));
	int at = w2k_node_find_field(origin->envelope, "data_collections");

	w2k_node_set(value, "status",
				 w2k_node_make_text(boundary->is_end ? "END" : "BEGIN"));
	w2k_node_set(value, "id", id);
	w2k_node_set(value, "ts_ms",
				 w2k_node_make_integer(boundary->commit_time_ms));
	if (boundary->is_end)
	{
		w2k_node_set(value, "event_count",
					 w2k_node_make_integer(boundary->events));
		value->items[at] = make_collections(origin->envelope->children[at],
											boundary);
	}

	init_record(rec, origin, topic);
	rec->key_schema = origin->key;
	rec->key = w2k_node_make_struct(origin->key);
	w2k_node_set(rec->key, "id", id);
	rec->value_schema = origin->envelope;
	rec->value = value;
}

/* Pairs of texts, as a value. */
static W2kNode *
make_map(const W2kNotice *notice)
{
	W2kNode *node = w2k_node_make_text("");
	W2kMap *map = w2k_value_set_map(&node->value, true, notice->npairs);

	for (int i = 0; i < notice->npairs; i++)
	{
		w2k_value_set_text(&map->keys[i], notice->names[i],
						   (int) strlen(notice->names[i]));
		w2k_value_set_text(&map->values[i], notice->values[i],
						   (int) strlen(notice->values[i]));
	}
	return node;
}

void
w2k_tree_make_notice(W2kTree *tree, const W2kNotice *notice, const char *topic,
					 W2kTransformRecord *rec)
{
	W2kNode *id = w2k_node_make_text(copy_utf8(notice->id));

	if (tree->notices == NULL)
		tree->notices = make_plain_origin(tree, w2k_change_schema_notice_key,
										  w2k_change_schema_notice);
	init_record(rec, tree->notices, topic);
	rec->key_schema = tree->notices->key;
	rec->key = w2k_node_make_struct(rec->key_schema);
	w2k_node_set(rec->key, "id", id);
	rec->value_schema = tree->notices->envelope;
	rec->value = w2k_node_make_struct(rec->value_schema);
	w2k_node_set(rec->value, "id", id);
	w2k_node_set(rec->value, "type", w2k_node_make_text(notice->type));
	w2k_node_set(rec->value, "aggregate_type",
				 w2k_node_make_text(notice->aggregate_type));
	w2k_node_set(rec->value, "additional_data", make_map(notice));
	w2k_node_set(rec->value, "timestamp",
				 w2k_node_make_integer(notice->time_ms));
}

void
w2k_tree_make_heartbeat(W2kTree *tree, int64 time_ms, const char *topic,
						W2kTransformRecord *rec)
{
	W2kOrigin *origin = get_heartbeat_origin(tree);

	init_record(rec, origin, topic);
	rec->partition = 0;
	rec->key_schema = origin->key;
	rec->key = w2k_node_make_struct(origin->key);
	w2k_node_set(rec->key, "serverName", tree->prefix);
	rec->value_schema = origin->envelope;
	rec->value = w2k_node_make_struct(origin->envelope);
	w2k_node_set(rec->value, "ts_ms", w2k_node_make_integer(time_ms));
}

/* The same for schema changes, which have a source block. */
static W2kOrigin *
get_ddl_origin(W2kTree *tree)
{
	MemoryContext oldcontext;

	if (tree->ddl != NULL)
		return tree->ddl;
	oldcontext = MemoryContextSwitchTo(tree->context);
	tree->ddl = make_origin(tree->context, w2k_change_schema_ddl_key(),
							w2k_change_schema_ddl());
	MemoryContextSwitchTo(oldcontext);
	return tree->ddl;
}

void
w2k_tree_make_schema_change(W2kTree *tree, const W2kSchemaChange *change,
							const char *topic, W2kTransformRecord *rec)
{
	W2kOrigin *origin = get_ddl_origin(tree);
	W2kNode *database = w2k_node_make_text(copy_utf8(change->database));
	W2kNode *schema_name = w2k_ddl_node_make_schema_name(change);
	W2kNode *source = make_source(tree, origin, change->lsn);
	W2kNode *value = w2k_node_make_struct(origin->envelope);
	int at = w2k_node_find_field(origin->envelope, "tableChanges");

	source->items[SOURCE_SCHEMA] = schema_name;
	source->items[SOURCE_TABLE] = w2k_ddl_node_make_table_names(change);
	w2k_node_set(value, "source", source);
	w2k_node_set(value, "ts_ms",
				 w2k_node_make_integer(change->time_ns / 1000000));
	w2k_node_set(value, "databaseName", database);
	w2k_node_set(value, "schemaName", schema_name);
	if (change->ddl != NULL)
		w2k_node_set(value, "ddl", w2k_node_make_text(copy_utf8(change->ddl)));
	value->items[at] =
		w2k_ddl_node_make_changes(origin->envelope->children[at], change);

	init_record(rec, origin, topic);
	rec->partition = 0;
	rec->headers = list_copy(tree->context_headers);
	rec->key_schema = origin->key;
	rec->key = w2k_node_make_struct(origin->key);
	w2k_node_set(rec->key, "databaseName", database);
	rec->value_schema = origin->envelope;
	rec->value = value;
}
