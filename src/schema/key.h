/*
 * key.h
 *		Which columns make a table's key.
 */
#ifndef W2K_SCHEMA_KEY_H
#define W2K_SCHEMA_KEY_H

#include "nodes/pg_list.h"
#include "utils/relcache.h"

struct W2kRules;

/*
 * The attribute numbers of a table's key: the columns that rules name (asked
 * for as columns of that schema and table), else its primary key, else the
 * first unique index in the order in which a JDBC driver lists them (a
 * clustered one first, then by name); NIL without any.  *is_chosen says that
 * there was a choice between indexes, so that renaming one may change it;
 * *is_custom that rules decided.
 */
extern List *w2k_key_find(const struct W2kRules *rules, Relation relation,
						  const char *schema, const char *table,
						  bool has_generated, bool *is_chosen,
						  bool *is_custom);

#endif /* W2K_SCHEMA_KEY_H */
