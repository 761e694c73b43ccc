/*
 * wait_functions.c
 *		wait_for_connector(), wait_for_delivery() and drain().
 *
 * A waiting session holds whatever its transaction holds, so one that has
 * already written cannot wait: its own change is not committed, and a slot
 * that is being made waits for that transaction to end.
 *
 * Rows are read afresh at each look (what committed after the query began
 * counts), shared memory is looked at every few milliseconds: nobody has to
 * know of us to wake us.
 */
#include "postgres.h"

#include <math.h>

#include "access/xlog.h"
#include "access/xloginsert.h"
#include "miscadmin.h"
#include "replication/message.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/pg_lsn.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "api/access.h"
#include "api/connector_row.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(wal2kafka_wait_for_connector);
PG_FUNCTION_INFO_V1(wal2kafka_wait_for_delivery);
PG_FUNCTION_INFO_V1(wal2kafka_drain);

/* Looks follow one another at 1, 2, 4 ... ms, and then at this. */
#define LOOK_MAX_MS 50

/* A worker that was asked and has not answered is woken again after this. */
#define REMIND_MS 1000

/* A wait with its end. */
typedef struct Wait
{
	TimestampTz end_time; /* DT_NOEND = none */
	int nap_ms;
	MemoryContext context; /* reset by each look */
} Wait;

/* Which LSN of a connector is waited for. */
typedef enum WaitFor
{
	WAIT_FOR_ACKED,
	WAIT_FOR_SAVED
} WaitFor;

/* Raises where waiting could never succeed. */
static void
require_waitable(const char *function)
{
	w2k_access_require_nothing_written(function);
	if (RecoveryInProgress())
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("recovery is in progress"),
						errdetail("Connectors do not run on a standby.")));
	w2k_slots_require();
}

/* Starts the clock; a null timeout is without end. */
static void
begin_wait(Wait *wait, FunctionCallInfo fcinfo, int argno)
{
	wait->end_time = DT_NOEND;
	wait->nap_ms = 1;
	wait->context = AllocSetContextCreate(CurrentMemoryContext,
										  "wal2kafka wait",
										  ALLOCSET_SMALL_SIZES);
	if (!PG_ARGISNULL(argno))
	{
		const Interval *timeout = PG_GETARG_INTERVAL_P(argno);

		/* Infinite intervals (17+) come out huge, with the right sign. */
		double us = (timeout->month * (double) DAYS_PER_MONTH + timeout->day) *
						(double) USECS_PER_DAY +
					(double) timeout->time;

		if (us < 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("timeout must not be negative")));
		if (us < (double) PG_INT64_MAX / 4)
			wait->end_time = GetCurrentTimestamp() + (TimestampTz) us;
	}
}

/* Sleeps until the next look; false when the time is over. */
static bool
sleep_until_next_look(Wait *wait)
{
	long ms = wait->nap_ms;

	if (wait->end_time != DT_NOEND)
	{
		long left_ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
													   wait->end_time);

		if (left_ms <= 0)
			return false;
		ms = Min(ms, left_ms);
	}
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	wait->nap_ms = Min(wait->nap_ms * 2, LOOK_MAX_MS);
	return true;
}

/*
 * Raises for a connector that has failed and stays so until somebody acts.
 * One that was altered or restarted since is not that: the launcher has only
 * not come to it yet.
 */
static void
raise_if_failed(const W2kConnectorInfo *row, const W2kConnectorStatus *status)
{
	if (status->state == W2K_STATE_FAILED && status->is_current)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("connector \"%s\" has failed", row->name),
				 status->error ? errdetail("%s", status->error) : 0,
				 errhint("Mend the cause, then use restart_connector.")));
}

/* One look at a connector's state; may raise. */
static bool
is_in_state(const char *name, W2kState wanted)
{
	W2kConnectorInfo *row = w2k_connector_row_get(name);
	W2kConnectorStatus *status = palloc(sizeof(W2kConnectorStatus));

	w2k_connector_row_status(row, status);
	/* Not what was before the last change, nor what was never begun. */
	if (status->state == wanted && (status->is_current || row->is_foreign ||
									wanted == W2K_STATE_DROPPING))
		return true;
	raise_if_failed(row, status);
	return false;
}

/* wait_for_connector(name text, state text, timeout interval) */
Datum
wal2kafka_wait_for_connector(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);
	char *state_name = PG_ARGISNULL(1)
						   ? pstrdup(w2k_state_name(W2K_STATE_STREAMING))
						   : text_to_cstring(PG_GETARG_TEXT_PP(1));
	W2kState state;
	W2kConnectorInfo *row;
	Wait wait;

	if (!w2k_state_from_name(state_name, &state))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized connector state: \"%s\"", state_name),
				 errhint(
					 "States are starting, snapshot, streaming, paused, stopped, retrying, failed, standby and dropping.")));
	begin_wait(&wait, fcinfo, 2);
	row = w2k_connector_row_get(name);
	if (!w2k_access_may_see(row->owner))
		w2k_access_require_owner(name, row->owner);
	require_waitable("wait_for_connector()");

	for (;;)
	{
		MemoryContext old = MemoryContextSwitchTo(wait.context);
		bool is_there = is_in_state(name, state);

		MemoryContextSwitchTo(old);
		MemoryContextReset(wait.context);
		if (is_there)
			PG_RETURN_BOOL(true);
		if (!sleep_until_next_look(&wait))
			PG_RETURN_BOOL(false);
	}
}

/*
 * Puts a record into the WAL behind everything committed so far, flushes it
 * and returns its end.  A worker that has caught up confirms up to there, so
 * the wait ends on a quiet server too.  Nothing trusts or ships the message.
 */
static XLogRecPtr
write_marker(void)
{
	static const char marker[] = "wait";
	XLogRecPtr end_lsn = w2k_compat_log_message(W2K_NAME, marker,
												sizeof(marker) - 1);

	XLogFlush(end_lsn);
	return end_lsn;
}

/* Asks a worker to save its slot once it is confirmed up to an LSN. */
static void
request_save(const char *name, XLogRecPtr lsn)
{
	int i;

	LWLockAcquire(w2k_shared->lock, LW_SHARED);
	i = w2k_slots_find(MyDatabaseId, name);
	if (i >= 0)
	{
		pg_atomic_uint64 *request = &w2k_shared->slots[i].save_request;
		uint64 old = pg_atomic_read_u64(request);

		while (old < lsn && !pg_atomic_compare_exchange_u64(request, &old, lsn))
			;
	}
	LWLockRelease(w2k_shared->lock);
}

/* One look at how far a connector has come; may raise. */
static bool
has_reached(const char *name, WaitFor what, XLogRecPtr lsn)
{
	W2kConnectorInfo *row = w2k_connector_row_get(name);
	W2kConnectorStatus *status = palloc(sizeof(W2kConnectorStatus));
	XLogRecPtr reached;

	if (row->desired == W2K_DESIRED_DROPPING)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("connector \"%s\" is being dropped", name)));
	w2k_connector_row_status(row, status);
	raise_if_failed(row, status);
	if (!status->is_known || row->is_foreign)
		return false;
	reached = pg_atomic_read_u64(what == WAIT_FOR_SAVED
									 ? &status->counters->saved_lsn
									 : &status->counters->acked_lsn);
	return reached >= lsn;
}

/* Waits until a connector has come that far; false when the time is over. */
static bool
wait_until_reached(Wait *wait, const char *name, WaitFor what, XLogRecPtr lsn)
{
	TimestampTz remind_time = 0;

	wait->nap_ms = 1;
	for (;;)
	{
		MemoryContext old = MemoryContextSwitchTo(wait->context);
		bool is_there = has_reached(name, what, lsn);

		MemoryContextSwitchTo(old);
		MemoryContextReset(wait->context);
		if (is_there)
			return true;

		/* A worker that was restarted has not heard of us. */
		if (GetCurrentTimestamp() >= remind_time)
		{
			if (what == WAIT_FOR_SAVED)
				request_save(name, lsn);
			w2k_slots_wake(MyDatabaseId, name);
			remind_time = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													  REMIND_MS);
		}
		if (!sleep_until_next_look(wait))
			return false;
	}
}

/* wait_for_delivery(name text, lsn pg_lsn, timeout interval) */
Datum
wal2kafka_wait_for_delivery(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);
	XLogRecPtr lsn = PG_ARGISNULL(1) ? InvalidXLogRecPtr : PG_GETARG_LSN(1);
	W2kConnectorInfo *row;
	XLogRecPtr marker_lsn;
	Wait wait;

	begin_wait(&wait, fcinfo, 2);
	row = w2k_connector_row_get(name);
	w2k_access_require_owner(name, row->owner);
	require_waitable("wait_for_delivery()");
	if (!PG_ARGISNULL(1) && lsn > GetXLogInsertRecPtr())
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("LSN %X/%X is ahead of the WAL insert position",
							   LSN_FORMAT_ARGS(lsn))));

	/* An explicit LSN gets one too: no more WAL may follow it by itself. */
	marker_lsn = write_marker();
	if (PG_ARGISNULL(1))
		lsn = marker_lsn;
	PG_RETURN_BOOL(wait_until_reached(&wait, name, WAIT_FOR_ACKED, lsn));
}

/* drain(name text, timeout interval) */
Datum
wal2kafka_drain(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);
	W2kConnectorInfo *row;
	XLogRecPtr lsn;
	Wait wait;

	begin_wait(&wait, fcinfo, 1);
	row = w2k_connector_row_get(name);
	w2k_access_require_owner(name, row->owner);
	require_waitable("drain()");
	lsn = write_marker();
	PG_RETURN_BOOL(wait_until_reached(&wait, name, WAIT_FOR_ACKED, lsn) &&
				   wait_until_reached(&wait, name, WAIT_FOR_SAVED, lsn));
}
