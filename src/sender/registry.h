/*
 * registry.h
 *		HTTP to a Schema Registry: one exchange at a time.
 *
 * Only registry.c includes curl.  Everything here but w2k_registry_create
 * runs on the thread of schemas.c, because an exchange takes as long as it
 * takes; the process leaves by _exit() whatever that thread does.
 */
#ifndef W2K_SENDER_REGISTRY_H
#define W2K_SENDER_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sender/registry_error.h"
#include "sender/settings.h"

typedef struct W2kRegistry W2kRegistry;

/* How a registry is to be used, besides how it is reached. */
typedef struct W2kRegistryRules
{
	bool registers;	   /* auto.register.schemas */
	bool wants_latest; /* use.latest.version */
	bool normalizes;
	int backoff_ms, backoff_max_ms;
} W2kRegistryRules;

/*
 * A client by the settings "w2k.registry.<side>.*", without that prefix.
 * NULL, with the reason in error, when they make no sense; a secret is never
 * part of it.
 */
extern W2kRegistry *w2k_registry_create(const W2kSettingList *settings,
										char *error, size_t error_size);

extern const W2kRegistryRules *w2k_registry_rules(const W2kRegistry *registry);

/* Its URLs in order, without what may be secret: who it is. */
extern const char *w2k_registry_identity(const W2kRegistry *registry);

/* What came of an exchange. */
typedef struct W2kExchange
{
	bool is_answered; /* status and body are set; else error and text */
	long status;	  /* of HTTP */
	char *body;		  /* terminated; the registry's until the next one */
	size_t body_len;
	const char *url; /* who answered, or the last that did not */
	W2kRegistryError error;
	char text[512];
} W2kExchange;

/*
 * Sends a request (body NULL: GET, else POST) to path, which begins with a
 * slash, at the URL that answered last.  Where there is no answer, or one that
 * says "not now", the next URL is asked, each once.  An answer of more than
 * limit bytes is none.
 */
extern void w2k_registry_exchange(W2kRegistry *registry, const char *path,
								  const char *body, size_t limit,
								  W2kExchange *exchange);

/* As it stands in a URL; to be freed with free(). */
extern char *w2k_registry_escape(const char *text);

/* Requests made so far, and how many of them were of no use. */
extern void w2k_registry_counts(const W2kRegistry *registry,
								uint64_t *requests, uint64_t *errors);

#endif /* W2K_SENDER_REGISTRY_H */
