/*
 * attempt.h
 *		One life of a connector's worker: what it has, how it begins and ends.
 *
 * Shared by the files of the worker process only: connector_worker.c (what a
 * connector may be asked to be) and pump.c (the loop of a streaming one).
 */
#ifndef W2K_WORKER_ATTEMPT_H
#define W2K_WORKER_ATTEMPT_H

#include <signal.h>
#include <time.h>

#include "config/connector.h"
#include "worker/catalog.h"
#include "worker/sender_link.h"
#include "worker/slots.h"
#include "worker/stream.h"

/* How long records on their way may take when we are asked to end. */
#define W2K_DRAIN_MS 800

typedef struct W2kHeartbeat W2kHeartbeat;

typedef struct W2kAttempt
{
	int slot_index;
	W2kWorkerSlot *slot;
	bool is_attached;
	bool is_recorded; /* why it ends is in shared memory */
	bool is_pumping;  /* in w2k_pump_write: an error is not the plugin's */

	W2kConnectorRow *row;
	W2kConnectorConfig *conf;
	NameData slot_name;
	uint64 settings_hash; /* of what the sender was given */

	W2kSenderLink sender;
	bool has_sender;
	W2kStream *stream;
	WaitEventSet *idle_set; /* latch, answers */
	WaitEventSet *pipe_set; /* the same, and room in the pipe */
	MemoryContext cycle;	/* one turn of the loop; reset at its foot */

	W2kState shown_state;
	TimestampTz asked_time; /* when a request to end was first seen */
	TimestampTz saved_time;
	uint64 saved_request;
	bool has_warned_lag;
	bool gives_up_slot; /* max.slot.lag.action: drop it at the end */
	TimestampTz standby_wait_time; /* since when, 0 = not, DT_NOEND = said */
	XLogRecPtr waited_upto;		   /* the flush position waited at */
	int async_wait_ms;		 /* next wait for an asynchronous commit's flush */
	uint32 writes;			 /* of the plugin */
	W2kHeartbeat *heartbeat; /* NULL = none yet, or none asked for */
} W2kAttempt;

/* The one of this process. */
extern W2kAttempt *w2k_attempt;

/* Set by signal handlers. */
typedef struct W2kSignals
{
	volatile sig_atomic_t is_streaming; /* SIGTERM may wait for the loop */
	volatile sig_atomic_t is_terminated;
	timer_t timer; /* ends a process that is stuck */
} W2kSignals;

extern W2kSignals w2k_signals;

/*
 * Takes possession of the entry that the launcher chose us for; returns the
 * connector's database.  Exits when the entry has gone or has a worker again.
 */
extern Oid w2k_attempt_attach(int slot_index);

/* Shows a state, and an error if there is one (NULL: keeps the last). */
extern void w2k_attempt_set_state(W2kState state, const char *error);

/* Row -> conf; raises what w2k_connector_parse raises. */
extern void w2k_attempt_parse_config(void);

/*
 * Settings for the sender (list of W2kSenderSetting) with secrets in place,
 * and a fingerprint of them that is all we keep.
 */
extern List *w2k_attempt_resolve_settings(uint64 *hash);

/* After pg_ctl reload.  Never inside a transaction (R32). */
extern void w2k_attempt_reload(void);

/* Are we to end?  By a signal, or because what we run for has changed. */
extern bool w2k_attempt_should_end(void);

/* Ends without an error; the launcher starts another attempt at once. */
pg_noreturn extern void w2k_attempt_finish(void);

/* Leaves word of the error that ends this attempt.  Never raises. */
extern void w2k_attempt_record_error(const ErrorData *error);

#endif /* W2K_WORKER_ATTEMPT_H */
