/*
 * horizon.c
 *		In a reader: when a new snapshot sees all that has been decoded.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xlog.h"
#include "access/xlog_internal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "snapshot/horizon.h"

/* Between two looks at transactions that are in the middle of committing. */
#define COMMITTING_POLL_US 1000
#define COMMITTED_POLL_MS 5

/*
 * Transactions whose commit record is in the WAL, and so may be decoded, but
 * that are not marked as committed yet: they keep checkpoints waiting, which
 * is how they can be told.  A matter of microseconds.
 */
static void
wait_for_committing(void)
{
	VirtualTransactionId *vxids;
	int count;

	vxids = GetVirtualXIDsDelayingChkpt(&count, DELAY_CHKPT_START);
	while (count > 0 &&
		   HaveVirtualXIDsDelayingChkpt(vxids, count, DELAY_CHKPT_START))
	{
		CHECK_FOR_INTERRUPTS();
		pg_usleep(COMMITTING_POLL_US);
	}
	pfree(vxids);
}

/* Waits for a transaction that has committed to look like it. */
static void
wait_until_visible(W2kSnapshotLink *link, TransactionId xid)
{
	while (TransactionIdDidCommit(xid) && TransactionIdIsInProgress(xid) &&
		   !w2k_snapshot_link_is_cancelled(link))
	{
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 COMMITTED_POLL_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * And those that are marked, but still look as if they were running, for as
 * long as a synchronous standby takes.  A snapshot lists those between its
 * xmin and xmax; the newest ones are behind that.
 */
static void
wait_for_committed(W2kSnapshotLink *link)
{
	Snapshot snapshot = GetTransactionSnapshot();
	TransactionId next = XidFromFullTransactionId(ReadNextFullTransactionId());
	int count = (int) snapshot->xcnt;
	TransactionId xmax = snapshot->xmax;
	TransactionId *xids = palloc(sizeof(TransactionId) * Max(count, 1));

	memcpy(xids, snapshot->xip, sizeof(TransactionId) * count);
	for (int i = 0; i < count; i++)
		wait_until_visible(link, xids[i]);
	while (TransactionIdPrecedes(xmax, next))
	{
		wait_until_visible(link, xmax);
		TransactionIdAdvance(xmax);
	}
	pfree(xids);
}

void
w2k_horizon_wait(W2kSnapshotLink *link)
{
	wait_for_committing();
	wait_for_committed(link);
}

XLogRecPtr
w2k_horizon_insert_position(void)
{
	XLogRecPtr lsn = GetXLogInsertRecPtr();

	/* at the start of a page the position given is behind its header */
	if (XLogSegmentOffset(lsn, wal_segment_size) == SizeOfXLogLongPHD)
		lsn -= SizeOfXLogLongPHD;
	else if (lsn % XLOG_BLCKSZ == SizeOfXLogShortPHD)
		lsn -= SizeOfXLogShortPHD;
	return lsn;
}
