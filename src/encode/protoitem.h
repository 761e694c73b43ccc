/*
 * protoitem.h
 *		One Datum -> a Value of proto/envelope.proto.
 *
 * By the stored type alone: the modes that choose among forms do not matter.
 */
#ifndef W2K_ENCODE_PROTOITEM_H
#define W2K_ENCODE_PROTOITEM_H

#include "encode/protowire.h"
#include "encode/value.h"

/* The numbers of Value's fields. */
#define W2K_PROTO_NAME 1
#define W2K_PROTO_INTEGER 2
#define W2K_PROTO_TEXT 3
#define W2K_PROTO_BOOLEAN 4
#define W2K_PROTO_DOUBLE 5
#define W2K_PROTO_REAL 6
#define W2K_PROTO_DECIMAL 7
#define W2K_PROTO_TIMESTAMP 8
#define W2K_PROTO_TIMESTAMPTZ 9
#define W2K_PROTO_DATE 10
#define W2K_PROTO_BINARY 11
#define W2K_PROTO_UUID 12
#define W2K_PROTO_JSON 13
#define W2K_PROTO_ARRAY 14
#define W2K_PROTO_NULL 15
#define W2K_PROTO_UNAVAILABLE 16
#define W2K_PROTO_TIME 17
#define W2K_PROTO_TIMETZ 18
#define W2K_PROTO_INTERVAL 19
#define W2K_PROTO_INFINITE 20
#define W2K_PROTO_BITS 21
#define W2K_PROTO_POINT 22
#define W2K_PROTO_MAP 23
#define W2K_PROTO_FLOATS 24
#define W2K_PROTO_EWKB 25
#define W2K_PROTO_STRUCTURE 26

/* Its enums. */
#define W2K_PROTO_UNCHANGED_TOAST 1
#define W2K_PROTO_NOT_IN_IDENTITY 2

/* Row.columns, Key.columns and Array.elements */
#define W2K_PROTO_VALUES 1

/* What a Value holds, ready to be measured and written. */
typedef struct W2kProtoItem
{
	uint32 tag;	   /* of its kind, with the wire type */
	int len;	   /* of data */
	uint64 number; /* where it is a number: its bits */
	const char *data;
	W2kValue value; /* what the bytes may be borrowed from */
} W2kProtoItem;

/* Reads a Datum that is not NULL; borrows like a W2kValue. */
typedef void (*W2kProtoReader)(const W2kType *type, Datum datum,
							   W2kProtoItem *item);

extern const W2kProtoReader w2k_proto_readers[W2K_LOGICAL_COUNT];

/* Takes over what a mask has made of a value; false if it left it alone. */
extern bool w2k_proto_take_masked(W2kProtoItem *item);

/* Does a type's form depend on settings, such as extra_float_digits? */
extern bool w2k_proto_is_printed(const W2kType *type);

/*
 * Appends a Value of the list W2K_PROTO_VALUES: its name, as bytes of the wire
 * or none, and what it holds.
 */
static inline void
w2k_proto_append_value(StringInfo out, const char *name, int name_len,
					   const W2kProtoItem *item)
{
	int wire = (int) (item->tag & 7);
	int len = name_len + (item->tag < 0x80 ? 1 : 2);
	char *p;

	if (wire == W2K_WIRE_BYTES)
		len += w2k_wire_varint_len((uint64) item->len) + item->len;
	else if (wire == W2K_WIRE_VARINT)
		len += w2k_wire_varint_len(item->number);
	else
		len += wire == W2K_WIRE_FIXED64 ? 8 : 4;

	p = w2k_buffer_reserve(out, W2K_WIRE_FIELD_MAX + (Size) len);
	*p++ = (char) W2K_WIRE_TAG(W2K_PROTO_VALUES, W2K_WIRE_BYTES);
	p = w2k_wire_put_varint(p, (uint64) len);
	memcpy(p, name, name_len);
	p = w2k_wire_put_varint(p + name_len, item->tag);
	if (wire == W2K_WIRE_BYTES)
	{
		p = w2k_wire_put_varint(p, (uint64) item->len);
		memcpy(p, item->data, item->len);
		p += item->len;
	}
	else if (wire == W2K_WIRE_VARINT)
		p = w2k_wire_put_varint(p, item->number);
	else if (wire == W2K_WIRE_FIXED64)
		p = w2k_wire_put_fixed64(p, item->number);
	else
		p = w2k_wire_put_fixed32(p, (uint32) item->number);
	w2k_buffer_close(out, p);
}

#endif /* W2K_ENCODE_PROTOITEM_H */
