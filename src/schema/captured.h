/*
 * captured.h
 *		Which tables a connector captures, as of now.
 *
 * The answer is the output plugin's own: the same cache of relations, filled
 * by what the catalogs say at present.
 */
#ifndef W2K_SCHEMA_CAPTURED_H
#define W2K_SCHEMA_CAPTURED_H

#include "nodes/pg_list.h"

#include "schema/relation.h"

struct W2kConnectorConfig;

/* A table whose rows are read: of partitioned ones, each leaf. */
typedef struct W2kCapturedTable
{
	Oid relid;
	char *schema;
	char *name;
	char *published_schema; /* as what its changes are published: itself, */
	char *published_name;	/* or a parent */
	bool is_partition;
	bool is_locked; /* exclusively; no telling whether it is captured */
} W2kCapturedTable;

/*
 * Is this table of interest?  Asked before it is opened, when it is not known
 * yet whether it is captured, nor as what.
 */
typedef bool (*W2kCapturedWants)(const W2kCapturedTable *table, void *arg);

/*
 * Those that are wanted (wants may be NULL: all), by the names they are
 * published as, then by their own.  Tables that somebody has locked
 * exclusively are not waited for.  Holds ACCESS SHARE on none in the end.
 */
extern List *w2k_captured_list(const struct W2kConnectorConfig *conf,
							   Oid owner, W2kCapturedWants wants, void *arg);

/* The OIDs of what any connector may capture, partitioned tables included. */
extern List *w2k_captured_candidates(void);

/*
 * What answers for single tables, in the current memory context, with which
 * it ends.
 */
extern W2kRelationCache *
w2k_captured_create_cache(const struct W2kConnectorConfig *conf, Oid owner);

#endif /* W2K_SCHEMA_CAPTURED_H */
