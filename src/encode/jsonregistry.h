/*
 * jsonregistry.h
 *		Connect's schemas -> JSON Schema, as Confluent's JsonSchemaConverter
 *		derives it.
 */
#ifndef W2K_ENCODE_JSONREGISTRY_H
#define W2K_ENCODE_JSONREGISTRY_H

#include "encode/envelope.h"

/*
 * The schema of a side, registered: its text is made in the current memory
 * context.  The writer is a JSON Writer (encode/json).
 */
extern void w2k_jsonregistry_register(W2kWriter *writer, W2kSide side,
									  const W2kSchema *schema,
									  W2kRegistered *registered);

#endif /* W2K_ENCODE_JSONREGISTRY_H */
