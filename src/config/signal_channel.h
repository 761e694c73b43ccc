/*
 * signal_channel.h
 *		Settings of the consumer of signals, for signal.enabled.channels=kafka.
 */
#ifndef W2K_CONFIG_SIGNAL_CHANNEL_H
#define W2K_CONFIG_SIGNAL_CHANNEL_H

#include "config/properties.h"

/*
 * Appends them to parse->conf->sender_settings, which are the producer's at
 * the time, where the channel is on.
 */
extern void w2k_signal_channel_take_settings(W2kPropertyParse *parse);

#endif /* W2K_CONFIG_SIGNAL_CHANNEL_H */
