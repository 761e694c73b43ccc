/*
 * chain.h
 *		The transforms of a connector, applied to a record one after another.
 */
#ifndef W2K_TRANSFORM_CHAIN_H
#define W2K_TRANSFORM_CHAIN_H

#include "transform/node.h"

/* For the name of a topic: Kafka's limit is 249. */
#define W2K_TOPIC_NAME_SIZE 256

typedef struct W2kChain W2kChain;

/*
 * Of W2kTransformConf, in the current memory context.  Connect's transforms
 * read a null as the default of its field; uses_defaults says whether ours do.
 * max_depth is the format's.
 */
extern W2kChain *w2k_chain_create(List *transforms, bool uses_defaults,
								  int max_depth);

/*
 * Changes the record as they say; false where one drops it.  Its topic has a
 * name of less than W2K_TOPIC_NAME_SIZE bytes then.
 */
extern bool w2k_chain_apply(W2kChain *chain, W2kTransformRecord *rec);

#endif /* W2K_TRANSFORM_CHAIN_H */
