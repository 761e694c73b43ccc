/*
 * value.c
 *		One Datum -> one typed value, the same for every format.
 *
 * A reader per logical type, in one table.  Readers of what most columns hold
 * neither allocate nor call an output function.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "utils/varbit.h"
#include "utils/xml.h"

#include "compat.h"
#include "encode/buffer.h"
#include "encode/decimal.h"
#include "encode/extension.h"
#include "encode/geometry.h"
#include "encode/temporal.h"
#include "encode/value.h"

const char *
w2k_value_varlena(Datum datum, int *len)
{
	struct varlena *p = (struct varlena *) DatumGetPointer(datum);

	/*
	 * Values that were toasted by this very change have been put together in
	 * memory: take them from there instead of copying them.
	 */
	if (VARATT_IS_EXTERNAL_INDIRECT(p))
	{
		struct varatt_indirect redirect;

		VARATT_EXTERNAL_GET_POINTER(redirect, p);
		p = redirect.pointer;
	}
	p = pg_detoast_datum_packed(p);
	*len = (int) VARSIZE_ANY_EXHDR(p);
	return VARDATA_ANY(p);
}

/* Text in another encoding than UTF-8: converts it, or says why not. */
static void
convert_text(W2kValue *value)
{
	const char *utf8;

	if (GetDatabaseEncoding() == PG_SQL_ASCII)
	{
		if (pg_encoding_verifymbstr(PG_UTF8, value->data, value->len) !=
			value->len)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("text is not valid UTF-8"),
					 errdetail("The database's encoding is SQL_ASCII, so "
							   "what its bytes stand for is not recorded, "
							   "and records are in UTF-8."),
					 errhint("Exclude the column, or skip the row with "
							 "event.processing.failure.handling.mode.")));
		return;
	}
	utf8 = pg_server_to_any(value->data, value->len, PG_UTF8);
	if (utf8 != value->data)
	{
		value->data = utf8;
		value->len = (int) strlen(utf8);
	}
}

static inline void
set_text(W2kValue *value, const char *data, int len)
{
	value->kind = W2K_VALUE_TEXT;
	value->data = data;
	value->len = len;
	if (unlikely(GetDatabaseEncoding() != PG_UTF8))
		convert_text(value);
}

void
w2k_value_set_text(W2kValue *value, const char *data, int len)
{
	set_text(value, data, len);
}

static inline void
set_integer(W2kValue *value, int64 integer)
{
	value->kind = W2K_VALUE_INTEGER;
	value->u.integer = integer;
}

void
w2k_value_set_ascii(W2kValue *value, const char *text)
{
	value->kind = W2K_VALUE_ASCII;
	value->data = text;
	value->len = (int) strlen(text);
}

static inline void
set_bytes(W2kValue *value, const char *data, int len)
{
	value->kind = W2K_VALUE_BYTES;
	value->data = data;
	value->len = len;
}

/* Base64, the second alphabet being the one for URLs and file names. */
static char *
put_base64(char *p, const char *data, int len, bool is_url)
{
	char *end = w2k_buffer_put_base64(p, data, len);

	for (; is_url && p < end; p++)
	{
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
	}
	return end;
}

void
w2k_value_set_binary(W2kValue *value, W2kLogical form, const char *data,
					 int len)
{
	char *text;
	char *end;

	if (form == W2K_LOGICAL_BYTES)
	{
		set_bytes(value, data, len);
		return;
	}
	/* up to two gigabytes, though the record will not hold that much */
	text = MemoryContextAllocHuge(CurrentMemoryContext, (Size) len * 2 + 4);
	if (form == W2K_LOGICAL_HEX)
		end = text + hex_encode(data, len, text);
	else
		end = put_base64(text, data, len, form == W2K_LOGICAL_BASE64_URL);
	value->kind = W2K_VALUE_ASCII;
	value->data = text;
	value->len = (int) (end - text);
}

/* Nulls, to be filled in; more than an allocation holds are refused in words. */
static W2kValue *
make_items(int nitems)
{
	if ((Size) nitems > MaxAllocSize / sizeof(W2kValue))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("value has too many items"),
						errdetail("It has %d, and %zu are the most.", nitems,
								  MaxAllocSize / sizeof(W2kValue)),
						errhint("Exclude the column, or skip the row with "
								"event.processing.failure.handling.mode.")));
	return palloc0(sizeof(W2kValue) * Max(nitems, 1));
}

W2kValue *
w2k_value_set_array(W2kValue *value, int nitems)
{
	W2kArray *array = palloc0(sizeof(W2kArray));

	array->ndim = nitems > 0 ? 1 : 0;
	array->dims[0] = nitems;
	array->items = make_items(nitems);
	value->kind = W2K_VALUE_ARRAY;
	value->u.array = array;
	return array->items;
}

W2kMap *
w2k_value_set_map(W2kValue *value, bool has_text_keys, int npairs)
{
	W2kMap *map = palloc(sizeof(W2kMap));

	map->npairs = npairs;
	map->has_text_keys = has_text_keys;
	map->keys = make_items(npairs);
	map->values = make_items(npairs);
	value->kind = W2K_VALUE_MAP;
	value->u.map = map;
	return map;
}

W2kValue *
w2k_value_set_struct(W2kValue *value, const W2kConnectPart *parts)
{
	W2kFields *fields;
	int nparts = 0;

	while (parts[nparts].name != NULL)
		nparts++;
	fields = palloc0(offsetof(W2kFields, items) + sizeof(W2kValue) * nparts);
	fields->parts = parts;
	value->kind = W2K_VALUE_STRUCT;
	value->u.fields = fields;
	return fields->items;
}

/* ---- readers ---- */

static void
read_boolean(const W2kType *type, Datum datum, W2kValue *value)
{
	value->kind = W2K_VALUE_BOOLEAN;
	value->u.boolean = DatumGetBool(datum);
}

static void
read_int16(const W2kType *type, Datum datum, W2kValue *value)
{
	set_integer(value, DatumGetInt16(datum));
}

static void
read_int32(const W2kType *type, Datum datum, W2kValue *value)
{
	set_integer(value, DatumGetInt32(datum));
}

static void
read_int64(const W2kType *type, Datum datum, W2kValue *value)
{
	set_integer(value, DatumGetInt64(datum));
}

static void
read_oid(const W2kType *type, Datum datum, W2kValue *value)
{
	set_integer(value, DatumGetObjectId(datum));
}

static void
read_float(const W2kType *type, Datum datum, W2kValue *value)
{
	value->kind = W2K_VALUE_FLOAT;
	value->u.float4 = DatumGetFloat4(datum);
}

static void
read_double(const W2kType *type, Datum datum, W2kValue *value)
{
	value->kind = W2K_VALUE_DOUBLE;
	value->u.float8 = DatumGetFloat8(datum);
}

static void
read_string(const W2kType *type, Datum datum, W2kValue *value)
{
	int len;
	const char *data = w2k_value_varlena(datum, &len);

	set_text(value, data, len);
}

/*
 * XML is printed as it is stored, except for a declaration in front, which
 * its output function may drop.
 */
static void
read_xml(const W2kType *type, Datum datum, W2kValue *value)
{
	int len;
	const char *data = w2k_value_varlena(datum, &len);

	if (len > 0 &&
		(data[0] == '\n' || (data[0] == '<' && len > 1 && data[1] == '?')))
	{
		data = DatumGetCString(DirectFunctionCall1(xml_out, datum));
		len = (int) strlen(data);
	}
	set_text(value, data, len);
}

static void
read_name(const W2kType *type, Datum datum, W2kValue *value)
{
	Name name = DatumGetName(datum);

	set_text(value, NameStr(*name), (int) strlen(NameStr(*name)));
}

static void
read_jsonb(const W2kType *type, Datum datum, W2kValue *value)
{
	Jsonb *jsonb = DatumGetJsonbP(datum);
	StringInfoData text;

	initStringInfo(&text);
	JsonbToCString(&text, &jsonb->root, VARSIZE(jsonb));
	set_text(value, text.data, text.len);
}

static void
read_uuid(const W2kType *type, Datum datum, W2kValue *value)
{
	static const char hex[] = "0123456789abcdef";
	const pg_uuid_t *uuid = DatumGetUUIDP(datum);
	char *p = value->scratch;

	for (int i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex[uuid->data[i] >> 4];
		*p++ = hex[uuid->data[i] & 0x0f];
	}
	value->kind = W2K_VALUE_ASCII;
	value->data = value->scratch;
	value->len = (int) (p - value->scratch);
}

static void
read_enum(const W2kType *type, Datum datum, W2kValue *value)
{
	const char *label = DatumGetCString(DirectFunctionCall1(enum_out, datum));

	set_text(value, label, (int) strlen(label));
}

static void
read_bytes(const W2kType *type, Datum datum, W2kValue *value)
{
	int len;
	const char *data = w2k_value_varlena(datum, &len);

	set_bytes(value, data, len);
}

/* The same in one of the forms that are text. */
static void
read_binary_text(const W2kType *type, Datum datum, W2kValue *value)
{
	int len;
	const char *data = w2k_value_varlena(datum, &len);

	w2k_value_set_binary(value, type->logical, data, len);
}

/* The payload of a bit string: its length in bits, then the bits. */
static const unsigned char *
get_bits(Datum datum, int *nbits)
{
	int len;
	const char *data = w2k_value_varlena(datum, &len);
	int32 bit_len;

	memcpy(&bit_len, data, sizeof(bit_len));
	*nbits = bit_len;
	return (const unsigned char *) data + sizeof(bit_len);
}

static void
read_bit(const W2kType *type, Datum datum, W2kValue *value)
{
	int nbits;
	const unsigned char *bits = get_bits(datum, &nbits);

	if (nbits == 0)
	{
		value->kind = W2K_VALUE_FAILED;
		value->data = "an empty bit string is neither true nor false";
		return;
	}
	value->kind = W2K_VALUE_BOOLEAN;
	value->u.boolean = (bits[0] & 0x80) != 0;
}

/*
 * The bits as a binary number, its least significant byte first, without
 * leading zeroes.
 */
static void
read_bits(const W2kType *type, Datum datum, W2kValue *value)
{
	int nbits;
	const unsigned char *bits = get_bits(datum, &nbits);
	int nbytes = (nbits + 7) / 8;
	int pad = nbytes * 8 - nbits; /* unused bits at the right */
	unsigned char *out = (unsigned char *) value->scratch;

	if (nbytes > (int) sizeof(value->scratch))
		out = palloc(nbytes);
	for (int i = 0; i < nbytes; i++)
	{
		int at = nbytes - 1 - i;
		unsigned int byte = bits[at] >> pad;

		if (at > 0)
			byte |= (unsigned int) bits[at - 1] << (8 - pad);
		out[i] = (unsigned char) byte;
	}
	while (nbytes > 0 && out[nbytes - 1] == 0)
		nbytes--;
	set_bytes(value, (const char *) out, nbytes);
}

static void
read_array(const W2kType *type, Datum datum, W2kValue *value)
{
	ArrayType *stored = DatumGetArrayTypeP(datum);
	W2kArray *array = palloc(sizeof(W2kArray));

	array->ndim = ARR_NDIM(stored);
	for (int i = 0; i < array->ndim; i++)
		array->dims[i] = ARR_DIMS(stored)[i];
	/* a vector of no elements still has a dimension */
	if (array->ndim > 0 && array->dims[0] == 0)
		array->ndim = 0;
	array->element = type->element;
	array->p = (char *) stored + (ARR_HASNULL(stored)
									  ? (Size) stored->dataoffset
									  : ARR_OVERHEAD_NONULLS(stored->ndim));
	array->nulls = ARR_NULLBITMAP(stored);
	array->next = 0;
	array->items = NULL;

	value->kind = W2K_VALUE_ARRAY;
	value->u.array = array;
}

static void
read_other(const W2kType *type, Datum datum, W2kValue *value)
{
	const char *text = OutputFunctionCall(type->output, datum);

	set_text(value, text, (int) strlen(text));
}

/* The text of types that Debezium does not know, as it sends it: as bytes. */
static void
read_other_binary(const W2kType *type, Datum datum, W2kValue *value)
{
	static const W2kLogical forms[] = {
		[W2K_LOGICAL_OTHER_BYTES] = W2K_LOGICAL_BYTES,
		[W2K_LOGICAL_OTHER_BASE64] = W2K_LOGICAL_BASE64,
		[W2K_LOGICAL_OTHER_BASE64_URL] = W2K_LOGICAL_BASE64_URL,
		[W2K_LOGICAL_OTHER_HEX] = W2K_LOGICAL_HEX,
	};

	read_other(type, datum, value);
	w2k_value_set_binary(value, forms[type->logical], value->data, value->len);
}

const W2kValueReader w2k_value_readers[W2K_LOGICAL_COUNT] = {
	[W2K_LOGICAL_OTHER] = read_other,
	[W2K_LOGICAL_OTHER_BYTES] = read_other_binary,
	[W2K_LOGICAL_OTHER_BASE64] = read_other_binary,
	[W2K_LOGICAL_OTHER_BASE64_URL] = read_other_binary,
	[W2K_LOGICAL_OTHER_HEX] = read_other_binary,
	[W2K_LOGICAL_BOOLEAN] = read_boolean,
	[W2K_LOGICAL_INT16] = read_int16,
	[W2K_LOGICAL_INT32] = read_int32,
	[W2K_LOGICAL_INT64] = read_int64,
	[W2K_LOGICAL_OID] = read_oid,
	[W2K_LOGICAL_FLOAT] = read_float,
	[W2K_LOGICAL_DOUBLE] = read_double,
	[W2K_LOGICAL_DECIMAL] = w2k_decimal_read,
	[W2K_LOGICAL_VARIABLE_DECIMAL] = w2k_decimal_read_variable,
	[W2K_LOGICAL_DECIMAL_DOUBLE] = w2k_decimal_read_double,
	[W2K_LOGICAL_DECIMAL_TEXT] = w2k_decimal_read_text,
	[W2K_LOGICAL_MONEY] = w2k_decimal_read_money,
	[W2K_LOGICAL_MONEY_DOUBLE] = w2k_decimal_read_money_double,
	[W2K_LOGICAL_MONEY_TEXT] = w2k_decimal_read_money_text,
	[W2K_LOGICAL_STRING] = read_string,
	[W2K_LOGICAL_XML] = read_xml,
	[W2K_LOGICAL_NAME] = read_name,
	[W2K_LOGICAL_JSON] = read_string,
	[W2K_LOGICAL_JSONB] = read_jsonb,
	[W2K_LOGICAL_UUID] = read_uuid,
	[W2K_LOGICAL_ENUM] = read_enum,
	[W2K_LOGICAL_ISBN] = read_other,
	[W2K_LOGICAL_TSVECTOR] = read_other,
	[W2K_LOGICAL_LTREE] = read_other,
	[W2K_LOGICAL_BYTES] = read_bytes,
	[W2K_LOGICAL_BASE64] = read_binary_text,
	[W2K_LOGICAL_BASE64_URL] = read_binary_text,
	[W2K_LOGICAL_HEX] = read_binary_text,
	[W2K_LOGICAL_BIT] = read_bit,
	[W2K_LOGICAL_BITS] = read_bits,
	[W2K_LOGICAL_DATE] = w2k_temporal_read_date,
	[W2K_LOGICAL_DATE_CONNECT] = w2k_temporal_read_date,
	[W2K_LOGICAL_DATE_ISO] = w2k_temporal_read_date_iso,
	[W2K_LOGICAL_DATE_STRUCT] = w2k_temporal_read_date_struct,
	[W2K_LOGICAL_TIME_MILLIS] = w2k_temporal_read_time,
	[W2K_LOGICAL_TIME_MICROS] = w2k_temporal_read_time,
	[W2K_LOGICAL_TIME_NANOS] = w2k_temporal_read_time,
	[W2K_LOGICAL_TIME_CONNECT] = w2k_temporal_read_time,
	[W2K_LOGICAL_TIME_ISO] = w2k_temporal_read_time_iso,
	[W2K_LOGICAL_TIME_STRUCT] = w2k_temporal_read_time_struct,
	[W2K_LOGICAL_TIMETZ] = w2k_temporal_read_timetz,
	[W2K_LOGICAL_TIMETZ_STRUCT] = w2k_temporal_read_timetz_struct,
	[W2K_LOGICAL_TIMESTAMP_MILLIS] = w2k_temporal_read_timestamp,
	[W2K_LOGICAL_TIMESTAMP_MICROS] = w2k_temporal_read_timestamp,
	[W2K_LOGICAL_TIMESTAMP_NANOS] = w2k_temporal_read_timestamp,
	[W2K_LOGICAL_TIMESTAMP_CONNECT] = w2k_temporal_read_timestamp,
	[W2K_LOGICAL_TIMESTAMP_ISO] = w2k_temporal_read_timestamp_iso,
	[W2K_LOGICAL_TIMESTAMP_STRUCT] = w2k_temporal_read_timestamp_struct,
	[W2K_LOGICAL_TIMESTAMPTZ] = w2k_temporal_read_timestamptz,
	[W2K_LOGICAL_TIMESTAMPTZ_STRUCT] = w2k_temporal_read_timestamptz_struct,
	[W2K_LOGICAL_INTERVAL] = w2k_temporal_read_interval,
	[W2K_LOGICAL_INTERVAL_ISO] = w2k_temporal_read_interval_iso,
	[W2K_LOGICAL_INTERVAL_STRUCT] = w2k_temporal_read_interval_struct,
	[W2K_LOGICAL_POINT] = w2k_geometry_read_point,
	[W2K_LOGICAL_LINE] = w2k_geometry_read_line,
	[W2K_LOGICAL_LSEG] = w2k_geometry_read_lseg,
	[W2K_LOGICAL_BOX] = w2k_geometry_read_box,
	[W2K_LOGICAL_PATH] = w2k_geometry_read_path,
	[W2K_LOGICAL_POLYGON] = w2k_geometry_read_polygon,
	[W2K_LOGICAL_CIRCLE] = w2k_geometry_read_circle,
	[W2K_LOGICAL_GEOMETRY] = w2k_geometry_read_ewkb,
	[W2K_LOGICAL_GEOGRAPHY] = w2k_geometry_read_ewkb,
	[W2K_LOGICAL_HSTORE_JSON] = w2k_extension_read_hstore_json,
	[W2K_LOGICAL_HSTORE_MAP] = w2k_extension_read_hstore_map,
	[W2K_LOGICAL_VECTOR] = w2k_extension_read_vector,
	[W2K_LOGICAL_HALFVEC] = w2k_extension_read_halfvec,
	[W2K_LOGICAL_SPARSEVEC] = w2k_extension_read_sparsevec,
	[W2K_LOGICAL_LEFT_OUT] = NULL, /* nothing is read */
	[W2K_LOGICAL_ARRAY] = read_array,
};

void
w2k_value_next_element(W2kArray *array, W2kValue *value)
{
	const W2kType *element = array->element;
	int i = array->next++;
	Datum datum;

	if (array->items != NULL)
	{
		*value = array->items[i];
		return;
	}
	if (array->nulls != NULL && (array->nulls[i / 8] & (1 << (i % 8))) == 0)
	{
		value->kind = W2K_VALUE_NULL;
		return;
	}
	datum = fetch_att(array->p, element->typbyval, element->typlen);
	array->p = att_addlength_pointer(array->p, element->typlen, array->p);
	array->p = (char *) att_align_nominal(array->p, element->typalign);
	w2k_value_read(element, datum, value);
}
