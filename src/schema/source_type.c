/*
 * source_type.c
 *		What PostgreSQL calls a column's type, for column.propagate.source.type.
 *
 * Length and scale are what the JDBC driver says of a type and its modifier:
 * digits of numbers, characters of text, the width of what else is printed,
 * and the largest int for what is open.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "schema/defaults.h"
#include "schema/source_type.h"

/* What the driver says of a numeric without precision. */
#define NUMERIC_WIDTH 131089

const char *
w2k_source_type_name(Relation relation, AttrNumber attnum)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation),
										  attnum - 1);
	HeapTuple tuple;
	const char *name;

	if (w2k_defaults_is_serial(relation, attnum))
	{
		if (att->atttypid == INT2OID)
			return "smallserial";
		if (att->atttypid == INT4OID)
			return "serial";
		if (att->atttypid == INT8OID)
			return "bigserial";
	}
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(att->atttypid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", att->atttypid);
	name = pstrdup(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname));
	ReleaseSysCache(tuple);
	return name;
}

/* Characters of the digits of a second, with their point. */
static int
fraction_width(int32 typmod)
{
	if (typmod < 0)
		return 7;
	if (typmod == 0)
		return 0;
	return typmod == 1 ? 3 : typmod + 1;
}

/* A time or timestamp: so many characters without the fraction. */
static void
set_time(W2kSourceType *source, int width, int32 typmod)
{
	source->length = width + fraction_width(typmod);
	source->scale = typmod < 0 ? 6 : typmod;
}

static void
set_numeric(W2kSourceType *source, const W2kType *type)
{
	if (type->typmod < (int32) VARHDRSZ)
	{
		source->length = NUMERIC_WIDTH;
		return;
	}
	source->length = type->precision;
	source->scale = type->scale;
}

/* pgvector's types: to the driver they are as long as they are declared. */
static bool
is_vector(const W2kType *type)
{
	return type->logical == W2K_LOGICAL_VECTOR ||
		   type->logical == W2K_LOGICAL_HALFVEC ||
		   type->logical == W2K_LOGICAL_SPARSEVEC;
}

static void
set_numbers(W2kSourceType *source, const W2kType *type)
{
	int32 typmod = type->typmod;

	source->length = PG_INT32_MAX;
	source->scale = 0;
	switch (type->oid)
	{
		case BOOLOID:
		case CHAROID:
			source->length = 1;
			break;
		case INT2OID:
			source->length = 5;
			break;
		case INT4OID:
		case OIDOID:
			source->length = 10;
			break;
		case INT8OID:
			source->length = 19;
			break;
		case FLOAT4OID:
			source->length = source->scale = 8;
			break;
		case FLOAT8OID:
			source->length = source->scale = 17;
			break;
		case NUMERICOID:
			set_numeric(source, type);
			break;
		case BPCHAROID:
		case VARCHAROID:
			if (typmod >= (int32) VARHDRSZ)
				source->length = typmod - VARHDRSZ;
			break;
		case BITOID:
		case VARBITOID:
			if (typmod > 0)
				source->length = typmod;
			break;
		case DATEOID:
			source->length = 13;
			break;
		case TIMEOID:
			set_time(source, 8, typmod);
			break;
		case TIMETZOID:
			set_time(source, 14, typmod);
			break;
		case TIMESTAMPOID:
			set_time(source, 22, typmod);
			break;
		case TIMESTAMPTZOID:
			set_time(source, 28, typmod);
			break;
		case INTERVALOID:
			source->length = 49;
			source->scale = typmod < 0 ? 6 : typmod & 0xffff;
			break;
		default:
			if (is_vector(type))
				source->length = typmod > 0 ? typmod : -1;
			break;
	}
}

/* To the driver an array is what its elements are. */
static void
set_numbers_of_any(W2kSourceType *source, const W2kType *type)
{
	set_numbers(source, type->element != NULL ? type->element : type);
	if (type->element != NULL && is_vector(type->element))
		source->length = PG_INT32_MAX;
}

int32
w2k_source_type_length(const W2kType *type)
{
	W2kSourceType source = {0};

	set_numbers_of_any(&source, type);
	return source.length;
}

W2kSourceType *
w2k_source_type_read(const char *name, const W2kType *type)
{
	W2kSourceType *source = palloc0(sizeof(W2kSourceType));
	char *upper = pg_server_to_any(pstrdup(name), (int) strlen(name), PG_UTF8);

	for (char *p = upper; *p != '\0'; p++)
		*p = pg_ascii_toupper((unsigned char) *p);
	source->name = upper;
	set_numbers_of_any(source, type);
	return source;
}
