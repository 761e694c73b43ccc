/*
 * stream.h
 *		A logical slot, decoded in process: opens it and yields frames.
 *
 * Whether decoding happens here or in a walsender at the other end of a
 * connection is decided in stream.c alone.
 */
#ifndef W2K_WORKER_STREAM_H
#define W2K_WORKER_STREAM_H

#include "access/xlogdefs.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

typedef struct W2kStream W2kStream;

/*
 * Called when the plugin has appended whole frames to out, which it shares
 * with the caller: may take bytes from its front and must leave it a valid
 * StringInfo.  May not return (an error, an exit) in the middle of a
 * transaction.
 */
typedef void (*W2kStreamWrite)(StringInfo out, void *arg);

typedef enum W2kStreamResult
{
	W2K_STREAM_PROGRESS, /* a WAL record was decoded */
	W2K_STREAM_END		 /* no more flushed WAL for now */
} W2kStreamResult;

/* What a replication slot of some name is. */
typedef enum W2kSlotKind
{
	W2K_SLOT_MISSING,
	W2K_SLOT_OURS,	  /* logical, our plugin, this database */
	W2K_SLOT_FOREIGN, /* any other */
	W2K_SLOT_LOST	  /* ours, but invalidated: its WAL is gone */
} W2kSlotKind;

extern W2kSlotKind w2k_stream_slot_kind(const char *slot_name);

/*
 * Creates a persistent logical slot and waits for its consistent point, which
 * it returns: every transaction that is running now must end first.  The slot
 * is released.  Must be called outside a transaction.
 */
extern XLogRecPtr w2k_stream_create_slot(const char *slot_name, bool failover);

/*
 * The same in a transaction that has done nothing yet, and is to see the
 * database as of the consistent point from then on: starts it, and leaves it
 * open.  It is REPEATABLE READ, and nothing may write in it (R27).
 */
extern XLogRecPtr w2k_stream_create_slot_with_snapshot(const char *slot_name,
													   bool failover);

/* Drops a slot of ours; nothing when there is none. */
extern void w2k_stream_drop_slot(const char *slot_name);

/*
 * Acquires the slot and starts decoding at its confirmed position, or at
 * start_after if that is later: commits before it are skipped.  The frames go
 * into out.
 */
extern W2kStream *w2k_stream_open(const char *slot_name, List *options,
								  XLogRecPtr start_after, StringInfo out,
								  W2kStreamWrite write, void *arg);

/* Decodes one WAL record, if there is one.  Never waits. */
extern W2kStreamResult w2k_stream_step(W2kStream *stream);

/* End of the last WAL record decoded: nothing at or before it is left. */
extern XLogRecPtr w2k_stream_position(const W2kStream *stream);

/*
 * The flush position that the last W2K_STREAM_END was concluded from: the
 * position may lie before it, when the start of a record is flushed and its
 * end is not.  To wait until w2k_stream_flushed() differs from it.
 */
extern XLogRecPtr w2k_stream_read_upto(const W2kStream *stream);

/* Was that only because a standby does not have the WAL yet (R14)? */
extern bool w2k_stream_waits_for_standby(const W2kStream *stream);

/*
 * The change that was being encoded when an error came up, or 0 when the
 * error was not the plugin's.
 */
extern XLogRecPtr w2k_stream_failed_lsn(const W2kStream *stream);

/*
 * Everything committed at or before lsn is delivered: moves the slot, in
 * memory.  Going backwards is ignored.
 */
extern void w2k_stream_confirm(W2kStream *stream, XLogRecPtr lsn);

/*
 * Position of the slot: confirmed, and oldest WAL it retains (which may be
 * asked without a stream, of the slot that this process holds).
 */
extern XLogRecPtr w2k_stream_confirmed(const W2kStream *stream);
extern XLogRecPtr w2k_stream_restart_lsn(const W2kStream *stream);

/* Writes the slot to disk; returns the position saved. */
extern XLogRecPtr w2k_stream_save(W2kStream *stream);

/*
 * Drops the slot while it is in use, by a stream or (NULL) by this process
 * without one: only an error or an exit may follow.
 */
extern void w2k_stream_give_up(W2kStream *stream);

/* Newest WAL that may be decoded. */
extern XLogRecPtr w2k_stream_flushed(void);

#endif /* W2K_WORKER_STREAM_H */
