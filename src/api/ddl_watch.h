/*
 * ddl_watch.h
 *		What an event trigger is not told of its command.
 */
#ifndef W2K_API_DDL_WATCH_H
#define W2K_API_DDL_WATCH_H

#include "nodes/pg_list.h"

/* From _PG_init. */
extern void w2k_ddl_watch_init(void);

/*
 * The text of the command that is being run, in the current memory context:
 * its own part of what a client or a function gave to the server.  NULL where
 * the library was loaded by the command itself.
 */
extern char *w2k_ddl_watch_text(void);

/* The tables whose unique indexes it has dropped: a list of OIDs. */
extern List *w2k_ddl_watch_index_tables(void);

#endif /* W2K_API_DDL_WATCH_H */
