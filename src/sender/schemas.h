/*
 * schemas.h
 *		The schemas of a session, and who knows their ids.
 *
 * The plugin numbers schemas by references of its own; a Schema Registry knows
 * the ids that take their place in a record.  A schema is asked for when its
 * first record comes, on a thread, and never again in this process once the
 * registry has answered.
 */
#ifndef W2K_SENDER_SCHEMAS_H
#define W2K_SENDER_SCHEMAS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "sender/idmap.h"
#include "sender/registry_api.h"
#include "sender/settings.h"
#include "wire/frame.h"

#define W2K_FINGERPRINT_LEN 64

typedef enum W2kSchemaState
{
	W2K_SCHEMA_NEW,
	W2K_SCHEMA_ASKED,	/* its answer is the thread's to write */
	W2K_SCHEMA_WAITING, /* to be asked again, not before retry_ms */
	W2K_SCHEMA_READY,
	W2K_SCHEMA_FAILED /* a person must act: answer says why */
} W2kSchemaState;

typedef struct W2kSchema
{
	bool is_key;
	char *topic; /* that it was first met for */
	W2kQuestion question;
	char fingerprint[W2K_FINGERPRINT_LEN + 1];
	W2kSchemaState state;
	uint32_t id;	 /* where has_id */
	bool has_id;	 /* records can be written */
	bool is_assumed; /* by what was known, not by the registry */
	bool is_awaited; /* its registry is away, and that is shown */
	bool has_complained;
	int64_t retry_ms;
	int backoff_ms;
	W2kAnswer answer;
	struct W2kSchema *next_alike; /* in the same entry of all */
	struct W2kSchema *next;		  /* in the queue it stands in */
} W2kSchema;

typedef struct W2kSchemas
{
	W2kRegistry *registries[2]; /* of values, of keys; NULL = none is set */
	int wake_fd;
	W2kIdMap references;	  /* of the session: reference -> W2kSchema */
	W2kIdMap all;			  /* by the beginning of their fingerprints */
	W2kIdMap known;			  /* the same, of what KNOWN frames said */
	int nawaited;			  /* schemas whose registry is away */
	const W2kSchema *stalled; /* without an id, a record of it waits, */
	int64_t stalled_since_ms; /* since then; NULL = none does */
	bool is_slow;			  /* that was shown */
	uint32_t nassumed;		  /* schemas whose id only was known */
	unsigned int seed;		  /* of the jitter */

	pthread_mutex_t mutex;
	pthread_cond_t wanted;
	/* All below: under mutex. */
	W2kSchema *asked, *answered;
	uint64_t requests, errors;
} W2kSchemas;

/*
 * Starts what the settings ask for.  False, with the reason in error, when
 * they make no sense.
 */
extern bool w2k_schemas_start(W2kSchemas *schemas, const W2kSettings *settings,
							  int wake_fd, char *error, size_t error_size);

/* A new session: references are defined anew. */
extern void w2k_schemas_forget_references(W2kSchemas *schemas);

/* A SCHEMA frame.  False when it is malformed. */
extern bool w2k_schemas_define(W2kSchemas *schemas, W2kCursor *cur);

/* A KNOWN frame, likewise. */
extern bool w2k_schemas_know(W2kSchemas *schemas, W2kCursor *cur);

/* The schema of a reference, or NULL. */
extern W2kSchema *w2k_schemas_get(const W2kSchemas *schemas,
								  uint32_t reference, bool is_key);

/* Is there a registry for that side? */
extern bool w2k_schemas_has_registry(const W2kSchemas *schemas, bool is_key);

/* Has it asked for where it is time; look at has_id and state then. */
extern void w2k_schemas_prepare(W2kSchemas *schemas, W2kSchema *schema,
								int64_t now_ms);

/*
 * The next schema that was answered, with its state up to date, or NULL.  One
 * that is WAITING may have an id that was known.  *id_before is what it had.
 */
extern W2kSchema *w2k_schemas_next_answered(W2kSchemas *schemas,
											int64_t now_ms,
											uint32_t *id_before);

/*
 * Its text, and those that it refers to: once the registry has answered it is
 * not asked again, and its fingerprint is enough to know it by.
 */
extern void w2k_schemas_forget_text(W2kSchema *schema);

/* Requests made, and how many of them were of no use. */
extern void w2k_schemas_counts(W2kSchemas *schemas, uint64_t *requests,
							   uint64_t *errors);

#endif /* W2K_SENDER_SCHEMAS_H */
