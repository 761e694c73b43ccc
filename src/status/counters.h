/*
 * counters.h
 *		What a connector has done, in shared memory.
 *
 * One writer, the connector's worker; any number of readers, the views.  Each
 * counter is atomic by itself; two read together may be a moment apart.
 */
#ifndef W2K_STATUS_COUNTERS_H
#define W2K_STATUS_COUNTERS_H

#include "datatype/timestamp.h"
#include "port/atomics.h"

/*
 * Commit-to-acknowledgement latencies: four buckets for each power of two of
 * microseconds, the last one open.
 */
#define W2K_LATENCY_BUCKETS 128

typedef struct W2kCounters
{
	pg_atomic_uint64 read_lsn;		   /* WAL decoded so far */
	pg_atomic_uint64 sent_lsn;		   /* end of the last commit given to it */
	pg_atomic_uint64 acked_lsn;		   /* everything up to here is on Kafka */
	pg_atomic_uint64 confirmed_lsn;	   /* the slot's confirmed_flush_lsn */
	pg_atomic_uint64 saved_lsn;		   /* the same, as last written to disk */
	pg_atomic_uint64 last_commit_time; /* TimestampTz of the last one acked */
	pg_atomic_uint64 pending_commit_time; /* oldest on its way, 0 = none */

	pg_atomic_uint64 total_transactions; /* with at least one record, acked */
	pg_atomic_uint64 total_records;		 /* acknowledged */
	pg_atomic_uint64 total_bytes;		 /* key and value bytes handed over */
	pg_atomic_uint64 queue_records;		 /* handed over, not acknowledged */
	pg_atomic_uint64 queue_bytes;
	pg_atomic_uint64 retries;			/* restarts of the worker or sender */
	pg_atomic_uint64 errors;			/* errors shown in last_error */
	pg_atomic_uint64 skipped;			/* records given up by policy */
	pg_atomic_uint64 registry_requests; /* to schema registries, */
	pg_atomic_uint64 registry_errors;	/* and those of no use */
	pg_atomic_uint64 registry_assumed;	/* schemas by ids known before, now */
	pg_atomic_uint64 stats_reset;		/* TimestampTz */

	pg_atomic_uint64 latency[W2K_LATENCY_BUCKETS];
} W2kCounters;

/* Once, when shared memory is made. */
extern void w2k_counters_init(W2kCounters *counters);

/* Zeroes the totals and latencies, keeps the positions, stamps stats_reset. */
extern void w2k_counters_reset(W2kCounters *counters);

extern void w2k_counters_add_latency(W2kCounters *counters, int64 us);

/* All latencies so far.  A bucket is a fourth of a power of two, so the mean
 * of their numbers is a mean of logarithms. */
typedef struct W2kLatencySum
{
	uint64 commits;
	uint64 buckets; /* their numbers, added up */
} W2kLatencySum;

extern void w2k_counters_sum_latencies(W2kCounters *counters,
									   W2kLatencySum *sum);

/*
 * The latency in milliseconds below which the fraction (0..1) of commits lay;
 * -1 when there are none.
 */
extern double w2k_counters_latency_ms(W2kCounters *counters, double fraction);

#endif /* W2K_STATUS_COUNTERS_H */
