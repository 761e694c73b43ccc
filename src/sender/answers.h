/*
 * answers.h
 *		Frames up the pipe, without ever waiting for the reader.
 *
 * A worker that does not read (it is decoding, or stopped) must not stop the
 * sender.  So answers go through a buffer of our own, and each kind has its
 * way of being bounded: of acknowledgements only the newest counts, log lines
 * and statistics are dropped (and counted) above a limit, errors are never
 * dropped, and w2k_answers_is_congested() says when to stop doing what may
 * cause more of them.
 */
#ifndef W2K_SENDER_ANSWERS_H
#define W2K_SENDER_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"

typedef struct W2kAnswers
{
	int fd; /* -1: alone, there is nobody to answer */
	char *data;
	size_t start, end, capacity; /* [start, end) is still to be written */
	bool has_ack;				 /* the newest, not yet in data */
	uint64_t ack_sequence, ack_records, ack_bytes;
	uint64_t dropped; /* log lines, since the last that went through */
} W2kAnswers;

extern void w2k_answers_init(W2kAnswers *answers, int fd);

extern void w2k_answers_hello(W2kAnswers *answers, const char *version,
							  const char *library_version);
extern void w2k_answers_ack(W2kAnswers *answers, uint64_t sequence,
							uint64_t records, uint64_t bytes);
extern void w2k_answers_status(W2kAnswers *answers, bool is_connected,
							   const char *text);
extern void w2k_answers_error(W2kAnswers *answers, W2kSeverity severity,
							  int32_t code, uint64_t sequence, uint64_t lsn,
							  const char *topic, const char *name,
							  const char *text);
extern void w2k_answers_log(W2kAnswers *answers, int level,
							const char *facility, const char *text);
extern void w2k_answers_statistics(W2kAnswers *answers, const char *json);
extern void w2k_answers_flushed(W2kAnswers *answers, uint32_t request_id,
								uint64_t sequence);

/* A schema that the registry knows; requests to it, and those of no use. */
struct W2kSchema;
extern void w2k_answers_registered(W2kAnswers *answers,
								   const struct W2kSchema *schema);
extern void w2k_answers_registry(W2kAnswers *answers, uint64_t requests,
								 uint64_t errors, uint32_t assumed);

extern void w2k_answers_signal(W2kAnswers *answers, uint64_t offset,
							   const char *value, uint32_t len);

/* Writes what the pipe takes.  False when the reader is gone. */
extern bool w2k_answers_write(W2kAnswers *answers);

/* Is there something left to write? */
extern bool w2k_answers_is_pending(const W2kAnswers *answers);

/* So much that nothing should be done that may add an error. */
extern bool w2k_answers_is_congested(const W2kAnswers *answers);

#endif /* W2K_SENDER_ANSWERS_H */
