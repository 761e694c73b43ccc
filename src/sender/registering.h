/*
 * registering.h
 *		Records whose schemas are in a registry: what the session does about it.
 */
#ifndef W2K_SENDER_REGISTERING_H
#define W2K_SENDER_REGISTERING_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/schemas.h"
#include "sender/session.h"
#include "sender/topics.h"
#include "wire/frame.h"

/* Where ids go in a record, by side; bytes are the input's own. */
typedef struct W2kIdPatch
{
	W2kSchema *schemas[2]; /* NULL = none on that side */
	char *bytes[2];
	uint32_t references[2];
} W2kIdPatch;

/* A SCHEMA or a KNOWN frame.  What is wrong ends the session. */
extern void w2k_registering_define(W2kSession *session, W2kCursor *cur);
extern void w2k_registering_know(W2kSession *session, W2kCursor *cur);

/*
 * A record with flags, the cursor behind its fixed part: TAKEN when its ids
 * are known, or the session has ended.
 */
extern W2kTaken w2k_registering_prepare(W2kSession *session,
										const W2kCursor *body,
										const W2kRecordFrame *rec,
										const W2kTopic *topic,
										W2kIdPatch *patch);

/*
 * Puts the ids in their places; and back what was there, for a record that
 * will be offered again.
 */
extern void w2k_registering_apply(const W2kIdPatch *patch);
extern void w2k_registering_undo(const W2kIdPatch *patch);

/* Takes answers.  True when it should be shown whether anything waits. */
extern bool w2k_registering_poll(W2kSession *session, int64_t now_ms);

#endif /* W2K_SENDER_REGISTERING_H */
