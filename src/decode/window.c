/*
 * window.c
 *		Which rows of a table were changed while a chunk of it was read.
 *
 * Identities are kept as hashes of 128 bits.  Until the chunk's snapshot is
 * known all changes are; from then on those that it does not see.
 */
#include "postgres.h"

#include "access/transam.h"
#include "common/hashfn.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "decode/identity.h"
#include "decode/observer.h"
#include "decode/window.h"

/* Changes that are kept at most: 24 MB. */
#define MAX_CHANGES 1000000

typedef struct Key
{
	uint64 low, high;
} Key;

/* A change, before the snapshot is known. */
typedef struct Change
{
	Key key;
	TransactionId xid;
} Change;

/* An entry of the set of stale rows. */
typedef struct Stale
{
	Key key;	 /* hash key: first */
	int64 count; /* changes; for rows that are their own identity */
} Stale;

static struct
{
	MemoryContext context; /* NULL = none is open */
	Change *changes;
	int nchanges;
	int size;
	HTAB *stale; /* NULL = the snapshot is not known yet */
	bool is_row; /* identities are whole rows */
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
	bool is_found;
	Stale *stale = hash_search(window.stale, key, HASH_ENTER, &is_found);

	stale->count = is_found ? stale->count + 1 : 1;
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

static void
add_row(const W2kRelation *wrel, TransactionId xid, const W2kRow *row)
{
	StringInfoData identity;
	Key key;

	initStringInfo(&identity);
	if (!w2k_identity_append(&identity, wrel, row))
	{
		window.is_lost = true;
		return;
	}
	key = make_key(identity.data, identity.len);
	add_change(&key, xid);
	pfree(identity.data);
}

static void
on_row(const W2kRelation *wrel, TransactionId xid, const W2kRow *old_row,
	   const W2kRow *new_row)
{
	if (window.is_lost)
		return;
	window.is_row = w2k_identity_is_row(wrel);
	if (old_row != NULL)
		add_row(wrel, xid, old_row);
	/* where a row is its own identity, the new one is another */
	if (new_row != NULL && !window.is_row)
		add_row(wrel, xid, new_row);
}

static void
on_truncate(TransactionId xid)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(window.context);

	if (window.stale != NULL)
		window.is_truncated = window.is_truncated || is_unseen(xid);
	else if (window.truncated == NULL)
		window.truncated = palloc(sizeof(TransactionId));
	else
		window.truncated = repalloc(window.truncated,
									sizeof(TransactionId) *
										(window.ntruncated + 1));
	if (window.stale == NULL)
		window.truncated[window.ntruncated++] = xid;
	MemoryContextSwitchTo(oldcontext);
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
	w2k_observer.on_row = on_row;
	w2k_observer.on_truncate = on_truncate;
	w2k_observer.relid = relid;
}

void
w2k_window_set_snapshot(TransactionId xmin, TransactionId xmax,
						const TransactionId *xids, int nxids)
{
	HASHCTL ctl = {.keysize = sizeof(Key),
				   .entrysize = sizeof(Stale),
				   .hcxt = window.context};

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
	Stale *stale;

	if (window.is_truncated)
		return true;
	if (hash_get_num_entries(window.stale) == 0)
		return false;
	key = make_key(identity, len);
	stale = hash_search(window.stale, &key, HASH_FIND, NULL);
	if (stale == NULL || stale->count == 0)
		return false;
	if (window.is_row)
		stale->count--;
	return true;
}

void
w2k_window_close(void)
{
	w2k_observer.relid = InvalidOid;
	if (window.context != NULL)
		MemoryContextDelete(window.context);
	memset(&window, 0, sizeof(window));
}
