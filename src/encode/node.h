/*
 * node.h
 *		A value of Connect data, as transforms hand it to a Writer.
 *
 * What makes and changes nodes is in transform/node.
 */
#ifndef W2K_ENCODE_NODE_H
#define W2K_ENCODE_NODE_H

#include "encode/envelope.h"
#include "schema/connect.h"

typedef enum W2kNodeKind
{
	W2K_NODE_SCALAR, /* or a column's array: value is set */
	W2K_NODE_STRUCT,
	W2K_NODE_ARRAY
} W2kNodeKind;

/*
 * What a node knows of what its column stores, for formats that write the
 * stored type whatever the modes make of it.  Others write the value.
 */
typedef enum W2kStored
{
	W2K_STORED_NOT,		  /* the value is all there is */
	W2K_STORED_DATUM,	  /* of the column's type */
	W2K_STORED_UNCHANGED, /* a TOAST value, which the WAL does not hold */
	W2K_STORED_UNKNOWN,	  /* a column outside of the replica identity */
	W2K_STORED_NULL		  /* the value stands for what nobody has computed */
} W2kStored;

typedef struct W2kNode W2kNode;

struct W2kNode
{
	W2kNodeKind kind;
	const W2kSchema *schema; /* of a struct */
	W2kColumn *column;		 /* whose value it is, or NULL */
	int nitems;
	W2kNode **items;
	W2kStored stored;
	Datum datum;
	W2kValue value;
	W2kArray array; /* value's, before it is walked */
};

#endif /* W2K_ENCODE_NODE_H */
