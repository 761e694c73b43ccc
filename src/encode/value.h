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

#include "schema/types.h"

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
	W2K_VALUE_ARRAY,
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

/* What stands for unchanged TOAST values: octets, and them as UTF-8 text. */
typedef struct W2kPlaceholder
{
	const char *bytes;
	int len;
	const char *text;
	int text_len;
} W2kPlaceholder;

/* What stands for an unchanged TOAST value of a type. */
extern void w2k_value_unavailable(const W2kType *type,
								  const W2kPlaceholder *placeholder,
								  W2kValue *value);

/* What stands in a NOT NULL column that an image does not hold. */
extern void w2k_value_fallback(const W2kType *type, W2kValue *value);

/* The same where the column has a computed default. */
extern void w2k_value_computed_default(const W2kType *type, W2kValue *value);

/* The payload of a varlena, detoasted where needed and copied only then. */
extern const char *w2k_value_varlena(Datum datum, int *len);

#endif /* W2K_ENCODE_VALUE_H */
