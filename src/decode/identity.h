/*
 * identity.h
 *		What tells a row from the others of its table, in the WAL and in the
 *		table alike.
 *
 * The key where it is the primary key and the WAL has it of old rows; else
 * the columns of the replica identity; under FULL, the whole row as it is
 * read.  Two images of a row have the same identity just when the server has
 * stored the same values in these columns.
 */
#ifndef W2K_DECODE_IDENTITY_H
#define W2K_DECODE_IDENTITY_H

#include "encode/event.h"
#include "lib/stringinfo.h"

/* Does the WAL tell which row an update or delete was of? */
extern bool w2k_identity_exists(W2kRelation *wrel, Relation relation);

/* Is it the whole row?  Then several rows may have the same one. */
extern bool w2k_identity_is_row(const W2kRelation *wrel);

/*
 * Appends the identity of a row; false, with nothing appended, where a value
 * that belongs to it is not in the WAL.
 */
extern bool w2k_identity_append(StringInfo out, const W2kRelation *wrel,
								const W2kRow *row);

#endif /* W2K_DECODE_IDENTITY_H */
