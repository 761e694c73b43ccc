/*
 * headervalue.c
 *		HeaderToValue: headers become fields of the value.
 *
 * A field's name may lead into structures ("source.note"); where the last of
 * these does not exist, it is made.  Debezium takes the schema that the first
 * record's headers gave for that of all others, and fails when one has other
 * headers; here each set of headers has a schema of its own.  A set is known by
 * its number; what comes after MAX_SETS of them has schemas that are not kept.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodes.h"

#include "transform/step.h"

#define MAX_SETS 64

/* A header that is asked for. */
typedef struct Wanted
{
	const char *header;
	List *path; /* the parts of the field's name */
} Wanted;

/* A header that a record has. */
typedef struct Entry
{
	List *path;
	const W2kSchema *schema;
	W2kNode *value;
} Entry;

typedef struct HeaderToValue
{
	List *wanted;
	bool is_move;
	MemoryContext context; /* the session's */
	List *sets; /* of integer lists: places in wanted, in records' order */
} HeaderToValue;

/* One part of a field's name. */
static const char *
part_of(const W2kStep *step, const Entry *entry, int depth)
{
	if (depth >= list_length(entry->path))
		w2k_step_fail(step, "The name of a field has no part %d.", depth + 1);
	return list_nth(entry->path, depth);
}

static bool
is_part(const Entry *entry, int depth, const char *name)
{
	return list_length(entry->path) > depth &&
		   strcmp(list_nth(entry->path, depth), name) == 0;
}

/* The entries that lead further into a field. */
static List *
entries_below(List *entries, int depth, const char *field)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, entries)
	{
		Entry *entry = lfirst(lc);

		if (list_length(entry->path) > depth + 1 &&
			is_part(entry, depth, field))
			result = lappend(result, entry);
	}
	return result;
}

/* ---- schemas ---- */

/* Adds the structures that entries lead into and that are not there. */
static void
add_parents(W2kStep *step, W2kSchema *schema, List *entries, int depth)
{
	ListCell *lc;

	foreach(lc, entries)
	{
		const Entry *entry = lfirst(lc);
		const char *name = part_of(step, entry, depth);
		W2kSchema *parent;
		ListCell *lc_child;

		if (list_length(entry->path) <= depth + 1 ||
			w2k_node_find_field(schema, name) >= 0)
			continue;
		if (list_length(entry->path) > depth + 2)
			w2k_step_fail(step, "The value has no structure \"%s\".", name);
		name = pstrdup(name);
		parent = w2k_connect_add_field(schema, name, W2K_CONNECT_STRUCT, true);
		foreach(lc_child, entries_below(entries, depth, name))
		{
			const Entry *child = lfirst(lc_child);
			char *field = pstrdup(part_of(step, child, depth + 1));

			if (w2k_node_find_field(parent, field) < 0)
				w2k_connect_add(parent, field,
								w2k_node_rename_schema(child->schema, field));
		}
	}
}

static W2kSchema *
extend_schema(W2kStep *step, const W2kSchema *old, List *entries, int depth)
{
	W2kSchema *schema = w2k_node_copy_schema(old, 0);
	ListCell *lc;

	check_stack_depth();
	for (int i = 0; i < old->nchildren; i++)
	{
		W2kSchema *field = old->children[i];
		List *below = entries_below(entries, depth, field->field);
		const char *name = field->field;

		if (below != NIL)
		{
			if (field->type != W2K_CONNECT_STRUCT)
				w2k_step_fail(step, "Field \"%s\" is not a structure.", name);
			field = extend_schema(step, field, below, depth + 1);
		}
		w2k_connect_add(schema, name, field);
	}
	foreach(lc, entries)
	{
		const Entry *entry = lfirst(lc);
		const char *name = part_of(step, entry, depth);

		if (list_length(entry->path) == depth + 1 &&
			w2k_node_find_field(schema, name) < 0)
		{
			name = pstrdup(name);
			w2k_connect_add(schema, name,
							w2k_node_rename_schema(entry->schema, name));
		}
	}
	add_parents(step, schema, entries, depth);
	return schema;
}

/* ---- values ---- */

/*
 * May an entry become the value of a field?  One that was there before keeps
 * its type, so that transforms that follow find what they expect.
 */
static void
check_fits(const W2kStep *step, const Entry *entry, const W2kSchema *field)
{
	if (field->type != entry->schema->type ||
		(field->type == W2K_CONNECT_STRUCT &&
		 field->children != entry->schema->children))
		w2k_step_fail(step, "Field \"%s\" is of another type than the header.",
					  field->field);
	if (entry->value == NULL && !field->is_optional)
		w2k_step_fail(step, "Field \"%s\" cannot be null.", field->field);
}

/* A struct by its extended schema, with what entries say; node may be NULL. */
static W2kNode *
extend_value(const W2kStep *step, const W2kNode *node, const W2kSchema *schema,
			 List *entries, int depth)
{
	W2kNode *value;
	ListCell *lc;

	check_stack_depth();
	/* a header may have become what another's name leads into, or it is a
	 * column's value that only looks like a structure (a point) */
	if (schema->type != W2K_CONNECT_STRUCT ||
		(node != NULL && node->kind != W2K_NODE_STRUCT))
		w2k_step_fail(step, "Field \"%s\" is not a structure.", schema->field);
	value = node != NULL ? w2k_node_copy_struct(node, schema)
						 : w2k_node_make_struct(schema);
	if (step->uses_defaults && node != NULL)
		w2k_node_fill_defaults(value, node->nitems);
	for (int i = 0; i < value->nitems; i++)
	{
		const W2kSchema *field = schema->children[i];
		List *below = entries_below(entries, depth, field->field);
		bool is_new = node == NULL || i >= node->nitems;

		/* a structure that is null stays null */
		if (below != NIL && (is_new || value->items[i] != NULL))
			value->items[i] = extend_value(step, value->items[i], field, below,
										   depth + 1);
	}
	foreach(lc, entries)
	{
		const Entry *entry = lfirst(lc);
		const char *name = part_of(step, entry, depth);
		int at = w2k_node_find_field(schema, name);

		if (at < 0)
			w2k_step_fail(step, "The value has no field \"%s\".", name);
		if (list_length(entry->path) != depth + 1)
			continue;
		check_fits(step, entry, schema->children[at]);
		value->items[at] = entry->value;
	}
	return value;
}

/* ---- records ---- */

/* The record's headers that are asked for, in its order, and which (set). */
static List *
find_entries(const HeaderToValue *state, const W2kTransformRecord *rec,
			 List **set)
{
	List *entries = NIL;
	ListCell *lc;

	*set = NIL;
	foreach(lc, rec->headers)
	{
		const W2kTransformHeader *header = lfirst(lc);

		for (int i = 0; i < list_length(state->wanted); i++)
		{
			const Wanted *wanted = list_nth(state->wanted, i);
			Entry *entry;

			if (strcmp(wanted->header, header->name) != 0)
				continue;
			entry = palloc(sizeof(Entry));
			entry->path = wanted->path;
			entry->schema = header->schema;
			entry->value = header->value;
			entries = lappend(entries, entry);
			*set = lappend_int(*set, i);
			break;
		}
	}
	return entries;
}

/* The number of a set, which it is given here; false where there is none. */
static bool
find_variant(HeaderToValue *state, List *set, uint32 *variant)
{
	MemoryContext oldcontext;
	ListCell *lc;

	foreach(lc, state->sets)
	{
		*variant = (uint32) foreach_current_index(lc);
		if (equal(lfirst(lc), set))
			return true;
	}
	if (list_length(state->sets) >= MAX_SETS)
		return false;
	*variant = (uint32) list_length(state->sets);
	oldcontext = MemoryContextSwitchTo(state->context);
	state->sets = lappend(state->sets, list_copy(set));
	MemoryContextSwitchTo(oldcontext);
	return true;
}

static void
remove_headers(const HeaderToValue *state, W2kTransformRecord *rec)
{
	List *headers = NIL;
	ListCell *lc;

	foreach(lc, rec->headers)
	{
		const W2kTransformHeader *header = lfirst(lc);
		bool is_wanted = false;
		ListCell *lc_wanted;

		foreach(lc_wanted, state->wanted)
			is_wanted = is_wanted ||
						strcmp(((Wanted *) lfirst(lc_wanted))->header,
							   header->name) == 0;
		if (!is_wanted)
			headers = lappend(headers, lfirst(lc));
	}
	rec->headers = headers;
}

static bool
apply_header_to_value(W2kStep *step, W2kTransformRecord *rec)
{
	HeaderToValue *state = step->state;
	W2kSchema *schema;
	List *entries;
	List *set;
	uint32 variant = 0;

	if (rec->value == NULL)
		return true;
	if (rec->value->kind != W2K_NODE_STRUCT)
		w2k_step_fail(step, "The value is not a structure.");
	entries = find_entries(state, rec, &set);
	if (entries == NIL)
		return true;
	if (!find_variant(state, set, &variant))
		rec->is_value_schema_transient = true;

	schema = w2k_step_find_schema(step, rec, rec->value_schema, variant);
	if (schema == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(
			w2k_step_schema_context(rec));

		schema = extend_schema(step, rec->value_schema, entries, 0);
		MemoryContextSwitchTo(oldcontext);
		w2k_step_keep_schema(step, rec, rec->value_schema, variant, schema);
	}
	rec->value = extend_value(step, rec->value, schema, entries, 0);
	rec->value_schema = schema;
	if (state->is_move)
		remove_headers(state, rec);
	return true;
}

void
w2k_header_to_value_init(W2kStep *step)
{
	const W2kHeaderToValueOptions *options = step->conf->options;
	HeaderToValue *state = palloc0(sizeof(HeaderToValue));
	List *headers = w2k_transforms_split(w2k_step_utf8(options->headers), ',');
	List *fields = w2k_transforms_split(w2k_step_utf8(options->fields), ',');

	for (int i = 0; i < list_length(headers); i++)
	{
		Wanted *wanted = palloc(sizeof(Wanted));

		wanted->header = list_nth(headers, i);
		wanted->path = w2k_transforms_split(list_nth(fields, i), '.');
		state->wanted = lappend(state->wanted, wanted);
	}
	state->is_move = options->is_move;
	state->context = CurrentMemoryContext;
	step->state = state;
	step->apply = apply_header_to_value;
}
