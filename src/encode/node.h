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

typedef struct W2kNode W2kNode;

struct W2kNode
{
	W2kNodeKind kind;
	const W2kSchema *schema; /* of a struct */
	W2kColumn *column;		 /* whose value it is, or NULL */
	int nitems;
	W2kNode **items;
	W2kValue value;
	W2kArray array; /* value's, before it is walked */
};

#endif /* W2K_ENCODE_NODE_H */
