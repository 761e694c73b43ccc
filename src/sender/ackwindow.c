/*
 * ackwindow.c
 *		Acknowledgements out of order -> lowest sequence fully acknowledged.
 *
 * The entry of sequence s is ring[s & mask]; the window is (acked, last], so
 * at most capacity sequences wide.  is_acked is only meaningful inside the
 * window: adding clears it.
 */
#include <stdlib.h>

#include "sender/ackwindow.h"
#include "sender/memory.h"

#define INITIAL_CAPACITY 1024

void
w2k_ackwindow_init(W2kAckWindow *win)
{
	*win = (W2kAckWindow){.mask = INITIAL_CAPACITY - 1};
	win->ring = w2k_memory_alloc(INITIAL_CAPACITY * sizeof(*win->ring));
}

void
w2k_ackwindow_free(W2kAckWindow *win)
{
	free(win->ring);
	win->ring = NULL;
}

/*
 * Doubles the ring.  Positions depend on the mask, so every sequence in the
 * window moves to its new place; the caller bounds what is in flight, so this
 * happens a few times in a process's life.
 */
static void
grow(W2kAckWindow *win)
{
	uint64_t new_mask = win->mask * 2 + 1;
	W2kInflight *ring = w2k_memory_alloc((new_mask + 1) * sizeof(*ring));

	for (uint64_t s = win->acked + 1; s <= win->last; s++)
		ring[s & new_mask] = win->ring[s & win->mask];
	free(win->ring);
	win->ring = ring;
	win->mask = new_mask;
}

uint64_t
w2k_ackwindow_add(W2kAckWindow *win, uint64_t lsn, uint32_t topic,
				  uint32_t bytes)
{
	uint64_t sequence;

	if (win->last - win->acked > win->mask)
		grow(win);
	sequence = ++win->last;
	win->ring[sequence & win->mask] =
		(W2kInflight){.lsn = lsn,
					  .topic = topic,
					  .bytes = bytes & W2K_INFLIGHT_MAX_BYTES};
	win->records++;
	win->bytes += win->ring[sequence & win->mask].bytes;
	return sequence;
}

bool
w2k_ackwindow_ack(W2kAckWindow *win, uint64_t sequence)
{
	W2kInflight *entry;

	if (sequence <= win->acked || sequence > win->last)
		return false;
	entry = &win->ring[sequence & win->mask];
	if (entry->is_acked)
		return false;

	entry->is_acked = 1;
	win->records--;
	win->bytes -= entry->bytes;

	while (win->acked < win->last &&
		   win->ring[(win->acked + 1) & win->mask].is_acked)
		win->acked++;
	return true;
}

const W2kInflight *
w2k_ackwindow_find(const W2kAckWindow *win, uint64_t sequence)
{
	const W2kInflight *entry;

	if (sequence <= win->acked || sequence > win->last)
		return NULL;
	entry = &win->ring[sequence & win->mask];
	return entry->is_acked ? NULL : entry;
}
