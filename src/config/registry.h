/*
 * registry.h
 *		Settings of the schema registry's client, from a configuration.
 *
 * Confluent's properties, said for both sides ("schema.registry.url") or below
 * a converter ("key.converter.schema.registry.url"), which goes before.  Rows
 * of the property table with W2K_PROP_REGISTRY are these.
 */
#ifndef W2K_CONFIG_REGISTRY_H
#define W2K_CONFIG_REGISTRY_H

#include "config/properties.h"

#define W2K_SUBJECT_PACKAGE "io.confluent.kafka.serializers.subject."

/* How subjects are named; the output plugin reads this as well. */
extern void w2k_registry_take_naming(W2kPropertyParse *parse);

/*
 * Appends "w2k.registry.key.*" and "w2k.registry.value.*" to
 * parse->conf->sender_settings, for the sides whose format has a registry.
 */
extern void w2k_registry_take_settings(W2kPropertyParse *parse);

#endif /* W2K_CONFIG_REGISTRY_H */
