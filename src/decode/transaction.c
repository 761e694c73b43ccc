/*
 * transaction.c
 *		provide.transaction.metadata: places of events, begins and ends.
 *
 * Debezium writes a begin for each transaction that pgoutput sends, and that
 * is one with a published change (or a transactional message), captured or
 * not.  Only counts are kept, so a transaction may be of any size.
 *
 * A table's counter is found by the table's OID and outlives the transaction;
 * the serial number tells whether it was reset for the present one.
 */
#include "postgres.h"

#include "replication/origin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "decode/output.h"
#include "decode/suspect.h"
#include "decode/transaction.h"
#include "decode/transformed.h"
#include "schema/topic.h"
#include "transform/tree.h"

/* What logical messages are called in the record of an end; Debezium puts the
 * address of a Java object there. */
#define MESSAGES_NAME "message"

/* Counters kept from one transaction to the next. */
#define MAX_KEPT_COLLECTIONS 1024

typedef struct Collection
{
	Oid relid; /* hash key; InvalidOid = messages */
	uint64 serial;
	int64 events;
	char name[2 * NAMEDATALEN]; /* schema.table */
} Collection;

struct W2kTransaction
{
	MemoryContext context;
	const char *topic;
	uint32 topic_id;
	bool is_topic_announced;

	HTAB *collections;
	uint64 serial;	/* of the present transaction; counters have 0 at first */
	bool has_begun; /* its record was written, or skipped */
	int64 events;
	int ncollections;	/* with events, in the order of their first ones */
	int maxcollections; /* room in order */
	Collection **order;

	/* What w2k_transaction_restore() takes back: a change is of one table. */
	Collection *changed;
	int64 changed_events;
};

static void
create_collections(W2kTransaction *transaction)
{
	HASHCTL ctl = {0};

	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(Collection);
	ctl.hcxt = transaction->context;
	transaction->collections = hash_create("wal2kafka transaction", 16, &ctl,
										   HASH_ELEM | HASH_BLOBS |
											   HASH_CONTEXT);
}

W2kTransaction *
w2k_transaction_create(const W2kConnectorConfig *conf)
{
	W2kTransaction *transaction = palloc0(sizeof(W2kTransaction));

	transaction->context = CurrentMemoryContext;
	transaction->topic = w2k_topic_for_name(conf->topic_prefix,
											conf->topic_delimiter,
											conf->topic_transaction);
	transaction->maxcollections = 16;
	transaction->order = palloc(sizeof(Collection *) *
								transaction->maxcollections);
	create_collections(transaction);
	return transaction;
}

void
w2k_transaction_reset(W2kSession *session)
{
	W2kTransaction *transaction = session->transaction;

	if (transaction == NULL)
		return;
	if (hash_get_num_entries(transaction->collections) > MAX_KEPT_COLLECTIONS)
	{
		hash_destroy(transaction->collections);
		create_collections(transaction);
	}
	transaction->serial++;
	transaction->has_begun = false;
	transaction->events = 0;
	transaction->ncollections = 0;
	transaction->changed = NULL;
	transaction->changed_events = 0;
}

/* ---- events ---- */

/* The counter of a table, reset for the present transaction. */
static Collection *
get_collection(W2kTransaction *transaction, const W2kRelation *wrel)
{
	Oid relid = wrel == NULL ? InvalidOid : wrel->published.root;
	Collection *collection;
	bool is_found;

	collection = hash_search(transaction->collections, &relid, HASH_ENTER,
							 &is_found);
	if (is_found && collection->serial == transaction->serial)
		return collection;

	collection->serial = transaction->serial;
	collection->events = 0;
	if (wrel == NULL)
		strlcpy(collection->name, MESSAGES_NAME, sizeof(collection->name));
	else
		snprintf(collection->name, sizeof(collection->name), "%s.%s",
				 wrel->schema, wrel->table);

	if (transaction->ncollections == transaction->maxcollections)
	{
		transaction->maxcollections *= 2;
		transaction->order =
			repalloc_huge(transaction->order,
						  sizeof(Collection *) *
							  (Size) transaction->maxcollections);
	}
	transaction->order[transaction->ncollections++] = collection;
	return collection;
}

const W2kPlace *
w2k_transaction_count(W2kSession *session, uint32 xid, const W2kRelation *wrel,
					  W2kPlace *place)
{
	W2kTransaction *transaction = session->transaction;
	Collection *collection;

	if (transaction == NULL)
		return NULL;
	collection = get_collection(transaction, wrel);
	transaction->changed = collection;
	transaction->changed_events++;
	place->xid = xid;
	place->total_order = ++transaction->events;
	collection->events++;
	/* to Debezium each message is a collection of its own */
	place->collection_order = wrel == NULL ? 1 : collection->events;
	return place;
}

void
w2k_transaction_mark(W2kSession *session)
{
	W2kTransaction *transaction = session->transaction;

	if (transaction == NULL)
		return;
	transaction->changed = NULL;
	transaction->changed_events = 0;
}

void
w2k_transaction_restore(W2kSession *session)
{
	W2kTransaction *transaction = session->transaction;
	Collection *changed;

	if (transaction == NULL)
		return;
	transaction->is_topic_announced = false;
	changed = transaction->changed;
	if (changed == NULL)
		return;
	transaction->events -= transaction->changed_events;
	changed->events -= transaction->changed_events;
	if (changed->events == 0)
	{
		/* its first event was the change's, so it is the last one here */
		Assert(transaction->order[transaction->ncollections - 1] == changed);
		transaction->ncollections--;
		changed->serial = 0;
	}
	transaction->changed = NULL;
}

/* ---- begins and ends ---- */

static void
write_record(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, void *arg)
{
	W2kBoundary *boundary = arg;
	W2kSession *session = ctx->output_plugin_private;
	W2kTransaction *transaction = session->transaction;
	W2kTopicRef topic = {
		.id = &transaction->topic_id,
		.is_announced = &transaction->is_topic_announced,
		.relid = InvalidOid,
		.topic = transaction->topic,
		.schema = "",
		.table = "",
	};

	boundary->xid = txn->xid;
	boundary->commit_time_ms = w2k_output_commit_time_us(txn) / 1000;
	if (session->chain != NULL)
	{
		const W2kTransformedFrom from = {W2K_OP_TRANSACTION, boundary->lsn,
										 InvalidOid, "", ""};
		W2kTransformRecord rec;

		w2k_tree_make_boundary(session->tree, boundary, transaction->topic,
							   &rec);
		w2k_transformed_write(ctx, txn, &from, &rec);
		return;
	}
	w2k_output_begin_record(ctx, txn, &topic, W2K_OP_TRANSACTION,
							boundary->lsn, false);
	session->writers.key->boundary_key(session->writers.key, ctx->out,
									   boundary);
	w2k_record_end_key(session->records, ctx->out, false);
	session->writers.value->boundary(session->writers.value, ctx->out,
									 boundary);
	w2k_record_end_value(session->records, ctx->out, false);
	w2k_output_end_record(ctx);
}

/* The record, or what the policy says where it cannot be. */
static void
write_boundary(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
			   XLogRecPtr lsn, W2kBoundary *boundary)
{
	W2kSession *session = ctx->output_plugin_private;
	ErrorData *error = w2k_suspect_write(ctx, txn, lsn, InvalidOid,
										 write_record, boundary);

	if (w2k_suspect_should_warn(session, error))
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 boundary->is_end
					 ? errmsg("skipped the record of the end of transaction %u at LSN %X/%X that could not be encoded",
							  txn->xid, LSN_FORMAT_ARGS(lsn))
					 : errmsg("skipped the record of the begin of transaction %u at LSN %X/%X that could not be encoded",
							  txn->xid, LSN_FORMAT_ARGS(lsn)),
				 errdetail("%s", error->message)));
}

void
w2k_transaction_touch(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
					  XLogRecPtr lsn)
{
	W2kSession *session = ctx->output_plugin_private;
	W2kTransaction *transaction = session->transaction;
	W2kBoundary boundary = {0};
	MemoryContext oldcontext;

	session->has_changes = true;
	if (transaction == NULL || transaction->has_begun)
		return;

	/* pgoutput's message of a begin has no LSN where an origin follows it */
	if (txn->origin_id == InvalidRepOriginId)
		boundary.lsn = lsn;
	oldcontext = MemoryContextSwitchTo(session->change_context);
	write_boundary(ctx, txn, lsn, &boundary);
	MemoryContextSwitchTo(oldcontext);
	transaction->has_begun = true;
	w2k_suspect_keep(ctx);
}

void
w2k_transaction_end(LogicalDecodingContext *ctx, ReorderBufferTXN *txn)
{
	W2kSession *session = ctx->output_plugin_private;
	W2kTransaction *transaction = session->transaction;
	W2kBoundary boundary = {.is_end = true};
	W2kCollectionCount *counts;
	MemoryContext oldcontext;

	if (transaction == NULL || !transaction->has_begun)
		return;

	oldcontext = MemoryContextSwitchTo(session->change_context);
	counts = palloc_extended(sizeof(W2kCollectionCount) *
								 (Size) Max(transaction->ncollections, 1),
							 MCXT_ALLOC_HUGE);
	for (int i = 0; i < transaction->ncollections; i++)
	{
		counts[i].name = transaction->order[i]->name;
		counts[i].events = transaction->order[i]->events;
	}
	boundary.lsn = txn->end_lsn;
	boundary.events = transaction->events;
	boundary.ncollections = transaction->ncollections;
	boundary.collections = counts;
	write_boundary(ctx, txn, txn->end_lsn, &boundary);
	w2k_output_flush(ctx);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextReset(session->change_context);
}
