/*
 * compatibility.h
 *		schema.compatibility: which changes of a table may be made while its
 *		schema is registered.
 */
#ifndef W2K_CONFIG_COMPATIBILITY_H
#define W2K_CONFIG_COMPATIBILITY_H

#include "nodes/pg_list.h"

struct W2kPropertyParse;

typedef enum W2kCompatibility
{
	W2K_COMPATIBILITY_NONE,
	W2K_COMPATIBILITY_BACKWARD, /* the new schema reads old records */
	W2K_COMPATIBILITY_BACKWARD_TRANSITIVE, /* of every version */
	W2K_COMPATIBILITY_FORWARD, /* the old schema reads new records */
	W2K_COMPATIBILITY_FORWARD_TRANSITIVE,
	W2K_COMPATIBILITY_FULL, /* both */
	W2K_COMPATIBILITY_FULL_TRANSITIVE
} W2kCompatibility;

#define W2K_COMPATIBILITIES (W2K_COMPATIBILITY_FULL_TRANSITIVE + 1)

/* "none", "backward", "backward_transitive", ... */
extern const char *const w2k_compatibility_names[W2K_COMPATIBILITIES];

/*
 * What keeps the schemas that transforms make (a list of W2kTransformConf)
 * from being known before there is a record, in words; NULL = nothing does.
 */
extern const char *w2k_compatibility_obstacle(const List *transforms);

/* A problem where the configuration has a rule and nothing to apply it to. */
extern void w2k_compatibility_check_conf(struct W2kPropertyParse *parse);

#endif /* W2K_CONFIG_COMPATIBILITY_H */
