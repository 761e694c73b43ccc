/*
 * protonode.h
 *		Connect data -> messages of proto/envelope.proto.
 */
#ifndef W2K_ENCODE_PROTONODE_H
#define W2K_ENCODE_PROTONODE_H

#include "encode/envelope.h"

/* See W2kWriter. */
extern void *w2k_protonode_compile(W2kWriter *writer, W2kSide side,
								   const W2kSchema *schema);
extern void w2k_protonode_append(W2kWriter *writer, W2kSide side,
								 StringInfo out, const char *topic,
								 const W2kSchema *schema, void *compiled,
								 struct W2kNode *node);

#endif /* W2K_ENCODE_PROTONODE_H */
