/*
 * stored.h
 *		What columns store, for a format that writes that (W2kStored).
 */
#ifndef W2K_TRANSFORM_STORED_H
#define W2K_TRANSFORM_STORED_H

#include "transform/node.h"

/*
 * The value of a column in a row, for a side of such a format; NULL where it
 * is null.  A value that has no form in others may be W2K_VALUE_FAILED.
 */
extern W2kNode *w2k_stored_read(W2kWriter *writer, W2kColumn *column,
								const W2kRow *row);

#endif /* W2K_TRANSFORM_STORED_H */
