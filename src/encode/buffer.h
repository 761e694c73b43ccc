/*
 * buffer.h
 *		Appending to the output without a call per byte.
 *
 * Records are written in place, into the StringInfo that the server (or our
 * worker) hands out.  Reserve, write at the pointer, then close; a StringInfo
 * cannot hold more than MaxAllocSize, and a record that would not fit is
 * refused in words of its own.
 */
#ifndef W2K_ENCODE_BUFFER_H
#define W2K_ENCODE_BUFFER_H

#include "lib/stringinfo.h"
#include "utils/memutils.h"

/* Makes room the slow way; raises PROGRAM_LIMIT_EXCEEDED. */
extern void w2k_buffer_enlarge(StringInfo out, Size needed);

/* Room for needed bytes; where to write them. */
static inline char *
w2k_buffer_reserve(StringInfo out, Size needed)
{
	if (unlikely((Size) (out->maxlen - out->len) <= needed))
		w2k_buffer_enlarge(out, needed);
	return out->data + out->len;
}

/* Everything before end has been written. */
static inline void
w2k_buffer_close(StringInfo out, const char *end)
{
	out->len = (int) (end - out->data);
}

static inline void
w2k_buffer_append(StringInfo out, const char *data, int len)
{
	memcpy(w2k_buffer_reserve(out, len), data, len);
	out->len += len;
}

static inline void
w2k_buffer_append_char(StringInfo out, char c)
{
	*w2k_buffer_reserve(out, 1) = c;
	out->len++;
}

#define W2K_BUFFER_APPEND_LITERAL(out, literal)                               \
	w2k_buffer_append(out, literal, sizeof(literal) - 1)

/* Standard Base64 with padding; returns the byte behind it. */
extern char *w2k_buffer_put_base64(char *p, const char *data, int len);

/* The same at the end of the output, in quotes. */
extern void w2k_buffer_append_base64(StringInfo out, const char *data, int len);

#define W2K_BASE64_LEN(len) (((Size) (len) + 2) / 3 * 4)

#endif /* W2K_ENCODE_BUFFER_H */
