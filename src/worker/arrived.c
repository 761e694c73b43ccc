/*
 * arrived.c
 *		Signals that have come to the worker in frames, and are not in
 *		wal2kafka.connector_signal yet.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "worker/arrived.h"

/* A string of a frame, as it is; the caller looks at what is malformed. */
static char *
read_string(W2kCursor *cur)
{
	uint32 len;
	const char *from = w2k_get_string(cur, &len);

	return pnstrdup(len > 0 ? from : "", len);
}

List *
w2k_arrived_add(List *signals, W2kCursor *cur)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(TopMemoryContext);
	W2kArrivedSignal *signal = palloc0(sizeof(W2kArrivedSignal));

	signal->id = read_string(cur);
	signal->type = read_string(cur);
	signal->data = read_string(cur);
	signals = lappend(signals, signal);
	MemoryContextSwitchTo(oldcontext);
	return signals;
}

List *
w2k_arrived_add_kafka(List *signals, W2kCursor *cur)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(TopMemoryContext);
	W2kArrivedSignal *signal = palloc0(sizeof(W2kArrivedSignal));

	signal->offset = w2k_get_u64(cur);
	signal->data = read_string(cur);
	signals = lappend(signals, signal);
	MemoryContextSwitchTo(oldcontext);
	return signals;
}

void
w2k_arrived_free(List *signals)
{
	ListCell *lc;

	foreach(lc, signals)
	{
		W2kArrivedSignal *signal = lfirst(lc);

		if (signal->id != NULL)
			pfree(signal->id);
		if (signal->type != NULL)
			pfree(signal->type);
		pfree(signal->data);
	}
	list_free_deep(signals);
}
