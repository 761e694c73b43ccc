/*
 * chain.h
 *		The transforms of a connector, applied to a record one after another.
 */
#ifndef W2K_TRANSFORM_CHAIN_H
#define W2K_TRANSFORM_CHAIN_H

#include "config/connector.h"
#include "transform/node.h"

/* For the name of a topic: Kafka's limit is 249. */
#define W2K_TOPIC_NAME_SIZE 256

typedef struct W2kChain W2kChain;

/*
 * Those of the configuration, in the current memory context; NULL where it has
 * none.
 */
extern W2kChain *w2k_chain_create(const W2kConnectorConfig *conf);

/*
 * Changes the record as they say; false where one drops it.  Its topic has a
 * name of less than W2K_TOPIC_NAME_SIZE bytes then.
 */
extern bool w2k_chain_apply(W2kChain *chain, W2kTransformRecord *rec);

#endif /* W2K_TRANSFORM_CHAIN_H */
