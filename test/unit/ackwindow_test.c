/*
 * ackwindow_test.c
 *		The acknowledgement window, against a model that is too simple to be
 *		wrong.
 */
#include <stdlib.h>

#include "sender/ackwindow.h"
#include "tap.h"

#define MODEL_SIZE 200000

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void
test_simple(void)
{
	W2kAckWindow win;

	w2k_ackwindow_init(&win);
	ok(win.acked == 0 && win.records == 0 && win.bytes == 0,
	   "an empty window has nothing in flight");
	is_number((long long) w2k_ackwindow_add(&win, 100, 1, 10), 1,
			  "sequences begin at 1");
	w2k_ackwindow_add(&win, 200, 2, 20);
	w2k_ackwindow_add(&win, 300, 3, 30);
	ok(win.records == 3 && win.bytes == 60, "what is in flight is counted");

	ok(w2k_ackwindow_ack(&win, 3) && win.acked == 0,
	   "an acknowledgement ahead of a gap does not move the window");
	ok(win.records == 2 && win.bytes == 30, "but frees its room");
	ok(w2k_ackwindow_ack(&win, 1) && win.acked == 1, "the first moves it");
	ok(w2k_ackwindow_find(&win, 2)->lsn == 200 &&
		   w2k_ackwindow_find(&win, 2)->topic == 2,
	   "a record in flight can be named");
	ok(w2k_ackwindow_find(&win, 1) == NULL &&
		   w2k_ackwindow_find(&win, 3) == NULL &&
		   w2k_ackwindow_find(&win, 4) == NULL &&
		   w2k_ackwindow_find(&win, 0) == NULL,
	   "others cannot");
	ok(w2k_ackwindow_ack(&win, 2) && win.acked == 3,
	   "closing the gap moves it behind what was acknowledged before");
	ok(win.records == 0 && win.bytes == 0, "nothing is left");
	w2k_ackwindow_free(&win);
}

static void
test_wrong(void)
{
	W2kAckWindow win;

	w2k_ackwindow_init(&win);
	w2k_ackwindow_add(&win, 1, 0, 5);
	w2k_ackwindow_add(&win, 2, 0, 5);
	ok(!w2k_ackwindow_ack(&win, 0), "sequence 0 is never in flight");
	ok(!w2k_ackwindow_ack(&win, 3), "nor is one that was not added");
	ok(!w2k_ackwindow_ack(&win, UINT64_MAX), "nor the largest number");
	ok(w2k_ackwindow_ack(&win, 2) && !w2k_ackwindow_ack(&win, 2),
	   "a second acknowledgement of one ahead is refused");
	ok(w2k_ackwindow_ack(&win, 1) && !w2k_ackwindow_ack(&win, 1),
	   "and of one behind");
	ok(win.acked == 2 && win.records == 0 && win.bytes == 0,
	   "refusing changes nothing");
	w2k_ackwindow_free(&win);
}

/*
 * Adds and acknowledges at random.  The model is one flag per sequence and a
 * scan.
 */
static void
test_random(uint64_t seed)
{
	static bool model[MODEL_SIZE + 1];
	static uint64_t open[MODEL_SIZE];
	uint64_t state = seed;
	uint64_t nopen = 0;
	uint64_t acked = 0;
	uint64_t bytes = 0;
	bool is_equal = true;
	W2kAckWindow win;

	memset(model, 0, sizeof(model));
	w2k_ackwindow_init(&win);
	while (win.last < MODEL_SIZE || nopen > 0)
	{
		/* A window that grows, shrinks and wraps round */
		uint64_t bias = (win.last / 20000) % 2 ? 3 : 1;

		if (win.last < MODEL_SIZE && next_random(&state) % 4 < bias)
		{
			uint64_t s = w2k_ackwindow_add(&win, win.last * 8, 7,
										   (uint32_t) (win.last % 1000));

			bytes += (s - 1) % 1000;
			open[nopen++] = s;
		}
		else if (nopen > 0)
		{
			/* Mostly among the oldest, as brokers do */
			uint64_t at = next_random(&state) % (nopen < 50 ? nopen : 50);
			uint64_t s;

			if (next_random(&state) % 100 == 0)
				at = next_random(&state) % nopen;
			s = open[at];
			open[at] = open[--nopen];
			is_equal = is_equal && w2k_ackwindow_find(&win, s) != NULL &&
					   w2k_ackwindow_find(&win, s)->lsn == (s - 1) * 8;
			is_equal = is_equal && w2k_ackwindow_ack(&win, s);
			bytes -= (s - 1) % 1000;
			model[s] = true;
			while (acked < MODEL_SIZE && model[acked + 1])
				acked++;
		}
		is_equal = is_equal && win.acked == acked && win.records == nopen &&
				   win.bytes == bytes;
	}
	ok(is_equal && win.acked == MODEL_SIZE,
	   "%d records in random order agree with the model, seed %llu",
	   MODEL_SIZE, (unsigned long long) seed);
	w2k_ackwindow_free(&win);
}

int
main(void)
{
	test_simple();
	test_wrong();
	for (uint64_t seed = 1; seed <= 5; seed++)
		test_random(seed * 2654435761u);
	return done_testing();
}
