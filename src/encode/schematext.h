/*
 * schematext.h
 *		What a table's records are registered as, without writing one.
 */
#ifndef W2K_ENCODE_SCHEMATEXT_H
#define W2K_ENCODE_SCHEMATEXT_H

#include "encode/writer.h"
#include "schema/connect.h"

/*
 * One side's: its subject, type and text; NULL where the side has no schema in
 * a registry, or no key.  The relation is prepared, and what is returned lives
 * as long as its plans.
 */
extern const W2kReference *w2k_schematext_make(const W2kWriters *writers,
											   W2kRelation *wrel,
											   W2kSide side);

/*
 * The same for a schema that transforms have made, and the topic that they
 * have chosen; NULL where the side has no schema in a registry.
 */
extern const W2kReference *w2k_schematext_make_of(const W2kWriters *writers,
												  W2kSide side,
												  const W2kSchema *schema,
												  const char *topic);

#endif /* W2K_ENCODE_SCHEMATEXT_H */
