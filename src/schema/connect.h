/*
 * connect.h
 *		Kafka Connect's schemas: what a record is made of, whatever the format.
 *
 * A W2kSchema is a tree, as Connect's SchemaBuilder makes it for Debezium, from
 * which each format makes its own.  All text is UTF-8.
 *
 * What schema a type has is a row of the table in connect.c, one for each
 * W2kLogical; what its modifier or catalogs decide is a rule (W2kConnectRule).
 */
#ifndef W2K_SCHEMA_CONNECT_H
#define W2K_SCHEMA_CONNECT_H

#include "schema/types.h"

struct W2kColumn;

typedef enum W2kConnectType
{
	W2K_CONNECT_NONE, /* of a logical type without a row: a mistake */
	W2K_CONNECT_INT8,
	W2K_CONNECT_INT16,
	W2K_CONNECT_INT32,
	W2K_CONNECT_INT64,
	W2K_CONNECT_FLOAT,
	W2K_CONNECT_DOUBLE,
	W2K_CONNECT_BOOLEAN,
	W2K_CONNECT_STRING,
	W2K_CONNECT_BYTES,
	W2K_CONNECT_ARRAY,
	W2K_CONNECT_MAP,
	W2K_CONNECT_STRUCT
} W2kConnectType;

/* Parameters of a schema that its type's details decide. */
typedef enum W2kConnectRule
{
	W2K_CONNECT_FIXED,	   /* none */
	W2K_CONNECT_DECIMAL,   /* scale, connect.decimal.precision */
	W2K_CONNECT_SCALE,	   /* scale */
	W2K_CONNECT_LENGTH,	   /* length */
	W2K_CONNECT_ALLOWED,   /* allowed: the labels of an enum */
	W2K_CONNECT_OF_ELEMENT /* an array: its part is the type's element */
} W2kConnectRule;

typedef struct W2kConnectRow W2kConnectRow;

/* A member of a row's struct, or what its array or map consists of. */
typedef struct W2kConnectPart
{
	const char *name; /* of a struct's member; else "" (NULL ends the list) */
	const W2kConnectRow *row;
	bool is_optional;
} W2kConnectPart;

struct W2kConnectRow
{
	W2kConnectType type;
	W2kConnectRule rule;
	const char *name;			 /* the semantic type; NULL = none */
	int version;				 /* 0 = none */
	const char *doc;			 /* NULL = none */
	const W2kConnectPart *parts; /* members | element | key, value */
	bool is_always_optional;	 /* even in a NOT NULL column */
	bool is_required_element;	 /* arrays of it have no null elements */
};

typedef struct W2kSchemaParameter
{
	const char *name;
	const char *value;
} W2kSchemaParameter;

typedef struct W2kSchema W2kSchema;

struct W2kSchema
{
	W2kConnectType type;
	bool is_optional;
	const char *name;
	int version;
	const char *doc;
	int nparameters;
	W2kSchemaParameter *parameters;

	/* The default, for each format to print: one of these, or none */
	const struct W2kColumn *default_column; /* that column's */
	const char *default_text;				/* this string */

	const char *field;	/* its name in the struct it belongs to, or NULL */
	int number;			/* there, for formats that have such; 0 = its place */
	const int *numbers; /* of a struct of columns, theirs; or NULL */
	int nchildren;		/* fields | 1: element | 2: key, value */
	W2kSchema **children;
};

/* The parts of a logical type's row; a schema with nothing but its type. */
extern const W2kConnectPart *w2k_connect_parts(W2kLogical logical);
extern W2kSchema *w2k_connect_make(W2kConnectType type, bool is_optional);

/* Adds a struct's field, an array's element, a map's key and value. */
extern W2kSchema *w2k_connect_add(W2kSchema *parent, const char *field,
								  W2kSchema *child);

/* Adds a field of a plain type. */
extern W2kSchema *w2k_connect_add_field(W2kSchema *parent, const char *field,
										W2kConnectType type, bool is_optional);

extern void w2k_connect_add_parameter(W2kSchema *schema, const char *name,
									  const char *value);

/* The schema of a type; reads catalogs, for the labels of enums. */
extern W2kSchema *w2k_connect_of_type(const W2kType *type, bool is_optional);

/* A column's as a field; what rules for columns add is not for keys. */
extern W2kSchema *w2k_connect_of_column(const struct W2kColumn *column,
										bool is_key, int ndims);

#endif /* W2K_SCHEMA_CONNECT_H */
