/*
 * counters.c
 *		What a connector has done, in shared memory.
 *
 * The latency histogram trades precision for size: four buckets for each
 * power of two keep every percentile within 19% of the truth, in 1 kB, with
 * one atomic increment per commit.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"
#include "utils/timestamp.h"

#include "status/counters.h"

/* Bucket of a latency: below 4 us one each, then four per power of two. */
static int
latency_bucket(int64 us)
{
	int log2;
	int bucket;

	if (us < 4)
		return us < 0 ? 0 : (int) us;
	log2 = pg_leftmost_one_pos64((uint64) us);
	bucket = (log2 - 1) * 4 + (int) ((us >> (log2 - 2)) & 3);
	return Min(bucket, W2K_LATENCY_BUCKETS - 1);
}

/* The middle of a bucket, in microseconds. */
static double
latency_bucket_middle(int bucket)
{
	double width;

	if (bucket < 4)
		return bucket;
	width = (double) (UINT64CONST(1) << (bucket / 4 - 1));
	return width * (4 + bucket % 4) + width / 2;
}

void
w2k_counters_init(W2kCounters *counters)
{
	pg_atomic_init_u64(&counters->read_lsn, 0);
	pg_atomic_init_u64(&counters->sent_lsn, 0);
	pg_atomic_init_u64(&counters->acked_lsn, 0);
	pg_atomic_init_u64(&counters->confirmed_lsn, 0);
	pg_atomic_init_u64(&counters->saved_lsn, 0);
	pg_atomic_init_u64(&counters->last_commit_time, 0);
	pg_atomic_init_u64(&counters->pending_commit_time, 0);
	pg_atomic_init_u64(&counters->total_transactions, 0);
	pg_atomic_init_u64(&counters->total_records, 0);
	pg_atomic_init_u64(&counters->total_bytes, 0);
	pg_atomic_init_u64(&counters->queue_records, 0);
	pg_atomic_init_u64(&counters->queue_bytes, 0);
	pg_atomic_init_u64(&counters->retries, 0);
	pg_atomic_init_u64(&counters->errors, 0);
	pg_atomic_init_u64(&counters->skipped, 0);
	pg_atomic_init_u64(&counters->registry_requests, 0);
	pg_atomic_init_u64(&counters->registry_errors, 0);
	pg_atomic_init_u64(&counters->registry_assumed, 0);
	pg_atomic_init_u64(&counters->stats_reset, 0);
	for (int i = 0; i < W2K_LATENCY_BUCKETS; i++)
		pg_atomic_init_u64(&counters->latency[i], 0);
}

void
w2k_counters_reset(W2kCounters *counters)
{
	pg_atomic_write_u64(&counters->total_transactions, 0);
	pg_atomic_write_u64(&counters->total_records, 0);
	pg_atomic_write_u64(&counters->total_bytes, 0);
	pg_atomic_write_u64(&counters->retries, 0);
	pg_atomic_write_u64(&counters->errors, 0);
	pg_atomic_write_u64(&counters->skipped, 0);
	pg_atomic_write_u64(&counters->registry_requests, 0);
	pg_atomic_write_u64(&counters->registry_errors, 0);
	for (int i = 0; i < W2K_LATENCY_BUCKETS; i++)
		pg_atomic_write_u64(&counters->latency[i], 0);
	pg_atomic_write_u64(&counters->stats_reset, (uint64) GetCurrentTimestamp());
}

void
w2k_counters_add_latency(W2kCounters *counters, int64 us)
{
	pg_atomic_fetch_add_u64(&counters->latency[latency_bucket(us)], 1);
}

void
w2k_counters_sum_latencies(W2kCounters *counters, W2kLatencySum *sum)
{
	sum->commits = sum->buckets = 0;
	for (int i = 0; i < W2K_LATENCY_BUCKETS; i++)
	{
		uint64 count = pg_atomic_read_u64(&counters->latency[i]);

		sum->commits += count;
		sum->buckets += count * (uint64) i;
	}
}

double
w2k_counters_latency_ms(W2kCounters *counters, double fraction)
{
	uint64 counts[W2K_LATENCY_BUCKETS];
	uint64 total = 0;
	uint64 seen = 0;

	for (int i = 0; i < W2K_LATENCY_BUCKETS; i++)
	{
		counts[i] = pg_atomic_read_u64(&counters->latency[i]);
		total += counts[i];
	}
	if (total == 0)
		return -1;
	for (int i = 0; i < W2K_LATENCY_BUCKETS; i++)
	{
		seen += counts[i];
		if ((double) seen >= fraction * (double) total)
			return latency_bucket_middle(i) / 1000.0;
	}
	return latency_bucket_middle(W2K_LATENCY_BUCKETS - 1) / 1000.0;
}
