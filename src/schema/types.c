/*
 * types.c
 *		The type table.
 *
 * One row per type that Debezium knows, or several where modes choose among
 * its forms: the first one whose modes are all in force is the one.  Types of
 * extensions are told by their extension and their name in it; the rows at
 * the end are for whole classes.  All this is looked at when a relation's
 * entry is built, never for a row.  See reference section 3 of Debezium for
 * the forms, 2.3 for the fallbacks, 2.4 for unchanged TOAST values and 3.6
 * for the defaults.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "config/modes.h"
#include "schema/types.h"

#define UUID_NIL "00000000-0000-0000-0000-000000000000"

/* How the columns of the table are written. */
#define NO_VALUE W2K_UNAVAILABLE_NULL
#define UNKNOWN W2K_UNAVAILABLE_UNKNOWN
#define TEXT W2K_UNAVAILABLE_TEXT
#define ELEMENT W2K_UNAVAILABLE_ELEMENT
#define EACH_BYTE W2K_UNAVAILABLE_EACH_BYTE

/* clang-format off */
static const W2kTypeDef type_table[] = {
	/* oid, modes, logical, unchanged TOAST: alone, in an array; fallback; has a default; their texts */
	{BOOLOID, 0, W2K_LOGICAL_BOOLEAN, NO_VALUE, UNKNOWN, W2K_FALLBACK_FALSE, true},
	{INT2OID, 0, W2K_LOGICAL_INT16, NO_VALUE, UNKNOWN, W2K_FALLBACK_ZERO, true},
	{INT4OID, 0, W2K_LOGICAL_INT32, NO_VALUE, EACH_BYTE, W2K_FALLBACK_ZERO, true},
	{INT8OID, 0, W2K_LOGICAL_INT64, NO_VALUE, EACH_BYTE, W2K_FALLBACK_ZERO, true},
	{OIDOID, 0, W2K_LOGICAL_OID, NO_VALUE, UNKNOWN, W2K_FALLBACK_ZERO, false},
	{FLOAT4OID, 0, W2K_LOGICAL_FLOAT, NO_VALUE, UNKNOWN, W2K_FALLBACK_FLOAT, true},
	{FLOAT8OID, 0, W2K_LOGICAL_DOUBLE, NO_VALUE, UNKNOWN, W2K_FALLBACK_FLOAT, true},

	{NUMERICOID, W2K_MODE_DECIMAL_PRECISE, W2K_LOGICAL_DECIMAL, NO_VALUE, UNKNOWN, W2K_FALLBACK_DECIMAL, true},
	{NUMERICOID, W2K_MODE_DECIMAL_DOUBLE, W2K_LOGICAL_DECIMAL_DOUBLE, NO_VALUE, UNKNOWN, W2K_FALLBACK_FLOAT, true},
	{NUMERICOID, W2K_MODE_DECIMAL_STRING, W2K_LOGICAL_DECIMAL_TEXT, TEXT, UNKNOWN, W2K_FALLBACK_ZEROES, true},
	{CASHOID, W2K_MODE_DECIMAL_PRECISE, W2K_LOGICAL_MONEY, NO_VALUE, UNKNOWN, W2K_FALLBACK_DECIMAL, false},
	{CASHOID, W2K_MODE_DECIMAL_DOUBLE, W2K_LOGICAL_MONEY_DOUBLE, NO_VALUE, UNKNOWN, W2K_FALLBACK_FLOAT, false},
	{CASHOID, W2K_MODE_DECIMAL_STRING, W2K_LOGICAL_MONEY_TEXT, NO_VALUE, UNKNOWN, W2K_FALLBACK_ZEROES, false},

	{TEXTOID, 0, W2K_LOGICAL_STRING, TEXT, ELEMENT, W2K_FALLBACK_TEXT, true},
	{VARCHAROID, 0, W2K_LOGICAL_STRING, TEXT, ELEMENT, W2K_FALLBACK_TEXT, true},
	{BPCHAROID, 0, W2K_LOGICAL_STRING, TEXT, ELEMENT, W2K_FALLBACK_TEXT, true},
	{NAMEOID, 0, W2K_LOGICAL_NAME, NO_VALUE, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{JSONOID, 0, W2K_LOGICAL_JSON, TEXT, ELEMENT, W2K_FALLBACK_TEXT, true, .computed_default = "{}"},
	{JSONBOID, 0, W2K_LOGICAL_JSONB, TEXT, ELEMENT, W2K_FALLBACK_TEXT, true, .computed_default = "{}"},
	{XMLOID, 0, W2K_LOGICAL_XML, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, true},
	{TSVECTOROID, 0, W2K_LOGICAL_TSVECTOR, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{UUIDOID, 0, W2K_LOGICAL_UUID, NO_VALUE, W2K_UNAVAILABLE_UUID, W2K_FALLBACK_TEXT, true, .computed_default = UUID_NIL},

	{BYTEAOID, W2K_MODE_BINARY_BYTES, W2K_LOGICAL_BYTES, W2K_UNAVAILABLE_BYTES, ELEMENT, W2K_FALLBACK_BYTES, false},
	{BYTEAOID, W2K_MODE_BINARY_BASE64, W2K_LOGICAL_BASE64, NO_VALUE, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{BYTEAOID, W2K_MODE_BINARY_BASE64_URL, W2K_LOGICAL_BASE64_URL, NO_VALUE, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{BYTEAOID, W2K_MODE_BINARY_HEX, W2K_LOGICAL_HEX, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{BITOID, 0, W2K_LOGICAL_BITS, NO_VALUE, UNKNOWN, W2K_FALLBACK_BYTES, true},
	{VARBITOID, 0, W2K_LOGICAL_BITS, NO_VALUE, UNKNOWN, W2K_FALLBACK_BYTES, true},

	{DATEOID, W2K_MODE_TIME_CONNECT, W2K_LOGICAL_DATE_CONNECT, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{DATEOID, W2K_MODE_TIME_ISO, W2K_LOGICAL_DATE_ISO, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{DATEOID, W2K_MODE_TIME_STRUCTURED, W2K_LOGICAL_DATE_STRUCT, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, false},
	{DATEOID, 0, W2K_LOGICAL_DATE, NO_VALUE, EACH_BYTE, W2K_FALLBACK_EPOCH, true},
	{TIMEOID, W2K_MODE_TIME_ADAPTIVE, W2K_LOGICAL_TIME_MILLIS, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{TIMEOID, W2K_MODE_TIME_CONNECT, W2K_LOGICAL_TIME_CONNECT, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{TIMEOID, W2K_MODE_TIME_ISO, W2K_LOGICAL_TIME_ISO, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{TIMEOID, W2K_MODE_TIME_NANOS, W2K_LOGICAL_TIME_NANOS, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{TIMEOID, W2K_MODE_TIME_STRUCTURED, W2K_LOGICAL_TIME_STRUCT, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, false},
	{TIMEOID, 0, W2K_LOGICAL_TIME_MICROS, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{TIMETZOID, W2K_MODE_TIME_STRUCTURED, W2K_LOGICAL_TIMETZ_STRUCT, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, false},
	{TIMETZOID, 0, W2K_LOGICAL_TIMETZ, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, false},
	{TIMESTAMPOID, W2K_MODE_TIME_CONNECT, W2K_LOGICAL_TIMESTAMP_CONNECT, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{TIMESTAMPOID, W2K_MODE_TIME_ISO, W2K_LOGICAL_TIMESTAMP_ISO, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{TIMESTAMPOID, W2K_MODE_TIME_MICROS, W2K_LOGICAL_TIMESTAMP_MICROS, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{TIMESTAMPOID, W2K_MODE_TIME_NANOS, W2K_LOGICAL_TIMESTAMP_NANOS, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{TIMESTAMPOID, W2K_MODE_TIME_STRUCTURED, W2K_LOGICAL_TIMESTAMP_STRUCT, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, false},
	{TIMESTAMPOID, 0, W2K_LOGICAL_TIMESTAMP_MILLIS, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{TIMESTAMPTZOID, W2K_MODE_TIME_STRUCTURED, W2K_LOGICAL_TIMESTAMPTZ_STRUCT, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, false},
	{TIMESTAMPTZOID, 0, W2K_LOGICAL_TIMESTAMPTZ, NO_VALUE, UNKNOWN, W2K_FALLBACK_TEXT, true, "1970-01-01T00:00:00Z"},
	{INTERVALOID, W2K_MODE_TIME_STRUCTURED, W2K_LOGICAL_INTERVAL_STRUCT, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, false},
	{INTERVALOID, W2K_MODE_INTERVAL_STRING, W2K_LOGICAL_INTERVAL_ISO, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},
	{INTERVALOID, 0, W2K_LOGICAL_INTERVAL, NO_VALUE, UNKNOWN, W2K_FALLBACK_EPOCH, true},

	{POINTOID, 0, W2K_LOGICAL_POINT, NO_VALUE, UNKNOWN, W2K_FALLBACK_SHAPE, false},
	{LINEOID, 0, W2K_LOGICAL_LINE, NO_VALUE, UNKNOWN, W2K_FALLBACK_SHAPE, false},
	{LSEGOID, 0, W2K_LOGICAL_LSEG, NO_VALUE, UNKNOWN, W2K_FALLBACK_SHAPE, false, "lseg"},
	{BOXOID, 0, W2K_LOGICAL_BOX, NO_VALUE, UNKNOWN, W2K_FALLBACK_SHAPE, false, "box"},
	{PATHOID, 0, W2K_LOGICAL_PATH, NO_VALUE, UNKNOWN, W2K_FALLBACK_SHAPE, false, "path"},
	{POLYGONOID, 0, W2K_LOGICAL_POLYGON, NO_VALUE, UNKNOWN, W2K_FALLBACK_SHAPE, false, "polygon"},
	{CIRCLEOID, 0, W2K_LOGICAL_CIRCLE, NO_VALUE, UNKNOWN, W2K_FALLBACK_SHAPE, false},

	/* printed; Debezium knows them */
	{INETOID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{CIDROID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{MACADDROID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{MACADDR8OID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{INT4RANGEOID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{INT8RANGEOID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{NUMRANGEOID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{TSRANGEOID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{TSTZRANGEOID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{DATERANGEOID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{CHAROID, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
};

/* Types of extensions: what belongs to one is known by its name there. */
static const struct
{
	const char *extension;
	const char *name;
	W2kTypeDef def;
} extension_types[] = {
	{"citext", "citext", {InvalidOid, 0, W2K_LOGICAL_STRING, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false}},
	{"hstore", "hstore", {InvalidOid, W2K_MODE_HSTORE_JSON, W2K_LOGICAL_HSTORE_JSON, W2K_UNAVAILABLE_PAIR, UNKNOWN, W2K_FALLBACK_TEXT, false, "{}"}},
	{"hstore", "hstore", {InvalidOid, W2K_MODE_HSTORE_MAP, W2K_LOGICAL_HSTORE_MAP, W2K_UNAVAILABLE_PAIR, UNKNOWN, W2K_FALLBACK_MAP, false}},
	{"isn", "isbn", {InvalidOid, 0, W2K_LOGICAL_ISBN, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false}},
	{"ltree", "ltree", {InvalidOid, 0, W2K_LOGICAL_LTREE, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false}},
	{"postgis", "geometry", {InvalidOid, 0, W2K_LOGICAL_GEOMETRY, NO_VALUE, UNKNOWN, W2K_FALLBACK_SHAPE, false}},
	{"postgis", "geography", {InvalidOid, 0, W2K_LOGICAL_GEOGRAPHY, NO_VALUE, UNKNOWN, W2K_FALLBACK_SHAPE, false}},
	{"vector", "vector", {InvalidOid, 0, W2K_LOGICAL_VECTOR, NO_VALUE, UNKNOWN, W2K_FALLBACK_ARRAY, false}},
	{"vector", "halfvec", {InvalidOid, 0, W2K_LOGICAL_HALFVEC, NO_VALUE, UNKNOWN, W2K_FALLBACK_ARRAY, false}},
	{"vector", "sparsevec", {InvalidOid, 0, W2K_LOGICAL_SPARSEVEC, NO_VALUE, UNKNOWN, W2K_FALLBACK_SPARSE, false}},
};

/* Rows of classes, by what tells them apart. */
static const W2kTypeDef enum_type =
	{InvalidOid, 0, W2K_LOGICAL_ENUM, NO_VALUE, UNKNOWN, W2K_FALLBACK_TEXT, true};
static const W2kTypeDef array_type =
	{InvalidOid, 0, W2K_LOGICAL_ARRAY, UNKNOWN, UNKNOWN, W2K_FALLBACK_ARRAY, false};

/* What Debezium does not know. */
static const W2kTypeDef unknown_types[] = {
	{InvalidOid, W2K_MODE_UNKNOWN_LEFT_OUT, W2K_LOGICAL_LEFT_OUT, NO_VALUE, NO_VALUE, W2K_FALLBACK_TEXT, false},
	{InvalidOid, W2K_MODE_UNKNOWN_BYTES | W2K_MODE_BINARY_BYTES, W2K_LOGICAL_OTHER_BYTES, W2K_UNAVAILABLE_BYTES, UNKNOWN, W2K_FALLBACK_BYTES, false},
	{InvalidOid, W2K_MODE_UNKNOWN_BYTES | W2K_MODE_BINARY_BASE64, W2K_LOGICAL_OTHER_BASE64, NO_VALUE, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{InvalidOid, W2K_MODE_UNKNOWN_BYTES | W2K_MODE_BINARY_BASE64_URL, W2K_LOGICAL_OTHER_BASE64_URL, NO_VALUE, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{InvalidOid, W2K_MODE_UNKNOWN_BYTES | W2K_MODE_BINARY_HEX, W2K_LOGICAL_OTHER_HEX, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
	{InvalidOid, 0, W2K_LOGICAL_OTHER, TEXT, UNKNOWN, W2K_FALLBACK_TEXT, false},
};
/* clang-format on */

/* Is a row for a session's modes? */
static inline bool
is_for(const W2kTypeDef *def, int modes)
{
	return (def->modes & modes) == def->modes;
}

/* The row of one of the server's types, or NULL. */
static const W2kTypeDef *
find_builtin(Oid typid, int modes)
{
	for (int i = 0; i < (int) lengthof(type_table); i++)
	{
		if (type_table[i].oid == typid && is_for(&type_table[i], modes))
			return &type_table[i];
	}
	return NULL;
}

/* The row of a type that an extension brought along, or NULL. */
static const W2kTypeDef *
find_of_extension(Oid typid, int modes)
{
	const W2kTypeDef *def = NULL;
	char *extension = NULL;
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	const char *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", typid);
	name = NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname);
	for (int i = 0; i < (int) lengthof(extension_types) && def == NULL; i++)
	{
		if (strcmp(extension_types[i].name, name) != 0 ||
			!is_for(&extension_types[i].def, modes))
			continue;
		if (extension == NULL)
			extension = get_extension_name(
				getExtensionOfObject(TypeRelationId, typid));
		if (extension == NULL)
			break;
		if (strcmp(extension_types[i].extension, extension) == 0)
			def = &extension_types[i].def;
	}
	ReleaseSysCache(tuple);
	return def;
}

/* The row of what Debezium does not know. */
static const W2kTypeDef *
find_unknown(int modes)
{
	for (int i = 0; i < (int) lengthof(unknown_types); i++)
	{
		if (is_for(&unknown_types[i], modes))
			return &unknown_types[i];
	}
	elog(ERROR, "no row for types that are not known");
	return NULL; /* keep compiler quiet */
}

/* The row of a type that is neither a domain nor an array. */
static const W2kTypeDef *
find_row(Oid typid, int modes)
{
	const W2kTypeDef *def = find_builtin(typid, modes);

	if (def == NULL && typid >= FirstNormalObjectId)
		def = find_of_extension(typid, modes);
	if (def == NULL && get_typtype(typid) == TYPTYPE_ENUM)
		def = &enum_type;
	return def != NULL ? def : find_unknown(modes);
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
apply_typmod(W2kType *type, const W2kModes *modes)
{
	int32 typmod = type->typmod;

	type->precision = typmod >= 0 ? typmod : 6; /* of times */

	switch (type->logical)
	{
		case W2K_LOGICAL_DECIMAL:
		case W2K_LOGICAL_DECIMAL_DOUBLE:
		case W2K_LOGICAL_DECIMAL_TEXT:
			if (typmod < (int32) VARHDRSZ)
			{
				type->precision = 0;
				if (type->logical == W2K_LOGICAL_DECIMAL)
					type->logical = W2K_LOGICAL_VARIABLE_DECIMAL;
				break;
			}
			typmod -= VARHDRSZ;
			type->precision = (typmod >> 16) & 0xffff;
			/*
			 * Eleven bits, signed.  Where the scale is negative the numbers
			 * are whole: they are sent as such, with the zeros.
			 */
			type->scale = ((typmod & 0x7ff) ^ 1024) - 1024;
			if (type->scale < 0)
			{
				type->precision -= type->scale;
				type->scale = 0;
			}
			break;

		case W2K_LOGICAL_MONEY:
		case W2K_LOGICAL_MONEY_TEXT:
			type->scale = modes->money_digits;
			break;

		case W2K_LOGICAL_BITS:
			type->length = typmod > 0 ? typmod : -1;
			/* bit without a length is bit(1), varbit is open */
			if (typmod < 0 && type->oid == BITOID)
				type->length = 1;
			if (type->length == 1)
				type->logical = W2K_LOGICAL_BIT;
			break;

		case W2K_LOGICAL_TIME_MILLIS:
			if (type->precision > 3)
				type->logical = W2K_LOGICAL_TIME_MICROS;
			break;

		case W2K_LOGICAL_TIMESTAMP_MILLIS:
			if (type->precision > 3)
				type->logical = W2K_LOGICAL_TIMESTAMP_MICROS;
			break;

		case W2K_LOGICAL_INTERVAL_STRUCT:
			/* beside it there are the fields that are stored */
			if (typmod >= 0)
				type->precision = INTERVAL_PRECISION(typmod);
			break;

		default:
			break;
	}
}

/* Is the form made of what the type's output function prints? */
static bool
is_printed(W2kLogical logical)
{
	switch (logical)
	{
		case W2K_LOGICAL_OTHER:
		case W2K_LOGICAL_OTHER_BYTES:
		case W2K_LOGICAL_OTHER_BASE64:
		case W2K_LOGICAL_OTHER_BASE64_URL:
		case W2K_LOGICAL_OTHER_HEX:
		case W2K_LOGICAL_ISBN:
		case W2K_LOGICAL_TSVECTOR:
		case W2K_LOGICAL_LTREE:
		case W2K_LOGICAL_GEOMETRY:
		case W2K_LOGICAL_GEOGRAPHY:
		case W2K_LOGICAL_HSTORE_JSON:
		case W2K_LOGICAL_HSTORE_MAP:
		case W2K_LOGICAL_VECTOR:
		case W2K_LOGICAL_HALFVEC:
		case W2K_LOGICAL_SPARSEVEC:
			return true;
		default:
			return false;
	}
}

W2kLogical
w2k_types_logical(Oid oid, const W2kModes *modes)
{
	return find_builtin(oid, w2k_modes_bits(modes))->logical;
}

/* Reads what the type's output function prints. */
static void
set_output(W2kType *type)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(type->oid, &output, &is_varlena);
	type->output = palloc(sizeof(FmgrInfo));
	fmgr_info(output, type->output);
}

/*
 * Debezium does not look through a domain in an array.  Where it is asked
 * what to do with types that it does not know, that goes for those as well.
 */
static W2kType *
resolve_element(Oid typid, int32 typmod, const W2kModes *modes)
{
	W2kType *type = w2k_types_resolve(typid, typmod, modes);

	if (!type->is_domain || modes->unknown == 0)
		return type;
	type->def = find_unknown(w2k_modes_bits(modes));
	type->logical = type->def->logical;
	type->element = NULL;
	if (type->logical != W2K_LOGICAL_LEFT_OUT)
		set_output(type);
	return type;
}

W2kType *
w2k_types_resolve(Oid typid, int32 typmod, const W2kModes *modes)
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
		type->element = resolve_element(elemtypid, type->typmod, modes);
		if (type->element->logical == W2K_LOGICAL_LEFT_OUT)
			type->logical = W2K_LOGICAL_LEFT_OUT;
		return type;
	}

	type->def = find_row(type->oid, w2k_modes_bits(modes));
	type->logical = type->def->logical;
	apply_typmod(type, modes);

	if (is_printed(type->logical))
		set_output(type);
	return type;
}
