/*
 * jsonstring.c
 *		JSON strings, byte for byte as Jackson writes them.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "encode/buffer.h"
#include "encode/json.h"

#define BYTES_OF(c) (UINT64CONST(0x0101010101010101) * (c))
#define HIGH_BITS BYTES_OF(0x80)

/*
 * Do eight bytes hold one that cannot be copied as it is?  Control
 * characters, the quote, the backslash, and what begins a character above
 * U+FFFF (or, in ASCII, anything else).  May say yes for a byte in front of
 * such a one, never no.
 */
static inline bool
has_special(uint64 word, bool ascii_only)
{
	uint64 quote = word ^ BYTES_OF('"');
	uint64 backslash = word ^ BYTES_OF('\\');
	uint64 found;

	found = (word - BYTES_OF(0x20)) & ~word;
	found |= (quote - BYTES_OF(1)) & ~quote;
	found |= (backslash - BYTES_OF(1)) & ~backslash;
	found |= ascii_only ? word
						: word & (word << 1) & (word << 2) & (word << 3);
	return (found & HIGH_BITS) != 0;
}

static inline bool
is_special(unsigned char c, bool ascii_only)
{
	return c < 0x20 || c == '"' || c == '\\' ||
		   c >= (ascii_only ? 0x80 : 0xF0);
}

static char *
put_unicode_escape(char *p, unsigned int unit)
{
	static const char hex[] = "0123456789ABCDEF";

	*p++ = '\\';
	*p++ = 'u';
	*p++ = hex[(unit >> 12) & 0xf];
	*p++ = hex[(unit >> 8) & 0xf];
	*p++ = hex[(unit >> 4) & 0xf];
	*p++ = hex[unit & 0xf];
	return p;
}

/*
 * Writes the special character at text as Jackson does, at most 12 bytes,
 * and moves *text behind it.
 */
static char *
put_escaped(char *p, const char **text, const char *end)
{
	unsigned char c = (unsigned char) **text;
	int len;
	pg_wchar code;

	if (c < 0x80)
	{
		/* at each place the letter of a short form, or zero */
		static const char short_forms[] = "\0\0\0\0\0\0\0\0btn\0fr";

		(*text)++;
		if (c == '"' || c == '\\')
		{
			*p++ = '\\';
			*p++ = (char) c;
			return p;
		}
		if (c < sizeof(short_forms) && short_forms[c] != '\0')
		{
			*p++ = '\\';
			*p++ = short_forms[c];
			return p;
		}
		return put_unicode_escape(p, c);
	}

	len = pg_utf_mblen((const unsigned char *) *text);
	if (len > end - *text || len == 1)
	{
		/* cut short, which a checked encoding does not allow */
		(*text)++;
		return put_unicode_escape(p, 0xFFFD);
	}
	code = utf8_to_unicode((const unsigned char *) *text);
	*text += len;
	if (code < 0x10000)
		return put_unicode_escape(p, code);
	code -= 0x10000;
	p = put_unicode_escape(p, 0xD800 + (code >> 10));
	return put_unicode_escape(p, 0xDC00 + (code & 0x3FF));
}

void
w2k_json_append_string(StringInfo out, const char *text, int len,
					   bool ascii_only)
{
	const char *end = text + len;
	char *p = w2k_buffer_reserve(out, (Size) len + 32);

	*p++ = '"';
	for (;;)
	{
		/* there is room for the rest as it is, and 16 bytes more */
		while (end - text >= (ptrdiff_t) sizeof(uint64))
		{
			uint64 word;

			memcpy(&word, text, sizeof(word));
			if (has_special(word, ascii_only))
				break;
			memcpy(p, &word, sizeof(word));
			p += sizeof(word);
			text += sizeof(word);
		}
		while (text < end && !is_special((unsigned char) *text, ascii_only))
			*p++ = *text++;
		if (text >= end)
			break;

		w2k_buffer_close(out, p);
		p = w2k_buffer_reserve(out, (Size) (end - text) + 32);
		p = put_escaped(p, &text, end);
	}
	*p++ = '"';
	w2k_buffer_close(out, p);
}

void
w2k_json_append_document(StringInfo out, const char *text, int len,
						 bool ascii_only)
{
	const char *end = text + len;

	if (!ascii_only)
	{
		w2k_buffer_append(out, text, len);
		return;
	}
	/* only strings hold what is not ASCII, and there it may be escaped */
	while (text < end)
	{
		char *p = w2k_buffer_reserve(out, 12);

		if ((unsigned char) *text < 0x80)
			*p++ = *text++;
		else
			p = put_escaped(p, &text, end);
		w2k_buffer_close(out, p);
	}
}

void
w2k_json_append_name(StringInfo out, const char *name, bool ascii_only)
{
	const char *utf8 = pg_server_to_any(name, (int) strlen(name), PG_UTF8);

	w2k_json_append_string(out, utf8, (int) strlen(utf8), ascii_only);
}
