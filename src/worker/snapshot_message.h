/*
 * snapshot_message.h
 *		What a connector's worker and a reader of its snapshots say.
 *
 * Both ends are of one library, so messages are host structs.
 */
#ifndef W2K_WORKER_SNAPSHOT_MESSAGE_H
#define W2K_WORKER_SNAPSHOT_MESSAGE_H

#include "access/xlogdefs.h"
#include "storage/block.h"
#include "storage/itemptr.h"

#include "encode/event.h"

/* Messages; their type is in front of each. */
#define W2K_SNAPSHOT_OPEN 'O'	/* down: W2kReaderOpen, options */
#define W2K_SNAPSHOT_CHUNK 'C'	/* down: W2kChunkRequest, filter, query */
#define W2K_SNAPSHOT_QUIT 'Q'	/* down: nothing more is wanted */
#define W2K_SNAPSHOT_PLAN 'P'	/* up: W2kPlanHead, tables */
#define W2K_SNAPSHOT_FRAMES 'F' /* up: frames as they are */
#define W2K_SNAPSHOT_ROWS 'R'	/* up: W2kRowHead, identity, frames; ... */
#define W2K_SNAPSHOT_DONE 'D'	/* up: W2kChunkDone, xids, error's text */

/* How a reader gets its snapshot. */
typedef enum W2kReaderMode
{
	W2K_READER_MAKE_SLOT, /* with the slot that it makes: the holder */
	W2K_READER_HOLD,	  /* one for all chunks */
	W2K_READER_IMPORT,	  /* another reader's */
	W2K_READER_FRESH	  /* a new one for each chunk */
} W2kReaderMode;

#define W2K_SNAPSHOT_ID_LEN 64

/* Options (name and value, each ended by a zero) follow. */
typedef struct W2kReaderOpen
{
	W2kReaderMode mode;
	bool failover;
	bool locks_tables; /* for as long as the snapshot lasts */
	int lock_timeout_ms;
	int noptions;
	NameData slot_name;
	char snapshot_id[W2K_SNAPSHOT_ID_LEN]; /* to import */
} W2kReaderOpen;

/* A table that a snapshot reads. */
typedef struct W2kPlanTable
{
	Oid relid;
	Oid filenode;
	NameData schema, name;			 /* its own */
	NameData root_schema, root_name; /* as what it is published */
	BlockNumber blocks;
	bool is_rewritten; /* since the snapshot: it cannot be read under it */
	int64 rows;		   /* estimated; -1 = not known */
	ItemPointerData first, last; /* visible rows; invalid = none */
} W2kPlanTable;

typedef struct W2kPlanHead
{
	XLogRecPtr consistent_point; /* 0 = no slot was made */
	char snapshot_id[W2K_SNAPSHOT_ID_LEN];
	int ntables;
} W2kPlanHead;

/* filter_len and query_len bytes of text follow. */
typedef struct W2kChunkRequest
{
	int table; /* the worker's number for it */
	Oid relid;
	Oid filenode;		  /* what it must be; 0 = anything */
	ItemPointerData from; /* the first row that may be sent */
	BlockNumber end;  /* of the table, or what of it is read; not included */
	BlockNumber stop; /* of this chunk, where a filter reads; 0 = end */
	int max_rows;	  /* 0 = no limit */
	ItemPointerData first, last; /* rows with a marker of their own ... */
	W2kMarker first_marker, last_marker;
	W2kMarker marker;	/* ... and that of all others */
	bool marks_ends;	/* or these are the first one read and the last */
	bool is_probe;		/* nothing is sent: done.rows says if there is a row */
	bool is_definition; /* no row is: the table's definition instead */
	bool has_identities;
	XLogRecPtr lsn; /* for the source block */
	XLogRecPtr last_commit_lsn;
	int filter_len, query_len;
} W2kChunkRequest;

/* Before a row's identity and its frames, in a message of rows. */
typedef struct W2kRowHead
{
	uint32 identity_len;
	uint32 frames_len;
} W2kRowHead;

typedef enum W2kChunkResult
{
	W2K_CHUNK_READ,
	W2K_CHUNK_GONE,		  /* the table is not there any more */
	W2K_CHUNK_UNCAPTURED, /* or is not captured any more */
	W2K_CHUNK_REWRITTEN,  /* its filenode is another: nothing was read */
	W2K_CHUNK_FAILED
} W2kChunkResult;

/* nxids transaction ids and a text of error_len bytes follow. */
typedef struct W2kChunkDone
{
	int table;
	W2kChunkResult result;
	bool is_end;		  /* of the table */
	ItemPointerData next; /* else: where the next chunk begins */
	int64 rows, bytes;
	int64 skipped; /* rows given up by policy */
	Oid filenode;
	BlockNumber blocks; /* of the table now */
	uint32 shape;		/* of its rows' identities */
	XLogRecPtr high;	/* everything visible was committed before it */
	TransactionId xmin, xmax;
	int nxids;
	int sqlerrcode;
	int error_len;
} W2kChunkDone;

/* main_arg of a reader's process. */
#define W2K_READER_ARG(slot_index, number)                                    \
	UInt32GetDatum(((uint32) (slot_index) << 8) | (uint32) (number))

#endif /* W2K_WORKER_SNAPSHOT_MESSAGE_H */
