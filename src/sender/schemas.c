/*
 * schemas.c
 *		The schemas of a session, and who knows their ids.
 *
 * A thread asks, one schema after the other: HTTP takes as long as it takes,
 * and the loop must not.  Between the two there are two queues under a mutex;
 * a schema in one of them is ASKED, and while it is, the thread alone touches
 * its answer, and nobody its question.
 *
 * A fingerprint says what was asked, and whom: side, type, subject, schema,
 * references, and the registry's URLs.  So what is known of one registry is
 * never taken for another's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "sender/memory.h"
#include "sender/schemas.h"

/* What a KNOWN frame said. */
typedef struct KnownId
{
	char fingerprint[W2K_FINGERPRINT_LEN + 1];
	uint32_t id;
	struct KnownId *next_alike;
} KnownId;

/* ---- the thread ---- */

static void
wake_main(const W2kSchemas *schemas)
{
	uint64_t one = 1;
	ssize_t written = write(schemas->wake_fd, &one, sizeof(one));

	(void) written; /* a full eventfd wakes as well */
}

/* Appends to a queue.  Caller must hold the mutex. */
static void
append(W2kSchema **queue, W2kSchema *schema)
{
	while (*queue != NULL)
		queue = &(*queue)->next;
	schema->next = NULL;
	*queue = schema;
}

/* Asks with no lock held; ends with the process. */
static void *
asker_main(void *arg)
{
	W2kSchemas *schemas = arg;

	pthread_mutex_lock(&schemas->mutex);
	for (;;)
	{
		W2kSchema *schema = schemas->asked;
		uint64_t requests = 0;
		uint64_t errors = 0;

		if (schema == NULL)
		{
			pthread_cond_wait(&schemas->wanted, &schemas->mutex);
			continue;
		}
		schemas->asked = schema->next;
		pthread_mutex_unlock(&schemas->mutex);

		w2k_registry_ask(schemas->registries[schema->is_key],
						 &schema->question, &schema->answer);
		for (int side = 0; side < 2; side++)
		{
			if (schemas->registries[side] != NULL)
				w2k_registry_counts(schemas->registries[side], &requests,
									&errors);
		}

		pthread_mutex_lock(&schemas->mutex);
		schemas->requests = requests;
		schemas->errors = errors;
		append(&schemas->answered, schema);
		wake_main(schemas);
	}
	return NULL;
}

bool
w2k_schemas_start(W2kSchemas *schemas, const W2kSettings *settings,
				  int wake_fd, char *error, size_t error_size)
{
	pthread_t thread;

	schemas->wake_fd = wake_fd;
	schemas->seed = (unsigned int) getpid();
	for (int side = 0; side < 2; side++)
	{
		char reason[256];

		if (settings->registry[side].count == 0)
			continue;
		schemas->registries[side] =
			w2k_registry_create(&settings->registry[side], reason,
								sizeof(reason));
		if (schemas->registries[side] == NULL)
		{
			snprintf(error, error_size, "schema registry of %s: %s",
					 side == 1 ? "keys" : "values", reason);
			return false;
		}
	}
	if (schemas->registries[0] == NULL && schemas->registries[1] == NULL)
		return true;
	pthread_mutex_init(&schemas->mutex, NULL);
	pthread_cond_init(&schemas->wanted, NULL);
	if (pthread_create(&thread, NULL, asker_main, schemas) != 0)
	{
		snprintf(error, error_size, "could not start a thread");
		return false;
	}
	pthread_detach(thread);
	return true;
}

/* ---- what is known ---- */

/* The first 32 bits of a fingerprint, for the maps; those collide. */
static uint32_t
head_of(const char *fingerprint)
{
	char head[9] = "";

	memcpy(head, fingerprint, 8);
	return (uint32_t) strtoul(head, NULL, 16);
}

static KnownId *
find_known(const W2kSchemas *schemas, const char *fingerprint)
{
	KnownId *known = w2k_idmap_get(&schemas->known, head_of(fingerprint));

	while (known != NULL && strcmp(known->fingerprint, fingerprint) != 0)
		known = known->next_alike;
	return known;
}

bool
w2k_schemas_know(W2kSchemas *schemas, W2kCursor *cur)
{
	KnownId *known;
	const char *fingerprint;
	char terminated[W2K_FINGERPRINT_LEN + 1] = "";
	uint32_t len;
	uint32_t id;

	w2k_get_u32(cur); /* side and type: the fingerprint has them, too */
	w2k_get_string(cur, &len);
	fingerprint = w2k_get_string(cur, &len);
	id = w2k_get_u32(cur);
	if (cur->is_malformed || cur->p != cur->end || len != W2K_FINGERPRINT_LEN)
		return false;
	memcpy(terminated, fingerprint, len);
	known = find_known(schemas, terminated);
	if (known == NULL)
	{
		known = w2k_memory_alloc(sizeof(*known));
		memcpy(known->fingerprint, terminated, sizeof(terminated));
		known->next_alike = w2k_idmap_put(&schemas->known, head_of(terminated),
										  known);
	}
	known->id = id;
	return true;
}

/* ---- references ---- */

/* Adds a piece with its length, so that pieces cannot run into one another. */
static void
digest_piece(EVP_MD_CTX *digest, const char *piece)
{
	char len[4];

	w2k_put_u32(len, (uint32_t) strlen(piece));
	EVP_DigestUpdate(digest, len, sizeof(len));
	EVP_DigestUpdate(digest, piece, strlen(piece));
}

static void
digest_text(EVP_MD_CTX *digest, const W2kSchemaText *text)
{
	digest_piece(digest, text->name != NULL ? text->name : "");
	digest_piece(digest, text->subject);
	digest_piece(digest, text->schema);
}

static void
set_fingerprint(const W2kSchemas *schemas, W2kSchema *schema)
{
	static const char hex[] = "0123456789abcdef";
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	unsigned char bytes[EVP_MAX_MD_SIZE];
	const W2kRegistry *registry = schemas->registries[schema->is_key];
	char head[3] = {schema->is_key ? 'k' : 'v',
					(char) ('0' + schema->question.type),
					w2k_registry_rules(registry)->normalizes ? 'n' : ' '};

	if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
		_exit(1); /* out of memory */
	EVP_DigestUpdate(digest, head, sizeof(head));
	digest_piece(digest, w2k_registry_identity(registry));
	digest_text(digest, &schema->question.text);
	for (uint16_t i = 0; i < schema->question.nreferences; i++)
		digest_text(digest, &schema->question.references[i]);
	EVP_DigestFinal_ex(digest, bytes, NULL);
	EVP_MD_CTX_free(digest);
	for (int i = 0; i < W2K_FINGERPRINT_LEN / 2; i++)
	{
		schema->fingerprint[2 * i] = hex[bytes[i] >> 4];
		schema->fingerprint[2 * i + 1] = hex[bytes[i] & 15];
	}
}

static void
free_text(W2kSchemaText *text)
{
	free(text->name);
	free(text->subject);
	free(text->schema);
}

void
w2k_schemas_forget_text(W2kSchema *schema)
{
	W2kQuestion *question = &schema->question;

	for (uint16_t i = 0; i < question->nreferences; i++)
		free_text(&question->references[i]);
	free(question->references);
	free(question->text.schema);
	question->references = NULL;
	question->nreferences = 0;
	question->text.schema = NULL;
}

static void
free_schema(W2kSchema *schema)
{
	w2k_schemas_forget_text(schema);
	free_text(&schema->question.text);
	free(schema->topic);
	free(schema);
}

/* A copy of a string; one with a zero byte in it is malformed. */
static char *
read_string(W2kCursor *cur)
{
	uint32_t len;
	const char *s = w2k_get_string(cur, &len);

	if (memchr(s, '\0', len) != NULL)
		cur->is_malformed = true;
	return w2k_memory_strndup(s, len);
}

/* The frame behind its reference. */
static W2kSchema *
read_schema(W2kCursor *cur)
{
	W2kSchema *schema = w2k_memory_alloc(sizeof(*schema));
	W2kQuestion *question = &schema->question;
	uint8_t side = w2k_get_u8(cur);
	uint16_t count;

	question->type = w2k_get_u8(cur);
	if (side > 1 || question->type < W2K_SCHEMA_AVRO ||
		question->type > W2K_SCHEMA_PROTOBUF || w2k_get_u16(cur) != 0)
		cur->is_malformed = true;
	schema->is_key = side == 1;
	schema->topic = read_string(cur);
	question->text.subject = read_string(cur);
	question->text.schema = read_string(cur);
	count = w2k_get_u16(cur);
	if (count > 0 && !cur->is_malformed)
		question->references = w2k_memory_alloc(count *
												sizeof(*question->references));
	while (question->nreferences < count && !cur->is_malformed)
	{
		W2kSchemaText *text = &question->references[question->nreferences++];

		text->name = read_string(cur);
		text->subject = read_string(cur);
		text->schema = read_string(cur);
	}
	if (cur->p != cur->end || question->text.subject[0] == '\0')
		cur->is_malformed = true;
	return schema;
}

bool
w2k_schemas_has_registry(const W2kSchemas *schemas, bool is_key)
{
	return schemas->registries[is_key] != NULL;
}

bool
w2k_schemas_define(W2kSchemas *schemas, W2kCursor *cur)
{
	uint32_t reference = w2k_get_u32(cur);
	W2kSchema *schema = read_schema(cur);
	W2kSchema *first;
	W2kSchema *same;

	if (cur->is_malformed || reference == 0 ||
		!w2k_schemas_has_registry(schemas, schema->is_key))
	{
		free_schema(schema);
		return false;
	}
	set_fingerprint(schemas, schema);
	first = w2k_idmap_get(&schemas->all, head_of(schema->fingerprint));
	for (same = first; same != NULL; same = same->next_alike)
	{
		if (strcmp(same->fingerprint, schema->fingerprint) == 0)
			break;
	}
	if (same != NULL)
		free_schema(schema); /* of a session before, or of another reader */
	else
	{
		schema->next_alike = first;
		w2k_idmap_put(&schemas->all, head_of(schema->fingerprint), schema);
		same = schema;
	}
	w2k_idmap_put(&schemas->references, reference, same);
	return true;
}

void
w2k_schemas_forget_references(W2kSchemas *schemas)
{
	w2k_idmap_clear(&schemas->references);
}

W2kSchema *
w2k_schemas_get(const W2kSchemas *schemas, uint32_t reference, bool is_key)
{
	W2kSchema *schema = w2k_idmap_get(&schemas->references, reference);

	return schema != NULL && schema->is_key == is_key ? schema : NULL;
}

/* ---- asking ---- */

void
w2k_schemas_prepare(W2kSchemas *schemas, W2kSchema *schema, int64_t now_ms)
{
	if (schema->state != W2K_SCHEMA_NEW &&
		(schema->state != W2K_SCHEMA_WAITING || now_ms < schema->retry_ms))
		return;
	schema->state = W2K_SCHEMA_ASKED;
	pthread_mutex_lock(&schemas->mutex);
	append(&schemas->asked, schema);
	pthread_cond_signal(&schemas->wanted);
	pthread_mutex_unlock(&schemas->mutex);
}

/* Longer each time, and not at the same time as everybody else. */
static void
back_off(W2kSchemas *schemas, W2kSchema *schema, int64_t now_ms)
{
	const W2kRegistryRules *rules = w2k_registry_rules(
		schemas->registries[schema->is_key]);

	schema->backoff_ms = schema->backoff_ms == 0 ? rules->backoff_ms
												 : schema->backoff_ms * 2;
	if (schema->backoff_ms > rules->backoff_max_ms)
		schema->backoff_ms = rules->backoff_max_ms;
	schema->retry_ms = now_ms + schema->backoff_ms / 2 +
					   rand_r(&schemas->seed) % (schema->backoff_ms / 2 + 1);
}

W2kSchema *
w2k_schemas_next_answered(W2kSchemas *schemas, int64_t now_ms,
						  uint32_t *id_before)
{
	W2kSchema *schema;

	if (schemas->registries[0] == NULL && schemas->registries[1] == NULL)
		return NULL;
	pthread_mutex_lock(&schemas->mutex);
	schema = schemas->answered;
	if (schema != NULL)
		schemas->answered = schema->next;
	pthread_mutex_unlock(&schemas->mutex);
	if (schema == NULL)
		return NULL;

	*id_before = schema->id;
	if (schema->answer.error == NULL)
	{
		schemas->nassumed -= schema->is_assumed;
		schema->state = W2K_SCHEMA_READY;
		schema->id = schema->answer.id;
		schema->has_id = true;
		schema->is_assumed = false;
	}
	else if (schema->answer.error->error_class == W2K_CLASS_CONNECTION)
	{
		const KnownId *known = find_known(schemas, schema->fingerprint);

		schema->state = W2K_SCHEMA_WAITING;
		back_off(schemas, schema, now_ms);
		if (known != NULL && !schema->has_id)
		{
			schema->id = known->id;
			schema->has_id = schema->is_assumed = true;
			schemas->nassumed++;
		}
	}
	else
	{
		schema->state = W2K_SCHEMA_FAILED;
		schemas->nassumed -= schema->is_assumed;
		schema->has_id = schema->is_assumed = false;
	}
	return schema;
}

void
w2k_schemas_counts(W2kSchemas *schemas, uint64_t *requests, uint64_t *errors)
{
	pthread_mutex_lock(&schemas->mutex);
	*requests = schemas->requests;
	*errors = schemas->errors;
	pthread_mutex_unlock(&schemas->mutex);
}
