/*
 * avrovalue.h
 *		Values in Avro's binary encoding.
 */
#ifndef W2K_ENCODE_AVROVALUE_H
#define W2K_ENCODE_AVROVALUE_H

#include "encode/avroschema.h"
#include "encode/buffer.h"

/* What an integer takes at most. */
#define W2K_AVRO_INTEGER_SIZE 10

/* Writes an integer, int or long alike; returns the byte behind it. */
static inline char *
w2k_avro_put_integer(char *p, int64 integer)
{
	/* negative numbers alternate with the others, so that small ones are
	 * short */
	uint64 n = ((uint64) integer << 1) ^ (uint64) (integer >> 63);

	while (n >= 0x80)
	{
		*p++ = (char) (n | 0x80);
		n >>= 7;
	}
	*p++ = (char) n;
	return p;
}

static inline void
w2k_avro_append_integer(StringInfo out, int64 integer)
{
	char *p = w2k_buffer_reserve(out, W2K_AVRO_INTEGER_SIZE);

	w2k_buffer_close(out, w2k_avro_put_integer(p, integer));
}

/* Text in UTF-8, or bytes: they are written alike. */
static inline void
w2k_avro_append_bytes(StringInfo out, const char *data, int len)
{
	char *p = w2k_buffer_reserve(out, W2K_AVRO_INTEGER_SIZE + (Size) len);

	p = w2k_avro_put_integer(p, len);
	memcpy(p, data, len);
	w2k_buffer_close(out, p + len);
}

/* Text in the server's encoding. */
extern void w2k_avro_append_name(StringInfo out, const char *name);

/*
 * Appends a value by its type.  column is whose value it is, or NULL; a null
 * where the type has none is an error.
 */
extern void w2k_avro_append_value(W2kWriter *writer, StringInfo out,
								  const W2kAvroType *type, W2kValue *value,
								  W2kColumn *column);

/* The same for what transforms make; has_defaults: instead of nulls. */
extern void w2k_avro_append_node(W2kWriter *writer, StringInfo out,
								 const W2kAvroType *type, struct W2kNode *node,
								 bool has_defaults);

#endif /* W2K_ENCODE_AVROVALUE_H */
