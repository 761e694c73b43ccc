/*
 * frame_check.h
 *		Reads arbitrary bytes as frames, the way sender and worker would, and
 *		aborts if the reading side breaks a promise of frame.h.
 *
 * Shared by the fuzz target (clang's libFuzzer) and the mutation test (any
 * compiler), which run it under AddressSanitizer.
 */
#ifndef W2K_TEST_FRAME_CHECK_H
#define W2K_TEST_FRAME_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include "wire/frame.h"

#define CHECK(condition)                                                      \
	do                                                                        \
	{                                                                         \
		if (!(condition))                                                     \
		{                                                                     \
			fprintf(stderr, "frame_check: %s:%d: %s\n", __FILE__, __LINE__,   \
					#condition);                                              \
			abort();                                                          \
		}                                                                     \
	} while (0)

/* Touches every byte, so that a sanitizer sees one that is not there. */
static unsigned
touch(const char *p, uint64_t len)
{
	unsigned sum = 0;

	for (uint64_t i = 0; i < len; i++)
		sum += (unsigned char) p[i];
	return sum;
}

static void
check_cursor(const W2kCursor *cur, const char *begin, const char *end)
{
	CHECK(cur->p >= begin && cur->p <= end && cur->end == end);
	CHECK(!cur->is_malformed || cur->p == end);
}

static unsigned
check_headers(W2kCursor *cur, uint32_t count)
{
	unsigned sum = 0;

	for (uint32_t i = 0; i < count && !cur->is_malformed; i++)
	{
		uint32_t name_len;
		int32_t value_len;
		const char *value;
		const char *name = w2k_get_header(cur, &name_len, &value, &value_len);

		CHECK(name != NULL && value_len >= -1);
		CHECK((value == NULL) == (value_len == -1));
		sum += touch(name, name_len);
		if (value != NULL)
			sum += touch(value, (uint64_t) value_len);
	}
	return sum;
}

/* One payload, read as what its type says. */
static unsigned
check_payload(uint8_t type, W2kCursor cur)
{
	const char *begin = cur.p;
	const char *end = cur.end;
	uint32_t len;
	const char *s;
	unsigned sum = 0;

	if (type == W2K_FRAME_RECORD)
	{
		W2kRecordFrame rec;

		w2k_get_record_fixed(&cur, &rec);
		CHECK(rec.key_len >= -1 && rec.value_len >= -1 && rec.partition >= -1);
		if (rec.key_len > 0 &&
			(s = w2k_get_bytes(&cur, (uint32_t) rec.key_len)))
			sum += touch(s, (uint64_t) rec.key_len);
		if (rec.value_len > 0 &&
			(s = w2k_get_bytes(&cur, (uint32_t) rec.value_len)))
			sum += touch(s, (uint64_t) rec.value_len);
		sum += check_headers(&cur, rec.header_count);
	}
	else if (type == W2K_FRAME_HEADERS)
	{
		w2k_get_u32(&cur);
		sum += check_headers(&cur, w2k_get_u16(&cur));
	}
	else
	{
		/* Any other: numbers and strings in a row, by turns */
		while (!cur.is_malformed && cur.p < cur.end)
		{
			sum += w2k_get_u8(&cur) + w2k_get_u16(&cur);
			s = w2k_get_string(&cur, &len);
			CHECK(s != NULL);
			sum += touch(s, len);
			sum += (unsigned) w2k_get_u64(&cur);
			check_cursor(&cur, begin, end);
		}
	}
	check_cursor(&cur, begin, end);

	/* Malformed once is malformed for good, and reads as zeroes */
	cur.is_malformed = true;
	CHECK(w2k_get_u64(&cur) == 0 && w2k_get_bytes(&cur, 0) == NULL);
	s = w2k_get_string(&cur, &len);
	CHECK(s != NULL && len == 0);
	return sum;
}

/* A whole stream. */
static unsigned
check_stream(const char *data, size_t len, bool skip_newlines)
{
	unsigned sum = 0;

	for (;;)
	{
		uint8_t type = 0;
		W2kCursor cur;
		size_t used;
		size_t needed;
		W2kParse parse = w2k_frame_parse(data, len, skip_newlines, &type, &cur,
										 &used, &needed);

		CHECK(used <= len);
		CHECK(needed >= W2K_FRAME_HEADER_SIZE);
		if (parse == W2K_PARSE_MORE)
			CHECK(len - used < needed);
		if (parse != W2K_PARSE_FRAME)
			return sum;
		CHECK(used >= W2K_FRAME_HEADER_SIZE);
		CHECK(cur.p >= data && cur.end == data + used && cur.p <= cur.end);
		sum += check_payload(type, cur);
		data += used;
		len -= used;
	}
}

#endif /* W2K_TEST_FRAME_CHECK_H */
