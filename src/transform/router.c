/*
 * router.c
 *		Transforms that send records to other topics: RegexRouter, and
 *		ToLogicalTopicRouter with its old name ByLogicalTableRouter.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "schema/adjust.h"
#include "transform/step.h"

/* ---- RegexRouter ---- */

static bool
apply_router(W2kStep *step, W2kTransformRecord *rec)
{
	const char *topic = w2k_step_replace_topic(step, rec, step->state);

	if (topic != NULL)
		rec->topic = topic;
	return true;
}

void
w2k_router_init(W2kStep *step)
{
	const W2kRegexRouterOptions *options = step->conf->options;

	step->state = w2k_javaregex_compile(options->regex, options->replacement);
	step->apply = apply_router;
}

/* ---- ToLogicalTopicRouter ---- */

typedef struct LogicalRouter
{
	W2kJavaRegex *topic_regex;
	W2kJavaRegex *key_regex; /* NULL = the key tells the old topic itself */
	const char *key_field;
	bool enforces_uniqueness;
	W2kAdjustment adjustment;
} LogicalRouter;

/* Variants of what is made of one schema: see w2k_origin_find(). */
enum
{
	MADE_KEY,
	MADE_ENVELOPE
};

/* "<topic>.<kind>", UTF-8 */
static const char *
schema_name(const W2kStep *step, const char *topic, const char *kind)
{
	const LogicalRouter *router = step->state;
	char *name =
		psprintf("%s.%s",
				 pg_server_to_any(topic, (int) strlen(topic), PG_UTF8), kind);

	return w2k_adjust_schema_name(name, router->adjustment);
}

/* A key's schema under its new name, with the field that tells tables apart. */
static W2kSchema *
get_key_schema(W2kStep *step, W2kTransformRecord *rec, const char *topic)
{
	const LogicalRouter *router = step->state;
	const W2kSchema *old = rec->key_schema;
	bool is_kept = !rec->is_key_schema_transient;
	MemoryContext oldcontext = CurrentMemoryContext;
	W2kSchema *schema = NULL;

	if (is_kept)
		schema = w2k_origin_find(rec->origin, step, old, MADE_KEY);
	if (schema != NULL)
		return schema;
	if (is_kept)
		MemoryContextSwitchTo(AllocSetContextCreate(CurrentMemoryContext,
													"wal2kafka made schema",
													ALLOCSET_SMALL_SIZES));
	schema = w2k_node_copy_schema(old, old->nchildren);
	schema->is_optional = old->is_optional;
	schema->name = schema_name(step, topic, "Key");
	if (router->enforces_uniqueness)
		w2k_connect_add_field(schema, router->key_field, W2K_CONNECT_STRING,
							  false);
	MemoryContextSwitchTo(oldcontext);
	if (!is_kept)
		return schema;
	w2k_origin_adopt(rec->origin, GetMemoryChunkContext(schema));
	w2k_origin_keep(rec->origin, step, old, MADE_KEY, schema);
	return schema;
}

/* What the key's field says of the old topic. */
static W2kNode *
make_key_text(W2kStep *step, W2kTransformRecord *rec)
{
	const LogicalRouter *router = step->state;
	const char *text = NULL;

	if (router->key_regex != NULL)
		text = w2k_step_replace_topic(step, rec, router->key_regex);
	if (text == NULL)
		text = rec->topic;
	return w2k_node_make_text(
		pg_server_to_any(text, (int) strlen(text), PG_UTF8));
}

static void
change_key(W2kStep *step, W2kTransformRecord *rec, const char *topic)
{
	const LogicalRouter *router = step->state;
	W2kSchema *schema;
	W2kNode *key;

	if (rec->key->kind != W2K_NODE_STRUCT)
		w2k_step_fail(step, "The key is not a structure.");
	if (router->enforces_uniqueness &&
		w2k_node_find_field(rec->key_schema, router->key_field) >= 0)
		w2k_step_fail(step, "The key has a field \"%s\" already.",
					  router->key_field);
	schema = get_key_schema(step, rec, topic);
	key = w2k_node_copy_struct(rec->key, schema);
	if (router->enforces_uniqueness)
		key->items[key->nitems - 1] = make_key_text(step, rec);
	rec->key = key;
	rec->key_schema = schema;
}

/* The envelope's schema, it and its row's under new names. */
static W2kSchema *
get_envelope_schema(W2kStep *step, W2kTransformRecord *rec, const char *topic)
{
	const W2kSchema *old = rec->value_schema;
	W2kSchema *schema = w2k_step_find_schema(step, rec, old, MADE_ENVELOPE);
	MemoryContext oldcontext;

	if (schema != NULL)
		return schema;
	oldcontext = MemoryContextSwitchTo(w2k_step_schema_context(rec));
	schema = w2k_node_copy_schema(old, old->nchildren);
	schema->name = schema_name(step, topic, "Envelope");
	for (int i = 0; i < schema->nchildren; i++)
	{
		const char *field = schema->children[i]->field;

		if (strcmp(field, "before") != 0 && strcmp(field, "after") != 0)
			continue;
		schema->children[i] = w2k_node_rename_schema(schema->children[i],
													 field);
		schema->children[i]->name = schema_name(step, topic, "Value");
	}
	MemoryContextSwitchTo(oldcontext);
	w2k_step_keep_schema(step, rec, old, MADE_ENVELOPE, schema);
	return schema;
}

static void
change_envelope(W2kStep *step, W2kTransformRecord *rec, const char *topic)
{
	W2kSchema *schema = get_envelope_schema(step, rec, topic);
	W2kNode *value = w2k_node_copy_struct(rec->value, schema);

	for (int i = 0; i < value->nitems; i++)
	{
		const char *field = schema->children[i]->field;

		if (value->items[i] != NULL &&
			(strcmp(field, "before") == 0 || strcmp(field, "after") == 0))
			value->items[i] = w2k_node_copy_struct(value->items[i],
												   schema->children[i]);
	}
	rec->value = value;
	rec->value_schema = schema;
}

static bool
apply_logical_router(W2kStep *step, W2kTransformRecord *rec)
{
	const LogicalRouter *router = step->state;
	const char *topic = w2k_step_replace_topic(step, rec, router->topic_regex);

	if (topic == NULL || topic[0] == '\0')
		return true;
	if (rec->key != NULL)
		change_key(step, rec, topic);
	else
		rec->key_schema = NULL;
	if (rec->value != NULL && w2k_node_is_envelope(rec->value_schema))
		change_envelope(step, rec, topic);
	rec->topic = topic;
	return true;
}

void
w2k_logical_router_init(W2kStep *step)
{
	const W2kLogicalRouterOptions *options = step->conf->options;
	LogicalRouter *router = palloc0(sizeof(LogicalRouter));

	router->topic_regex = w2k_javaregex_compile(options->topic_regex,
												options->topic_replacement);
	if (options->key_regex != NULL)
		router->key_regex = w2k_javaregex_compile(options->key_regex,
												  options->key_replacement);
	router->key_field = w2k_step_utf8(options->key_field);
	router->enforces_uniqueness = options->enforces_uniqueness;
	router->adjustment = options->adjustment;
	step->state = router;
	step->apply = apply_logical_router;
}
