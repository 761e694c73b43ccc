/*
 * publication.h
 *		What a publication (publication.name) lets through of a table.
 *
 * As of the change being decoded, like everything here: a table counts as
 * published from the commit on that adds it.
 */
#ifndef W2K_SCHEMA_PUBLICATION_H
#define W2K_SCHEMA_PUBLICATION_H

#include "access/attmap.h"
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
	Oid root;			/* what it is published as: itself, or a parent */
	AttrMap *map;		/* its attributes by those of root; NULL = the same */
	Bitmapset *columns; /* attribute numbers of root; NULL = all */
	W2kRowFilter *row_filter; /* NULL = all rows */
} W2kPublished;

/*
 * Reads what the publication says of a table into the current memory context,
 * which must live as long as the result; false where there is no publication
 * of that name.
 */
extern bool w2k_publication_read(const char *name, Relation relation,
								 W2kPublished *result);

/* Without a publication: publishes a partition as its topmost parent. */
extern void w2k_publication_use_root(Relation relation, W2kPublished *result);

/*
 * The relation whose name, columns and key the changes of a relation have;
 * to be closed again.  Sees to published->map, in the current context.
 */
extern Relation w2k_publication_open_root(Relation relation,
										  W2kPublished *published);
extern void w2k_publication_close_root(Relation relation, Relation root);

/* Does a deformed row of the table itself pass the filter? */
extern bool w2k_publication_passes(W2kRowFilter *filter, const Datum *values,
								   const bool *nulls);

#endif /* W2K_SCHEMA_PUBLICATION_H */
