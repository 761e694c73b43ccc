/*
 * signals.h
 *		Debezium's Kafka channel of signals: a consumer of one partition.
 */
#ifndef W2K_SENDER_SIGNALS_H
#define W2K_SENDER_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/event.h"
#include "sender/settings.h"

typedef struct W2kSignalReader W2kSignalReader;

typedef struct W2kSignalItem
{
	int64_t offset; /* -1: this is a line for the log */
	char *text;		/* the record's value, or the line; to be freed */
	uint32_t len;
} W2kSignalItem;

/*
 * Starts to read, where the settings ask for that; writes to wake_fd when
 * there is something.  False, with *result, when it cannot be done; else
 * *reader is NULL where nothing was asked for.
 */
extern bool w2k_signals_start(const W2kSettings *settings, int wake_fd,
							  W2kSignalReader **reader, W2kResult *result);

/* The next item; false when there is none now. */
extern bool w2k_signals_next(W2kSignalReader *reader, W2kSignalItem *item);

/* The worker has everything up to this offset: not to be read again. */
extern void w2k_signals_done(W2kSignalReader *reader, int64_t offset);

#endif /* W2K_SENDER_SIGNALS_H */
