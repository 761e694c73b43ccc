/*
 * registering.c
 *		Records whose schemas are in a registry: what the session does about it.
 *
 * A record whose schema has no id yet is not taken, as one whose topic is not
 * ready: nothing overtakes, and everything else is served.  While a registry
 * is away, that is shown as "not connected", with the reason; a known id lets
 * records through meanwhile, which is logged once for each schema, and told.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sender/clock.h"
#include "sender/failure.h"
#include "sender/registering.h"

/* syslog's level, as LOG frames use it. */
#define LEVEL_WARNING 4

/* An answer that takes longer is worth a word, whatever it may still take. */
#define SLOW_MS 5000

static const char *
side_name(bool is_key)
{
	return is_key ? "key" : "value";
}

void
w2k_registering_define(W2kSession *session, W2kCursor *cur)
{
	W2kCursor head = *cur;
	bool is_key;
	char text[256];

	w2k_get_u32(&head);
	is_key = w2k_get_u8(&head) == 1;
	if (!head.is_malformed && session->producer != NULL &&
		!w2k_schemas_has_registry(&session->schemas, is_key))
	{
		snprintf(text, sizeof(text),
				 "schemas of %ss need a schema registry: set schema.registry.url (w2k.registry.%s.url)",
				 side_name(is_key), side_name(is_key));
		w2k_failure_refuse(session, text);
	}
	else if (session->producer == NULL ||
			 !w2k_schemas_define(&session->schemas, cur))
		w2k_failure_malformed(session, "SCHEMA frame");
}

void
w2k_registering_know(W2kSession *session, W2kCursor *cur)
{
	if (!w2k_schemas_know(&session->schemas, cur))
		w2k_failure_malformed(session, "KNOWN frame");
}

/* Finds the reference of one side; false when the record is malformed. */
static bool
find_side(W2kSession *session, const char *bytes, int32_t len, bool is_key,
		  W2kIdPatch *patch)
{
	W2kCursor cur = {.p = bytes, .end = bytes + (len > 0 ? len : 0)};
	uint32_t reference = 0;

	if (w2k_get_u8(&cur) != 0)
		return false;
	for (int i = 0; i < 4; i++)
		reference = reference << 8 | w2k_get_u8(&cur);
	if (cur.is_malformed)
		return false;
	patch->bytes[is_key] = (char *) (uintptr_t) (bytes + 1);
	patch->references[is_key] = reference;
	patch->schemas[is_key] = w2k_schemas_get(&session->schemas, reference,
											 is_key);
	return patch->schemas[is_key] != NULL;
}

/*
 * The registry has refused a schema.  As with a record that is refused, those
 * before it are waited for: else a restart might never get them through.
 */
static W2kTaken
end_with(W2kSession *session, const W2kSchema *schema, uint64_t lsn,
		 const W2kTopic *topic)
{
	const W2kErrorInfo *info = schema->answer.error;
	W2kResult result = {.code = -1, .name = info->name};
	char text[2048];

	if (session->window.records > 0)
		return W2K_NOT_NOW;
	snprintf(text, sizeof(text), "schema of %ss: %s%s%s",
			 side_name(schema->is_key), schema->answer.text,
			 info->advice ? "; " : "", info->advice ? info->advice : "");
	w2k_failure_end(session, w2k_failure_severity(info), &result,
					session->window.last + 1, lsn, topic->name, text);
	return W2K_TAKEN;
}

W2kTaken
w2k_registering_prepare(W2kSession *session, const W2kCursor *body,
						const W2kRecordFrame *rec, const W2kTopic *topic,
						W2kIdPatch *patch)
{
	const char *value = body->p + (rec->key_len > 0 ? rec->key_len : 0);
	W2kSchemas *schemas = &session->schemas;
	const W2kSchema *stalled = NULL;
	int64_t now_ms = 0;

	*patch = (W2kIdPatch){0};
	if (((rec->flags & W2K_RECORD_KEY_REFERENCE) != 0 &&
		 !find_side(session, body->p, rec->key_len, true, patch)) ||
		((rec->flags & W2K_RECORD_VALUE_REFERENCE) != 0 &&
		 !find_side(session, value, rec->value_len, false, patch)))
	{
		w2k_failure_malformed(session, "RECORD frame (reference to a schema)");
		return W2K_TAKEN;
	}
	for (int side = 1; side >= 0; side--)
	{
		W2kSchema *schema = patch->schemas[side];

		if (schema == NULL || schema->state == W2K_SCHEMA_READY)
			continue;
		now_ms = w2k_clock_ms();
		w2k_schemas_prepare(schemas, schema, now_ms);
		if (schema->state == W2K_SCHEMA_FAILED)
			return end_with(session, schema, rec->lsn, topic);
		if (!schema->has_id)
			stalled = schema;
	}
	if (stalled != NULL && schemas->stalled == NULL)
		schemas->stalled_since_ms = now_ms;
	schemas->stalled = stalled;
	return stalled == NULL ? W2K_TAKEN : W2K_NOT_NOW;
}

static void
put_big_endian(char *p, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char) (number >> (24 - 8 * i));
}

void
w2k_registering_apply(const W2kIdPatch *patch)
{
	for (int side = 0; side < 2; side++)
	{
		if (patch->schemas[side] != NULL)
			put_big_endian(patch->bytes[side], patch->schemas[side]->id);
	}
}

void
w2k_registering_undo(const W2kIdPatch *patch)
{
	for (int side = 0; side < 2; side++)
	{
		if (patch->schemas[side] != NULL)
			put_big_endian(patch->bytes[side], patch->references[side]);
	}
}

/* An answer of no use: a registry is away. */
static bool
take_failure(W2kSession *session, W2kSchema *schema)
{
	const W2kErrorInfo *info = schema->answer.error;
	char text[2048];

	if (!schema->has_id)
	{
		if (!schema->is_awaited)
			session->schemas.nawaited++;
		schema->is_awaited = true;
		snprintf(text, sizeof(text), "schema registry: %s%s%s (%s)",
				 schema->answer.text, info->advice ? "; " : "",
				 info->advice ? info->advice : "", info->name);
		return w2k_connection_waits(&session->connection, info->name, text);
	}
	if (!schema->has_complained)
	{
		schema->has_complained = true;
		snprintf(text, sizeof(text),
				 "%s (%s); records of topic \"%s\" are written with id %" PRIu32
				 ", which the registry gave the schema before",
				 schema->answer.text, info->name, schema->topic, schema->id);
		w2k_answers_log(session->answers, LEVEL_WARNING, "REGISTRY", text);
	}
	return false;
}

static bool
take_answer(W2kSession *session, W2kSchema *schema, uint32_t id_before)
{
	bool is_news = false;
	char text[512];

	if (schema->state == W2K_SCHEMA_WAITING)
		is_news = take_failure(session, schema);
	else if (schema->state == W2K_SCHEMA_READY)
	{
		if (schema->has_complained && schema->id != id_before)
		{
			snprintf(text, sizeof(text),
					 "the registry now has id %" PRIu32
					 " for the schema under subject \"%.200s\", records were written with id %" PRIu32
					 " while it was away",
					 schema->id, schema->question.text.subject, id_before);
			w2k_answers_log(session->answers, LEVEL_WARNING, "REGISTRY", text);
		}
		w2k_answers_registered(session->answers, schema);
		w2k_schemas_forget_text(schema);
	}
	if (schema->is_awaited &&
		(schema->has_id || schema->state == W2K_SCHEMA_FAILED))
	{
		schema->is_awaited = false;
		if (--session->schemas.nawaited == 0)
			is_news = w2k_connection_goes_on(&session->connection) || is_news;
	}
	return is_news;
}

/* A registry that takes its time, or a connection that goes nowhere. */
static bool
check_slow(W2kSession *session, int64_t now_ms)
{
	W2kSchemas *schemas = &session->schemas;
	const W2kSchema *stalled = schemas->stalled;
	char text[1024];

	if (stalled == NULL && schemas->is_slow)
	{
		schemas->is_slow = false;
		return schemas->nawaited == 0 &&
			   w2k_connection_goes_on(&session->connection);
	}
	if (stalled == NULL || schemas->is_slow || schemas->nawaited > 0 ||
		now_ms - schemas->stalled_since_ms < SLOW_MS)
		return false;
	schemas->is_slow = true;
	snprintf(text, sizeof(text),
			 "schema registry: no answer for %d seconds from %.500s, which was asked for the schema under subject \"%.200s\" (REGISTRY_SLOW)",
			 SLOW_MS / 1000,
			 w2k_registry_identity(schemas->registries[stalled->is_key]),
			 stalled->question.text.subject);
	return w2k_connection_waits(&session->connection, "REGISTRY_SLOW", text);
}

bool
w2k_registering_poll(W2kSession *session, int64_t now_ms)
{
	W2kSchemas *schemas = &session->schemas;
	bool is_news = false;
	bool has_any = false;
	W2kSchema *schema;
	uint32_t id_before = 0;

	while ((schema = w2k_schemas_next_answered(schemas, now_ms, &id_before)) !=
		   NULL)
	{
		has_any = true;
		is_news = take_answer(session, schema, id_before) || is_news;
	}
	if (has_any)
	{
		uint64_t requests;
		uint64_t errors;

		w2k_schemas_counts(schemas, &requests, &errors);
		w2k_answers_registry(session->answers, requests, errors,
							 schemas->nassumed);
	}
	return check_slow(session, now_ms) || is_news;
}
