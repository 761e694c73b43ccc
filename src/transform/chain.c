/*
 * chain.c
 *		The transforms of a connector, applied to a record one after another.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "transform/chain.h"
#include "transform/step.h"

struct W2kChain
{
	int nsteps;
	W2kStep *steps;
	const W2kStep *present; /* being applied, for error contexts */
};

char *
w2k_step_utf8(const char *name)
{
	if (name == NULL)
		return NULL;
	return pstrdup(pg_server_to_any(name, (int) strlen(name), PG_UTF8));
}

static void
init_step(W2kStep *step, const W2kTransformConf *conf)
{
	const W2kTransformConf *predicate = conf->predicate;

	step->conf = conf;
	if (predicate != NULL && predicate->class->kind == W2K_PREDICATE_TOPIC)
	{
		const W2kPredicateOptions *options = predicate->options;

		step->predicate_regex = w2k_javaregex_compile(options->text, NULL);
	}
	switch (conf->class->kind)
	{
		case W2K_TRANSFORM_REGEX_ROUTER:
			w2k_router_init(step);
			break;
		case W2K_TRANSFORM_LOGICAL_ROUTER:
			w2k_logical_router_init(step);
			break;
		case W2K_TRANSFORM_UNWRAP:
			w2k_unwrap_init(step);
			break;
		case W2K_TRANSFORM_OUTBOX:
			w2k_outbox_init(step);
			break;
		case W2K_TRANSFORM_HEADER_TO_VALUE:
			w2k_header_to_value_init(step);
			break;
		case W2K_TRANSFORM_TIMEZONE:
			w2k_timezone_init(step);
			break;
		default:
			elog(ERROR, "unexpected transform %d", (int) conf->class->kind);
	}
}

W2kChain *
w2k_chain_create(const W2kConnectorConfig *conf)
{
	const W2kConverterConfig *converter = &conf->value_converter;
	W2kChain *chain;
	ListCell *lc;

	if (conf->transforms == NIL)
		return NULL;
	chain = palloc0(sizeof(W2kChain));
	chain->steps = palloc0(sizeof(W2kStep) * list_length(conf->transforms));
	foreach(lc, conf->transforms)
	{
		W2kStep *step = &chain->steps[chain->nsteps++];

		/* Connect's transforms read a null as the default of its field */
		step->uses_defaults = converter->null_default != W2K_NULL_UNSAID;
		step->max_depth = w2k_formats[converter->format].max_depth;
		init_step(step, lfirst(lc));
	}
	return chain;
}

static bool
has_header(const W2kTransformRecord *rec, const char *name)
{
	ListCell *lc;

	foreach(lc, rec->headers)
	{
		const W2kTransformHeader *header = lfirst(lc);

		if (strcmp(header->name, name) == 0)
			return true;
	}
	return false;
}

/* Is a record one that a step is for? */
static bool
is_chosen(const W2kStep *step, const W2kTransformRecord *rec)
{
	const W2kTransformConf *predicate = step->conf->predicate;
	bool is_true = true;

	if (predicate == NULL)
		return true;
	switch (predicate->class->kind)
	{
		case W2K_PREDICATE_TOPIC:
			is_true = w2k_javaregex_matches(step->predicate_regex, rec->topic);
			break;
		case W2K_PREDICATE_HEADER:
			is_true =
				has_header(rec,
						   ((W2kPredicateOptions *) predicate->options)->text);
			break;
		case W2K_PREDICATE_TOMBSTONE:
			is_true = rec->value == NULL;
			break;
		default:
			elog(ERROR, "unexpected predicate %d",
				 (int) predicate->class->kind);
	}
	return is_true != step->conf->is_negated;
}

static void
add_error_context(void *arg)
{
	const W2kChain *chain = arg;

	if (chain->present != NULL)
		errcontext("transform \"%s\"", chain->present->conf->name);
}

bool
w2k_chain_apply(W2kChain *chain, W2kTransformRecord *rec)
{
	ErrorContextCallback callback;
	bool is_kept = true;

	callback.callback = add_error_context;
	callback.arg = chain;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	for (int i = 0; i < chain->nsteps && is_kept; i++)
	{
		W2kStep *step = &chain->steps[i];

		chain->present = step;
		if (is_chosen(step, rec))
			is_kept = step->apply(step, rec);
	}
	chain->present = NULL;
	error_context_stack = callback.previous;
	if (is_kept &&
		(rec->topic[0] == '\0' || strlen(rec->topic) >= W2K_TOPIC_NAME_SIZE))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("name of a topic is %s",
							   rec->topic[0] == '\0' ? "empty" : "too long"),
						errdetail("Transforms made it so.")));
	return is_kept;
}

/* ---- what transforms share ---- */

const char *
w2k_step_replace_topic(W2kStep *step, W2kTransformRecord *rec,
					   W2kJavaRegex *regex)
{
	const char *topic;

	if (rec->is_topic_transient)
		return w2k_javaregex_replace(regex, rec->topic);
	topic = w2k_origin_find(rec->origin, regex, rec->topic, 0);
	if (topic == NULL)
	{
		/* one that does not match is kept as itself */
		topic = w2k_javaregex_replace(regex, rec->topic);
		topic = topic == NULL
					? rec->topic
					: MemoryContextStrdup(rec->origin->context, topic);
		w2k_origin_keep(rec->origin, regex, rec->topic, 0,
						unconstify(char *, topic));
	}
	return topic == rec->topic ? NULL : topic;
}

char
w2k_step_op(const W2kStep *step, const W2kNode *envelope)
{
	const W2kNode *op = w2k_node_get(envelope, "op");

	if (!w2k_node_is_text(op) || op->value.len != 1)
		w2k_step_fail(step, "The event does not tell its operation.");
	return op->value.data[0];
}

void
w2k_step_set_topic(W2kTransformRecord *rec, const char *topic)
{
	rec->topic = pg_any_to_server(topic, (int) strlen(topic), PG_UTF8);
	rec->is_topic_transient = true;
}

void
w2k_step_add_header(W2kTransformRecord *rec, const char *name,
					const W2kSchema *schema, W2kNode *value)
{
	W2kTransformHeader *header = palloc(sizeof(W2kTransformHeader));

	header->name = name;
	header->schema = schema;
	header->value = value;
	rec->headers = lappend(rec->headers, header);
}

W2kSchema *
w2k_step_find_schema(W2kStep *step, const W2kTransformRecord *rec,
					 const W2kSchema *input, uint32 variant)
{
	if (rec->is_value_schema_transient)
		return NULL;
	return w2k_origin_find(rec->origin, step, input, variant);
}

MemoryContext
w2k_step_schema_context(const W2kTransformRecord *rec)
{
	return rec->is_value_schema_transient
			   ? CurrentMemoryContext
			   : AllocSetContextCreate(CurrentMemoryContext,
									   "wal2kafka made schema",
									   ALLOCSET_SMALL_SIZES);
}

void
w2k_step_keep_schema(W2kStep *step, W2kTransformRecord *rec,
					 const W2kSchema *input, uint32 variant, W2kSchema *made)
{
	if (rec->is_value_schema_transient)
		return;
	w2k_origin_adopt(rec->origin, GetMemoryChunkContext(made));
	w2k_origin_keep(rec->origin, step, input, variant, made);
}

bool
w2k_step_should_warn(W2kStep *step, W2kTransformRecord *rec, const char *what)
{
	/* the word stands for itself: it is a constant */
	if (w2k_origin_find(rec->origin, step, what, 0) != NULL)
		return false;
	w2k_origin_keep(rec->origin, step, what, 0, step);
	return true;
}

void
w2k_step_fail(const W2kStep *step, const char *format, ...)
{
	StringInfoData detail;
	va_list args;
	int needed;

	initStringInfo(&detail);
	for (;;)
	{
		va_start(args, format);
		needed = appendStringInfoVA(&detail, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&detail, needed);
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("could not apply transform \"%s\"", step->conf->name),
			 errdetail("%s", detail.data),
			 errhint("Change the transform's options, or choose the records "
					 "that it is for by a predicate; set "
					 "event.processing.failure.handling.mode to \"warn\" to "
					 "pass over this change.")));
}
