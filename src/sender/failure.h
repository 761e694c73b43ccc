/*
 * failure.h
 *		What a failure means for the session: skip a record, or end.
 */
#ifndef W2K_SENDER_FAILURE_H
#define W2K_SENDER_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/delivery.h"
#include "sender/event.h"
#include "sender/session.h"
#include "sender/topics.h"
#include "wire/frame.h"

typedef struct W2kFailedRecord
{
	uint64_t sequence; /* 0: it never got one */
	uint64_t lsn;
	const W2kTopic *topic;
	uint64_t bytes;
	uint32_t batch_records; /* that came back with the same error */
} W2kFailedRecord;

/* Ends the session with an ERROR frame; a second end is ignored. */
extern void w2k_failure_end(W2kSession *session, W2kSeverity severity,
							const W2kResult *result, uint64_t sequence,
							uint64_t lsn, const char *topic, const char *text);

/* Ended by what we were given, not by Kafka: a person must act. */
extern void w2k_failure_refuse(W2kSession *session, const char *text);

/* What was given is not what the frame protocol says. */
extern void w2k_failure_malformed(W2kSession *session, const char *what);

/* RETRY or FATAL, for an error that ends a session. */
extern W2kSeverity w2k_failure_severity(const W2kErrorInfo *info);

/* Would w2k_failure_record skip it? */
extern bool w2k_failure_is_skipped(const W2kSession *session,
								   const W2kResult *result,
								   uint32_t batch_records);

/*
 * Decides about a record that could not be written.  True when it was skipped
 * by policy; false when the session has ended.
 */
extern bool w2k_failure_record(W2kSession *session, const W2kResult *result,
							   const W2kFailedRecord *failed);

#endif /* W2K_SENDER_FAILURE_H */
