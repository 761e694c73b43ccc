/*
 * value.h
 *		One Datum -> one typed value, the same for every format.
 *
 * A W2kValue borrows: its bytes are those of the Datum, of its own scratch, or
 * palloc'd in the current context, which the caller resets after each change.
 * So it must not be copied, nor used after the tuple is gone.
 */
#ifndef W2K_ENCODE_VALUE_H
#define W2K_ENCODE_VALUE_H

#include "utils/array.h"

#include "schema/connect.h"

typedef enum W2kValueKind
{
	W2K_VALUE_NULL,
	W2K_VALUE_BOOLEAN,
	W2K_VALUE_INTEGER,
	W2K_VALUE_FLOAT,
	W2K_VALUE_DOUBLE,
	W2K_VALUE_TEXT,	 /* UTF-8 */
	W2K_VALUE_ASCII, /* printable ASCII without quotes or backslashes */
	W2K_VALUE_BYTES,
	W2K_VALUE_DECIMAL,			/* unscaled, two's complement, big-endian */
	W2K_VALUE_VARIABLE_DECIMAL, /* the same, and its scale is sent */
	W2K_VALUE_CONNECT_DAYS,		/* integers, which Connect holds as */
	W2K_VALUE_CONNECT_MILLIS,	/* java.util.Date: headers print that */
	W2K_VALUE_ARRAY,
	W2K_VALUE_MAP,
	W2K_VALUE_STRUCT,
	W2K_VALUE_FAILED /* has no form: data says why, zero-terminated */
} W2kValueKind;

typedef struct W2kValue
{
	W2kValueKind kind;
	int len;
	int32 scale; /* of decimals */
	union
	{
		bool boolean;
		int64 integer;
		float4 float4;
		float8 float8;
		struct W2kArray *array;
		struct W2kMap *map;
		struct W2kFields *fields;
	} u;
	const char *data;
	char scratch[80];
} W2kValue;

/* An array to be walked once, in storage order. */
typedef struct W2kArray
{
	int ndim; /* 0 = empty */
	int dims[MAXDIM];

	/* of a stored array */
	const W2kType *element;
	const char *p;
	const bits8 *nulls; /* NULL = none is null */
	int next;

	/* or of one made up */
	W2kValue *items;
} W2kArray;

/* Pairs, in the order in which they are sent. */
typedef struct W2kMap
{
	int npairs;
	bool has_text_keys; /* else they are integers */
	W2kValue *keys;
	W2kValue *values;
} W2kMap;

/* The members of a struct, each as its part says. */
typedef struct W2kFields
{
	const W2kConnectPart *parts;
	W2kValue items[FLEXIBLE_ARRAY_MEMBER];
} W2kFields;

/* Reads a Datum that is not NULL. */
typedef void (*W2kValueReader)(const W2kType *type, Datum datum,
							   W2kValue *value);

extern const W2kValueReader w2k_value_readers[W2K_LOGICAL_COUNT];

static inline void
w2k_value_read(const W2kType *type, Datum datum, W2kValue *value)
{
	w2k_value_readers[type->logical](type, datum, value);
}

/* The next element; the caller counts them by dims. */
extern void w2k_value_next_element(W2kArray *array, W2kValue *value);

/* These borrow: text in the server's encoding, plain ASCII. */
extern void w2k_value_set_text(W2kValue *value, const char *data, int len);
extern void w2k_value_set_ascii(W2kValue *value, const char *text);

/* Bytes as binary.handling.mode says: BYTES, BASE64, BASE64_URL or HEX. */
extern void w2k_value_set_binary(W2kValue *value, W2kLogical form,
								 const char *data, int len);

/* Items that are null, for the caller to fill in. */
extern W2kValue *w2k_value_set_array(W2kValue *value, int nitems);
extern W2kMap *w2k_value_set_map(W2kValue *value, bool has_text_keys,
								 int npairs);
extern W2kValue *w2k_value_set_struct(W2kValue *value,
									  const W2kConnectPart *parts);

/* The payload of a varlena, detoasted where needed and copied only then. */
extern const char *w2k_value_varlena(Datum datum, int *len);

#endif /* W2K_ENCODE_VALUE_H */
