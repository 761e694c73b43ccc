/*
 * reference.c
 *		Schemas that a Schema Registry gives ids, and what stands for the ids.
 *
 * What is compiled for a table goes whenever the server says that something
 * about the table is new, and mostly its schema is still the same.  So numbers
 * are kept by a digest of all that a SCHEMA frame says, for the session.  It is
 * not a cryptographic one: those need a transaction, which heartbeats have not.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "utils/hsearch.h"

#include "encode/buffer.h"
#include "encode/reference.h"

#define MAGIC_BYTE 0

/* 64 bits each, with seeds that nobody can know beforehand */
#define DIGEST_PARTS 2

typedef struct W2kReferenceEntry
{
	uint64 digest[DIGEST_PARTS]; /* hash key: first */
	uint32 number;
	uint32 generation; /* in which it was announced; 0 = in none */
} W2kReferenceEntry;

struct W2kReferences
{
	W2kSubjectStrategy strategies[W2K_SIDES];
	uint64 seeds[DIGEST_PARTS];
	HTAB *entries;
	uint32 next;
	uint32 generation; /* counts those that have to be told, from 1 on */

	/* The record being written */
	const char *topic;
	const W2kReference *used[W2K_SIDES];
};

W2kReferences *
w2k_reference_create(const W2kSubjectStrategy strategies[W2K_SIDES])
{
	W2kReferences *references = palloc0(sizeof(W2kReferences));
	HASHCTL ctl = {0};

	memcpy(references->strategies, strategies, sizeof(references->strategies));
	references->next = 1;
	references->generation = 1;
	if (!pg_strong_random(references->seeds, sizeof(references->seeds)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not generate random values")));
	ctl.keysize = sizeof(uint64) * DIGEST_PARTS;
	ctl.entrysize = sizeof(W2kReferenceEntry);
	ctl.hcxt = CurrentMemoryContext;
	references->entries = hash_create("wal2kafka references", 64, &ctl,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return references;
}

void
w2k_reference_begin_with(W2kReferences *references, uint32 first)
{
	if (references != NULL)
		references->next = first;
}

void
w2k_reference_forget(W2kReferences *references)
{
	if (references != NULL)
		references->generation++;
}

/* ---- making one ---- */

static const char *
to_utf8(const char *text)
{
	return pg_server_to_any(text, (int) strlen(text), PG_UTF8);
}

/* The name under which the registry keeps the versions of a schema. */
static const char *
make_subject(const W2kReferences *references, W2kSide side, const char *topic,
			 const char *record_name)
{
	W2kSubjectStrategy strategy = references->strategies[side];

	if (strategy == W2K_SUBJECT_TOPIC)
		return psprintf("%s-%s", topic, side == W2K_SIDE_KEY ? "key" : "value");
	if (record_name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("a %s of topic \"%s\" has no record to name its subject after",
						side == W2K_SIDE_KEY ? "key" : "value", topic),
				 errdetail("Its schema is no struct."),
				 errhint("Set \"%s.converter.%s.subject.name.strategy\" to "
						 "TopicNameStrategy.",
						 side == W2K_SIDE_KEY ? "key" : "value",
						 side == W2K_SIDE_KEY ? "key" : "value")));
	if (strategy == W2K_SUBJECT_RECORD)
		return pstrdup(record_name);
	return psprintf("%s-%s", topic, record_name);
}

/* Adds a string and its end to what a digest is made of. */
static void
add_text(StringInfo all, const char *text)
{
	appendBinaryStringInfo(all, text, (int) strlen(text) + 1);
}

static void
make_digest(const W2kReferences *references, const W2kReference *reference,
			uint64 *digest)
{
	StringInfoData all;

	initStringInfo(&all);
	appendStringInfoChar(&all, (char) reference->side);
	appendStringInfoChar(&all, (char) reference->type);
	add_text(&all, reference->topic);
	add_text(&all, reference->subject);
	add_text(&all, reference->text);
	for (int i = 0; i < reference->nreferred; i++)
	{
		add_text(&all, reference->referred[i].name);
		add_text(&all, reference->referred[i].subject);
		add_text(&all, reference->referred[i].text);
	}
	for (int i = 0; i < DIGEST_PARTS; i++)
		digest[i] = hash_bytes_extended((unsigned char *) all.data, all.len,
										references->seeds[i]);
	pfree(all.data);
}

W2kReference *
w2k_reference_make(W2kReferences *references, W2kSide side, W2kSchemaType type,
				   const char *topic, const char *record_name,
				   const char *text, const W2kReferred *referred,
				   int nreferred)
{
	W2kReference *reference = palloc0(sizeof(W2kReference));
	uint64 digest[DIGEST_PARTS];
	W2kReferenceEntry *entry;
	bool is_found;

	reference->side = side;
	reference->type = type;
	reference->topic = pstrdup(topic);
	reference->subject = make_subject(references, side, to_utf8(topic),
									  record_name);
	reference->text = text;
	reference->referred = referred;
	reference->nreferred = nreferred;

	make_digest(references, reference, digest);
	entry = hash_search(references->entries, digest, HASH_ENTER, &is_found);
	if (!is_found)
	{
		entry->number = references->next++;
		entry->generation = 0;
	}
	reference->entry = entry;
	return reference;
}

/* ---- records ---- */

void
w2k_reference_append(W2kReferences *references, StringInfo out,
					 const W2kReference *reference)
{
	char *p = w2k_buffer_reserve(out, 5);
	uint32 number = reference->entry->number;

	*p++ = MAGIC_BYTE;
	*p++ = (char) (number >> 24);
	*p++ = (char) (number >> 16);
	*p++ = (char) (number >> 8);
	*p++ = (char) number;
	w2k_buffer_close(out, p);
	references->used[reference->side] = reference;
}

void
w2k_reference_append_for(W2kReferences *references, StringInfo out,
						 W2kRegistered *registered, const char *topic)
{
	MemoryContext oldcontext;
	W2kReference *made;
	bool is_kept = registered->ntopics <
				   (int) lengthof(registered->references);

	for (int i = 0; i < registered->ntopics; i++)
	{
		if (strcmp(registered->references[i]->topic, topic) == 0)
		{
			w2k_reference_append(references, out, registered->references[i]);
			return;
		}
	}
	/* one of many topics is the record's own */
	oldcontext = MemoryContextSwitchTo(is_kept ? registered->context
											   : CurrentMemoryContext);
	made = w2k_reference_make(references, registered->side, registered->type,
							  topic, registered->record_name, registered->text,
							  NULL, 0);
	MemoryContextSwitchTo(oldcontext);
	if (is_kept)
		registered->references[registered->ntopics++] = made;
	w2k_reference_append(references, out, made);
}

void
w2k_reference_begin_record(W2kReferences *references, const char *topic)
{
	references->topic = topic;
	references->used[W2K_SIDE_KEY] = NULL;
	references->used[W2K_SIDE_VALUE] = NULL;
}

const char *
w2k_reference_topic(const W2kReferences *references)
{
	return references->topic;
}

const W2kReference *
w2k_reference_used(const W2kReferences *references, W2kSide side)
{
	return references->used[side];
}

static char *
put_text(char *p, const char *text)
{
	return w2k_put_string(p, text, (uint32) strlen(text));
}

/* The bytes of a frame's payload. */
static Size
payload_size(const W2kReference *reference)
{
	Size size = 4 + 4 + 4 + strlen(to_utf8(reference->topic)) + 4 +
				strlen(reference->subject) + 4 + strlen(reference->text) + 2;

	for (int i = 0; i < reference->nreferred; i++)
	{
		const W2kReferred *referred = &reference->referred[i];

		size += 12 + strlen(referred->name) + strlen(referred->subject) +
				strlen(referred->text);
	}
	return size;
}

bool
w2k_reference_is_announced(const W2kReferences *references,
						   const W2kReference *reference)
{
	return reference->entry->generation == references->generation;
}

void
w2k_reference_announce(W2kReferences *references, StringInfo out,
					   const W2kReference *reference)
{
	W2kReferenceEntry *entry = reference->entry;
	Size size = payload_size(reference);
	char *p;

	p = w2k_buffer_reserve(out, W2K_FRAME_HEADER_SIZE + size);
	p = w2k_put_frame_header(p, W2K_FRAME_SCHEMA, (uint32) size);
	p = w2k_put_u32(p, entry->number);
	p = w2k_put_u8(p, reference->side == W2K_SIDE_KEY ? 1 : 0);
	p = w2k_put_u8(p, (uint8) reference->type);
	p = w2k_put_u16(p, 0);
	p = put_text(p, to_utf8(reference->topic));
	p = put_text(p, reference->subject);
	p = put_text(p, reference->text);
	p = w2k_put_u16(p, (uint16) reference->nreferred);
	for (int i = 0; i < reference->nreferred; i++)
	{
		p = put_text(p, reference->referred[i].name);
		p = put_text(p, reference->referred[i].subject);
		p = put_text(p, reference->referred[i].text);
	}
	w2k_buffer_close(out, p);
	entry->generation = references->generation;
}
