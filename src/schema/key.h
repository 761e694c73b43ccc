/*
 * key.h
 *		Which columns make a table's key.
 */
#ifndef W2K_SCHEMA_KEY_H
#define W2K_SCHEMA_KEY_H

#include "nodes/pg_list.h"
#include "utils/relcache.h"

/*
 * The attribute numbers of a table's key: its primary key, else the first
 * unique index in the order in which a JDBC driver lists them (a clustered
 * one first, then by name); NIL without either.  *is_chosen says that there
 * was a choice between indexes, so that renaming one may change it.
 */
extern List *w2k_key_find(Relation relation, bool *is_chosen);

#endif /* W2K_SCHEMA_KEY_H */
