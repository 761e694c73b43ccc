/*
 * input.c
 *		The frames that come down the pipe.
 *
 * The buffer holds what is not taken yet; a frame larger than it makes it
 * grow, and it shrinks again when that frame is gone.  A record too large for
 * any broker is never held: the session deals with it by its first bytes and
 * the rest is dropped as it comes.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sender/failure.h"
#include "sender/input.h"
#include "sender/memory.h"

/* One read takes up to this much; the pipe holds at most as much. */
#define READ_BYTES (1024 * 1024)

/*
 * Little input waits for what is in flight: until it is acknowledged, or so
 * much has gathered, or so much time has passed.  Without this each small
 * commit would be a request of its own for each partition it touches, and at
 * some thousand commits a second the requests would cost the machine more
 * than everything else (measured beside pgbench).  Alone, a commit never
 * waits; behind much, it does not either.
 */
#define GATHER_BYTES 16384
#define GATHER_MS 5

/* The buffer's usual size: a read behind the rest of the one before. */
#define USUAL_CAPACITY (2 * READ_BYTES)

void
w2k_input_init(W2kInput *input, int fd, bool skips_newlines)
{
	*input = (W2kInput){.fd = fd,
						.skips_newlines = skips_newlines,
						.capacity = USUAL_CAPACITY};
	input->data = w2k_memory_alloc(input->capacity);
}

static size_t
held(const W2kInput *input)
{
	return input->end - input->start;
}

/* Moves what is held to the front of a buffer of that capacity. */
static void
resize(W2kInput *input, size_t capacity)
{
	if (input->start > 0)
	{
		memmove(input->data, input->data + input->start, held(input));
		input->end -= input->start;
		input->start = 0;
	}
	if (capacity != input->capacity)
	{
		input->data = w2k_memory_realloc(input->data, capacity);
		input->capacity = capacity;
	}
}

void
w2k_input_read(W2kInput *input)
{
	size_t room;
	ssize_t got;

	if (input->start == input->end)
		input->start = input->end = 0;
	if (input->capacity > USUAL_CAPACITY && held(input) < READ_BYTES)
		resize(input, USUAL_CAPACITY);
	else if (input->capacity - input->end < READ_BYTES)
		resize(input, held(input) + READ_BYTES > input->capacity
						  ? held(input) + READ_BYTES
						  : input->capacity);

	room = input->capacity - input->end;
	do
		got = read(input->fd, input->data + input->end, room);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		input->end += (size_t) got;
	else if (got == 0 || errno != EAGAIN)
		input->is_at_eof = true;
}

/* Drops what is at hand of a record that was refused. */
static void
drop_discarded(W2kInput *input)
{
	size_t len = held(input);

	if (len > input->discard)
		len = (size_t) input->discard;
	input->start += len;
	input->discard -= len;
}

/*
 * The frame at the front is not all there.  If it is a record that nobody
 * could send, the session deals with it and it is dropped as it comes.
 */
static W2kHuge
offer_huge(W2kInput *input, W2kSession *session, size_t needed)
{
	const char *frame = input->data + input->start;
	W2kCursor head;
	W2kHuge answer;

	if (held(input) < W2K_FRAME_HEADER_SIZE + W2K_RECORD_FIXED_SIZE ||
		(uint8_t) frame[1] != W2K_FRAME_RECORD)
		return W2K_NOT_HUGE;
	head.p = frame + W2K_FRAME_HEADER_SIZE;
	head.end = head.p + W2K_RECORD_FIXED_SIZE;
	head.is_malformed = false;
	answer = w2k_session_offer_huge(session, head,
									needed - W2K_FRAME_HEADER_SIZE);
	if (answer == W2K_HUGE_DROP)
	{
		input->discard = needed;
		drop_discarded(input);
	}
	return answer;
}

/* True: go on, a frame was taken.  False: *can_take says what to do. */
static bool
feed_one(W2kInput *input, W2kSession *session, bool *can_take)
{
	uint8_t type;
	W2kCursor payload;
	size_t used;
	size_t needed;
	W2kHuge huge;

	*can_take = true;
	switch (w2k_frame_parse(input->data + input->start, held(input),
							input->skips_newlines, &type, &payload, &used,
							&needed))
	{
		case W2K_PARSE_FRAME:
			*can_take = w2k_session_take(session, type, payload) == W2K_TAKEN;
			if (*can_take)
				input->start += used;
			return *can_take;
		case W2K_PARSE_MORE:
			input->start += used;
			huge = offer_huge(input, session, needed);
			*can_take = huge != W2K_HUGE_NOT_NOW;
			return huge == W2K_HUGE_DROP;
		case W2K_PARSE_MALFORMED:
			w2k_failure_malformed(session, "frame");
			return false;
	}
	return false;
}

/* Shall what is at hand wait for more?  See GATHER_BYTES. */
static bool
should_gather(W2kInput *input, const W2kSession *session, int64_t now_ms)
{
	if (held(input) == 0 || held(input) >= GATHER_BYTES || input->is_at_eof ||
		input->discard > 0 || session->window.records == 0)
		return false;
	if (!input->is_gathering)
		input->gathering_since_ms = now_ms;
	return now_ms - input->gathering_since_ms < GATHER_MS;
}

bool
w2k_input_feed(W2kInput *input, W2kSession *session, int64_t now_ms)
{
	bool can_take = true;

	input->is_gathering = should_gather(input, session, now_ms);
	if (input->is_gathering)
		return true;
	drop_discarded(input);
	while (session->end == W2K_SESSION_RUNS && input->discard == 0 &&
		   feed_one(input, session, &can_take))
		;
	return can_take;
}

int
w2k_input_patience_ms(const W2kInput *input)
{
	return input->is_gathering ? GATHER_MS : INT_MAX;
}

bool
w2k_input_has_rest(const W2kInput *input)
{
	return held(input) > 0 || input->discard > 0;
}
