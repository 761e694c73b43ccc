/*
 * shape.h
 *		How deep a table's arrays are, for the schemas that must say so.
 *
 * PostgreSQL does not enforce the dimensions an array was declared with, but a
 * schema must say how deep its arrays are.  So the schema follows the values:
 * where a row's arrays are deeper, or less deep, it is made again, for each of
 * an update's two rows.  So it is for the first NULL in an array whose
 * elements Debezium calls required.
 *
 * Images that are only compared, and not sent, adapt it too: whoever keeps
 * schemas of a table must look at *wrel->shape_version to see that they are
 * old.
 */
#ifndef W2K_ENCODE_SHAPE_H
#define W2K_ENCODE_SHAPE_H

#include "encode/event.h"

/* Has the table any arrays? */
extern bool w2k_shape_has_arrays(const W2kRelation *wrel);

/*
 * Makes what is known of the arrays fit a change (either row may be NULL), and
 * counts *wrel->shape_version up where it did not.
 */
extern void w2k_shape_adapt(const W2kRelation *wrel, const W2kRow *before,
							const W2kRow *after);

#endif /* W2K_ENCODE_SHAPE_H */
