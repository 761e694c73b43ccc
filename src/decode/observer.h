/*
 * observer.h
 *		Whoever decodes in this process may watch a table's changes.
 *
 * An incremental snapshot must know which of the rows that it has read were
 * changed meanwhile.
 */
#ifndef W2K_DECODE_OBSERVER_H
#define W2K_DECODE_OBSERVER_H

#include "decode/change.h"

typedef struct W2kObserver
{
	Oid relid; /* the table that is watched; 0 = none */

	/*
	 * An insert, update or delete of it that is sent: either row may be NULL.
	 * In the change's memory context; xid is the top-level transaction's.
	 */
	void (*on_row)(const W2kRelation *wrel, TransactionId xid,
				   const W2kRow *old_row, const W2kRow *new_row);

	/* All its rows went. */
	void (*on_truncate)(TransactionId xid);
} W2kObserver;

extern W2kObserver w2k_observer;

#endif /* W2K_DECODE_OBSERVER_H */
