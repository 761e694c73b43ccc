/*
 * relation.h
 *		What decoding knows of a table: a cache of W2kRelation.
 *
 * An entry is made from the catalogs as of the change being decoded and holds
 * what a table's changes have in common.  Invalidation only marks entries
 * stale; the next lookup rebuilds (a callback may fire in the middle of one).
 */
#ifndef W2K_SCHEMA_RELATION_H
#define W2K_SCHEMA_RELATION_H

#include "utils/relcache.h"

#include "format.h"
#include "schema/mask.h"
#include "schema/publication.h"
#include "schema/types.h"

struct W2kConnectorConfig;
struct W2kFilter;
struct W2kRules;

typedef enum W2kCapture
{
	W2K_CAPTURE_NONE, /* no record, whatever happens to the table */
	W2K_CAPTURE_ROWS,
	W2K_CAPTURE_EMIT,		   /* wal2kafka.emitted: its rows are records */
	W2K_CAPTURE_SCHEMA_CHANGE, /* wal2kafka.schema_change: likewise */
	W2K_CAPTURE_CONNECTOR	   /* wal2kafka.connector: its rows are settings */
} W2kCapture;

typedef struct W2kColumn
{
	const char *name;  /* in the server's encoding */
	const char *field; /* what it is called in records; UTF-8 */
	int attnum;		   /* of the relation that the table is published as */
	int index;		   /* place in a deformed tuple of the table itself */
	W2kType *type;
	bool is_varlena;
	bool is_not_null;
	bool is_identity; /* held by the image of an old row */
	bool is_captured; /* part of values, not only of keys */
	W2kMask *mask;	  /* of values; NULL = none, and in W2kRelation.keys */
	const struct W2kMaskRule *rule; /* that says so; NULL = none matches */

	/* Debezium's default of the column, for columns an image lacks */
	bool has_constant_default;
	bool has_computed_default;
	Datum default_value;

	/* For schemas only */
	int ndims;				/* of an array: as declared, then as seen */
	int before_ndims;		/* the same of the row before an update */
	bool has_null_elements; /* an array with a NULL was seen */
	struct W2kSourceType *source_type; /* to be told; NULL = not */

	bool has_warned; /* of a value without a form, once */
} W2kColumn;

typedef struct W2kRelation
{
	Oid relid; /* hash key: first */
	bool is_valid;
	W2kCapture capture;
	bool is_internal;		/* a table of wal2kafka itself */
	bool is_signal;			/* its rows are signals, captured or not */
	W2kPublished published; /* what a publication lets through */

	/* The rest is set where capture is not NONE, and lives in context */
	MemoryContext context;
	const char *schema; /* in the server's encoding */
	const char *table;
	const char *topic;
	const char *schema_name; /* first part of its schemas' names; UTF-8 */
	bool is_identity_full;
	int nidentity; /* columns of another replica identity; read or not */
	int natts;	   /* of the tuples */
	int ncolumns;
	W2kColumn *columns; /* every column that is read, in table order */
	int nkeys;
	W2kColumn **keys;				  /* in the key's order */
	const char *key_field, *key_text; /* one more, or NULL; UTF-8 */
	bool is_key_custom;				  /* message.key.columns */
	bool is_key_in_identity;		  /* an old row holds the whole key */
	bool has_warned_of_key;			  /* that it does not, once */
	bool has_user_types;	/* a change of some type may concern it */
	bool has_printed_types; /* some go through their output functions */
	bool has_chosen_key; /* an index was chosen: a change of some index may */

	Datum *old_values, *new_values; /* natts each, for deforming */
	bool *old_nulls, *new_nulls;

	void *plans[W2K_SIDES]; /* the Writers', made on first use, in context */
	void *origin;			/* the transforms', likewise */
	uint32 *shape_version;	/* counts what arrays look like (encode/shape) */
	int *numbers; /* by place in columns, 0 = none; NULL = no such format */
	/* Outlive a rebuild */
	uint32 topic_id;		 /* 0 = none yet */
	bool is_topic_announced; /* and it still is the topic */
} W2kRelation;

typedef struct W2kRelationCache W2kRelationCache;

/*
 * A cache for one decoding session, in the current memory context and ended
 * with it.  default_owner and the lists of conf decide what is captured.
 */
extern W2kRelationCache *
w2k_relation_create_cache(const struct W2kConnectorConfig *conf,
						  const struct W2kFilter *filter,
						  const struct W2kRules *rules, bool has_emit);

/* Up to date; INSUFFICIENT_PRIVILEGE where a listed table may not be read. */
extern W2kRelation *w2k_relation_lookup(W2kRelationCache *cache,
										Relation relation);

/* Every topic is to be announced again. */
extern void w2k_relation_forget_topics(W2kRelationCache *cache);

#endif /* W2K_SCHEMA_RELATION_H */
