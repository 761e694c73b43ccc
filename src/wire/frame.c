/*
 * frame.c
 *		Reading side of the frame protocol; frame.h describes the bytes.
 *
 * What is read here comes through a pipe from another program, perhaps of
 * another version, and perhaps (alone mode) from a file somebody edited.  So
 * nothing is believed: every length is checked against what is left before
 * it is used, and a violation is remembered in the cursor instead of being
 * acted on.  A caller may therefore read a whole payload and ask once, at the
 * end, whether it was well formed.
 *
 * Compiled into the server library and into the sender: no allocation, no
 * output, no exit.
 */
#include "wire/frame.h"

/* Where the payload length starts in a frame header. */
#define LENGTH_OFFSET 4

/*
 * Takes len bytes from the cursor; NULL, and a malformed cursor for good, when
 * they are not there.
 */
static const unsigned char *
take(W2kCursor *cur, size_t len)
{
	const char *p = cur->p;

	if (cur->is_malformed || (size_t) (cur->end - p) < len)
	{
		cur->is_malformed = true;
		cur->p = cur->end;
		return NULL;
	}
	cur->p = p + len;
	return (const unsigned char *) p;
}

static uint32_t
read_u32(const unsigned char *b)
{
	return (uint32_t) b[0] | (uint32_t) b[1] << 8 | (uint32_t) b[2] << 16 |
		   (uint32_t) b[3] << 24;
}

uint8_t
w2k_get_u8(W2kCursor *cur)
{
	const unsigned char *b = take(cur, 1);

	return b ? b[0] : 0;
}

uint16_t
w2k_get_u16(W2kCursor *cur)
{
	const unsigned char *b = take(cur, 2);

	return b ? (uint16_t) (b[0] | b[1] << 8) : 0;
}

uint32_t
w2k_get_u32(W2kCursor *cur)
{
	const unsigned char *b = take(cur, 4);

	return b ? read_u32(b) : 0;
}

uint64_t
w2k_get_u64(W2kCursor *cur)
{
	const unsigned char *b = take(cur, 8);

	return b ? read_u32(b) | (uint64_t) read_u32(b + 4) << 32 : 0;
}

/* A malformed string has length 0 and is "", never NULL. */
const char *
w2k_get_string(W2kCursor *cur, uint32_t *len)
{
	const unsigned char *b;

	*len = w2k_get_u32(cur);
	b = take(cur, *len);
	if (b == NULL)
	{
		*len = 0;
		return "";
	}
	return (const char *) b;
}

const char *
w2k_get_bytes(W2kCursor *cur, uint32_t len)
{
	return (const char *) take(cur, len);
}

/*
 * Fills *rec, with zeroes when malformed.  Afterwards key_len and value_len
 * are -1 or a number of bytes that is there; own headers are checked when
 * they are read.
 */
void
w2k_get_record_fixed(W2kCursor *cur, W2kRecordFrame *rec)
{
	uint64_t body;

	rec->lsn = w2k_get_u64(cur);
	rec->timestamp_ms = (int64_t) w2k_get_u64(cur);
	rec->topic_id = w2k_get_u32(cur);
	rec->header_set_id = w2k_get_u32(cur);
	rec->key_len = (int32_t) w2k_get_u32(cur);
	rec->value_len = (int32_t) w2k_get_u32(cur);
	rec->partition = (int32_t) w2k_get_u32(cur);
	rec->header_count = w2k_get_u16(cur);
	rec->op = w2k_get_u8(cur);
	rec->flags = w2k_get_u8(cur);

	body = (rec->key_len > 0 ? (uint64_t) rec->key_len : 0) +
		   (rec->value_len > 0 ? (uint64_t) rec->value_len : 0);
	if (rec->key_len < -1 || rec->value_len < -1 || rec->partition < -1 ||
		rec->timestamp_ms < 0 || (rec->flags & ~W2K_RECORD_FLAGS) != 0 ||
		body > (uint64_t) (cur->end - cur->p))
		cur->is_malformed = true;
	if (cur->is_malformed)
	{
		cur->p = cur->end;
		memset(rec, 0, sizeof(*rec));
	}
}

/* *value is NULL only when *value_len is -1; "" when malformed. */
const char *
w2k_get_header(W2kCursor *cur, uint32_t *name_len, const char **value,
			   int32_t *value_len)
{
	const char *name = w2k_get_string(cur, name_len);

	*value = NULL;
	*value_len = (int32_t) w2k_get_u32(cur);
	if (*value_len == -1)
		return name;
	if (*value_len < 0)
		cur->is_malformed = true;
	*value = (const char *) take(cur, (size_t) *value_len);
	if (*value == NULL)
	{
		*value = "";
		*value_len = 0;
	}
	return name;
}

W2kParse
w2k_frame_parse(const char *data, size_t len, bool skip_newlines,
				uint8_t *type, W2kCursor *payload, size_t *used,
				size_t *needed)
{
	const unsigned char *b;
	size_t skipped = 0;
	uint32_t payload_len;

	if (skip_newlines)
	{
		while (skipped < len && data[skipped] == '\n')
			skipped++;
	}
	b = (const unsigned char *) data + skipped;
	len -= skipped;

	*used = skipped;
	*needed = W2K_FRAME_HEADER_SIZE;

	/* Say so at the first wrong byte, not once a whole header is there. */
	if (len > 0 && b[0] != W2K_FRAME_MAGIC)
		return W2K_PARSE_MALFORMED;
	if (len < W2K_FRAME_HEADER_SIZE)
		return W2K_PARSE_MORE;
	if (b[2] != 0 || b[3] != 0)
		return W2K_PARSE_MALFORMED;
	payload_len = read_u32(b + LENGTH_OFFSET);
	if (payload_len > W2K_FRAME_MAX_PAYLOAD)
		return W2K_PARSE_MALFORMED;

	*needed += payload_len;
	if (len < *needed)
		return W2K_PARSE_MORE;

	*type = b[1];
	payload->p = (const char *) b + W2K_FRAME_HEADER_SIZE;
	payload->end = payload->p + payload_len;
	payload->is_malformed = false;
	*used = skipped + *needed;
	return W2K_PARSE_FRAME;
}
