/*
 * field_numbers.h
 *		Numbers of columns in Protobuf records, which they keep.
 */
#ifndef W2K_SCHEMA_FIELD_NUMBERS_H
#define W2K_SCHEMA_FIELD_NUMBERS_H

#include "nodes/pg_list.h"
#include "utils/snapshot.h"

#include "schema/relation.h"

/* A row of wal2kafka.connector_field. */
typedef struct W2kFieldNumber
{
	int attnum;
	const char *field; /* in the server's encoding */
	int number;
	bool is_recorded; /* else it would be this one */
} W2kFieldNumber;

/*
 * For scans of what event triggers write: NULL, the server's snapshot for
 * catalogs.  As that would be taken for the reader's own by a serializable
 * transaction, DDL of unrelated tables would depend on one another; there it
 * is whatever is committed, and our own, since whoever alters a table has it
 * locked.
 */
extern Snapshot w2k_field_numbers_snapshot(void);

/*
 * The numbers of a table's captured columns, in the order of wrel->columns: a
 * list of W2kFieldNumber in the current memory context.  *has_records (may be
 * NULL) becomes whether any is recorded, be it of columns that are gone.
 *
 * Where no number is recorded a column has the next one that no column had
 * before, so that a table of which nothing is recorded has the positions of
 * its captured columns.  While decoding, what is recorded is as of the change.
 */
extern List *w2k_field_numbers_read(const char *connector,
									const W2kRelation *wrel,
									bool *has_records);

#endif /* W2K_SCHEMA_FIELD_NUMBERS_H */
