/*
 * heartbeat.h
 *		heartbeat.interval.ms: a record now and then, and a query with it.
 */
#ifndef W2K_WORKER_HEARTBEAT_H
#define W2K_WORKER_HEARTBEAT_H

/*
 * Sends a heartbeat when it is time.  Only between transactions: the record
 * goes into the stream behind whatever was written last.
 */
extern void w2k_heartbeat_when_due(void);

/* A sleep cut short by the next heartbeat. */
extern long w2k_heartbeat_limit_sleep(long timeout_ms);

/* Entry point of the background worker that runs the query. */
extern PGDLLEXPORT void w2k_heartbeat_query_main(Datum main_arg);

#endif /* W2K_WORKER_HEARTBEAT_H */
