/*
 * sender_link.h
 *		Feeds the sender, reads its answers, turns sequences into positions.
 */
#ifndef W2K_WORKER_SENDER_LINK_H
#define W2K_WORKER_SENDER_LINK_H

#include "access/xlogdefs.h"
#include "datatype/timestamp.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "storage/latch.h"
#include "utils/hsearch.h"

#include "compat.h"
#include "wire/frame.h"
#include "worker/sender_process.h"
#include "worker/slots.h"

/* A commit whose records are not all acknowledged yet. */
typedef struct W2kPendingCommit
{
	uint64 sequence; /* of its last record */
	XLogRecPtr end_lsn;
	TimestampTz commit_time;
	uint32 transactions; /* more than one when entries were merged */
} W2kPendingCommit;

typedef struct W2kSenderLink
{
	W2kSenderProcess process;
	int slot_index;
	W2kCounters *counters;

	/*
	 * Down: frames the plugin appended.  Bytes before sent are in the pipe,
	 * bytes before counted have been looked at.
	 */
	StringInfoData out;
	int sent;
	int counted;

	/* Up: answers not yet whole; what the sender says on stderr. */
	StringInfoData in;
	StringInfoData log;

	uint64 sequence;		  /* of the last record handed over */
	uint64 acked;			  /* every record up to it is on Kafka */
	XLogRecPtr delivered_lsn; /* end of the last commit all acknowledged */

	/* Ring of commits, oldest first. */
	W2kPendingCommit *pending;
	int pending_size;
	int pending_first;
	int pending_count;

	/* By topic id; NULL where a table has no counters. */
	W2kTableStat **tables;
	uint32 tables_size;
	HTAB *read_tables; /* the same for the numbers that readers give */

	TimestampTz heard_time; /* when it last said anything */

	bool is_connected;			/* the sender has reached a broker */
	bool has_status;			/* it has said anything about that */
	char status[W2K_ERROR_LEN]; /* why not */

	uint32 renewed_xid; /* changes the configuration (RENEWED); 0 = none yet */

	/* Not in our table yet, see arrived.h: from the stream, from Kafka */
	List *signals, *kafka_signals;

	List *registered; /* not in our table yet, see schema_catalog.h */

	/* The sender's last word, when it ends by itself. */
	bool has_failed;
	bool is_fatal; /* trying again will not help */
	char failure[W2K_ERROR_LEN];
} W2kSenderLink;

/* Nothing is open yet; close may be called. */
extern void w2k_sender_link_init(W2kSenderLink *sender, int slot_index);

/*
 * Starts the sender and gives it its configuration (a list of
 * W2kSenderSetting with secrets resolved).  In the current memory context.
 */
extern void w2k_sender_link_open(W2kSenderLink *sender, const char *connector,
								 const char *lock_path, List *settings);

extern void w2k_sender_link_close(W2kSenderLink *sender, int grace_ms);

/*
 * The plugin has appended frames to out: counts them and writes what the pipe
 * takes.  Returns false when so much is left that the caller should wait for
 * the pipe before decoding on.
 */
extern bool w2k_sender_link_feed(W2kSenderLink *sender);

/* Writes what feed held back to gather more: before waiting. */
extern void w2k_sender_link_flush(W2kSenderLink *sender);

/* Bytes not yet in the pipe. */
extern int w2k_sender_link_unsent(const W2kSenderLink *sender);

/*
 * Reads every answer that is there.  A sender that has ended, or said why it
 * will, sets has_failed: see w2k_sender_link_raise.
 */
extern void w2k_sender_link_read(W2kSenderLink *sender);

/* Raises the error with which the sender ended. */
pg_noreturn extern void w2k_sender_link_raise(W2kSenderLink *sender);

/* Nothing is on its way: all records handed over are acknowledged. */
extern bool w2k_sender_link_is_idle(const W2kSenderLink *sender);

#endif /* W2K_WORKER_SENDER_LINK_H */
