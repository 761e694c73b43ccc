/*
 * window.c
 *		What changes do to the rows of tables that a snapshot reads.
 *
 * Identities are kept as hashes of 128 bits.  Until a chunk's snapshot is
 * known all changes are; from then on those that it does not see.
 */
#include "postgres.h"

#include "access/transam.h"
#include "common/hashfn.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "compat.h"
#include "decode/identity.h"
#include "decode/observer.h"
#include "decode/window.h"

/* Changes that are kept at most: 24 MB. */
#define MAX_CHANGES 1000000

typedef struct Key
{
	uint64 low, high; /* of the table and the identity */
} Key;

/* A change, before the snapshot is known. */
typedef struct Change
{
	Key key;
	TransactionId xid;
} Change;

/* A table that is watched. */
typedef struct Watched
{
	HTAB *incomplete; /* of Key; NULL = none yet */
	bool is_all;	  /* any row may be incomplete */
} Watched;

/* By their place in w2k_observer.tables. */
static Watched watched[W2K_MAX_OBSERVED];

static struct
{
	MemoryContext context; /* NULL = none is open */
	Oid relid;
	Change *changes;
	int nchanges;
	int size;
	HTAB *stale;	/* NULL = the snapshot is not known yet */
	bool is_shared; /* by several rows */
	uint32 shape;	/* of identities; 0 = none seen yet */
	bool is_lost;
	TransactionId *truncated; /* by transactions ... */
	int ntruncated;
	bool is_truncated; /* ... of which one counts */
	TransactionId xmin, xmax;
	TransactionId *xids;
	int nxids;
} window;

static int
compare_xids(const void *a, const void *b)
{
	TransactionId left = *(const TransactionId *) a;
	TransactionId right = *(const TransactionId *) b;

	return left < right ? -1 : left > right;
}

/* Does the snapshot not see what this (top-level) transaction did? */
static bool
is_unseen(TransactionId xid)
{
	if (TransactionIdPrecedes(xid, window.xmin))
		return false;
	if (TransactionIdFollowsOrEquals(xid, window.xmax))
		return true;
	return bsearch(&xid, window.xids, window.nxids, sizeof(TransactionId),
				   compare_xids) != NULL;
}

static Key
make_key(const char *identity, Size len)
{
	const unsigned char *bytes = (const unsigned char *) identity;
	Key key;

	key.low = hash_bytes_extended(bytes, (int) len, 0);
	key.high = hash_bytes_extended(bytes, (int) len,
								   UINT64CONST(0x9e3779b97f4a7c15));
	return key;
}

static void
add_stale(const Key *key)
{
	(void) hash_search(window.stale, key, HASH_ENTER, NULL);
}

static void
add_change(const Key *key, TransactionId xid)
{
	if (window.stale != NULL)
	{
		if (is_unseen(xid))
			add_stale(key);
		window.is_lost = window.is_lost ||
						 hash_get_num_entries(window.stale) > MAX_CHANGES;
		return;
	}
	if (window.nchanges == MAX_CHANGES)
	{
		window.is_lost = true;
		return;
	}
	if (window.nchanges == window.size)
	{
		window.size *= 2;
		window.changes = repalloc_huge(window.changes,
									   sizeof(Change) * window.size);
	}
	window.changes[window.nchanges].key = *key;
	window.changes[window.nchanges++].xid = xid;
}

static Watched *
find_watched(Oid relid)
{
	for (int i = 0; i < w2k_observer.ntables; i++)
		if (w2k_observer.tables[i] == relid)
			return &watched[i];
	elog(ERROR, "relation with OID %u is not watched", relid);
	return NULL; /* keep compiler quiet */
}

/* Lacks the row a value that its update did not change? */
static bool
is_incomplete(const W2kRelation *wrel, const W2kRow *row)
{
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		const W2kColumn *column = &wrel->columns[i];

		if (column->is_varlena && !row->nulls[column->index] &&
			VARATT_IS_EXTERNAL_ONDISK(
				DatumGetPointer(row->values[column->index])))
			return true;
	}
	return false;
}

static void
add_incomplete(Oid relid, const Key *key)
{
	Watched *table = find_watched(relid);

	if (table->is_all)
		return;
	if (table->incomplete == NULL)
	{
		HASHCTL ctl = {.keysize = sizeof(Key),
					   .entrysize = sizeof(Key),
					   .hcxt = TopMemoryContext};

		table->incomplete = hash_create("wal2kafka incomplete rows", 256, &ctl,
										HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	(void) hash_search(table->incomplete, key, HASH_ENTER, NULL);
	if (hash_get_num_entries(table->incomplete) > MAX_CHANGES)
		w2k_window_set_all_incomplete(relid, true);
}

/*
 * Notes a change of a row; NULL = of one that is not known.  Without an xid it
 * makes no row of a chunk stale.
 */
static void
add_row(const W2kRelation *wrel, TransactionId xid, const W2kRow *row,
		bool is_incomplete)
{
	StringInfoData identity;
	Key key;

	initStringInfo(&identity);
	if (row != NULL && !w2k_identity_append(&identity, wrel, row))
	{
		window.is_lost = true;
		w2k_window_set_all_incomplete(wrel->relid, true);
		return;
	}
	key = make_key(identity.data, identity.len);
	if (TransactionIdIsValid(xid) && window.context != NULL &&
		window.relid == wrel->relid && !window.is_lost)
		add_change(&key, xid);
	if (is_incomplete)
		add_incomplete(wrel->relid, &key);
	pfree(identity.data);
}

/* Does an update give a row another identity? */
static bool
is_changed(const W2kRelation *wrel, const W2kRow *old_row,
		   const W2kRow *new_row)
{
	StringInfoData identities[2];

	initStringInfo(&identities[0]);
	initStringInfo(&identities[1]);
	return !w2k_identity_append(&identities[0], wrel, old_row) ||
		   !w2k_identity_append(&identities[1], wrel, new_row) ||
		   identities[0].len != identities[1].len ||
		   memcmp(identities[0].data, identities[1].data, identities[0].len) !=
			   0;
}

/* A table that is altered while a chunk of it is under way: once more. */
static void
check_shape(uint32 shape)
{
	if (window.shape != 0 && window.shape != shape)
		window.is_lost = true;
	window.shape = shape;
}

static void
on_row(const W2kRelation *wrel, TransactionId xid, const W2kRow *old_row,
	   const W2kRow *new_row, bool is_sent)
{
	if (window.context != NULL && window.relid == wrel->relid)
	{
		window.is_shared = w2k_identity_is_shared(wrel);
		check_shape(w2k_identity_shape(wrel));
	}

	/*
	 * A row that is gone, or has another key now, must not come any more.  One
	 * of which nothing was sent comes as it was read, or when it is read again:
	 * it may have moved.
	 */
	if (old_row != NULL &&
		(new_row == NULL || is_sent || is_changed(wrel, old_row, new_row)))
		add_row(wrel, xid, old_row, false);
	if (new_row != NULL)
		add_row(wrel, is_sent ? xid : InvalidTransactionId, new_row,
				!is_sent || is_incomplete(wrel, new_row));
	/* where the WAL has no old row at all, it may be any */
	if (old_row == NULL && new_row == NULL)
		add_row(wrel, xid, NULL, false);
}

static void
on_truncate(Oid relid, TransactionId xid)
{
	MemoryContext oldcontext;

	w2k_window_set_all_incomplete(relid, false);
	if (window.context == NULL || window.relid != relid)
		return;
	if (window.stale != NULL)
	{
		window.is_truncated = window.is_truncated || is_unseen(xid);
		return;
	}
	oldcontext = MemoryContextSwitchTo(window.context);
	window.truncated = window.truncated == NULL
						   ? palloc(sizeof(TransactionId))
						   : repalloc(window.truncated,
									  sizeof(TransactionId) *
										  (window.ntruncated + 1));
	window.truncated[window.ntruncated++] = xid;
	MemoryContextSwitchTo(oldcontext);
}

bool
w2k_window_is_watching(void)
{
	return w2k_observer.ntables > 0;
}

bool
w2k_window_has_room(void)
{
	return w2k_observer.ntables < W2K_MAX_OBSERVED - 1;
}

void
w2k_window_watch(Oid relid)
{
	if (w2k_observer_watches(relid))
		return;
	if (w2k_observer.ntables == W2K_MAX_OBSERVED)
		elog(ERROR, "too many tables are watched");
	w2k_observer.on_row = on_row;
	w2k_observer.on_truncate = on_truncate;
	memset(&watched[w2k_observer.ntables], 0, sizeof(Watched));
	w2k_observer.tables[w2k_observer.ntables++] = relid;
}

void
w2k_window_unwatch(Oid relid)
{
	int last;
	int at;

	if (!w2k_observer_watches(relid))
		return;
	w2k_window_set_all_incomplete(relid, false);
	at = (int) (find_watched(relid) - watched);
	last = --w2k_observer.ntables;
	watched[at] = watched[last];
	w2k_observer.tables[at] = w2k_observer.tables[last];
}

void
w2k_window_open(Oid relid)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext,
												  "wal2kafka window",
												  ALLOCSET_DEFAULT_SIZES);

	w2k_window_close();
	window.context = context;
	window.size = 64;
	window.changes = MemoryContextAlloc(context, sizeof(Change) * window.size);
	window.relid = relid;
}

void
w2k_window_set_snapshot(TransactionId xmin, TransactionId xmax,
						const TransactionId *xids, int nxids, uint32 shape)
{
	HASHCTL ctl = {.keysize = sizeof(Key),
				   .entrysize = sizeof(Key),
				   .hcxt = window.context};

	check_shape(shape);
	window.xmin = xmin;
	window.xmax = xmax;
	window.nxids = nxids;
	window.xids = MemoryContextAlloc(window.context,
									 sizeof(TransactionId) * Max(nxids, 1));
	memcpy(window.xids, xids, sizeof(TransactionId) * nxids);
	qsort(window.xids, nxids, sizeof(TransactionId), compare_xids);
	window.stale = hash_create("wal2kafka stale rows", 256, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (int i = 0; i < window.nchanges; i++)
		if (is_unseen(window.changes[i].xid))
			add_stale(&window.changes[i].key);
	for (int i = 0; i < window.ntruncated; i++)
		window.is_truncated = window.is_truncated ||
							  is_unseen(window.truncated[i]);
	window.nchanges = 0;
}

bool
w2k_window_is_lost(void)
{
	return window.is_lost;
}

bool
w2k_window_evicts(const char *identity, Size len)
{
	Key key;
	const Key *stale;

	if (window.is_truncated)
		return true;
	if (hash_get_num_entries(window.stale) == 0)
		return false;
	key = make_key(identity, len);
	stale = hash_search(window.stale, &key, HASH_FIND, NULL);
	return stale != NULL;
}

bool
w2k_window_is_shared(void)
{
	return window.is_shared;
}

void
w2k_window_close(void)
{
	if (window.context != NULL)
		MemoryContextDelete(window.context);
	memset(&window, 0, sizeof(window));
}

/* ---- incomplete rows ---- */

bool
w2k_window_has_incomplete(Oid relid)
{
	const Watched *table = find_watched(relid);

	return table->is_all || (table->incomplete != NULL &&
							 hash_get_num_entries(table->incomplete) > 0);
}

bool
w2k_window_is_incomplete(Oid relid, const char *identity, Size len)
{
	const Watched *table = find_watched(relid);
	Key key;

	if (table->is_all || table->incomplete == NULL)
		return table->is_all;
	key = make_key(identity, len);
	return hash_search(table->incomplete, &key, HASH_FIND, NULL) != NULL;
}

void
w2k_window_set_complete(Oid relid, const char *identity, Size len)
{
	Watched *table = find_watched(relid);
	Key key;

	if (table->incomplete == NULL ||
		hash_get_num_entries(table->incomplete) == 0)
		return;
	key = make_key(identity, len);
	(void) hash_search(table->incomplete, &key, HASH_REMOVE, NULL);
}

bool
w2k_window_is_all_incomplete(Oid relid)
{
	return find_watched(relid)->is_all;
}

void
w2k_window_set_all_incomplete(Oid relid, bool is_all)
{
	Watched *table = find_watched(relid);

	if (table->incomplete != NULL)
		hash_destroy(table->incomplete);
	table->incomplete = NULL;
	table->is_all = is_all;
}
