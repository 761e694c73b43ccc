/*
 * own_row.h
 *		A new row of a table of ours.
 */
#ifndef W2K_DECODE_OWN_ROW_H
#define W2K_DECODE_OWN_ROW_H

#include "decode/change.h"

/* Deforms it; false where the change brings none of this action. */
extern bool w2k_own_row_read(W2kRelation *wrel, Relation relation,
							 ReorderBufferChange *change,
							 ReorderBufferChangeType action);

/* A column and its value, by name; NULL where it is null or missing. */
extern const W2kColumn *w2k_own_row_get(const W2kRelation *wrel,
										const char *name, Datum *datum);

/* The same, read; false where it is null or missing. */
extern bool w2k_own_row_get_value(const W2kRelation *wrel, const char *name,
								  W2kValue *value);

/* Does a column name the session's connector? */
extern bool w2k_own_row_is_for_us(const W2kSession *session,
								  const W2kRelation *wrel, const char *name);

#endif /* W2K_DECODE_OWN_ROW_H */
