/*
 * render.c
 *		Connect data -> what a record is written as.
 *
 * Scalars and schemas are written by those who write them where there are no
 * transforms (encode/json, jsonschema, header), so that one cannot differ from
 * the other.  The text of a schema is made once for each.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "encode/buffer.h"
#include "encode/header.h"
#include "encode/json.h"
#include "encode/jsonplan.h"
#include "transform/origin.h"
#include "transform/render.h"

/* One of the ways to write. */
typedef struct Renderer
{
	W2kWriter *writer;
	const W2kSideOptions *side; /* NULL = a header */
	StringInfo out;
	bool has_defaults; /* instead of nulls */
} Renderer;

static void
append_text(const Renderer *renderer, const char *text)
{
	int len = (int) strlen(text);

	if (renderer->side == NULL)
		w2k_header_append_quoted(renderer->out, text, len);
	else
		w2k_json_append_string(renderer->out, text, len,
							   renderer->writer->options.ascii_only);
}

static void
append_scalar(const Renderer *renderer, W2kNode *node)
{
	/* an array can be walked once, and this may not be the first time */
	if (node->value.kind == W2K_VALUE_ARRAY)
		*node->value.u.array = node->array;
	if (renderer->side == NULL)
		w2k_header_append_value(renderer->writer, renderer->out, &node->value,
								node->column);
	else
		w2k_json_append_value(renderer->writer, renderer->side, renderer->out,
							  &node->value, node->column);
}

/* What is written for null: NULL, or the field's default. */
static W2kNode *
default_of(const Renderer *renderer, const W2kSchema *schema)
{
	/* source.snapshot, the only one that is not a column's */
	if (schema->default_text != NULL &&
		renderer->writer->options.has_null_snapshot)
		return NULL;
	if (schema->default_text == NULL && !renderer->has_defaults)
		return NULL;
	return w2k_node_make_default(schema);
}

static void
append_node(const Renderer *renderer, const W2kSchema *schema, W2kNode *node)
{
	StringInfo out = renderer->out;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (node == NULL && schema != NULL)
		node = default_of(renderer, schema);
	if (node == NULL)
	{
		W2K_BUFFER_APPEND_LITERAL(out, "null");
		return;
	}
	switch (node->kind)
	{
		case W2K_NODE_SCALAR:
			append_scalar(renderer, node);
			break;
		case W2K_NODE_STRUCT:
			w2k_buffer_append_char(out, '{');
			for (int i = 0; i < node->nitems; i++)
			{
				const W2kSchema *field = node->schema->children[i];

				if (i > 0)
					w2k_buffer_append_char(out, ',');
				append_text(renderer, field->field);
				w2k_buffer_append_char(out, ':');
				append_node(renderer, field, node->items[i]);
			}
			w2k_buffer_append_char(out, '}');
			break;
		case W2K_NODE_ARRAY:
			w2k_buffer_append_char(out, '[');
			for (int i = 0; i < node->nitems; i++)
			{
				if (i > 0)
					w2k_buffer_append_char(out, ',');
				append_node(renderer, NULL, node->items[i]);
			}
			w2k_buffer_append_char(out, ']');
			break;
	}
}

/*
 * What stands in front of a payload, made once: the schema, which is no
 * field's here even if it is one elsewhere, or a reference.
 */
static W2kJsonLead *
get_lead(const Renderer *renderer, W2kSide side, W2kOrigin *origin,
		 const W2kSchema *schema, bool is_transient)
{
	W2kJsonLead *lead = is_transient ? NULL
									 : w2k_origin_find(origin, renderer->side,
													   schema, 0);
	const W2kSchema *top = schema;
	MemoryContext oldcontext;
	MemoryContext context;

	if (lead != NULL)
		return lead;
	if (schema->field != NULL)
		top = w2k_node_rename_schema(schema, NULL);
	/* the origin's once it is done: an error halfway leaves nothing behind */
	context = is_transient ? CurrentMemoryContext
						   : AllocSetContextCreate(CurrentMemoryContext,
												   "wal2kafka JSON schema",
												   ALLOCSET_SMALL_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	lead = palloc(sizeof(W2kJsonLead));
	w2k_jsonplan_init_lead(renderer->writer, side, lead, top);
	MemoryContextSwitchTo(oldcontext);
	if (!is_transient)
	{
		w2k_origin_adopt(origin, context);
		w2k_origin_keep(origin, renderer->side, schema, 0, lead);
	}
	return lead;
}

/*
 * A null with a schema is JSON's null; without one, or with one in a registry,
 * it is nothing: a tombstone must be one.
 */
static bool
render(const Renderer *renderer, W2kSide side, const W2kTransformRecord *rec,
	   const W2kSchema *schema, W2kNode *node, bool is_transient)
{
	if (node == NULL &&
		(schema == NULL || renderer->side->format == W2K_FORMAT_JSON_REGISTRY))
		return false;
	if (w2k_jsonplan_has_leads(renderer->side))
		w2k_jsonplan_append_lead(renderer->writer, renderer->out,
								 get_lead(renderer, side, rec->origin, schema,
										  is_transient),
								 rec->topic);
	append_node(renderer, schema, node);
	if (renderer->side->has_schemas)
		w2k_buffer_append_char(renderer->out, '}');
	return true;
}

/* What the writer makes of a schema, made once. */
static void *
compile(const Renderer *renderer, W2kSide side, W2kOrigin *origin,
		const W2kSchema *schema, bool is_transient)
{
	W2kWriter *writer = renderer->writer;
	MemoryContext context;
	MemoryContext oldcontext;
	void *compiled;

	if (is_transient)
		return writer->compile(writer, side, schema);
	compiled = w2k_origin_find(origin, renderer->side, schema, 0);
	if (compiled != NULL)
		return compiled;
	/* the origin's once it is done: an error halfway leaves nothing behind */
	context = AllocSetContextCreate(CurrentMemoryContext,
									"wal2kafka compiled schema",
									ALLOCSET_SMALL_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	compiled = writer->compile(writer, side, schema);
	MemoryContextSwitchTo(oldcontext);
	w2k_origin_adopt(origin, context);
	w2k_origin_keep(origin, renderer->side, schema, 0, compiled);
	return compiled;
}

/* Writes a side; false where it is no more than a null. */
static bool
render_side(W2kWriter *writer, W2kSide side, StringInfo out,
			const W2kTransformRecord *rec)
{
	bool is_key = side == W2K_SIDE_KEY;
	const W2kSideOptions *options = is_key ? &writer->options.key
										   : &writer->options.value;
	const Renderer renderer = {writer, options, out, options->replaces_nulls};
	const W2kSchema *schema = is_key ? rec->key_schema : rec->value_schema;
	W2kNode *node = is_key ? rec->key : rec->value;
	bool is_transient = is_key ? rec->is_key_schema_transient
							   : rec->is_value_schema_transient;
	void *compiled;

	if (writer->node == NULL)
		return render(&renderer, side, rec, schema, node, is_transient);
	if (node == NULL)
		return false;
	compiled = compile(&renderer, side, rec->origin, schema, is_transient);
	writer->node(writer, side, out, rec->topic, schema, compiled, node);
	return true;
}

/*
 * A header's value, as SimpleHeaderConverter writes it; not of NULL, which is
 * no value.
 */
static void
render_header(W2kWriter *writer, StringInfo out, const W2kSchema *schema,
			  W2kNode *node)
{
	const Renderer renderer = {writer, NULL, out,
							   writer->options.has_header_defaults};

	/* what is quoted within a structure is bare by itself */
	if (w2k_node_is_text(node))
		w2k_buffer_append(out, node->value.data, node->value.len);
	else if (node->kind == W2K_NODE_SCALAR &&
			 node->value.kind == W2K_VALUE_BYTES)
	{
		char *p = w2k_buffer_reserve(out, W2K_BASE64_LEN(node->value.len));

		w2k_buffer_close(out, w2k_buffer_put_base64(p, node->value.data,
													node->value.len));
	}
	else
		append_node(&renderer, schema, node);
}

static void
append_headers(W2kWriter *writer, W2kRecordWriter *records, StringInfo out,
			   List *headers)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach(lc, headers)
	{
		const W2kTransformHeader *header = lfirst(lc);

		resetStringInfo(&text);
		if (header->value != NULL)
			render_header(writer, &text, header->schema, header->value);
		w2k_record_add_header(records, out, header->name,
							  (int) strlen(header->name),
							  header->value == NULL ? NULL : text.data,
							  text.len);
	}
}

void
w2k_render_record(const W2kWriters *writers, W2kRecordWriter *records,
				  StringInfo out, const W2kTransformRecord *rec)
{
	records->rec.partition = rec->partition;
	records->rec.timestamp_ms = rec->timestamp_ms;
	w2k_record_end_key(records, out,
					   !render_side(writers->key, W2K_SIDE_KEY, out, rec));
	w2k_record_end_value(records, out,
						 !render_side(writers->value, W2K_SIDE_VALUE, out,
									  rec));
	append_headers(writers->value, records, out, rec->headers);
}
