/*
 * modes.h
 *		The properties that choose among the forms of a type.
 *
 * Each value of each is a bit of its own, so that a row of the type table
 * (schema/types) says which of them it is for, and a session's modes are one
 * word.
 */
#ifndef W2K_CONFIG_MODES_H
#define W2K_CONFIG_MODES_H

/* decimal.handling.mode */
#define W2K_MODE_DECIMAL_PRECISE 0x00000001
#define W2K_MODE_DECIMAL_DOUBLE 0x00000002
#define W2K_MODE_DECIMAL_STRING 0x00000004

/* time.precision.mode */
#define W2K_MODE_TIME_ADAPTIVE 0x00000010
#define W2K_MODE_TIME_ADAPTIVE_MICROS 0x00000020
#define W2K_MODE_TIME_CONNECT 0x00000040
#define W2K_MODE_TIME_ISO 0x00000080
#define W2K_MODE_TIME_MICROS 0x00000100
#define W2K_MODE_TIME_NANOS 0x00000200
#define W2K_MODE_TIME_STRUCTURED 0x00000400

/* binary.handling.mode */
#define W2K_MODE_BINARY_BYTES 0x00001000
#define W2K_MODE_BINARY_BASE64 0x00002000
#define W2K_MODE_BINARY_BASE64_URL 0x00004000
#define W2K_MODE_BINARY_HEX 0x00008000

/* hstore.handling.mode */
#define W2K_MODE_HSTORE_JSON 0x00010000
#define W2K_MODE_HSTORE_MAP 0x00020000

/* interval.handling.mode */
#define W2K_MODE_INTERVAL_NUMERIC 0x00040000
#define W2K_MODE_INTERVAL_STRING 0x00080000

/* include.unknown.datatypes: true, false; neither where it is not said */
#define W2K_MODE_UNKNOWN_BYTES 0x00100000
#define W2K_MODE_UNKNOWN_LEFT_OUT 0x00200000

/* As read from a configuration: at most one bit in each. */
typedef struct W2kModes
{
	int decimal;
	int time;
	int binary;
	int hstore;
	int interval;
	int unknown;
	int money_digits; /* money.fraction.digits */
} W2kModes;

/* All of them in one word. */
static inline int
w2k_modes_bits(const W2kModes *modes)
{
	return modes->decimal | modes->time | modes->binary | modes->hstore |
		   modes->interval | modes->unknown;
}

#endif /* W2K_CONFIG_MODES_H */
