/*
 * buffer.c
 *		Appending to the output without a call per byte.
 */
#include "postgres.h"

#include "encode/buffer.h"

void
w2k_buffer_enlarge(StringInfo out, Size needed)
{
	if (needed >= MaxAllocSize - (Size) out->len)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("record is larger than 1 GB"),
						errdetail("%d bytes have been written and %zu more are "
								  "needed.",
								  out->len, needed),
						errhint("Exclude the column, or skip the row with "
								"event.processing.failure.handling.mode.")));
	enlargeStringInfo(out, (int) needed);
}

char *
w2k_buffer_put_base64(char *p, const char *data, int len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
								 "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *) data;
	const unsigned char *end = in + len;

	for (; end - in >= 3; in += 3)
	{
		uint32 bits = (uint32) in[0] << 16 | (uint32) in[1] << 8 | in[2];

		*p++ = digits[bits >> 18];
		*p++ = digits[(bits >> 12) & 0x3f];
		*p++ = digits[(bits >> 6) & 0x3f];
		*p++ = digits[bits & 0x3f];
	}
	if (end > in)
	{
		bool has_two = end - in == 2;
		uint32 bits = (uint32) in[0] << 16 | (has_two ? in[1] << 8 : 0);

		*p++ = digits[bits >> 18];
		*p++ = digits[(bits >> 12) & 0x3f];
		*p++ = has_two ? digits[(bits >> 6) & 0x3f] : '=';
		*p++ = '=';
	}
	return p;
}

void
w2k_buffer_append_base64(StringInfo out, const char *data, int len)
{
	char *p = w2k_buffer_reserve(out, W2K_BASE64_LEN(len) + 2);

	*p++ = '"';
	p = w2k_buffer_put_base64(p, data, len);
	*p++ = '"';
	w2k_buffer_close(out, p);
}
