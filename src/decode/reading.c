/*
 * reading.c
 *		Rows that are read from a table -> the records of a snapshot.
 *
 * What writes records takes a decoding context and a transaction, of which it
 * uses little: the output and the commit's time and place.  Here stand-ins
 * are made of both, so that there is one way from a row to its record.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "replication/reorderbuffer.h"
#include "replication/slot.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat.h"
#include "decode/identity.h"
#include "decode/options.h"
#include "decode/output.h"
#include "decode/reading.h"
#include "decode/transformed.h"
#include "schema/table_definition.h"
#include "transform/tree.h"

/* Numbers of topics for each reader. */
#define TOPICS_PER_READER 0x01000000u

struct W2kReading
{
	LogicalDecodingContext ctx;
	ReplicationSlot slot;
	ReorderBufferTXN txn;
	W2kSession session;
	const char *database;
	W2kReadSource source;
	int marker; /* that the source block is rendered with; -1 = none */
};

static const char *const marker_names[] =
	{[W2K_MARKER_TRUE] = "true",
	 [W2K_MARKER_FIRST] = "first",
	 [W2K_MARKER_FIRST_IN_COLLECTION] = "first_in_data_collection",
	 [W2K_MARKER_LAST_IN_COLLECTION] = "last_in_data_collection",
	 [W2K_MARKER_LAST] = "last",
	 [W2K_MARKER_INCREMENTAL] = "incremental"};

/* The output is where the caller wants it already. */
static void
no_write(LogicalDecodingContext *ctx, XLogRecPtr lsn, TransactionId xid,
		 bool last_write)
{
}

W2kReading *
w2k_reading_create(const char *slot_name, List *options, int reader)
{
	W2kReading *reading = palloc0(sizeof(W2kReading));
	W2kSession *session = &reading->session;
	LogicalDecodingContext *ctx = &reading->ctx;

	namestrcpy(&reading->slot.data.name, slot_name);
	ctx->context = CurrentMemoryContext;
	ctx->slot = &reading->slot;
	ctx->output_plugin_options = options;
	ctx->output_plugin_private = session;
	ctx->prepare_write = no_write;
	ctx->write = no_write;
	ctx->accept_writes = true;

	session->context = CurrentMemoryContext;
	session->change_context = AllocSetContextCreate(CurrentMemoryContext,
													"wal2kafka row",
													ALLOCSET_DEFAULT_SIZES);
	w2k_options_init_session(ctx, session);
	session->transaction = NULL; /* rows that are read belong to none */
	session->records->is_hello_sent = true;
	session->records->next_topic_id = W2K_READER_FIRST_TOPIC +
									  (uint32) reader * TOPICS_PER_READER;
	w2k_reference_begin_with(session->writers.references,
							 session->records->next_topic_id);
	reading->marker = -1;
	return reading;
}

W2kSession *
w2k_reading_session(W2kReading *reading)
{
	return &reading->session;
}

void
w2k_reading_begin(W2kReading *reading, const W2kReadSource *source)
{
	W2kSession *session = &reading->session;

	reading->source = *source;
	reading->marker = -1;
	reading->txn.xid = (TransactionId) source->xid;
	session->is_prepared = true; /* the source is ours to render */
	session->has_begun = true;	 /* records outside a transaction */
	session->has_output_modes = false;
	session->records->are_headers_sent = false;
	w2k_relation_forget_topics(session->relations);
	w2k_transformed_forget(session);
	w2k_reference_forget(session->writers.references);
	if (reading->database == NULL)
	{
		char *database = get_database_name(MyDatabaseId);

		if (database == NULL)
			elog(ERROR, "cache lookup failed for database %u", MyDatabaseId);
		reading->database = MemoryContextStrdup(session->context, database);
	}
}

/* The source block differs from row to row by its marker only. */
static void
set_marker(W2kReading *reading, W2kMarker marker)
{
	W2kSession *session = &reading->session;
	W2kSource source = {0};

	if (reading->marker == (int) marker)
		return;
	source.database = reading->database;
	source.commit_time_us = reading->source.time_us;
	source.xid = reading->source.xid;
	source.snapshot = marker_names[marker];
	source.has_null_lsn = reading->source.has_null_lsn;
	source.last_commit_lsn = reading->source.last_commit_lsn;
	w2k_writers_begin_source(&session->writers, &source);
	if (session->tree != NULL)
		w2k_tree_begin_source(session->tree, &source);
	reading->marker = (int) marker;
}

bool
w2k_reading_passes(W2kRelation *wrel, TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	return wrel->published.row_filter == NULL ||
		   w2k_publication_passes(wrel->published.row_filter, slot->tts_values,
								  slot->tts_isnull);
}

bool
w2k_reading_load(W2kReading *reading, W2kRelation *wrel, TupleTableSlot *slot)
{
	MemoryContext row = reading->session.change_context;
	MemoryContext oldcontext;
	bool passes;

	MemoryContextReset(row);
	oldcontext = MemoryContextSwitchTo(row);
	passes = w2k_reading_passes(wrel, slot);
	for (int i = 0; passes && i < wrel->ncolumns; i++)
	{
		const W2kColumn *column = &wrel->columns[i];
		Datum *value = &slot->tts_values[column->index];

		/* unlike in the WAL, all of it is there to be had */
		if (column->is_varlena && !slot->tts_isnull[column->index] &&
			VARATT_IS_EXTERNAL(DatumGetPointer(*value)))
			*value = PointerGetDatum(detoast_external_attr(
				(struct varlena *) DatumGetPointer(*value)));
	}
	MemoryContextSwitchTo(oldcontext);
	return passes;
}

void
w2k_reading_append_identity(W2kReading *reading, W2kRelation *wrel,
							TupleTableSlot *slot, StringInfo out)
{
	const W2kRow row = {slot->tts_values, slot->tts_isnull, false};
	MemoryContext oldcontext;

	oldcontext = MemoryContextSwitchTo(reading->session.change_context);
	if (!w2k_identity_append(out, wrel, &row))
		elog(ERROR, "a value of table \"%s.%s\" that was read is missing",
			 wrel->schema, wrel->table);
	MemoryContextSwitchTo(oldcontext);
}

void
w2k_reading_write(W2kReading *reading, W2kRelation *wrel, TupleTableSlot *slot,
				  W2kMarker marker, StringInfo out)
{
	W2kSession *session = &reading->session;
	const W2kRow row = {slot->tts_values, slot->tts_isnull, false};
	MemoryContext oldcontext;

	oldcontext = MemoryContextSwitchTo(session->change_context);
	set_marker(reading, marker);
	reading->ctx.out = out;
	session->lsn = reading->source.lsn;
	session->wrel = wrel;
	w2k_writers_forget_column(&session->writers);
	w2k_change_write_read(&reading->ctx, &reading->txn, wrel, &row,
						  reading->source.lsn);
	session->wrel = NULL;
	MemoryContextSwitchTo(oldcontext);
}

void
w2k_reading_write_definition(W2kReading *reading, W2kRelation *wrel,
							 Relation relation, StringInfo out)
{
	W2kSession *session = &reading->session;
	const W2kTransformedFrom from = {W2K_OP_SCHEMA_CHANGE, reading->source.lsn,
									 InvalidOid, "", ""};
	W2kSchemaChange change = {.lsn = reading->source.lsn,
							  .database = reading->database,
							  .time_ns = w2k_output_now_ns()};
	JsonbParseState *state = NULL;
	W2kTransformRecord rec;
	MemoryContext oldcontext;

	MemoryContextReset(session->change_context);
	oldcontext = MemoryContextSwitchTo(session->change_context);
	(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	w2k_table_definition_push_change(&state, "CREATE", wrel->schema,
									 wrel->table, wrel, relation);
	change.changes = JsonbValueToJsonb(
		pushJsonbValue(&state, WJB_END_ARRAY, NULL));

	set_marker(reading, W2K_MARKER_TRUE);
	reading->ctx.out = out;
	session->lsn = reading->source.lsn;
	w2k_tree_make_schema_change(session->tree, &change,
								session->conf->topic_prefix, &rec);
	w2k_transformed_write(&reading->ctx, &reading->txn, &from, &rec);
	MemoryContextSwitchTo(oldcontext);
}

void
w2k_reading_forget(W2kReading *reading)
{
	W2kSession *session = &reading->session;

	reading->marker = -1;
	session->is_writing = false;
	session->wrel = NULL;
	w2k_writers_forget_column(&session->writers);
	session->records->are_headers_sent = false;
	reading->ctx.prepared_write = false;
	w2k_relation_forget_topics(session->relations);
	w2k_transformed_forget(session);
	w2k_reference_forget(session->writers.references);
}
