/*
 * snapshot_notes.c
 *		What is told of a snapshot, in Debezium's notifications.
 *
 * Debezium's names for additional_data are in its
 * io.debezium.pipeline.notification; it has no name for what it has not read
 * yet, so "total_rows" is what a table is estimated to have until it is read
 * to its end.
 */
#include "postgres.h"

#include "worker/notification.h"
#include "worker/snapshot_notes.h"

static const char *
aggregate(const W2kSnapshotRow *row)
{
	return row->kind == W2K_KIND_INCREMENTAL ? W2K_NOTIFY_INCREMENTAL
											 : W2K_NOTIFY_INITIAL;
}

static bool
is_same_snapshot(const W2kSnapshotRow *row, const W2kSnapshotRow *other)
{
	return row->snapshot_id == other->snapshot_id && row->kind == other->kind;
}

static bool
is_same_collection(const W2kSnapshotRow *row, const W2kSnapshotRow *other)
{
	return is_same_snapshot(row, other) &&
		   strcmp(row->collection, other->collection) == 0;
}

/*
 * The collections that are read; in an incremental snapshot those that are not
 * finished, this one included.
 */
static char *
list_collections(List *rows, const W2kSnapshotRow *current)
{
	StringInfoData list;
	const char *last = NULL;
	ListCell *lc;

	initStringInfo(&list);
	foreach(lc, rows)
	{
		const W2kSnapshotRow *row = lfirst(lc);

		if (!is_same_snapshot(row, current) ||
			(row->kind == W2K_KIND_INCREMENTAL &&
			 row->state > W2K_TABLE_READING &&
			 !is_same_collection(row, current)) ||
			(last != NULL && strcmp(last, row->collection) == 0))
			continue;
		if (last != NULL)
			appendStringInfoChar(&list, ',');
		appendStringInfoString(&list, row->collection);
		last = row->collection;
	}
	return list.data;
}

void
w2k_notes_started(List *rows, const W2kSnapshotRow *row)
{
	char *collections = list_collections(rows, row);

	if (row->kind == W2K_KIND_INCREMENTAL)
		w2k_notification_tell(row->signal_id, aggregate(row), "STARTED",
							  "data_collections", collections, NULL);
	else
		w2k_notification_tell(row->signal_id, aggregate(row), "STARTED", NULL);
	w2k_notification_tell(row->signal_id, aggregate(row),
						  "DATA_COLLECTIONS_RESOLVED", "data_collections",
						  collections, NULL);
}

void
w2k_notes_in_progress(List *rows, const W2kSnapshotRow *row, bool is_end)
{
	char *collections = list_collections(rows, row);

	if (row->kind == W2K_KIND_INCREMENTAL)
		w2k_notification_tell(row->signal_id, aggregate(row), "IN_PROGRESS",
							  "data_collections", collections,
							  "current_collection_in_progress",
							  row->collection, "total_rows",
							  psprintf(INT64_FORMAT,
									   is_end ? row->rows
											  : Max(row->rows,
													row->rows_estimated)),
							  NULL);
	else
		w2k_notification_tell(row->signal_id, aggregate(row), "IN_PROGRESS",
							  "data_collections", collections,
							  "current_collection_in_progress",
							  row->collection, NULL);
}

void
w2k_notes_scanned(List *rows, const W2kSnapshotRow *row, const char *status)
{
	char *collections = list_collections(rows, row);
	int64 count = 0;
	char *text;
	ListCell *lc;

	foreach(lc, rows)
	{
		const W2kSnapshotRow *other = lfirst(lc);

		if (!is_same_collection(row, other))
			continue;
		if (other->state <= W2K_TABLE_READING && other != row)
			return;
		count += other->rows;
	}
	text = psprintf(INT64_FORMAT, count);
	if (row->kind == W2K_KIND_INCREMENTAL)
		w2k_notification_tell(row->signal_id, aggregate(row),
							  "TABLE_SCAN_COMPLETED", "data_collections",
							  collections, "scanned_collection",
							  row->collection, "total_rows_scanned", text,
							  "total_rows", text, "status", status, NULL);
	else
		w2k_notification_tell(row->signal_id, aggregate(row),
							  "TABLE_SCAN_COMPLETED", "data_collections",
							  collections, "scanned_collection",
							  row->collection, "total_rows_scanned", text,
							  "status", status, NULL);
}

void
w2k_notes_completed(const W2kSnapshotRow *row)
{
	w2k_notification_tell(row->signal_id, aggregate(row), "COMPLETED", NULL);
}

void
w2k_notes_skipped(void)
{
	w2k_notification_tell(NULL, W2K_NOTIFY_INITIAL, "SKIPPED", NULL);
}
