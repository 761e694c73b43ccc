/*
 * schematext.h
 *		What a table's records are registered as, without writing one.
 */
#ifndef W2K_ENCODE_SCHEMATEXT_H
#define W2K_ENCODE_SCHEMATEXT_H

#include "encode/writer.h"

/*
 * One side's: its subject, type and text; NULL where the side has no schema in
 * a registry, or no key.  The relation is prepared, and what is returned lives
 * as long as its plans.
 */
extern const W2kReference *w2k_schematext_make(const W2kWriters *writers,
											   W2kRelation *wrel,
											   W2kSide side);

#endif /* W2K_ENCODE_SCHEMATEXT_H */
