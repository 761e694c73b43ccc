/*
 * registry_api.c
 *		What a Schema Registry is asked for a schema, and what it answers.
 *
 * First it is asked whether the subject has the schema: that is all a restart
 * needs, tells the version at once, writes nothing, and works where the
 * registry or its user may only read.  Where it has not, the schema is
 * registered; the version, which not every registry tells then, is worth one
 * more question, but no error.
 *
 * A schema that others refer to needs its version, and so may cost that error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "sender/memory.h"
#include "sender/registry_api.h"
#include "wire/frame.h"

/* An answer repeats the schema, with escapes, and little else. */
#define ANSWER_BYTES (1024 * 1024)
#define ANSWER_BYTES_PER_BYTE 6

/* How much of what a registry said is repeated. */
#define SAID_LEN 256

typedef enum Outcome
{
	FOUND,
	NOT_THERE,
	FAILED /* the answer says why */
} Outcome;

static const char *
type_name(uint8_t type)
{
	switch (type)
	{
		case W2K_SCHEMA_JSON:
			return "JSON";
		case W2K_SCHEMA_PROTOBUF:
			return "PROTOBUF";
		default:
			return "AVRO";
	}
}

/* Text from outside, into a message: printable ASCII, so much of it. */
static void
clean(char *to, size_t size, const char *from)
{
	size_t len = 0;

	for (; *from != '\0' && len < size - 1; from++)
	{
		unsigned char c = (unsigned char) *from;

		to[len++] = c < 0x20 ? ' ' : c < 0x7f ? (char) c : '?';
	}
	to[len] = '\0';
}

static Outcome
fail(W2kAnswer *answer, W2kRegistryError error, const W2kSchemaText *text,
	 const char *what, const W2kExchange *exchange, const char *said)
{
	char cleaned[SAID_LEN];
	char subject[200];

	clean(cleaned, sizeof(cleaned), said);
	clean(subject, sizeof(subject), text->subject);
	answer->error = w2k_registry_error(error);
	snprintf(answer->text, sizeof(answer->text),
			 "could not %s the schema under subject \"%s\" at %.150s: %s",
			 what, subject, exchange->url, cleaned);
	return FAILED;
}

/* A number of an answer; -1 where there is none in the range. */
static int64_t
get_number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	int64_t number = json_is_integer(value) ? json_integer_value(value) : -1;

	return number >= 0 && number <= INT32_MAX ? number : -1;
}

/* The object that was answered, or NULL. */
static json_t *
parse(const W2kExchange *exchange)
{
	json_error_t error;
	json_t *object = exchange->body == NULL
						 ? NULL
						 : json_loadb(exchange->body, exchange->body_len,
									  JSON_REJECT_DUPLICATES, &error);

	if (object != NULL && !json_is_object(object))
	{
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Sends a request; the object of a success, or NULL: *outcome says why. */
static json_t *
send_request(W2kRegistry *registry, const W2kSchemaText *text,
			 const char *what, const char *path, const char *body,
			 W2kExchange *exchange, W2kAnswer *answer, Outcome *outcome)
{
	char status[64];
	const char *said;
	json_t *object;
	W2kRegistryError error;

	w2k_registry_exchange(registry, path, body,
						  ANSWER_BYTES +
							  ANSWER_BYTES_PER_BYTE * strlen(text->schema),
						  exchange);
	if (!exchange->is_answered)
	{
		*outcome = fail(answer, exchange->error, text, what, exchange,
						exchange->text);
		return NULL;
	}
	object = parse(exchange);
	*outcome = FOUND;
	if (exchange->status >= 200 && exchange->status < 300 && object != NULL)
		return object;

	error = w2k_registry_classify(exchange->status,
								  (long) get_number(object, "error_code"));
	if (json_is_string(json_object_get(object, "message")))
		said = json_string_value(json_object_get(object, "message"));
	else if (json_is_string(json_object_get(object, "detail")))
		said = json_string_value(json_object_get(object, "detail"));
	else if (exchange->text[0] != '\0')
		said = exchange->text;
	else if (error == W2K_REGISTRY_GARBLED)
		said = "the answer is no JSON object";
	else
	{
		snprintf(status, sizeof(status), "HTTP status %ld", exchange->status);
		said = status;
	}
	*outcome = fail(answer, error, text, what, exchange, said);
	if (error == W2K_REGISTRY_NOT_FOUND)
		*outcome = NOT_THERE;
	json_decref(object);
	return NULL;
}

/* /subjects/<subject><more>, with normalize where that is wanted */
static char *
make_path(const W2kRegistry *registry, const char *subject, const char *more,
		  bool has_options)
{
	char *escaped = w2k_registry_escape(subject);
	size_t size = strlen(escaped) + strlen(more) + 64;
	char *path = w2k_memory_alloc(size);

	snprintf(path, size, "/subjects/%s%s%s", escaped, more,
			 has_options && w2k_registry_rules(registry)->normalizes
				 ? "?normalize=true"
				 : "");
	free(escaped);
	return path;
}

/* POST /subjects/<subject>: has the subject this schema? */
static Outcome
look_up(W2kRegistry *registry, const W2kSchemaText *text, const char *body,
		W2kAnswer *answer)
{
	char *path = make_path(registry, text->subject, "", true);
	W2kExchange exchange;
	Outcome outcome;
	json_t *object = send_request(registry, text, "look up", path, body,
								  &exchange, answer, &outcome);

	free(path);
	if (object == NULL)
		return outcome;
	if (get_number(object, "id") < 0 || get_number(object, "version") < 1)
		outcome = fail(answer, W2K_REGISTRY_GARBLED, text, "look up",
					   &exchange, "the answer has no id and version");
	else
	{
		answer->id = (uint32_t) get_number(object, "id");
		answer->version = (uint32_t) get_number(object, "version");
	}
	json_decref(object);
	return outcome;
}

/* POST /subjects/<subject>/versions */
static Outcome
register_schema(W2kRegistry *registry, const W2kSchemaText *text,
				const char *body, W2kAnswer *answer)
{
	char *path = make_path(registry, text->subject, "/versions", true);
	W2kExchange exchange;
	Outcome outcome;
	json_t *object = send_request(registry, text, "register", path, body,
								  &exchange, answer, &outcome);

	free(path);
	if (object == NULL)
	{
		/* which is no answer to this: not the API */
		if (outcome == NOT_THERE)
			answer->error = w2k_registry_error(W2K_REGISTRY_NO_API);
		return FAILED;
	}
	answer->version = get_number(object, "version") > 0
						  ? (uint32_t) get_number(object, "version")
						  : 0;
	if (get_number(object, "id") < 0)
		outcome = fail(answer, W2K_REGISTRY_GARBLED, text, "register",
					   &exchange, "the answer has no id");
	else
		answer->id = (uint32_t) get_number(object, "id");
	json_decref(object);
	return outcome;
}

/*
 * use.latest.version: what the table has must be the latest; records of
 * another schema cannot be written.
 */
static Outcome
check_latest(W2kRegistry *registry, const W2kSchemaText *text, Outcome found,
			 W2kAnswer *answer)
{
	char *path = make_path(registry, text->subject, "/versions/latest", false);
	W2kExchange exchange;
	Outcome outcome;
	char said[128];
	json_t *object = send_request(registry, text, "look up", path, NULL,
								  &exchange, answer, &outcome);

	free(path);
	if (object == NULL)
		return outcome;
	if (get_number(object, "version") < 1)
		outcome = fail(answer, W2K_REGISTRY_GARBLED, text, "look up",
					   &exchange, "the answer has no version");
	else if (found == NOT_THERE ||
			 (uint32_t) get_number(object, "version") != answer->version)
	{
		snprintf(said, sizeof(said),
				 "version %lld is the latest and is another schema",
				 (long long) get_number(object, "version"));
		outcome = fail(answer, W2K_REGISTRY_NOT_LATEST, text,
					   "use the latest version of", &exchange, said);
	}
	json_decref(object);
	return outcome;
}

/* The body of both requests, or NULL: the text is not UTF-8. */
static char *
make_body(uint8_t type, const W2kSchemaText *text, json_t *references)
{
	json_t *object = json_pack("{s:s, s:s, s:O*}", "schema", text->schema,
							   "schemaType", type_name(type), "references",
							   references);
	char *body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);

	json_decref(object);
	return body;
}

/* One schema, with the references it has. */
static void
ask(W2kRegistry *registry, uint8_t type, const W2kSchemaText *text,
	json_t *references, bool needs_version, W2kAnswer *answer)
{
	const W2kRegistryRules *rules = w2k_registry_rules(registry);
	char *body = make_body(type, text, references);
	W2kAnswer registered;
	Outcome outcome;

	if (body == NULL)
	{
		W2kExchange nowhere = {.url = w2k_registry_identity(registry)};

		fail(answer, W2K_REGISTRY_INVALID, text, "send", &nowhere,
			 "it is not valid UTF-8");
		return;
	}
	outcome = look_up(registry, text, body, answer);
	if (outcome == NOT_THERE && rules->registers)
	{
		answer->error = NULL;
		outcome = register_schema(registry, text, body, answer);
		if (outcome == FOUND && answer->version == 0)
		{
			registered = *answer;
			outcome = look_up(registry, text, body, answer);
			if (outcome != FOUND && !needs_version)
				*answer = registered;
		}
	}
	else if (outcome != FAILED && !rules->registers && rules->wants_latest)
		(void) check_latest(registry, text, outcome, answer);
	free(body);
}

void
w2k_registry_ask(W2kRegistry *registry, const W2kQuestion *question,
				 W2kAnswer *answer)
{
	json_t *references = question->nreferences > 0 ? json_array() : NULL;

	*answer = (W2kAnswer){0};
	for (uint16_t i = 0; i < question->nreferences; i++)
	{
		const W2kSchemaText *text = &question->references[i];

		ask(registry, question->type, text, NULL, true, answer);
		if (answer->error != NULL)
			break;
		json_array_append_new(references,
							  json_pack("{s:s, s:s, s:i}", "name", text->name,
										"subject", text->subject, "version",
										(int) answer->version));
	}
	if (answer->error == NULL)
	{
		*answer = (W2kAnswer){0};
		ask(registry, question->type, &question->text, references, false,
			answer);
	}
	json_decref(references);
}

char *
w2k_registry_read_token(const W2kExchange *exchange, int64_t *lifetime_s,
						char *said, size_t said_size)
{
	json_t *object = parse(exchange);
	const char *token = json_string_value(
		json_object_get(object, "access_token"));
	const char *error = json_string_value(json_object_get(object, "error"));
	const char *description = json_string_value(
		json_object_get(object, "error_description"));
	char *copy = token != NULL ? w2k_memory_strdup(token) : NULL;

	*lifetime_s = get_number(object, "expires_in");
	if (copy == NULL)
	{
		char status[64];
		char text[SAID_LEN];

		snprintf(status, sizeof(status), "HTTP status %ld", exchange->status);
		snprintf(text, sizeof(text), "%s%s%s", error != NULL ? error : status,
				 description != NULL ? ", " : "",
				 description != NULL ? description : "");
		clean(said, said_size, text);
	}
	json_decref(object);
	return copy;
}
