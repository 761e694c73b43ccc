/*
 * creation.h
 *		Checks topic.creation.*: the topics that a connector creates.
 */
#ifndef W2K_CONFIG_CREATION_H
#define W2K_CONFIG_CREATION_H

#include "config/properties.h"

/* Appends the sender's settings for it to parse->conf->sender_settings. */
extern void w2k_creation_take_settings(W2kPropertyParse *parse);

#endif /* W2K_CONFIG_CREATION_H */
