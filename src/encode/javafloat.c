/*
 * javafloat.c
 *		Floating point numbers as Java prints them.
 *
 * The digits are the fewest that read back as the same number: Java's own
 * rule since version 19.  Older ones now and then print a digit more, or a
 * neighbour of the same length (2e23 as 1.9999999999999998E23): the same
 * number to whoever reads it.
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"

#include "encode/javafloat.h"

/* Digits and exponent of d1.d2d3... * 10^exponent */
typedef struct Decimal
{
	char digits[W2K_JAVAFLOAT_SIZE];
	int ndigits;
	int exponent;
	bool is_negative;
} Decimal;

/* Takes "-12.5e-10" apart, whatever its notation. */
static void
parse(const char *text, Decimal *decimal)
{
	const char *p = text;
	bool has_point = false;
	int written = 0; /* the exponent as written */
	int before_point = 0;

	decimal->ndigits = 0;
	decimal->is_negative = *p == '-';
	if (*p == '-')
		p++;
	for (; *p != '\0' && *p != 'e'; p++)
	{
		if (*p == '.')
			has_point = true;
		else if (decimal->ndigits > 0 || *p != '0')
		{
			decimal->digits[decimal->ndigits++] = *p;
			if (!has_point)
				before_point++;
		}
		else if (has_point)
			before_point--; /* a zero right behind the point */
	}
	if (*p == 'e')
		written = atoi(p + 1);
	decimal->exponent = before_point - 1 + written;
	while (decimal->ndigits > 1 && decimal->digits[decimal->ndigits - 1] == '0')
		decimal->ndigits--;
}

/* d.ddd, plain, for 10^-3 <= number < 10^7. */
static char *
put_plain(char *p, const Decimal *decimal)
{
	const char *digits = decimal->digits;
	int ndigits = decimal->ndigits;
	int exponent = decimal->exponent;

	if (exponent < 0)
	{
		*p++ = '0';
		*p++ = '.';
		for (; exponent < -1; exponent++)
			*p++ = '0';
		memcpy(p, digits, ndigits);
		return p + ndigits;
	}
	for (int i = 0; i <= exponent; i++)
		*p++ = i < ndigits ? digits[i] : '0';
	*p++ = '.';
	if (ndigits <= exponent + 1)
	{
		*p++ = '0';
		return p;
	}
	memcpy(p, digits + exponent + 1, ndigits - exponent - 1);
	return p + ndigits - exponent - 1;
}

/* d.dddE[-]d */
static char *
put_scientific(char *p, const Decimal *decimal)
{
	*p++ = decimal->digits[0];
	*p++ = '.';
	if (decimal->ndigits == 1)
		*p++ = '0';
	memcpy(p, decimal->digits + 1, decimal->ndigits - 1);
	p += decimal->ndigits - 1;
	return p + snprintf(p, 8, "E%d", decimal->exponent);
}

/*
 * number is what text says.  The few smallest numbers are so far apart that
 * one digit tells them; Java then takes the two that come nearest.
 */
static char *
put(char *p, const char *text, double number, bool is_tiny)
{
	Decimal decimal;

	parse(text, &decimal);
	if (is_tiny && decimal.ndigits == 1)
	{
		char two[W2K_JAVAFLOAT_SIZE];

		snprintf(two, sizeof(two), "%.1e", number);
		parse(two, &decimal);
	}
	if (decimal.is_negative)
		*p++ = '-';
	if (decimal.exponent >= -3 && decimal.exponent < 7)
		return put_plain(p, &decimal);
	return put_scientific(p, &decimal);
}

/* NaN, the infinities and zeroes; NULL for other numbers. */
static char *
put_special(char *p, double number)
{
	const char *text;

	if (isnan(number))
		text = "NaN";
	else if (isinf(number))
		text = number > 0 ? "Infinity" : "-Infinity";
	else if (number == 0)
		text = signbit(number) ? "-0.0" : "0.0";
	else
		return NULL;
	memcpy(p, text, strlen(text));
	return p + strlen(text);
}

char *
w2k_javafloat_put_double(char *p, double number)
{
	char text[DOUBLE_SHORTEST_DECIMAL_LEN];
	char *end = put_special(p, number);

	if (end != NULL)
		return end;
	double_to_shortest_decimal_buf(number, text);
	return put(p, text, number, fabs(number) < 1e-320);
}

char *
w2k_javafloat_put_float(char *p, float number)
{
	char text[FLOAT_SHORTEST_DECIMAL_LEN];
	char *end = put_special(p, number);

	if (end != NULL)
		return end;
	float_to_shortest_decimal_buf(number, text);
	return put(p, text, number, fabsf(number) < 1e-42f);
}
