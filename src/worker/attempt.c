/*
 * attempt.c
 *		One life of a connector's worker: how it begins and ends.
 *
 * Whatever ends an attempt ends the process.  What it was stays in shared
 * memory: the state and the last error for the views, and for the launcher
 * whether there is to be another attempt, and not before when.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "config/secrets.h"
#include "worker/attempt.h"

/* The sender leaves at the end of its input; after this it is killed. */
#define SENDER_GRACE_MS 300
/* Back-off after an error: from, to. */
#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 60000

W2kAttempt *w2k_attempt = NULL;
W2kSignals w2k_signals;

void
w2k_attempt_set_state(W2kState state, const char *error)
{
	if (w2k_attempt->shown_state == state && error == NULL)
		return;
	w2k_attempt->shown_state = state;
	w2k_slots_set_state(w2k_attempt->slot_index, state, error);
}

/* Caller must hold w2k_shared->lock. */
static void
back_off(W2kWorkerSlot *slot)
{
	/* After a long life this is another trouble than the last one. */
	if (TimestampDifferenceExceeds(slot->start_time, GetCurrentTimestamp(),
								   BACKOFF_MAX_MS))
		slot->backoff_ms = 0;
	slot->backoff_ms = slot->backoff_ms == 0
						   ? BACKOFF_MIN_MS
						   : Min(slot->backoff_ms * 2, BACKOFF_MAX_MS);
	slot->next_start_time = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
														slot->backoff_ms);
}

/*
 * The sender ends first (R1), then the slot is free, and only then may the
 * launcher start another worker, which could not acquire it before.
 */
static void
end_worker(int code, Datum arg)
{
	W2kWorkerSlot *slot = w2k_attempt->slot;

	if (w2k_attempt->has_sender)
		w2k_sender_link_close(&w2k_attempt->sender, SENDER_GRACE_MS);
	if (MyReplicationSlot != NULL)
		ReplicationSlotRelease();
	if (!w2k_attempt->is_attached)
		return;
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	slot->worker_pid = 0;
	slot->sender_pid = 0;
	slot->latch = NULL;
	pg_atomic_write_u32(&slot->is_sleeping, 0);
	if (slot->state == W2K_STATE_STREAMING || slot->state == W2K_STATE_PAUSED)
	{
		slot->state = W2K_STATE_STARTING;
		slot->state_time = GetCurrentTimestamp();
	}
	/* By a FATAL error: there was nobody to see it, nor to slow down. */
	if (code != 0 && !w2k_attempt->is_recorded)
	{
		back_off(slot);
		strlcpy(slot->last_error,
				"the worker process was terminated or could not connect to its database; the server log says why",
				sizeof(slot->last_error));
		slot->last_error_time = GetCurrentTimestamp();
		pg_atomic_fetch_add_u64(&slot->counters.errors, 1);
	}
	if (w2k_shared->launcher_latch != NULL)
		SetLatch(w2k_shared->launcher_latch);
	LWLockRelease(w2k_shared->lock);
}

/* Takes possession of the entry the launcher chose us for. */
Oid
w2k_attempt_attach(int slot_index)
{
	W2kWorkerSlot *slot = &w2k_shared->slots[slot_index];
	Oid dbid;

	w2k_attempt = MemoryContextAllocZero(TopMemoryContext, sizeof(W2kAttempt));
	w2k_attempt->slot_index = slot_index;
	w2k_attempt->slot = slot;
	w2k_attempt->async_wait_ms = 10;
	w2k_sender_link_init(&w2k_attempt->sender, slot_index);
	before_shmem_exit(end_worker, (Datum) 0);

	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	if (!slot->in_use || slot->worker_pid != 0)
	{
		/* Late: the connector has gone or has a worker again. */
		LWLockRelease(w2k_shared->lock);
		proc_exit(0);
	}
	w2k_attempt->is_attached = true;
	slot->worker_pid = MyProcPid;
	slot->latch = MyLatch;
	slot->launch_time = 0;
	slot->next_start_time = 0;
	slot->start_time = GetCurrentTimestamp();
	dbid = slot->dbid;
	if (slot->state != W2K_STATE_RETRYING || slot->backoff_ms == 0)
		slot->state = W2K_STATE_STARTING;
	w2k_attempt->shown_state = slot->state;
	LWLockRelease(w2k_shared->lock);
	return dbid;
}

/* Ends the attempt without an error; the launcher starts another at once. */
void
w2k_attempt_finish(void)
{
	if (w2k_attempt->stream != NULL)
		(void) w2k_stream_save(w2k_attempt->stream);
	proc_exit(0);
}

/*
 * Classes of errors that trying again does not mend; the connector fails and
 * waits for a person.
 */
static bool
needs_person(int sqlstate)
{
	static const int states[] = {ERRCODE_INSUFFICIENT_PRIVILEGE,
								 ERRCODE_INVALID_PARAMETER_VALUE,
								 ERRCODE_FEATURE_NOT_SUPPORTED,
								 ERRCODE_UNDEFINED_OBJECT,
								 ERRCODE_UNDEFINED_FILE,
								 ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
								 ERRCODE_PROGRAM_LIMIT_EXCEEDED};

	for (size_t i = 0; i < lengthof(states); i++)
		if (states[i] == sqlstate)
			return true;
	return false;
}

/* The whole error in one text, as psql would show it. */
static char *
describe_error(const ErrorData *error, XLogRecPtr failed_lsn)
{
	StringInfoData text;

	initStringInfo(&text);
	if (failed_lsn != InvalidXLogRecPtr)
	{
		appendStringInfo(&text, "change at %X/%X", LSN_FORMAT_ARGS(failed_lsn));
		if (error->schema_name != NULL && error->table_name != NULL)
			appendStringInfo(&text, " of table \"%s.%s\"", error->schema_name,
							 error->table_name);
		appendStringInfoString(&text, ": ");
	}
	appendStringInfoString(&text, error->message);
	if (error->detail != NULL)
		appendStringInfo(&text, "\nDETAIL:  %s", error->detail);
	if (error->hint != NULL)
		appendStringInfo(&text, "\nHINT:  %s", error->hint);
	return text.data;
}

/*
 * An error has ended the attempt: decides between trying again and failing,
 * and leaves word of it.
 *
 * A change that cannot be encoded (R12) gets a second attempt, for the reason
 * may have been a lack of memory.  After that it fails the connector, or is
 * left out by the plugin, who learns of it by the option suspect.lsn, as
 * event.processing.failure.handling.mode says.
 */
void
w2k_attempt_record_error(const ErrorData *error)
{
	W2kWorkerSlot *slot = w2k_attempt->slot;
	XLogRecPtr failed_lsn = InvalidXLogRecPtr;
	W2kState state;
	bool is_skippable;
	bool is_news;
	bool fails;
	char *text;

	if (w2k_attempt->stream != NULL && !w2k_attempt->is_pumping)
		failed_lsn = w2k_stream_failed_lsn(w2k_attempt->stream);
	is_skippable = failed_lsn != InvalidXLogRecPtr &&
				   w2k_attempt->conf != NULL &&
				   w2k_attempt->conf->processing_failure != W2K_FAILURE_FAIL &&
				   error->sqlerrcode != ERRCODE_INSUFFICIENT_PRIVILEGE;
	text = describe_error(error, failed_lsn);

	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	if (failed_lsn != InvalidXLogRecPtr)
	{
		if (slot->suspect_lsn != failed_lsn)
			slot->suspect_count = 0;
		slot->suspect_lsn = failed_lsn;
		slot->suspect_count++;
	}
	if (is_skippable)
		fails = slot->suspect_count > 2;
	else
		fails = needs_person(error->sqlerrcode) || slot->suspect_count > 1;
	/* The launcher always tries again to drop one: not without back-off. */
	if (slot->desired == W2K_DESIRED_DROPPING)
		fails = false;
	if (fails)
	{
		slot->failed_config_generation =
			w2k_attempt->row != NULL ? w2k_attempt->row->config_generation
									 : slot->config_generation;
		slot->failed_restart_generation =
			w2k_attempt->row != NULL ? w2k_attempt->row->restart_generation
									 : slot->restart_generation;
		slot->backoff_ms = 0;
	}
	else
		back_off(slot);
	pg_atomic_fetch_add_u64(&slot->counters.retries, 1);
	is_news = fails || strcmp(slot->last_error, text) != 0;
	if (slot->desired == W2K_DESIRED_DROPPING)
		state = W2K_STATE_DROPPING;
	else
		state = fails ? W2K_STATE_FAILED : W2K_STATE_RETRYING;
	LWLockRelease(w2k_shared->lock);
	w2k_attempt->is_recorded = true;
	w2k_slots_set_state(w2k_attempt->slot_index, state, text);

	/* A trouble that lasts is logged once, and when it ends. */
	ereport(is_news ? LOG : DEBUG1,
			(errmsg("wal2kafka connector \"%s\" %s: %s", slot->name,
					fails ? "failed" : "will be retried", text)));
}

/* Has what we run for changed?  Unlocked: a latch follows each change. */
static bool
is_outdated(void)
{
	volatile W2kWorkerSlot *slot = w2k_attempt->slot;

	return slot->desired != w2k_attempt->row->desired ||
		   slot->config_generation != w2k_attempt->row->config_generation ||
		   slot->restart_generation != w2k_attempt->row->restart_generation ||
		   slot->is_foreign != w2k_attempt->row->is_foreign;
}

/*
 * Settings for the sender, secrets in place, and a fingerprint of them that
 * is all we keep.
 */
List *
w2k_attempt_resolve_settings(uint64 *hash)
{
	List *settings = w2k_connector_resolve_settings(
		w2k_attempt->conf->sender_settings);
	ListCell *lc;

	*hash = 0;
	foreach(lc, settings)
	{
		W2kSenderSetting *to = lfirst(lc);

		*hash =
			hash_combine64(*hash,
						   hash_bytes_extended((const unsigned char *) to->name,
											   (int) strlen(to->name), 0));
		*hash = hash_combine64(*hash,
							   hash_bytes_extended((const unsigned char *)
													   to->value,
												   (int) strlen(to->value), 0));
	}
	return settings;
}

void
w2k_attempt_parse_config(void)
{
	w2k_attempt->conf =
		w2k_connector_parse(w2k_attempt->row->name,
							&w2k_attempt->row->config->root,
							w2k_attempt->row->owner_is_superuser, false);
}

/*
 * pg_ctl reload: the default brokers or a ${file:} may say something else.
 * Then the sender must be given it, and that is another attempt.  What cannot
 * be read or makes no sense (a file that is just being replaced) changes
 * nothing, as for the server's own settings; a restart would say so.
 */
void
w2k_attempt_reload(void)
{
	MemoryContext caller = CurrentMemoryContext;
	W2kConnectorConfig *conf = w2k_attempt->conf;
	MemoryContext scratch;
	uint64 hash;

	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	if (!w2k_attempt->has_sender)
		return;
	scratch = AllocSetContextCreate(caller, "wal2kafka reload",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(scratch);
	PG_TRY();
	{
		w2k_attempt_parse_config();
		(void) w2k_attempt_resolve_settings(&hash);
		if (hash != w2k_attempt->settings_hash)
			w2k_attempt->row->config_generation = -1; /* outdated now */
	}
	PG_CATCH();
	{
		/* Reads settings and files only: nothing to roll back. */
		MemoryContextSwitchTo(scratch);
		EmitErrorReport();
		FlushErrorState();
		ereport(LOG,
				(errmsg("wal2kafka connector \"%s\" goes on with the settings it has",
						w2k_attempt->row->name)));
	}
	PG_END_TRY();
	w2k_attempt->conf = conf;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
}

/* Are we to end this attempt?  Notes since when. */
bool
w2k_attempt_should_end(void)
{
	if (!w2k_signals.is_terminated && !is_outdated())
		return false;
	if (w2k_attempt->asked_time == 0)
		w2k_attempt->asked_time = GetCurrentTimestamp();
	return true;
}
