/*
 * transforms.h
 *		Single message transforms and predicates, as a configuration has them.
 *
 * Each class of transforms has a table of options, rows like those of the
 * property table, which decides how its options are parsed and checked, where
 * they land in the class's own struct, and what the documents say of them.
 */
#ifndef W2K_CONFIG_TRANSFORMS_H
#define W2K_CONFIG_TRANSFORMS_H

#include "config/properties.h"

typedef enum W2kTransformKind
{
	W2K_TRANSFORM_REGEX_ROUTER,
	W2K_TRANSFORM_UNWRAP,
	W2K_TRANSFORM_OUTBOX,
	W2K_TRANSFORM_LOGICAL_ROUTER,
	W2K_TRANSFORM_HEADER_TO_VALUE,
	W2K_TRANSFORM_TIMEZONE,
	/* predicates */
	W2K_PREDICATE_TOPIC,
	W2K_PREDICATE_HEADER,
	W2K_PREDICATE_TOMBSTONE
} W2kTransformKind;

/* A class of transforms, or of predicates. */
typedef struct W2kTransformClass
{
	const char *name; /* as in Java; its last part alone will do */
	W2kTransformKind kind;
	const char *text;
	const W2kProperty *options;
	int noptions;
	size_t size; /* of the struct of options */

	/* Called with options that are valid each by itself. */
	void (*check)(W2kPropertyParse *parse, const char *prefix, void *options);
} W2kTransformClass;

extern const W2kTransformClass w2k_transform_classes[];
extern const int w2k_ntransform_classes;
extern const W2kTransformClass w2k_predicate_classes[];
extern const int w2k_npredicate_classes;

/* A transform or a predicate that was configured. */
typedef struct W2kTransformConf
{
	const char *name;
	const W2kTransformClass *class;
	void *options; /* the struct of its class (transform_options.h) */

	/* of transforms */
	const struct W2kTransformConf *predicate; /* NULL = always */
	bool is_negated;
} W2kTransformConf;

/*
 * Makes parse->conf->transforms of what was said; adds a problem for whatever
 * is not right.
 */
extern void w2k_transforms_take(W2kPropertyParse *parse);

/* The trimmed elements of a list, separated by commas; palloc'd strings. */
extern List *w2k_transforms_split(const char *list, char separator);

#endif /* W2K_CONFIG_TRANSFORMS_H */
