/*
 * protowire.h
 *		Protobuf's wire format: what its values look like as bytes.
 *
 * Fields are written in the order of their numbers and, outside of a oneof,
 * left out where they are zero or empty, as every library does: so unpacking
 * and packing again gives the same bytes.
 *
 * Messages within messages may be written in place: their length, of which
 * nothing is known before, gets as many bytes as it needed the last time, and
 * they are moved where it needs another number.
 */
#ifndef W2K_ENCODE_PROTOWIRE_H
#define W2K_ENCODE_PROTOWIRE_H

#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"

#include "encode/buffer.h"

/* How a field is written, the lower bits of its tag. */
typedef enum W2kWireType
{
	W2K_WIRE_VARINT = 0,
	W2K_WIRE_FIXED64 = 1,
	W2K_WIRE_BYTES = 2,
	W2K_WIRE_FIXED32 = 5
} W2kWireType;

/* What stands in front of a field. */
#define W2K_WIRE_TAG(number, wire) ((uint32) (number) << 3 | (wire))

/* The most bytes that a tag and a number, or a tag and a length, take. */
#define W2K_WIRE_FIELD_MAX 15
/* And a number alone. */
#define W2K_WIRE_VARINT_MAX 10

static inline int
w2k_wire_varint_len(uint64 number)
{
	return (pg_leftmost_one_pos64(number | 1) * 9 + 73) / 64;
}

static inline char *
w2k_wire_put_varint(char *p, uint64 number)
{
	while (number >= 0x80)
	{
		*p++ = (char) (number | 0x80);
		number >>= 7;
	}
	*p++ = (char) number;
	return p;
}

/* sint32 and sint64: small numbers of either sign are short. */
static inline uint64
w2k_wire_zigzag(int64 number)
{
	return ((uint64) number << 1) ^ (uint64) (number >> 63);
}

static inline char *
w2k_wire_put_fixed64(char *p, uint64 bits)
{
#ifdef WORDS_BIGENDIAN
	bits = pg_bswap64(bits);
#endif
	memcpy(p, &bits, sizeof(bits));
	return p + sizeof(bits);
}

static inline char *
w2k_wire_put_fixed32(char *p, uint32 bits)
{
#ifdef WORDS_BIGENDIAN
	bits = pg_bswap32(bits);
#endif
	memcpy(p, &bits, sizeof(bits));
	return p + sizeof(bits);
}

/* ---- whole fields, which are left out where they are zero or empty ---- */

static inline void
w2k_wire_append_number(StringInfo out, int field, uint64 number)
{
	char *p;

	if (number == 0)
		return;
	p = w2k_buffer_reserve(out, W2K_WIRE_FIELD_MAX);
	p = w2k_wire_put_varint(p, W2K_WIRE_TAG(field, W2K_WIRE_VARINT));
	w2k_buffer_close(out, w2k_wire_put_varint(p, number));
}

static inline void
w2k_wire_append_fixed64(StringInfo out, int field, uint64 bits)
{
	char *p;

	if (bits == 0)
		return;
	p = w2k_buffer_reserve(out, W2K_WIRE_FIELD_MAX);
	p = w2k_wire_put_varint(p, W2K_WIRE_TAG(field, W2K_WIRE_FIXED64));
	w2k_buffer_close(out, w2k_wire_put_fixed64(p, bits));
}

/* A message in another one, which is there even if it is empty. */
static inline void
w2k_wire_append_message(StringInfo out, int field, const char *data, int len)
{
	char *p = w2k_buffer_reserve(out, W2K_WIRE_FIELD_MAX + (Size) len);

	p = w2k_wire_put_varint(p, W2K_WIRE_TAG(field, W2K_WIRE_BYTES));
	p = w2k_wire_put_varint(p, (uint64) len);
	memcpy(p, data, len);
	w2k_buffer_close(out, p + len);
}

/* string and bytes */
static inline void
w2k_wire_append_bytes(StringInfo out, int field, const char *data, int len)
{
	if (len > 0)
		w2k_wire_append_message(out, field, data, len);
}

/* ---- in place ---- */

static inline void
w2k_wire_append_varint(StringInfo out, uint64 v)
{
	w2k_buffer_close(out,
					 w2k_wire_put_varint(w2k_buffer_reserve(out,
															W2K_WIRE_VARINT_MAX),
										 v));
}

/* Leaves room for a length; where what it counts begins. */
static inline int
w2k_wire_begin(StringInfo out, int size)
{
	w2k_buffer_reserve(out, size);
	out->len += size;
	return out->len;
}

/*
 * Fills in the length of what was written since; *size is how much room was
 * left, and becomes how much it took.
 */
static inline void
w2k_wire_end(StringInfo out, int start, int *size)
{
	int len = out->len - start;
	int needed = w2k_wire_varint_len((uint64) len);
	int at = start - *size;

	if (unlikely(needed != *size))
	{
		w2k_buffer_reserve(out, W2K_WIRE_VARINT_MAX);
		memmove(out->data + at + needed, out->data + start, len);
		out->len += needed - *size;
		*size = needed;
	}
	(void) w2k_wire_put_varint(out->data + at, (uint64) len);
}

#endif /* W2K_ENCODE_PROTOWIRE_H */
