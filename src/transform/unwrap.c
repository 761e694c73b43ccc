/*
 * unwrap.c
 *		ExtractNewRecordState: the new row alone, instead of the envelope.
 *
 *							delete				its tombstone
 *		tombstone			null, with a schema	-
 *		delete-to-tombstone	a tombstone			-
 *		drop				-					-
 *		rewrite				the old row			-
 *		rewrite-with-tomb.	the old row			kept
 *
 * A null value with a schema is not a tombstone: JSON has "null" for it.
 * Records that are neither a row's nor a tombstone pass as they are.
 */
#include "postgres.h"

#include "transform/step.h"

#define DELETED_FIELD "__deleted"

/* A field of the envelope that is asked for. */
typedef struct FieldReference
{
	const char *parent; /* NULL = the envelope itself */
	const char *field;
	const char *name; /* what it is called here */
} FieldReference;

typedef struct Unwrap
{
	const W2kUnwrapOptions *options;
	List *fields; /* of FieldReference */
	List *headers;
	const char *route_by_field;
	const char *drop_fields_header;
	bool replaces_nulls;	/* when rewriting */
	W2kSchema *text_schema; /* of an op that is no field's */
	W2kNode *op_of_tombstone;
	W2kNode *deleted;
	W2kNode *not_deleted;
} Unwrap;

/* Variants of what is made of one schema: these, or the letter of an op. */
enum
{
	MADE_REWRITTEN = 1,
	MADE_HEADER
};

/* ---- references ---- */

/* Where a field is looked for that is named without its parent. */
static const char *
default_parent(const char *field)
{
	static const char *const transaction[] = {"id", "data_collection_order",
											  "total_order"};
	static const char *const envelope[] = {"op", "ts_ms", "ts_us", "ts_ns"};

	for (int i = 0; i < (int) lengthof(transaction); i++)
	{
		if (strcmp(field, transaction[i]) == 0)
			return "transaction";
	}
	for (int i = 0; i < (int) lengthof(envelope); i++)
	{
		if (strcmp(field, envelope[i]) == 0)
			return NULL;
	}
	return "source";
}

static List *
parse_references(const char *list, const char *prefix)
{
	List *references = NIL;
	ListCell *lc;

	foreach(lc, w2k_transforms_split(list, ','))
	{
		FieldReference *reference = palloc0(sizeof(FieldReference));
		char *said = w2k_step_utf8(lfirst(lc));
		char *colon = strchr(said, ':');
		List *parts;

		if (colon != NULL)
			*colon++ = '\0';
		parts = w2k_transforms_split(said, '.');
		if (list_length(parts) == 1)
		{
			reference->field = linitial(parts);
			reference->parent = default_parent(reference->field);
			reference->name = reference->field;
		}
		else
		{
			reference->parent = linitial(parts);
			reference->field = lsecond(parts);
			reference->name = psprintf("%s_%s", reference->parent,
									   reference->field);
		}
		reference->name = psprintf("%s%s", prefix,
								   colon != NULL ? colon : reference->name);
		references = lappend(references, reference);
	}
	return references;
}

/* The envelope's schema of what is asked for; NULL where there is none. */
static const W2kSchema *
find_schema(const W2kStep *step, const FieldReference *reference,
			const W2kSchema *envelope)
{
	const W2kSchema *parent = envelope;
	int i;

	if (reference->parent != NULL)
	{
		i = w2k_node_find_field(envelope, reference->parent);
		if (i < 0)
			w2k_step_fail(step, "There is no field \"%s\" in an event.",
						  reference->parent);
		parent = envelope->children[i];
	}
	i = w2k_node_find_field(parent, reference->field);
	if (i < 0)
	{
		parent = envelope;
		i = w2k_node_find_field(parent, reference->field);
	}
	if (i < 0)
		return NULL;
	if (parent->children[i]->type == W2K_CONNECT_STRUCT)
		w2k_step_fail(step,
					  "Field \"%s\" is a structure, and cannot be added.",
					  reference->field);
	return parent->children[i];
}

static W2kNode *
find_value(const FieldReference *reference, const W2kNode *envelope)
{
	const W2kNode *parent = envelope;

	if (reference->parent != NULL)
		parent = w2k_node_get(envelope, reference->parent);
	if (parent == NULL || parent->kind != W2K_NODE_STRUCT)
		return NULL;
	if (w2k_node_find_field(parent->schema, reference->field) >= 0)
		return w2k_node_get(parent, reference->field);
	return w2k_node_get(envelope, reference->field);
}

/* The schema of an added field: optional, and without a default. */
static W2kSchema *
copy_field_schema(const W2kSchema *schema, const char *name)
{
	W2kSchema *copy = w2k_node_copy_schema(schema, schema->nchildren);

	copy->is_optional = true;
	copy->field = name;
	return copy;
}

/* ---- headers ---- */

static const W2kSchema *
get_header_schema(W2kStep *step, W2kTransformRecord *rec,
				  const FieldReference *reference)
{
	const W2kSchema *found = find_schema(step, reference, rec->value_schema);
	MemoryContext oldcontext;
	W2kSchema *schema;

	if (found == NULL)
		return NULL;
	schema = w2k_step_find_schema(step, rec, found, MADE_HEADER);
	if (schema != NULL)
		return schema;
	oldcontext = MemoryContextSwitchTo(w2k_step_schema_context(rec));
	schema = copy_field_schema(found, NULL);
	MemoryContextSwitchTo(oldcontext);
	w2k_step_keep_schema(step, rec, found, MADE_HEADER, schema);
	return schema;
}

static void
add_headers(W2kStep *step, W2kTransformRecord *rec)
{
	const Unwrap *unwrap = step->state;
	ListCell *lc;

	foreach(lc, unwrap->headers)
	{
		const FieldReference *reference = lfirst(lc);
		const W2kSchema *schema;

		/* of a tombstone no more is known than that it follows a delete */
		if (rec->value == NULL)
		{
			if (strcmp(reference->field, "op") == 0)
				w2k_step_add_header(rec, reference->name, unwrap->text_schema,
									unwrap->op_of_tombstone);
			continue;
		}
		schema = get_header_schema(step, rec, reference);
		if (schema != NULL)
			w2k_step_add_header(rec, reference->name, schema,
								find_value(reference, rec->value));
	}
}

/* ---- fields ---- */

/* Adds what add.fields asks for; envelope is the event's, op its letter. */
static void
add_fields(W2kStep *step, W2kTransformRecord *rec, const W2kNode *envelope)
{
	const Unwrap *unwrap = step->state;
	const W2kSchema *old = rec->value_schema;
	uint32 op = (unsigned char) w2k_step_op(step, envelope);
	W2kSchema *schema = w2k_step_find_schema(step, rec, old, op);
	int at = rec->value->nitems;
	W2kNode *value;
	ListCell *lc;

	if (schema == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(
			w2k_step_schema_context(rec));

		schema = w2k_node_copy_schema(old, old->nchildren);
		foreach(lc, unwrap->fields)
		{
			const FieldReference *reference = lfirst(lc);
			const W2kSchema *found = find_schema(step, reference,
												 envelope->schema);

			if (w2k_node_find_field(schema, reference->name) >= 0)
				w2k_step_fail(step, "The row has a field \"%s\" already.",
							  reference->name);
			if (found != NULL)
				w2k_connect_add(schema, reference->name,
								copy_field_schema(found, reference->name));
		}
		MemoryContextSwitchTo(oldcontext);
		w2k_step_keep_schema(step, rec, old, op, schema);
	}

	value = w2k_node_copy_struct(rec->value, schema);
	foreach(lc, unwrap->fields)
	{
		const FieldReference *reference = lfirst(lc);

		if (at < value->nitems &&
			strcmp(schema->children[at]->field, reference->name) == 0)
			value->items[at++] = find_value(reference, envelope);
	}
	rec->value = value;
	rec->value_schema = schema;
}

/* Says in a field of the row whether it was deleted. */
static void
add_deleted(W2kStep *step, W2kTransformRecord *rec, bool is_deleted)
{
	const Unwrap *unwrap = step->state;
	const W2kSchema *old = rec->value_schema;
	W2kSchema *schema = w2k_step_find_schema(step, rec, old, MADE_REWRITTEN);
	W2kNode *value;

	if (schema == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(
			w2k_step_schema_context(rec));

		if (w2k_node_find_field(old, DELETED_FIELD) >= 0)
			w2k_step_fail(step, "The row has a field \"%s\" already.",
						  DELETED_FIELD);
		schema = w2k_node_copy_schema(old, old->nchildren);
		w2k_connect_add_field(schema, DELETED_FIELD, W2K_CONNECT_STRING, true);
		MemoryContextSwitchTo(oldcontext);
		w2k_step_keep_schema(step, rec, old, MADE_REWRITTEN, schema);
	}
	value = w2k_node_copy_struct(rec->value, schema);
	if (unwrap->replaces_nulls)
		w2k_node_fill_defaults(value, old->nchildren);
	value->items[value->nitems - 1] = is_deleted ? unwrap->deleted
												 : unwrap->not_deleted;
	rec->value = value;
	rec->value_schema = schema;
}

/* ---- dropping fields ---- */

/* The names in the header that lists them; NIL where there is none. */
static List *
get_dropped_fields(const W2kStep *step, const W2kTransformRecord *rec)
{
	const Unwrap *unwrap = step->state;
	List *names = NIL;
	ListCell *lc;

	foreach(lc, rec->headers)
	{
		const W2kTransformHeader *header = lfirst(lc);
		W2kNode *node = header->value;
		W2kArray array;

		if (strcmp(header->name, unwrap->drop_fields_header) != 0)
			continue;
		if (node == NULL)
			return NIL;
		if (node->kind != W2K_NODE_SCALAR ||
			node->value.kind != W2K_VALUE_ARRAY || node->array.ndim > 1)
			w2k_step_fail(step, "Header \"%s\" is not a list of names.",
						  header->name);
		array = node->array;
		for (int i = 0; array.ndim == 1 && i < array.dims[0]; i++)
		{
			W2kValue value;

			w2k_value_next_element(&array, &value);
			if (value.kind == W2K_VALUE_TEXT || value.kind == W2K_VALUE_ASCII)
				names = lappend(names, pnstrdup(value.data, value.len));
		}
		return names;
	}
	return NIL;
}

static bool
is_dropped(const Unwrap *unwrap, const W2kSchema *field, List *names)
{
	ListCell *lc;

	if (unwrap->options->drop_fields_keep_compatible && !field->is_optional)
		return false;
	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), field->field) == 0)
			return true;
	}
	return false;
}

/* A struct without those fields; its schema is this record's own. */
static W2kNode *
drop_from(const W2kStep *step, const W2kNode *node, List *names)
{
	const Unwrap *unwrap = step->state;
	const W2kSchema *old = node->schema;
	W2kSchema *schema = w2k_node_copy_schema(old, 0);
	W2kNode *copy;
	int n = 0;

	for (int i = 0; i < old->nchildren; i++)
	{
		if (!is_dropped(unwrap, old->children[i], names))
			w2k_connect_add(schema, old->children[i]->field, old->children[i]);
	}
	if (schema->nchildren == old->nchildren)
		return NULL;
	copy = w2k_node_make_struct(schema);
	for (int i = 0; i < old->nchildren; i++)
	{
		if (!is_dropped(unwrap, old->children[i], names))
			copy->items[n++] = node->items[i];
	}
	if (step->uses_defaults)
		w2k_node_fill_defaults(copy, copy->nitems);
	return copy;
}

static void
drop_fields(W2kStep *step, W2kTransformRecord *rec)
{
	const Unwrap *unwrap = step->state;
	List *names;
	W2kNode *copy;

	if (unwrap->drop_fields_header == NULL)
		return;
	names = get_dropped_fields(step, rec);
	if (names == NIL)
		return;
	if (unwrap->options->drop_fields_from_key && rec->key != NULL &&
		rec->key->kind == W2K_NODE_STRUCT)
	{
		copy = drop_from(step, rec->key, names);
		if (copy != NULL)
		{
			rec->key = copy;
			rec->key_schema = copy->schema;
			rec->is_key_schema_transient = true;
		}
	}
	if (rec->value == NULL)
		return;
	copy = drop_from(step, rec->value, names);
	if (copy != NULL)
	{
		rec->value = copy;
		rec->value_schema = copy->schema;
		rec->is_value_schema_transient = true;
	}
}

/* ---- records ---- */

/* The topic that a column of the row names. */
static void
route(W2kStep *step, W2kTransformRecord *rec, const W2kNode *row)
{
	const Unwrap *unwrap = step->state;
	const W2kNode *node;
	char *topic;

	if (unwrap->route_by_field == NULL)
		return;
	if (w2k_node_find_field(row->schema, unwrap->route_by_field) < 0)
		w2k_step_fail(step, "The row has no field \"%s\".",
					  unwrap->route_by_field);
	node = w2k_node_get(row, unwrap->route_by_field);
	if (node == NULL)
		return;
	topic = w2k_node_text(node);
	if (topic == NULL)
		w2k_step_fail(step, "Field \"%s\" is not text.",
					  unwrap->route_by_field);
	if (strspn(topic, " \t\r\n") != strlen(topic))
		w2k_step_set_topic(rec, topic);
}

/* Makes the record that of one of the envelope's rows. */
static void
extract(const W2kStep *step, W2kTransformRecord *rec, const W2kNode *envelope,
		const char *field)
{
	int i = w2k_node_find_field(envelope->schema, field);

	if (i < 0 || (envelope->items[i] != NULL &&
				  envelope->items[i]->kind != W2K_NODE_STRUCT))
		w2k_step_fail(step, "The event has no row \"%s\".", field);
	rec->value_schema = envelope->schema->children[i];
	rec->value = envelope->items[i];
}

static bool
apply_to_delete(W2kStep *step, W2kTransformRecord *rec, const W2kNode *envelope)
{
	const Unwrap *unwrap = step->state;

	switch (unwrap->options->delete_handling)
	{
		case W2K_DELETE_DROP:
			return false;
		case W2K_DELETE_TOMBSTONE:
			extract(step, rec, envelope, "after");
			break;
		case W2K_DELETE_TO_TOMBSTONE:
			rec->value_schema = NULL;
			rec->value = NULL;
			rec->is_value_schema_transient = false;
			break;
		case W2K_DELETE_REWRITE:
		case W2K_DELETE_REWRITE_WITH_TOMBSTONE:
			extract(step, rec, envelope, "before");
			add_deleted(step, rec, true);
			break;
	}
	route(step, rec, w2k_node_get(envelope, "before"));
	drop_fields(step, rec);
	if (rec->value != NULL)
		add_fields(step, rec, envelope);
	return true;
}

static bool
apply_unwrap(W2kStep *step, W2kTransformRecord *rec)
{
	const Unwrap *unwrap = step->state;
	W2kDeleteHandling handling = unwrap->options->delete_handling;
	const W2kNode *envelope = rec->value;
	bool is_envelope = w2k_node_is_envelope(rec->value_schema);

	if (envelope == NULL || is_envelope)
		add_headers(step, rec);
	if (envelope == NULL)
		return handling == W2K_DELETE_REWRITE_WITH_TOMBSTONE;
	if (!is_envelope)
		return true;
	if (w2k_node_get(envelope, "after") == NULL)
	{
		/* a truncate has neither row */
		return w2k_node_get(envelope, "before") != NULL &&
			   apply_to_delete(step, rec, envelope);
	}

	extract(step, rec, envelope, "after");
	if (handling == W2K_DELETE_REWRITE ||
		handling == W2K_DELETE_REWRITE_WITH_TOMBSTONE)
		add_deleted(step, rec, false);
	route(step, rec, rec->value);
	add_fields(step, rec, envelope);
	drop_fields(step, rec);
	return true;
}

void
w2k_unwrap_init(W2kStep *step)
{
	const W2kUnwrapOptions *options = step->conf->options;
	Unwrap *unwrap = palloc0(sizeof(Unwrap));

	unwrap->options = options;
	unwrap->fields =
		parse_references(options->add_fields,
						 w2k_step_utf8(options->add_fields_prefix));
	unwrap->headers =
		parse_references(options->add_headers,
						 w2k_step_utf8(options->add_headers_prefix));
	unwrap->route_by_field = w2k_step_utf8(options->route_by_field);
	unwrap->drop_fields_header = w2k_step_utf8(options->drop_fields_header);
	unwrap->replaces_nulls = options->says_replace_null
								 ? options->replace_null_with_default
								 : step->uses_defaults;
	unwrap->text_schema = w2k_connect_make(W2K_CONNECT_STRING, false);
	unwrap->op_of_tombstone = w2k_node_make_text("d");
	unwrap->deleted = w2k_node_make_text("true");
	unwrap->not_deleted = w2k_node_make_text("false");
	step->state = unwrap;
	step->apply = apply_unwrap;
}
