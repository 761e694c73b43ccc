/*
 * pump.h
 *		The loop of a streaming connector.
 */
#ifndef W2K_WORKER_PUMP_H
#define W2K_WORKER_PUMP_H

#include "lib/stringinfo.h"

/* Once the sender is open: what the loop waits for. */
extern void w2k_pump_make_wait_sets(void);

/* For w2k_stream_open: what the plugin writes goes to the sender. */
extern void w2k_pump_write(StringInfo out, void *arg);

/* For who has nothing to decode: reads the sender's answers; ... */
extern void w2k_pump_read(void);

/* ... and waits for more, for the latch, and for room in the pipe where there
 * is something to be written. */
extern void w2k_pump_wait(long timeout_ms);

/*
 * max.slot.lag.bytes, where nothing is streamed: looks now and then, and raises
 * an error where that is what it is to do.
 */
extern void w2k_pump_watch_lag(void);

/*
 * Moves WAL records from the slot to the sender and acknowledgements from the
 * sender to the slot, until the attempt is to end; then ends it.
 */
pg_noreturn extern void w2k_pump_run(void);

#endif /* W2K_WORKER_PUMP_H */
