/*
 * visitor.c
 *		A short-lived worker that reads one database's connectors.
 *
 * The launcher, connected to no database, sends it: it copies what the rows
 * ask for into shared memory, tells the workers that are running, and exits.
 * It holds its database for a moment only, since a visit blocks DROP DATABASE.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "worker/catalog.h"
#include "worker/launcher.h"
#include "worker/slots.h"

/* Copies one row's wishes into shared memory and tells a running worker. */
static void
publish_connector(const W2kConnectorRow *row)
{
	W2kWorkerSlot *slot;
	int i;

	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	i = w2k_slots_take(MyDatabaseId, row->name);
	if (i < 0)
	{
		LWLockRelease(w2k_shared->lock);
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("too many connectors: \"%s\" is not started",
						row->name),
				 errhint(
					 "Increase wal2kafka.max_connectors and restart the server.")));
		return;
	}
	slot = &w2k_shared->slots[i];
	/* A new order, or a restart, does not wait for an old back-off. */
	if (slot->desired != row->desired ||
		slot->config_generation != row->config_generation ||
		slot->restart_generation != row->restart_generation)
	{
		slot->next_start_time = 0;
		slot->backoff_ms = 0;
		slot->suspect_count = 0;
		slot->suspect_lsn = InvalidXLogRecPtr;
	}
	/* Its worker will end for this: what it was says nothing of what will be,
	 * and wait_for_connector() must not take it for that. */
	if (slot->worker_pid != 0 &&
		(slot->state == W2K_STATE_STREAMING ||
		 slot->state == W2K_STATE_PAUSED) &&
		(slot->config_generation != row->config_generation ||
		 slot->restart_generation != row->restart_generation))
		slot->state = W2K_STATE_STARTING;
	if (slot->desired != row->desired)
		slot->failed_config_generation = -1;
	if (slot->worker_pid == 0)
	{
		if (row->is_foreign || (row->desired == W2K_DESIRED_STOPPED &&
								slot->state == W2K_STATE_FAILED))
			slot->state = W2K_STATE_STOPPED;
		else if (row->desired != W2K_DESIRED_STOPPED &&
				 slot->state == W2K_STATE_STOPPED)
			slot->state = W2K_STATE_STARTING;
	}
	slot->desired = row->desired;
	slot->is_foreign = row->is_foreign;
	slot->config_generation = row->config_generation;
	slot->restart_generation = row->restart_generation;
	if (slot->latch != NULL)
		SetLatch(slot->latch);
	LWLockRelease(w2k_shared->lock);
}

/* Forgets connectors of this database whose rows are gone. */
static void
forget_others(List *rows)
{
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < w2k_shared->nslots; i++)
	{
		W2kWorkerSlot *slot = &w2k_shared->slots[i];
		bool found = false;
		ListCell *lc;

		if (!slot->in_use || slot->dbid != MyDatabaseId)
			continue;
		foreach(lc, rows)
			found = found || strcmp(((W2kConnectorRow *) lfirst(lc))->name,
									slot->name) == 0;
		if (found)
			continue;
		if (slot->worker_pid == 0)
			w2k_slots_give_back(i);
		else
		{
			/* Its worker sees that the row is gone, and gives back. */
			slot->config_generation = -1;
			if (slot->latch != NULL)
				SetLatch(slot->latch);
		}
	}
	LWLockRelease(w2k_shared->lock);
}

void
w2k_visitor_main(Datum main_arg)
{
	Oid dbid = DatumGetObjectId(main_arg);
	List *rows = NIL;
	ListCell *lc;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(dbid, InvalidOid, 0);
	w2k_catalog_override_settings();
	/* A visit waits for nobody: it is made again. */
	SetConfigOption("lock_timeout", "1s", PGC_SUSET, PGC_S_OVERRIDE);

	if (w2k_catalog_is_installed())
		rows = w2k_catalog_connectors();
	foreach(lc, rows)
		publish_connector(lfirst(lc));
	forget_others(rows);

	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	w2k_shared->visit_done = dbid;
	if (w2k_shared->launcher_latch != NULL)
		SetLatch(w2k_shared->launcher_latch);
	LWLockRelease(w2k_shared->lock);
	proc_exit(0);
}
