/*
 * origin.h
 *		Where records come from: the schemas of a table, or of messages, and
 *		what transforms have made of them.
 *
 * Transforms build a schema once for each that they meet, and find it again
 * by the address of that one.  That holds as long as both live, so they live
 * in one memory context, that of what is known of the table; what a transform
 * makes of a single record's data (is_transient) it does not keep.
 */
#ifndef W2K_TRANSFORM_ORIGIN_H
#define W2K_TRANSFORM_ORIGIN_H

#include "transform/node.h"

struct W2kOrigin
{
	MemoryContext context;
	uint32 shape_version; /* of the table's arrays (encode/shape.h) */
	W2kSchema *key;		  /* NULL = no key */
	W2kSchema *envelope;  /* or a message's value */
	W2kSchema *source;
	W2kNode *schema_name; /* in source */
	W2kNode *table_name;
	List *made; /* what transforms keep here */
};

/*
 * What owner has made of input; NULL = nothing yet.  A variant tells apart
 * what may be made of one input.
 */
extern void *w2k_origin_find(const W2kOrigin *origin, const void *owner,
							 const void *input, uint32 variant);

/* How much an owner keeps. */
extern int w2k_origin_count(const W2kOrigin *origin, const void *owner);

/*
 * Lets a context, in which something to be kept was made, live as long as the
 * origin.  Until then it should be the change's, so that an error halfway
 * leaves nothing behind: there may be one for each row.
 */
extern void w2k_origin_adopt(W2kOrigin *origin, MemoryContext context);

/* Keeps it; it must live in the origin's context, or longer. */
extern void w2k_origin_keep(W2kOrigin *origin, const void *owner,
							const void *input, uint32 variant, void *made);

#endif /* W2K_TRANSFORM_ORIGIN_H */
