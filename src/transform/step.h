/*
 * step.h
 *		One transform of a chain: what chain.c and the transforms agree on.
 */
#ifndef W2K_TRANSFORM_STEP_H
#define W2K_TRANSFORM_STEP_H

#include "config/javaregex.h"
#include "config/transform_options.h"
#include "config/transforms.h"
#include "transform/origin.h"

typedef struct W2kStep W2kStep;

struct W2kStep
{
	const W2kTransformConf *conf;
	W2kJavaRegex *predicate_regex; /* of TopicNameMatches */
	void *state;				   /* the transform's own */
	bool uses_defaults; /* nulls are read as their fields' defaults */
	int max_depth;		/* of JSON that is expanded; 0 = no other limit */

	/* Changes the record; false drops it. */
	bool (*apply)(W2kStep *step, W2kTransformRecord *rec);
};

/* Each sets state and apply, in the current memory context. */
extern void w2k_router_init(W2kStep *step);
extern void w2k_logical_router_init(W2kStep *step);
extern void w2k_unwrap_init(W2kStep *step);
extern void w2k_outbox_init(W2kStep *step);
extern void w2k_header_to_value_init(W2kStep *step);
extern void w2k_timezone_init(W2kStep *step);

/* A configured name as UTF-8, copied; NULL stays NULL. */
extern char *w2k_step_utf8(const char *name);

/*
 * The topic that an expression makes of the record's, NULL where it does not
 * match: looked up where it was made before.  The step names whose it is.
 */
extern const char *w2k_step_replace_topic(W2kStep *step,
										  W2kTransformRecord *rec,
										  W2kJavaRegex *regex);

/* The letter of an envelope's operation. */
extern char w2k_step_op(const W2kStep *step, const W2kNode *envelope);

/* Sets a topic that is this record's alone, UTF-8. */
extern void w2k_step_set_topic(W2kTransformRecord *rec, const char *topic);

/* Adds a header behind the others. */
extern void w2k_step_add_header(W2kTransformRecord *rec, const char *name,
								const W2kSchema *schema, W2kNode *value);

/*
 * Making a schema out of one of the value's: in w2k_step_schema_context(), and
 * w2k_step_keep_schema() afterwards.  Unless it is the record's own, that is a
 * new context, which ends with the change if the schema is not kept.
 */
extern W2kSchema *w2k_step_find_schema(W2kStep *step,
									   const W2kTransformRecord *rec,
									   const W2kSchema *input, uint32 variant);
extern MemoryContext w2k_step_schema_context(const W2kTransformRecord *rec);
extern void w2k_step_keep_schema(W2kStep *step, W2kTransformRecord *rec,
								 const W2kSchema *input, uint32 variant,
								 W2kSchema *made);

/* Should a step warn of this (a word for it), or has it, of this table? */
extern bool w2k_step_should_warn(W2kStep *step, W2kTransformRecord *rec,
								 const char *what);

/* Raises what a record's data do not allow. */
extern void w2k_step_fail(const W2kStep *step, const char *format, ...)
	pg_attribute_printf(2, 3);

#endif /* W2K_TRANSFORM_STEP_H */
