/*
 * snapshot_crew.c
 *		The readers of a connector's worker: starts them, asks them, listens.
 */
#include "postgres.h"

#include <signal.h>

#include "miscadmin.h"
#include "nodes/value.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "worker/attempt.h"
#include "worker/snapshot_crew.h"

/* Between two looks at a process that begins or ends; it sets our latch. */
#define POLL_MS 100
/* Where there is no process to be had, between two attempts. */
#define MAX_RETRY_MS 5000

struct W2kCrewMember
{
	int number;
	BackgroundWorkerHandle *process; /* NULL = it was there already, or not yet */
	W2kSnapshotLink *link;			 /* NULL = it is not ready yet */
	bool is_optional;		/* and it is no trouble where there is none */
	bool is_patient;		/* waits for a process where none is free */
	int retry_ms;			/* how long, last time; 0 = there was no need */
	TimestampTz retry_time; /* until when */
};

/* What it says of itself in shared memory. */
static W2kReaderSlot
look_at(int number)
{
	W2kReaderSlot reader;

	LWLockAcquire(w2k_shared->lock, LW_SHARED);
	reader = w2k_attempt->slot->readers[number];
	LWLockRelease(w2k_shared->lock);
	return reader;
}

static void
wait_a_moment(void)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 POLL_MS, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (w2k_attempt_should_end())
		w2k_attempt_finish();
}

static BackgroundWorkerHandle *
launch(int number)
{
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;
	MemoryContext oldcontext;
	bool is_registered;

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS |
					   BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_main_arg = W2K_READER_ARG(w2k_attempt->slot_index, number);
	worker.bgw_notify_pid = MyProcPid;
	strlcpy(worker.bgw_library_name, W2K_NAME, BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "w2k_snapshot_reader_main", BGW_MAXLEN);
	strlcpy(worker.bgw_type, W2K_NAME " snapshot", BGW_MAXLEN);
	snprintf(worker.bgw_name, BGW_MAXLEN, W2K_NAME " snapshot %s",
			 w2k_attempt->row->name);

	oldcontext = MemoryContextSwitchTo(TopMemoryContext);
	is_registered = RegisterDynamicBackgroundWorker(&worker, &handle);
	MemoryContextSwitchTo(oldcontext);
	return is_registered ? handle : NULL;
}

/* No process is free: an error, or another attempt later, and word of it. */
static void
put_off(W2kCrewMember *member)
{
	const char *hint = "Increase max_worker_processes and restart the server.";

	if (!member->is_patient)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("could not start a background worker for a snapshot of connector \"%s\"",
						w2k_attempt->row->name),
				 errhint("%s", hint)));
	if (member->retry_ms == 0 && !member->is_optional)
	{
		char *text =
			psprintf("waiting for a background worker to read existing rows, since none is free\nHINT:  %s",
					 hint);

		ereport(LOG, (errmsg("wal2kafka connector \"%s\": %s",
							 w2k_attempt->row->name, text)));
		w2k_slots_set_state(w2k_attempt->slot_index, w2k_attempt->shown_state,
							text);
		pfree(text);
	}
	member->retry_ms = Min(Max(member->retry_ms * 2, POLL_MS), MAX_RETRY_MS);
	member->retry_time = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													 member->retry_ms);
}

W2kCrewMember *
w2k_crew_launch(int number)
{
	W2kCrewMember *member = MemoryContextAllocZero(TopMemoryContext,
												   sizeof(W2kCrewMember));

	member->number = number;
	return member;
}

bool
w2k_crew_is_ready(W2kCrewMember *member)
{
	W2kReaderSlot reader;
	pid_t pid;

	if (member->link != NULL)
		return true;
	reader = look_at(member->number);
	if (reader.handle != 0)
		member->link = w2k_snapshot_link_attach(reader.handle);
	if (member->link != NULL)
		return true;
	if (member->process != NULL &&
		GetBackgroundWorkerPid(member->process, &pid) == BGWH_STOPPED)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("the process that was to read tables for connector \"%s\" ended at once",
						w2k_attempt->row->name)));
	/* one whose worker has gone may still be on its way out */
	if (member->process == NULL && reader.pid == 0 &&
		(member->retry_ms == 0 || GetCurrentTimestamp() >= member->retry_time))
	{
		member->process = launch(member->number);
		if (member->process == NULL)
			put_off(member);
	}
	return false;
}

W2kCrewMember *
w2k_crew_start(int number)
{
	W2kCrewMember *member = w2k_crew_launch(number);

	member->is_patient = true;
	while (!w2k_crew_is_ready(member))
		wait_a_moment();
	return member;
}

W2kCrewMember *
w2k_crew_start_another(int number)
{
	W2kCrewMember *member = w2k_crew_launch(number);

	member->is_patient = member->is_optional = true;
	while (!w2k_crew_is_ready(member))
	{
		if (member->retry_ms > 0)
		{
			pfree(member);
			return NULL;
		}
		wait_a_moment();
	}
	return member;
}

bool
w2k_crew_has_holder(void)
{
	W2kReaderSlot reader = look_at(0);

	return reader.pid != 0 && reader.has_snapshot;
}

void
w2k_crew_end_all(void)
{
	for (int number = 0; number < W2K_MAX_READERS; number++)
	{
		W2kReaderSlot reader = look_at(number);

		while (reader.pid != 0)
		{
			(void) kill(reader.pid, SIGTERM);
			(void) WaitLatch(MyLatch,
							 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
							 POLL_MS, PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
			reader = look_at(number);
		}
	}
}

/* A plugin option, for take_options() of the reader. */
static void
add_option(StringInfo text, const DefElem *option)
{
	appendStringInfoString(text, option->defname);
	appendStringInfoChar(text, '\0');
	appendStringInfoString(text, strVal(option->arg));
	appendStringInfoChar(text, '\0');
}

/* Waits for a message, which must be of this type. */
static void
wait_for(W2kCrewMember *member, char wanted, const char **body, Size *len)
{
	char type;

	while (!w2k_crew_receive(member, &type, body, len))
		wait_a_moment();
	if (type != wanted)
		elog(ERROR, "unexpected message '%c' from a reader", type);
}

/* The last words of a reader that cannot go on. */
pg_noreturn static void
raise_failure(const W2kChunkDone *done)
{
	const char *text = (const char *) (done + 1);

	ereport(ERROR,
			(errcode(done->sqlerrcode),
			 errmsg("could not begin to read tables for connector \"%s\": %.*s",
					w2k_attempt->row->name, done->error_len, text)));
}

void
w2k_crew_send_open(W2kCrewMember *member, W2kReaderMode mode,
				   const W2kConnectorConfig *conf, const char *slot_name,
				   List *options, const char *snapshot_id)
{
	W2kReaderOpen open = {.mode = mode,
						  .failover = conf->slot_failover,
						  .locks_tables = conf->snapshot_locks_tables != 0,
						  .lock_timeout_ms = conf->snapshot_lock_timeout_ms,
						  .noptions = list_length(options)};
	StringInfoData text;
	ListCell *lc;

	namestrcpy(&open.slot_name, slot_name);
	if (snapshot_id != NULL)
		strlcpy(open.snapshot_id, snapshot_id, sizeof(open.snapshot_id));
	initStringInfo(&text);
	foreach(lc, options)
		add_option(&text, lfirst(lc));
	(void) w2k_snapshot_link_send(member->link, W2K_SNAPSHOT_OPEN, &open,
								  sizeof(open), text.data, text.len);
	pfree(text.data);
}

List *
w2k_crew_open(W2kCrewMember *member, W2kReaderMode mode,
			  const W2kConnectorConfig *conf, const char *slot_name,
			  List *options, const char *snapshot_id, W2kPlanHead *head)
{
	const char *body;
	Size len;
	List *tables = NIL;

	w2k_crew_send_open(member, mode, conf, slot_name, options, snapshot_id);
	wait_for(member, W2K_SNAPSHOT_PLAN, &body, &len);
	memcpy(head, body, sizeof(*head));
	for (int i = 0; i < head->ntables; i++)
	{
		W2kPlanTable *table = palloc(sizeof(W2kPlanTable));

		memcpy(table, body + sizeof(*head) + sizeof(W2kPlanTable) * i,
			   sizeof(W2kPlanTable));
		tables = lappend(tables, table);
	}
	return tables;
}

void
w2k_crew_ask(W2kCrewMember *member, W2kChunkRequest *request,
			 const char *filter, const char *query)
{
	StringInfoData text;

	request->filter_len = filter == NULL ? 0 : (int) strlen(filter);
	request->query_len = query == NULL ? 0 : (int) strlen(query);
	initStringInfo(&text);
	if (filter != NULL)
		appendStringInfoString(&text, filter);
	if (query != NULL)
		appendStringInfoString(&text, query);
	(void) w2k_snapshot_link_send(member->link, W2K_SNAPSHOT_CHUNK, request,
								  sizeof(*request), text.data, text.len);
	pfree(text.data);
}

bool
w2k_crew_receive(W2kCrewMember *member, char *type, const char **body,
				 Size *len)
{
	const W2kChunkDone *done;

	switch (w2k_snapshot_link_receive(member->link, type, body, len))
	{
		case W2K_LINK_EMPTY:
			return false;
		case W2K_LINK_GONE:
			ereport(ERROR,
					(errcode(ERRCODE_CONNECTION_FAILURE),
					 errmsg("a process that reads tables for connector \"%s\" has ended",
							w2k_attempt->row->name)));
			break;
		case W2K_LINK_MESSAGE:
			break;
	}
	done = (const W2kChunkDone *) *body;
	if (*type == W2K_SNAPSHOT_DONE && done->table < 0)
		raise_failure(done);
	return true;
}

void
w2k_crew_release(W2kCrewMember *member)
{
	if (member->link != NULL)
		w2k_snapshot_link_cancel(member->link);
	w2k_snapshot_link_close(member->link);
	pfree(member);
}

void
w2k_crew_dismiss(W2kCrewMember *member)
{
	(void) w2k_snapshot_link_send(member->link, W2K_SNAPSHOT_QUIT, "", 0, NULL,
								  0);
	w2k_snapshot_link_close(member->link);
	pfree(member);
}
