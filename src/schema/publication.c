/*
 * publication.c
 *		What a publication (publication.name) lets through of a table.
 *
 * Follows the server's pgoutput, so that a connector that took over from a
 * reader of that publication sends what that one sent.  Changes of partitions
 * are always their own (publish_via_partition_root is refused before).
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
};

/* Is the table, its schema, or a parent of it in the publication? */
static bool
is_published(const Publication *publication, Relation relation)
{
	Oid relid = RelationGetRelid(relation);
	int level;

	if (publication->alltables ||
		list_member_oid(GetRelationPublications(relid), publication->oid) ||
		list_member_oid(GetSchemaPublications(RelationGetNamespace(relation)),
						publication->oid))
		return true;
	return relation->rd_rel->relispartition &&
		   OidIsValid(
			   GetTopMostAncestorInPublication(publication->oid,
											   get_partition_ancestors(relid),
											   &level));
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
make_row_filter(Relation relation, const char *expression)
{
	W2kRowFilter *filter = palloc(sizeof(W2kRowFilter));
	TupleDesc desc = CreateTupleDescCopyConstr(RelationGetDescr(relation));

	filter->estate = CreateExecutorState();
	filter->state = ExecPrepareExpr((Expr *) stringToNode(expression),
									filter->estate);
	filter->slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
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
		result->row_filter = make_row_filter(relation,
											 TextDatumGetCString(datum));
	ReleaseSysCache(tuple);
}

bool
w2k_publication_read(const char *name, Relation relation, W2kPublished *result)
{
	Publication *publication = GetPublicationByName(name, true);

	memset(result, 0, sizeof(*result));
	if (publication == NULL)
		return false;
	if (!is_published(publication, relation))
		return true;

	result->operations = get_operations(&publication->pubactions);
	/* a schema's publication, or one of all tables, has neither */
	if (!publication->alltables &&
		!list_member_oid(GetSchemaPublications(RelationGetNamespace(relation)),
						 publication->oid))
		read_entry(publication, relation, result);
	return true;
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
	memcpy(slot->tts_values, values, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, nulls, natts * sizeof(bool));
	ExecStoreVirtualTuple(slot);

	econtext->ecxt_scantuple = slot;
	result = ExecEvalExprSwitchContext(filter->state, econtext, &is_null);
	return !is_null && DatumGetBool(result);
}
