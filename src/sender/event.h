/*
 * event.h
 *		What librdkafka has to say, without its header.
 */
#ifndef W2K_SENDER_EVENT_H
#define W2K_SENDER_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/* How something ended; code 0 = well. */
typedef struct W2kResult
{
	int32_t code;	   /* rd_kafka_resp_err_t */
	const char *name;  /* "MSG_SIZE_TOO_LARGE", static */
	bool is_fatal;	   /* librdkafka says: this producer is finished */
	bool is_retriable; /* librdkafka says: trying again may help */
	char text[768];
} W2kResult;

typedef enum W2kEventKind
{
	W2K_EVENT_DELIVERIES, /* read them with w2k_producer_next_delivery */
	W2K_EVENT_ERROR,	  /* of the client as a whole; result */
	W2K_EVENT_LOG,
	W2K_EVENT_STATISTICS,	 /* text: JSON */
	W2K_EVENT_CONNECTED,	 /* a broker answered a probe */
	W2K_EVENT_TOPIC_FOUND,	 /* what w2k_producer_lookup_topic was asked */
	W2K_EVENT_TOPIC_MISSING, /* the same */
	W2K_EVENT_TOPIC_UNKNOWN, /* the same: could not find out; result */
	W2K_EVENT_TOPIC_CREATED /* what w2k_producer_create_topic came to; result */
} W2kEventKind;

typedef struct W2kEvent
{
	W2kEventKind kind;
	W2kResult result;
	int level;			  /* LOG: syslog's */
	const char *facility; /* LOG; valid until the next poll, like text */
	const char *text;
} W2kEvent;

#endif /* W2K_SENDER_EVENT_H */
