/*
 * chunk.c
 *		In a reader: rows of a table under a snapshot -> messages.
 *
 * Rows are read in a subtransaction, so that one that cannot be encoded costs
 * neither the snapshot nor, where the policy is to go on, the rows after it.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/relation.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_am_d.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "decode/identity.h"
#include "decode/output.h"
#include "snapshot/chunk.h"
#include "snapshot/guard.h"
#include "snapshot/horizon.h"
#include "snapshot/query.h"

/* A message is sent when it has grown to this. */
#define MESSAGE_SIZE (64 * 1024)
/* Rows are read with the table locked, and sent when it is not: so much at
 * once. */
#define SLICE_SIZE (512 * 1024)
#define CHUNK_SIZE (4 * 1024 * 1024)
/* Blocks that a new snapshot reads at most, however few of their rows pass. */
#define MAX_BLOCKS 4096

/* A chunk being read. */
typedef struct Chunk
{
	W2kReader *reader;
	W2kChunkRequest *request;
	const char *filter; /* NULL = none */
	const char *query;
	W2kChunkDone done;
	Snapshot snapshot;
	ItemPointerData from; /* where to go on after a row that failed */
	ItemPointerData row;  /* the one being written; invalid = none */
	int row_start;		  /* of it, in the output */
	TransactionId *xids;
	int max_bytes;
	bool is_full; /* the request's limits are reached, or a slice's */
} Chunk;

/* ---- the snapshot of a chunk ---- */

/*
 * A new snapshot that sees everything that was committed, by its commit
 * record, before the position which the worker has decoded.  The worker had
 * decoded it before it asked, so what there is now is enough.
 */
static void
take_snapshot(Chunk *chunk)
{
	W2kChunkDone *done = &chunk->done;
	Snapshot snapshot;

	StartTransactionCommand();
	XactIsoLevel = XACT_READ_COMMITTED;
	XactReadOnly = true;
	/* first, since it may have to wait */
	LockRelationOid(chunk->request->relid, AccessShareLock);
	w2k_horizon_wait(chunk->reader->link);
	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	done->high = w2k_horizon_insert_position();
	XLogFlush(done->high);
	done->xmin = snapshot->xmin;
	done->xmax = snapshot->xmax;
	done->nxids = (int) snapshot->xcnt;
	chunk->xids = MemoryContextAlloc(chunk->reader->chunk_context,
									 sizeof(TransactionId) *
										 Max(done->nxids, 1));
	memcpy(chunk->xids, snapshot->xip, sizeof(TransactionId) * done->nxids);
	chunk->snapshot = snapshot;
}

/* ---- rows ---- */

struct TableScanDescData *
w2k_chunk_begin_scan(Relation relation, Snapshot snapshot, BlockNumber start,
					 BlockNumber count)
{
	TableScanDesc scan;

	/* with a ring of buffers, and without joining somebody else's scan */
	scan = table_beginscan_strat(relation, snapshot, 0, NULL, true, false);
	if (relation->rd_rel->relam == HEAP_TABLE_AM_OID)
		heap_setscanlimits(scan, start, count);
	return scan;
}

static void
flush(Chunk *chunk)
{
	W2kReader *reader = chunk->reader;
	StringInfo out = &reader->out;
	bool is_there;

	if (out->len == 0)
		return;
	is_there = w2k_snapshot_link_send(reader->link,
									  chunk->request->has_identities
										  ? W2K_SNAPSHOT_ROWS
										  : W2K_SNAPSHOT_FRAMES,
									  out->data, out->len, NULL, 0);
	chunk->done.bytes += out->len;
	resetStringInfo(out);
	/* a huge row must not leave a huge buffer */
	if (out->maxlen > 16 * MESSAGE_SIZE)
	{
		out->data = repalloc(out->data, 2 * MESSAGE_SIZE);
		out->maxlen = 2 * MESSAGE_SIZE;
	}
	if (!is_there)
		ereport(ERROR, (errcode(ERRCODE_CONNECTION_FAILURE),
						errmsg("the connector's worker has gone")));
}

static W2kMarker
marker_of(W2kChunkRequest *request, ItemPointer tid)
{
	if (ItemPointerIsValid(&request->last) &&
		ItemPointerEquals(tid, &request->last))
		return request->last_marker;
	if (ItemPointerIsValid(&request->first) &&
		ItemPointerEquals(tid, &request->first))
		return request->first_marker;
	return request->marker;
}

/* A row's record, in front of it what it is known by where that is asked. */
static void
write_row(Chunk *chunk, W2kRelation *wrel, TupleTableSlot *slot,
		  W2kMarker marker)
{
	const W2kChunkRequest *request = chunk->request;
	W2kReading *reading = chunk->reader->reading;
	StringInfo out = &chunk->reader->out;
	W2kRowHead head = {0};

	chunk->row_start = out->len;
	if (request->is_probe)
	{
		chunk->is_full = w2k_reading_passes(wrel, slot);
		chunk->done.rows = chunk->is_full ? 1 : 0;
		return;
	}
	if (!w2k_reading_load(reading, wrel, slot))
		return;
	if (request->has_identities)
	{
		int start;

		appendBinaryStringInfo(out, (char *) &head, sizeof(head));
		start = out->len;
		w2k_reading_append_identity(reading, wrel, slot, out);
		head.identity_len = (uint32) (out->len - start);
		start = out->len;
		w2k_reading_write(reading, wrel, slot, marker, out);
		head.frames_len = (uint32) (out->len - start);
		memcpy(out->data + chunk->row_start, &head, sizeof(head));
	}
	else
		w2k_reading_write(reading, wrel, slot, marker, out);
	chunk->done.rows++;
	chunk->is_full = out->len >= chunk->max_bytes ||
					 (request->max_rows > 0 &&
					  chunk->done.rows >= request->max_rows);
	/* a SELECT is read in one go */
	if (chunk->query != NULL && out->len >= MESSAGE_SIZE)
		flush(chunk);
}

/* The policy passes over a row that failed in this way, or raises the error. */
static void
skip_row(Chunk *chunk, ErrorData *error)
{
	const W2kConnectorConfig *conf =
		w2k_reading_session(chunk->reader->reading)->conf;
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	if (conf->processing_failure == W2K_FAILURE_FAIL ||
		category == ERRCODE_OPERATOR_INTERVENTION ||
		category == ERRCODE_INSUFFICIENT_RESOURCES ||
		category == ERRCODE_CONNECTION_EXCEPTION)
		ReThrowError(error);
	chunk->reader->out.len = chunk->row_start;
	chunk->done.skipped++;
	if (conf->processing_failure == W2K_FAILURE_WARN)
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("skipped a row of the relation with OID %u that could not be encoded",
						chunk->request->relid),
				 errdetail("%s", error->message),
				 ItemPointerIsValid(&chunk->row)
					 ? errcontext("row (%u,%u)",
								  ItemPointerGetBlockNumber(&chunk->row),
								  ItemPointerGetOffsetNumber(&chunk->row))
					 : 0));
}

static void
check_cancelled(const Chunk *chunk)
{
	CHECK_FOR_INTERRUPTS();
	if (w2k_snapshot_link_is_cancelled(chunk->reader->link))
		ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED),
						errmsg("snapshot was stopped")));
}

/* The marker of the last row of what is read; first is the first one's. */
static W2kMarker
last_marker(const W2kChunkRequest *request, W2kMarker first)
{
	return request->last_marker == W2K_MARKER_LAST || first != W2K_MARKER_FIRST
			   ? request->last_marker
			   : first;
}

/*
 * A row of a scan.  Where the last one has a marker of its own, each is held
 * back until there is another one, or (slot is NULL) the scan has ended.
 */
static void
take_row(Chunk *chunk, W2kRelation *wrel, TupleTableSlot *slot,
		 TupleTableSlot *held)
{
	W2kChunkRequest *request = chunk->request;
	W2kMarker marker = chunk->done.rows == 0 ? request->first_marker
											 : request->marker;

	if (held == NULL)
	{
		chunk->row = slot->tts_tid;
		write_row(chunk, wrel, slot, marker_of(request, &slot->tts_tid));
	}
	else if (!TTS_EMPTY(held))
	{
		chunk->row = held->tts_tid;
		write_row(chunk, wrel, held,
				  slot == NULL ? last_marker(request, marker) : marker);
	}
	ItemPointerSetInvalid(&chunk->row);
}

/* The rows of the table itself, in the order in which they lie. */
static void
read_blocks(Chunk *chunk, Relation relation, W2kRelation *wrel)
{
	W2kChunkRequest *request = chunk->request;
	BlockNumber start = ItemPointerGetBlockNumberNoCheck(&chunk->from);
	BlockNumber end = Min(request->end, chunk->done.blocks);
	BlockNumber stop = end;
	bool is_heap = relation->rd_rel->relam == HEAP_TABLE_AM_OID;
	TupleTableSlot *slot;
	TupleTableSlot *held = NULL;
	TableScanDesc scan;

	if (chunk->reader->mode == W2K_READER_FRESH && start < end &&
		!request->marks_ends && !request->is_probe)
		stop = Min(end, start + MAX_BLOCKS);
	chunk->done.is_end = !is_heap || stop >= end;
	ItemPointerSet(&chunk->done.next, stop, FirstOffsetNumber);
	if (is_heap && start >= end)
		return;
	slot = table_slot_create(relation, NULL);
	if (request->marks_ends)
		held = MakeSingleTupleTableSlot(RelationGetDescr(relation),
										&TTSOpsHeapTuple);
	scan = w2k_chunk_begin_scan(relation, chunk->snapshot, start, stop - start);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		check_cancelled(chunk);
		if (is_heap && ItemPointerCompare(&slot->tts_tid, &chunk->from) < 0)
			continue;
		if (held != NULL)
		{
			if (!w2k_reading_passes(wrel, slot))
				continue;
			take_row(chunk, wrel, slot, held);
		}
		if (chunk->is_full && is_heap)
		{
			chunk->done.next = slot->tts_tid;
			chunk->done.is_end = false;
			break;
		}
		if (held != NULL)
			ExecCopySlot(held, slot);
		else
			take_row(chunk, wrel, slot, NULL);
	}
	table_endscan(scan);
	if (held != NULL && chunk->done.is_end)
		take_row(chunk, wrel, NULL, held);
	if (held != NULL)
		ExecDropSingleTupleTableSlot(held);
	ExecDropSingleTupleTableSlot(slot);
}

/* The rows for which a condition holds, in the order in which they lie. */
static void
read_filtered(Chunk *chunk, Relation relation, W2kRelation *wrel)
{
	const W2kChunkRequest *request = chunk->request;
	Oid owner = w2k_reading_session(chunk->reader->reading)->conf->owner;
	BlockNumber all = Min(request->end, chunk->done.blocks);
	BlockNumber stop = request->stop > 0 ? Min(all, request->stop) : all;
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	W2kSnapshotQuery *query;

	chunk->done.is_end = stop >= all;
	ItemPointerSet(&chunk->done.next, stop, FirstOffsetNumber);
	query = w2k_snapshot_query_filter(relation, chunk->filter, owner,
									  &chunk->from, stop);
	while (w2k_snapshot_query_next(query, slot))
	{
		check_cancelled(chunk);
		if (chunk->is_full)
		{
			chunk->done.next = slot->tts_tid;
			chunk->done.is_end = false;
			break;
		}
		chunk->row = slot->tts_tid;
		write_row(chunk, wrel, slot, request->marker);
		ItemPointerSetInvalid(&chunk->row);
	}
	w2k_snapshot_query_end(query);
	ExecDropSingleTupleTableSlot(slot);
}

/* A row that a SELECT gives. */
typedef struct SelectedRow
{
	Chunk *chunk;
	W2kRelation *wrel;
	TupleTableSlot *slot;
	W2kMarker marker;
} SelectedRow;

static void
do_write_row(void *arg)
{
	const SelectedRow *row = arg;

	write_row(row->chunk, row->wrel, row->slot, row->marker);
}

/*
 * Such a row has no place to go on behind.  So where it may be passed over, it
 * is written in a subtransaction of its own, which leaves the cursor alone.
 */
static void
write_selected(SelectedRow *row, W2kMarker marker)
{
	Chunk *chunk = row->chunk;
	W2kReading *reading = chunk->reader->reading;
	ErrorData *error;

	row->marker = marker;
	if (w2k_reading_session(reading)->conf->processing_failure ==
		W2K_FAILURE_FAIL)
	{
		do_write_row(row);
		return;
	}
	error = w2k_guard_run(do_write_row, row);
	if (error == NULL)
		return;
	w2k_reading_forget(reading);
	skip_row(chunk, error);
}

/*
 * The rows that a SELECT of somebody's own gives.  It is not known beforehand
 * which one is the last, so one is always held back.
 */
static void
read_selected(Chunk *chunk, Relation relation, W2kRelation *wrel)
{
	const W2kChunkRequest *request = chunk->request;
	Oid owner = w2k_reading_session(chunk->reader->reading)->conf->owner;
	TupleDesc desc = RelationGetDescr(relation);
	TupleTableSlot *held = MakeSingleTupleTableSlot(desc, &TTSOpsHeapTuple);
	TupleTableSlot *result = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	W2kMarker marker = request->first_marker;
	SelectedRow row = {chunk, wrel, held};
	W2kSnapshotQuery *query;

	query = w2k_snapshot_query_select(relation, wrel, chunk->query, owner);
	while (w2k_snapshot_query_next(query, result))
	{
		check_cancelled(chunk);
		if (!TTS_EMPTY(held))
		{
			write_selected(&row, marker);
			marker = request->marker;
		}
		ExecCopySlot(held, result);
		if (request->is_probe)
			break;
	}
	if (!TTS_EMPTY(held))
		write_selected(&row, last_marker(request, marker));
	w2k_snapshot_query_end(query);
	ExecDropSingleTupleTableSlot(result);
	ExecDropSingleTupleTableSlot(held);
	chunk->done.is_end = true;
}

/* What is to be read is what was planned?  Sets the result where not. */
static W2kRelation *
check_relation(Chunk *chunk, Relation relation)
{
	const W2kChunkRequest *request = chunk->request;
	W2kChunkDone *done = &chunk->done;
	W2kRelation *wrel;

	done->filenode = w2k_compat_filenode(relation);
	done->blocks = RelationGetNumberOfBlocks(relation);
	if (OidIsValid(request->filenode) && done->filenode != request->filenode &&
		!request->is_definition)
	{
		done->result = W2K_CHUNK_REWRITTEN;
		return NULL;
	}
	wrel = w2k_relation_lookup(w2k_reading_session(chunk->reader->reading)
								   ->relations,
							   relation);
	if (wrel->capture != W2K_CAPTURE_ROWS ||
		(wrel->published.operations & W2K_PUBLISH_INSERT) == 0)
	{
		done->result = W2K_CHUNK_UNCAPTURED;
		return NULL;
	}
	done->shape = w2k_identity_shape(wrel);
	return wrel;
}

/* What the table is published as has a definition: it may be a parent. */
static void
write_definition(Chunk *chunk, Relation relation, W2kRelation *wrel)
{
	W2kReading *reading = chunk->reader->reading;
	Relation root = relation;

	if (wrel->published.root != RelationGetRelid(relation))
	{
		root = relation_open(wrel->published.root, AccessShareLock);
		wrel = w2k_relation_lookup(w2k_reading_session(reading)->relations,
								   root);
	}
	w2k_reading_write_definition(reading, wrel, root, &chunk->reader->out);
	if (root != relation)
		relation_close(root, AccessShareLock);
	chunk->done.is_end = true;
}

static void
read_rows(Chunk *chunk)
{
	Relation relation = try_relation_open(chunk->request->relid,
										  AccessShareLock);
	W2kRelation *wrel;

	if (relation == NULL)
	{
		chunk->done.result = W2K_CHUNK_GONE;
		return;
	}
	wrel = check_relation(chunk, relation);
	if (wrel != NULL)
	{
		PushActiveSnapshot(chunk->snapshot);
		if (wrel->has_printed_types)
			w2k_output_set_modes(w2k_reading_session(chunk->reader->reading));
		if (chunk->request->is_definition)
			write_definition(chunk, relation, wrel);
		else if (chunk->query != NULL)
			read_selected(chunk, relation, wrel);
		else if (chunk->filter != NULL)
			read_filtered(chunk, relation, wrel);
		else
			read_blocks(chunk, relation, wrel);
		PopActiveSnapshot();
	}
	relation_close(relation, AccessShareLock);
}

static void
do_read_rows(void *arg)
{
	read_rows(arg);
}

/*
 * Reads on from chunk->from in a subtransaction.  False when a row was passed
 * over and there may be more.
 */
static bool
try_rows(Chunk *chunk)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(
		chunk->reader->chunk_context);
	ErrorData *error = w2k_guard_run(do_read_rows, chunk);

	MemoryContextSwitchTo(oldcontext);
	if (error == NULL)
		return true;
	w2k_reading_forget(chunk->reader->reading);
	if (!ItemPointerIsValid(&chunk->row))
		ReThrowError(error);
	skip_row(chunk, error);
	chunk->from = chunk->row;
	ItemPointerInc(&chunk->from);
	ItemPointerSetInvalid(&chunk->row);
	return false;
}

/*
 * Under a snapshot that is held, a chunk is read slice by slice; what there is
 * goes out when the table is not locked.  Of a new one, only as much is read.
 */
static bool
read_slice(Chunk *chunk)
{
	if (!try_rows(chunk))
		return false;
	if (chunk->reader->mode == W2K_READER_FRESH || chunk->done.is_end ||
		chunk->done.result != W2K_CHUNK_READ)
		return true;
	flush(chunk);
	chunk->from = chunk->done.next;
	chunk->is_full = false;
	return false;
}

/* ---- the answer ---- */

static void
begin_chunk(Chunk *chunk)
{
	W2kReader *reader = chunk->reader;
	const W2kChunkRequest *request = chunk->request;
	W2kReadSource source = {0};

	if (reader->mode == W2K_READER_FRESH)
		take_snapshot(chunk);
	else
		chunk->snapshot = GetTransactionSnapshot();
	if (request->marker == W2K_MARKER_INCREMENTAL)
	{
		source.time_us = w2k_output_now_ns() / 1000;
		source.has_null_lsn = true;
	}
	else if (reader->mode == W2K_READER_FRESH)
	{
		source.time_us = w2k_output_now_ns() / 1000;
		source.xid = U64FromFullTransactionId(ReadNextFullTransactionId());
	}
	else
	{
		source.time_us = reader->time_us;
		source.xid = reader->xid;
	}
	source.lsn = request->lsn;
	source.last_commit_lsn = request->last_commit_lsn;
	w2k_reading_begin(reader->reading, &source);
}

static void
end_chunk(Chunk *chunk)
{
	if (chunk->reader->mode != W2K_READER_FRESH)
		return;
	UnregisterSnapshot(chunk->snapshot);
	CommitTransactionCommand();
}

static void
send_done(Chunk *chunk, const char *error)
{
	W2kReader *reader = chunk->reader;
	W2kChunkDone *done = &chunk->done;
	StringInfo out = &reader->out;

	resetStringInfo(out);
	done->table = chunk->request->table;
	done->error_len = error == NULL ? 0 : (int) strlen(error);
	appendBinaryStringInfo(out, (char *) done, sizeof(*done));
	if (done->nxids > 0)
		appendBinaryStringInfo(out, (char *) chunk->xids,
							   (int) sizeof(TransactionId) * done->nxids);
	if (error != NULL)
		appendBinaryStringInfo(out, error, done->error_len);
	(void) w2k_snapshot_link_send(reader->link, W2K_SNAPSHOT_DONE, out->data,
								  out->len, NULL, 0);
	resetStringInfo(out);
}

void
w2k_chunk_answer(W2kReader *reader, W2kChunkRequest *request,
				 const char *filter, const char *query)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	Chunk chunk = {.reader = reader,
				   .request = request,
				   .filter = filter,
				   .query = query,
				   .from = request->from};
	char *volatile text = NULL;

	chunk.max_bytes = reader->mode == W2K_READER_FRESH ? CHUNK_SIZE
													   : SLICE_SIZE;
	resetStringInfo(&reader->out);
	PG_TRY();
	{
		begin_chunk(&chunk);
		while (!read_slice(&chunk))
			;
		end_chunk(&chunk);
		flush(&chunk);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(reader->chunk_context);
		error = CopyErrorData();
		FlushErrorState();
		if (reader->mode == W2K_READER_FRESH)
			AbortCurrentTransaction();
		MemoryContextSwitchTo(reader->chunk_context);
		CurrentResourceOwner = oldowner;
		chunk.done.result = W2K_CHUNK_FAILED;
		chunk.done.sqlerrcode = error->sqlerrcode;
		chunk.done.nxids = 0;
		text = error->message;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(oldcontext);
	send_done(&chunk, text);
	MemoryContextReset(reader->chunk_context);
}
