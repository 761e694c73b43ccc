/*
 * decimal.c
 *		Exact numbers as Java's BigDecimal: unscaled bytes and a scale.
 *
 * numeric is read from its stored form.  That is private to the server's
 * numeric.c, but it is what is on disk, so pg_upgrade keeps it as it is (it
 * last grew in 14, by the infinities), and going through numeric_send would
 * cost two allocations for each value.
 *
 *		uint16 header	two high bits: 00 plus, 01 minus (then 14 bits of
 *						display scale, and int16 weight follows); 10 short
 *						(bit 13 sign, 6 bits of display scale, bit 6 sign of
 *						the weight, 6 bits of weight); 11 no number (bits 13
 *						and 12: NaN, +Infinity or -Infinity)
 *		int16 digits[]	base 10000, the first one weighs 10000^weight; no
 *						zeroes at either end
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/cash.h"
#include "utils/pg_locale.h"

#include "encode/decimal.h"

#define SIGN_MASK 0xC000
#define SIGN_NEGATIVE 0x4000
#define SIGN_SHORT 0x8000
#define SIGN_SPECIAL 0xC000
#define SHORT_NEGATIVE 0x2000
#define SHORT_SCALE_MASK 0x1F80
#define SHORT_SCALE_SHIFT 7
#define LONG_SCALE_MASK 0x3FFF
#define SHORT_WEIGHT_SIGN 0x0040
#define SHORT_WEIGHT_MASK 0x003F
#define SPECIAL_MASK 0xF000
#define SPECIAL_NAN 0xC000

#define GROUP_DIGITS 4 /* decimal digits in a base 10000 digit */

/* Words that cover what people store without an allocation. */
#define STACK_WORDS 24

typedef struct Parts
{
	const char *digits;
	int ndigits;
	int weight;
	int scale; /* digits behind the point that are shown */
	bool is_negative;
} Parts;

/* The stored digits; false (and value says why) where it is not a number. */
static bool
take_apart(Datum datum, Parts *parts, W2kValue *value)
{
	int len;
	const char *p = w2k_value_varlena(datum, &len);
	uint16 header;

	memcpy(&header, p, sizeof(header));
	p += sizeof(header);
	len -= sizeof(header);

	if ((header & SIGN_MASK) == SIGN_SPECIAL)
	{
		value->kind = W2K_VALUE_FAILED;
		value->data = (header & SPECIAL_MASK) == SPECIAL_NAN
						  ? "NaN has no precise decimal form"
						  : "Infinity has no precise decimal form";
		return false;
	}
	if ((header & SIGN_MASK) == SIGN_SHORT)
	{
		parts->is_negative = (header & SHORT_NEGATIVE) != 0;
		parts->scale = (header & SHORT_SCALE_MASK) >> SHORT_SCALE_SHIFT;
		parts->weight = header & SHORT_WEIGHT_MASK;
		if (header & SHORT_WEIGHT_SIGN)
			parts->weight |= ~SHORT_WEIGHT_MASK;
	}
	else
	{
		int16 weight;

		memcpy(&weight, p, sizeof(weight));
		p += sizeof(weight);
		len -= sizeof(weight);
		parts->is_negative = (header & SIGN_MASK) == SIGN_NEGATIVE;
		parts->scale = header & LONG_SCALE_MASK;
		parts->weight = weight;
	}
	parts->digits = p;
	parts->ndigits = len / (int) sizeof(int16);
	return true;
}

static inline uint32
get_digit(const Parts *parts, int i)
{
	int16 digit;

	if (i >= parts->ndigits)
		return 0;
	memcpy(&digit, parts->digits + i * sizeof(digit), sizeof(digit));
	return (uint32) digit;
}

/* words (little-endian) = words * factor + summand; returns the count. */
static int
multiply_add(uint32 *words, int nwords, uint32 factor, uint32 summand)
{
	uint64 carry = summand;

	for (int i = 0; i < nwords; i++)
	{
		carry += (uint64) words[i] * factor;
		words[i] = (uint32) carry;
		carry >>= 32;
	}
	if (carry != 0)
		words[nwords++] = (uint32) carry;
	return nwords;
}

/* words = words / divisor; returns the remainder. */
static uint32
divide(uint32 *words, int nwords, uint32 divisor)
{
	uint64 remainder = 0;

	for (int i = nwords - 1; i >= 0; i--)
	{
		remainder = (remainder << 32) | words[i];
		words[i] = (uint32) (remainder / divisor);
		remainder %= divisor;
	}
	return (uint32) remainder;
}

/* Stores a magnitude and its sign as minimal two's complement. */
static void
set_bytes(W2kValue *value, const uint32 *words, int nwords, bool is_negative)
{
	unsigned char *out = (unsigned char *) value->scratch;
	int nbytes = nwords * 4 + 1; /* one for the sign */
	unsigned int carry = is_negative ? 1 : 0;
	int skip = 0;

	if (nbytes > (int) sizeof(value->scratch))
		out = palloc(nbytes);

	for (int i = 0; i < nbytes; i++)
	{
		unsigned int byte = i / 4 < nwords
								? (words[i / 4] >> (i % 4 * 8)) & 0xff
								: 0;

		if (is_negative)
		{
			byte = (byte ^ 0xff) + carry;
			carry = byte >> 8;
		}
		out[nbytes - 1 - i] = (unsigned char) byte;
	}
	while (skip < nbytes - 1 && ((out[skip] == 0x00 && out[skip + 1] < 0x80) ||
								 (out[skip] == 0xff && out[skip + 1] >= 0x80)))
		skip++;

	value->data = (const char *) out + skip;
	value->len = nbytes - skip;
}

static const uint32 powers_of_ten[] = {1, 10, 100, 1000};

/* Stores value * 10^scale, which must be a whole number. */
static void
set_unscaled(W2kValue *value, const Parts *parts, int scale)
{
	uint32 stack_words[STACK_WORDS];
	uint32 *words = stack_words;
	int nwords = 0;
	int fraction; /* base 10000 digits taken from behind the point */
	int ngroups;
	int excess; /* decimal digits that must go again */
	bool is_exact = true;

	/* round up: -2 -> 0, -4 -> -1, 0 -> 0, 2 -> 1 */
	fraction = scale > 0 ? (scale + GROUP_DIGITS - 1) / GROUP_DIGITS
						 : -(-scale / GROUP_DIGITS);
	excess = fraction * GROUP_DIGITS - scale;
	ngroups = Max(parts->weight + 1 + fraction, 0);

	/* 14 bits hold a base 10000 digit; one word to spare for the carry */
	if (ngroups * 14 / 32 + 2 > STACK_WORDS)
		words = palloc((ngroups * 14 / 32 + 2) * sizeof(uint32));

	for (int i = 0; i < ngroups; i++)
	{
		/* the longest numbers take a tenth of a second */
		CHECK_FOR_INTERRUPTS();
		if (i + 1 < ngroups)
		{
			uint32 pair = get_digit(parts, i) * 10000;

			pair += get_digit(parts, ++i);
			nwords = multiply_add(words, nwords, 100000000, pair);
		}
		else
			nwords = multiply_add(words, nwords, 10000, get_digit(parts, i));
	}
	for (int i = ngroups; i < parts->ndigits; i++)
		is_exact = is_exact && get_digit(parts, i) == 0;
	if (excess > 0 && divide(words, nwords, powers_of_ten[excess]) != 0)
		is_exact = false;

	/* the server rounds to the scale when it stores */
	if (!is_exact)
		elog(ERROR, "numeric value has more digits than its column's scale %d",
			 scale);

	value->scale = scale;
	set_bytes(value, words, nwords, parts->is_negative);
}

void
w2k_decimal_read(const W2kType *type, Datum datum, W2kValue *value)
{
	Parts parts;

	if (!take_apart(datum, &parts, value))
		return;
	value->kind = W2K_VALUE_DECIMAL;
	set_unscaled(value, &parts, type->scale);
}

/* With the least scale that is exact, and never a negative one. */
void
w2k_decimal_read_variable(const W2kType *type, Datum datum, W2kValue *value)
{
	Parts parts;
	int scale;

	if (!take_apart(datum, &parts, value))
		return;

	scale = (parts.ndigits - 1 - parts.weight) * GROUP_DIGITS;
	if (parts.ndigits == 0 || scale < 0)
		scale = 0;
	if (scale > 0)
	{
		uint32 last = get_digit(&parts, parts.ndigits - 1);

		while (last != 0 && last % 10 == 0)
		{
			last /= 10;
			scale--;
		}
	}
	value->kind = W2K_VALUE_VARIABLE_DECIMAL;
	set_unscaled(value, &parts, scale);
}

/*
 * The nearest double, an infinity where there is none.  The server's own cast
 * would raise an error there.
 */
void
w2k_decimal_read_double(const W2kType *type, Datum datum, W2kValue *value)
{
	char *text = DatumGetCString(DirectFunctionCall1(numeric_out, datum));

	value->kind = W2K_VALUE_DOUBLE;
	value->u.float8 = strtod(text, NULL);
}

/* As the server prints it; what is no number has Debezium's name. */
void
w2k_decimal_read_text(const W2kType *type, Datum datum, W2kValue *value)
{
	const char *text = DatumGetCString(DirectFunctionCall1(numeric_out, datum));

	if (strcmp(text, "NaN") == 0)
		text = "NAN";
	else if (strcmp(text, "Infinity") == 0)
		text = "POSITIVE_INFINITY";
	else if (strcmp(text, "-Infinity") == 0)
		text = "NEGATIVE_INFINITY";
	w2k_value_set_ascii(value, text);
}

/* Four digits. */
static inline char *
put_group(char *p, uint32 group)
{
	p[0] = (char) ('0' + group / 1000);
	p[1] = (char) ('0' + group / 100 % 10);
	p[2] = (char) ('0' + group / 10 % 10);
	p[3] = (char) ('0' + group % 10);
	return p + GROUP_DIGITS;
}

/* The digits in front of the point. */
static char *
put_whole(char *p, const Parts *parts)
{
	char first[GROUP_DIGITS];
	int skip = 0;

	if (parts->weight < 0)
	{
		*p++ = '0';
		return p;
	}
	(void) put_group(first, get_digit(parts, 0));
	while (skip < GROUP_DIGITS - 1 && first[skip] == '0')
		skip++;
	memcpy(p, first + skip, GROUP_DIGITS - skip);
	p += GROUP_DIGITS - skip;
	for (int i = 1; i <= parts->weight; i++)
		p = put_group(p, get_digit(parts, i));
	return p;
}

/* As numeric_out() prints it, without its copies. */
void
w2k_decimal_read_plain(Datum datum, W2kValue *value)
{
	Parts parts;
	Size size;
	char *start = value->scratch;
	char *p;

	if (unlikely(!take_apart(datum, &parts, value)))
	{
		w2k_value_set_ascii(value,
							DatumGetCString(
								DirectFunctionCall1(numeric_out, datum)));
		return;
	}
	size = ((Size) Max(parts.weight, 0) + 3) * GROUP_DIGITS + parts.scale;
	if (size > sizeof(value->scratch))
		start = palloc(size);
	p = start;
	if (parts.is_negative)
		*p++ = '-';
	p = put_whole(p, &parts);
	if (parts.scale > 0)
	{
		char *end = p + 1 + parts.scale;

		*p++ = '.';
		for (int i = parts.weight + 1; p < end; i++)
			p = put_group(p, i < 0 ? 0 : get_digit(&parts, i));
		p = end;
	}
	value->kind = W2K_VALUE_ASCII;
	value->data = start;
	value->len = (int) (p - start);
}

/* ---- money ---- */

/* How many digits of a money value are behind the point. */
static int
money_digits(void)
{
	int digits = PGLC_localeconv()->frac_digits;

	/* what the server takes where the locale says nothing */
	return digits < 0 || digits > 10 ? 2 : digits;
}

/*
 * money counts the smallest unit of its locale; ours counts 10^-scale,
 * rounding half up.
 */
void
w2k_decimal_read_money(const W2kType *type, Datum datum, W2kValue *value)
{
	int64 amount = DatumGetCash(datum);
	bool is_negative = amount < 0;
	uint64 magnitude = is_negative ? 0 - (uint64) amount : (uint64) amount;
	int digits = money_digits();
	uint32 words[5]; /* 63 bits, times 10^20 */
	int nwords = 2;

	words[0] = (uint32) magnitude;
	words[1] = (uint32) (magnitude >> 32);
	for (; digits < type->scale; digits++)
		nwords = multiply_add(words, nwords, 10, 0);
	while (digits > type->scale)
	{
		uint32 remainder = divide(words, nwords, 10);

		if (--digits == type->scale && remainder >= 5)
			nwords = multiply_add(words, nwords, 1, 1);
	}

	value->kind = W2K_VALUE_DECIMAL;
	value->scale = type->scale;
	set_bytes(value, words, nwords, is_negative);
}

/* A plain number, without the locale's signs. */
void
w2k_decimal_read_money_text(const W2kType *type, Datum datum, W2kValue *value)
{
	int64 amount = DatumGetCash(datum);
	uint64 magnitude = amount < 0 ? 0 - (uint64) amount : (uint64) amount;
	int digits = money_digits();
	char *end = value->scratch + sizeof(value->scratch);
	char *p = end;

	*--p = '\0';
	for (int i = 0; magnitude != 0 || i <= digits; i++, magnitude /= 10)
	{
		if (i == digits && i > 0)
			*--p = '.';
		*--p = (char) ('0' + magnitude % 10);
	}
	if (amount < 0)
		*--p = '-';
	w2k_value_set_ascii(value, p);
}

void
w2k_decimal_read_money_double(const W2kType *type, Datum datum, W2kValue *value)
{
	double number;

	w2k_decimal_read_money_text(type, datum, value);
	number = strtod(value->data, NULL);
	value->kind = W2K_VALUE_DOUBLE;
	value->u.float8 = number;
}

void
w2k_decimal_zero(W2kValue *value)
{
	value->scratch[0] = 0;
	value->data = value->scratch;
	value->len = 1;
}

/* The unscaled number's decimal digits, without sign, palloc'd. */
static char *
unscaled_digits(const W2kValue *value, bool *is_negative)
{
	int nwords = (value->len + 3) / 4;
	uint32 *words = palloc0(nwords * sizeof(uint32));
	int size = value->len * 3 + 11; /* a byte is less than 2.41 digits */
	char *digits = palloc(size);
	char *p = digits + size;
	unsigned int carry = 1;

	*is_negative = value->len > 0 && (value->data[0] & 0x80) != 0;
	for (int i = 0; i < value->len; i++)
	{
		unsigned int byte = (unsigned char) value->data[value->len - 1 - i];

		if (*is_negative)
		{
			byte = (byte ^ 0xff) + carry;
			carry = byte >> 8;
			byte &= 0xff;
		}
		words[i / 4] |= byte << (i % 4 * 8);
	}

	/* nine digits at a time: a division goes through the whole number */
	*--p = '\0';
	do
	{
		uint32 group = divide(words, nwords, 1000000000);

		for (int i = 0; i < 9; i++, group /= 10)
			*--p = (char) ('0' + group % 10);
		while (nwords > 0 && words[nwords - 1] == 0)
			nwords--;
		CHECK_FOR_INTERRUPTS();
	} while (nwords > 0);
	while (*p == '0' && p[1] != '\0')
		p++;
	return p;
}

char *
w2k_decimal_to_text(const W2kValue *value)
{
	bool is_negative;
	char *digits = unscaled_digits(value, &is_negative);
	int ndigits = (int) strlen(digits);
	int64 adjusted = (int64) ndigits - 1 - value->scale;
	StringInfoData text;

	initStringInfo(&text);
	if (is_negative)
		appendStringInfoChar(&text, '-');
	if (value->scale < 0 || adjusted < -6)
	{
		appendStringInfoChar(&text, digits[0]);
		if (ndigits > 1)
			appendStringInfo(&text, ".%s", digits + 1);
		appendStringInfo(&text, "E%+d", (int) adjusted);
		return text.data;
	}
	if (ndigits <= value->scale)
	{
		appendStringInfoString(&text, "0.");
		for (int i = ndigits; i < value->scale; i++)
			appendStringInfoChar(&text, '0');
		appendStringInfoString(&text, digits);
		return text.data;
	}
	appendBinaryStringInfo(&text, digits, ndigits - value->scale);
	if (value->scale > 0)
		appendStringInfo(&text, ".%s", digits + ndigits - value->scale);
	return text.data;
}
