/*
 * registry_api.h
 *		What a Schema Registry is asked for a schema, and what it answers.
 *
 * Runs on the thread of schemas.c.
 */
#ifndef W2K_SENDER_REGISTRY_API_H
#define W2K_SENDER_REGISTRY_API_H

#include <stdint.h>

#include "sender/registry.h"

typedef struct W2kSchemaText
{
	char *name; /* by which another schema refers to it, or NULL */
	char *subject;
	char *schema;
} W2kSchemaText;

typedef struct W2kQuestion
{
	uint8_t type; /* W2kSchemaType */
	W2kSchemaText text;
	W2kSchemaText *references;
	uint16_t nreferences;
} W2kQuestion;

typedef struct W2kAnswer
{
	const W2kErrorInfo *error; /* NULL = the registry has the schema */
	uint32_t id;
	uint32_t version; /* 0 = not told */
	char text[1024];  /* why not, without the advice */
} W2kAnswer;

/*
 * Finds the schema under its subject, or registers it, as the rules say.  The
 * references are found or registered before.
 */
extern void w2k_registry_ask(W2kRegistry *registry,
							 const W2kQuestion *question, W2kAnswer *answer);

/*
 * A copy of the token that an issuer has answered, to be freed, with the
 * seconds that it is good for (-1 = not told).  NULL where there is none: said
 * is what the issuer says of that, fit to be shown.
 */
extern char *w2k_registry_read_token(const W2kExchange *exchange,
									 int64_t *lifetime_s, char *said,
									 size_t said_size);

#endif /* W2K_SENDER_REGISTRY_API_H */
