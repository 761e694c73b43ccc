/*
 * key.c
 *		Which columns make a table's key.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_index.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "schema/key.h"

/*
 * The attribute numbers of an index's key columns in their order; NIL where
 * it has an expression.
 */
static List *
index_columns(Form_pg_index index)
{
	List *attnums = NIL;

	for (int i = 0; i < index->indnkeyatts; i++)
	{
		if (index->indkey.values[i] <= 0)
			return NIL;
		attnums = lappend_int(attnums, index->indkey.values[i]);
	}
	return attnums;
}

List *
w2k_key_find(Relation relation, bool *is_chosen)
{
	List *result = NIL;
	const char *result_name = NULL;
	bool result_is_clustered = false;
	List *indexes = RelationGetIndexList(relation);
	ListCell *lc;

	*is_chosen = false;
	foreach(lc, indexes)
	{
		Oid indexid = lfirst_oid(lc);
		HeapTuple tuple = SearchSysCache1(INDEXRELID,
										  ObjectIdGetDatum(indexid));
		Form_pg_index index;
		List *attnums;
		bool is_primary;

		if (!HeapTupleIsValid(tuple))
			continue;
		index = (Form_pg_index) GETSTRUCT(tuple);
		is_primary = index->indisprimary;
		attnums = index->indisunique && index->indisvalid
					  ? index_columns(index)
					  : NIL;

		if (attnums != NIL)
		{
			const char *name = get_rel_name(indexid);
			bool is_clustered = index->indisclustered;

			if (is_primary || result == NIL ||
				(is_clustered && !result_is_clustered) ||
				(is_clustered == result_is_clustered && name != NULL &&
				 result_name != NULL && strcmp(name, result_name) < 0))
			{
				result = attnums;
				result_name = name;
				result_is_clustered = is_clustered;
			}
		}
		*is_chosen = *is_chosen || index->indisunique;
		ReleaseSysCache(tuple);
		if (is_primary)
		{
			*is_chosen = false;
			break;
		}
	}
	list_free(indexes);
	return result;
}
