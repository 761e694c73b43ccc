/*
 * change.c
 *		A change of a row -> its records.
 *
 *		insert		c
 *		update		u; where the key has changed: d, tombstone, c
 *		delete		d, tombstone
 *		truncate	t
 *		a row read	r
 *
 * The old row's image is what the replica identity put into the WAL: nothing
 * (then before is null), its columns alone (the others are filled in as
 * Debezium does), or the whole row.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "compat.h"
#include "decode/observer.h"
#include "decode/output.h"
#include "decode/transaction.h"
#include "decode/transformed.h"
#include "encode/buffer.h"
#include "encode/header.h"
#include "schema/key.h"
#include "transform/tree.h"

#define NEW_KEY_HEADER "__debezium.newkey"
#define OLD_KEY_HEADER "__debezium.oldkey"

W2kObserver w2k_observer;

/* A change being written. */
typedef struct Change
{
	LogicalDecodingContext *ctx;
	ReorderBufferTXN *txn;
	W2kSession *session;
	W2kRelation *wrel;
	W2kTopicRef topic;
	W2kEvent event;
	uint32 skipped; /* W2K_SKIP_* */
} Change;

/* A header of a record's own: the key of a row. */
typedef struct KeyHeader
{
	const char *name;
	const W2kRow *row;
	StringInfoData value; /* in text, where there are no transforms */
} KeyHeader;

static void
init_change(Change *change, LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
			W2kRelation *wrel, XLogRecPtr lsn)
{
	W2kSession *session = ctx->output_plugin_private;
	memset(change, 0, sizeof(*change));
	change->ctx = ctx;
	change->txn = txn;
	change->session = session;
	change->wrel = wrel;
	change->topic.id = &wrel->topic_id;
	change->topic.is_announced = &wrel->is_topic_announced;
	change->topic.relid = wrel->published.root;
	change->topic.topic = wrel->topic;
	change->topic.schema = wrel->schema;
	change->topic.table = wrel->table;
	change->event.wrel = wrel;
	change->event.lsn = lsn;
	change->event.time_ns = w2k_output_now_ns();
	change->skipped = session->conf->skipped_operations;

	w2k_output_prepare_transaction(ctx, txn);
	if (wrel->has_printed_types)
		w2k_output_set_modes(session);
	if (unlikely(!w2k_writers_are_prepared(wrel)))
	{
		w2k_writers_prepare(&session->writers, wrel);
		/* a writer may print more types than the others do */
		if (wrel->has_printed_types)
			w2k_output_set_modes(session);
	}
}

/* ---- records ---- */

/* Ends a record: its value is written, its headers are not. */
static void
end_record(Change *change, const KeyHeader *header)
{
	W2kRecordWriter *records = change->session->records;
	StringInfo out = change->ctx->out;

	if (header != NULL)
		w2k_record_add_header(records, out, header->name,
							  (int) strlen(header->name), header->value.data,
							  header->value.len);
	w2k_output_end_record(change->ctx);
}

/* Begins a record and writes its key, that of the given row. */
static void
begin_record(Change *change, char op, const W2kRow *key_row)
{
	W2kSession *session = change->session;
	StringInfo out = change->ctx->out;
	bool has_key = key_row != NULL && w2k_key_exists(change->wrel);

	w2k_output_begin_record(change->ctx, change->txn, &change->topic, op,
							change->event.lsn, true);
	if (has_key)
		w2k_writers_write_key(&session->writers, out, change->wrel, key_row);
	w2k_record_end_key(session->records, out, !has_key);
}

/* The same for transforms: the event, or where op says so a tombstone. */
static void
write_transformed(Change *change, char op, const W2kRow *key_row,
				  const KeyHeader *header)
{
	W2kTree *tree = change->session->tree;
	const W2kTransformedFrom from = {op, change->event.lsn,
									 change->wrel->published.root,
									 change->wrel->schema,
									 change->wrel->table};
	W2kTransformRecord rec;

	if (op != W2K_OP_TOMBSTONE)
		w2k_tree_adapt(tree, change->wrel, &change->event);
	w2k_tree_begin_record(tree, change->wrel, key_row, &rec);
	if (op != W2K_OP_TOMBSTONE)
		w2k_tree_add_value(tree, &change->event, &rec);
	if (header != NULL)
		w2k_tree_add_key_header(tree, change->wrel, header->name, header->row,
								&rec);
	w2k_transformed_write(change->ctx, change->txn, &from, &rec);
}

static void
write_event(Change *change, char op, const W2kRow *key_row,
			const W2kRow *before, const W2kRow *after, const KeyHeader *header)
{
	W2kSession *session = change->session;
	StringInfo out = change->ctx->out;
	W2kPlace place;

	change->event.op = op;
	change->event.before = before;
	change->event.after = after;
	change->event.place = w2k_transaction_count(session, change->txn->xid,
												change->wrel, &place);
	if (session->chain != NULL)
	{
		write_transformed(change, op, key_row, header);
		return;
	}
	begin_record(change, op, key_row);
	w2k_envelope_write_value(session->writers.value, out, &change->event);
	w2k_record_end_value(session->records, out, false);
	end_record(change, header);
}

static void
write_tombstone(Change *change, const W2kRow *key_row, const KeyHeader *header)
{
	if (!change->session->conf->tombstones_on_delete)
		return;
	if (change->session->chain != NULL)
	{
		write_transformed(change, W2K_OP_TOMBSTONE, key_row, header);
		return;
	}
	begin_record(change, W2K_OP_TOMBSTONE, key_row);
	w2k_record_end_value(change->session->records, change->ctx->out, true);
	end_record(change, header);
}

/* ---- rows ---- */

/* The deformed old row; false where the WAL has none. */
static bool
get_old_row(W2kRelation *wrel, Relation relation, HeapTuple tuple, W2kRow *row)
{
	if (tuple == NULL)
		return false;
	heap_deform_tuple(tuple, RelationGetDescr(relation), wrel->old_values,
					  wrel->old_nulls);
	row->values = wrel->old_values;
	row->nulls = wrel->old_nulls;
	row->is_partial = !wrel->is_identity_full;
	return true;
}

static void
get_new_row(W2kRelation *wrel, Relation relation, HeapTuple tuple, W2kRow *row)
{
	heap_deform_tuple(tuple, RelationGetDescr(relation), wrel->new_values,
					  wrel->new_nulls);
	row->values = wrel->new_values;
	row->nulls = wrel->new_nulls;
	row->is_partial = false;
}

/*
 * Unchanged TOAST values are not in the new row, but the old one holds them
 * where they belong to the replica identity (all columns, since a row filter
 * may ask for others than those that are sent).
 */
static void
fill_unavailable(W2kRelation *wrel, TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attlen == -1 && !wrel->new_nulls[i] &&
			!wrel->old_nulls[i] &&
			VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(wrel->new_values[i])))
			wrel->new_values[i] = wrel->old_values[i];
	}
}

/* The key of a row, as it is sent. */
static void
render_key(Change *change, const W2kRow *row, StringInfo key)
{
	initStringInfo(key);
	w2k_writers_write_key(&change->session->writers, key, change->wrel, row);
}

/*
 * Do two rows differ in their key, as it is sent?  Values that are stored
 * differently may still be sent alike (numeric 1.0 and 1.00).
 */
static bool
is_key_changed(Change *change, const W2kRow *old_row, const W2kRow *new_row)
{
	W2kRelation *wrel = change->wrel;
	StringInfoData old_key;
	StringInfoData new_key;
	bool is_equal = true;

	for (int i = 0; i < wrel->nkeys && is_equal; i++)
	{
		const W2kColumn *column = wrel->keys[i];
		int at = column->index;

		if (old_row->nulls[at] != new_row->nulls[at] &&
			!(old_row->is_partial && column->is_not_null))
			return true; /* even if it is sent as the same default */
		if (old_row->nulls[at] || new_row->nulls[at])
			is_equal = old_row->nulls[at] && new_row->nulls[at];
		else
			is_equal = datum_image_eq(old_row->values[at], new_row->values[at],
									  column->type->typbyval,
									  column->type->typlen);
	}
	if (is_equal)
		return false;

	render_key(change, old_row, &old_key);
	render_key(change, new_row, &new_key);
	return old_key.len != new_key.len ||
		   memcmp(old_key.data, new_key.data, old_key.len) != 0;
}

/*
 * Does an old row tell the key?  Where the replica identity is an index other
 * than the key's, Debezium fills the key up like any other NOT NULL column,
 * and so do we, but not without a word; asked for nulls, we say that it is
 * not known.
 */
static bool
is_key_known(Change *change)
{
	W2kRelation *wrel = change->wrel;

	if (wrel->is_key_in_identity)
		return true;
	if (!wrel->has_warned_of_key)
		ereport(WARNING,
				(errmsg("replica identity of table \"%s.%s\" does not hold "
						"its key",
						wrel->schema, wrel->table),
				 errdetail("The keys of deleted rows are not in the WAL and "
						   "cannot be sent."),
				 wrel->is_key_custom
					 ? errhint("Use ALTER TABLE ... REPLICA IDENTITY FULL, "
							   "or leave the table out of "
							   "message.key.columns.")
					 : errhint("Use ALTER TABLE ... REPLICA IDENTITY DEFAULT "
							   "or FULL.")));
	wrel->has_warned_of_key = true;
	return !change->session->writers.value->options.missing_as_null;
}

/* Are the two images of an update the same, as they are sent? */
static bool
is_without_change(Change *change, const W2kRow *old_row, const W2kRow *new_row)
{
	W2kWriter *writer = change->session->writers.value;
	StringInfoData images[2];

	for (int i = 0; i < 2; i++)
	{
		initStringInfo(&images[i]);
		change->event.before = i == 0 ? old_row : new_row;
		writer->before(writer, &images[i], &change->event);
	}
	return images[0].len == images[1].len &&
		   memcmp(images[0].data, images[1].data, images[0].len) == 0;
}

static void
init_key_header(Change *change, KeyHeader *header, const char *name,
				const W2kRow *row)
{
	header->name = name;
	header->row = row;
	if (change->session->chain != NULL)
		return;
	initStringInfo(&header->value);
	w2k_header_append_key(change->session->writers.value, &header->value,
						  change->wrel, row);
}

/* ---- kinds of changes ---- */

static void
write_update(Change *change, const W2kRow *old_row, const W2kRow *new_row)
{
	KeyHeader new_key;
	KeyHeader old_key;

	if (old_row != NULL && !old_row->is_partial &&
		change->session->conf->skip_messages_without_change &&
		is_without_change(change, old_row, new_row))
		return;

	if (old_row == NULL || change->wrel->nkeys == 0 || !is_key_known(change) ||
		!is_key_changed(change, old_row, new_row))
	{
		if ((change->skipped & W2K_SKIP_UPDATE) == 0)
			write_event(change, W2K_OP_UPDATE, new_row, old_row, new_row, NULL);
		return;
	}

	if ((change->skipped & W2K_SKIP_DELETE) == 0)
	{
		init_key_header(change, &new_key, NEW_KEY_HEADER, new_row);
		write_event(change, W2K_OP_DELETE, old_row, old_row, NULL, &new_key);
		write_tombstone(change, old_row, &new_key);
	}
	if ((change->skipped & W2K_SKIP_CREATE) == 0)
	{
		init_key_header(change, &old_key, OLD_KEY_HEADER, old_row);
		write_event(change, W2K_OP_CREATE, new_row, NULL, new_row, &old_key);
	}
}

/*
 * A custom key may hold a large value that an update did not touch, and then
 * the WAL does not have it, nor does an old row under most replica
 * identities.
 */
static bool
is_key_available(const W2kRelation *wrel, const W2kRow *row)
{
	for (int i = 0; i < wrel->nkeys; i++)
	{
		int at = wrel->keys[i]->index;

		if (!row->nulls[at] &&
			w2k_envelope_is_unavailable(wrel->keys[i], row->values[at]))
			return false;
	}
	return true;
}

/*
 * A change that cannot be sent: counts it where the policy is to go on.  False
 * where that is to be done without a word, else how to say it.
 */
static bool
must_say(Change *change, int *elevel)
{
	W2kFailureMode mode = change->session->conf->processing_failure;

	if (mode != W2K_FAILURE_FAIL)
		w2k_output_skip(change->ctx, change->event.lsn, change->wrel->relid);
	*elevel = mode == W2K_FAILURE_FAIL ? ERROR : WARNING;
	return mode != W2K_FAILURE_SKIP;
}

/*
 * All rows whose key is a placeholder would be one row to a consumer: an
 * error, unless the connector's policy is to go on.
 */
static void
refuse_update(Change *change)
{
	int elevel;

	if (!must_say(change, &elevel))
		return;
	ereport(elevel,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot tell the key of a row of table \"%s.%s\" that "
					"was updated at LSN %X/%X",
					change->wrel->schema, change->wrel->table,
					LSN_FORMAT_ARGS(change->event.lsn)),
			 errdetail("Its key has a TOAST value that the update did not "
					   "change, so the value is not in the WAL."),
			 errhint("Use ALTER TABLE ... REPLICA IDENTITY FULL for later "
					 "updates, or leave the column out of "
					 "message.key.columns; set "
					 "event.processing.failure.handling.mode to \"warn\" to "
					 "pass over this one.")));
}

/*
 * The WAL does not say which row was deleted.  Losing a delete in silence is
 * no choice, so it is an error unless the connector's policy is to go on.
 */
static void
refuse_delete(Change *change)
{
	int elevel;

	if (!must_say(change, &elevel))
		return;
	ereport(elevel,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot tell which row of table \"%s.%s\" was deleted at "
					"LSN %X/%X",
					change->wrel->schema, change->wrel->table,
					LSN_FORMAT_ARGS(change->event.lsn)),
			 errdetail("The table has no replica identity, so the row is not "
					   "in the WAL."),
			 errhint("Set one with ALTER TABLE ... REPLICA IDENTITY for "
					 "later deletes; set "
					 "event.processing.failure.handling.mode to \"warn\" to "
					 "pass over this one.")));
}

static void
write_delete(Change *change, const W2kRow *old_row)
{
	if ((change->skipped & W2K_SKIP_DELETE) != 0)
		return;
	if (old_row == NULL)
	{
		refuse_delete(change);
		return;
	}
	(void) is_key_known(change); /* for its warning */
	write_event(change, W2K_OP_DELETE, old_row, old_row, NULL, NULL);
	write_tombstone(change, old_row, NULL);
}

/* Does a row pass the publication's filter, if there is one? */
static bool
passes_filter(const Change *change, const W2kRow *row)
{
	W2kRowFilter *filter = change->wrel->published.row_filter;

	if (filter == NULL)
		return true;
	if (!w2k_publication_passes(filter, row->values, row->nulls))
		return false;
	w2k_transaction_touch(change->ctx, change->txn, change->event.lsn);
	return true;
}

static void
process_insert(Change *change, const W2kRow *new_row)
{
	if (passes_filter(change, new_row) &&
		(change->skipped & W2K_SKIP_CREATE) == 0)
		write_event(change, W2K_OP_CREATE, new_row, NULL, new_row, NULL);
}

/*
 * An update that moves a row into or out of a publication's row filter is an
 * insert or a delete to whoever sees only the filtered rows.
 */
static void
process_update(Change *change, const W2kRow *old_row, const W2kRow *new_row)
{
	bool new_passes = passes_filter(change, new_row);
	bool old_passes = old_row == NULL ? new_passes
									  : passes_filter(change, old_row);

	if (new_passes && change->wrel->is_key_custom &&
		!is_key_available(change->wrel, new_row))
		refuse_update(change);
	else if (new_passes && old_passes)
		write_update(change, old_row, new_row);
	else if (new_passes && (change->skipped & W2K_SKIP_CREATE) == 0)
		write_event(change, W2K_OP_CREATE, new_row, NULL, new_row, NULL);
	else if (old_passes)
		write_delete(change, old_row);
}

bool
w2k_change_is_published(const W2kRelation *wrel, ReorderBufferChangeType action)
{
	uint32 operations = wrel->published.operations;

	switch (action)
	{
		case REORDER_BUFFER_CHANGE_INSERT:
			return (operations & W2K_PUBLISH_INSERT) != 0;
		case REORDER_BUFFER_CHANGE_UPDATE:
			return (operations & W2K_PUBLISH_UPDATE) != 0;
		case REORDER_BUFFER_CHANGE_DELETE:
			return (operations & W2K_PUBLISH_DELETE) != 0;
		case REORDER_BUFFER_CHANGE_TRUNCATE:
			/* a partition's, where it is published as its parent, is nothing
			 * to those who see the parent */
			return (operations & W2K_PUBLISH_TRUNCATE) != 0 &&
				   wrel->published.root == wrel->relid;
		default:
			elog(ERROR, "unexpected change %d", (int) action);
	}
	return false; /* keep compiler quiet */
}

/* The records of a change, once its rows are there; old_row may be NULL. */
static void
process_row(Change *change, ReorderBufferChangeType action,
			const W2kRow *old_row, const W2kRow *new_row)
{
	if (action == REORDER_BUFFER_CHANGE_INSERT)
		process_insert(change, new_row);
	else if (action == REORDER_BUFFER_CHANGE_UPDATE)
		process_update(change, old_row, new_row);
	else if (old_row == NULL || passes_filter(change, old_row))
		write_delete(change, old_row);
}

void
w2k_change_write_row(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
					 W2kRelation *wrel, Relation relation,
					 ReorderBufferChange *rbchange)
{
	HeapTuple old_tuple = W2K_CHANGE_TUPLE(rbchange->data.tp.oldtuple);
	HeapTuple new_tuple = W2K_CHANGE_TUPLE(rbchange->data.tp.newtuple);
	bool is_published = w2k_change_is_published(wrel, rbchange->action);
	bool is_watched = w2k_observer.ntables > 0 &&
					  rbchange->action != REORDER_BUFFER_CHANGE_INSERT &&
					  w2k_observer_watches(wrel->relid);
	Change change;
	W2kRow old_row;
	W2kRow new_row;
	bool has_old;
	int len;

	if ((!is_published && !is_watched) ||
		(new_tuple == NULL && rbchange->action != REORDER_BUFFER_CHANGE_DELETE))
		return;

	init_change(&change, ctx, txn, wrel, rbchange->lsn);
	len = ctx->out->len;
	has_old = get_old_row(wrel, relation, old_tuple, &old_row);
	if (new_tuple != NULL)
		get_new_row(wrel, relation, new_tuple, &new_row);
	if (new_tuple != NULL && has_old)
		fill_unavailable(wrel, RelationGetDescr(relation));
	if (is_published)
		process_row(&change, rbchange->action, has_old ? &old_row : NULL,
					new_tuple != NULL ? &new_row : NULL);
	if (unlikely(is_watched))
		w2k_observer.on_row(wrel, txn->xid, has_old ? &old_row : NULL,
							new_tuple != NULL ? &new_row : NULL,
							ctx->out->len != len);
}

void
w2k_change_write_read(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
					  W2kRelation *wrel, const W2kRow *row, XLogRecPtr lsn)
{
	Change change;

	init_change(&change, ctx, txn, wrel, lsn);
	write_event(&change, W2K_OP_READ, row, NULL, row, NULL);
}

void
w2k_change_write_truncate(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
						  W2kRelation *wrel, XLogRecPtr lsn)
{
	Change change;

	if (unlikely(w2k_observer_watches(wrel->relid)))
		w2k_observer.on_truncate(wrel->relid, txn->xid);
	if (!w2k_change_is_published(wrel, REORDER_BUFFER_CHANGE_TRUNCATE))
		return;
	init_change(&change, ctx, txn, wrel, lsn);
	if ((change.skipped & W2K_SKIP_TRUNCATE) == 0)
		write_event(&change, W2K_OP_TRUNCATE, NULL, NULL, NULL, NULL);
}
