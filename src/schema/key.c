/*
 * key.c
 *		Which columns make a table's key.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_index.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "config/rules.h"
#include "schema/key.h"
#include "schema/relation.h"
#include "schema/topic.h"

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

/*
 * The columns that rules name, each once.  What is never sent (generated
 * columns, unless they are asked for) cannot be part of a key either.
 */
static List *
find_custom(const W2kRules *rules, Relation relation, const char *schema,
			const char *table, bool has_generated)
{
	TupleDesc desc = RelationGetDescr(relation);
	List *result = NIL;

	for (int i = 0; i < w2k_rules_count_key_patterns(rules); i++)
	{
		for (int j = 0; j < desc->natts; j++)
		{
			Form_pg_attribute att = TupleDescAttr(desc, j);

			if (att->attisdropped ||
				w2k_compat_is_virtual(att->attgenerated) ||
				(att->attgenerated != '\0' && !has_generated))
				continue;
			if (w2k_rules_matches_key(rules, i, schema, table,
									  NameStr(att->attname)))
				result = list_append_unique_int(result, att->attnum);
		}
	}
	return result;
}

/* The key by the table's indexes. */
static List *
find_by_index(Relation relation, bool *is_chosen)
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

List *
w2k_key_find(const W2kRules *rules, Relation relation, const char *schema,
			 const char *table, bool has_generated, bool *is_chosen,
			 bool *is_custom)
{
	List *result = find_custom(rules, relation, schema, table, has_generated);

	*is_chosen = false;
	*is_custom = result != NIL;
	return *is_custom ? result : find_by_index(relation, is_chosen);
}

static char *
copy_utf8(const char *text)
{
	return pstrdup(pg_server_to_any(text, (int) strlen(text), PG_UTF8));
}

void
w2k_key_add_field(const W2kTopicNaming *naming, W2kRelation *wrel)
{
	if (naming->key_field == NULL)
		return;
	wrel->key_field = copy_utf8(naming->key_field);
	wrel->key_text = copy_utf8(
		w2k_topic_key_text(naming, wrel->schema, wrel->table));
	for (int i = 0; i < wrel->nkeys; i++)
	{
		if (strcmp(wrel->keys[i]->field, wrel->key_field) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the key of table \"%s.%s\" has a field \"%s\" already",
							wrel->schema, wrel->table, naming->key_field),
					 errhint(
						 "Set connector property \"topic.key.field.name\" to another name.")));
	}
}

bool
w2k_key_exists(const W2kRelation *wrel)
{
	return wrel->nkeys > 0 || wrel->key_field != NULL;
}
