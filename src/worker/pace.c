/*
 * pace.c
 *		How fast tables are read beside a stream.
 *
 * A chunk's records stand between a change and the broker all the way: in the
 * pipe, in the client, in its connection and in the broker, which takes one
 * request after the other.  So while changes are streamed a chunk is small,
 * and the reader rests when Kafka has it.
 *
 * How small and how long depends on the machines, and is found out: now and
 * then the reader rests for long enough to see how long changes take when
 * nothing else is on its way, and that is compared with how long they take
 * beside it.  Compared are means of logarithms, which a few stragglers do not
 * spoil.  What is not seen to cost anything may grow.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "worker/pace.h"

/* A stream without a commit for so long is none. */
#define QUIET_MS 1000

/* A chunk's bytes at the lowest step, and so often twice that. */
#define MIN_BYTES (32 * 1024)
#define MAX_STEP 7
/* Steps below that one make the rest longer instead, from the first so long,
 * and each time twice that. */
#define MIN_REST_MS 10
#define MIN_STEP (-5)
#define FIRST_STEP 2
/* The rest is at least so many times what the chunk has taken, up to a
 * limit. */
#define PACE 3
#define MAX_REST_MS 500

/* How long to read between listening, and how long that takes. */
#define PERIOD_MS 1000
#define SETTLE_MS 30
#define LISTEN_MS 150
/* Fewer commits on either side say nothing. */
#define ENOUGH_COMMITS 20
/* Buckets (a fourth power of which is twice as long) by which changes may
 * take longer beside a snapshot: above it is too fast, below it too slow. */
#define TOO_LONG 2.0
#define SHORT 1.0

static TimestampTz
later(TimestampTz now, long ms)
{
	return TimestampTzPlusMilliseconds(now, ms);
}

/* Is there a stream to speak of? */
static bool
is_busy(const W2kPace *pace, TimestampTz now)
{
	return pace->sent_time != 0 &&
		   !TimestampDifferenceExceeds(pace->sent_time, now, QUIET_MS);
}

/* Commits since the mark, which moves here. */
static void
add_since_mark(W2kPace *pace, W2kLatencySum *sum)
{
	W2kLatencySum all;

	w2k_counters_sum_latencies(pace->counters, &all);
	/* somebody may have reset them */
	if (all.commits >= pace->mark.commits && all.buckets >= pace->mark.buckets)
	{
		sum->commits += all.commits - pace->mark.commits;
		sum->buckets += all.buckets - pace->mark.buckets;
	}
	pace->mark = all;
}

/* How much longer do changes take beside us? */
static void
judge(W2kPace *pace)
{
	double longer;

	if (pace->beside.commits < ENOUGH_COMMITS ||
		pace->alone.commits < ENOUGH_COMMITS)
		return;
	longer = (double) pace->beside.buckets / (double) pace->beside.commits -
			 (double) pace->alone.buckets / (double) pace->alone.commits;
	if (longer > TOO_LONG && pace->step + FIRST_STEP > MIN_STEP)
		pace->step--;
	else if (longer < SHORT && pace->step + FIRST_STEP < MAX_STEP)
		pace->step++;
	ereport(DEBUG1, (errmsg_internal("wal2kafka pace: " UINT64_FORMAT
									 " commits beside, " UINT64_FORMAT
									 " alone, %.2f buckets longer: step %d",
									 pace->beside.commits, pace->alone.commits,
									 longer, pace->step + FIRST_STEP)));
	memset(&pace->beside, 0, sizeof(pace->beside));
	memset(&pace->alone, 0, sizeof(pace->alone));
}

bool
w2k_pace_allows(W2kPace *pace)
{
	TimestampTz now;

	if (pace->until == 0)
		return true;
	now = GetCurrentTimestamp();
	if (now < pace->until)
		return false;
	switch (pace->task)
	{
		case W2K_PACE_READING:
			break;
		case W2K_PACE_SETTLING:
			add_since_mark(pace, &pace->beside);
			pace->task = W2K_PACE_LISTENING;
			pace->until = later(now, LISTEN_MS);
			return false;
		case W2K_PACE_LISTENING:
			add_since_mark(pace, &pace->alone);
			judge(pace);
			pace->task = W2K_PACE_READING;
			pace->period = now;
			break;
	}
	pace->until = 0;
	return true;
}

long
w2k_pace_left_ms(const W2kPace *pace)
{
	return pace->until == 0
			   ? 0
			   : TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
												 pace->until);
}

int
w2k_pace_bytes(const W2kPace *pace)
{
	return is_busy(pace, GetCurrentTimestamp())
			   ? MIN_BYTES << Max(pace->step + FIRST_STEP, 0)
			   : 0;
}

void
w2k_pace_add_chunk(W2kPace *pace, TimestampTz ask_time)
{
	XLogRecPtr sent_lsn = pg_atomic_read_u64(&pace->counters->sent_lsn);
	TimestampTz now = GetCurrentTimestamp();
	int step = pace->step + FIRST_STEP;
	long rest_ms = Min(PACE * (long) (now - ask_time) / 1000, MAX_REST_MS);

	if (sent_lsn != pace->sent_lsn)
		pace->sent_time = now;
	pace->sent_lsn = sent_lsn;
	if (!is_busy(pace, now))
	{
		pace->period = 0;
		return;
	}
	if (step < 0)
		rest_ms = Max(rest_ms, MIN_REST_MS << -step);
	if (pace->period == 0)
	{
		W2kLatencySum before = {0};

		add_since_mark(pace, &before);
		pace->period = now;
	}
	if (TimestampDifferenceExceeds(pace->period, now, PERIOD_MS))
	{
		pace->task = W2K_PACE_SETTLING;
		rest_ms = Max(rest_ms, SETTLE_MS);
	}
	pace->until = later(now, Max(rest_ms, 1));
}
