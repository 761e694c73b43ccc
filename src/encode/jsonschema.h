/*
 * jsonschema.h
 *		Connect's schemas, as JsonConverter prints them.
 */
#ifndef W2K_ENCODE_JSONSCHEMA_H
#define W2K_ENCODE_JSONSCHEMA_H

#include "encode/envelope.h"
#include "schema/connect.h"

/*
 * Appends what stands in front of a record's payload: its schema.  Defaults
 * are written as the side (keys or values) has them.
 */
extern void w2k_jsonschema_append_lead(W2kWriter *writer,
									   const W2kSideOptions *side,
									   StringInfo out,
									   const W2kSchema *schema);

#endif /* W2K_ENCODE_JSONSCHEMA_H */
