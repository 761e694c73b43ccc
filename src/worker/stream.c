/*
 * stream.c
 *		A logical slot, decoded in process: opens it and yields frames.
 *
 * What walsender.c does for a connection, without one.  The differences:
 *
 * - The page reader never waits.  At the end of flushed WAL it says so, and
 *   the worker goes to its one wait point (R9).  Only while a new slot looks
 *   for its starting point must the reader wait, because the server's loop
 *   for that takes no for an answer.
 * - The plugin writes into the buffer from which the pipe is fed: a record is
 *   not copied between being encoded and write().
 * - The slot moves only when w2k_stream_confirm is called, and is written to
 *   disk by w2k_stream_save: the server itself does that only when its xmin
 *   or restart position moved, after which a clean restart could repeat
 *   thousands of transactions (R13).
 *
 * Decoding runs outside any transaction (R10): the server then keeps our
 * xmin out of everybody's horizon, and starts its own transactions.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "access/xlog_internal.h"
#include "access/xlogreader.h"
#include "access/xlogrecovery.h"
#include "access/xlogutils.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "replication/decode.h"
#include "replication/logical.h"
#include "replication/slot.h"
#include "replication/snapbuild.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "wal2kafka.h"
#include "worker/stream.h"

/* While a slot is being made, how often to look for more WAL. */
#define CREATE_POLL_MS 20

struct W2kStream
{
	LogicalDecodingContext *ctx;
	W2kStreamWrite write;
	void *arg;
	XLogRecPtr read_upto;	/* as far as the reader might last go */
	bool waits_for_standby; /* it might not, though the WAL is there */
};

XLogRecPtr
w2k_stream_flushed(void)
{
	return RecoveryInProgress() ? GetXLogReplayRecPtr(NULL)
								: GetFlushRecPtr(NULL);
}

/*
 * Reads the page at target_page as far as it is flushed; -1 when less than
 * req_len bytes of it are.  After a promotion the page may belong to the
 * previous timeline, on which the reader decides (R14).
 */
static int
read_page(XLogReaderState *state, XLogRecPtr target_page, int req_len,
		  XLogRecPtr target_rec, char *page)
{
	XLogRecPtr read_upto;
	XLogRecPtr loc = target_page + req_len;
	TimeLineID current;
	TimeLineID tli;
	XLogSegNo segno;
	WALReadError errinfo;
	LogicalDecodingContext *ctx;
	W2kStream *stream;
	bool is_held_back;
	int count;

	if (!RecoveryInProgress())
		read_upto = GetFlushRecPtr(&current);
	else
		read_upto = GetXLogReplayRecPtr(&current);
	XLogReadDetermineTimeline(state, target_page, req_len, current);
	tli = state->currTLI;
	if (tli != current)
		read_upto = state->currTLIValidUntil;

	ctx = state->private_data;
	stream = ctx->output_writer_private; /* NULL while a slot is made */
	is_held_back = loc <= read_upto && !w2k_compat_standbys_have(loc);
	if (stream != NULL)
	{
		stream->read_upto = read_upto;
		stream->waits_for_standby = is_held_back;
	}
	if (loc > read_upto || is_held_back)
		return -1;
	count = target_page + XLOG_BLCKSZ <= read_upto
				? XLOG_BLCKSZ
				: (int) (read_upto - target_page);
	if (!WALRead(state, page, target_page, count, tli, &errinfo))
		WALReadRaiseError(&errinfo);

	/* The segment may have been recycled while we read it. */
	XLByteToSeg(target_page, segno, state->segcxt.ws_segsize);
	CheckXLogRemoved(segno, tli);
	return count;
}

/* The same, but waits until the WAL is there: for slot creation only. */
static int
read_page_waiting(XLogReaderState *state, XLogRecPtr target_page, int req_len,
				  XLogRecPtr target_rec, char *page)
{
	for (;;)
	{
		int count = read_page(state, target_page, req_len, target_rec, page);

		if (count >= 0)
			return count;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 CREATE_POLL_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

W2kSlotKind
w2k_stream_slot_kind(const char *slot_name)
{
	ReplicationSlot *slot;
	W2kSlotKind kind = W2K_SLOT_FOREIGN;

	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	slot = SearchNamedReplicationSlot(slot_name, false);
	if (slot == NULL)
		kind = W2K_SLOT_MISSING;
	else
	{
		SpinLockAcquire(&slot->mutex);
		if (slot->data.database == MyDatabaseId &&
			strcmp(NameStr(slot->data.plugin), W2K_NAME) == 0)
			kind = w2k_compat_slot_is_lost(slot) ? W2K_SLOT_LOST
												 : W2K_SLOT_OURS;
		SpinLockRelease(&slot->mutex);
	}
	LWLockRelease(ReplicationSlotControlLock);
	return kind;
}

/*
 * Makes a slot that is ephemeral (gone by itself if we fail before it is
 * consistent), and finds where it begins.
 */
static LogicalDecodingContext *
begin_slot(const char *slot_name, bool failover, bool has_snapshot)
{
	LogicalDecodingContext *ctx;

	CheckLogicalDecodingRequirements();
	w2k_compat_slot_create(slot_name, RS_EPHEMERAL, failover);
	ctx = CreateInitDecodingContext(W2K_NAME, NIL, has_snapshot,
									InvalidXLogRecPtr,
									XL_ROUTINE(.page_read = read_page_waiting,
											   .segment_open = wal_segment_open,
											   .segment_close =
												   wal_segment_close),
									NULL, NULL, NULL);
	DecodingContextFindStartpoint(ctx);
	return ctx;
}

/* Keeps it, and lets go of it. */
static XLogRecPtr
finish_slot(LogicalDecodingContext *ctx)
{
	XLogRecPtr consistent_point;

	FreeDecodingContext(ctx);
	ReplicationSlotPersist();
	consistent_point = MyReplicationSlot->data.confirmed_flush;
	ReplicationSlotRelease();
	return consistent_point;
}

XLogRecPtr
w2k_stream_create_slot(const char *slot_name, bool failover)
{
	XLogRecPtr consistent_point;
	ResourceOwner owner = CurrentResourceOwner;

	Assert(!IsTransactionOrTransactionBlock());
	consistent_point = finish_slot(begin_slot(slot_name, failover, false));
	CurrentResourceOwner = owner;
	return consistent_point;
}

/*
 * As CREATE_REPLICATION_SLOT ... USE_SNAPSHOT.  The transaction is begun
 * before the slot is made, else the server would keep our xmin out of
 * everybody's horizon (R27).
 */
XLogRecPtr
w2k_stream_create_slot_with_snapshot(const char *slot_name, bool failover)
{
	LogicalDecodingContext *ctx;
	Snapshot snapshot;

	Assert(!IsTransactionOrTransactionBlock());
	StartTransactionCommand();
	XactIsoLevel = XACT_REPEATABLE_READ;
	XactReadOnly = true;
	ctx = begin_slot(slot_name, failover, true);
	/* before 16, whatever a catalog was read with would be in the way */
	InvalidateCatalogSnapshot();
	snapshot = SnapBuildInitialSnapshot(ctx->snapshot_builder);
	RestoreTransactionSnapshot(snapshot, MyProc);
	return finish_slot(ctx);
}

void
w2k_stream_drop_slot(const char *slot_name)
{
	if (w2k_stream_slot_kind(slot_name) == W2K_SLOT_MISSING)
		return;
	ReplicationSlotDrop(slot_name, true);
}

/* The plugin is about to append: the buffer is where it belongs already. */
static void
prepare_write(LogicalDecodingContext *ctx, XLogRecPtr lsn, TransactionId xid,
			  bool last_write)
{
}

static void
do_write(LogicalDecodingContext *ctx, XLogRecPtr lsn, TransactionId xid,
		 bool last_write)
{
	W2kStream *stream = ctx->output_writer_private;

	stream->write(ctx->out, stream->arg);
}

W2kStream *
w2k_stream_open(const char *slot_name, List *options, XLogRecPtr start_after,
				StringInfo out, W2kStreamWrite write, void *arg)
{
	W2kStream *stream = palloc0(sizeof(W2kStream));

	w2k_compat_slot_acquire(slot_name);
	if (start_after <= MyReplicationSlot->data.confirmed_flush)
		start_after = InvalidXLogRecPtr;
	stream->ctx =
		CreateDecodingContext(start_after, options, false,
							  XL_ROUTINE(.page_read = read_page,
										 .segment_open = wal_segment_open,
										 .segment_close = wal_segment_close),
							  prepare_write, do_write, NULL);
	stream->write = write;
	stream->arg = arg;
	stream->ctx->output_writer_private = stream;
	stream->ctx->out = out;

	/* Whole transactions: from the restart position, not the confirmed. */
	XLogBeginRead(stream->ctx->reader, MyReplicationSlot->data.restart_lsn);
	/* No entry of the present may answer for the past. */
	InvalidateSystemCaches();
	return stream;
}

W2kStreamResult
w2k_stream_step(W2kStream *stream)
{
	/* The reader keeps what it allocates, in whatever context is current. */
	MemoryContext caller = MemoryContextSwitchTo(stream->ctx->context);
	char *error = NULL;
	XLogRecord *record = XLogReadRecord(stream->ctx->reader, &error);

	if (error != NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("could not read WAL for logical decoding: %s",
							   error)));
	if (record != NULL)
	{
		LogicalDecodingProcessRecord(stream->ctx, stream->ctx->reader);
		/* The server leaves it as the last callback had it. */
		stream->ctx->accept_writes = false;
	}
	MemoryContextSwitchTo(caller);
	return record != NULL ? W2K_STREAM_PROGRESS : W2K_STREAM_END;
}

XLogRecPtr
w2k_stream_position(const W2kStream *stream)
{
	return stream->ctx->reader->EndRecPtr;
}

XLogRecPtr
w2k_stream_read_upto(const W2kStream *stream)
{
	return stream->read_upto;
}

bool
w2k_stream_waits_for_standby(const W2kStream *stream)
{
	return stream->waits_for_standby;
}

XLogRecPtr
w2k_stream_failed_lsn(const W2kStream *stream)
{
	/* The server's wrappers allow writing for just as long as a callback of
	 * the plugin runs, and note which change it is for. */
	return stream->ctx->accept_writes ? stream->ctx->write_location
									  : InvalidXLogRecPtr;
}

void
w2k_stream_confirm(W2kStream *stream, XLogRecPtr lsn)
{
	XLogRecPtr restart = MyReplicationSlot->data.restart_lsn;

	/* Older minors let the position go backwards. */
	if (lsn <= MyReplicationSlot->data.confirmed_flush)
		return;
	LogicalConfirmReceivedLocation(lsn);
	if (restart != MyReplicationSlot->data.restart_lsn)
		ReplicationSlotsComputeRequiredLSN();
}

XLogRecPtr
w2k_stream_confirmed(const W2kStream *stream)
{
	return MyReplicationSlot->data.confirmed_flush;
}

XLogRecPtr
w2k_stream_restart_lsn(const W2kStream *stream)
{
	return MyReplicationSlot->data.restart_lsn;
}

XLogRecPtr
w2k_stream_save(W2kStream *stream)
{
	XLogRecPtr confirmed = MyReplicationSlot->data.confirmed_flush;

	ReplicationSlotMarkDirty();
	ReplicationSlotSave();
	return confirmed;
}

void
w2k_stream_give_up(W2kStream *stream)
{
	NameData slot_name = MyReplicationSlot->data.name;

	if (stream != NULL)
		stream->ctx->accept_writes = false; /* the error is not the plugin's */
	ReplicationSlotRelease();
	ReplicationSlotDrop(NameStr(slot_name), true);
}
