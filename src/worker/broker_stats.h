/*
 * broker_stats.h
 *		librdkafka's statistics, per broker, into shared memory.
 */
#ifndef W2K_WORKER_BROKER_STATS_H
#define W2K_WORKER_BROKER_STATS_H

/*
 * Takes one statistics document (librdkafka's STATISTICS.md; len bytes, not
 * terminated) and stores what stat_kafka shows.  Text that is not JSON is an
 * ERROR, as any other malformed answer of the sender.
 */
extern void w2k_broker_stats_store(int slot_index, const char *json,
								   uint32 len);

#endif /* W2K_WORKER_BROKER_STATS_H */
