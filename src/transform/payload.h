/*
 * payload.h
 *		JSON in text -> Connect data, its schema inferred.
 */
#ifndef W2K_TRANSFORM_PAYLOAD_H
#define W2K_TRANSFORM_PAYLOAD_H

#include "transform/node.h"

typedef struct W2kPayloadOptions
{
	bool keeps_nulls;		 /* as optional bytes; else they are left out */
	bool keeps_empty_arrays; /* as arrays of strings; else likewise */
	int max_depth;			 /* of objects and arrays; 0 = the parser's */
} W2kPayloadOptions;

/*
 * Parses a JSON object, UTF-8.  name is that of the schema.  NULL where it has
 * no schema: *problem says why, in words.
 */
extern W2kNode *w2k_payload_parse(const char *text, int len, const char *name,
								  const W2kPayloadOptions *options,
								  const char **problem);

#endif /* W2K_TRANSFORM_PAYLOAD_H */
