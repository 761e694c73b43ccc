/*
 * protoitem.c
 *		One Datum -> a Value of proto/envelope.proto.
 *
 * A reader per logical type, in one table, as in value.c, whose readers are
 * used where theirs is the stored type's own form.
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/geo_decls.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "utils/varbit.h"

#include "compat.h"
#include "encode/decimal.h"
#include "encode/extension.h"
#include "encode/protoitem.h"
#include "encode/protoset.h"

/* From PostgreSQL's epoch to Unix's. */
#define EPOCH_SHIFT_DAYS (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)
#define EPOCH_SHIFT_US (EPOCH_SHIFT_DAYS * USECS_PER_DAY)

/* enum Infinite */
#define INFINITE_POSITIVE 1
#define INFINITE_NEGATIVE 2

static void
set_infinite(W2kProtoItem *item, bool is_positive)
{
	w2k_proto_set_varint(item, W2K_PROTO_INFINITE,
						 is_positive ? INFINITE_POSITIVE : INFINITE_NEGATIVE);
}

bool
w2k_proto_take_masked(W2kProtoItem *item)
{
	const W2kValue *value = &item->value;

	switch (value->kind)
	{
		case W2K_VALUE_NULL:
			w2k_proto_set_varint(item, W2K_PROTO_NULL, 0);
			return true;
		case W2K_VALUE_TEXT:
		case W2K_VALUE_ASCII:
			w2k_proto_set_bytes(item, W2K_PROTO_TEXT, value->data, value->len);
			return true;
		case W2K_VALUE_BYTES:
			w2k_proto_set_bytes(item, W2K_PROTO_BINARY, value->data,
								value->len);
			return true;
		default:
			return false;
	}
}

/* ---- messages within a Value, in the item's scratch or palloc'd ---- */

/* Room for a message that is no longer than that. */
static char *
begin_message(W2kProtoItem *item, int size)
{
	return size <= (int) sizeof(item->value.scratch) ? item->value.scratch
													 : palloc(size);
}

static inline char *
put_number(char *p, int field, uint64 number)
{
	if (number == 0)
		return p;
	p = w2k_wire_put_varint(p, W2K_WIRE_TAG(field, W2K_WIRE_VARINT));
	return w2k_wire_put_varint(p, number);
}

static inline char *
put_double(char *p, int field, double number)
{
	uint64 bits;

	memcpy(&bits, &number, sizeof(bits));
	if (bits == 0)
		return p;
	p = w2k_wire_put_varint(p, W2K_WIRE_TAG(field, W2K_WIRE_FIXED64));
	return w2k_wire_put_fixed64(p, bits);
}

/* ---- readers ---- */

static void
read_boolean(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	w2k_proto_set_varint(item, W2K_PROTO_BOOLEAN, DatumGetBool(datum) ? 1 : 0);
}

static inline void
set_integer(W2kProtoItem *item, int64 integer)
{
	w2k_proto_set_varint(item, W2K_PROTO_INTEGER, w2k_wire_zigzag(integer));
}

static void
read_int16(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	set_integer(item, DatumGetInt16(datum));
}

static void
read_int32(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	set_integer(item, DatumGetInt32(datum));
}

static void
read_int64(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	set_integer(item, DatumGetInt64(datum));
}

static void
read_oid(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	set_integer(item, DatumGetObjectId(datum));
}

static void
read_float(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	float4 number = DatumGetFloat4(datum);
	uint32 bits;

	memcpy(&bits, &number, sizeof(bits));
	w2k_proto_set_number(item, W2K_PROTO_REAL, W2K_WIRE_FIXED32, bits);
}

static void
read_double(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	float8 number = DatumGetFloat8(datum);
	uint64 bits;

	memcpy(&bits, &number, sizeof(bits));
	w2k_proto_set_number(item, W2K_PROTO_DOUBLE, W2K_WIRE_FIXED64, bits);
}

static void
read_decimal(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	w2k_decimal_read_plain(datum, &item->value);
	w2k_proto_set_bytes(item, W2K_PROTO_DECIMAL, item->value.data,
						item->value.len);
}

static void
read_money(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	w2k_decimal_read_money_text(type, datum, &item->value);
	w2k_proto_set_bytes(item, W2K_PROTO_DECIMAL, item->value.data,
						item->value.len);
}

/* What value.c reads as text. */
static void
read_text(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	w2k_value_readers[type->logical](type, datum, &item->value);
	w2k_proto_set_bytes(item, W2K_PROTO_TEXT, item->value.data,
						item->value.len);
}

static void
read_json(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	w2k_value_readers[type->logical](type, datum, &item->value);
	w2k_proto_set_bytes(item, W2K_PROTO_JSON, item->value.data,
						item->value.len);
}

/* What the type's output function prints, whatever the modes make of it. */
static void
read_other(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	w2k_value_readers[W2K_LOGICAL_OTHER](type, datum, &item->value);
	w2k_proto_set_bytes(item, W2K_PROTO_TEXT, item->value.data,
						item->value.len);
}

/* The same for types that have no output function at hand. */
static void
read_shape(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	static const PGFunction outputs[W2K_LOGICAL_COUNT] = {
		[W2K_LOGICAL_LINE] = line_out,	  [W2K_LOGICAL_LSEG] = lseg_out,
		[W2K_LOGICAL_BOX] = box_out,	  [W2K_LOGICAL_PATH] = path_out,
		[W2K_LOGICAL_POLYGON] = poly_out, [W2K_LOGICAL_CIRCLE] = circle_out,
	};
	const char *text = DatumGetCString(
		DirectFunctionCall1(outputs[type->logical], datum));

	w2k_proto_set_bytes(item, W2K_PROTO_TEXT, text, (int) strlen(text));
}

static void
read_point(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	const Point *point = DatumGetPointP(datum);
	char *p = item->value.scratch;

	p = put_double(p, 1, point->x);
	p = put_double(p, 2, point->y);
	w2k_proto_set_bytes(item, W2K_PROTO_POINT, item->value.scratch,
						(int) (p - item->value.scratch));
}

static void
read_uuid(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	w2k_proto_set_bytes(item, W2K_PROTO_UUID,
						(const char *) DatumGetUUIDP(datum)->data, UUID_LEN);
}

static void
read_binary(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	item->tag = W2K_WIRE_TAG(W2K_PROTO_BINARY, W2K_WIRE_BYTES);
	item->data = w2k_value_varlena(datum, &item->len);
}

static void
read_bits(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	const VarBit *bits = DatumGetVarBitP(datum);
	int len = VARBITBYTES(bits);
	char *start = begin_message(item, len + 2 * W2K_WIRE_FIELD_MAX);
	char *p = put_number(start, 1, (uint64) VARBITLEN(bits));

	if (len > 0)
	{
		p = w2k_wire_put_varint(p, W2K_WIRE_TAG(2, W2K_WIRE_BYTES));
		p = w2k_wire_put_varint(p, (uint64) len);
		memcpy(p, VARBITS(bits), len);
		p += len;
	}
	w2k_proto_set_bytes(item, W2K_PROTO_BITS, start, (int) (p - start));
}

static void
read_date(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	DateADT date = DatumGetDateADT(datum);

	if (DATE_NOT_FINITE(date))
		set_infinite(item, DATE_IS_NOEND(date));
	else
		w2k_proto_set_varint(item, W2K_PROTO_DATE,
							 w2k_wire_zigzag((int64) date + EPOCH_SHIFT_DAYS));
}

static void
read_time(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	w2k_proto_set_varint(item, W2K_PROTO_TIME, (uint64) DatumGetTimeADT(datum));
}

static void
read_timetz(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	const TimeTzADT *timetz = DatumGetTimeTzADTP(datum);
	char *p = item->value.scratch;

	p = put_number(p, 1, (uint64) timetz->time);
	/* stored as seconds west */
	p = put_number(p, 2, w2k_wire_zigzag(-(int64) timetz->zone));
	w2k_proto_set_bytes(item, W2K_PROTO_TIMETZ, item->value.scratch,
						(int) (p - item->value.scratch));
}

/* A moment for which there are no 64 bits: as PostgreSQL prints it. */
static void
set_far_timestamp(W2kProtoItem *item, Timestamp timestamp, bool has_zone)
{
	char *text = palloc(MAXDATELEN + 1);
	struct pg_tm tm;
	fsec_t fsec;

	if (timestamp2tm(timestamp, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	tm.tm_isdst = 0; /* less than that has no zone */
	EncodeDateTime(&tm, fsec, has_zone, 0, "UTC", USE_ISO_DATES, text);
	w2k_proto_set_bytes(item, W2K_PROTO_TEXT, text, (int) strlen(text));
}

static inline void
set_timestamp(W2kProtoItem *item, int kind, Timestamp timestamp)
{
	int64 us;

	if (unlikely(TIMESTAMP_NOT_FINITE(timestamp)))
		set_infinite(item, TIMESTAMP_IS_NOEND(timestamp));
	else if (unlikely(pg_add_s64_overflow(timestamp, EPOCH_SHIFT_US, &us)))
		set_far_timestamp(item, timestamp, kind == W2K_PROTO_TIMESTAMPTZ);
	else
		w2k_proto_set_number(item, kind, W2K_WIRE_FIXED64, (uint64) us);
}

static void
read_timestamp(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	set_timestamp(item, W2K_PROTO_TIMESTAMP, DatumGetTimestamp(datum));
}

static void
read_timestamptz(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	set_timestamp(item, W2K_PROTO_TIMESTAMPTZ, DatumGetTimestampTz(datum));
}

static void
read_interval(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	const Interval *interval = DatumGetIntervalP(datum);
	char *p = item->value.scratch;

	if (w2k_compat_is_infinite(interval))
	{
		set_infinite(item, interval->month > 0);
		return;
	}
	p = put_number(p, 1, w2k_wire_zigzag(interval->month));
	p = put_number(p, 2, w2k_wire_zigzag(interval->day));
	p = put_number(p, 3, w2k_wire_zigzag(interval->time));
	w2k_proto_set_bytes(item, W2K_PROTO_INTERVAL, item->value.scratch,
						(int) (p - item->value.scratch));
}

/* The bounds of an array, where they do not go without saying. */
static void
append_dimensions(StringInfo out, const ArrayType *array)
{
	int ndim = ARR_NDIM(array);

	if (ndim == 0 || (ndim == 1 && ARR_LBOUND(array)[0] == 1))
		return;
	for (int i = 0; i < ndim; i++)
	{
		char dimension[2 * W2K_WIRE_FIELD_MAX];
		char *p = dimension;

		p = put_number(p, 1, w2k_wire_zigzag(ARR_LBOUND(array)[i]));
		p = put_number(p, 2, (uint64) ARR_DIMS(array)[i]);
		w2k_wire_append_message(out, 2, dimension, (int) (p - dimension));
	}
}

static void
read_array(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	const ArrayType *array = DatumGetArrayTypeP(datum);
	const W2kType *element = type->element;
	W2kProtoReader read = w2k_proto_readers[element->logical];
	int count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const bits8 *nulls = ARR_NULLBITMAP(array);
	char *p = (char *) array + (ARR_HASNULL(array)
									? (Size) array->dataoffset
									: ARR_OVERHEAD_NONULLS(ARR_NDIM(array)));
	StringInfoData out;

	check_stack_depth();
	initStringInfo(&out);
	for (int i = 0; i < count; i++)
	{
		W2kProtoItem value;

		CHECK_FOR_INTERRUPTS();
		if (nulls != NULL && (nulls[i / 8] & (1 << (i % 8))) == 0)
			w2k_proto_set_varint(&value, W2K_PROTO_NULL, 0);
		else
		{
			Datum stored = fetch_att(p, element->typbyval, element->typlen);

			p = att_addlength_pointer(p, element->typlen, p);
			p = (char *) att_align_nominal(p, element->typalign);
			read(element, stored, &value);
		}
		w2k_proto_append_value(&out, "", 0, &value);
	}
	if (count > 0)
		append_dimensions(&out, array);
	w2k_proto_set_bytes(item, W2K_PROTO_ARRAY, out.data, out.len);
}

static void
read_hstore(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	const W2kMap *map;
	StringInfoData out;
	StringInfoData pair;

	w2k_extension_read_hstore_map(type, datum, &item->value);
	map = item->value.u.map;
	initStringInfo(&out);
	initStringInfo(&pair);
	for (int i = 0; i < map->npairs; i++)
	{
		const W2kValue *value = &map->values[i];
		char null[2] = {(char) W2K_WIRE_TAG(W2K_PROTO_NULL, W2K_WIRE_VARINT),
						0};
		StringInfoData text;

		resetStringInfo(&pair);
		w2k_wire_append_bytes(&pair, 1, map->keys[i].data, map->keys[i].len);
		if (value->kind == W2K_VALUE_NULL)
			w2k_wire_append_message(&pair, 2, null, sizeof(null));
		else
		{
			initStringInfo(&text);
			w2k_wire_append_message(&text, W2K_PROTO_TEXT, value->data,
									value->len);
			w2k_wire_append_message(&pair, 2, text.data, text.len);
		}
		w2k_wire_append_message(&out, 1, pair.data, pair.len);
	}
	w2k_proto_set_bytes(item, W2K_PROTO_MAP, out.data, out.len);
}

/* vector and halfvec hold no more than real does; both print numbers. */
static void
read_vector(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	const W2kArray *array;
	StringInfoData out;
	char *numbers;
	char *p;
	int count;

	w2k_extension_read_halfvec(type, datum, &item->value);
	array = item->value.u.array;
	count = array->ndim > 0 ? array->dims[0] : 0;
	numbers = p = palloc(count * sizeof(float4) + 1);
	for (int i = 0; i < count; i++)
	{
		uint32 bits;

		memcpy(&bits, array->p + i * sizeof(bits), sizeof(bits));
		p = w2k_wire_put_fixed32(p, bits);
	}
	initStringInfo(&out);
	w2k_wire_append_bytes(&out, 1, numbers, (int) (p - numbers));
	w2k_proto_set_bytes(item, W2K_PROTO_FLOATS, out.data, out.len);
}

/* PostGIS prints its binary in hexadecimal. */
static void
read_ewkb(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	char *text = OutputFunctionCall(type->output, datum);
	int len = (int) strlen(text) / 2;

	/* in place: two digits make a byte */
	(void) hex_decode(text, (size_t) len * 2, text);
	w2k_proto_set_bytes(item, W2K_PROTO_EWKB, text, len);
}

const W2kProtoReader w2k_proto_readers[W2K_LOGICAL_COUNT] = {
	[W2K_LOGICAL_OTHER] = read_other,
	[W2K_LOGICAL_OTHER_BYTES] = read_other,
	[W2K_LOGICAL_OTHER_BASE64] = read_other,
	[W2K_LOGICAL_OTHER_BASE64_URL] = read_other,
	[W2K_LOGICAL_OTHER_HEX] = read_other,
	[W2K_LOGICAL_BOOLEAN] = read_boolean,
	[W2K_LOGICAL_INT16] = read_int16,
	[W2K_LOGICAL_INT32] = read_int32,
	[W2K_LOGICAL_INT64] = read_int64,
	[W2K_LOGICAL_OID] = read_oid,
	[W2K_LOGICAL_FLOAT] = read_float,
	[W2K_LOGICAL_DOUBLE] = read_double,
	[W2K_LOGICAL_DECIMAL] = read_decimal,
	[W2K_LOGICAL_VARIABLE_DECIMAL] = read_decimal,
	[W2K_LOGICAL_DECIMAL_DOUBLE] = read_decimal,
	[W2K_LOGICAL_DECIMAL_TEXT] = read_decimal,
	[W2K_LOGICAL_MONEY] = read_money,
	[W2K_LOGICAL_MONEY_DOUBLE] = read_money,
	[W2K_LOGICAL_MONEY_TEXT] = read_money,
	[W2K_LOGICAL_STRING] = read_text,
	[W2K_LOGICAL_XML] = read_text,
	[W2K_LOGICAL_NAME] = read_text,
	[W2K_LOGICAL_JSON] = read_json,
	[W2K_LOGICAL_JSONB] = read_json,
	[W2K_LOGICAL_UUID] = read_uuid,
	[W2K_LOGICAL_ENUM] = read_text,
	[W2K_LOGICAL_ISBN] = read_other,
	[W2K_LOGICAL_TSVECTOR] = read_other,
	[W2K_LOGICAL_LTREE] = read_other,
	[W2K_LOGICAL_BYTES] = read_binary,
	[W2K_LOGICAL_BASE64] = read_binary,
	[W2K_LOGICAL_BASE64_URL] = read_binary,
	[W2K_LOGICAL_HEX] = read_binary,
	[W2K_LOGICAL_BIT] = read_bits,
	[W2K_LOGICAL_BITS] = read_bits,
	[W2K_LOGICAL_DATE] = read_date,
	[W2K_LOGICAL_DATE_CONNECT] = read_date,
	[W2K_LOGICAL_DATE_ISO] = read_date,
	[W2K_LOGICAL_DATE_STRUCT] = read_date,
	[W2K_LOGICAL_TIME_MILLIS] = read_time,
	[W2K_LOGICAL_TIME_MICROS] = read_time,
	[W2K_LOGICAL_TIME_NANOS] = read_time,
	[W2K_LOGICAL_TIME_CONNECT] = read_time,
	[W2K_LOGICAL_TIME_ISO] = read_time,
	[W2K_LOGICAL_TIME_STRUCT] = read_time,
	[W2K_LOGICAL_TIMETZ] = read_timetz,
	[W2K_LOGICAL_TIMETZ_STRUCT] = read_timetz,
	[W2K_LOGICAL_TIMESTAMP_MILLIS] = read_timestamp,
	[W2K_LOGICAL_TIMESTAMP_MICROS] = read_timestamp,
	[W2K_LOGICAL_TIMESTAMP_NANOS] = read_timestamp,
	[W2K_LOGICAL_TIMESTAMP_CONNECT] = read_timestamp,
	[W2K_LOGICAL_TIMESTAMP_ISO] = read_timestamp,
	[W2K_LOGICAL_TIMESTAMP_STRUCT] = read_timestamp,
	[W2K_LOGICAL_TIMESTAMPTZ] = read_timestamptz,
	[W2K_LOGICAL_TIMESTAMPTZ_STRUCT] = read_timestamptz,
	[W2K_LOGICAL_INTERVAL] = read_interval,
	[W2K_LOGICAL_INTERVAL_ISO] = read_interval,
	[W2K_LOGICAL_INTERVAL_STRUCT] = read_interval,
	[W2K_LOGICAL_POINT] = read_point,
	[W2K_LOGICAL_LINE] = read_shape,
	[W2K_LOGICAL_LSEG] = read_shape,
	[W2K_LOGICAL_BOX] = read_shape,
	[W2K_LOGICAL_PATH] = read_shape,
	[W2K_LOGICAL_POLYGON] = read_shape,
	[W2K_LOGICAL_CIRCLE] = read_shape,
	[W2K_LOGICAL_GEOMETRY] = read_ewkb,
	[W2K_LOGICAL_GEOGRAPHY] = read_ewkb,
	[W2K_LOGICAL_HSTORE_JSON] = read_hstore,
	[W2K_LOGICAL_HSTORE_MAP] = read_hstore,
	[W2K_LOGICAL_VECTOR] = read_vector,
	[W2K_LOGICAL_HALFVEC] = read_vector,
	[W2K_LOGICAL_SPARSEVEC] = read_other,
	[W2K_LOGICAL_LEFT_OUT] = NULL, /* nothing is read */
	[W2K_LOGICAL_ARRAY] = read_array,
};

bool
w2k_proto_is_printed(const W2kType *type)
{
	while (type->element != NULL)
		type = type->element;
	return type->output != NULL ||
		   w2k_proto_readers[type->logical] == read_shape;
}
