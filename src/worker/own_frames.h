/*
 * own_frames.h
 *		Frames to the sender that the worker itself makes.
 */
#ifndef W2K_WORKER_OWN_FRAMES_H
#define W2K_WORKER_OWN_FRAMES_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "wire/frame.h"

/* The first two: who we are, and its settings (of W2kSenderSetting). */
extern void w2k_own_frames_hello(StringInfo out, const char *connector);
extern void w2k_own_frames_config(StringInfo out, List *settings);

/* A signal of Kafka's is written down. */
extern void w2k_own_frames_signalled(StringInfo out, uint64 offset);

/* A schema whose id a registry has told, at some time. */
extern void w2k_own_frames_known(StringInfo out, bool is_key,
								 W2kSchemaType type, const char *subject,
								 const char *fingerprint, uint32 id);

#endif /* W2K_WORKER_OWN_FRAMES_H */
