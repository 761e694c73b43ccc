/*
 * change.h
 *		A change of a row -> its records.
 */
#ifndef W2K_DECODE_CHANGE_H
#define W2K_DECODE_CHANGE_H

#include "replication/logical.h"
#include "replication/output_plugin.h"

#include "config/connector.h"
#include "config/filter.h"
#include "encode/record.h"
#include "encode/writer.h"
#include "schema/relation.h"

typedef struct W2kTransaction W2kTransaction;
typedef struct W2kSuspectMark W2kSuspectMark;
typedef struct W2kNewcomers W2kNewcomers;

/* A decoding session: what ctx->output_plugin_private points at. */
typedef struct W2kSession
{
	MemoryContext context;		  /* "wal2kafka plugin", the session's */
	MemoryContext change_context; /* reset after every callback */
	W2kConnectorConfig *conf;
	W2kFilter *filter;
	W2kRelationCache *relations;
	W2kWriters writers;
	W2kRecordWriter *records;
	HTAB *emit_topics; /* of wal2kafka.emit(), by name */

	/* Transforms; all NULL where there are none */
	struct W2kChain *chain;
	struct W2kTree *tree;	  /* makes what they are applied to; and, without
						   * them, schema changes, if these are asked for */
	HTAB *transformed_topics; /* by table and name */

	char *message_topic; /* of logical messages; NULL until there is one */
	uint32 message_topic_id;
	bool is_message_topic_announced;
	const char *database; /* NULL until the first transaction */
	XLogRecPtr last_commit_lsn;
	int64 last_event_time_us; /* commit of the last published change */

	W2kNewcomers *newcomers; /* NULL = nobody asks for them */

	/* The present transaction */
	bool has_changes; /* a walsender of pgoutput would have sent it */
	W2kTransaction *transaction; /* its metadata; NULL = not asked for */
	bool is_prepared;	   /* w2k_output_prepare_transaction was called */
	bool has_output_modes; /* w2k_output_set_modes was called */
	bool has_begun;		   /* a record of it has been written */

	/* The present change, for error contexts */
	W2kRelation *wrel;
	XLogRecPtr lsn;

	int changes_since_progress;
	bool is_writing; /* OutputPluginPrepareWrite was called */
	uint64 skipped;	 /* changes given up by policy */
	bool has_warned_of_signals;
	W2kSuspectMark *mark; /* NULL = nothing that fails is caught */
} W2kSession;

/*
 * Is this operation on the table published?  A reader of pgoutput sees none
 * that are not.
 */
extern bool w2k_change_is_published(const W2kRelation *wrel,
									ReorderBufferChangeType action);

/*
 * An insert, update or delete of a captured table.  All of them, like
 * truncates, leave what they write to w2k_output_flush().
 */
extern void w2k_change_write_row(LogicalDecodingContext *ctx,
								 ReorderBufferTXN *txn, W2kRelation *wrel,
								 Relation relation,
								 ReorderBufferChange *change);

/*
 * A row of a captured table was read by a snapshot: writes its record, without
 * a look at its row filter.  See decode/reading.
 */
extern void w2k_change_write_read(LogicalDecodingContext *ctx,
								  ReorderBufferTXN *txn, W2kRelation *wrel,
								  const W2kRow *row, XLogRecPtr lsn);

/* A captured table was truncated. */
extern void w2k_change_write_truncate(LogicalDecodingContext *ctx,
									  ReorderBufferTXN *txn, W2kRelation *wrel,
									  XLogRecPtr lsn);

/* A row of wal2kafka.emitted came or went. */
extern void w2k_change_write_emitted(LogicalDecodingContext *ctx,
									 ReorderBufferTXN *txn, W2kRelation *wrel,
									 Relation relation,
									 ReorderBufferChange *change);

/* The topics of emitted records may not have been announced after all. */
extern void w2k_change_forget_emitted(W2kSession *session);

/* A row of wal2kafka.schema_change came or went. */
extern void w2k_change_write_schema_change(LogicalDecodingContext *ctx,
										   ReorderBufferTXN *txn,
										   W2kRelation *wrel,
										   Relation relation,
										   ReorderBufferChange *change);

/* A row of wal2kafka.connector came, changed or went. */
extern void w2k_change_write_renewed(LogicalDecodingContext *ctx,
									 ReorderBufferTXN *txn, W2kRelation *wrel,
									 Relation relation,
									 ReorderBufferChange *change);

/* A row of the signalling table came, or something else happened to it. */
extern void w2k_change_write_signal(LogicalDecodingContext *ctx,
									Relation relation,
									ReorderBufferChange *change);

#endif /* W2K_DECODE_CHANGE_H */
