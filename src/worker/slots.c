/*
 * slots.c
 *		The shared-memory registry of connectors, their workers and tables.
 *
 * See slots.h for the locks and what they guard.  Nothing here reads a
 * catalog, and no lock is held over anything but memory.
 *
 * Commits wake workers by latch where the server has no condition variable
 * for flushed WAL: always on PostgreSQL 15, elsewhere when max_wal_senders is
 * 0 (the server then broadcasts to nobody).  A worker about to sleep sets
 * is_sleeping, then looks at the flush position once more; a backend that has
 * committed looks at is_sleeping after its flush.  With a full barrier on
 * both sides one of the two always sees the other (hazard R9).
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "config/guc.h"
#include "worker/slots.h"

W2kShared *w2k_shared = NULL;

static HTAB *table_stats = NULL;

/* One place for what this backend keeps between calls. */
static struct
{
	shmem_request_hook_type prev_shmem_request;
	shmem_startup_hook_type prev_shmem_startup;
	bool visit_at_commit;	/* this transaction changed a connector */
	bool signals_at_commit; /* it signalled to one */
	bool wakes_at_commit;	/* commits must wake sleeping workers */
	XLogRecPtr seen_commit; /* XactLastCommitEnd at the last look */
} backend;

static const char *const state_names[] =
	{[W2K_STATE_STARTING] = "starting",	  [W2K_STATE_SNAPSHOT] = "snapshot",
	 [W2K_STATE_STREAMING] = "streaming", [W2K_STATE_PAUSED] = "paused",
	 [W2K_STATE_STOPPED] = "stopped",	  [W2K_STATE_RETRYING] = "retrying",
	 [W2K_STATE_FAILED] = "failed",		  [W2K_STATE_STANDBY] = "standby",
	 [W2K_STATE_DROPPING] = "dropping"};

static const char *const desired_names[] = {[W2K_DESIRED_RUNNING] = "running",
											[W2K_DESIRED_PAUSED] = "paused",
											[W2K_DESIRED_STOPPED] = "stopped",
											[W2K_DESIRED_DROPPING] =
												"dropping"};

static Size
shared_size(void)
{
	return add_size(offsetof(W2kShared, slots),
					mul_size(w2k_max_connectors, sizeof(W2kWorkerSlot)));
}

static void
request_shmem(void)
{
	if (backend.prev_shmem_request)
		backend.prev_shmem_request();
	RequestAddinShmemSpace(
		add_size(shared_size(), hash_estimate_size(w2k_max_tracked_tables,
												   sizeof(W2kTableStat))));
	RequestNamedLWLockTranche(W2K_NAME, 2);
}

static void
startup_shmem(void)
{
	bool found;
	HASHCTL info;

	if (backend.prev_shmem_startup)
		backend.prev_shmem_startup();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	w2k_shared = ShmemInitStruct("wal2kafka", shared_size(), &found);
	if (!found)
	{
		LWLockPadded *locks = GetNamedLWLockTranche(W2K_NAME);

		memset(w2k_shared, 0, shared_size());
		w2k_shared->lock = &locks[0].lock;
		w2k_shared->table_lock = &locks[1].lock;
		w2k_shared->visit_all = true;
		w2k_shared->nslots = w2k_max_connectors;
		for (int i = 0; i < w2k_shared->nslots; i++)
		{
			W2kWorkerSlot *slot = &w2k_shared->slots[i];

			pg_atomic_init_u64(&slot->save_request, 0);
			pg_atomic_init_u64(&slot->signal_request, 0);
			pg_atomic_init_u32(&slot->is_sleeping, 0);
			w2k_counters_init(&slot->counters);
		}
	}
	info.keysize = sizeof(W2kTableKey);
	info.entrysize = sizeof(W2kTableStat);
	table_stats = ShmemInitHash("wal2kafka tables", w2k_max_tracked_tables,
								w2k_max_tracked_tables, &info,
								HASH_ELEM | HASH_BLOBS | HASH_FIXED_SIZE);
	LWLockRelease(AddinShmemInitLock);
}

/*
 * Raises the request of every connector of this database: there are few, and
 * a look at connector_signal costs little.
 */
static void
request_signals(void)
{
	LWLockAcquire(w2k_shared->lock, LW_SHARED);
	for (int i = 0; i < w2k_shared->nslots; i++)
	{
		W2kWorkerSlot *slot = &w2k_shared->slots[i];

		if (!slot->in_use || slot->dbid != MyDatabaseId)
			continue;
		pg_atomic_fetch_add_u64(&slot->signal_request, 1);
		if (slot->latch != NULL)
			SetLatch(slot->latch);
	}
	LWLockRelease(w2k_shared->lock);
}

/*
 * Runs in every backend at the end of every transaction, so it must cost
 * nothing when there is nothing to do; it neither allocates nor raises, for
 * an error after commit is a PANIC (R31).
 */
static void
at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			if (backend.visit_at_commit)
			{
				backend.visit_at_commit = false;
				w2k_slots_request_visit(MyDatabaseId);
			}
			if (backend.signals_at_commit)
			{
				backend.signals_at_commit = false;
				request_signals();
			}
			if (backend.wakes_at_commit &&
				backend.seen_commit != XactLastCommitEnd)
			{
				backend.seen_commit = XactLastCommitEnd;
				pg_memory_barrier();
				for (int i = 0; i < w2k_shared->nslots; i++)
				{
					W2kWorkerSlot *slot = &w2k_shared->slots[i];
					Latch *latch;

					if (pg_atomic_read_u32(&slot->is_sleeping) == 0)
						continue;
					/* A PGPROC's latch outlives its owner: a wrong one is
					 * only a wake-up too many. */
					latch = *(Latch *volatile *) &slot->latch;
					if (latch != NULL)
						SetLatch(latch);
				}
			}
			break;
		case XACT_EVENT_PRE_PREPARE:
			if (backend.visit_at_commit)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg(
							 "cannot PREPARE a transaction that has changed a wal2kafka connector")));
			if (backend.signals_at_commit)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg(
							 "cannot PREPARE a transaction that has signalled to a wal2kafka connector")));
			break;
		case XACT_EVENT_ABORT:
			backend.visit_at_commit = false;
			backend.signals_at_commit = false;
			break;
		default:
			break;
	}
}

void
w2k_slots_init(void)
{
	backend.prev_shmem_request = shmem_request_hook;
	shmem_request_hook = request_shmem;
	backend.prev_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = startup_shmem;
	backend.wakes_at_commit = !w2k_compat_has_flush_cv();
	RegisterXactCallback(at_transaction_end, NULL);
}

bool
w2k_slots_available(void)
{
	return w2k_shared != NULL;
}

void
w2k_slots_require(void)
{
	if (w2k_shared == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg(
					 "wal2kafka must be loaded via shared_preload_libraries to run connectors"),
				 errhint(
					 "Add wal2kafka to shared_preload_libraries in postgresql.conf and restart the server.")));
}

const char *
w2k_state_name(W2kState state)
{
	return state_names[state];
}

bool
w2k_state_from_name(const char *name, W2kState *state)
{
	for (size_t i = 0; i < lengthof(state_names); i++)
		if (strcmp(name, state_names[i]) == 0)
		{
			*state = (W2kState) i;
			return true;
		}
	return false;
}

const char *
w2k_desired_name(W2kDesired desired)
{
	return desired_names[desired];
}

bool
w2k_desired_from_name(const char *name, W2kDesired *desired)
{
	for (size_t i = 0; i < lengthof(desired_names); i++)
		if (strcmp(name, desired_names[i]) == 0)
		{
			*desired = (W2kDesired) i;
			return true;
		}
	return false;
}

int
w2k_slots_find(Oid dbid, const char *name)
{
	Assert(LWLockHeldByMe(w2k_shared->lock));
	for (int i = 0; i < w2k_shared->nslots; i++)
	{
		W2kWorkerSlot *slot = &w2k_shared->slots[i];

		if (slot->in_use && slot->dbid == dbid && strcmp(slot->name, name) == 0)
			return i;
	}
	return -1;
}

bool
w2k_slots_snapshot(Oid dbid, const char *name, W2kWorkerSlot *copy,
				   W2kCounters **counters)
{
	int i;

	if (w2k_shared == NULL)
		return false;
	LWLockAcquire(w2k_shared->lock, LW_SHARED);
	i = w2k_slots_find(dbid, name);
	if (i >= 0)
	{
		memcpy(copy, &w2k_shared->slots[i], sizeof(W2kWorkerSlot));
		*counters = &w2k_shared->slots[i].counters;
	}
	LWLockRelease(w2k_shared->lock);
	return i >= 0;
}

bool
w2k_slots_are_short(void)
{
	bool are_short = false;

	if (w2k_shared != NULL)
	{
		LWLockAcquire(w2k_shared->lock, LW_SHARED);
		are_short = w2k_shared->is_short;
		LWLockRelease(w2k_shared->lock);
	}
	return are_short;
}

void
w2k_slots_wake(Oid dbid, const char *name)
{
	int i;

	if (w2k_shared == NULL)
		return;
	LWLockAcquire(w2k_shared->lock, LW_SHARED);
	i = w2k_slots_find(dbid, name);
	if (i >= 0 && w2k_shared->slots[i].latch != NULL)
		SetLatch(w2k_shared->slots[i].latch);
	LWLockRelease(w2k_shared->lock);
}

void
w2k_slots_request_visit(Oid dbid)
{
	if (w2k_shared == NULL)
		return;
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	if (!w2k_shared->visit_all)
	{
		bool is_queued = false;

		for (int i = 0; i < w2k_shared->nvisits; i++)
			is_queued = is_queued || w2k_shared->visits[i] == dbid;
		if (!is_queued && w2k_shared->nvisits < W2K_VISIT_QUEUE_LEN)
			w2k_shared->visits[w2k_shared->nvisits++] = dbid;
		else if (!is_queued)
			w2k_shared->visit_all = true;
	}
	if (w2k_shared->launcher_latch != NULL)
		SetLatch(w2k_shared->launcher_latch);
	LWLockRelease(w2k_shared->lock);
}

void
w2k_slots_request_visit_at_commit(void)
{
	if (w2k_shared != NULL)
		backend.visit_at_commit = true;
}

void
w2k_slots_request_signals_at_commit(void)
{
	if (w2k_shared != NULL)
		backend.signals_at_commit = true;
}

int
w2k_slots_take(Oid dbid, const char *name)
{
	int i;

	Assert(LWLockHeldByMeInMode(w2k_shared->lock, LW_EXCLUSIVE));
	i = w2k_slots_find(dbid, name);
	if (i >= 0)
		return i;
	for (i = 0; i < w2k_shared->nslots; i++)
	{
		W2kWorkerSlot *slot = &w2k_shared->slots[i];

		if (slot->in_use)
			continue;
		memset(slot, 0, offsetof(W2kWorkerSlot, save_request));
		slot->nbrokers = 0;
		pg_atomic_write_u64(&slot->save_request, 0);
		pg_atomic_write_u64(&slot->signal_request, 0);
		pg_atomic_write_u32(&slot->is_sleeping, 0);
		w2k_counters_init(&slot->counters);
		pg_atomic_write_u64(&slot->counters.stats_reset,
							(uint64) GetCurrentTimestamp());
		slot->generation = ++w2k_shared->next_generation;
		slot->dbid = dbid;
		strlcpy(slot->name, name, sizeof(slot->name));
		slot->state = W2K_STATE_STARTING;
		slot->state_time = GetCurrentTimestamp();
		slot->in_use = true;
		return i;
	}
	w2k_shared->is_short = true;
	return -1;
}

void
w2k_slots_give_back(int slot_index)
{
	HASH_SEQ_STATUS scan;
	W2kTableStat *stat;

	Assert(LWLockHeldByMeInMode(w2k_shared->lock, LW_EXCLUSIVE));
	LWLockAcquire(w2k_shared->table_lock, LW_EXCLUSIVE);
	hash_seq_init(&scan, table_stats);
	while ((stat = hash_seq_search(&scan)) != NULL)
		if (stat->key.slot_index == slot_index)
			hash_search(table_stats, &stat->key, HASH_REMOVE, NULL);
	LWLockRelease(w2k_shared->table_lock);
	w2k_shared->slots[slot_index].in_use = false;
	if (w2k_shared->is_short)
	{
		w2k_shared->is_short = false;
		w2k_shared->visit_all = true;
		if (w2k_shared->launcher_latch != NULL)
			SetLatch(w2k_shared->launcher_latch);
	}
}

void
w2k_slots_set_state(int slot_index, W2kState state, const char *error)
{
	W2kWorkerSlot *slot = &w2k_shared->slots[slot_index];
	int error_len = 0;

	/* the views show it as text, so no character may be cut in two */
	if (error != NULL)
		error_len = pg_mbcliplen(error, (int) strlen(error),
								 (int) sizeof(slot->last_error) - 1);
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	if (slot->state != state)
	{
		slot->state = state;
		slot->state_time = GetCurrentTimestamp();
	}
	if (error != NULL)
	{
		memcpy(slot->last_error, error, error_len);
		slot->last_error[error_len] = '\0';
		slot->last_error_time = GetCurrentTimestamp();
		pg_atomic_fetch_add_u64(&slot->counters.errors, 1);
	}
	LWLockRelease(w2k_shared->lock);
}

W2kTableStat *
w2k_slots_table(int slot_index, Oid relid, const char *topic)
{
	W2kTableKey key = {.slot_index = slot_index, .relid = relid};
	uint64 generation = w2k_shared->slots[slot_index].generation;
	W2kTableStat *stat;
	bool found;

	LWLockAcquire(w2k_shared->table_lock, LW_EXCLUSIVE);
	stat = hash_search(table_stats, &key, HASH_ENTER_NULL, &found);
	if (stat != NULL)
	{
		if (!found || stat->generation != generation)
		{
			stat->generation = generation;
			pg_atomic_init_u64(&stat->inserts, 0);
			pg_atomic_init_u64(&stat->updates, 0);
			pg_atomic_init_u64(&stat->deletes, 0);
			pg_atomic_init_u64(&stat->truncates, 0);
			pg_atomic_init_u64(&stat->reads, 0);
			pg_atomic_init_u64(&stat->bytes, 0);
		}
		strlcpy(stat->topic, topic, sizeof(stat->topic));
	}
	LWLockRelease(w2k_shared->table_lock);
	return stat;
}

W2kTableStat *
w2k_slots_find_table(Oid dbid, const char *name, Oid relid)
{
	W2kTableStat *stat = NULL;
	int i;

	if (w2k_shared == NULL)
		return NULL;
	LWLockAcquire(w2k_shared->lock, LW_SHARED);
	i = w2k_slots_find(dbid, name);
	if (i >= 0)
	{
		W2kTableKey key = {.slot_index = i, .relid = relid};

		LWLockAcquire(w2k_shared->table_lock, LW_SHARED);
		stat = hash_search(table_stats, &key, HASH_FIND, NULL);
		if (stat != NULL && stat->generation != w2k_shared->slots[i].generation)
			stat = NULL;
		LWLockRelease(w2k_shared->table_lock);
	}
	LWLockRelease(w2k_shared->lock);
	return stat;
}
