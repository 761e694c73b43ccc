/*
 * snapshot.c
 *		The initial snapshot of a connector, from the worker's side.
 *
 * Readers are asked for pieces, ranges of a table's blocks, and their frames
 * go to the sender as they come.  A piece counts when Kafka has acknowledged
 * its records; a table's progress is where its first piece that does not count
 * yet begins.  See doc/snapshots.md.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "replication/slot.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "config/snapshots.h"
#include "worker/attempt.h"
#include "worker/pump.h"
#include "worker/rate.h"
#include "worker/schema_catalog.h"
#include "worker/signals.h"
#include "worker/snapshot.h"
#include "worker/snapshot_catalog.h"
#include "worker/snapshot_crew.h"
#include "worker/snapshot_notes.h"

/* Blocks of a piece: one megabyte. */
#define PIECE_BLOCKS 128
/* Pieces that a reader has been asked for, so that it need not wait for us. */
#define PIECES_AHEAD 2
/* Pieces that may wait for Kafka. */
#define MAX_PIECES 256
/* How often progress is written down. */
#define RECORD_MS 1000
#define IDLE_MS 1000

/* A table, in the order in which it is read. */
typedef struct Table
{
	W2kSnapshotRow *row;
	const char *query;	  /* read instead of the table, or NULL */
	BlockNumber next_ask; /* the first block that nobody was asked for */
	bool is_asked;		  /* for all of it */
	bool is_described;	  /* or to be, or it need not */
	bool is_dirty;		  /* its row is to be written */
	int npieces;		  /* that do not count yet */
	W2kMarker first_marker, last_marker;
} Table;

typedef struct Piece
{
	bool in_use;
	int table;
	BlockNumber start, end;
	bool is_read;	 /* all of it is on its way ... */
	uint64 sequence; /* ... and its last record is this one */
	int64 rows, bytes;
} Piece;

static struct
{
	MemoryContext context;
	List *rows; /* the tables' */
	Table *tables;
	int ntables;
	int told; /* tables that all has been told of */
	bool is_begun_told;
	int at; /* the first table that is not asked for in full */
	const Piece *definition; /* that is waited for, or NULL */
	Piece pieces[MAX_PIECES];
	int nreaders;
	W2kCrewMember *readers[W2K_MAX_SNAPSHOT_THREADS];
	int asked[W2K_MAX_SNAPSHOT_THREADS]; /* pieces that it owes */
	XLogRecPtr consistent_point;
	TimestampTz recorded_time;
	W2kRate rate;
	bool has_room;
} snapshot;

/* ---- the plan ---- */

XLogRecPtr
w2k_snapshot_make_slot(const W2kConnectorConfig *conf, const char *slot_name,
					   List *options)
{
	W2kCrewMember *holder;
	W2kPlanHead head;
	List *tables;

	w2k_crew_end_all(); /* of an attempt that got no further */
	holder = w2k_crew_start(0);
	tables = w2k_crew_open(holder, W2K_READER_MAKE_SLOT, conf, slot_name,
						   options, NULL, &head);
	(void) w2k_snapshot_catalog_begin(w2k_attempt->row->name, slot_name,
									  head.consistent_point, tables);
	w2k_crew_release(holder);
	return head.consistent_point;
}

static int
compare_estimates(const ListCell *a, const ListCell *b)
{
	const W2kSnapshotRow *left = lfirst(a);
	const W2kSnapshotRow *right = lfirst(b);
	int order = left->rows_estimated < right->rows_estimated
					? -1
					: left->rows_estimated > right->rows_estimated;

	return order != 0 ? order * w2k_attempt->conf->snapshot_order
					  : left->ordinal - right->ordinal;
}

/* Has this table rows to bear markers?  What a query gives is not known. */
static bool
has_rows(const Table *table)
{
	return table->query != NULL || ItemPointerIsValid(&table->row->first);
}

/*
 * The first and the last row of each collection, and of all, have markers of
 * their own.  A collection of partitions is several tables in a row.
 */
static void
set_markers(void)
{
	Table *first = NULL;
	Table *last = NULL;
	const Table *before = NULL;

	for (int i = 0; i < snapshot.ntables; i++)
	{
		Table *table = &snapshot.tables[i];

		table->first_marker = table->last_marker = W2K_MARKER_TRUE;
		if (!has_rows(table))
			continue;
		if (first == NULL)
			first = table;
		if (before == NULL ||
			strcmp(before->row->collection, table->row->collection) != 0)
		{
			table->first_marker = W2K_MARKER_FIRST_IN_COLLECTION;
			if (last != NULL)
				last->last_marker = W2K_MARKER_LAST_IN_COLLECTION;
		}
		before = last = table;
	}
	if (last == NULL)
		return;
	first->first_marker = W2K_MARKER_FIRST;
	last->last_marker = W2K_MARKER_LAST;
	/* a row that is the first and the last: the collection's end counts, but
	 * for the beginning and the end of everything */
	for (int i = 0; i < snapshot.ntables; i++)
	{
		Table *table = &snapshot.tables[i];

		if (table->query != NULL || !has_rows(table) ||
			!ItemPointerEquals(&table->row->first, &table->row->last))
			continue;
		if (table->last_marker != W2K_MARKER_LAST &&
			(table->first_marker == W2K_MARKER_FIRST ||
			 table->last_marker == W2K_MARKER_TRUE))
			table->last_marker = table->first_marker;
	}
}

/* What is left of the plan that was written down. */
static void
take_plan(List *rows)
{
	ListCell *lc;

	if (w2k_attempt->conf->snapshot_order != 0)
		list_sort(rows, compare_estimates);
	snapshot.tables = palloc0(sizeof(Table) * Max(list_length(rows), 1));
	foreach(lc, rows)
	{
		W2kSnapshotRow *row = lfirst(lc);
		Table *table = &snapshot.tables[snapshot.ntables];

		if (row->kind != W2K_KIND_INITIAL)
			continue;
		snapshot.rows = lappend(snapshot.rows, row);
		table->row = row;
		table->query = w2k_snapshots_override(w2k_attempt->conf,
											  row->collection);
		table->next_ask = (BlockNumber) row->next_block;
		table->is_described = !w2k_attempt->conf->include_schema_changes ||
							  row->next_block > 0 ||
							  (snapshot.ntables > 0 &&
							   strcmp(row->collection,
									  table[-1].row->collection) == 0);
		snapshot.ntables++;
	}
	set_markers();
}

/* ---- asking ---- */

/* Are more rows to come now, by snapshot.max.rows.per.second? */
static bool
may_ask(void)
{
	return w2k_rate_allows(&snapshot.rate,
						   w2k_attempt->conf->snapshot_max_rate);
}

/* Blocks for the next piece: fewer where the rate is limited. */
static BlockNumber
piece_blocks(const Table *table)
{
	int rate = w2k_attempt->conf->snapshot_max_rate;
	double per_block;

	if (rate == 0)
		return PIECE_BLOCKS;
	per_block = table->row->rows_estimated > 0 && table->row->total_blocks > 0
					? (double) table->row->rows_estimated /
						  (double) table->row->total_blocks
					: 50;
	return (BlockNumber) Max(1, Min(PIECE_BLOCKS, rate / 10 / per_block));
}

static Piece *
free_piece(void)
{
	for (int i = 0; i < MAX_PIECES; i++)
		if (!snapshot.pieces[i].in_use)
			return &snapshot.pieces[i];
	return NULL;
}

/*
 * Asks for rows; or first for the record that says what the table is like.
 * That counts as a piece in front of them, so it is asked for again until
 * Kafka has it.
 */
static void
ask(int reader, int number, Piece *piece)
{
	Table *table = &snapshot.tables[number];
	W2kSnapshotRow *row = table->row;
	W2kChunkRequest request = {.table = (int) (piece - snapshot.pieces),
							   .relid = row->relid,
							   .filenode = row->filenode,
							   .marker = W2K_MARKER_TRUE,
							   .first = row->first,
							   .last = row->last,
							   .first_marker = table->first_marker,
							   .last_marker = table->last_marker,
							   .is_definition = !table->is_described,
							   .lsn = snapshot.consistent_point};

	memset(piece, 0, sizeof(*piece));
	piece->in_use = true;
	piece->table = number;
	piece->start = piece->end = table->next_ask;
	if (request.is_definition)
		snapshot.definition = piece;
	else if (table->query != NULL ||
			 (int64) piece->start + piece_blocks(table) >= row->total_blocks)
	{
		piece->end = (BlockNumber) row->total_blocks;
		table->is_asked = true;
	}
	else
		piece->end = piece->start + piece_blocks(table);
	table->is_described = true;
	table->next_ask = piece->end;
	ItemPointerSet(&request.from, piece->start, FirstOffsetNumber);
	request.end = piece->end;
	if (row->state == W2K_TABLE_WAITING)
	{
		row->state = W2K_TABLE_READING;
		table->is_dirty = true;
	}
	table->npieces++;
	snapshot.asked[reader]++;
	w2k_crew_ask(snapshot.readers[reader], &request, NULL, table->query);
}

/*
 * Gives readers something to do.  A table's definition is waited for: rows of
 * it that another reader has would overtake it.
 */
static void
ask_on(void)
{
	for (int reader = 0; reader < snapshot.nreaders; reader++)
	{
		while (snapshot.asked[reader] < PIECES_AHEAD)
		{
			Piece *piece = free_piece();

			while (
				snapshot.at < snapshot.ntables &&
				(snapshot.tables[snapshot.at].is_asked ||
				 snapshot.tables[snapshot.at].row->state > W2K_TABLE_READING))
				snapshot.at++;
			if (piece == NULL || snapshot.at >= snapshot.ntables ||
				snapshot.definition != NULL || !may_ask())
				return;
			ask(reader, snapshot.at, piece);
		}
	}
}

/* ---- listening ---- */

/* A table is out: nothing more of it is asked for. */
static void
finish_table(Table *table, W2kTableState state, const char *why)
{
	table->row->state = state;
	table->row->error = why == NULL
							? NULL
							: MemoryContextStrdup(snapshot.context, why);
	table->is_asked = true;
	table->is_dirty = true;
	if (why != NULL)
		ereport(LOG,
				(errmsg("wal2kafka connector \"%s\": snapshot of table \"%s.%s\": %s",
						w2k_attempt->row->name, table->row->schema,
						table->row->table, why)));
}

/* It cannot be read under the snapshot: later, the incremental way. */
static void
postpone_table(Table *table)
{
	table->row->kind = W2K_KIND_INCREMENTAL;
	table->row->state = W2K_TABLE_WAITING;
	table->row->next_block = 0;
	table->row->total_blocks = -1;
	table->row->filenode = InvalidOid;
	table->is_asked = true;
	table->is_dirty = true;
	ereport(LOG,
			(errmsg("wal2kafka connector \"%s\": table \"%s.%s\" was rewritten since the snapshot; it is read when changes are streamed",
					w2k_attempt->row->name, table->row->schema,
					table->row->table)));
}

static void
on_done(const W2kChunkDone *done)
{
	Piece *piece = &snapshot.pieces[done->table];
	Table *table = &snapshot.tables[piece->table];
	W2kSnapshotRow *row = table->row;
	bool is_given_up = row->kind != W2K_KIND_INITIAL ||
					   row->state > W2K_TABLE_READING;

	if (piece == snapshot.definition)
		snapshot.definition = NULL;
	piece->is_read = true;
	piece->sequence = w2k_attempt->sender.sequence;
	piece->rows = done->rows;
	piece->bytes = done->bytes;
	snapshot.rate.rows += done->rows;
	if (done->skipped > 0)
		pg_atomic_fetch_add_u64(&w2k_attempt->slot->counters.skipped,
								done->skipped);
	if (done->result == W2K_CHUNK_READ)
		return;
	piece->in_use = false;
	table->npieces--;
	if (is_given_up)
		return;
	switch (done->result)
	{
		case W2K_CHUNK_GONE:
			finish_table(table, W2K_TABLE_SKIPPED, "it was dropped");
			break;
		case W2K_CHUNK_UNCAPTURED:
			finish_table(table, W2K_TABLE_SKIPPED,
						 "it is not captured any more");
			break;
		case W2K_CHUNK_REWRITTEN:
			postpone_table(table);
			break;
		default:
			ereport(ERROR,
					(errcode(done->sqlerrcode),
					 errmsg("could not read table \"%s.%s\" for the snapshot: %.*s",
							row->schema, row->table, done->error_len,
							(const char *) (done + 1) +
								sizeof(TransactionId) * done->nxids)));
	}
}

/* Takes what readers have, as long as the pipe takes it. */
static void
take_answers(void)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	bool has_any = true;

	/* not while there is much that the pipe has not taken yet */
	snapshot.has_room = w2k_sender_link_feed(sender);
	while (has_any && snapshot.has_room)
	{
		has_any = false;
		for (int i = 0; i < snapshot.nreaders && snapshot.has_room; i++)
		{
			char type;
			const char *body;
			Size len;

			if (!w2k_crew_receive(snapshot.readers[i], &type, &body, &len))
				continue;
			has_any = true;
			if (type == W2K_SNAPSHOT_FRAMES)
			{
				appendBinaryStringInfo(&sender->out, body, (int) len);
				snapshot.has_room = w2k_sender_link_feed(sender);
			}
			else if (type == W2K_SNAPSHOT_DONE)
			{
				snapshot.asked[i]--;
				on_done((const W2kChunkDone *) body);
			}
		}
	}
}

/* ---- progress ---- */

/* Pieces whose records are all acknowledged count. */
static void
count_pieces(void)
{
	BlockNumber *next = palloc(sizeof(BlockNumber) * Max(snapshot.ntables, 1));

	for (int i = 0; i < snapshot.ntables; i++)
		next[i] = snapshot.tables[i].next_ask;
	for (int i = 0; i < MAX_PIECES; i++)
	{
		Piece *piece = &snapshot.pieces[i];
		Table *table = &snapshot.tables[piece->table];

		if (!piece->in_use)
			continue;
		if (piece->is_read && piece->sequence <= w2k_attempt->sender.acked)
		{
			table->row->rows += piece->rows;
			table->row->bytes += piece->bytes;
			table->is_dirty = true;
			table->npieces--;
			piece->in_use = false;
		}
		else
			next[piece->table] = Min(next[piece->table], piece->start);
	}
	for (int i = 0; i < snapshot.ntables; i++)
	{
		Table *table = &snapshot.tables[i];

		if (table->row->state != W2K_TABLE_READING)
			continue;
		table->row->next_block = next[i];
		if (table->is_asked && table->npieces == 0)
			finish_table(table, W2K_TABLE_DONE, NULL);
	}
	pfree(next);
}

/*
 * Tells of the tables one after the other, though the next is being read
 * already when the last is acknowledged.
 */
static void
tell(void)
{
	for (; snapshot.told < snapshot.ntables; snapshot.told++)
	{
		const Table *table = &snapshot.tables[snapshot.told];
		const W2kSnapshotRow *row = table->row;

		if (row->state == W2K_TABLE_WAITING && row->kind == W2K_KIND_INITIAL)
			return;
		if (!snapshot.is_begun_told &&
			(snapshot.told == 0 ||
			 strcmp(row->collection, table[-1].row->collection) != 0))
			w2k_notes_in_progress(snapshot.rows, row, false);
		snapshot.is_begun_told = true;
		if (row->state == W2K_TABLE_READING)
			return;
		w2k_notes_scanned(snapshot.rows, row,
						  row->state == W2K_TABLE_DONE ? "SUCCEEDED"
													   : "SKIPPED");
		snapshot.is_begun_told = false;
	}
}

/* Is every table done with? */
static bool
is_complete(void)
{
	for (int i = 0; i < snapshot.ntables; i++)
		if (snapshot.tables[i].row->kind == W2K_KIND_INITIAL &&
			snapshot.tables[i].row->state <= W2K_TABLE_READING)
			return false;
	return true;
}

/* Writes down what has changed, when it is time or a table is done. */
static void
record(bool is_due)
{
	TimestampTz now = GetCurrentTimestamp();
	List *rows = NIL;

	is_due = is_due || TimestampDifferenceExceeds(snapshot.recorded_time, now,
												  RECORD_MS);
	for (int i = 0; i < snapshot.ntables; i++)
	{
		Table *table = &snapshot.tables[i];

		if (!table->is_dirty ||
			(!is_due && table->row->state <= W2K_TABLE_READING))
			continue;
		rows = lappend(rows, table->row);
		table->is_dirty = false;
	}
	if (is_due)
		snapshot.recorded_time = now;
	if (rows != NIL)
		w2k_snapshot_catalog_update(w2k_attempt->row->name, rows);
}

/* ---- the loop ---- */

/*
 * Sees to what goes on elsewhere.  Has there to be an end of this attempt?
 * Then lets arrive what it has.
 */
static void
look_around(void)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	TimestampTz until;

	w2k_signals_when_due();
	w2k_pump_watch_lag();
	if (ConfigReloadPending)
		w2k_attempt_reload();
	if (!w2k_attempt_should_end())
		return;
	until = TimestampTzPlusMilliseconds(w2k_attempt->asked_time, W2K_DRAIN_MS);
	while (sender->is_connected && !w2k_sender_link_is_idle(sender) &&
		   GetCurrentTimestamp() < until)
		w2k_pump_wait(50);
	count_pieces();
	record(true);
	w2k_attempt_finish();
}

/* A wait that was asked for: snapshot.delay.ms, streaming.delay.ms. */
static void
delay(int ms)
{
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);

	while (GetCurrentTimestamp() < until)
	{
		w2k_pump_wait(
			Min(IDLE_MS,
				TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until) +
					1));
		look_around();
	}
}

/* The snapshot is gone with its holder: changes are streamed meanwhile. */
static void
hand_over(void)
{
	List *rows = NIL;

	for (int i = 0; i < snapshot.ntables; i++)
	{
		W2kSnapshotRow *row = snapshot.tables[i].row;

		row->kind = W2K_KIND_INCREMENTAL;
		/* updates may have moved rows behind what was its end */
		row->total_blocks = -1;
		if (row->next_block == 0)
			row->state = W2K_TABLE_WAITING;
		rows = lappend(rows, row);
	}
	if (rows != NIL)
	{
		ereport(LOG,
				(errmsg("wal2kafka connector \"%s\": the process that held the initial snapshot is gone; %d tables that are left are read while changes are streamed",
						w2k_attempt->row->name, list_length(rows))));
		w2k_snapshot_catalog_update(w2k_attempt->row->name, rows);
	}
}

static void
gather_readers(List *options)
{
	const W2kConnectorConfig *conf = w2k_attempt->conf;
	const char *slot_name = NameStr(w2k_attempt->slot_name);
	int64 pieces = 0;
	W2kPlanHead head;

	for (int i = 0; i < snapshot.ntables; i++)
		pieces += 1 + snapshot.tables[i].row->total_blocks / PIECE_BLOCKS;
	snapshot.readers[0] = w2k_crew_start(0);
	(void) w2k_crew_open(snapshot.readers[0], W2K_READER_HOLD, conf, slot_name,
						 options, NULL, &head);
	snapshot.consistent_point = head.consistent_point;
	snapshot.nreaders = 1;
	while (snapshot.nreaders < conf->snapshot_max_threads &&
		   snapshot.nreaders < pieces)
	{
		W2kCrewMember *member = w2k_crew_start_another(snapshot.nreaders);
		W2kPlanHead other;

		if (member == NULL)
			break; /* it takes longer then */
		(void) w2k_crew_open(member, W2K_READER_IMPORT, conf, slot_name,
							 options, head.snapshot_id, &other);
		snapshot.readers[snapshot.nreaders++] = member;
	}
}

static void
read_tables(void)
{
	MemoryContext turn = AllocSetContextCreate(snapshot.context,
											   "wal2kafka turn",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(turn);

	while (!is_complete())
	{
		CHECK_FOR_INTERRUPTS();
		ask_on();
		take_answers();
		w2k_sender_link_flush(&w2k_attempt->sender);
		w2k_pump_read();
		count_pieces();
		record(false);
		w2k_schema_catalog_when_due();
		tell();
		look_around();
		if (!is_complete())
			w2k_pump_wait(may_ask() ? IDLE_MS : 20);
		MemoryContextReset(turn);
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(turn);
}

void
w2k_snapshot_run(List *options)
{
	MemoryContext oldcontext;

	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.context = AllocSetContextCreate(TopMemoryContext,
											 "wal2kafka snapshot",
											 ALLOCSET_DEFAULT_SIZES);
	oldcontext = MemoryContextSwitchTo(snapshot.context);
	take_plan(w2k_snapshot_catalog_unfinished(w2k_attempt->row->name));
	if (!w2k_crew_has_holder())
		hand_over();
	else
	{
		w2k_compat_slot_acquire(NameStr(w2k_attempt->slot_name));
		delay(w2k_attempt->conf->snapshot_delay_ms);
		gather_readers(options);
		if (snapshot.ntables > 0)
			w2k_notes_started(snapshot.rows, linitial(snapshot.rows));
		read_tables();
		record(true);
		if (snapshot.ntables > 0)
			w2k_notes_completed(linitial(snapshot.rows));
		for (int i = 0; i < snapshot.nreaders; i++)
			w2k_crew_dismiss(snapshot.readers[i]);
		ReplicationSlotRelease();
	}
	w2k_snapshot_catalog_set_initial(w2k_attempt->row->name,
									 W2K_INITIAL_COMPLETED,
									 w2k_attempt->row->restart_generation);
	ereport(LOG,
			(errmsg("wal2kafka connector \"%s\": the initial snapshot is complete",
					w2k_attempt->row->name)));
	delay(w2k_attempt->conf->streaming_delay_ms);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(snapshot.context);
}
