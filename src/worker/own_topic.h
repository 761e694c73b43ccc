/*
 * own_topic.h
 *		A topic that the worker itself writes to: heartbeats, notifications.
 */
#ifndef W2K_WORKER_OWN_TOPIC_H
#define W2K_WORKER_OWN_TOPIC_H

#include "config/connector.h"
#include "encode/envelope.h"

typedef struct W2kOwnTopic W2kOwnTopic;

/* In the current memory context; name is kept, not copied. */
extern W2kOwnTopic *w2k_own_topic_create(const W2kConnectorConfig *conf,
										 const char *name);

/* Appends a key or a value by the Writer. */
typedef void (*W2kOwnPart)(W2kWriter *writer, StringInfo out, const void *arg);

/*
 * Sends a record of no transaction, to a partition or (-1) by its key, and
 * returns its number among all that are sent.  Only between transactions: it
 * goes into the stream behind whatever was written last.
 */
extern uint64 w2k_own_topic_write(W2kOwnTopic *topic, char op, int32 partition,
								  W2kOwnPart key, W2kOwnPart value,
								  const void *arg);

#endif /* W2K_WORKER_OWN_TOPIC_H */
