/*
 * mask.c
 *		Values cut or hidden.
 *
 * Lengths are those of Java's strings, in UTF-16 units.  The older hash is of
 * a string as Java's ObjectOutputStream writes it, because that is what
 * Debezium hashes: a header, a length, and "modified UTF-8", which spells
 * characters above U+FFFF as two surrogates of three bytes each.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/md5.h"
#include "common/sha1.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "encode/mask.h"

/* The largest digest that there is. */
#define MAX_DIGEST_LENGTH PG_SHA512_DIGEST_LENGTH

/* Java's stream of objects: its header, and strings short and long. */
#define STREAM_HEADER "\xAC\xED\x00\x05"
#define TC_STRING 0x74
#define TC_LONGSTRING 0x7C
#define MAX_SHORT_STRING 0xFFFF

static inline bool
is_supplementary(unsigned char c)
{
	return c >= 0xF0;
}

/* The bytes of so many UTF-16 units at most; half a character is none. */
static int
clip_units(const char *text, int len, int units)
{
	int at = 0;

	/* no text has more units than bytes */
	if (len <= units)
		return len;
	while (at < len)
	{
		int needed = is_supplementary((unsigned char) text[at]) ? 2 : 1;

		if (needed > units)
			break;
		units -= needed;
		at += pg_utf_mblen((const unsigned char *) text + at);
	}
	return Min(at, len);
}

/* ---- hashes ---- */

static int
digest_length(pg_cryptohash_type algorithm)
{
	switch (algorithm)
	{
		case PG_MD5:
			return MD5_DIGEST_LENGTH;
		case PG_SHA1:
			return SHA1_DIGEST_LENGTH;
		case PG_SHA224:
			return PG_SHA224_DIGEST_LENGTH;
		case PG_SHA256:
			return PG_SHA256_DIGEST_LENGTH;
		case PG_SHA384:
			return PG_SHA384_DIGEST_LENGTH;
		case PG_SHA512:
			return PG_SHA512_DIGEST_LENGTH;
	}
	elog(ERROR, "unexpected hash algorithm %d", (int) algorithm);
	return 0; /* keep compiler quiet */
}

/* Adds text to a hash; false where that failed. */
static bool
update(pg_cryptohash_ctx *hash, const void *data, size_t len)
{
	return len == 0 || pg_cryptohash_update(hash, data, len) >= 0;
}

/* A character above U+FFFF as two surrogates. */
static bool
update_supplementary(pg_cryptohash_ctx *hash, const unsigned char *text)
{
	pg_wchar code = utf8_to_unicode(text) - 0x10000;
	unsigned char pair[6];

	unicode_to_utf8(0xD800 + (code >> 10), pair);
	unicode_to_utf8(0xDC00 + (code & 0x3FF), pair + 3);
	return update(hash, pair, sizeof(pair));
}

/* Adds a string as Java serializes it. */
static bool
update_serialized(pg_cryptohash_ctx *hash, const char *text, int len)
{
	uint64 modified_len = (uint64) len;
	unsigned char head[4 + 1 + sizeof(uint64)] = STREAM_HEADER;
	int length_size;
	int start = 0;

	for (int i = 0; i < len; i++)
	{
		if (is_supplementary((unsigned char) text[i]))
			modified_len += 2;
	}
	head[4] = modified_len > MAX_SHORT_STRING ? TC_LONGSTRING : TC_STRING;
	length_size = modified_len > MAX_SHORT_STRING ? 8 : 2;
	for (int i = 0; i < length_size; i++)
		head[5 + i] = (modified_len >> (8 * (length_size - 1 - i))) & 0xFF;
	if (!update(hash, head, 5 + length_size))
		return false;

	for (int i = 0; i < len; i++)
	{
		if (!is_supplementary((unsigned char) text[i]) || len - i < 4)
			continue;
		if (!update(hash, text + start, i - start) ||
			!update_supplementary(hash, (const unsigned char *) text + i))
			return false;
		start = i + 4;
	}
	return update(hash, text + start, len - start);
}

/* Replaces a text by its hash, in hexadecimal. */
static void
hash_text(const W2kMask *mask, W2kValue *value)
{
	pg_cryptohash_type algorithm = mask->algorithm;
	int digest_len = digest_length(algorithm);
	uint8 digest[MAX_DIGEST_LENGTH];
	pg_cryptohash_ctx *hash = pg_cryptohash_create(algorithm);
	char *text;

	if (hash == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	if (pg_cryptohash_init(hash) < 0 ||
		!update(hash, mask->salt, mask->salt_len) ||
		!(mask->is_serialized ? update_serialized(hash, value->data, value->len)
							  : update(hash, value->data, value->len)) ||
		pg_cryptohash_final(hash, digest, digest_len) < 0)
	{
		const char *reason = pstrdup(pg_cryptohash_error(hash));

		pg_cryptohash_free(hash);
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not compute a hash: %s", reason)));
	}
	pg_cryptohash_free(hash);

	text = palloc(digest_len * 2);
	(void) hex_encode((const char *) digest, digest_len, text);
	value->kind = W2K_VALUE_ASCII;
	value->data = text;
	value->len = digest_len * 2;
	if (mask->length >= 0)
		value->len = Min(value->len, mask->length);
}

/* ---- all ---- */

void
w2k_mask_apply(const W2kMask *mask, W2kValue *value)
{
	bool is_text = value->kind == W2K_VALUE_TEXT ||
				   value->kind == W2K_VALUE_ASCII;

	switch (mask->form)
	{
		case W2K_MASK_FORM_CUT:
			if (is_text)
				value->len = clip_units(value->data, value->len, mask->length);
			else if (value->kind == W2K_VALUE_BYTES && mask->is_bytes)
				value->len = Min(value->len, mask->length);
			break;
		case W2K_MASK_FORM_FIXED:
			value->kind = W2K_VALUE_ASCII;
			value->data = mask->text;
			value->len = (int) strlen(mask->text);
			break;
		case W2K_MASK_FORM_HASH:
			if (is_text)
				hash_text(mask, value);
			break;
	}
}
