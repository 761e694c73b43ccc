/*
 * identity.h
 *		What tells a row from the others of its table, in the WAL and in the
 *		table alike.
 *
 * The primary key where the WAL has it of old rows; else the columns of the
 * replica identity; under FULL the whole row as it is read; and where the WAL
 * does not say which row it was, nothing, which all rows have in common.  Two
 * images of a row have the same identity just when the server has stored the
 * same values in these columns.
 */
#ifndef W2K_DECODE_IDENTITY_H
#define W2K_DECODE_IDENTITY_H

#include "encode/event.h"
#include "lib/stringinfo.h"

/* May several rows have the same one? */
extern bool w2k_identity_is_shared(const W2kRelation *wrel);

/* Tells apart what identities consist of, before and after an ALTER TABLE. */
extern uint32 w2k_identity_shape(const W2kRelation *wrel);

/*
 * Appends the identity of a row; false, with nothing appended, where a value
 * that belongs to it is not in the WAL.
 */
extern bool w2k_identity_append(StringInfo out, const W2kRelation *wrel,
								const W2kRow *row);

#endif /* W2K_DECODE_IDENTITY_H */
