/*
 * snapshot_todo.c
 *		The tables that are read while changes are streamed.
 *
 * All that are half read are watched from the first change that is decoded,
 * and not from when their turn comes: what happens to their rows meanwhile
 * counts.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "config/snapshots.h"
#include "decode/window.h"
#include "worker/attempt.h"
#include "worker/snapshot_todo.h"

static struct
{
	MemoryContext context; /* of the list and all it holds */
	List *rows;
	bool is_paused;
} todo;

void
w2k_todo_begin(void)
{
	memset(&todo, 0, sizeof(todo));
}

List *
w2k_todo_rows(void)
{
	return todo.rows;
}

bool
w2k_todo_is_paused(void)
{
	return todo.is_paused;
}

const char *
w2k_todo_query(const W2kSnapshotRow *row)
{
	if (row->kind == W2K_KIND_BLOCKING)
		return row->filter;
	if (row->signal_id != NULL &&
		strncmp(row->signal_id, W2K_OWN_SIGNAL, strlen(W2K_OWN_SIGNAL)) != 0)
		return NULL;
	return w2k_snapshots_override(w2k_attempt->conf, row->collection);
}

bool
w2k_todo_is_blocking(const W2kSnapshotRow *row)
{
	return row->kind == W2K_KIND_BLOCKING || w2k_todo_query(row) != NULL;
}

void
w2k_todo_watch(const W2kSnapshotRow *row)
{
	w2k_window_watch(row->relid);
	if (row->is_incomplete)
		w2k_window_set_all_incomplete(row->relid, true);
}

/*
 * The same for one whose turn it is not yet; where too many are half read, it
 * is read from its beginning then.
 */
static void
watch_early(W2kSnapshotRow *row)
{
	if (w2k_window_has_room())
		w2k_todo_watch(row);
	else
	{
		row->state = W2K_TABLE_WAITING;
		row->next_block = 0;
		row->total_blocks = -1;
	}
}

W2kSnapshotRow *
w2k_todo_load(W2kSnapshotRow *current)
{
	MemoryContext old_list = todo.context;
	MemoryContext caller;
	W2kSnapshotRow *found = NULL;
	ListCell *lc;

	if (current != NULL)
	{
		List *one = list_make1(current);

		w2k_snapshot_catalog_update(w2k_attempt->row->name, one);
		list_free(one);
	}
	todo.context = AllocSetContextCreate(TopMemoryContext,
										 "wal2kafka incremental",
										 ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(todo.context);
	todo.rows = w2k_snapshot_catalog_unfinished(w2k_attempt->row->name);
	todo.is_paused = w2k_snapshot_catalog_is_paused(w2k_attempt->row->name);
	MemoryContextSwitchTo(caller);
	foreach(lc, todo.rows)
	{
		W2kSnapshotRow *row = lfirst(lc);

		if (current != NULL && row->snapshot_id == current->snapshot_id &&
			row->ordinal == current->ordinal)
			found = row;
		else if (row->state == W2K_TABLE_READING)
			watch_early(row);
	}
	if (old_list != NULL)
		MemoryContextDelete(old_list);
	return found;
}

W2kSnapshotRow *
w2k_todo_next(void)
{
	ListCell *lc;

	foreach(lc, todo.rows)
	{
		W2kSnapshotRow *row = lfirst(lc);

		if (row->state <= W2K_TABLE_READING)
			return row;
	}
	return NULL;
}

bool
w2k_todo_is_last(const W2kSnapshotRow *row)
{
	const W2kSnapshotRow *next = w2k_todo_next();

	return next == NULL || next->snapshot_id != row->snapshot_id;
}

void
w2k_todo_note_changes(void)
{
	List *rows = NIL;
	ListCell *lc;

	if (!w2k_window_is_watching())
		return;
	foreach(lc, todo.rows)
	{
		W2kSnapshotRow *row = lfirst(lc);

		if (row->state != W2K_TABLE_READING || row->is_incomplete ||
			!w2k_window_has_incomplete(row->relid))
			continue;
		row->is_incomplete = true;
		rows = lappend(rows, row);
	}
	if (rows != NIL)
		w2k_snapshot_catalog_update(w2k_attempt->row->name, rows);
	list_free(rows);
}
