/*
 * kafka.h
 *		The Kafka client's settings, from a connector's configuration.
 */
#ifndef W2K_CONFIG_KAFKA_H
#define W2K_CONFIG_KAFKA_H

#include "config/properties.h"

/*
 * Makes parse->conf->sender_settings of bootstrap.servers, producer.override.*
 * and topic.creation.*, with what is wrong among the parse's problems.
 */
extern void w2k_kafka_take_settings(W2kPropertyParse *parse);

/*
 * The settings (W2kSenderSetting) of another client, whose properties begin
 * with the prefix and are checked by the same rules; takes is asked of each
 * whether it is one that the client's table knows of.
 */
extern List *w2k_kafka_take_client(W2kPropertyParse *parse, const char *prefix,
								   bool (*takes)(W2kPropertyParse *parse,
												 const W2kSaid *said,
												 const char *client_name));

/* Is it a list of host:port, as far as that can be known yet? */
extern bool w2k_kafka_is_broker_list(const char *value);

/* A property of the client that a connector may set, for the view. */
typedef struct W2kClientDescription
{
	const char *name; /* with producer.override. */
	const char *type;
	const char *default_value;
	const char *range;
	const char *text;
	const char *support;
	bool is_secret;
	bool is_superuser;
} W2kClientDescription;

/* The one at i; false when i is past the last. */
extern bool w2k_kafka_describe(int i, W2kClientDescription *about);

/* Is there a client property of this name?  Is its value a secret? */
extern bool w2k_kafka_is_known(const char *client_property);
extern bool w2k_kafka_is_secret(const char *client_property);

#endif /* W2K_CONFIG_KAFKA_H */
