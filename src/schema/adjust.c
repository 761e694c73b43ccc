/*
 * adjust.c
 *		Names as Avro allows them: Debezium's *.name.adjustment.mode.
 *
 * Avro knows ASCII letters, digits (not in front) and underscores.  Whatever
 * else there is counts in UTF-16 units, as everywhere in Java.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "schema/adjust.h"

static bool
is_allowed(pg_wchar c, bool is_first, bool has_dots, W2kAdjustment mode)
{
	if (c >= '0' && c <= '9')
		return !is_first;
	if (c == '.')
		return has_dots && !is_first;
	if (c == '_')
		return mode == W2K_ADJUST_AVRO;
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
append_replacement(StringInfo out, pg_wchar unit, W2kAdjustment mode)
{
	if (mode == W2K_ADJUST_AVRO_UNICODE)
		/* Debezium pads what has two digits or fewer, and nothing else */
		appendStringInfo(out, unit <= 0xff ? "_u00%x" : "_u%x", unit);
	else if (unit >= '0' && unit <= '9')
		appendStringInfo(out, "_%c", (char) unit);
	else
		appendStringInfoChar(out, '_');
}

static const char *
adjust(const char *name, bool has_dots, W2kAdjustment mode)
{
	StringInfoData out;
	bool is_changed = false;

	if (mode == W2K_ADJUST_NONE)
		return name;
	initStringInfo(&out);
	for (const char *p = name; *p != '\0';)
	{
		int len = pg_utf_mblen((const unsigned char *) p);
		pg_wchar c = 0xFFFD; /* of what is cut short */

		if (strnlen(p, len) == (size_t) len)
			c = utf8_to_unicode((const unsigned char *) p);
		if (is_allowed(c, p == name, has_dots, mode))
			appendStringInfoChar(&out, (char) c);
		else
		{
			is_changed = true;
			if (c >= 0x10000)
			{
				append_replacement(&out, 0xD800 + ((c - 0x10000) >> 10), mode);
				c = 0xDC00 + ((c - 0x10000) & 0x3FF);
			}
			append_replacement(&out, c, mode);
		}

		/* a broken last character must not lead behind the end */
		while (len-- > 0 && *p != '\0')
			p++;
	}
	return is_changed ? out.data : name;
}

const char *
w2k_adjust_schema_name(const char *name, W2kAdjustment mode)
{
	return adjust(name, true, mode);
}

const char *
w2k_adjust_field_name(const char *name, W2kAdjustment mode)
{
	return adjust(name, false, mode);
}
