/*
 * query.c
 *		In a reader: rows chosen by somebody's SQL.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "catalog/pg_authid.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "snapshot/query.h"

/* Rows fetched from the cursor at once. */
#define BATCH 1000

struct W2kSnapshotQuery
{
	Relation relation;
	Oid owner;
	Portal portal;
	bool gives_places; /* its rows are ctids, of this range */
	ItemPointerData from;
	BlockNumber end;
	int *places; /* result column of each attribute, from 1; 0 = none */
	uint64 at;	 /* in SPI_tuptable */
	SPITupleTable *table;
};

static const char *
qualified_name(Relation relation)
{
	return quote_qualified_identifier(get_namespace_name(
										  RelationGetNamespace(relation)),
									  RelationGetRelationName(relation));
}

/* While somebody's SQL runs. */
typedef struct Sandbox
{
	Oid user;
	int context;
	int nest_level; /* of settings */
} Sandbox;

/*
 * Becomes the owner, for those too who ask for the session's user; what is set
 * meanwhile is put back.
 */
static void
enter(Sandbox *sandbox, Oid owner)
{
	sandbox->nest_level = NewGUCNestLevel();
	GetUserIdAndSecContext(&sandbox->user, &sandbox->context);
	SetSessionAuthorization(owner, superuser_arg(owner));
	SetUserIdAndSecContext(owner, sandbox->context |
									  SECURITY_LOCAL_USERID_CHANGE |
									  SECURITY_RESTRICTED_OPERATION);
}

static void
leave(Sandbox *sandbox)
{
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, 0);
	w2k_snapshot_query_recover();
	SetUserIdAndSecContext(sandbox->user, sandbox->context);
	AtEOXact_GUC(false, sandbox->nest_level);
}

void
w2k_snapshot_query_recover(void)
{
	if (GetSessionUserId() != BOOTSTRAP_SUPERUSERID)
		SetSessionAuthorization(BOOTSTRAP_SUPERUSERID, true);
}

/*
 * Opens the cursor.  Planning may run functions, too (those that fold to
 * constants), so that is the owner's as well.
 */
static void
open_cursor(W2kSnapshotQuery *query, const char *text)
{
	Sandbox sandbox;
	SPIPlanPtr plan;

	enter(&sandbox, query->owner);
	SPI_connect();
	plan = SPI_prepare_cursor(text, 0, NULL, CURSOR_OPT_NO_SCROLL);
	if (plan == NULL)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("query of a snapshot cannot be run: %s",
							   SPI_result_code_string(SPI_result))));
	if (!SPI_is_cursor_plan(plan))
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("query of a snapshot is not a SELECT")));
	query->portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	leave(&sandbox);
}

W2kSnapshotQuery *
w2k_snapshot_query_filter(Relation relation, const char *condition, Oid owner,
						  ItemPointer from, BlockNumber end)
{
	W2kSnapshotQuery *query = palloc0(sizeof(W2kSnapshotQuery));
	char *text;

	/* the newline ends a comment at the condition's end */
	text = psprintf("SELECT ctid FROM ONLY %s"
					" WHERE ctid OPERATOR(pg_catalog.>=)"
					" '(%u,%u)'::pg_catalog.tid"
					" AND ctid OPERATOR(pg_catalog.<) '(%u,0)'::pg_catalog.tid"
					" AND (%s\n) ORDER BY ctid USING OPERATOR(pg_catalog.<)",
					qualified_name(relation), ItemPointerGetBlockNumber(from),
					ItemPointerGetOffsetNumber(from), end, condition);
	query->relation = relation;
	query->owner = owner;
	query->gives_places = true;
	query->from = *from;
	query->end = end;
	open_cursor(query, text);
	return query;
}

/* A key with a null in the place of what was left out is nobody's key. */
static void
check_key(const W2kSnapshotQuery *query, const W2kRelation *wrel)
{
	for (int i = 0; i < wrel->nkeys; i++)
	{
		const W2kColumn *column = wrel->keys[i];

		if (column->is_not_null && query->places[column->index] == 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("query for table \"%s\" lacks column \"%s\", which is part of its key",
							RelationGetRelationName(query->relation),
							column->name),
					 errhint("Add it to the query.")));
	}
}

W2kSnapshotQuery *
w2k_snapshot_query_select(Relation relation, const W2kRelation *wrel,
						  const char *text, Oid owner)
{
	W2kSnapshotQuery *query = palloc0(sizeof(W2kSnapshotQuery));
	TupleDesc desc = RelationGetDescr(relation);
	TupleDesc result;

	query->relation = relation;
	query->owner = owner;
	query->places = palloc0(sizeof(int) * desc->natts);
	open_cursor(query, text);
	result = query->portal->tupDesc;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		int place;

		if (attr->attisdropped)
			continue;
		place = SPI_fnumber(result, NameStr(attr->attname));
		if (place <= 0)
			continue;
		if (SPI_gettypeid(result, place) != attr->atttypid)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of the query for table \"%s\" is of type %s, but the table's is of type %s",
							NameStr(attr->attname),
							RelationGetRelationName(relation),
							format_type_be(SPI_gettypeid(result, place)),
							format_type_be(attr->atttypid)),
					 errhint("Cast it in the query.")));
		query->places[i] = place;
	}
	check_key(query, wrel);
	return query;
}

/* Fetches on, as the owner. */
static bool
fetch(W2kSnapshotQuery *query)
{
	Sandbox sandbox;

	if (query->table != NULL)
		SPI_freetuptable(query->table);
	enter(&sandbox, query->owner);
	SPI_cursor_fetch(query->portal, true, BATCH);
	leave(&sandbox);
	query->table = SPI_tuptable;
	query->at = 0;
	return SPI_processed > 0;
}

/* The row of a SELECT as a row of the table. */
static void
store_result(const W2kSnapshotQuery *query, HeapTuple tuple,
			 TupleTableSlot *slot)
{
	ExecClearTuple(slot);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		slot->tts_isnull[i] = true;
		slot->tts_values[i] = (Datum) 0;
		if (query->places[i] > 0)
			slot->tts_values[i] = SPI_getbinval(tuple, query->table->tupdesc,
												query->places[i],
												&slot->tts_isnull[i]);
	}
	ExecStoreVirtualTuple(slot);
}

bool
w2k_snapshot_query_next(W2kSnapshotQuery *query, TupleTableSlot *slot)
{
	for (;;)
	{
		HeapTuple tuple;
		bool is_null;
		ItemPointer tid;

		if ((query->table == NULL || query->at >= query->table->numvals) &&
			!fetch(query))
			return false;
		tuple = query->table->vals[query->at++];
		if (!query->gives_places)
		{
			store_result(query, tuple, slot);
			return true;
		}
		tid = (ItemPointer) DatumGetPointer(
			SPI_getbinval(tuple, query->table->tupdesc, 1, &is_null));
		/* a condition that is more than one could give anything */
		if (is_null || !ItemPointerIsValid(tid) ||
			ItemPointerCompare(tid, &query->from) < 0 ||
			ItemPointerGetBlockNumber(tid) >= query->end)
			ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
							errmsg("filter of a snapshot is not a condition")));
		if (table_tuple_fetch_row_version(query->relation, tid,
										  GetActiveSnapshot(), slot))
			return true;
	}
}

void
w2k_snapshot_query_end(W2kSnapshotQuery *query)
{
	SPI_cursor_close(query->portal);
	SPI_finish();
}
