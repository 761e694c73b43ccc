/*
 * reading.h
 *		Rows that are read from a table -> the records of a snapshot.
 *
 * A decoding session without a slot: the same options, caches, transforms and
 * encoder as the output plugin's, for rows that come from a scan.
 */
#ifndef W2K_DECODE_READING_H
#define W2K_DECODE_READING_H

#include "executor/tuptable.h"
#include "nodes/pg_list.h"

#include "decode/change.h"

typedef struct W2kReading W2kReading;

/* What the rows of a chunk have in common. */
typedef struct W2kReadSource
{
	int64 time_us;	/* since 1970 */
	uint64 xid;		/* 0 = null */
	XLogRecPtr lsn; /* of every row; part of "sequence" even if null */
	bool has_null_lsn;
	XLogRecPtr last_commit_lsn; /* 0 = none */
} W2kReadSource;

/*
 * options is a list of DefElem, as for the plugin; slot_name is said only
 * where they have no topic.prefix.  reader tells several of one connector
 * apart.  In the current memory context.
 */
extern W2kReading *w2k_reading_create(const char *slot_name, List *options,
									  int reader);

extern W2kSession *w2k_reading_session(W2kReading *reading);

/*
 * Before the rows of a chunk, in the transaction that reads them.  Topics are
 * announced again in each: what the sender knows of a session may be gone.
 */
extern void w2k_reading_begin(W2kReading *reading, const W2kReadSource *source);

/*
 * A row to be written: forgets the last one, and fetches what it has out of
 * line.  False where the publication's row filter keeps it back.  The slot's
 * row must be of the relation whose entry wrel is.
 */
extern bool w2k_reading_load(W2kReading *reading, W2kRelation *wrel,
							 TupleTableSlot *slot);

/* Only whether it would pass. */
extern bool w2k_reading_passes(W2kRelation *wrel, TupleTableSlot *slot);

/* Appends the identity of a row that has been loaded. */
extern void w2k_reading_append_identity(W2kReading *reading, W2kRelation *wrel,
										TupleTableSlot *slot, StringInfo out);

/* Appends its record, or what transforms make of it. */
extern void w2k_reading_write(W2kReading *reading, W2kRelation *wrel,
							  TupleTableSlot *slot, W2kMarker marker,
							  StringInfo out);

/*
 * Appends the record of a schema change that says what a table is like.  The
 * configuration must have include.schema.changes, and relation is the table
 * that wrel's changes are published as.
 */
extern void w2k_reading_write_definition(W2kReading *reading,
										 W2kRelation *wrel, Relation relation,
										 StringInfo out);

/* After an error: what the writer believes it has written is not there. */
extern void w2k_reading_forget(W2kReading *reading);

#endif /* W2K_DECODE_READING_H */
