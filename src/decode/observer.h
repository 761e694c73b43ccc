/*
 * observer.h
 *		Whoever decodes in this process may watch some tables' changes.
 *
 * An incremental snapshot must know which of the rows that it has read were
 * changed meanwhile.
 */
#ifndef W2K_DECODE_OBSERVER_H
#define W2K_DECODE_OBSERVER_H

#include "decode/change.h"

#define W2K_MAX_OBSERVED 32

typedef struct W2kObserver
{
	int ntables;
	Oid tables[W2K_MAX_OBSERVED]; /* that are watched */

	/*
	 * An update or delete: either row may be NULL.  is_sent tells whether any
	 * record came of it.  In the change's memory context; xid is the top-level
	 * transaction's.
	 */
	void (*on_row)(const W2kRelation *wrel, TransactionId xid,
				   const W2kRow *old_row, const W2kRow *new_row, bool is_sent);

	/* All rows of a table went. */
	void (*on_truncate)(Oid relid, TransactionId xid);
} W2kObserver;

extern W2kObserver w2k_observer;

static inline bool
w2k_observer_watches(Oid relid)
{
	for (int i = 0; i < w2k_observer.ntables; i++)
		if (w2k_observer.tables[i] == relid)
			return true;
	return false;
}

#endif /* W2K_DECODE_OBSERVER_H */
