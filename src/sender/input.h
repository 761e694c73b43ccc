/*
 * input.h
 *		The frames that come down the pipe.
 *
 * Read in big pieces into one buffer and handed out in place: the bytes of a
 * record are copied once, by librdkafka.
 */
#ifndef W2K_SENDER_INPUT_H
#define W2K_SENDER_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sender/session.h"

typedef struct W2kInput
{
	int fd;
	bool skips_newlines; /* alone: pg_recvlogical writes one per message */
	bool is_at_eof;
	char *data;
	size_t start, end, capacity; /* [start, end) is still to be taken */
	uint64_t discard;			 /* bytes of a huge record still to drop */
	bool is_gathering;			 /* little is at hand and waits for more, */
	int64_t gathering_since_ms;	 /* since then */
} W2kInput;

extern void w2k_input_init(W2kInput *input, int fd, bool skips_newlines);

/* Reads once; sets is_at_eof at the end or on an error. */
extern void w2k_input_read(W2kInput *input);

/*
 * Gives the session the whole frames at hand, unless they are worth waiting
 * for more.  False when it does not take one now: do not read more, and come
 * again.
 */
extern bool w2k_input_feed(W2kInput *input, W2kSession *session,
						   int64_t now_ms);

/* After how many milliseconds at most to feed again, whatever comes. */
extern int w2k_input_patience_ms(const W2kInput *input);

/* Is there a part of a frame at hand? */
extern bool w2k_input_has_rest(const W2kInput *input);

#endif /* W2K_SENDER_INPUT_H */
