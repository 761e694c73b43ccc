/*
 * publication.h
 *		What a publication (publication.name) lets through of a table.
 *
 * As of the change being decoded, like everything here: a table counts as
 * published from the commit on that adds it.
 */
#ifndef W2K_SCHEMA_PUBLICATION_H
#define W2K_SCHEMA_PUBLICATION_H

#include "nodes/bitmapset.h"
#include "utils/relcache.h"

typedef struct W2kRowFilter W2kRowFilter;

/* Bits of operations. */
#define W2K_PUBLISH_INSERT 0x01
#define W2K_PUBLISH_UPDATE 0x02
#define W2K_PUBLISH_DELETE 0x04
#define W2K_PUBLISH_TRUNCATE 0x08
#define W2K_PUBLISH_ALL 0x0f

typedef struct W2kPublished
{
	uint32 operations;	/* W2K_PUBLISH_*; 0 = the table is not published */
	Bitmapset *columns; /* attribute numbers; NULL = all */
	W2kRowFilter *row_filter; /* NULL = all rows */
} W2kPublished;

/*
 * Reads what the publication says of a table into the current memory context,
 * which must live as long as the result; false where there is no publication
 * of that name.
 */
extern bool w2k_publication_read(const char *name, Relation relation,
								 W2kPublished *result);

/* Does a deformed row pass the filter? */
extern bool w2k_publication_passes(W2kRowFilter *filter, const Datum *values,
								   const bool *nulls);

#endif /* W2K_SCHEMA_PUBLICATION_H */
