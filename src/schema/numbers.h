/*
 * numbers.h
 *		Numbers of fields, for formats that have such.
 */
#ifndef W2K_SCHEMA_NUMBERS_H
#define W2K_SCHEMA_NUMBERS_H

/* A field that a struct had: its number must not get another meaning. */
typedef struct W2kReservedField
{
	const char *name; /* UTF-8 */
	int number;
} W2kReservedField;

/* Those of a table's columns. */
typedef struct W2kNumbers
{
	int *columns; /* by place in W2kRelation.columns; 0 = not captured */
	int nreserved;
	W2kReservedField *reserved;
} W2kNumbers;

#endif /* W2K_SCHEMA_NUMBERS_H */
