/*
 * snapshot_markers.c
 *		The markers of a blocking snapshot: its first and last rows.
 *
 * They are those of an initial one, but there is no plan that says where the
 * tables' last rows lie, nor one snapshot for all of them.  The last row of a
 * table is found while it is read; whether it is the last one of all depends
 * on whether the tables behind it have rows, which is asked before the first
 * one is read.
 */
#include "postgres.h"

#include "worker/snapshot_markers.h"

static bool
is_same_snapshot(const W2kSnapshotRow *row, const W2kSnapshotRow *other)
{
	return row->snapshot_id == other->snapshot_id && row->kind == other->kind;
}

W2kSnapshotRow *
w2k_markers_unprobed(List *rows, const W2kSnapshotRow *row)
{
	ListCell *lc;

	if (row->kind != W2K_KIND_BLOCKING)
		return NULL;
	foreach(lc, rows)
	{
		W2kSnapshotRow *other = lfirst(lc);

		if (is_same_snapshot(row, other) && !other->is_probed &&
			other->ordinal > row->ordinal && other->state == W2K_TABLE_WAITING)
			return other;
	}
	return NULL;
}

void
w2k_markers_note(List *rows, int64 snapshot_id, int ordinal, bool has_rows)
{
	ListCell *lc;

	foreach(lc, rows)
	{
		W2kSnapshotRow *row = lfirst(lc);

		if (row->snapshot_id != snapshot_id || row->ordinal != ordinal)
			continue;
		row->is_probed = true;
		row->has_rows = has_rows;
	}
}

/*
 * Tables that were done when this process began are not in the list; they are
 * taken to have had rows.
 */
void
w2k_markers_set(List *rows, const W2kSnapshotRow *row, W2kChunkRequest *request)
{
	bool is_first = row->rows == 0;
	bool is_first_here = row->rows == 0;
	bool is_last = true;
	bool is_last_here = true;
	int before = 0;
	ListCell *lc;

	if (row->kind != W2K_KIND_BLOCKING)
		return;
	foreach(lc, rows)
	{
		const W2kSnapshotRow *other = lfirst(lc);
		bool is_here = strcmp(row->collection, other->collection) == 0;

		if (!is_same_snapshot(row, other))
			continue;
		if (other->ordinal < row->ordinal)
		{
			before++;
			is_first = is_first && other->rows == 0;
			is_first_here = is_first_here && (!is_here || other->rows == 0);
		}
		else if (other->ordinal > row->ordinal && other->has_rows)
		{
			is_last = false;
			is_last_here = is_last_here && !is_here;
		}
	}
	is_first = is_first && before == row->ordinal - 1;
	if (is_first)
		request->first_marker = W2K_MARKER_FIRST;
	else if (is_first_here)
		request->first_marker = W2K_MARKER_FIRST_IN_COLLECTION;
	if (is_last)
		request->last_marker = W2K_MARKER_LAST;
	else if (is_last_here)
		request->last_marker = W2K_MARKER_LAST_IN_COLLECTION;
	request->marks_ends = true;
}
