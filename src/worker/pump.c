/*
 * pump.c
 *		The loop of a streaming connector, and its one wait point.
 *
 * Requests are honoured between WAL records.  Inside a long transaction the
 * loop can be caught in w2k_pump_write only; there a request ends the attempt
 * at once when it has waited for W2K_DRAIN_MS, and what was sent of the
 * transaction is sent again.
 *
 * The slot follows what is delivered: the end of the last commit all of whose
 * records are acknowledged, or, between transactions with nothing on its way,
 * the position read, so that a quiet or filtered table pins no WAL.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "postmaster/walwriter.h"
#include "storage/ipc.h"
#include "storage/pmsignal.h"
#include "storage/procarray.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "worker/attempt.h"
#include "worker/heartbeat.h"
#include "worker/incremental.h"
#include "worker/pump.h"
#include "worker/schema_catalog.h"
#include "worker/signals.h"
#include "worker/snapshot_todo.h"

/* WAL records, or records of one transaction, between two looks at
 * everything else. */
#define STEPS_PER_TURN 256
/* The longest sleep without WAL. */
#define IDLE_MS 1000
/* A sender that should be busy and is silent for so long, besides the time
 * between two of its statistics, is stuck. */
#define SILENCE_MS 60000
/* How often to look whether a change of the configuration can be seen. */
#define RENEWAL_POLL_MS 20
/* When waiting for a standby is worth a word. */
#define STANDBY_WAIT_MS 5000

void
w2k_pump_make_wait_sets(void)
{
	W2kSenderProcess *process = &w2k_attempt->sender.process;
	WaitEventSet *sets[2];

	for (int i = 0; i < 2; i++)
	{
		sets[i] = w2k_compat_create_wait_event_set(5);
		AddWaitEventToSet(sets[i], WL_LATCH_SET, PGINVALID_SOCKET, MyLatch,
						  NULL);
		AddWaitEventToSet(sets[i], WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL,
						  NULL);
		AddWaitEventToSet(sets[i], WL_SOCKET_READABLE, process->up, NULL, NULL);
		AddWaitEventToSet(sets[i], WL_SOCKET_READABLE, process->log, NULL,
						  NULL);
	}
	AddWaitEventToSet(sets[1], WL_SOCKET_WRITEABLE, process->down, NULL, NULL);
	w2k_attempt->idle_set = sets[0];
	w2k_attempt->pipe_set = sets[1];
}

/*
 * lsn: everything at or before it is on Kafka.  While a signal that came by
 * the stream is not in our table yet, we stay where we are.
 */
static void
advance(XLogRecPtr lsn)
{
	W2kCounters *counters = &w2k_attempt->slot->counters;

	if (w2k_attempt->sender.signals != NIL)
		return;
	if (lsn > pg_atomic_read_u64(&counters->acked_lsn))
		pg_atomic_write_u64(&counters->acked_lsn, lsn);
	if (lsn > w2k_stream_confirmed(w2k_attempt->stream))
	{
		w2k_stream_confirm(w2k_attempt->stream, lsn);
		pg_atomic_write_u64(&counters->confirmed_lsn,
							w2k_stream_confirmed(w2k_attempt->stream));
		/* An attempt that gets somewhere ends the back-off (reading what
		 * is not captured is not enough), and one that gets past a
		 * suspect change clears it.  Nobody else writes these
		 * while we are attached, but for a visitor who resets them too. */
		if (w2k_attempt->sender.is_connected)
			w2k_attempt->slot->backoff_ms = 0;
		if (lsn > w2k_attempt->slot->suspect_lsn)
			w2k_attempt->slot->suspect_count = 0;
	}
}

/* Between transactions: the position read counts when nothing is on its way.
 */
static void
advance_between(void)
{
	pg_atomic_write_u64(&w2k_attempt->slot->counters.read_lsn,
						w2k_stream_position(w2k_attempt->stream));
	if (w2k_sender_link_is_idle(&w2k_attempt->sender))
		advance(w2k_stream_position(w2k_attempt->stream));
	else
		advance(w2k_attempt->sender.delivered_lsn);
}

/*
 * The guard against a slot that fills the disk: says so when the limit is
 * passed, and has the slot given up where that is what it was told to do: in
 * that case it raises an error.
 */
static void
check_lag(void)
{
	W2kConnectorConfig *conf = w2k_attempt->conf;
	uint64 retained;
	bool exceeds;
	char *text;

	if (conf->max_slot_lag_bytes <= 0)
		return;
	retained = w2k_stream_flushed() -
			   w2k_stream_restart_lsn(w2k_attempt->stream);
	exceeds = retained > (uint64) conf->max_slot_lag_bytes;
	if (exceeds && !w2k_attempt->has_warned_lag)
	{
		text =
			psprintf("replication slot \"%s\" retains " UINT64_FORMAT
					 " bytes of WAL, more than max.slot.lag.bytes (" INT64_FORMAT
					 ")",
					 NameStr(w2k_attempt->slot_name), retained,
					 conf->max_slot_lag_bytes);
		ereport(WARNING, (errmsg("wal2kafka connector \"%s\": %s",
								 w2k_attempt->row->name, text)));
		w2k_slots_set_state(w2k_attempt->slot_index, w2k_attempt->shown_state,
							text);
		if (conf->max_slot_lag_action == W2K_LAG_DROP)
		{
			/* Not here: we may be inside a callback, and the server needs
			 * the slot to clean up after a transaction. */
			w2k_attempt->gives_up_slot = true;
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("%s", text),
					 errdetail(
						 "The slot was dropped, as max.slot.lag.action says; changes that Kafka had not acknowledged are lost to this connector."),
					 errhint(
						 "To begin anew at the present, drop the connector and create it again.")));
		}
	}
	w2k_attempt->has_warned_lag = exceeds;
}

void
w2k_pump_watch_lag(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (MyReplicationSlot == NULL ||
		!TimestampDifferenceExceeds(w2k_attempt->saved_time, now,
									w2k_attempt->conf
										->status_update_interval_ms))
		return;
	check_lag();
	w2k_attempt->saved_time = now;
}

/* Writes the slot to disk when it is time, or when drain() asks. */
static void
save_when_due(void)
{
	W2kCounters *counters = &w2k_attempt->slot->counters;
	uint64 request = pg_atomic_read_u64(&w2k_attempt->slot->save_request);
	TimestampTz now = GetCurrentTimestamp();
	XLogRecPtr confirmed = w2k_stream_confirmed(w2k_attempt->stream);
	bool is_due = TimestampDifferenceExceeds(w2k_attempt->saved_time, now,
											 w2k_attempt->conf
												 ->status_update_interval_ms);

	if (is_due)
		check_lag();
	if (confirmed != pg_atomic_read_u64(&counters->saved_lsn) &&
		(is_due ||
		 (request > w2k_attempt->saved_request && confirmed >= request)))
	{
		pg_atomic_write_u64(&counters->saved_lsn,
							w2k_stream_save(w2k_attempt->stream));
		w2k_attempt->saved_request = request;
	}
	if (is_due)
		w2k_attempt->saved_time = now;
}

/*
 * A sender that hangs (a stopped process, a resolver that never returns) is
 * no reason to wait for ever.  A dead broker is another matter: the sender
 * goes on talking then.
 */
static void
check_silence(void)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	int interval_ms = w2k_attempt->conf->statistics_interval_ms;

	if (interval_ms == 0 || w2k_sender_link_is_idle(sender) ||
		!TimestampDifferenceExceeds(sender->heard_time, GetCurrentTimestamp(),
									SILENCE_MS + 2 * Min(interval_ms, 3600000)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CONNECTION_FAILURE),
			 errmsg("the sender process (PID %d) does not answer any more",
					(int) sender->process.pid)));
}

/* Shows that a failover slot waits for the standbys that shall have it. */
static void
check_standby(void)
{
	static const char *const text =
		"waiting for the standbys named in synchronized_standby_slots, which have not confirmed what is to be sent";

	if (!w2k_stream_waits_for_standby(w2k_attempt->stream))
		w2k_attempt->standby_wait_time = 0;
	else if (w2k_attempt->standby_wait_time == 0)
		w2k_attempt->standby_wait_time = GetCurrentTimestamp();
	else if (w2k_attempt->standby_wait_time != DT_NOEND &&
			 TimestampDifferenceExceeds(w2k_attempt->standby_wait_time,
										GetCurrentTimestamp(), STANDBY_WAIT_MS))
	{
		w2k_attempt->standby_wait_time = DT_NOEND; /* said once */
		ereport(LOG, (errmsg("wal2kafka connector \"%s\": %s",
							 w2k_attempt->row->name, text)));
		w2k_slots_set_state(w2k_attempt->slot_index, w2k_attempt->shown_state,
							text);
	}
}

/* Shows whether the sender reaches the brokers. */
static void
show_connection(void)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	W2kState busy = w2k_attempt->stream == NULL ? W2K_STATE_SNAPSHOT
												: W2K_STATE_STREAMING;

	if (!sender->has_status)
		return;
	sender->has_status = false;
	if (sender->is_connected && w2k_attempt->shown_state != busy)
	{
		ereport(LOG,
				(errmsg("wal2kafka connector \"%s\" is %s",
						w2k_attempt->row->name,
						busy == W2K_STATE_SNAPSHOT ? "reading existing rows"
												   : "streaming")));
		w2k_attempt_set_state(busy, NULL);
	}
	else if (!sender->is_connected &&
			 strcmp(w2k_attempt->slot->last_error, sender->status) != 0)
	{
		ereport(LOG, (errmsg("wal2kafka connector \"%s\": %s",
							 w2k_attempt->row->name, sender->status)));
		w2k_attempt_set_state(W2K_STATE_RETRYING, sender->status);
	}
	else if (!sender->is_connected)
		w2k_attempt_set_state(W2K_STATE_RETRYING, NULL);
}

static void
read_answers(void)
{
	w2k_sender_link_read(&w2k_attempt->sender);
	if (w2k_attempt->sender.has_failed)
		w2k_sender_link_raise(&w2k_attempt->sender);
	show_connection();
	check_silence();
}

/* One wait; then whatever has come is read. */
static void
wait_on(WaitEventSet *set, long timeout_ms)
{
	WaitEvent events[4];

	(void) WaitEventSetWait(set, timeout_ms, events, lengthof(events),
							PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	read_answers();
}

void
w2k_pump_read(void)
{
	read_answers();
}

void
w2k_pump_wait(long timeout_ms)
{
	w2k_sender_link_flush(&w2k_attempt->sender);
	wait_on(w2k_sender_link_unsent(&w2k_attempt->sender) > 0
				? w2k_attempt->pipe_set
				: w2k_attempt->idle_set,
			timeout_ms);
}

/* Records that the broker would have taken, and that there is no time for. */
static void
say_if_cut_short(void)
{
	W2kSenderLink *sender = &w2k_attempt->sender;

	if (sender->is_connected && !w2k_sender_link_is_idle(sender))
		ereport(LOG,
				(errmsg("wal2kafka connector \"%s\" ends before all of its "
						"records were acknowledged",
						w2k_attempt->row->name),
				 errdetail("Up to " UINT64_FORMAT " records will be sent "
						   "again.",
						   sender->sequence - sender->acked)));
}

/*
 * Lets what is on its way arrive, for as long as that may take.  The position
 * read counts only between transactions.
 */
static void
drain(bool is_between)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	TimestampTz until = TimestampTzPlusMilliseconds(w2k_attempt->asked_time,
													W2K_DRAIN_MS);

	for (;;)
	{
		/* first, too: what has come while we slept is read, and no more */
		if (is_between)
			advance_between();
		else
			advance(sender->delivered_lsn);
		if (!sender->is_connected || w2k_sender_link_is_idle(sender) ||
			GetCurrentTimestamp() >= until)
			break;
		w2k_sender_link_flush(sender);
		wait_on(w2k_sender_link_unsent(sender) > 0 ? w2k_attempt->pipe_set
												   : w2k_attempt->idle_set,
				50);
	}
	say_if_cut_short();
}

/*
 * The transaction being decoded changes our configuration: it and what
 * follows are for the next attempt, which begins with it.  That must be able
 * to see the change, and a commit is in the WAL before it is seen; while it
 * waits for a synchronous standby, for as long as that takes.
 */
static void
leave_renewed(void)
{
	ereport(LOG,
			(errmsg("wal2kafka connector \"%s\" takes up another configuration",
					w2k_attempt->row->name)));
	w2k_attempt->asked_time = GetCurrentTimestamp();
	drain(false);
	while (TransactionIdIsInProgress(w2k_attempt->sender.renewed_xid) &&
		   !w2k_attempt_should_end())
		wait_on(w2k_attempt->idle_set, RENEWAL_POLL_MS);
	w2k_attempt_finish();
}

/* What goes on elsewhere, seen from the middle of a transaction. */
static void
look_up_from_transaction(void)
{
	advance(w2k_attempt->sender.delivered_lsn);
	save_when_due();
	if (w2k_attempt_should_end() &&
		TimestampDifferenceExceeds(w2k_attempt->asked_time,
								   GetCurrentTimestamp(), W2K_DRAIN_MS))
	{
		say_if_cut_short();
		w2k_attempt_finish();
	}
}

/*
 * The plugin has written frames.  When the pipe is full, waits here, in the
 * middle of a transaction: answers are still read, the slot still moves by
 * the commits before, and requests still end the attempt.
 */
void
w2k_pump_write(StringInfo out, void *arg)
{
	W2kSenderLink *sender = &w2k_attempt->sender;

	w2k_attempt->is_pumping = true;
	if (!w2k_sender_link_feed(sender))
	{
		do
		{
			wait_on(w2k_attempt->pipe_set, IDLE_MS);
			look_up_from_transaction();
			w2k_sender_link_flush(sender);
		} while (w2k_sender_link_unsent(sender) > 0);
	}
	else if (++w2k_attempt->writes % STEPS_PER_TURN == 0)
	{
		read_answers();
		look_up_from_transaction();
	}
	if (sender->renewed_xid != 0)
		leave_renewed();
	w2k_attempt->is_pumping = false;
}

/*
 * Sleeps until there is more WAL, an answer or a request.  See slots.c for
 * the protocol; where the server has a condition variable for flushed WAL,
 * preparing to sleep on it does the same.
 */
static void
wait_for_wal(void)
{
	long timeout_ms = IDLE_MS;
	XLogRecPtr flushed;

	if (w2k_compat_has_flush_cv())
		w2k_compat_prepare_flush_sleep();
	else
	{
		pg_atomic_write_u32(&w2k_attempt->slot->is_sleeping, 1);
		pg_memory_barrier();
	}
	flushed = w2k_stream_flushed();
	if (flushed != w2k_attempt->waited_upto)
	{
		w2k_attempt->waited_upto = flushed;
		w2k_attempt->async_wait_ms = 10;
	}
	if (flushed == w2k_stream_read_upto(w2k_attempt->stream))
	{
		/* An asynchronous commit wakes nobody when it is flushed, nor does
		 * a standby that has received one. */
		if (GetXLogInsertRecPtr() > flushed ||
			w2k_stream_waits_for_standby(w2k_attempt->stream))
		{
			timeout_ms = w2k_attempt->async_wait_ms;
			w2k_attempt->async_wait_ms = Min(w2k_attempt->async_wait_ms * 2,
											 Max(WalWriterDelay, 10));
		}
		wait_on(w2k_sender_link_unsent(&w2k_attempt->sender) > 0
					? w2k_attempt->pipe_set
					: w2k_attempt->idle_set,
				w2k_incremental_limit_sleep(
					w2k_heartbeat_limit_sleep(timeout_ms)));
	}
	if (w2k_compat_has_flush_cv())
		ConditionVariableCancelSleep();
	else
		pg_atomic_write_u32(&w2k_attempt->slot->is_sleeping, 0);
}

void
w2k_pump_run(void)
{
	MemoryContextSwitchTo(w2k_attempt->cycle);
	w2k_signals.is_streaming = true;
	for (;;)
	{
		W2kStreamResult result = W2K_STREAM_PROGRESS;
		bool is_blocked = w2k_incremental_blocks_stream();

		for (int i = 0; i < STEPS_PER_TURN && result == W2K_STREAM_PROGRESS &&
						w2k_attempt->sender.signals == NIL && !is_blocked;
			 i++)
		{
			CHECK_FOR_INTERRUPTS();
			result = w2k_stream_step(w2k_attempt->stream);
		}
		w2k_sender_link_flush(&w2k_attempt->sender);
		w2k_signals_when_due();
		w2k_schema_catalog_when_due();
		read_answers();
		w2k_todo_note_changes();
		advance_between();
		w2k_incremental_when_due();
		save_when_due();
		w2k_heartbeat_when_due();
		if (ConfigReloadPending)
			w2k_attempt_reload();
		if (w2k_attempt_should_end())
			break;
		if (!PostmasterIsAlive())
			proc_exit(1);
		if (is_blocked)
			w2k_pump_wait(w2k_incremental_limit_sleep(IDLE_MS));
		else if (result == W2K_STREAM_END)
		{
			check_standby();
			wait_for_wal();
		}
		MemoryContextSwitchTo(w2k_attempt->cycle);
		MemoryContextReset(w2k_attempt->cycle);
	}
	drain(true);
	w2k_incremental_end();
	w2k_attempt_finish();
}
