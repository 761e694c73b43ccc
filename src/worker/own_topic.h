/*
 * own_topic.h
 *		A topic that the worker itself writes to: heartbeats, notifications.
 */
#ifndef W2K_WORKER_OWN_TOPIC_H
#define W2K_WORKER_OWN_TOPIC_H

#include "config/connector.h"
#include "encode/envelope.h"
#include "transform/tree.h"

typedef struct W2kOwnTopic W2kOwnTopic;

/* What kind of records it gets; arg is what w2k_own_topic_write is given. */
typedef struct W2kOwnKind
{
	const char *what; /* for messages: "heartbeat" */
	char op;		  /* W2K_OP_* */
	int32 partition;  /* -1 = by the key */

	/* Append a key and a value by the Writer, or make both for transforms */
	void (*key)(W2kWriter *writer, StringInfo out, const void *arg);
	void (*value)(W2kWriter *writer, StringInfo out, const void *arg);
	void (*make)(W2kTree *tree, const void *arg, const char *topic,
				 W2kTransformRecord *rec);
} W2kOwnKind;

/* For as long as the process lives; kind and name are kept, not copied. */
extern W2kOwnTopic *w2k_own_topic_create(const W2kConnectorConfig *conf,
										 const W2kOwnKind *kind,
										 const char *name);

/*
 * Sends a record of no transaction, through the connector's transforms as any
 * other, and returns the number of the last one that is sent.  Only between
 * transactions: it goes into the stream behind whatever was written last.
 */
extern uint64 w2k_own_topic_write(W2kOwnTopic *topic, const void *arg);

#endif /* W2K_WORKER_OWN_TOPIC_H */
