/*
 * launcher.c
 *		One process per server that keeps a worker running for each connector.
 *
 * The launcher is connected to no database, so it cannot read the table of
 * connectors.  It learns of them through visitors: workers that live for a
 * moment in one database, copy what its rows ask for into shared memory
 * (slots.c) and exit.  Visits happen for every database when the launcher
 * starts, and afterwards for those whose connectors a committed transaction
 * has changed.  They go one at a time, because a visit blocks DROP DATABASE,
 * and skip templates, because it would block CREATE DATABASE too.
 *
 * From there the launcher needs shared memory only: for each connector that
 * should have a worker and has none, it starts one, not before the back-off
 * that the last one's end has set.  A worker says what it is by attaching to
 * its slot; the launcher keeps nothing that its own restart would lose.
 *
 * SIGTERM ends it with exit code 1, after which the postmaster starts it
 * anew; connectors' workers go on meanwhile.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "worker/launcher.h"
#include "worker/slots.h"

/* How often to look for databases that are gone. */
#define CHECK_DATABASES_MS 60000
/* A visit that failed is made again after this long. */
#define VISIT_RETRY_MS 5000
/* One that takes so long has met a lock on its database: others first. */
#define VISIT_LIMIT_MS 10000
/* A worker that has not attached by then is not coming. */
#define LAUNCH_TIMEOUT_MS 30000
/* After which a worker could not be started for want of a process slot. */
#define NO_PROCESS_RETRY_MS 5000
/* The same for a visitor, for whom workers make room. */
#define NO_VISITOR_RETRY_MS 500

/* The visit under way, if any. */
typedef struct Visit
{
	Oid dbid;
	BackgroundWorkerHandle *handle; /* NULL = none is */
	TimestampTz begin_time;
	bool is_given_up;		/* it took too long and has been told to end */
	TimestampTz retry_time; /* no process to be had before, 0 = there is */
	List *later;			/* databases whose visit failed ... */
	TimestampTz later_time; /* ... to be visited again then */
} Visit;

void
w2k_launcher_register(void)
{
	BackgroundWorker worker;

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS |
					   BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = 1;
	strlcpy(worker.bgw_library_name, W2K_NAME, BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "w2k_launcher_main", BGW_MAXLEN);
	strlcpy(worker.bgw_name, "wal2kafka launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "wal2kafka launcher", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}

/* Starts a background worker of ours that never restarts by itself. */
static BackgroundWorkerHandle *
start_worker(const char *function, const char *type, const char *name,
			 Datum arg)
{
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS |
					   BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_notify_pid = MyProcPid;
	worker.bgw_main_arg = arg;
	strlcpy(worker.bgw_library_name, W2K_NAME, BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, function, BGW_MAXLEN);
	snprintf(worker.bgw_type, BGW_MAXLEN, "%s", type);
	snprintf(worker.bgw_name, BGW_MAXLEN, "%s %s", type, name);
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
		return NULL;
	return handle;
}

static bool
is_still_running(BackgroundWorkerHandle *handle)
{
	pid_t pid;
	BgwHandleStatus status = GetBackgroundWorkerPid(handle, &pid);

	return status == BGWH_STARTED || status == BGWH_NOT_YET_STARTED;
}

/* ----------------------------------------------------------------
 *		Visits
 * ----------------------------------------------------------------
 */

static bool
slot_of_ours_in(Oid dbid)
{
	bool found = false;

	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	for (int i = 0; i < max_replication_slots && !found; i++)
	{
		ReplicationSlot *slot = &ReplicationSlotCtl->replication_slots[i];

		SpinLockAcquire(&slot->mutex);
		found = slot->in_use && slot->data.database == dbid &&
				strcmp(NameStr(slot->data.plugin), W2K_NAME) == 0;
		SpinLockRelease(&slot->mutex);
	}
	LWLockRelease(ReplicationSlotControlLock);
	return found;
}

/* Not closed to all, nor left over by a DROP DATABASE that was cut short. */
static bool
takes_connections(Form_pg_database db)
{
	return db->datallowconn && db->datconnlimit != -2;
}

/*
 * Every database worth a visit, those that hold a slot of our plugin first:
 * there is most to lose there.  In the given context.
 */
static List *
list_databases(MemoryContext context)
{
	Relation rel;
	TableScanDesc scan;
	HeapTuple tuple;
	List *first = NIL;
	List *others = NIL;

	StartTransactionCommand();
	rel = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(rel, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database db = (Form_pg_database) GETSTRUCT(tuple);
		MemoryContext old = MemoryContextSwitchTo(context);

		if (takes_connections(db))
		{
			if (slot_of_ours_in(db->oid))
				first = lappend_oid(first, db->oid);
			else if (!db->datistemplate)
				others = lappend_oid(others, db->oid);
		}
		MemoryContextSwitchTo(old);
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	return list_concat(first, others);
}

/* is_connectable may be NULL. */
static bool
database_exists(Oid dbid, bool *is_connectable)
{
	MemoryContext caller = CurrentMemoryContext;
	HeapTuple tuple;
	bool exists;

	StartTransactionCommand();
	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(dbid));
	exists = HeapTupleIsValid(tuple);
	if (exists)
	{
		if (is_connectable != NULL)
			*is_connectable = takes_connections(
				(Form_pg_database) GETSTRUCT(tuple));
		ReleaseSysCache(tuple);
	}
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
	return exists;
}

/* Forgets the connectors of databases that are gone. */
static void
forget_dropped_databases(void)
{
	for (int i = 0; i < w2k_shared->nslots; i++)
	{
		W2kWorkerSlot *slot = &w2k_shared->slots[i];
		Oid dbid;

		LWLockAcquire(w2k_shared->lock, LW_SHARED);
		dbid = slot->in_use && slot->worker_pid == 0 ? slot->dbid : InvalidOid;
		LWLockRelease(w2k_shared->lock);
		if (!OidIsValid(dbid) || database_exists(dbid, NULL))
			continue;
		LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
		if (slot->in_use && slot->dbid == dbid && slot->worker_pid == 0)
			w2k_slots_give_back(i);
		LWLockRelease(w2k_shared->lock);
	}
}

/*
 * Takes what was asked for from shared memory into todo, which lives in
 * context.
 */
static List *
collect_visits(List *todo, MemoryContext context)
{
	bool visit_all;
	int nvisits;
	Oid visits[W2K_VISIT_QUEUE_LEN];
	MemoryContext old;
	List *all;

	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	visit_all = w2k_shared->visit_all;
	nvisits = w2k_shared->nvisits;
	memcpy(visits, w2k_shared->visits, sizeof(Oid) * nvisits);
	w2k_shared->visit_all = false;
	w2k_shared->nvisits = 0;
	LWLockRelease(w2k_shared->lock);

	old = MemoryContextSwitchTo(context);
	for (int i = 0; i < nvisits; i++)
		todo = list_append_unique_oid(todo, visits[i]);
	MemoryContextSwitchTo(old);
	if (visit_all)
	{
		all = list_databases(context);
		old = MemoryContextSwitchTo(context);
		todo = list_concat_unique_oid(todo, all);
		MemoryContextSwitchTo(old);
		list_free(all);
	}
	return todo;
}

/* Puts a database off: a visit failed, or cannot be made now. */
static void
put_off(Visit *visit, Oid dbid, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);

	if (visit->later == NIL)
		visit->later_time = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
														VISIT_RETRY_MS);
	visit->later = list_append_unique_oid(visit->later, dbid);
	MemoryContextSwitchTo(old);
}

/* The visit under way: has it ended, and well?  False while it has not. */
static bool
finish_visit(Visit *visit, MemoryContext context)
{
	bool is_done;

	if (is_still_running(visit->handle))
	{
		if (!visit->is_given_up &&
			TimestampDifferenceExceeds(visit->begin_time,
									   GetCurrentTimestamp(), VISIT_LIMIT_MS))
		{
			visit->is_given_up = true;
			TerminateBackgroundWorker(visit->handle);
		}
		return false;
	}
	pfree(visit->handle);
	visit->handle = NULL;
	LWLockAcquire(w2k_shared->lock, LW_SHARED);
	is_done = w2k_shared->visit_done == visit->dbid;
	LWLockRelease(w2k_shared->lock);
	if (!is_done)
		put_off(visit, visit->dbid, context);
	return true;
}

/*
 * There is no process to be had for a visitor.  The connectors of its
 * database end their workers then: one of the orders that wait may be to stop
 * or drop them, and the visitor goes before they start again.
 */
static void
make_room(Oid dbid)
{
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < w2k_shared->nslots; i++)
	{
		W2kWorkerSlot *slot = &w2k_shared->slots[i];

		if (!slot->in_use || slot->dbid != dbid || slot->latch == NULL)
			continue;
		slot->config_generation = -1;
		SetLatch(slot->latch);
	}
	LWLockRelease(w2k_shared->lock);
}

/* Begins the visit of visit->dbid; false when there is no process for it. */
static bool
begin_visit(Visit *visit, MemoryContext context)
{
	MemoryContext old;
	char name[16];

	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	w2k_shared->visit_done = InvalidOid;
	LWLockRelease(w2k_shared->lock);
	snprintf(name, sizeof(name), "%u", visit->dbid);
	visit->begin_time = GetCurrentTimestamp();
	visit->is_given_up = false;
	old = MemoryContextSwitchTo(context);
	visit->handle = start_worker("w2k_visitor_main", "wal2kafka visitor", name,
								 ObjectIdGetDatum(visit->dbid));
	MemoryContextSwitchTo(old);
	if (visit->handle == NULL)
	{
		/* Once, not every time. */
		if (visit->retry_time == 0)
		{
			ereport(LOG,
					(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
					 errmsg(
						 "wal2kafka launcher is out of background worker slots"),
					 errhint("You might need to increase %s.",
							 "max_worker_processes")));
			make_room(visit->dbid);
		}
		visit->retry_time = TimestampTzPlusMilliseconds(visit->begin_time,
														NO_VISITOR_RETRY_MS);
		return false;
	}
	visit->retry_time = 0;
	return true;
}

/*
 * Moves visits on: sees the end of the one under way, begins the next.
 * Returns the rest of todo.
 */
static List *
manage_visits(Visit *visit, List *todo, MemoryContext context)
{
	TimestampTz now = GetCurrentTimestamp();

	if (visit->handle != NULL && !finish_visit(visit, context))
		return todo;
	if (visit->later != NIL && now >= visit->later_time)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		todo = list_concat_unique_oid(todo, visit->later);
		list_free(visit->later);
		visit->later = NIL;
		MemoryContextSwitchTo(old);
	}
	if (now < visit->retry_time)
		return todo;
	while (todo != NIL && visit->handle == NULL)
	{
		bool is_connectable;

		visit->dbid = linitial_oid(todo);
		if (database_exists(visit->dbid, &is_connectable) && is_connectable &&
			!begin_visit(visit, context))
			break;
		todo = list_delete_first(todo);
		if (visit->handle == NULL && database_exists(visit->dbid, NULL))
			put_off(visit, visit->dbid, context);
	}
	return todo;
}

/* Until when the launcher need not look at visits by itself. */
static long
visit_timeout(const Visit *visit, long timeout_ms)
{
	TimestampTz now = GetCurrentTimestamp();

	if (visit->handle != NULL)
		return Min(timeout_ms, VISIT_LIMIT_MS);
	if (visit->later != NIL)
		timeout_ms =
			Min(timeout_ms,
				TimestampDifferenceMilliseconds(now, visit->later_time) + 1);
	if (visit->retry_time > now)
		timeout_ms =
			Min(timeout_ms,
				TimestampDifferenceMilliseconds(now, visit->retry_time) + 1);
	return timeout_ms;
}

/* ----------------------------------------------------------------
 *		Connector workers
 * ----------------------------------------------------------------
 */

/* Should this connector have a worker?  Caller must hold the lock. */
static bool
wants_worker(const W2kWorkerSlot *slot)
{
	if (!slot->in_use || slot->worker_pid != 0)
		return false;
	if (slot->desired == W2K_DESIRED_DROPPING)
		return true;
	if (slot->is_foreign)
		return false;
	if ((slot->state == W2K_STATE_FAILED ||
		 (slot->state == W2K_STATE_STOPPED && slot->is_finished)) &&
		slot->failed_config_generation == slot->config_generation &&
		slot->failed_restart_generation == slot->restart_generation)
		return false;
	/* A stopped connector's worker only makes the slot, once. */
	if (slot->desired == W2K_DESIRED_STOPPED)
		return slot->state != W2K_STATE_STOPPED;
	return true;
}

/*
 * Starts the workers that are due.  Returns in how many milliseconds the next
 * one is, at most timeout_ms.
 */
static long
manage_workers(long timeout_ms)
{
	for (int i = 0; i < w2k_shared->nslots; i++)
	{
		W2kWorkerSlot *slot = &w2k_shared->slots[i];
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz due;
		char name[W2K_CONNECTOR_NAME_LEN];
		BackgroundWorkerHandle *handle;
		bool is_wanted;

		LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
		is_wanted = wants_worker(slot);
		due = slot->next_start_time;
		if (is_wanted && slot->launch_time != 0)
			due = TimestampTzPlusMilliseconds(slot->launch_time,
											  LAUNCH_TIMEOUT_MS);
		if (is_wanted && due <= now)
		{
			slot->launch_time = now;
			strlcpy(name, slot->name, sizeof(name));
		}
		LWLockRelease(w2k_shared->lock);
		if (!is_wanted)
			continue;
		if (due > now)
		{
			timeout_ms = Min(timeout_ms,
							 TimestampDifferenceMilliseconds(now, due) + 1);
			continue;
		}
		handle = start_worker("w2k_worker_main", "wal2kafka connector", name,
							  Int32GetDatum(i));
		if (handle != NULL)
		{
			pfree(handle);
			continue;
		}
		LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
		slot->launch_time = 0;
		slot->next_start_time =
			TimestampTzPlusMilliseconds(now, NO_PROCESS_RETRY_MS);
		LWLockRelease(w2k_shared->lock);
		w2k_slots_set_state(i, W2K_STATE_RETRYING,
							"could not start a worker: out of background worker slots; increase max_worker_processes and restart the server");
		timeout_ms = Min(timeout_ms, NO_PROCESS_RETRY_MS);
	}
	return timeout_ms;
}

static void
detach_launcher(int code, Datum arg)
{
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	w2k_shared->launcher_latch = NULL;
	LWLockRelease(w2k_shared->lock);
}

void
w2k_launcher_main(Datum main_arg)
{
	MemoryContext cycle;
	Visit visit = {0};
	List *todo = NIL;
	TimestampTz checked = 0;

	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);

	before_shmem_exit(detach_launcher, (Datum) 0);
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	w2k_shared->launcher_latch = MyLatch;
	w2k_shared->visit_all = true;
	LWLockRelease(w2k_shared->lock);

	/* Reset at the loop's foot. */
	cycle = AllocSetContextCreate(TopMemoryContext, "wal2kafka cycle",
								  ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(cycle);
	ereport(LOG, (errmsg("wal2kafka launcher started")));

	for (;;)
	{
		long timeout_ms = CHECK_DATABASES_MS;
		TimestampTz now;

		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		todo = collect_visits(todo, TopMemoryContext);
		todo = manage_visits(&visit, todo, TopMemoryContext);
		timeout_ms = visit_timeout(&visit, timeout_ms);

		now = GetCurrentTimestamp();
		if (TimestampDifferenceExceeds(checked, now, CHECK_DATABASES_MS))
		{
			checked = now;
			forget_dropped_databases();
		}
		/* A visitor who has no process yet goes first. */
		if (visit.retry_time == 0)
			timeout_ms = manage_workers(timeout_ms);

		MemoryContextSwitchTo(cycle);
		MemoryContextReset(cycle);
		pgstat_report_stat(false);
		WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
				  timeout_ms, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}
