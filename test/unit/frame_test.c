/*
 * frame_test.c
 *		The frame protocol: what is written is read, what is not is refused.
 */
#include <stdlib.h>

#include "frame_check.h"
#include "tap.h"

#define MUTATIONS 200000

/* A small generator of its own: the same bytes on every machine. */
static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Finishes a frame of which the payload is written. */
static char *
close_frame(char *frame, uint8_t type, char *end)
{
	w2k_put_frame_header(frame, type,
						 (uint32_t) (end - frame - W2K_FRAME_HEADER_SIZE));
	return end;
}

/* A stream with one frame of each kind; returns its length. */
static size_t
write_stream(char *buf)
{
	char *frame = buf;
	char *p = frame + W2K_FRAME_HEADER_SIZE;
	W2kRecordFrame rec = {.lsn = 0x1122334455667788u,
						  .timestamp_ms = 1700000000123,
						  .topic_id = 0xfffffffeu,
						  .header_set_id = 9,
						  .key_len = 3,
						  .value_len = 5,
						  .partition = -1,
						  .header_count = 2,
						  .op = W2K_OP_UPDATE};

	p = w2k_put_u16(p, W2K_FRAME_VERSION);
	p = w2k_put_u16(p, 0);
	p = w2k_put_string(p, "prog", 4);
	p = w2k_put_string(p, "", 0);
	frame = close_frame(frame, W2K_FRAME_HELLO, p);

	p = w2k_put_u32(frame + W2K_FRAME_HEADER_SIZE, 9);
	p = w2k_put_u16(p, 1);
	p = w2k_put_string(p, "taskId", 6);
	p = w2k_put_u32(p, 1);
	p = w2k_put_u8(p, '0');
	frame = close_frame(frame, W2K_FRAME_HEADERS, p);

	p = w2k_put_record_fixed(frame + W2K_FRAME_HEADER_SIZE, &rec);
	memcpy(p, "keyvalue", 8);
	p = w2k_put_string(p + 8, "own", 3);
	p = w2k_put_u32(p, (uint32_t) -1);
	p = w2k_put_string(p, "empty", 5);
	p = w2k_put_u32(p, 0);
	frame = close_frame(frame, W2K_FRAME_RECORD, p);

	p = w2k_put_u32(frame + W2K_FRAME_HEADER_SIZE, 42);
	frame = close_frame(frame, W2K_FRAME_FLUSH, p);
	return (size_t) (frame - buf);
}

static void
test_bytes(void)
{
	char buf[64];
	W2kRecordFrame rec = {.lsn = 1, .key_len = -1, .value_len = -1};

	w2k_put_frame_header(buf, 'R', 0x01020304);
	ok(memcmp(buf, "WR\0\0\4\3\2\1", 8) == 0,
	   "a frame header is little-endian on any machine");
	ok(w2k_put_record_fixed(buf, &rec) == buf + W2K_RECORD_FIXED_SIZE,
	   "the fixed part of a record takes %d bytes", W2K_RECORD_FIXED_SIZE);
	ok(w2k_put_u64(buf, 0x0102030405060708u) == buf + 8 &&
		   memcmp(buf, "\10\7\6\5\4\3\2\1", 8) == 0,
	   "a uint64 is little-endian");
}

static void
test_round_trip(void)
{
	char buf[512];
	size_t len = write_stream(buf);
	const char *data = buf;
	uint8_t type;
	W2kCursor cur;
	size_t used;
	size_t needed;
	W2kRecordFrame rec;
	uint32_t n;
	const char *value;
	int32_t value_len;

	ok(w2k_frame_parse(data, len, false, &type, &cur, &used, &needed) ==
			   W2K_PARSE_FRAME &&
		   type == W2K_FRAME_HELLO,
	   "HELLO is read");
	is_number(w2k_get_u16(&cur), W2K_FRAME_VERSION, "its version");
	w2k_get_u16(&cur);
	ok(memcmp(w2k_get_string(&cur, &n), "prog", 4) == 0 && n == 4,
	   "its program");
	w2k_get_string(&cur, &n);
	ok(n == 0 && !cur.is_malformed && cur.p == cur.end,
	   "an empty string is a string");

	data += used;
	len -= used;
	w2k_frame_parse(data, len, false, &type, &cur, &used, &needed);
	data += used;
	len -= used;
	ok(w2k_frame_parse(data, len, false, &type, &cur, &used, &needed) ==
			   W2K_PARSE_FRAME &&
		   type == W2K_FRAME_RECORD,
	   "RECORD is read");
	w2k_get_record_fixed(&cur, &rec);
	ok(rec.lsn == 0x1122334455667788u && rec.timestamp_ms == 1700000000123 &&
		   rec.topic_id == 0xfffffffeu && rec.header_set_id == 9 &&
		   rec.key_len == 3 && rec.value_len == 5 && rec.partition == -1 &&
		   rec.header_count == 2 && rec.op == W2K_OP_UPDATE,
	   "every field of the fixed part comes back");
	ok(memcmp(w2k_get_bytes(&cur, 3), "key", 3) == 0 &&
		   memcmp(w2k_get_bytes(&cur, 5), "value", 5) == 0,
	   "key and value come back");
	ok(memcmp(w2k_get_header(&cur, &n, &value, &value_len), "own", 3) == 0 &&
		   value == NULL && value_len == -1,
	   "a null header value is null");
	ok(memcmp(w2k_get_header(&cur, &n, &value, &value_len), "empty", 5) == 0 &&
		   value != NULL && value_len == 0 && cur.p == cur.end,
	   "an empty header value is empty, not null");
}

static void
test_partial(void)
{
	char buf[512];
	size_t len = write_stream(buf);
	uint8_t type;
	W2kCursor cur;
	size_t used;
	size_t needed;
	size_t first;
	bool is_more = true;

	w2k_frame_parse(buf, len, false, &type, &cur, &first, &needed);
	for (size_t n = 0; n < first; n++)
	{
		is_more = is_more && w2k_frame_parse(buf, n, false, &type, &cur, &used,
											 &needed) == W2K_PARSE_MORE;
		is_more = is_more && used == 0 &&
				  needed == (n < W2K_FRAME_HEADER_SIZE ? W2K_FRAME_HEADER_SIZE
													   : first);
	}
	ok(is_more, "each beginning of a frame asks for the rest");
}

static void
test_newlines(void)
{
	char buf[64] = "\n\n";
	char *end = w2k_put_u32(w2k_put_frame_header(buf + 2, W2K_FRAME_FLUSH, 4),
							7);
	uint8_t type;
	W2kCursor cur;
	size_t used;
	size_t needed;

	*end = '\n';
	ok(w2k_frame_parse(buf, 15, true, &type, &cur, &used, &needed) ==
			   W2K_PARSE_FRAME &&
		   used == 14 && w2k_get_u32(&cur) == 7,
	   "newlines before a frame are skipped when asked to");
	ok(w2k_frame_parse(buf, 15, false, &type, &cur, &used, &needed) ==
		   W2K_PARSE_MALFORMED,
	   "and are malformed otherwise");
	ok(w2k_frame_parse(buf, 2, true, &type, &cur, &used, &needed) ==
			   W2K_PARSE_MORE &&
		   used == 2,
	   "newlines alone are consumed");
}

static void
test_malformed(void)
{
	char buf[256];
	uint8_t type;
	W2kCursor cur;
	size_t used;
	size_t needed;
	W2kRecordFrame rec = {.key_len = 3, .value_len = 5, .partition = -1};
	W2kRecordFrame got;
	struct
	{
		const char *what;
		W2kRecordFrame rec;
	} wrong[] = {
		{"a key longer than the frame", {.key_len = 9, .partition = -1}},
		{"a value longer than the frame", {.value_len = 9, .partition = -1}},
		{"key and value longer than the frame",
		 {.key_len = 5, .value_len = 5, .partition = -1}},
		{"lengths whose sum overflows",
		 {.key_len = 0x7fffffff, .value_len = 0x7fffffff, .partition = -1}},
		{"a key length below -1", {.key_len = -2, .partition = -1}},
		{"a value length below -1", {.value_len = -5, .partition = -1}},
		{"a partition below -1", {.partition = -2}},
		{"a time before 1970", {.timestamp_ms = -1, .partition = -1}},
		{"unknown flags", {.flags = 4, .partition = -1}},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		cur = (W2kCursor){.p = buf, .end = buf + W2K_RECORD_FIXED_SIZE + 8};
		w2k_put_record_fixed(buf, &wrong[i].rec);
		w2k_get_record_fixed(&cur, &got);
		ok(cur.is_malformed && cur.p == cur.end && got.key_len == 0,
		   "a record with %s is refused", wrong[i].what);
	}
	cur = (W2kCursor){.p = buf, .end = buf + W2K_RECORD_FIXED_SIZE - 1};
	w2k_put_record_fixed(buf, &rec);
	w2k_get_record_fixed(&cur, &got);
	ok(cur.is_malformed, "a record cut in its fixed part is refused");

	w2k_put_frame_header(buf, 'R', W2K_FRAME_MAX_PAYLOAD + 1);
	ok(w2k_frame_parse(buf, 8, false, &type, &cur, &used, &needed) ==
		   W2K_PARSE_MALFORMED,
	   "a payload above the limit is refused");
	w2k_put_frame_header(buf, 'R', 0);
	buf[2] = 1;
	ok(w2k_frame_parse(buf, 8, false, &type, &cur, &used, &needed) ==
		   W2K_PARSE_MALFORMED,
	   "unknown frame flags are refused");
	ok(w2k_frame_parse("X", 1, false, &type, &cur, &used, &needed) ==
		   W2K_PARSE_MALFORMED,
	   "a wrong magic is refused at its first byte");
}

/*
 * Random damage to a good stream, in a buffer of exactly its size so that a
 * sanitizer sees any byte read behind it.
 */
static void
test_mutations(void)
{
	char good[512];
	size_t len = write_stream(good);
	uint64_t state = 88172645463325252u;
	unsigned sum = 0;

	for (int i = 0; i < MUTATIONS; i++)
	{
		size_t cut = next_random(&state) % 4 == 0
						 ? (size_t) (next_random(&state) % (len + 1))
						 : len;
		char *copy = malloc(cut + 1);
		char *data = copy + 1; /* and unaligned */

		memcpy(data, good, cut);
		for (uint64_t n = next_random(&state) % 6; n > 0 && cut > 0; n--)
		{
			static const unsigned char extremes[] = {0,	   1,	 0x7f,
													 0x80, 0xff, '\n'};
			uint64_t r = next_random(&state);

			data[(r >> 16) % cut] = (char) ((r & 1)
												? extremes[(r >> 8) % 6]
												: (unsigned char) (r >> 40));
		}
		sum += check_stream(data, cut, (i & 1) != 0);
		free(copy);
	}
	ok(sum != 1, "%d damaged streams were read without harm", MUTATIONS);
}

int
main(void)
{
	test_bytes();
	test_round_trip();
	test_partial();
	test_newlines();
	test_malformed();
	test_mutations();
	return done_testing();
}
