/*
 * key.h
 *		Which columns make a table's key.
 */
#ifndef W2K_SCHEMA_KEY_H
#define W2K_SCHEMA_KEY_H

#include "nodes/pg_list.h"
#include "utils/relcache.h"

struct W2kRules;
struct W2kRelation;
struct W2kTopicNaming;

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

/*
 * Adds the field that tells apart the keys of tables which share a topic, if
 * there is to be one.  In the context of the table's entry.
 */
extern void w2k_key_add_field(const struct W2kTopicNaming *naming,
							  struct W2kRelation *wrel);

/* Has it a key, be it that field alone? */
extern bool w2k_key_exists(const struct W2kRelation *wrel);

#endif /* W2K_SCHEMA_KEY_H */
