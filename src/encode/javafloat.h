/*
 * javafloat.h
 *		Floating point numbers as Java prints them.
 */
#ifndef W2K_ENCODE_JAVAFLOAT_H
#define W2K_ENCODE_JAVAFLOAT_H

/* Room that any number needs. */
#define W2K_JAVAFLOAT_SIZE 32

/*
 * Writes a number at p as Float.toString() or Double.toString() does, and
 * returns the byte behind it.  NaN and the infinities come out as words,
 * without quotes.
 */
extern char *w2k_javafloat_put_float(char *p, float number);
extern char *w2k_javafloat_put_double(char *p, double number);

#endif /* W2K_ENCODE_JAVAFLOAT_H */
