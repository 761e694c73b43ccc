/*
 * privileges.h
 *		May a role read what a connector would send?
 */
#ifndef W2K_SCHEMA_PRIVILEGES_H
#define W2K_SCHEMA_PRIVILEGES_H

#include "nodes/bitmapset.h"
#include "utils/relcache.h"

/*
 * May the role SELECT these columns (attribute numbers) of a table, all rows
 * of it?  A partition may be read through any of its parents.  Where not and
 * reason is not NULL, *reason says why: a constant.
 */
extern bool w2k_privileges_may_read(Relation relation, Oid roleid,
									const Bitmapset *attnums,
									const char **reason);

#endif /* W2K_SCHEMA_PRIVILEGES_H */
