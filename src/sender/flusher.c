/*
 * flusher.c
 *		When records leave librdkafka's queue: at once, or in full batches.
 *
 * A flush is a state, not an act: rd_kafka_flush() turns lingering off for as
 * long as it waits, so the thread below stays in it.
 */
#include <limits.h>
#include <time.h>

#include "sender/flusher.h"

/*
 * From so many bytes in flight on, batches fill by themselves; down to so few,
 * they no longer do.
 */
#define MUCH_BYTES (1024 * 1024)
#define LITTLE_BYTES (256 * 1024)

/*
 * How long a flush lasts, unless everything is acknowledged before: nothing
 * else ends it.  While records come and go it is begun again.
 */
#define HOLD_MS 5

/* Among full batches: what has no full one (other partitions) leaves so often,
 */
#define PULSE_MS 20
/* within this, in which librdkafka's thread, maybe compressing a batch, has to
 * notice it. */
#define PULSE_HOLD_MS 4

/*
 * After so long without an acknowledgement most of what is queued waits for
 * one, which costs librdkafka's thread a whole CPU while nothing lingers: so
 * the rest leaves by pulses, and by fewer where a broker seems to be away.
 */
#define STALL_MS 5
#define OUTAGE_MS 1000
#define OUTAGE_PULSE_MS 100

/* Where everything is acknowledged and the main thread does not know it yet. */
#define PAUSE_NS 200000L

/* Under mutex. */
static void
pause_unless_told(W2kFlusher *flusher)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += PAUSE_NS;
	if (until.tv_nsec >= 1000000000L)
	{
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(&flusher->changed, &flusher->mutex, &until);
}

static void *
flusher_main(void *arg)
{
	W2kFlusher *flusher = arg;

	pthread_mutex_lock(&flusher->mutex);
	for (;;)
	{
		bool is_pulse = flusher->is_pulse;
		bool is_done;

		if (!flusher->is_wanted)
		{
			pthread_cond_wait(&flusher->changed, &flusher->mutex);
			continue;
		}
		if (is_pulse)
			flusher->is_wanted = false;
		pthread_mutex_unlock(&flusher->mutex);
		is_done = w2k_producer_flush(flusher->producer,
									 is_pulse ? PULSE_HOLD_MS : HOLD_MS);
		pthread_mutex_lock(&flusher->mutex);
		if (is_done && !is_pulse)
			pause_unless_told(flusher);
	}
	return NULL;
}

bool
w2k_flusher_start(W2kFlusher *flusher, W2kProducer *producer, W2kResult *result)
{
	*flusher = (W2kFlusher){0};
	if (w2k_producer_has_linger(producer))
		return true;
	flusher->producer = producer;
	pthread_mutex_init(&flusher->mutex, NULL);
	pthread_cond_init(&flusher->changed, NULL);
	return w2k_producer_spawn(flusher_main, flusher, result);
}

static void
tell(W2kFlusher *flusher, bool is_wanted, bool is_pulse)
{
	pthread_mutex_lock(&flusher->mutex);
	flusher->is_wanted = is_wanted;
	flusher->is_pulse = is_pulse;
	if (is_wanted)
		pthread_cond_signal(&flusher->changed);
	pthread_mutex_unlock(&flusher->mutex);
}

static W2kFlushing
next_state(const W2kFlusher *flusher, const W2kAckWindow *window,
		   int64_t now_ms)
{
	if (window->records == 0)
		return W2K_FLUSH_NOTHING;
	if (window->bytes >=
		(flusher->state == W2K_FLUSH_BATCHES ? LITTLE_BYTES : MUCH_BYTES))
		return W2K_FLUSH_BATCHES;
	return now_ms - flusher->progress_ms < STALL_MS ? W2K_FLUSH_ALL
													: W2K_FLUSH_STALLED;
}

/* The time of the next change that nothing but time brings; -1 = none. */
static int64_t
next_ms(const W2kFlusher *flusher)
{
	switch (flusher->state)
	{
		case W2K_FLUSH_NOTHING:
			break;
		case W2K_FLUSH_ALL:
			return flusher->progress_ms + STALL_MS;
		case W2K_FLUSH_BATCHES:
			return flusher->pulse_ms + PULSE_MS;
		case W2K_FLUSH_STALLED:
			return flusher->pulse_ms +
				   (flusher->pulse_ms - flusher->progress_ms < OUTAGE_MS
						? PULSE_MS
						: OUTAGE_PULSE_MS);
	}
	return -1;
}

void
w2k_flusher_heed(W2kFlusher *flusher, const W2kAckWindow *window,
				 int64_t now_ms)
{
	uint64_t acks = window->last - window->records;
	W2kFlushing state;

	if (flusher->producer == NULL)
		return;
	if (acks != flusher->acks || flusher->state == W2K_FLUSH_NOTHING)
	{
		flusher->acks = acks;
		flusher->progress_ms = now_ms;
	}
	state = next_state(flusher, window, now_ms);
	if (state != flusher->state)
	{
		flusher->state = state;
		flusher->pulse_ms = now_ms;
		tell(flusher, state == W2K_FLUSH_ALL, false);
	}
	else if ((state == W2K_FLUSH_BATCHES || state == W2K_FLUSH_STALLED) &&
			 now_ms >= next_ms(flusher))
	{
		flusher->pulse_ms = now_ms;
		tell(flusher, true, true);
	}
}

int
w2k_flusher_patience_ms(const W2kFlusher *flusher, int64_t now_ms)
{
	int64_t at_ms = next_ms(flusher);

	if (at_ms < 0)
		return INT_MAX;
	return at_ms > now_ms ? (int) (at_ms - now_ms) : 0;
}
