/*
 * connector_worker.c
 *		One process per connector: what it is asked to be, and becomes.
 *
 * A worker's life is one attempt.  It attaches to the connector's entry in
 * shared memory, reads the connector's row, sees to its slot, starts a sender
 * and then moves WAL records from the slot to the sender and acknowledgements
 * from the sender to the slot.  Whatever ends the attempt (an error, a
 * changed configuration, a signal) ends the process; what it was goes into
 * shared memory, where the views show it and from which the launcher knows
 * whether and when to try again.  There is no other way back to a clean
 * decoding context (R32), and the slot has kept the place.
 *
 * Requests come by shared memory and the latch: the launcher's visitors
 * change what is desired and the generations; drain() asks for a save.
 *
 * SIGTERM lets the records on their way arrive (W2K_DRAIN_MS), so that a clean
 * restart repeats nothing; a timer's SIGUSR2 then calls the server's ordinary
 * die().  A second SIGTERM means nothing more: the postmaster sends each one
 * twice, to the process and to its group.
 */
#include "postgres.h"

#include <signal.h>
#include <time.h>

#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "compat.h"
#include "config/snapshots.h"
#include "worker/attempt.h"
#include "worker/connector_worker.h"
#include "worker/incremental.h"
#include "worker/pump.h"
#include "worker/schema_catalog.h"
#include "worker/slot_setup.h"
#include "worker/snapshot.h"
#include "worker/snapshot_catalog.h"
#include "worker/snapshot_crew.h"
#include "worker/snapshot_notes.h"
#include "worker/table_setup.h"

/* After which a process that is stuck dies of a SIGTERM as any other does. */
#define STUCK_MS 1300

static void
on_sigterm(SIGNAL_ARGS)
{
	int save_errno = errno;

	if (!w2k_signals.is_streaming)
		die(postgres_signal_arg);
	else if (!w2k_signals.is_terminated)
	{
		struct itimerspec once = {
			.it_value = {.tv_sec = STUCK_MS / 1000,
						 .tv_nsec = (STUCK_MS % 1000) * 1000000L}};

		w2k_signals.is_terminated = true;
		(void) timer_settime(w2k_signals.timer, 0, &once, NULL);
		SetLatch(MyLatch);
	}
	errno = save_errno;
}

static void
set_up_signals(void)
{
	struct sigevent event;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = SIGUSR2;
	if (timer_create(CLOCK_MONOTONIC, &event, &w2k_signals.timer) < 0)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
						errmsg("could not create a timer: %m")));
	pqsignal(SIGTERM, on_sigterm);
	pqsignal(SIGUSR2, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	/* pg_cancel_backend has nothing to cancel here (R5). */
	pqsignal(SIGINT, SIG_IGN);
	BackgroundWorkerUnblockSignals();
}

/*
 * While a new connector is waited for, says in the place of an error what it
 * waits for, and then takes it back (NULL).  An error is never replaced.
 */
static void
show_note(const char *text)
{
	W2kWorkerSlot *slot = w2k_attempt->slot;

	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	if (slot->state == W2K_STATE_STARTING && slot->last_error_time == 0)
		strlcpy(slot->last_error, text != NULL ? text : "",
				sizeof(slot->last_error));
	LWLockRelease(w2k_shared->lock);
}

/* The connector is no more: its entry in shared memory goes with us. */
pg_noreturn static void
leave_for_good(void)
{
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	w2k_attempt->is_attached = false;
	w2k_attempt->slot->worker_pid = 0;
	w2k_attempt->slot->latch = NULL;
	w2k_slots_give_back(w2k_attempt->slot_index);
	LWLockRelease(w2k_shared->lock);
	proc_exit(0);
}

static void
run_dropping(void)
{
	w2k_attempt_set_state(W2K_STATE_DROPPING, NULL);
	w2k_crew_end_all();
	w2k_slot_setup_drop(w2k_attempt->row->name);
	w2k_catalog_delete(w2k_attempt->row->name);
	ereport(LOG, (errmsg("wal2kafka connector \"%s\" is dropped",
						 w2k_attempt->row->name)));
	leave_for_good();
}

/* Holds the slot, so that nobody moves it and nothing invalidates it. */
static void
run_paused(void)
{
	w2k_compat_slot_acquire(NameStr(w2k_attempt->slot_name));
	w2k_attempt_set_state(W2K_STATE_PAUSED, NULL);
	w2k_signals.is_streaming = true;
	while (!w2k_attempt_should_end())
	{
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 60000L, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
			w2k_attempt_reload();
	}
	proc_exit(0);
}

/* What the plugin is told, besides the connector's own properties. */
static List *
plugin_options(void)
{
	W2kWorkerSlot *slot = w2k_attempt->slot;
	List *options =
		w2k_connector_plugin_options(w2k_attempt->row->name,
									 &w2k_attempt->row->config->root);
	char *owner = psprintf("%u", w2k_attempt->row->owner);

	options = lappend(options, makeDefElem("framing",
										   (Node *) makeString("binary"), -1));
	options = lappend(options,
					  makeDefElem("owner", (Node *) makeString(owner), -1));
	options =
		lappend(options,
				makeDefElem("config.generation",
							(Node *) makeString(
								psprintf(INT64_FORMAT,
										 w2k_attempt->row->config_generation)),
							-1));
	options = lappend(options, makeDefElem("run.id",
										   (Node *) makeString(
											   w2k_connector_make_run_id()),
										   -1));
	if (slot->suspect_count > 0 &&
		w2k_attempt->conf->processing_failure != W2K_FAILURE_FAIL)
		options =
			lappend(options,
					makeDefElem("suspect.lsn",
								(Node *) makeString(
									psprintf("%X/%X", LSN_FORMAT_ARGS(
														  slot->suspect_lsn))),
								-1));
	return options;
}

/* snapshot.mode=initial_only: there is nothing more to do, nor to keep. */
pg_noreturn static void
end_after_snapshot(void)
{
	W2kWorkerSlot *slot = w2k_attempt->slot;

	w2k_slot_setup_drop(w2k_attempt->row->name);
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	slot->is_finished = true;
	slot->failed_config_generation = w2k_attempt->row->config_generation;
	slot->failed_restart_generation = w2k_attempt->row->restart_generation;
	LWLockRelease(w2k_shared->lock);
	w2k_attempt_set_state(W2K_STATE_STOPPED, NULL);
	proc_exit(0);
}

/* Has snapshot.mode=initial_only been done with already? */
static bool
is_snapshot_all(void)
{
	W2kProgressRow *progress;

	if (w2k_snapshots_wants_stream(w2k_attempt->conf))
		return false;
	progress = w2k_catalog_progress(w2k_attempt->row->name);
	return progress != NULL && progress->initial == W2K_INITIAL_COMPLETED &&
		   w2k_snapshot_catalog_is_empty(w2k_attempt->row->name);
}

/*
 * Are existing rows to be read beside the stream?  Because the slot was made
 * without a snapshot (by a person, or for a connector that was paused), or
 * because it is to be done at each start.
 */
static bool
is_wanted_again(const W2kProgressRow *progress)
{
	const W2kConnectorConfig *conf = w2k_attempt->conf;

	if (progress->initial == W2K_INITIAL_UNDECIDED)
		return w2k_snapshots_wants_data(conf);
	return progress->initial == W2K_INITIAL_COMPLETED &&
		   conf->snapshot_mode == W2K_SNAPSHOT_ALWAYS &&
		   w2k_snapshots_wants_data(conf) &&
		   (progress->snapshot_generation !=
				w2k_attempt->row->restart_generation ||
			progress->updated < PgStartTime);
}

/* Existing rows, where they are still to be read. */
static void
run_snapshot(List *options)
{
	const W2kConnectorConfig *conf = w2k_attempt->conf;
	W2kProgressRow *progress = w2k_catalog_progress(w2k_attempt->row->name);

	if (progress == NULL)
		return;
	if (progress->initial == W2K_INITIAL_RUNNING)
		w2k_snapshot_run(options);
	else if (is_wanted_again(progress))
		w2k_snapshot_catalog_request_all(w2k_attempt->row->name,
										 conf->snapshot_include_list,
										 w2k_attempt->row->restart_generation);
	else
		w2k_notes_skipped();
}

static void
run_streaming(void)
{
	List *options = plugin_options();
	W2kConnectorConfig *conf = w2k_attempt->conf;
	W2kCounters *counters = &w2k_attempt->slot->counters;
	char lock_path[MAXPGPATH];

	if (conf->logical_decoding_work_mem_kb > 0)
		SetConfigOption("logical_decoding_work_mem",
						psprintf("%dkB", conf->logical_decoding_work_mem_kb),
						PGC_SUSET, PGC_S_OVERRIDE);
	snprintf(lock_path, sizeof(lock_path), "pg_replslot/%s/%s.lock",
			 NameStr(w2k_attempt->slot_name), W2K_NAME);
	w2k_attempt->has_sender = true;
	w2k_sender_link_open(&w2k_attempt->sender, w2k_attempt->row->name,
						 lock_path,
						 w2k_attempt_resolve_settings(
							 &w2k_attempt->settings_hash));
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	w2k_attempt->slot->sender_pid = w2k_attempt->sender.process.pid;
	LWLockRelease(w2k_shared->lock);
	w2k_pump_make_wait_sets();
	w2k_schema_catalog_tell();

	run_snapshot(options);
	/* what is left is read beside the stream, also where none is wanted */
	if (is_snapshot_all())
		end_after_snapshot();
	w2k_incremental_begin(options);
	w2k_attempt->stream = w2k_stream_open(NameStr(w2k_attempt->slot_name),
										  options, conf->start_after_lsn,
										  &w2k_attempt->sender.out,
										  w2k_pump_write, NULL);
	/* what is known of the brokers is news in the new state */
	w2k_attempt->sender.has_status = w2k_attempt->sender.is_connected;
	pg_atomic_write_u64(&counters->confirmed_lsn,
						w2k_stream_confirmed(w2k_attempt->stream));
	pg_atomic_write_u64(&counters->saved_lsn,
						w2k_stream_confirmed(w2k_attempt->stream));
	pg_atomic_write_u64(&counters->acked_lsn,
						w2k_stream_confirmed(w2k_attempt->stream));
	w2k_attempt->saved_time = GetCurrentTimestamp();
	w2k_attempt->cycle = AllocSetContextCreate(TopMemoryContext,
											   "wal2kafka cycle",
											   ALLOCSET_DEFAULT_SIZES);
	w2k_pump_run();
}

/* Before the slot, so that all that it yields has what was asked for. */
static void
set_up_tables(void)
{
	char *warning = w2k_table_setup_check_count(w2k_attempt->conf);

	if (warning != NULL)
	{
		ereport(WARNING, (errmsg("wal2kafka connector \"%s\": %s",
								 w2k_attempt->row->name, warning)));
		w2k_slots_set_state(w2k_attempt->slot_index, w2k_attempt->shown_state,
							warning);
	}
	w2k_table_setup_set_identities(w2k_attempt->row, w2k_attempt->conf);
}

/* Reads the row and does what it asks for. */
static void
run_worker(void)
{
	W2kWorkerSlot *slot = w2k_attempt->slot;
	W2kDesired desired;
	int64 config_generation;
	int64 restart_generation;

	LWLockAcquire(w2k_shared->lock, LW_SHARED);
	desired = slot->desired;
	config_generation = slot->config_generation;
	restart_generation = slot->restart_generation;
	LWLockRelease(w2k_shared->lock);
	w2k_attempt->row = w2k_catalog_connector(slot->name);
	if (w2k_attempt->row == NULL)
	{
		/* Its row is gone, by hand: forget it, leave the slot to a person. */
		w2k_slot_setup_warn_orphan(slot->name);
		leave_for_good();
	}
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	/* What a visitor has published meanwhile is newer than our row: then it
	 * stays, and makes us begin again if it differs. */
	if (slot->desired == desired &&
		slot->config_generation == config_generation &&
		slot->restart_generation == restart_generation)
	{
		slot->desired = w2k_attempt->row->desired;
		slot->is_foreign = w2k_attempt->row->is_foreign;
		slot->config_generation = w2k_attempt->row->config_generation;
		slot->restart_generation = w2k_attempt->row->restart_generation;
	}
	LWLockRelease(w2k_shared->lock);
	SetConfigOption("application_name",
					psprintf("%s %s", W2K_NAME, w2k_attempt->row->name),
					PGC_USERSET, PGC_S_OVERRIDE);

	if (w2k_attempt->row->desired == W2K_DESIRED_DROPPING)
		run_dropping();
	if (w2k_attempt->row->is_foreign)
	{
		w2k_attempt_set_state(W2K_STATE_STOPPED, NULL);
		proc_exit(0);
	}
	if (!w2k_attempt->row->owner_exists)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role with OID %u, the owner of connector \"%s\", does not exist",
						w2k_attempt->row->owner, w2k_attempt->row->name),
				 errhint(
					 "Give it another owner with wal2kafka.alter_connector_owner.")));
	w2k_attempt_parse_config();
	if (w2k_attempt->row->desired == W2K_DESIRED_RUNNING)
		set_up_tables();
	/* Making a slot can take as long as somebody's transaction (R27). */
	show_note(
		"making the replication slot waits for every transaction that is running now, prepared ones too; see pg_stat_activity and pg_prepared_xacts");
	w2k_slot_setup(w2k_attempt->row->name, w2k_attempt->conf,
				   w2k_attempt->row->desired == W2K_DESIRED_RUNNING,
				   plugin_options(), &w2k_attempt->slot_name);
	show_note(NULL);
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	slot->slot_name = w2k_attempt->slot_name;
	LWLockRelease(w2k_shared->lock);

	switch (w2k_attempt->row->desired)
	{
		case W2K_DESIRED_STOPPED:
			w2k_attempt_set_state(W2K_STATE_STOPPED, NULL);
			proc_exit(0);
		case W2K_DESIRED_PAUSED:
			run_paused();
			break;
		default:
			if (is_snapshot_all())
				end_after_snapshot();
			run_streaming();
			break;
	}
}

void
w2k_worker_main(Datum main_arg)
{
	sigjmp_buf local_sigjmp_buf;
	Oid dbid;

	set_up_signals();
	dbid = w2k_attempt_attach(DatumGetInt32(main_arg));
	BackgroundWorkerInitializeConnectionByOid(dbid, InvalidOid, 0);
	w2k_catalog_override_settings();

	if (sigsetjmp(local_sigjmp_buf, 1) != 0)
	{
		ErrorData *error;

		error_context_stack = NULL;
		HOLD_INTERRUPTS();
		LWLockReleaseAll();
		ConditionVariableCancelSleep();
		pgstat_report_wait_end();
		MemoryContextSwitchTo(TopMemoryContext);
		error = CopyErrorData();
		FlushErrorState();
		if (w2k_attempt->gives_up_slot)
		{
			/* Once: an error of this comes back to where we are. */
			w2k_attempt->gives_up_slot = false;
			w2k_sender_link_close(&w2k_attempt->sender, 0);
			w2k_stream_give_up(w2k_attempt->stream);
			w2k_crew_end_all(); /* nor is there a snapshot to hold */
		}
		w2k_attempt_record_error(error);
		/* Rolls back, ends the sender, releases the slot. */
		proc_exit(1);
	}
	PG_exception_stack = &local_sigjmp_buf;
	run_worker();
}
