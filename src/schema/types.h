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

typedef enum W2kLogical
{
	W2K_LOGICAL_OTHER, /* what its output function prints */
	W2K_LOGICAL_BOOLEAN,
	W2K_LOGICAL_INT16,
	W2K_LOGICAL_INT32,
	W2K_LOGICAL_INT64,
	W2K_LOGICAL_OID,
	W2K_LOGICAL_FLOAT,
	W2K_LOGICAL_DOUBLE,
	W2K_LOGICAL_DECIMAL,		  /* of the column's scale */
	W2K_LOGICAL_VARIABLE_DECIMAL, /* each value has its own scale */
	W2K_LOGICAL_MONEY,
	W2K_LOGICAL_STRING, /* a varlena that holds text */
	W2K_LOGICAL_XML,
	W2K_LOGICAL_NAME,
	W2K_LOGICAL_JSON,
	W2K_LOGICAL_JSONB,
	W2K_LOGICAL_UUID,
	W2K_LOGICAL_ENUM,
	W2K_LOGICAL_TSVECTOR,
	W2K_LOGICAL_BYTES,
	W2K_LOGICAL_BIT,  /* of one bit: a boolean */
	W2K_LOGICAL_BITS, /* little-endian bytes */
	W2K_LOGICAL_DATE, /* days since 1970 */
	W2K_LOGICAL_TIME_MILLIS,
	W2K_LOGICAL_TIME_MICROS,
	W2K_LOGICAL_TIMETZ, /* text, in UTC */
	W2K_LOGICAL_TIMESTAMP_MILLIS,
	W2K_LOGICAL_TIMESTAMP_MICROS,
	W2K_LOGICAL_TIMESTAMPTZ, /* text, in UTC */
	W2K_LOGICAL_INTERVAL,	 /* microseconds, months of 365.25/12 days */
	W2K_LOGICAL_ARRAY
} W2kLogical;

#define W2K_LOGICAL_COUNT (W2K_LOGICAL_ARRAY + 1)

/* What stands for a TOAST value that the change did not touch. */
typedef enum W2kUnavailable
{
	W2K_UNAVAILABLE_NULL,	   /* Debezium has no form for it */
	W2K_UNAVAILABLE_UNKNOWN,   /* the same, and it warns */
	W2K_UNAVAILABLE_TEXT,	   /* the placeholder */
	W2K_UNAVAILABLE_BYTES,	   /* the placeholder's bytes */
	W2K_UNAVAILABLE_ELEMENT,   /* an array of one such element */
	W2K_UNAVAILABLE_EACH_BYTE, /* an array of the placeholder's bytes */
	W2K_UNAVAILABLE_UUID	   /* an array of one name-based UUID */
} W2kUnavailable;

/* What stands in a NOT NULL column that a key-only image does not hold. */
typedef enum W2kFallback
{
	W2K_FALLBACK_TEXT, /* the empty string */
	W2K_FALLBACK_FALSE,
	W2K_FALLBACK_ZERO,
	W2K_FALLBACK_FLOAT,
	W2K_FALLBACK_DECIMAL,
	W2K_FALLBACK_BYTES,		  /* none */
	W2K_FALLBACK_TIMETZ,	  /* midnight */
	W2K_FALLBACK_TIMESTAMPTZ, /* 1970, without a fraction */
	W2K_FALLBACK_ARRAY		  /* the empty array */
} W2kFallback;

/* A row of the type table. */
typedef struct W2kTypeDef
{
	Oid oid; /* InvalidOid: the row of a class of types */
	W2kLogical logical;
	W2kUnavailable unavailable;
	W2kUnavailable array_unavailable; /* of an array of these */
	W2kFallback fallback;
	bool has_default; /* Debezium reads the defaults of such columns */
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
	int32 scale;	 /* decimals: may be negative */
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
extern W2kType *w2k_types_resolve(Oid typid, int32 typmod);

#endif /* W2K_SCHEMA_TYPES_H */
