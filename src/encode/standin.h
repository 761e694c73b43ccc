/*
 * standin.h
 *		What stands in where there is no value.
 *
 * For a TOAST value that a change did not touch, and for a NOT NULL column
 * that the image of an old row does not hold.  The type's row says what.
 */
#ifndef W2K_ENCODE_STANDIN_H
#define W2K_ENCODE_STANDIN_H

#include "encode/value.h"

/* What stands for unchanged TOAST values: octets, and them as UTF-8 text. */
typedef struct W2kPlaceholder
{
	const char *bytes;
	int len;
	const char *text;
	int text_len;
} W2kPlaceholder;

/* What stands for an unchanged TOAST value of a type. */
extern void w2k_standin_unavailable(const W2kType *type,
									const W2kPlaceholder *placeholder,
									W2kValue *value);

/* What stands in a NOT NULL column that an image does not hold. */
extern void w2k_standin_fallback(const W2kType *type, W2kValue *value);

/* The same where the column has a computed default. */
extern void w2k_standin_computed_default(const W2kType *type, W2kValue *value);

#endif /* W2K_ENCODE_STANDIN_H */
