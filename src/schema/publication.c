/*
 * publication.c
 *		What a publication (publication.name) lets through of a table.
 *
 * Follows the server's pgoutput, so that a connector that took over from a
 * reader of that publication sends what that one sent.  With
 * publish_via_partition_root changes of partitions are those of the topmost
 * parent that is published: its name, columns, row filter and key.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/partition.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_rel.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "schema/publication.h"

struct W2kRowFilter
{
	EState *estate;
	ExprState *state;
	TupleTableSlot *slot;
	AttrMap *map; /* of the rows given to it; NULL = they are the table's */
};

/*
 * Is the table, its schema, or a parent of it in the publication?  *root is
 * what its changes are published as: itself, or a parent.
 */
static bool
is_published(const Publication *publication, Relation relation, Oid *root)
{
	Oid relid = RelationGetRelid(relation);
	Oid ancestor = InvalidOid;
	List *ancestors = NIL;
	int level;

	if (relation->rd_rel->relispartition)
		ancestors = get_partition_ancestors(relid);
	if (publication->alltables && ancestors != NIL)
		ancestor = llast_oid(ancestors);
	else if (ancestors != NIL)
		ancestor = GetTopMostAncestorInPublication(publication->oid, ancestors,
												   &level);
	if (OidIsValid(ancestor) && publication->pubviaroot)
		*root = ancestor;

	/* the rows of a partitioned table are those of its partitions */
	if (relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE &&
		!publication->pubviaroot)
		return false;
	return publication->alltables || OidIsValid(ancestor) ||
		   list_member_oid(GetRelationPublications(relid), publication->oid) ||
		   list_member_oid(GetSchemaPublications(
							   RelationGetNamespace(relation)),
						   publication->oid);
}

static uint32
get_operations(const PublicationActions *actions)
{
	return (actions->pubinsert ? W2K_PUBLISH_INSERT : 0) |
		   (actions->pubupdate ? W2K_PUBLISH_UPDATE : 0) |
		   (actions->pubdelete ? W2K_PUBLISH_DELETE : 0) |
		   (actions->pubtruncate ? W2K_PUBLISH_TRUNCATE : 0);
}

static W2kRowFilter *
make_row_filter(Relation relation, const char *expression, AttrMap *map)
{
	W2kRowFilter *filter = palloc(sizeof(W2kRowFilter));
	TupleDesc desc = CreateTupleDescCopyConstr(RelationGetDescr(relation));

	filter->estate = CreateExecutorState();
	filter->state = ExecPrepareExpr((Expr *) stringToNode(expression),
									filter->estate);
	filter->slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	filter->map = map;
	return filter;
}

/* The column list and the row filter of the table's own entry, if it has. */
static void
read_entry(const Publication *publication, Relation relation,
		   W2kPublished *result)
{
	HeapTuple tuple;
	Datum datum;
	bool is_null;

	tuple = SearchSysCache2(PUBLICATIONRELMAP,
							ObjectIdGetDatum(RelationGetRelid(relation)),
							ObjectIdGetDatum(publication->oid));
	if (!HeapTupleIsValid(tuple))
		return;

	datum = SysCacheGetAttr(PUBLICATIONRELMAP, tuple,
							Anum_pg_publication_rel_prattrs, &is_null);
	if (!is_null)
		result->columns = pub_collist_to_bitmapset(NULL, datum,
												   CurrentMemoryContext);

	datum = SysCacheGetAttr(PUBLICATIONRELMAP, tuple,
							Anum_pg_publication_rel_prqual, &is_null);
	if (!is_null)
		result->row_filter =
			make_row_filter(relation, TextDatumGetCString(datum), result->map);
	ReleaseSysCache(tuple);
}

bool
w2k_publication_read(const char *name, Relation relation, W2kPublished *result)
{
	Publication *publication = GetPublicationByName(name, true);
	Relation root;

	memset(result, 0, sizeof(*result));
	result->root = RelationGetRelid(relation);
	if (publication == NULL)
		return false;
	if (!is_published(publication, relation, &result->root))
		return true;

	result->operations = get_operations(&publication->pubactions);
	root = w2k_publication_open_root(relation, result);
	/* a schema's publication, or one of all tables, has neither */
	if (!publication->alltables &&
		!list_member_oid(GetSchemaPublications(RelationGetNamespace(root)),
						 publication->oid))
		read_entry(publication, root, result);
	w2k_publication_close_root(relation, root);
	return true;
}

void
w2k_publication_use_root(Relation relation, W2kPublished *result)
{
	List *ancestors = NIL;

	/* none while it is being detached */
	if (relation->rd_rel->relispartition)
		ancestors = get_partition_ancestors(RelationGetRelid(relation));
	if (ancestors != NIL)
		result->root = llast_oid(ancestors);
	w2k_publication_close_root(relation,
							   w2k_publication_open_root(relation, result));
}

Relation
w2k_publication_open_root(Relation relation, W2kPublished *published)
{
	Relation root;

	if (published->root == RelationGetRelid(relation))
		return relation;
	root = RelationIdGetRelation(published->root);
	if (root == NULL)
		elog(ERROR, "could not open relation with OID %u", published->root);
	if (published->map == NULL)
		published->map = w2k_compat_map_attributes(RelationGetDescr(relation),
												   RelationGetDescr(root));
	return root;
}

void
w2k_publication_close_root(Relation relation, Relation root)
{
	if (root != relation)
		RelationClose(root);
}

bool
w2k_publication_passes(W2kRowFilter *filter, const Datum *values,
					   const bool *nulls)
{
	TupleTableSlot *slot = filter->slot;
	int natts = slot->tts_tupleDescriptor->natts;
	ExprContext *econtext = GetPerTupleExprContext(filter->estate);
	Datum result;
	bool is_null;

	ResetExprContext(econtext);
	ExecClearTuple(slot);
	for (int i = 0; i < natts; i++)
	{
		int at = filter->map == NULL ? i : filter->map->attnums[i] - 1;

		slot->tts_values[i] = at < 0 ? (Datum) 0 : values[at];
		slot->tts_isnull[i] = at < 0 || nulls[at];
	}
	ExecStoreVirtualTuple(slot);

	econtext->ecxt_scantuple = slot;
	result = ExecEvalExprSwitchContext(filter->state, econtext, &is_null);
	return !is_null && DatumGetBool(result);
}
