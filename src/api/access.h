/*
 * access.h
 *		Who may do what, and how the SQL functions reach our tables.
 */
#ifndef W2K_API_ACCESS_H
#define W2K_API_ACCESS_H

#include "executor/spi.h"

/* Who the caller was before w2k_access_enter(). */
typedef struct W2kCaller
{
	Oid userid;
	int sec_context;
	int guc_level;
} W2kCaller;

/*
 * Between these the bootstrap superuser runs, restricted, with nothing but
 * pg_catalog in the search_path.  An error in between is undone by the end of
 * the (sub)transaction.
 */
extern void w2k_access_enter(W2kCaller *caller);
extern void w2k_access_leave(const W2kCaller *caller);

/* Has the caller the privileges of a connector's owner? */
extern bool w2k_access_is_owner(Oid owner);

/* May the caller see it in the views?  pg_monitor sees all. */
extern bool w2k_access_may_see(Oid owner);

/* Raises INSUFFICIENT_PRIVILEGE unless the caller is (like) the owner. */
extern void w2k_access_require_owner(const char *connector, Oid owner);

/*
 * Runs something as above, in a subtransaction.  An error is returned, in the
 * current memory context, and undone; NULL = none.  What the user's own
 * transaction must end for (a cancelled query, a deadlock) is raised.
 */
extern ErrorData *w2k_access_try(void (*run)(void *arg), void *arg);

/*
 * Runs one statement on our tables as the superuser and returns the number of
 * rows it touched.  nulls as for SPI_execute_with_args, NULL = none is.
 */
extern uint64 w2k_access_execute(const char *sql, int nargs, Oid *argtypes,
								 Datum *values, const char *nulls);

/* Oid of a relation of the schema wal2kafka; raises when it is not there. */
extern Oid w2k_access_relation(const char *relname);

/*
 * Inserts a row into a table of ours and deletes it at once: it is in the WAL
 * as long as it takes to be decoded, and the table stays empty to every reader.
 * Returns the LSN of the insert, which a record of it carries.
 *
 * This is below the executor: it needs no privilege of the caller's, and the
 * delete does not mind a publication FOR ALL TABLES that asks for a replica
 * identity.
 */
extern XLogRecPtr w2k_access_pass_row(const char *relname, Datum *values,
									  bool *nulls);

/* Raises ACTIVE_SQL_TRANSACTION where this transaction has written. */
extern void w2k_access_require_nothing_written(const char *function);

/* Raises unless the server's wal_level lets changes be decoded. */
extern void w2k_access_require_logical(void);

#endif /* W2K_API_ACCESS_H */
