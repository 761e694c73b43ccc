/*
 * interlude.c
 *		A transaction of the worker's own, between two that it decodes.
 *
 * Two things make that different from any other transaction.
 *
 * - A process that decodes outside a transaction has PROC_IN_LOGICAL_DECODING
 *   (see StartupDecodingContext), and GetSnapshotData() leaves the xids of
 *   such processes out of everybody's snapshots.  Who meets a row of ours
 *   before we have committed would take us for aborted, and leave a hint bit
 *   in the row that says so for ever.  Nor does such a process keep VACUUM
 *   from what it still sees.  So the flag is put aside for as long as the
 *   transaction lasts.
 *
 * - The caches hold what the catalogs were at the place in the WAL that is
 *   being decoded.  Who asks for more than our own tables must begin with
 *   empty ones, and leave none of the present behind to answer for the past.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "worker/interlude.h"

/* The one that is going on. */
static struct
{
	MemoryContext context; /* the caller's */
	ResourceOwner owner;
	bool was_decoding;
	bool looks_around;
} interlude;

/* Others read the flags under ProcArrayLock. */
static void
set_decoding(bool is_decoding)
{
	LWLockAcquire(ProcArrayLock, LW_EXCLUSIVE);
	if (is_decoding)
		MyProc->statusFlags |= PROC_IN_LOGICAL_DECODING;
	else
		MyProc->statusFlags &= ~PROC_IN_LOGICAL_DECODING;
	ProcGlobal->statusFlags[MyProc->pgxactoff] = MyProc->statusFlags;
	LWLockRelease(ProcArrayLock);
}

void
w2k_interlude_begin(bool looks_around)
{
	Assert(!IsTransactionOrTransactionBlock());
	interlude.context = CurrentMemoryContext;
	interlude.owner = CurrentResourceOwner;
	interlude.looks_around = looks_around;
	interlude.was_decoding = (MyProc->statusFlags &
							  PROC_IN_LOGICAL_DECODING) != 0;
	if (interlude.was_decoding)
		set_decoding(false);
	if (looks_around)
		InvalidateSystemCaches();

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
}

void
w2k_interlude_end(void)
{
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();

	if (interlude.looks_around)
		InvalidateSystemCaches();
	if (interlude.was_decoding)
		set_decoding(true);
	MemoryContextSwitchTo(interlude.context);
	CurrentResourceOwner = interlude.owner;
}

void
w2k_interlude_query(const char *query, int nargs, Oid *types, Datum *values,
					const char *nulls, bool read_only, int expected)
{
	int rc = SPI_execute_with_args(query, nargs, types, values, nulls,
								   read_only, 0);

	if (rc != expected)
		elog(ERROR, "query \"%s\" failed: %s", query,
			 SPI_result_code_string(rc));
}

Datum
w2k_interlude_column(uint64 row, int column, bool *is_null)
{
	bool isnull;
	Datum value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
								column, &isnull);

	if (is_null != NULL)
		*is_null = isnull;
	else if (isnull)
		elog(ERROR, "unexpected null in column %d", column);
	return value;
}
