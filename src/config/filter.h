/*
 * filter.h
 *		Which tables and columns a connector captures.
 *
 * Debezium's lists: comma-separated regular expressions ("\," is a comma),
 * each matched against the whole of "schema", "schema.table" or
 * "schema.table.column", without regard to the case of ASCII letters.  An
 * include list and an exclude list of one kind exclude each other; lists of
 * different kinds are all obeyed.
 *
 * The expressions are Java's, compiled by PostgreSQL's engine; filter.c
 * translates what differs and refuses what has no counterpart.  Nothing here
 * reads a catalog, so that the output plugin may call it from a callback.
 */
#ifndef W2K_CONFIG_FILTER_H
#define W2K_CONFIG_FILTER_H

#include "config/connector.h"

typedef struct W2kFilter W2kFilter;

/* One list of expressions, for those who match other names with it. */
typedef struct W2kPatterns W2kPatterns;

/*
 * Compiles the lists of a configuration into the current memory context; the
 * filter ends with that context.  Raises INVALID_PARAMETER_VALUE naming the
 * property whose expression is not valid.
 */
extern W2kFilter *w2k_filter_compile(const W2kConnectorConfig *conf);

/*
 * Is this table captured?  Looks at the schema's lists as well.  Where not
 * and reason is not NULL, *reason says why in words for a view: a constant.
 */
extern bool w2k_filter_table(const W2kFilter *filter, const char *schema,
							 const char *table, const char **reason);

/* Is this column of a captured table part of its values?  Never asked of keys.
 */
extern bool w2k_filter_column(const W2kFilter *filter, const char *schema,
							  const char *table, const char *column);

/* Is a logical decoding message of this prefix captured? */
extern bool w2k_filter_message(const W2kFilter *filter, const char *prefix);

/*
 * Does the column's schema tell its type (column.propagate.source.type and
 * datatype.propagate.source.type)?
 */
extern bool w2k_filter_propagates(const W2kFilter *filter, const char *schema,
								  const char *table, const char *column,
								  const char *type_name);

/*
 * Was the table asked for, by an include list of tables or schemas, and not
 * only by the default of everything?  Then a missing privilege is an error.
 */
extern bool w2k_filter_is_explicit(const W2kFilter *filter, const char *schema,
								   const char *table);

/* pg_catalog, information_schema, toast, temporary ones, and our own. */
extern bool w2k_filter_is_system_schema(const char *schema);

/*
 * Compiles one list, the value of a property, as w2k_filter_compile() does
 * all of them.
 */
extern W2kPatterns *w2k_filter_compile_patterns(const char *property,
												const char *value);

/* Does any expression match the whole name? */
extern bool w2k_filter_matches(const W2kPatterns *patterns, const char *name);

/*
 * What is wrong with a list of regular expressions, as a sentence in the
 * current memory context; NULL where it is fine.
 */
extern char *w2k_filter_list_problem(const char *list);

/*
 * A Java expression as PostgreSQL's, anchored at both ends; NULL with *problem
 * set, in words, where that cannot be done.  With group_names, groups may have
 * names: a list of one string for each group that captures, NULL = no name.
 */
extern char *w2k_filter_translate_regex(const char *regex, List **group_names,
										char **problem);

#endif /* W2K_CONFIG_FILTER_H */
