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

/* How long a flush lasts while records come and go; it is begun again. */
#define HOLD_MS 100

/* Among full batches: what has no full one (other partitions) leaves so often,
 */
#define PULSE_MS 20
/* within this, which librdkafka's thread has to notice it. */
#define PULSE_HOLD_MS 1

/* Where everything is acknowledged and the main thread does not know it yet. */
#define PAUSE_NS 200000L

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
		if (is_done && !is_pulse)
			nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
		pthread_mutex_lock(&flusher->mutex);
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
next_state(W2kFlushing state, const W2kAckWindow *window)
{
	if (window->records == 0)
		return W2K_FLUSH_NOTHING;
	if (window->bytes >=
		(state == W2K_FLUSH_BATCHES ? LITTLE_BYTES : MUCH_BYTES))
		return W2K_FLUSH_BATCHES;
	return W2K_FLUSH_ALL;
}

void
w2k_flusher_heed(W2kFlusher *flusher, const W2kAckWindow *window,
				 int64_t now_ms)
{
	W2kFlushing state = next_state(flusher->state, window);

	if (flusher->producer == NULL)
		return;
	if (state != flusher->state)
	{
		flusher->state = state;
		flusher->pulse_ms = now_ms;
		tell(flusher, state == W2K_FLUSH_ALL, false);
	}
	else if (state == W2K_FLUSH_BATCHES &&
			 now_ms - flusher->pulse_ms >= PULSE_MS)
	{
		flusher->pulse_ms = now_ms;
		tell(flusher, true, true);
	}
}

int
w2k_flusher_patience_ms(const W2kFlusher *flusher)
{
	return flusher->state == W2K_FLUSH_BATCHES ? PULSE_MS : INT_MAX;
}
