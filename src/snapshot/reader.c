/*
 * reader.c
 *		A process that reads tables for a connector's worker.
 *
 * It makes a link, says in shared memory where, and answers what a worker
 * asks, one request after the other.  A reader that holds the snapshot of a
 * new slot goes on when its worker goes (R28): the next worker finds another
 * link in the same place.  All others end with their worker.
 *
 * It runs as the superuser, and reads only what the connector's owner may
 * (schema/relation sees to that); SQL of anybody else runs as the owner
 * (snapshot/query).
 */
#include "postgres.h"

#include <signal.h>

#include "access/transam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "decode/output.h"
#include "snapshot/plan.h"
#include "snapshot/reader.h"
#include "worker/catalog.h"
#include "worker/slots.h"
#include "worker/stream.h"

/* How often a reader without a request looks whether it is still wanted. */
#define IDLE_MS 1000
/* How long the holder of a snapshot, which keeps VACUUM from its work in the
 * whole database, waits for another worker. */
#define ORPHAN_MS 600000

static struct
{
	int slot_index;
	int number; /* 0 = the holder, where there is one */
	uint64 generation;
	Oid dbid;
	char connector[W2K_CONNECTOR_NAME_LEN];
	dsm_handle handle;
	bool has_transaction; /* of a snapshot that is held */
	bool has_planned;
	NameData new_slot; /* that nobody knows of yet; empty = none */
	char snapshot_id[W2K_SNAPSHOT_ID_LEN]; /* by which others may have it */
	W2kReader reader;
} self;

static W2kReaderSlot *
my_slot(void)
{
	return &w2k_shared->slots[self.slot_index].readers[self.number];
}

static void
detach(int code, Datum arg)
{
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	if (my_slot()->pid == MyProcPid)
		memset(my_slot(), 0, sizeof(W2kReaderSlot));
	if (w2k_shared->slots[self.slot_index].latch != NULL)
		SetLatch(w2k_shared->slots[self.slot_index].latch);
	LWLockRelease(w2k_shared->lock);
}

/* Takes the place that the worker chose; exits where it is taken. */
static void
attach(Datum arg)
{
	uint32 packed = DatumGetUInt32(arg);
	W2kWorkerSlot *slot;
	bool is_free;

	self.slot_index = (int) (packed >> 8);
	self.number = (int) (packed & 0xff);
	slot = &w2k_shared->slots[self.slot_index];
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	is_free = slot->in_use && slot->worker_pid != 0 && my_slot()->pid == 0;
	if (is_free)
		my_slot()->pid = MyProcPid;
	self.generation = slot->generation;
	self.dbid = slot->dbid;
	strlcpy(self.connector, slot->name, sizeof(self.connector));
	LWLockRelease(w2k_shared->lock);
	if (!is_free)
		proc_exit(0);
	before_shmem_exit(detach, (Datum) 0);
}

/*
 * Says where the worker finds us, or (0) that it does not any more, and
 * whether there is a snapshot to come back for.
 */
static void
publish(dsm_handle handle)
{
	W2kWorkerSlot *slot = &w2k_shared->slots[self.slot_index];

	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	my_slot()->handle = handle;
	my_slot()->has_snapshot = self.has_transaction && self.number == 0;
	if (slot->latch != NULL)
		SetLatch(slot->latch);
	LWLockRelease(w2k_shared->lock);
}

/* Is there still a connector that wants rows? */
static bool
is_wanted(bool has_worker, TimestampTz since)
{
	const W2kWorkerSlot *slot = &w2k_shared->slots[self.slot_index];
	bool is_wanted;

	LWLockAcquire(w2k_shared->lock, LW_SHARED);
	is_wanted = slot->in_use && slot->generation == self.generation &&
				slot->desired != W2K_DESIRED_DROPPING &&
				slot->desired != W2K_DESIRED_STOPPED;
	LWLockRelease(w2k_shared->lock);
	return is_wanted &&
		   (has_worker ||
			!TimestampDifferenceExceeds(since, GetCurrentTimestamp(),
										ORPHAN_MS));
}

/* ---- requests ---- */

static List *
take_options(const char *text, int count)
{
	List *options = NIL;

	for (int i = 0; i < count; i++)
	{
		const char *name = text;
		const char *value = name + strlen(name) + 1;

		text = value + strlen(value) + 1;
		options = lappend(options,
						  makeDefElem(pstrdup(name),
									  (Node *) makeString(pstrdup(value)), -1));
	}
	return options;
}

/* The transaction whose snapshot all chunks are read under. */
static void
begin_snapshot(const W2kReaderOpen *open)
{
	W2kReader *reader = &self.reader;

	if (open->mode == W2K_READER_MAKE_SLOT)
	{
		reader->consistent_point =
			w2k_stream_create_slot_with_snapshot(NameStr(open->slot_name),
												 open->failover);
		self.new_slot = open->slot_name;
	}
	else
	{
		StartTransactionCommand();
		XactIsoLevel = XACT_REPEATABLE_READ;
		XactReadOnly = true;
		if (open->mode == W2K_READER_IMPORT)
			ImportSnapshot(open->snapshot_id);
		else
			reader->consistent_point = w2k_stream_flushed();
	}
	self.has_transaction = true;
	MemoryContextSwitchTo(reader->context);
	reader->time_us = w2k_output_now_ns() / 1000;
	reader->xid = U64FromFullTransactionId(ReadNextFullTransactionId());
	if (open->mode != W2K_READER_IMPORT)
		strlcpy(self.snapshot_id, ExportSnapshot(GetTransactionSnapshot()),
				sizeof(self.snapshot_id));
}

static void
send_plan(W2kPlanHead *head, List *tables)
{
	StringInfoData body;
	ListCell *lc;

	initStringInfo(&body);
	head->ntables = list_length(tables);
	foreach(lc, tables)
		appendBinaryStringInfo(&body, lfirst(lc), sizeof(W2kPlanTable));
	(void) w2k_snapshot_link_send(self.reader.link, W2K_SNAPSHOT_PLAN, head,
								  sizeof(*head), body.data, body.len);
	pfree(body.data);
}

/*
 * A worker says what for.  Whatever fails here ends the process, after word of
 * it: the worker cannot do without.
 */
static void
answer_open(const char *body, Size len)
{
	W2kReader *reader = &self.reader;
	const W2kReaderOpen *open = (const W2kReaderOpen *) body;
	MemoryContext oldcontext = MemoryContextSwitchTo(reader->context);
	W2kPlanHead head = {0};
	List *tables = NIL;

	reader->mode = open->mode;
	reader->locks_tables = open->locks_tables;
	reader->reading =
		w2k_reading_create(NameStr(open->slot_name),
						   take_options(body + sizeof(W2kReaderOpen),
										open->noptions),
						   self.number);
	if (reader->mode == W2K_READER_HOLD && !self.has_transaction)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the initial snapshot is gone")));
	if (reader->mode != W2K_READER_FRESH && !self.has_transaction)
		begin_snapshot(open);
	/* not while a slot is made: that waits for whoever is running */
	SetConfigOption("lock_timeout", psprintf("%d", open->lock_timeout_ms),
					PGC_SUSET, PGC_S_OVERRIDE);
	if (reader->mode != W2K_READER_FRESH && !self.has_planned)
	{
		self.has_planned = true;
		publish(self.handle);
		if (reader->mode != W2K_READER_IMPORT)
			tables = w2k_plan_tables(reader);
	}
	head.consistent_point = reader->consistent_point;
	strlcpy(head.snapshot_id, self.snapshot_id, sizeof(head.snapshot_id));
	send_plan(&head, tables);
	memset(&self.new_slot, 0, sizeof(self.new_slot));
	MemoryContextSwitchTo(oldcontext);
}

static void
answer_chunk(const char *body, Size len)
{
	W2kReader *reader = &self.reader;
	MemoryContext oldcontext = MemoryContextSwitchTo(reader->chunk_context);
	W2kChunkRequest *request = palloc(sizeof(W2kChunkRequest));
	const char *text = body + sizeof(W2kChunkRequest);
	char *filter = NULL;
	char *query = NULL;

	memcpy(request, body, sizeof(W2kChunkRequest));
	if (request->filter_len > 0)
		filter = pnstrdup(text, request->filter_len);
	if (request->query_len > 0)
		query = pnstrdup(text + request->filter_len, request->query_len);
	MemoryContextSwitchTo(oldcontext);
	w2k_chunk_answer(reader, request, filter, query);
}

/* ---- the process ---- */

/* Answers until the worker goes, or nobody wants it any more. */
static void
serve(void)
{
	W2kReader *reader = &self.reader;
	TimestampTz since = GetCurrentTimestamp();
	bool has_worker = false;

	for (;;)
	{
		char type;
		const char *body;
		Size len;

		switch (w2k_snapshot_link_receive(reader->link, &type, &body, &len))
		{
			case W2K_LINK_GONE:
				return;
			case W2K_LINK_EMPTY:
				break;
			case W2K_LINK_MESSAGE:
				has_worker = true;
				if (type == W2K_SNAPSHOT_OPEN)
					answer_open(body, len);
				else if (type == W2K_SNAPSHOT_CHUNK)
					answer_chunk(body, len);
				else if (type == W2K_SNAPSHOT_QUIT)
					proc_exit(0);
				continue;
		}
		if (!is_wanted(has_worker, since))
			proc_exit(0);
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 IDLE_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		QueryCancelPending = false; /* there is nothing to be cancelled */
		CHECK_FOR_INTERRUPTS();
	}
}

/* One worker after the other, as long as there is a snapshot to hold. */
static void
run(void)
{
	W2kReader *reader = &self.reader;

	do
	{
		reader->context = AllocSetContextCreate(TopMemoryContext,
												"wal2kafka reader",
												ALLOCSET_DEFAULT_SIZES);
		reader->chunk_context = AllocSetContextCreate(reader->context,
													  "wal2kafka chunk",
													  ALLOCSET_DEFAULT_SIZES);
		MemoryContextSwitchTo(reader->context);
		initStringInfo(&reader->out);
		reader->link = w2k_snapshot_link_create(&self.handle);
		publish(self.handle);
		serve();
		publish(0);
		w2k_snapshot_link_close(reader->link);
		reader->link = NULL;
		MemoryContextSwitchTo(TopMemoryContext);
		MemoryContextDelete(reader->context);
	} while (self.has_transaction && self.number == 0);
}

/* Tells the worker why there will be no answers. */
static void
send_failure(const ErrorData *error)
{
	W2kChunkDone done = {.table = -1,
						 .result = W2K_CHUNK_FAILED,
						 .sqlerrcode = error->sqlerrcode,
						 .error_len = (int) strlen(error->message)};

	if (self.reader.link != NULL)
		(void) w2k_snapshot_link_send(self.reader.link, W2K_SNAPSHOT_DONE,
									  &done, sizeof(done), error->message,
									  done.error_len);
}

void
w2k_snapshot_reader_main(Datum main_arg)
{
	pqsignal(SIGTERM, die);
	pqsignal(SIGINT, StatementCancelHandler); /* how lock_timeout works */
	BackgroundWorkerUnblockSignals();
	attach(main_arg);
	BackgroundWorkerInitializeConnectionByOid(self.dbid, InvalidOid, 0);
	w2k_catalog_override_settings();
	SetConfigOption("search_path", "", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("application_name",
					psprintf("%s %s", W2K_NAME, self.connector), PGC_USERSET,
					PGC_S_OVERRIDE);
	PG_TRY();
	{
		run();
	}
	PG_CATCH();
	{
		ErrorData *error;

		HOLD_INTERRUPTS();
		MemoryContextSwitchTo(TopMemoryContext);
		error = CopyErrorData();
		EmitErrorReport();
		FlushErrorState();
		LWLockReleaseAll();
		AbortOutOfAnyTransaction();
		RESUME_INTERRUPTS();
		if (NameStr(self.new_slot)[0] != '\0')
			w2k_stream_drop_slot(NameStr(self.new_slot));
		send_failure(error);
	}
	PG_END_TRY();
	proc_exit(0);
}
