/*
 * pace.c
 *		How fast tables are read beside a stream.
 *
 * A chunk's records stand between a change and the broker all the way: in the
 * pipe, in the client, in its connection and in the broker, which takes one
 * request after the other.  So while changes are streamed a chunk is sent in
 * small slices, with a rest when Kafka has one.
 *
 * That is gentle where the machines have anything to spare.  Whether they do
 * is found out: now and then the reader rests for long enough to see how long
 * changes take when nothing else is on its way, which is compared with how
 * long they take beside it, and where they take much longer, it goes more
 * slowly.  Compared are means of logarithms, which a few stragglers do not
 * spoil.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "worker/pace.h"

/* A stream without a commit for so long is none. */
#define QUIET_MS 1000

/*
 * A slice's bytes: about as much as the client sends in one request.  (With
 * 1 MB, and more rest, the slowest of a hundred changes took several times
 * as long beside a snapshot as without; with this they do not.)
 */
#define MAX_BYTES (64 * 1024)
/* The rest is so many times what the slice has taken, up to a limit. */
#define PACE 1
#define MAX_REST_MS 500
/* Where that is too fast, so many times half as much; and then a rest of at
 * least so long, and so many times twice as long. */
#define HALVINGS 1
#define MIN_REST_MS 10
#define SLOWEST (HALVINGS + 3)
/* For every so many milliseconds that a slice has taken the next one is larger
 * by as much as it would be: where everything takes long (decoding is behind,
 * or Kafka), small ones would get nowhere, and large ones do not matter. */
#define LAG_MS 25
#define MAX_LAGS 50

/* How long to read between listening, and how long that takes. */
#define PERIOD_MS 2000
#define SETTLE_MS 30
#define LISTEN_MS 150
/* Fewer commits on either side say nothing. */
#define ENOUGH_COMMITS 20
/* Buckets (a fourth power of which is twice as long) by which changes may
 * take longer beside a snapshot: above is too fast, below slower than need
 * be. */
#define TOO_LONG 2.0
#define SHORT 1.0

/* Half of them: what was heard before counts, but less and less. */
static void
fade(W2kLatencySum *sum)
{
	sum->commits /= 2;
	sum->buckets /= 2;
}

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
	int before = pace->slower;
	double longer;

	if (pace->beside.commits < ENOUGH_COMMITS ||
		pace->alone.commits < ENOUGH_COMMITS)
		return;
	longer = (double) pace->beside.buckets / (double) pace->beside.commits -
			 (double) pace->alone.buckets / (double) pace->alone.commits;
	if (longer > TOO_LONG && pace->slower < SLOWEST)
		pace->slower++;
	else if (longer < SHORT && pace->slower > 0)
		pace->slower--;
	ereport(DEBUG1,
			(errmsg_internal("wal2kafka pace: " UINT64_FORMAT
							 " commits beside, " UINT64_FORMAT
							 " alone, %.2f buckets longer: %d steps slower",
							 pace->beside.commits, pace->alone.commits, longer,
							 pace->slower)));
	/* beside another pace it will be another matter */
	if (pace->slower != before)
		memset(&pace->beside, 0, sizeof(pace->beside));
	fade(&pace->beside);
	fade(&pace->alone);
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
	if (!is_busy(pace, GetCurrentTimestamp()))
		return 0;
	return (MAX_BYTES >> Min(pace->slower, HALVINGS)) *
		   (1 + (int) Min(pace->took / (LAG_MS * 1000), MAX_LAGS));
}

void
w2k_pace_add(W2kPace *pace, int64 took)
{
	XLogRecPtr sent_lsn = pg_atomic_read_u64(&pace->counters->sent_lsn);
	TimestampTz now = GetCurrentTimestamp();
	long rest_ms = Min(PACE * (long) took / 1000, MAX_REST_MS);

	if (sent_lsn != pace->sent_lsn)
		pace->sent_time = now;
	pace->sent_lsn = sent_lsn;
	pace->took = took;
	if (!is_busy(pace, now))
	{
		pace->period = 0;
		return;
	}
	if (pace->slower > HALVINGS)
		rest_ms = Max(rest_ms, MIN_REST_MS << (pace->slower - HALVINGS - 1));
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
