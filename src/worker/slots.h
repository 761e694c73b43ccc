/*
 * slots.h
 *		The shared-memory registry of connectors, their workers and tables.
 *
 * One W2kWorkerSlot per connector known to the launcher, in any database.
 * The launcher and its visitors add, change and remove entries; a connector's
 * worker writes its own state; SQL functions read, wake and ask.
 *
 * LWLocks of the tranche "wal2kafka":
 *	W2kShared->lock		membership, every field of a slot that is not said to
 *						be atomic, and the queue of databases to visit
 *	W2kShared->table_lock	membership of the hash of per-table counters
 *
 * Without shared_preload_libraries there is no shared memory:
 * w2k_slots_available() tells, and callers explain.
 */
#ifndef W2K_WORKER_SLOTS_H
#define W2K_WORKER_SLOTS_H

#include "access/xlogdefs.h"
#include "datatype/timestamp.h"
#include "port/atomics.h"
#include "storage/latch.h"
#include "storage/lwlock.h"

#include "status/counters.h"
#include "wal2kafka.h"

/* The states of design: the one list, see w2k_state_name(). */
typedef enum W2kState
{
	W2K_STATE_STARTING,
	W2K_STATE_SNAPSHOT,
	W2K_STATE_STREAMING,
	W2K_STATE_PAUSED,
	W2K_STATE_STOPPED,
	W2K_STATE_RETRYING,
	W2K_STATE_FAILED,
	W2K_STATE_STANDBY,
	W2K_STATE_DROPPING
} W2kState;

/* What the row in wal2kafka.connector asks for. */
typedef enum W2kDesired
{
	W2K_DESIRED_RUNNING,
	W2K_DESIRED_PAUSED,
	W2K_DESIRED_STOPPED,
	W2K_DESIRED_DROPPING
} W2kDesired;

/* Per broker, from librdkafka's statistics. */
#define W2K_MAX_BROKERS 16

typedef struct W2kBrokerStat
{
	int32 node_id;
	char name[128];
	char state[16];
	uint64 tx, tx_bytes, tx_errors, tx_retries, req_timeouts;
	uint64 rx, rx_bytes, outbuf_records, waitresp_records;
	int64 rtt_p50_us, rtt_p99_us;
	int64 connects, disconnects;
} W2kBrokerStat;

/* Of one connector, the holder of the initial snapshot included. */
#define W2K_MAX_READERS 16

/* A process that reads tables; written by itself. */
typedef struct W2kReaderSlot
{
	pid_t pid;	   /* 0 = none */
	uint32 handle; /* of the segment where it waits for a worker; 0 = none */
	bool has_snapshot; /* the initial one, and goes on without a worker */
} W2kReaderSlot;

typedef struct W2kWorkerSlot
{
	/* Who: set by the launcher's visitor when the slot is taken. */
	bool in_use;
	uint64 generation; /* rises each time the slot gets a new tenant */
	Oid dbid;
	char name[W2K_CONNECTOR_NAME_LEN];

	/* What is wanted: from the catalog row, by the visitor. */
	W2kDesired desired;
	bool is_foreign;		  /* the row was made for another cluster */
	int64 config_generation;  /* the row's, rises with each change */
	int64 restart_generation; /* rises with restart_connector */

	/* What is: written by the worker, and by the launcher when there is none */
	W2kState state;
	pid_t worker_pid;		 /* 0 = none */
	TimestampTz launch_time; /* of one that has not attached yet, else 0 */
	pid_t sender_pid;
	Latch *latch; /* the worker's, NULL = none */
	NameData slot_name;
	TimestampTz state_time;
	TimestampTz start_time;		 /* of the present worker */
	TimestampTz next_start_time; /* back-off: not before */
	int backoff_ms;				 /* the last one, 0 = none */
	bool is_finished; /* nothing to do: initial_only; ends as a failure does */
	int64 failed_config_generation;	 /* failed for this configuration ... */
	int64 failed_restart_generation; /* ... and this restart: do not start */
	char last_error[W2K_ERROR_LEN];
	TimestampTz last_error_time;
	XLogRecPtr suspect_lsn; /* the change that failed, for R12 */
	int suspect_count;		/* how often in a row */

	W2kReaderSlot readers[W2K_MAX_READERS];

	/* Requests to the worker: raise, then set the latch. */
	pg_atomic_uint64 save_request;	 /* drain(): save the slot up to here */
	pg_atomic_uint64 signal_request; /* rises: look at connector_signal */

	/* R9: set while the worker waits for WAL; its own cache line. */
	pg_atomic_uint32 is_sleeping;

	int nbrokers;
	W2kBrokerStat brokers[W2K_MAX_BROKERS];

	W2kCounters counters;
} W2kWorkerSlot;

/* Key of the per-table counters: a connector's slot and a relation. */
typedef struct W2kTableKey
{
	int32 slot_index;
	Oid relid;
} W2kTableKey;

typedef struct W2kTableStat
{
	W2kTableKey key;   /* first: hash key */
	uint64 generation; /* of the slot: another one means a stale entry */
	char topic[256];
	pg_atomic_uint64 inserts, updates, deletes, truncates, reads, bytes;
} W2kTableStat;

#define W2K_VISIT_QUEUE_LEN 64

typedef struct W2kShared
{
	LWLock *lock;
	LWLock *table_lock;
	Latch *launcher_latch;
	uint64 next_generation;
	bool visit_all; /* every connectable database (start, overflow) */
	bool is_short;	/* a connector found no free slot: visit_all when one is */
	int nvisits;
	Oid visits[W2K_VISIT_QUEUE_LEN];
	Oid visit_done; /* the visitor's word that it has finished */
	int nslots;
	W2kWorkerSlot slots[FLEXIBLE_ARRAY_MEMBER];
} W2kShared;

extern W2kShared *w2k_shared; /* NULL when not preloaded */

/* From _PG_init, only while shared_preload_libraries are processed. */
extern void w2k_slots_init(void);

extern bool w2k_slots_available(void);

/* Are there connectors for which there is no slot? */
extern bool w2k_slots_are_short(void);

/* Raises OBJECT_NOT_IN_PREREQUISITE_STATE with the hint to preload. */
extern void w2k_slots_require(void);

/* "streaming" and so on; the names are fixed. */
extern const char *w2k_state_name(W2kState state);
extern bool w2k_state_from_name(const char *name, W2kState *state);
extern const char *w2k_desired_name(W2kDesired desired);
extern bool w2k_desired_from_name(const char *name, W2kDesired *desired);

/*
 * Slot of a connector in a database, or -1.  Caller must hold
 * w2k_shared->lock in any mode.
 */
extern int w2k_slots_find(Oid dbid, const char *name);

/*
 * A consistent copy of a connector's slot (without brokers' history), false
 * when the launcher does not know it (yet).  Takes the lock itself.  The
 * counters of the copy are not meaningful: *counters points at the shared
 * ones.
 */
extern bool w2k_slots_snapshot(Oid dbid, const char *name, W2kWorkerSlot *copy,
							   W2kCounters **counters);

/*
 * For the launcher's visitor and the worker.  take finds the connector's slot
 * or gives it a free one (-1: none is free); give_back frees it with its
 * tables' counters, and calls for a visit where somebody had found none.
 * Caller must hold w2k_shared->lock exclusively.
 */
extern int w2k_slots_take(Oid dbid, const char *name);
extern void w2k_slots_give_back(int slot_index);

/* Takes the lock itself; error (may be NULL) becomes last_error. */
extern void w2k_slots_set_state(int slot_index, W2kState state,
								const char *error);

/* Sets the latch of a connector's worker, if it has one. */
extern void w2k_slots_wake(Oid dbid, const char *name);

/*
 * Asks the launcher to look at a database's connectors, now or (at_commit)
 * when this transaction commits, and not if it rolls back.  Refuses to be
 * prepared (two-phase commit) meanwhile.
 */
extern void w2k_slots_request_visit(Oid dbid);
extern void w2k_slots_request_visit_at_commit(void);

/*
 * The same for signals: has every worker of this database look at
 * wal2kafka.connector_signal.
 */
extern void w2k_slots_request_signals_at_commit(void);

/*
 * Counters of a table for a connector's slot, made when missing; NULL when
 * the hash is full.  Valid as long as the slot keeps its tenant.
 */
extern W2kTableStat *w2k_slots_table(int slot_index, Oid relid,
									 const char *topic);

/* The same, never made: NULL when missing or of another tenant. */
extern W2kTableStat *w2k_slots_find_table(Oid dbid, const char *name,
										  Oid relid);

#endif /* W2K_WORKER_SLOTS_H */
