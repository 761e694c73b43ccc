/*
 * ddl_concern.h
 *		Which tables a DDL command concerns.
 */
#ifndef W2K_API_DDL_CONCERN_H
#define W2K_API_DDL_CONCERN_H

#include "nodes/nodes.h"
#include "nodes/pg_list.h"
#include "tcop/cmdtag.h"

typedef struct W2kDdlConcern
{
	List *relids;		   /* tables altered, made or gone */
	List *granted;		   /* only what may be read of these may be other */
	bool has_publications; /* what is published may be other, of any table */
} W2kDdlConcern;

/* May a command with this tag concern any, without dropping something? */
extern bool w2k_ddl_concern_is_possible(CommandTag tag);

/*
 * Adds what the server does not tell: partitions that a command has detached,
 * tables that went with their extension.  Names are looked up as the user's
 * command did.
 */
extern void w2k_ddl_concern_add_untold(W2kDdlConcern *concern,
									   const Node *parsetree);

/*
 * Adds what the present command has done, or dropped; both for an event
 * trigger of ddl_command_end or sql_drop, respectively, connected to SPI.
 * In the current memory context.
 */
extern void w2k_ddl_concern_add_commands(W2kDdlConcern *concern);
extern void w2k_ddl_concern_add_dropped(W2kDdlConcern *concern);

#endif /* W2K_API_DDL_CONCERN_H */
