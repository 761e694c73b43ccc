/*
 * numbers.h
 *		Numbers of fields, for formats that have such.
 */
#ifndef W2K_SCHEMA_NUMBERS_H
#define W2K_SCHEMA_NUMBERS_H

/* Those of a table's columns. */
typedef struct W2kNumbers
{
	int *columns; /* by place in W2kRelation.columns; 0 = not captured */
} W2kNumbers;

#endif /* W2K_SCHEMA_NUMBERS_H */
