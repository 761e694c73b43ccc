/*
 * types.c
 *		The type table.
 *
 * One row per type that has a form of its own in Debezium's records; the
 * rows at the end are for whole classes.  Everything else is text as its
 * output function prints it.  See reference section 3 of Debezium for the
 * forms, 2.3 for the fallbacks, 2.4 for unchanged TOAST values and 3.6 for
 * the defaults.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "schema/types.h"

#define UUID_NIL "00000000-0000-0000-0000-000000000000"

/* clang-format off */
static const W2kTypeDef type_table[] = {
	/* oid, logical, unchanged TOAST: alone, in an array; fallback; default */
	{BOOLOID, W2K_LOGICAL_BOOLEAN, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_FALSE, true},
	{INT2OID, W2K_LOGICAL_INT16, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_ZERO, true},
	{INT4OID, W2K_LOGICAL_INT32, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_EACH_BYTE, W2K_FALLBACK_ZERO, true},
	{INT8OID, W2K_LOGICAL_INT64, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_EACH_BYTE, W2K_FALLBACK_ZERO, true},
	{OIDOID, W2K_LOGICAL_OID, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_ZERO, false},
	{FLOAT4OID, W2K_LOGICAL_FLOAT, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_FLOAT, true},
	{FLOAT8OID, W2K_LOGICAL_DOUBLE, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_FLOAT, true},
	{NUMERICOID, W2K_LOGICAL_DECIMAL, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_DECIMAL, true},
	{CASHOID, W2K_LOGICAL_MONEY, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_DECIMAL, false},
	{TEXTOID, W2K_LOGICAL_STRING, W2K_UNAVAILABLE_TEXT, W2K_UNAVAILABLE_ELEMENT, W2K_FALLBACK_TEXT, true},
	{VARCHAROID, W2K_LOGICAL_STRING, W2K_UNAVAILABLE_TEXT, W2K_UNAVAILABLE_ELEMENT, W2K_FALLBACK_TEXT, true},
	{BPCHAROID, W2K_LOGICAL_STRING, W2K_UNAVAILABLE_TEXT, W2K_UNAVAILABLE_ELEMENT, W2K_FALLBACK_TEXT, true},
	{NAMEOID, W2K_LOGICAL_NAME, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_TEXT, false},
	{JSONOID, W2K_LOGICAL_JSON, W2K_UNAVAILABLE_TEXT, W2K_UNAVAILABLE_ELEMENT, W2K_FALLBACK_TEXT, true, "{}"},
	{JSONBOID, W2K_LOGICAL_JSONB, W2K_UNAVAILABLE_TEXT, W2K_UNAVAILABLE_ELEMENT, W2K_FALLBACK_TEXT, true, "{}"},
	{XMLOID, W2K_LOGICAL_XML, W2K_UNAVAILABLE_TEXT, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_TEXT, true},
	{TSVECTOROID, W2K_LOGICAL_TSVECTOR, W2K_UNAVAILABLE_TEXT, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_TEXT, false},
	{UUIDOID, W2K_LOGICAL_UUID, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UUID, W2K_FALLBACK_TEXT, true, UUID_NIL},
	{BYTEAOID, W2K_LOGICAL_BYTES, W2K_UNAVAILABLE_BYTES, W2K_UNAVAILABLE_ELEMENT, W2K_FALLBACK_BYTES, false},
	{BITOID, W2K_LOGICAL_BITS, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_BYTES, true},
	{VARBITOID, W2K_LOGICAL_BITS, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_BYTES, true},
	{DATEOID, W2K_LOGICAL_DATE, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_EACH_BYTE, W2K_FALLBACK_ZERO, true},
	{TIMEOID, W2K_LOGICAL_TIME_MICROS, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_ZERO, true},
	{TIMETZOID, W2K_LOGICAL_TIMETZ, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_TIMETZ, false},
	{TIMESTAMPOID, W2K_LOGICAL_TIMESTAMP_MICROS, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_ZERO, true},
	{TIMESTAMPTZOID, W2K_LOGICAL_TIMESTAMPTZ, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_TIMESTAMPTZ, true},
	{INTERVALOID, W2K_LOGICAL_INTERVAL, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_ZERO, true},
};

/* Rows of classes, by what tells them apart. */
static const W2kTypeDef enum_type =
	{InvalidOid, W2K_LOGICAL_ENUM, W2K_UNAVAILABLE_NULL, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_TEXT, true};
static const W2kTypeDef array_type =
	{InvalidOid, W2K_LOGICAL_ARRAY, W2K_UNAVAILABLE_UNKNOWN, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_ARRAY, false};
static const W2kTypeDef other_type =
	{InvalidOid, W2K_LOGICAL_OTHER, W2K_UNAVAILABLE_TEXT, W2K_UNAVAILABLE_UNKNOWN, W2K_FALLBACK_TEXT, false};
/* clang-format on */

/* The row of a type that is neither a domain nor an array. */
static const W2kTypeDef *
find_row(Oid typid)
{
	for (int i = 0; i < (int) lengthof(type_table); i++)
	{
		if (type_table[i].oid == typid)
			return &type_table[i];
	}
	return get_typtype(typid) == TYPTYPE_ENUM ? &enum_type : &other_type;
}

/*
 * The element type of whatever is read as an array.  The two vector types
 * are arrays as well, though not to the parser.
 */
static Oid
element_type(Oid typid)
{
	if (typid == INT2VECTOROID)
		return INT2OID;
	if (typid == OIDVECTOROID)
		return OIDOID;
	return get_element_type(typid);
}

/* What the type modifier adds to a row, and may change in its logical type. */
static void
apply_typmod(W2kType *type)
{
	int32 typmod = type->typmod;

	switch (type->logical)
	{
		case W2K_LOGICAL_DECIMAL:
			if (typmod < (int32) VARHDRSZ)
			{
				type->logical = W2K_LOGICAL_VARIABLE_DECIMAL;
				break;
			}
			typmod -= VARHDRSZ;
			type->precision = (typmod >> 16) & 0xffff;
			/* eleven bits, signed: the scale may be negative */
			type->scale = ((typmod & 0x7ff) ^ 1024) - 1024;
			break;

		case W2K_LOGICAL_MONEY:
			type->scale = 2;
			break;

		case W2K_LOGICAL_BITS:
			type->length = typmod > 0 ? typmod : -1;
			/* bit without a length is bit(1), varbit is open */
			if (typmod < 0 && type->oid == BITOID)
				type->length = 1;
			if (type->length == 1)
				type->logical = W2K_LOGICAL_BIT;
			break;

		case W2K_LOGICAL_TIME_MICROS:
			type->precision = typmod >= 0 ? typmod : 6;
			if (type->precision <= 3)
				type->logical = W2K_LOGICAL_TIME_MILLIS;
			break;

		case W2K_LOGICAL_TIMESTAMP_MICROS:
			type->precision = typmod >= 0 ? typmod : 6;
			if (type->precision <= 3)
				type->logical = W2K_LOGICAL_TIMESTAMP_MILLIS;
			break;

		case W2K_LOGICAL_TIMESTAMPTZ:
		case W2K_LOGICAL_TIMETZ:
			type->precision = typmod >= 0 ? typmod : 6;
			break;

		default:
			break;
	}
}

W2kType *
w2k_types_resolve(Oid typid, int32 typmod)
{
	W2kType *type = palloc0(sizeof(W2kType));
	Oid elemtypid;

	type->typmod = typmod;
	type->oid = getBaseTypeAndTypmod(typid, &type->typmod);
	type->is_domain = type->oid != typid;
	get_typlenbyvalalign(type->oid, &type->typlen, &type->typbyval,
						 &type->typalign);

	elemtypid = element_type(type->oid);
	if (OidIsValid(elemtypid))
	{
		type->def = &array_type;
		type->logical = W2K_LOGICAL_ARRAY;
		type->element = w2k_types_resolve(elemtypid, type->typmod);
		return type;
	}

	type->def = find_row(type->oid);
	type->logical = type->def->logical;
	apply_typmod(type);

	if (type->logical == W2K_LOGICAL_OTHER ||
		type->logical == W2K_LOGICAL_TSVECTOR)
	{
		Oid output;
		bool is_varlena;

		getTypeOutputInfo(type->oid, &output, &is_varlena);
		type->output = palloc(sizeof(FmgrInfo));
		fmgr_info(output, type->output);
	}
	return type;
}
