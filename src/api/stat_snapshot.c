/*
 * stat_snapshot.c
 *		The view stat_snapshot: what snapshots read, and how far they are.
 *
 * The rows are those of wal2kafka.connector_snapshot, as the workers write
 * them: what is shown as read is on Kafka.  Figures that follow from them are
 * made here, as of the moment.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "api/access.h"
#include "api/connector_row.h"
#include "api/result_row.h"

PG_FUNCTION_INFO_V1(wal2kafka_stat_get_snapshot);

/* Attribute numbers of wal2kafka.connector_snapshot, less one. */
enum
{
	SNAPSHOT_NAME,
	SNAPSHOT_ID,
	SNAPSHOT_ORDINAL,
	SNAPSHOT_KIND,
	SNAPSHOT_SIGNAL_ID,
	SNAPSHOT_RELID,
	SNAPSHOT_SCHEMANAME,
	SNAPSHOT_RELNAME,
	SNAPSHOT_COLLECTION,
	SNAPSHOT_FILTER,
	SNAPSHOT_STATE,
	SNAPSHOT_NEXT_BLOCK,
	SNAPSHOT_TOTAL_BLOCKS,
	SNAPSHOT_FILENODE,
	SNAPSHOT_FIRST_TID,
	SNAPSHOT_LAST_TID,
	SNAPSHOT_IS_INCOMPLETE,
	SNAPSHOT_ROWS_ESTIMATED,
	SNAPSHOT_ROWS_READ,
	SNAPSHOT_BYTES_READ,
	SNAPSHOT_ERROR,
	SNAPSHOT_CREATED,
	SNAPSHOT_STARTED,
	SNAPSHOT_FINISHED,
	SNAPSHOT_COLUMNS
};

/* Those of wal2kafka.connector_progress that are read here. */
#define ANUM_PROGRESS_NAME 1
#define ANUM_PROGRESS_SNAPSHOT_PAUSED 9

/* A row of the table. */
typedef struct SnapshotRow
{
	Datum values[SNAPSHOT_COLUMNS];
	bool nulls[SNAPSHOT_COLUMNS];
} SnapshotRow;

static int
compare_rows(const ListCell *a, const ListCell *b)
{
	const SnapshotRow *left = lfirst(a);
	const SnapshotRow *right = lfirst(b);
	int64 left_id = DatumGetInt64(left->values[SNAPSHOT_ID]);
	int64 right_id = DatumGetInt64(right->values[SNAPSHOT_ID]);

	if (left_id != right_id)
		return left_id < right_id ? -1 : 1;
	return DatumGetInt32(left->values[SNAPSHOT_ORDINAL]) -
		   DatumGetInt32(right->values[SNAPSHOT_ORDINAL]);
}

/* A scan of one of our tables for the rows of a connector. */
static SysScanDesc
begin_scan(Relation rel, const char *connector)
{
	ScanKeyData key[1];

	/* the name is the first column of each */
	ScanKeyInit(&key[0], 1, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(connector));
	return systable_beginscan(rel, InvalidOid, false, NULL, 1, key);
}

/* All rows of a connector, in order. */
static List *
read_rows(const char *connector)
{
	Relation rel = table_open(w2k_access_relation("connector_snapshot"),
							  AccessShareLock);
	TupleDesc desc = RelationGetDescr(rel);
	SysScanDesc scan = begin_scan(rel, connector);
	HeapTuple tuple;
	List *rows = NIL;

	if (desc->natts != SNAPSHOT_COLUMNS)
		elog(ERROR, "wal2kafka.connector_snapshot has %d columns, not %d",
			 desc->natts, SNAPSHOT_COLUMNS);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		SnapshotRow *row = palloc(sizeof(SnapshotRow));
		HeapTuple copy = heap_copytuple(tuple);

		for (int i = 0; i < SNAPSHOT_COLUMNS; i++)
			row->values[i] = heap_getattr(copy, i + 1, desc, &row->nulls[i]);
		rows = lappend(rows, row);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	list_sort(rows, compare_rows);
	return rows;
}

/* Has a signal paused all but the initial snapshots of a connector? */
static bool
is_paused(const char *connector)
{
	Relation rel = table_open(w2k_access_relation("connector_progress"),
							  AccessShareLock);
	SysScanDesc scan = begin_scan(rel, connector);
	HeapTuple tuple = systable_getnext(scan);
	bool result = false;
	bool is_null;

	if (HeapTupleIsValid(tuple))
		result = DatumGetBool(heap_getattr(tuple, ANUM_PROGRESS_SNAPSHOT_PAUSED,
										   RelationGetDescr(rel), &is_null));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

/* A duration as an interval, of whole seconds. */
static Datum
seconds_interval(double seconds)
{
	Interval *interval = palloc0(sizeof(Interval));

	interval->time = (TimeOffset) seconds * USECS_PER_SEC;
	return IntervalPGetDatum(interval);
}

/*
 * Of the figures that follow: rows per second, percent, time that remains.
 * A table is as far as its blocks are; the estimate of its rows is only that.
 */
static void
add_progress(W2kResultRow *result, const SnapshotRow *row, const char *state)
{
	bool has_begun = !row->nulls[SNAPSHOT_STARTED];
	bool has_total = !row->nulls[SNAPSHOT_TOTAL_BLOCKS];
	bool is_done = strcmp(state, "done") == 0;
	double seconds = 0;
	double percent = 0;

	if (has_begun)
	{
		TimestampTz until = row->nulls[SNAPSHOT_FINISHED]
								? GetCurrentTimestamp()
								: DatumGetTimestampTz(
									  row->values[SNAPSHOT_FINISHED]);

		seconds = (double) (until - DatumGetTimestampTz(
										row->values[SNAPSHOT_STARTED])) /
				  USECS_PER_SEC;
	}
	if (has_total && DatumGetInt64(row->values[SNAPSHOT_TOTAL_BLOCKS]) > 0)
		percent = 100.0 * DatumGetInt64(row->values[SNAPSHOT_NEXT_BLOCK]) /
				  DatumGetInt64(row->values[SNAPSHOT_TOTAL_BLOCKS]);
	if (is_done)
		percent = 100;
	percent = Min(percent, 100);

	w2k_result_add(result,
				   Float8GetDatum(
					   seconds > 0 ? rint(DatumGetInt64(
											  row->values[SNAPSHOT_ROWS_READ]) /
										  seconds)
								   : 0),
				   seconds <= 0);
	w2k_result_add(result, Float8GetDatum(rint(percent * 10) / 10),
				   !is_done && !has_total);
	w2k_result_add(result,
				   seconds_interval(
					   percent > 0 ? seconds * (100 - percent) / percent : 0),
				   strcmp(state, "reading") != 0 || percent <= 0);
}

static void
put_row(FunctionCallInfo fcinfo, const SnapshotRow *row, bool paused)
{
	static const int before[] = {SNAPSHOT_NAME,		  SNAPSHOT_ID,
								 SNAPSHOT_KIND,		  SNAPSHOT_SIGNAL_ID,
								 SNAPSHOT_SCHEMANAME, SNAPSHOT_RELNAME,
								 SNAPSHOT_COLLECTION};
	static const int counts[] = {SNAPSHOT_ROWS_ESTIMATED, SNAPSHOT_ROWS_READ,
								 SNAPSHOT_BYTES_READ};
	static const int after[] = {SNAPSHOT_NEXT_BLOCK, SNAPSHOT_TOTAL_BLOCKS,
								SNAPSHOT_ERROR,		 SNAPSHOT_CREATED,
								SNAPSHOT_STARTED,	 SNAPSHOT_FINISHED,
								SNAPSHOT_RELID,		 SNAPSHOT_FILTER};
	W2kResultRow result = {.ncolumns = 0};
	char *state = TextDatumGetCString(row->values[SNAPSHOT_STATE]);
	char *kind = TextDatumGetCString(row->values[SNAPSHOT_KIND]);

	for (size_t i = 0; i < lengthof(before); i++)
		w2k_result_add(&result, row->values[before[i]], row->nulls[before[i]]);
	if (paused && strcmp(kind, "initial") != 0 &&
		(strcmp(state, "waiting") == 0 || strcmp(state, "reading") == 0))
		state = "paused";
	w2k_result_add_text(&result, state);
	for (size_t i = 0; i < lengthof(counts); i++)
		w2k_result_add(&result, row->values[counts[i]], row->nulls[counts[i]]);
	add_progress(&result, row, state);
	for (size_t i = 0; i < lengthof(after); i++)
		w2k_result_add(&result, row->values[after[i]], row->nulls[after[i]]);
	w2k_result_put(fcinfo, &result);
}

/* stat_get_snapshot() */
Datum
wal2kafka_stat_get_snapshot(PG_FUNCTION_ARGS)
{
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, w2k_connector_row_list())
	{
		const W2kConnectorInfo *connector = lfirst(lc);
		bool paused;
		ListCell *lr;

		if (!w2k_access_may_see(connector->owner))
			continue;
		paused = is_paused(connector->name);
		foreach(lr, read_rows(connector->name))
			put_row(fcinfo, lfirst(lr), paused);
	}
	return (Datum) 0;
}
