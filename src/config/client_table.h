/*
 * client_table.h
 *		The properties of the Kafka client that a connector may set.
 *
 * An allow-list: what is not a row cannot be set (R22).  librdkafka can load
 * libraries and run commands by configuration; those properties have rows
 * too, so that the refusal can say why.
 */
#ifndef W2K_CONFIG_CLIENT_TABLE_H
#define W2K_CONFIG_CLIENT_TABLE_H

#include "config/properties.h"

typedef struct W2kClientProperty
{
	/*
	 * By the same rules as a connector's own properties; name is without
	 * "producer.override.", default_value is the sender's (producer.c) or
	 * librdkafka's, for the view.
	 */
	W2kProperty prop;

	/*
	 * librdkafka's name for it, so that two names of one thing meet; "" when
	 * kafka.c makes other settings of it, NULL when it is the row's own name.
	 */
	const char *target;

	/* The Java client's value as librdkafka's, or NULL for the same. */
	const char *(*convert)(const char *value);

	/* What is wrong with a value beyond its type, as a hint; or NULL. */
	const char *(*problem)(const char *value);
} W2kClientProperty;

extern const W2kClientProperty w2k_client_properties[];
extern const int w2k_nclient_properties;

#endif /* W2K_CONFIG_CLIENT_TABLE_H */
