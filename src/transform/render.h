/*
 * render.h
 *		Connect data -> what a record is written as.
 */
#ifndef W2K_TRANSFORM_RENDER_H
#define W2K_TRANSFORM_RENDER_H

#include "transform/node.h"

/*
 * Appends the record's key or value as JsonConverter writes it; false where
 * there is none, so that nothing was written.
 */
extern bool w2k_render_key(W2kWriter *writer, StringInfo out,
						   const W2kTransformRecord *rec);
extern bool w2k_render_value(W2kWriter *writer, StringInfo out,
							 const W2kTransformRecord *rec);

/*
 * A header's value, as SimpleHeaderConverter writes it; not of NULL, which is
 * no value.
 */
extern void w2k_render_header(W2kWriter *writer, StringInfo out,
							  const W2kSchema *schema, W2kNode *node);

#endif /* W2K_TRANSFORM_RENDER_H */
