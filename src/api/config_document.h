/*
 * config_document.h
 *		Configurations as people give them: JSON objects, made flat.
 */
#ifndef W2K_API_CONFIG_DOCUMENT_H
#define W2K_API_CONFIG_DOCUMENT_H

#include "utils/jsonb.h"

/* The document one posts to Kafka Connect, in the current memory context. */
typedef struct W2kConfigDocument
{
	char *name;
	Jsonb *config;			   /* as given */
	const char *desired_state; /* of connector.desired_state; NULL = unsaid */
} W2kConfigDocument;

/* Raises INVALID_PARAMETER_VALUE naming what is wrong. */
extern void w2k_config_document_read(Jsonb *document,
									 W2kConfigDocument *result);

/*
 * The flat object of strings that is stored: numbers and booleans become
 * strings, as Kafka Connect reads them, nulls are left out, anything nested is
 * refused.  With a base, its properties are kept where given does not name
 * them (a null removes one).
 */
extern Jsonb *w2k_config_document_flatten(Jsonb *given, Jsonb *base);

/* A property of a flat configuration, NULL where it has none. */
extern char *w2k_config_document_get(Jsonb *config, const char *property);

#endif /* W2K_API_CONFIG_DOCUMENT_H */
