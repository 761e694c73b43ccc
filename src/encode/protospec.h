/*
 * protospec.h
 *		Which messages of proto/envelope.proto stand for which of Debezium's.
 */
#ifndef W2K_ENCODE_PROTOSPEC_H
#define W2K_ENCODE_PROTOSPEC_H

#include "encode/protoenum.h"
#include "schema/connect.h"

/* How a field of Debezium's is one of the file's. */
typedef enum W2kProtoForm
{
	W2K_PROTOFORM_NUMBER, /* an integer type but sint */
	W2K_PROTOFORM_SIGNED, /* sint */
	W2K_PROTOFORM_FIXED,
	W2K_PROTOFORM_MILLIS, /* sfixed64 nanoseconds, of milliseconds */
	W2K_PROTOFORM_BOOLEAN,
	W2K_PROTOFORM_TEXT,
	W2K_PROTOFORM_BYTES,
	W2K_PROTOFORM_ENUM,
	W2K_PROTOFORM_ROW,
	W2K_PROTOFORM_MESSAGE,
	W2K_PROTOFORM_TEXTS, /* repeated */
	W2K_PROTOFORM_MESSAGES,
	W2K_PROTOFORM_PAIRS,
	W2K_PROTOFORM_SEQUENCE, /* its first LSN, where the second is "lsn" */
	W2K_PROTOFORM_LSN,		/* or, where that is null, the second */
	W2K_PROTOFORM_OF_NANOS, /* nothing, as long as it follows from "ts_ns" */
	W2K_PROTOFORM_NULL		/* nothing, as long as it is null */
} W2kProtoForm;

typedef struct W2kProtoSpec W2kProtoSpec;

typedef struct W2kProtoSpecField
{
	const char *field; /* Debezium's; NULL ends the list */
	int number;		   /* the file's */
	W2kProtoForm form;
	W2kProtoEnum kind;			 /* of an enum */
	int64 nanos;				 /* OF_NANOS: that make one of it */
	const W2kProtoSpec *message; /* of messages */
} W2kProtoSpecField;

/* Fields in the order of their numbers. */
struct W2kProtoSpec
{
	const char *schema; /* the name of Debezium's */
	int rest;			/* the field for what else there is; 0 = none */
	const W2kProtoSpecField *fields;
};

/* That of a record's value; NULL = what transforms have made. */
extern const W2kProtoSpec *w2k_protospec_find(const W2kSchema *schema);

#endif /* W2K_ENCODE_PROTOSPEC_H */
