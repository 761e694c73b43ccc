/*
 * signal.h
 *		What a signal asks for: Debezium's types, and their data.
 *
 * Nothing here raises or reads a catalog, but for w2k_signal_check_filter():
 * a signal may come from a table or a topic that anybody writes to.
 */
#ifndef W2K_CONFIG_SIGNAL_H
#define W2K_CONFIG_SIGNAL_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef enum W2kSignalAction
{
	W2K_SIGNAL_LOG,
	W2K_SIGNAL_EXECUTE,
	W2K_SIGNAL_STOP,
	W2K_SIGNAL_PAUSE,
	W2K_SIGNAL_RESUME,
	W2K_SIGNAL_NOTHING /* known, and without effect here */
} W2kSignalAction;

/* A condition, and the collections it is for. */
typedef struct W2kSignalCondition
{
	char *collection; /* as in W2kSignal.collections */
	char *filter;
} W2kSignalCondition;

typedef struct W2kSignal
{
	W2kSignalAction action;
	bool is_blocking;	 /* of EXECUTE and STOP; else incremental */
	List *collections;	 /* strings, see w2k_signal_compile(); NIL = all */
	List *relids;		 /* or these tables: of our own signals; NIL = none */
	List *conditions;	 /* of W2kSignalCondition */
	char *surrogate_key; /* NULL = none; nothing here needs one */
	char *message;		 /* of LOG */

	/* What is wrong; then the rest is not to be used */
	const char *problem; /* a sentence's part: "... must be ..."; or NULL */
	bool is_type_known;	 /* else the problem is the type */
	const char *unrecognized; /* a member that means nothing, or NULL */
} W2kSignal;

/* How the id of a signal begins that snapshot.new.tables has left. */
#define W2K_SIGNAL_NEW_TABLES "initial-new-"
/* Its tables, beside their names, which may be others when it is taken up. */
#define W2K_SIGNAL_RELIDS "relids"

/* For hints: the types there are. */
#define W2K_SIGNAL_TYPES                                                      \
	"execute-snapshot, stop-snapshot, pause-snapshot, resume-snapshot and log"

/* Reads a signal, in the current memory context; data may be NULL. */
extern W2kSignal *w2k_signal_read(const char *type, Jsonb *data);

/*
 * An entry of data-collections: either "schema"."table" in double quotes (a
 * plain part may go without), or a Java regular expression that is to match
 * the whole of schema.table.  In the current memory context.
 */
typedef struct W2kSignalPattern W2kSignalPattern;

extern W2kSignalPattern *w2k_signal_compile(const char *collection);
extern bool w2k_signal_matches(const W2kSignalPattern *pattern,
							   const char *schema, const char *table);

/* The same for a name that is written schema.table already. */
extern bool w2k_signal_matches_name(const W2kSignalPattern *pattern,
									const char *name);

/*
 * A name of a table, schema.table, each part quoted or not.  False where it is
 * none.  The second: is a table on a list of such names?
 */
extern bool w2k_signal_is_name(const char *name);
extern bool w2k_signal_is_listed(List *names, const char *schema,
								 const char *table);

/* What is wrong with such an entry, a sentence; NULL where it is fine. */
extern char *w2k_signal_collection_problem(const char *collection);

/* The entry that names exactly this table. */
extern char *w2k_signal_quote(const char *schema, const char *table);

/* Raises unless this is one SQL expression, as far as the grammar goes. */
extern void w2k_signal_check_filter(const char *filter);

#endif /* W2K_CONFIG_SIGNAL_H */
