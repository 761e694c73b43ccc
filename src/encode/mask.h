/*
 * mask.h
 *		Values cut or hidden.
 */
#ifndef W2K_ENCODE_MASK_H
#define W2K_ENCODE_MASK_H

#include "encode/value.h"
#include "schema/mask.h"

/*
 * Changes a value as the mask says.  What it then borrows lives as long as
 * the mask, or in the current context.
 */
extern void w2k_mask_apply(const W2kMask *mask, W2kValue *value);

#endif /* W2K_ENCODE_MASK_H */
