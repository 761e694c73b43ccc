/*
 * mask.h
 *		How the values of a column are cut or hidden.
 *
 * A property says it of columns by name (config/rules); here it is decided,
 * once for a relation, what that means for a column of its type.  Keys are
 * never masked.
 */
#ifndef W2K_SCHEMA_MASK_H
#define W2K_SCHEMA_MASK_H

#include "schema/types.h"

struct W2kMaskRule;

typedef enum W2kMaskForm
{
	W2K_MASK_FORM_CUT,	 /* text and bytea, to a length */
	W2K_MASK_FORM_FIXED, /* a text that stands for any value, even null */
	W2K_MASK_FORM_HASH
} W2kMaskForm;

typedef struct W2kMask
{
	W2kMaskForm form;
	int length;		  /* UTF-16 units, or bytes; -1 = a hash is not cut */
	bool is_bytes;	  /* bytes are cut, too */
	const char *text; /* W2K_MASK_FORM_FIXED: ASCII, zero-terminated */

	/* W2K_MASK_FORM_HASH */
	int algorithm;		/* a pg_cryptohash_type */
	bool is_serialized; /* of the string as Java serializes it */
	const char *salt;	/* UTF-8 */
	int salt_len;
} W2kMask;

/*
 * Does a rule show in the schema of a column of that type?  One that cuts
 * does not where no value is longer than what it leaves, as the type goes.
 */
extern bool w2k_mask_concerns(const struct W2kMaskRule *rule,
							  const W2kType *type);

/*
 * What a rule means for the values of a column of that type, in the current
 * memory context; NULL where it means nothing.
 */
extern W2kMask *w2k_mask_resolve(const struct W2kMaskRule *rule,
								 const W2kType *type);

#endif /* W2K_SCHEMA_MASK_H */
