/*
 * avroname.c
 *		Names in Avro's schemas: letters, digits and underscores.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "encode/avroname.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_legal_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) ||
		   c == '_';
}

static bool
is_legal_part(const char *part, int len)
{
	if (len == 0 || is_digit(part[0]))
		return false;
	for (int i = 0; i < len; i++)
	{
		if (!is_legal_char(part[i]))
			return false;
	}
	return true;
}

/* The length of a name's first part. */
static int
part_length(const char *name)
{
	return (int) strcspn(name, ".");
}

bool
w2k_avroname_is_legal(const char *name)
{
	for (;;)
	{
		int len = part_length(name);

		if (!is_legal_part(name, len))
			return false;
		if (name[len] == '\0')
			return true;
		name += len + 1;
	}
}

/*
 * As in a URL, where these stay as they are: - * _ and letters and digits; a
 * blank becomes one character, any other byte three.  What is still not legal
 * becomes an underscore.
 */
static void
append_scrubbed(StringInfo out, const char *part, int len)
{
	if (is_legal_part(part, len))
	{
		appendBinaryStringInfo(out, part, len);
		return;
	}
	if (len > 0 && is_digit(part[0]))
		appendStringInfoChar(out, 'x');
	for (int i = 0; i < len; i++)
	{
		if (is_legal_char(part[i]))
			appendStringInfoChar(out, part[i]);
		else if (strchr("-* ", part[i]) != NULL)
			appendStringInfoChar(out, '_');
		else
			appendStringInfo(out, "_%02X", (unsigned char) part[i]);
	}
}

char *
w2k_avroname_scrub(const char *name)
{
	StringInfoData out;

	initStringInfo(&out);
	for (;;)
	{
		int len = part_length(name);

		append_scrubbed(&out, name, len);
		if (name[len] == '\0')
			return out.data;
		appendStringInfoChar(&out, '.');
		name += len + 1;
	}
}
