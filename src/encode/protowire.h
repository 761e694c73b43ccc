/*
 * protowire.h
 *		The bytes that Protobuf is made of.
 *
 * Messages within messages are written in place: their length, of which
 * nothing is known before, gets as many bytes as it needed the last time, and
 * they are moved where it needs another number.
 */
#ifndef W2K_ENCODE_PROTOWIRE_H
#define W2K_ENCODE_PROTOWIRE_H

#include "encode/buffer.h"

/* How a field is written, the lower bits of its tag. */
typedef enum W2kWireType
{
	W2K_WIRE_VARINT = 0,
	W2K_WIRE_FIXED64 = 1,
	W2K_WIRE_LENGTH = 2,
	W2K_WIRE_FIXED32 = 5
} W2kWireType;

#define W2K_VARINT_SIZE 10 /* bytes of the largest */

static inline char *
w2k_put_varint(char *p, uint64 v)
{
	while (v >= 0x80)
	{
		*p++ = (char) (v | 0x80);
		v >>= 7;
	}
	*p++ = (char) v;
	return p;
}

static inline int
w2k_varint_size(uint64 v)
{
	int size = 1;

	for (; v >= 0x80; v >>= 7)
		size++;
	return size;
}

/* Little-endian, whatever the machine. */
static inline char *
w2k_put_fixed32(char *p, uint32 v)
{
	for (int i = 0; i < 4; i++)
		*p++ = (char) (v >> (8 * i));
	return p;
}

static inline char *
w2k_put_fixed64(char *p, uint64 v)
{
	p = w2k_put_fixed32(p, (uint32) v);
	return w2k_put_fixed32(p, (uint32) (v >> 32));
}

static inline void
w2k_protowire_append_varint(StringInfo out, uint64 v)
{
	w2k_buffer_close(out,
					 w2k_put_varint(w2k_buffer_reserve(out, W2K_VARINT_SIZE),
									v));
}

/* Leaves room for a length; where what it counts begins. */
static inline int
w2k_protowire_begin(StringInfo out, int size)
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
w2k_protowire_end(StringInfo out, int start, int *size)
{
	int len = out->len - start;
	int needed = w2k_varint_size((uint64) len);
	int at = start - *size;

	if (unlikely(needed != *size))
	{
		w2k_buffer_reserve(out, W2K_VARINT_SIZE);
		memmove(out->data + at + needed, out->data + start, len);
		out->len += needed - *size;
		*size = needed;
	}
	(void) w2k_put_varint(out->data + at, (uint64) len);
}

#endif /* W2K_ENCODE_PROTOWIRE_H */
