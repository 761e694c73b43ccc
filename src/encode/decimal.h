/*
 * decimal.h
 *		Exact numbers as Java's BigDecimal: unscaled bytes and a scale.
 */
#ifndef W2K_ENCODE_DECIMAL_H
#define W2K_ENCODE_DECIMAL_H

#include "encode/value.h"

/* Readers of w2k_value_readers. */
extern void w2k_decimal_read(const W2kType *type, Datum datum, W2kValue *value);
extern void w2k_decimal_read_variable(const W2kType *type, Datum datum,
									  W2kValue *value);
extern void w2k_decimal_read_double(const W2kType *type, Datum datum,
									W2kValue *value);
extern void w2k_decimal_read_text(const W2kType *type, Datum datum,
								  W2kValue *value);
extern void w2k_decimal_read_money(const W2kType *type, Datum datum,
								   W2kValue *value);
extern void w2k_decimal_read_money_double(const W2kType *type, Datum datum,
										  W2kValue *value);
extern void w2k_decimal_read_money_text(const W2kType *type, Datum datum,
										W2kValue *value);

/* As the server prints it, whatever the mode; into the value's scratch where
 * that has room. */
extern void w2k_decimal_read_plain(Datum datum, W2kValue *value);

/* Zero, at the scale that value->scale says. */
extern void w2k_decimal_zero(W2kValue *value);

/*
 * A decimal value as BigDecimal.toString() prints it, palloc'd.
 */
extern char *w2k_decimal_to_text(const W2kValue *value);

#endif /* W2K_ENCODE_DECIMAL_H */
