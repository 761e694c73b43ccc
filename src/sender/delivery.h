/*
 * delivery.h
 *		What an error of Kafka means for delivery, and what to do about it.
 *
 * One table, by librdkafka's names of its errors (so that no header of its is
 * needed here): is it worth trying again, must a person act, or is it about
 * this one record?
 */
#ifndef W2K_SENDER_DELIVERY_H
#define W2K_SENDER_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum W2kErrorClass
{
	W2K_CLASS_CONNECTION, /* librdkafka goes on trying; shown as not connected */
	W2K_CLASS_NOTICE,	  /* librdkafka goes on trying; worth a log line */
	W2K_CLASS_RETRY,	  /* this sender is finished, a new one may succeed */
	W2K_CLASS_FATAL,	  /* a person must act */
	W2K_CLASS_RECORD /* this record can never be written: policy decides */
} W2kErrorClass;

typedef struct W2kErrorInfo
{
	const char *name; /* as rd_kafka_err2name gives it */
	W2kErrorClass error_class;
	const char *advice; /* what to do, or NULL */
} W2kErrorInfo;

/* Of an error met while a record or a topic was being handled. */
extern const W2kErrorInfo *w2k_delivery_classify(const char *name);

/*
 * Of an error of the client as a whole.  Most of them pass by themselves, so
 * what the table does not name is a NOTICE here and a RETRY above.
 */
extern const W2kErrorInfo *w2k_delivery_classify_client(const char *name);

/* What there is to say about the record, 0 or NULL where not known. */
typedef struct W2kErrorPlace
{
	const char *topic;
	uint64_t record_bytes;
	uint32_t batch_records; /* refused together with it, itself included */
} W2kErrorPlace;

/* "could not write ...: reason; advice" into buf. */
extern void w2k_delivery_describe(char *buf, size_t size,
								  const W2kErrorInfo *info, const char *reason,
								  const W2kErrorPlace *place);

#endif /* W2K_SENDER_DELIVERY_H */
