/*
 * event.h
 *		What is sent, before any format: changes of rows, and messages.
 */
#ifndef W2K_ENCODE_EVENT_H
#define W2K_ENCODE_EVENT_H

#include "access/xlogdefs.h"

#include "schema/relation.h"

/* An image of a row: a deformed tuple. */
typedef struct W2kRow
{
	const Datum *values; /* by W2kColumn.index */
	const bool *nulls;
	bool is_partial; /* only the replica identity's columns are known */
} W2kRow;

/* What a row that is read is in its snapshot: "source.snapshot". */
typedef enum W2kMarker
{
	W2K_MARKER_TRUE,
	W2K_MARKER_FIRST,
	W2K_MARKER_FIRST_IN_COLLECTION,
	W2K_MARKER_LAST_IN_COLLECTION,
	W2K_MARKER_LAST,
	W2K_MARKER_INCREMENTAL
} W2kMarker;

/* What the changes of a transaction share: most of the source block. */
typedef struct W2kSource
{
	const char *database;
	int64 commit_time_us;		/* since 1970 */
	uint64 xid;					/* 0 = null */
	const char *snapshot;		/* of a row that was read; NULL = a change */
	bool has_null_lsn;			/* "lsn" is null, though there is one */
	XLogRecPtr last_commit_lsn; /* end of the last commit before; 0 = none */
	const char *origin;			/* NULL = none */
	XLogRecPtr origin_lsn;
} W2kSource;

/* Where an event stands in its transaction: the block "transaction". */
typedef struct W2kPlace
{
	uint32 xid;
	int64 total_order;		/* from 1 on, among all events */
	int64 collection_order; /* and among those of the table */
} W2kPlace;

typedef struct W2kEvent
{
	char op; /* W2K_OP_* */
	const W2kRelation *wrel;
	const W2kRow *before; /* NULL = null */
	const W2kRow *after;
	XLogRecPtr lsn;
	int64 time_ns;		   /* wall clock, since 1970 */
	const W2kPlace *place; /* NULL = no transaction metadata */
} W2kEvent;

/* A logical decoding message. */
typedef struct W2kMessage
{
	const char *prefix; /* in the server's encoding */
	const char *content;
	int len;
	XLogRecPtr lsn;
	int64 time_ns;
	const W2kPlace *place; /* as in W2kEvent */
} W2kMessage;

/* How many events of a transaction were those of a table. */
typedef struct W2kCollectionCount
{
	const char *name; /* schema.table, in the server's encoding */
	int64 events;
} W2kCollectionCount;

/* A record of the transaction topic. */
typedef struct W2kBoundary
{
	bool is_end;
	uint32 xid;
	XLogRecPtr lsn;
	int64 commit_time_ms;

	/* Of the end */
	int64 events;
	int ncollections;
	const W2kCollectionCount *collections;
} W2kBoundary;

/* A notification: what has become of a snapshot. */
typedef struct W2kNotice
{
	const char *id; /* all of them in the server's encoding */
	const char *type;
	const char *aggregate_type;
	int npairs;
	const char *const *names;
	const char *const *values;
	int64 time_ms; /* since 1970 */
} W2kNotice;

#endif /* W2K_ENCODE_EVENT_H */
