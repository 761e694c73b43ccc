/*
 * incremental.c
 *		Reads tables while changes are streamed.
 *
 * One chunk after the other: a window is opened where decoding stands, a
 * reader is asked, and when decoding has passed everything that the chunk's
 * snapshot sees, those of its rows go out which nobody has changed since.
 * doc/snapshots.md says why that is right.
 *
 * The next chunk is asked for when Kafka has acknowledged the last one.  So a
 * snapshot never has more than one chunk's records between a change and the
 * broker, and what is written down of its progress is always behind what
 * Kafka has.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "config/snapshots.h"
#include "decode/window.h"
#include "worker/attempt.h"
#include "worker/incremental.h"
#include "worker/pace.h"
#include "worker/rate.h"
#include "worker/snapshot_catalog.h"
#include "worker/snapshot_crew.h"
#include "worker/snapshot_markers.h"
#include "worker/snapshot_notes.h"
#include "worker/snapshot_request.h"
#include "worker/snapshot_rows.h"
#include "worker/snapshot_todo.h"

/* How often progress is written down. */
#define RECORD_MS 1000
/* WAL that may be left to decode where a chunk is asked for: it would only
 * wait here for the rest. */
#define MAX_LAG ((uint64) 64 * 1024 * 1024)
/* When a table was locked, or the rate is limited: the next look. */
#define LOCKED_RETRY_MS 1000
#define RATE_POLL_MS 20
/* A chunk in whose window too much happened is read again, this often. */
#define MAX_LOST 10
/* So often a table is read for rows that may lack a value, see
 * decode/window.h. */
#define MAX_PASSES 4
/* After a reader could not be had, or died. */
#define READER_RETRY_MS 5000

typedef enum Phase
{
	PHASE_IDLE,		/* nothing to read, or not now */
	PHASE_STARTING, /* the reader is on its way */
	PHASE_OPENING,	/* and has been told what it is for */
	PHASE_READY,
	PHASE_ASKED,  /* for a chunk, which is not complete */
	PHASE_LOADED, /* it is; decoding has to catch up with it */
	PHASE_SENT,	  /* a slice of it: Kafka has to acknowledge that */
	PHASE_RESTING /* before the next slice */
} Phase;

static struct
{
	MemoryContext chunk_context;
	List *options;
	W2kSnapshotRow *row; /* the table being read, or NULL */
	int64 started_id;	 /* the snapshot whose start has been told */
	bool is_dirty;
	Phase phase;
	W2kCrewMember *reader;
	ItemPointerData next;		/* where the next chunk begins */
	StringInfoData chunk;		/* messages of rows, one behind the other */
	int chunk_sent;				/* bytes of it that are dealt with */
	StringInfoData definitions; /* what those have in them besides records */
	W2kChunkDone done;
	int probed;		 /* ordinal of the table that is looked at, 0 = none */
	uint64 sequence; /* of the last record sent of the chunk */
	int64 sent_rows;
	int lost;				/* times that this chunk had to be read again */
	int pass;				/* over the table, from 1 */
	bool is_all;			/* and it is for every row */
	TimestampTz retry_time; /* not before; 0 = now */
	TimestampTz sent_time;	/* of the present slice */
	TimestampTz recorded_time;
	W2kRate rate;
	W2kPace pace;
} snap;

/* ---- what is to be read ---- */

/* Loads the list anew; the table being read goes on, if it still may. */
static void
load(void)
{
	Oid relid = snap.row == NULL ? InvalidOid : snap.row->relid;

	snap.row = w2k_todo_load(snap.row);
	if (OidIsValid(relid) && snap.row == NULL)
	{
		/* stopped: so is the reader, in the middle of whatever it reads */
		w2k_window_close();
		w2k_window_unwatch(relid);
		if (snap.reader != NULL)
			w2k_crew_release(snap.reader);
		snap.reader = NULL;
		snap.probed = 0;
		snap.phase = PHASE_IDLE;
	}
}

static void
begin_table(W2kSnapshotRow *row)
{
	snap.row = row;
	snap.lost = 0;
	snap.pass = 1;
	snap.is_all = true;
	w2k_todo_watch(row);
	ItemPointerSet(&snap.next, (BlockNumber) row->next_block,
				   FirstOffsetNumber);
	if (row->state == W2K_TABLE_WAITING)
	{
		row->state = W2K_TABLE_READING;
		snap.is_dirty = true;
	}
	if (snap.started_id != row->snapshot_id)
		w2k_notes_started(w2k_todo_rows(), row);
	snap.started_id = row->snapshot_id;
}

/* Writes down how far it is, when it is time. */
static void
record(bool is_due)
{
	TimestampTz now = GetCurrentTimestamp();
	List *rows;

	if (!snap.is_dirty || snap.row == NULL ||
		(!is_due &&
		 !TimestampDifferenceExceeds(snap.recorded_time, now, RECORD_MS)))
		return;
	rows = list_make1(snap.row);
	w2k_snapshot_catalog_update(w2k_attempt->row->name, rows);
	list_free(rows);
	snap.is_dirty = false;
	snap.recorded_time = now;
}

static void
finish_table(W2kTableState state, const char *status, const char *why)
{
	W2kSnapshotRow *row = snap.row;

	row->state = state;
	if (why != NULL)
	{
		row->error = MemoryContextStrdup(GetMemoryChunkContext(row), why);
		ereport(LOG,
				(errmsg("wal2kafka connector \"%s\": snapshot of table \"%s.%s\": %s",
						w2k_attempt->row->name, row->schema, row->table, why)));
	}
	snap.is_dirty = true;
	record(true);
	w2k_notes_scanned(w2k_todo_rows(), row, status);
	if (w2k_todo_is_last(row))
		w2k_notes_completed(row);
	w2k_window_close();
	w2k_window_unwatch(row->relid);
	snap.row = NULL;
	snap.phase = PHASE_READY;
}

/* ---- asking ---- */

/* Has a table that comes later any rows? */
static void
probe(const W2kSnapshotRow *row)
{
	W2kChunkRequest request = {.relid = row->relid,
							   .end = InvalidBlockNumber,
							   .max_rows = 1,
							   .marker = W2K_MARKER_TRUE,
							   .is_probe = true};

	ItemPointerSet(&request.from, 0, FirstOffsetNumber);
	ItemPointerSetInvalid(&request.first);
	ItemPointerSetInvalid(&request.last);
	snap.probed = row->ordinal;
	w2k_crew_ask(snap.reader, &request, NULL, w2k_todo_query(row));
	snap.phase = PHASE_ASKED;
}

static void
ask(void)
{
	W2kSnapshotRow *row = snap.row;
	const W2kConnectorConfig *conf = w2k_attempt->conf;
	const char *query = w2k_todo_query(row);
	bool blocks = w2k_todo_is_blocking(row);
	XLogRecPtr sent_lsn = pg_atomic_read_u64(
		&w2k_attempt->slot->counters.sent_lsn);
	W2kChunkRequest request = {.relid = row->relid,
							   .filenode = row->filenode,
							   .from = snap.next,
							   .end = row->total_blocks < 0
										  ? InvalidBlockNumber
										  : (BlockNumber) row->total_blocks,
							   .max_rows = conf->incremental_chunk_size,
							   .marker = row->kind == W2K_KIND_BLOCKING
											 ? W2K_MARKER_TRUE
											 : W2K_MARKER_INCREMENTAL,
							   .has_identities = !blocks,
							   .lsn = w2k_stream_position(w2k_attempt->stream),
							   .last_commit_lsn = sent_lsn};

	if (conf->snapshot_max_rate > 0)
		request.max_rows = Min(request.max_rows,
							   Max(1, conf->snapshot_max_rate / 10));
	ItemPointerSetInvalid(&request.first);
	ItemPointerSetInvalid(&request.last);
	w2k_window_open(row->relid);
	MemoryContextReset(snap.chunk_context);
	{
		MemoryContext caller = MemoryContextSwitchTo(snap.chunk_context);

		initStringInfo(&snap.chunk);
		initStringInfo(&snap.definitions);
		MemoryContextSwitchTo(caller);
	}
	if (query != NULL)
		request.max_rows = 0;
	/* a condition is asked of ranges of blocks, by what they may hold */
	else if (row->filter != NULL)
		request.stop = ItemPointerGetBlockNumberNoCheck(&snap.next) +
					   (BlockNumber) Max(1, request.max_rows / 50);
	request.first_marker = request.last_marker = request.marker;
	w2k_markers_set(w2k_todo_rows(), row, &request);
	snap.chunk_sent = 0;
	snap.sent_rows = 0;
	w2k_crew_ask(snap.reader, &request, query == NULL ? row->filter : NULL,
				 query);
	snap.phase = PHASE_ASKED;
}

/* ---- a chunk that is there ---- */

/* Sends a slice of the rows, those that nobody has changed. */
static void
send_slice(void)
{
	W2kSenderLink *sender = &w2k_attempt->sender;

	snap.sent_rows += w2k_rows_append(&sender->out, &snap.chunk,
									  &snap.chunk_sent, &snap.definitions,
									  w2k_pace_bytes(&snap.pace),
									  snap.row->relid, snap.is_all);
	(void) w2k_sender_link_feed(sender);
	w2k_sender_link_flush(sender);
	if (snap.chunk_sent >= snap.chunk.len)
		w2k_window_close();
	snap.sequence = sender->sequence;
	snap.sent_time = GetCurrentTimestamp();
	snap.phase = PHASE_SENT;
}

/*
 * The end of the table.  A row that an update has moved to where we had been
 * already, and that was sent without a large value, has been missed: then the
 * table is read again for such rows.
 */
static void
end_pass(void)
{
	W2kSnapshotRow *row = snap.row;

	if (!w2k_window_has_incomplete(row->relid) || snap.pass == MAX_PASSES)
	{
		if (snap.pass == MAX_PASSES)
			ereport(LOG,
					(errmsg("wal2kafka connector \"%s\": table \"%s.%s\" is updated so much that some of its rows may lack a large value after its snapshot",
							w2k_attempt->row->name, row->schema, row->table)));
		row->next_block = row->total_blocks;
		finish_table(W2K_TABLE_DONE, row->rows > 0 ? "SUCCEEDED" : "EMPTY",
					 NULL);
		return;
	}
	snap.pass++;
	snap.is_all = w2k_window_is_all_incomplete(row->relid);
	if (snap.is_all)
		w2k_window_set_all_incomplete(row->relid, false);
	row->total_blocks = -1;
	row->next_block = 0;
	ItemPointerSet(&snap.next, 0, FirstOffsetNumber);
	record(true);
	snap.phase = PHASE_READY;
}

/* Everything is acknowledged. */
static void
count_chunk(void)
{
	W2kSnapshotRow *row = snap.row;
	const W2kChunkDone *done = &snap.done;

	row->rows += snap.sent_rows;
	row->bytes += done->bytes;
	snap.rate.rows += done->rows;
	if (snap.sent_rows > 0)
		w2k_notes_in_progress(w2k_todo_rows(), row, done->is_end);
	snap.lost = 0;
	snap.is_dirty = true;
	if (done->skipped > 0)
		pg_atomic_fetch_add_u64(&w2k_attempt->slot->counters.skipped,
								done->skipped);
	if (row->total_blocks < 0)
		row->total_blocks = done->blocks;
	row->filenode = done->filenode;
	if (done->is_end)
	{
		end_pass();
		return;
	}
	snap.next = done->next;
	row->next_block = ItemPointerGetBlockNumberNoCheck(&snap.next);
	record(false);
	snap.phase = PHASE_READY;
}

static void
ask_again_later(int ms)
{
	w2k_window_close();
	snap.phase = PHASE_READY;
	snap.retry_time =
		ms == 0 ? 0 : TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);
}

/* Rows lie elsewhere now: from the beginning. */
static void
begin_again(void)
{
	W2kSnapshotRow *row = snap.row;

	ereport(LOG,
			(errmsg("wal2kafka connector \"%s\": table \"%s.%s\" was rewritten; its snapshot begins again",
					w2k_attempt->row->name, row->schema, row->table)));
	row->next_block = 0;
	row->total_blocks = -1;
	row->filenode = InvalidOid;
	snap.is_dirty = true;
	ItemPointerSet(&snap.next, 0, FirstOffsetNumber);
	ask_again_later(0);
}

static void
on_failure(const W2kChunkDone *done)
{
	bool is_passing;
	char *text = pnstrdup((const char *) (done + 1) +
							  sizeof(TransactionId) * done->nxids,
						  done->error_len);

	switch (ERRCODE_TO_CATEGORY(done->sqlerrcode))
	{
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_SYSTEM_ERROR:
			is_passing = true;
			break;
		default:
			is_passing = done->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
			break;
	}
	if (is_passing)
		ask_again_later(LOCKED_RETRY_MS);
	else
		finish_table(W2K_TABLE_FAILED, "SQL_EXCEPTION", text);
	pfree(text);
}

static void
on_done(const W2kChunkDone *done)
{
	if (snap.probed > 0)
	{
		w2k_markers_note(w2k_todo_rows(), snap.row->snapshot_id, snap.probed,
						 done->result == W2K_CHUNK_READ && done->rows > 0);
		snap.probed = 0;
		snap.phase = PHASE_READY;
		return;
	}
	snap.done = *done;
	switch (done->result)
	{
		case W2K_CHUNK_READ:
			w2k_window_set_snapshot(done->xmin, done->xmax,
									(const TransactionId *) (done + 1),
									done->nxids, done->shape);
			snap.phase = PHASE_LOADED;
			break;
		case W2K_CHUNK_GONE:
			finish_table(W2K_TABLE_SKIPPED, "SKIPPED", "it was dropped");
			break;
		case W2K_CHUNK_UNCAPTURED:
			finish_table(W2K_TABLE_SKIPPED, "SKIPPED", "it is not captured");
			break;
		case W2K_CHUNK_REWRITTEN:
			begin_again();
			break;
		case W2K_CHUNK_FAILED:
			on_failure(done);
			break;
	}
}

/* Takes what the reader has. */
static void
take_answers(void)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	char type;
	const char *body;
	Size len;

	while ((snap.phase == PHASE_ASKED || snap.phase == PHASE_OPENING) &&
		   w2k_sender_link_unsent(sender) == 0 &&
		   w2k_crew_receive(snap.reader, &type, &body, &len))
	{
		if (type == W2K_SNAPSHOT_PLAN)
			snap.phase = PHASE_READY;
		else if (type == W2K_SNAPSHOT_FRAMES)
		{
			/* nothing is decoded meanwhile, so nothing has to be kept */
			appendBinaryStringInfo(&sender->out, body, (int) len);
			(void) w2k_sender_link_feed(sender);
			w2k_sender_link_flush(sender);
		}
		else if (type == W2K_SNAPSHOT_ROWS)
			appendBinaryStringInfo(&snap.chunk, body, (int) len);
		else if (type == W2K_SNAPSHOT_DONE)
			on_done((const W2kChunkDone *) body);
	}
}

/* Has decoding passed all that the chunk's snapshot sees? */
static bool
has_caught_up(void)
{
	return w2k_incremental_blocks_stream() ||
		   w2k_stream_position(w2k_attempt->stream) >= snap.done.high;
}

/*
 * The chunk goes out, slice by slice, while the stream goes on: the window is
 * open until the last one.  Or it is read again, if what has happened meanwhile
 * does not tell which of the rows left are still as they were.
 */
static void
go_on_sending(void)
{
	if (w2k_todo_is_blocking(snap.row))
	{
		w2k_window_close();
		snap.sent_rows = snap.done.rows;
		snap.sequence = w2k_attempt->sender.sequence;
		snap.phase = PHASE_SENT;
	}
	else if (!w2k_window_is_lost() &&
			 w2k_rows_are_clear(&snap.chunk, snap.chunk_sent))
		send_slice();
	else if (++snap.lost < MAX_LOST)
		ask_again_later(LOCKED_RETRY_MS);
	else
		finish_table(W2K_TABLE_FAILED, "SQL_EXCEPTION",
					 "too many of its rows change while it is read, or their keys are not in the WAL");
}

/* ---- the engine ---- */

void
w2k_incremental_begin(List *options)
{
	memset(&snap, 0, sizeof(snap));
	w2k_todo_begin();
	snap.pace.counters = &w2k_attempt->slot->counters;
	snap.options = options;
	snap.chunk_context = AllocSetContextCreate(TopMemoryContext,
											   "wal2kafka chunk",
											   ALLOCSET_DEFAULT_SIZES);
	w2k_snapshot_request_pending = false;
	load();
}

/* Nothing is left: the reader may go. */
static void
rest(void)
{
	if (snap.reader != NULL)
		w2k_crew_dismiss(snap.reader);
	snap.reader = NULL;
	snap.phase = PHASE_IDLE;
}

static bool
is_too_early(void)
{
	return snap.retry_time != 0 && GetCurrentTimestamp() < snap.retry_time;
}

/* May rows be sent now, as far as the sender and the stream are concerned? */
static bool
may_send(void)
{
	return w2k_attempt->sender.is_connected &&
		   w2k_sender_link_unsent(&w2k_attempt->sender) == 0 &&
		   w2k_pace_allows(&snap.pace);
}

/* May a chunk be asked for at all now? */
static bool
may_ask(void)
{
	uint64 lag = w2k_stream_flushed() -
				 Min(w2k_stream_flushed(),
					 w2k_stream_position(w2k_attempt->stream));

	return !w2k_todo_is_paused() &&
		   (lag <= MAX_LAG || w2k_incremental_blocks_stream()) &&
		   w2k_rate_allows(&snap.rate, w2k_attempt->conf->snapshot_max_rate) &&
		   !is_too_early() && may_send();
}

/* One step; false where there is none to take now. */
static bool
step(void)
{
	Phase before = snap.phase;
	const W2kSnapshotRow *next;

	switch (snap.phase)
	{
		case PHASE_IDLE:
			if (w2k_todo_is_paused() || w2k_todo_next() == NULL ||
				is_too_early())
				return false;
			snap.reader = w2k_crew_launch(0);
			snap.phase = PHASE_STARTING;
			break;
		case PHASE_STARTING:
			if (!w2k_crew_is_ready(snap.reader))
				return false;
			w2k_crew_send_open(snap.reader, W2K_READER_FRESH,
							   w2k_attempt->conf,
							   NameStr(w2k_attempt->slot_name), snap.options,
							   NULL);
			snap.phase = PHASE_OPENING;
			break;
		case PHASE_OPENING:
		case PHASE_ASKED:
			take_answers();
			break;
		case PHASE_READY:
			if (snap.row == NULL && w2k_todo_next() == NULL)
			{
				rest();
				return false;
			}
			if (snap.row == NULL && !w2k_todo_is_paused())
				begin_table(w2k_todo_next());
			if (snap.row == NULL || !may_ask())
				break;
			next = w2k_markers_unprobed(w2k_todo_rows(), snap.row);
			if (next != NULL)
				probe(next);
			else
				ask();
			break;
		case PHASE_LOADED:
			if (has_caught_up())
				go_on_sending();
			break;
		case PHASE_SENT:
			if (w2k_attempt->sender.acked < snap.sequence)
				break;
			if (!w2k_todo_is_blocking(snap.row))
				w2k_pace_add(&snap.pace,
							 GetCurrentTimestamp() - snap.sent_time);
			if (snap.chunk_sent < snap.chunk.len)
				snap.phase = PHASE_RESTING;
			else
				count_chunk();
			break;
		case PHASE_RESTING:
			if (may_send())
				go_on_sending();
			break;
	}
	return snap.phase != before;
}

/*
 * A reader is another process, and may fail to come or go at any time.  That
 * is no reason to stop streaming: it is said, and tried again.
 */
static void
step_safely(void)
{
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		while (step())
			;
	}
	PG_CATCH();
	{
		ErrorData *error;

		/* not one of the tables' own */
		if (IsTransactionState() || snap.phase == PHASE_IDLE)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		ereport(LOG, (errmsg("wal2kafka connector \"%s\": %s",
							 w2k_attempt->row->name, error->message)));
		w2k_slots_set_state(w2k_attempt->slot_index, w2k_attempt->shown_state,
							error->message);
		FreeErrorData(error);
		w2k_window_close();
		w2k_crew_release(snap.reader);
		snap.reader = NULL;
		snap.probed = 0;
		snap.phase = PHASE_IDLE;
		snap.retry_time = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													  READER_RETRY_MS);
	}
	PG_END_TRY();
}

void
w2k_incremental_when_due(void)
{
	if (w2k_snapshot_request_pending)
	{
		w2k_snapshot_request_pending = false;
		load();
	}
	if (w2k_todo_rows() == NIL && snap.phase == PHASE_IDLE)
		return;
	step_safely();
	/* snapshot.mode=initial_only: the next attempt sees that all is done */
	if (!w2k_snapshots_wants_stream(w2k_attempt->conf) &&
		snap.phase == PHASE_IDLE && w2k_todo_next() == NULL)
		w2k_attempt->row->config_generation = -1;
	record(false);
}

bool
w2k_incremental_blocks_stream(void)
{
	return snap.row != NULL && w2k_todo_is_blocking(snap.row) &&
		   !w2k_todo_is_paused();
}

long
w2k_incremental_limit_sleep(long timeout_ms)
{
	if (snap.phase == PHASE_IDLE || w2k_todo_is_paused())
		return timeout_ms;
	if (snap.phase == PHASE_READY || snap.phase == PHASE_RESTING)
	{
		long left_ms = w2k_pace_left_ms(&snap.pace);

		return Min(timeout_ms, left_ms > 0 ? left_ms : RATE_POLL_MS);
	}
	return snap.phase == PHASE_STARTING ? Min(timeout_ms, 100) : timeout_ms;
}

void
w2k_incremental_end(void)
{
	if (snap.row != NULL)
		record(true);
	if (snap.reader != NULL)
		w2k_crew_release(snap.reader);
	snap.reader = NULL;
	snap.phase = PHASE_IDLE;
}
