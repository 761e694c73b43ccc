/*
 * reference.h
 *		Schemas that a Schema Registry gives ids, and what stands for the ids.
 *
 * A key or value of such a format begins with a zero byte and a number of the
 * stream's own, a reference (big-endian), in whose place the sender puts the
 * registry's id.  What a reference stands for is said in a SCHEMA frame in
 * front of the first record that has it; encode/record sees to that.
 *
 * A Writer makes a reference with what it compiles for a table, or for a
 * schema, and appends it in front of what it writes.  The same schema made
 * again, for the same topic and subject, gets the same number.
 */
#ifndef W2K_ENCODE_REFERENCE_H
#define W2K_ENCODE_REFERENCE_H

#include "lib/stringinfo.h"

#include "format.h"
#include "wire/frame.h"

/* Those of a session: of its keys and its values. */
typedef struct W2kReferences W2kReferences;

/* A schema that another one refers to by its name. */
typedef struct W2kReferred
{
	const char *name;
	const char *subject;
	const char *text;
} W2kReferred;

/* All text is UTF-8, and lives as long as the reference. */
typedef struct W2kReference
{
	W2kSide side;
	W2kSchemaType type;
	const char *topic; /* but this is in the server's encoding */
	const char *subject;
	const char *text;
	int nreferred;
	const W2kReferred *referred;
	struct W2kReferenceEntry *entry; /* its number */
} W2kReference;

/* In the current memory context; strategies are by side. */
extern W2kReferences *
w2k_reference_create(const W2kSubjectStrategy strategies[W2K_SIDES]);

/* Numbers begin here, instead of with 1; references may be NULL = none. */
extern void w2k_reference_begin_with(W2kReferences *references, uint32 first);

/* Each is to be said again; references may be NULL. */
extern void w2k_reference_forget(W2kReferences *references);

/*
 * A reference in the current memory context.  The topic is in the server's
 * encoding; record_name is what the schema calls the record, full, or NULL
 * where it is none; text and referred are borrowed.
 */
extern W2kReference *
w2k_reference_make(W2kReferences *references, W2kSide side, W2kSchemaType type,
				   const char *topic, const char *record_name,
				   const char *text, const W2kReferred *referred,
				   int nreferred);

/* Appends the zero byte and the number. */
extern void w2k_reference_append(W2kReferences *references, StringInfo out,
								 const W2kReference *reference);

/* A schema whose records may go to any topic. */
typedef struct W2kRegistered
{
	W2kSide side;
	W2kSchemaType type;
	const char *record_name; /* as in w2k_reference_make() */
	const char *text;
	MemoryContext context; /* what is made lives here, like the text */
	int ntopics;
	W2kReference *references[8]; /* of its first topics */
} W2kRegistered;

/* Appends the reference that it has for a topic. */
extern void w2k_reference_append_for(W2kReferences *references, StringInfo out,
									 W2kRegistered *registered,
									 const char *topic);

/* ---- for encode/record ---- */

/* A record begins; what was appended before was for no record. */
extern void w2k_reference_begin_record(W2kReferences *references,
									   const char *topic);

/* The topic of the record that is being written, for what has no table. */
extern const char *w2k_reference_topic(const W2kReferences *references);

/* What was appended on this side since then; NULL = none. */
extern const W2kReference *w2k_reference_used(const W2kReferences *references,
											  W2kSide side);

/* Has it been said what a reference stands for? */
extern bool w2k_reference_is_announced(const W2kReferences *references,
									   const W2kReference *reference);

/* Appends the frame that says so. */
extern void w2k_reference_announce(W2kReferences *references, StringInfo out,
								   const W2kReference *reference);

#endif /* W2K_ENCODE_REFERENCE_H */
