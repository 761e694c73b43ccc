/*
 * types.h
 *		What a column's type means to a consumer, whatever the format.
 *
 * A PostgreSQL type resolves, through its domains, to one row of the type
 * table and one logical type.  The logical type decides how a Datum is read
 * (encode/value), so the formats cannot drift apart; the row says what stands
 * in where there is no value: an unchanged TOAST value, or a column that a
 * key-only image does not hold.
 */
#ifndef W2K_SCHEMA_TYPES_H
#define W2K_SCHEMA_TYPES_H

#include "fmgr.h"

#include "schema/logical.h"

struct W2kModes;

/* What stands for a TOAST value that the change did not touch. */
typedef enum W2kUnavailable
{
	W2K_UNAVAILABLE_NULL,	   /* Debezium has no form for it */
	W2K_UNAVAILABLE_UNKNOWN,   /* the same, and it warns */
	W2K_UNAVAILABLE_TEXT,	   /* the placeholder */
	W2K_UNAVAILABLE_BYTES,	   /* the placeholder's bytes */
	W2K_UNAVAILABLE_ELEMENT,   /* an array of one such element */
	W2K_UNAVAILABLE_EACH_BYTE, /* an array of the placeholder's bytes */
	W2K_UNAVAILABLE_UUID,	   /* an array of one name-based UUID */
	W2K_UNAVAILABLE_PAIR	   /* a pair: the placeholder twice */
} W2kUnavailable;

/* What stands in a NOT NULL column that a key-only image does not hold. */
typedef enum W2kFallback
{
	W2K_FALLBACK_TEXT, /* what the row says, or the empty string */
	W2K_FALLBACK_FALSE,
	W2K_FALLBACK_ZERO,
	W2K_FALLBACK_FLOAT,
	W2K_FALLBACK_DECIMAL,
	W2K_FALLBACK_ZEROES, /* text: zero, with the digits of the scale */
	W2K_FALLBACK_BYTES,	 /* none */
	W2K_FALLBACK_EPOCH,	 /* midnight of 1970, or no time at all */
	W2K_FALLBACK_SHAPE,	 /* the shape that the row says */
	W2K_FALLBACK_MAP,	 /* without pairs */
	W2K_FALLBACK_SPARSE, /* a vector of no dimensions */
	W2K_FALLBACK_ARRAY	 /* the empty array */
} W2kFallback;

/* A row of the type table. */
typedef struct W2kTypeDef
{
	Oid oid;   /* InvalidOid: the row of a class of types */
	int modes; /* W2K_MODE_*: the row is for those; 0 = for all */
	W2kLogical logical;
	W2kUnavailable unavailable;
	W2kUnavailable array_unavailable; /* of an array of these */
	W2kFallback fallback;
	bool has_default; /* Debezium reads the defaults of such columns */
	const char *fallback_text;	  /* see W2kFallback */
	const char *computed_default; /* it assumes where a default is computed;
								   * NULL: as the fallback */
} W2kTypeDef;

/* A column's type, or an element's, resolved. */
typedef struct W2kType
{
	const W2kTypeDef *def;
	W2kLogical logical;
	Oid oid;	  /* never a domain */
	int32 typmod; /* of the column, or its domain */
	bool is_domain;

	int32 precision; /* decimals: digits; times: digits of the fraction */
	int32 scale;	 /* decimals: never negative */
	int32 length;	 /* bits; -1 = open */

	int16 typlen; /* how the server stores it */
	bool typbyval;
	char typalign;

	FmgrInfo *output;		 /* where the form is what it prints, else NULL */
	struct W2kType *element; /* W2K_LOGICAL_ARRAY only */
} W2kType;

/*
 * Resolves a type into the current memory context, which must live as long
 * as the result.  Reads catalogs, under whatever snapshot is in force.
 */
extern W2kType *w2k_types_resolve(Oid typid, int32 typmod,
								  const struct W2kModes *modes);

/*
 * The logical type of one of the server's types that has a row of its own, as
 * far as modes decide.  Reads no catalog.
 */
extern W2kLogical w2k_types_logical(Oid oid, const struct W2kModes *modes);

#endif /* W2K_SCHEMA_TYPES_H */
