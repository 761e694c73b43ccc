/*
 * privileges.c
 *		May a role read what a connector would send?
 *
 * Asked while decoding, so the answer is as of the change: a grant counts
 * from its commit on.
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "compat.h"
#include "schema/privileges.h"

#define NO_SCHEMA_USAGE "the owner lacks USAGE on the schema"
#define NO_SELECT "the owner lacks SELECT"
#define ROW_SECURITY "row level security applies to the owner"

/*
 * SELECT on the whole table, or on each of the columns.  relid may be a
 * parent of the relation that the attribute numbers are of: columns of a
 * partition go by name.
 */
static bool
has_select(Oid relid, Relation relation, Oid roleid, const Bitmapset *attnums)
{
	int attnum = -1;

	if (pg_class_aclcheck(relid, roleid, ACL_SELECT) == ACLCHECK_OK)
		return true;

	/* a table of which nothing is sent still tells of its changes */
	if (bms_is_empty(attnums))
		return false;

	while ((attnum = bms_next_member(attnums, attnum)) >= 0)
	{
		AttrNumber number = (AttrNumber) attnum;

		if (relid != RelationGetRelid(relation))
		{
			Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation),
												  attnum - 1);

			number = get_attnum(relid, NameStr(att->attname));
			if (number == InvalidAttrNumber)
				return false;
		}
		if (pg_attribute_aclcheck(relid, number, roleid, ACL_SELECT) !=
			ACLCHECK_OK)
			return false;
	}
	return true;
}

/* NULL when the role may read, else why not. */
static const char *
find_obstacle(Oid relid, Relation relation, Oid roleid,
			  const Bitmapset *attnums)
{
	if (!w2k_compat_has_schema_usage(get_rel_namespace(relid), roleid))
		return NO_SCHEMA_USAGE;
	if (!has_select(relid, relation, roleid, attnums))
		return NO_SELECT;
	if (check_enable_rls(relid, roleid, true) == RLS_ENABLED)
		return ROW_SECURITY;
	return NULL;
}

bool
w2k_privileges_may_read(Relation relation, Oid roleid,
						const Bitmapset *attnums, const char **reason)
{
	Oid relid = RelationGetRelid(relation);
	const char *obstacle = find_obstacle(relid, relation, roleid, attnums);

	if (obstacle != NULL && relation->rd_rel->relispartition)
	{
		List *ancestors = get_partition_ancestors(relid);
		ListCell *lc;

		foreach(lc, ancestors)
		{
			if (find_obstacle(lfirst_oid(lc), relation, roleid, attnums) ==
				NULL)
				return true;
		}
	}
	if (obstacle != NULL && reason != NULL)
		*reason = obstacle;
	return obstacle == NULL;
}
