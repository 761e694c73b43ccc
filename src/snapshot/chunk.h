/*
 * chunk.h
 *		In a reader: rows of a table under a snapshot -> messages.
 */
#ifndef W2K_SNAPSHOT_CHUNK_H
#define W2K_SNAPSHOT_CHUNK_H

#include "utils/rel.h"
#include "utils/snapshot.h"

#include "decode/reading.h"
#include "worker/snapshot_link.h"

/* A reader, once a worker has told it what it reads for. */
typedef struct W2kReader
{
	W2kSnapshotLink *link;
	W2kReaderMode mode;
	W2kReading *reading;
	MemoryContext context;		 /* the session's; gone with the link */
	MemoryContext chunk_context; /* reset after each answer */
	bool locks_tables;

	/* Of a snapshot that is held */
	int64 time_us; /* when it was taken, since 1970 */
	uint64 xid;	   /* the next one then, with its epoch */
	XLogRecPtr consistent_point;

	StringInfoData out; /* messages gathered */
} W2kReader;

/* A scan of some blocks; start and count are for heaps only. */
extern struct TableScanDescData *w2k_chunk_begin_scan(Relation relation,
													  Snapshot snapshot,
													  BlockNumber start,
													  BlockNumber count);

/* Reads a chunk and answers with its rows and a W2K_SNAPSHOT_DONE. */
extern void w2k_chunk_answer(W2kReader *reader, W2kChunkRequest *request,
							 const char *filter, const char *query);

#endif /* W2K_SNAPSHOT_CHUNK_H */
