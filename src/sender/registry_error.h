/*
 * registry_error.h
 *		What an error of a Schema Registry means, and what to do about it.
 *
 * The same kind of table as delivery.h has for Kafka's errors.  CONNECTION
 * means: another URL may do, else it is tried again in a while; FATAL: a
 * person must act.
 */
#ifndef W2K_SENDER_REGISTRY_ERROR_H
#define W2K_SENDER_REGISTRY_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "sender/delivery.h"

typedef enum W2kRegistryError
{
	W2K_REGISTRY_UNREACHABLE,
	W2K_REGISTRY_TIMED_OUT,
	W2K_REGISTRY_UNAVAILABLE, /* it says that it cannot now */
	W2K_REGISTRY_GARBLED,	  /* 200, and then not what the API has */
	W2K_REGISTRY_TLS,
	W2K_REGISTRY_UNTRUSTED,
	W2K_REGISTRY_CERTIFICATE, /* our own, or our own list of authorities */
	W2K_REGISTRY_URL,
	W2K_REGISTRY_REDIRECT,
	W2K_REGISTRY_UNAUTHORIZED,
	W2K_REGISTRY_FORBIDDEN,
	W2K_REGISTRY_NO_API,
	W2K_REGISTRY_NOT_FOUND,
	W2K_REGISTRY_NOT_LATEST,
	W2K_REGISTRY_INCOMPATIBLE,
	W2K_REGISTRY_INVALID,
	W2K_REGISTRY_READ_ONLY,
	W2K_REGISTRY_REFUSED /* any other 4xx */
} W2kRegistryError;

extern const W2kErrorInfo *w2k_registry_error(W2kRegistryError error);

/*
 * Of an answer that is no success: HTTP status, and the API's error_code or 0.
 * That a subject or schema is not there is NOT_FOUND; 404 without such a code
 * is another server's.
 */
extern W2kRegistryError w2k_registry_classify(long status, long error_code);

/* Is it worth asking another URL, or the same one later? */
extern bool w2k_registry_is_passing(W2kRegistryError error);

#endif /* W2K_SENDER_REGISTRY_ERROR_H */
