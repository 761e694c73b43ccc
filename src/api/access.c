/*
 * access.c
 *		Who may do what, and how the SQL functions reach our tables.
 *
 * EXECUTE on our functions is granted to wal2kafka_admin and nobody else; what
 * a function does to one connector is then for that connector's owner, for
 * members of the owner's role and for superusers.  The tables behind are
 * written by nobody but these functions and the workers, so the functions
 * step up to the bootstrap superuser, only around the one statement, and in a
 * security-restricted operation, so that nothing that hangs on a table can
 * keep what it gets.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "api/access.h"
#include "wal2kafka.h"

void
w2k_access_enter(W2kCaller *caller)
{
	GetUserIdAndSecContext(&caller->userid, &caller->sec_context);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID,
						   caller->sec_context | SECURITY_LOCAL_USERID_CHANGE |
							   SECURITY_RESTRICTED_OPERATION);
	caller->guc_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

void
w2k_access_leave(const W2kCaller *caller)
{
	AtEOXact_GUC(false, caller->guc_level);
	SetUserIdAndSecContext(caller->userid, caller->sec_context);
}

bool
w2k_access_is_owner(Oid owner)
{
	return has_privs_of_role(GetUserId(), owner);
}

bool
w2k_access_may_see(Oid owner)
{
	return w2k_access_is_owner(owner) ||
		   has_privs_of_role(GetUserId(), ROLE_PG_MONITOR);
}

void
w2k_access_require_owner(const char *connector, Oid owner)
{
	if (!w2k_access_is_owner(owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of connector \"%s\"", connector)));
}

/* Must the user's transaction end for this error? */
static bool
is_for_user(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
		   ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
			   ERRCODE_TRANSACTION_ROLLBACK;
}

ErrorData *
w2k_access_try(void (*run)(void *arg), void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;
	W2kCaller caller;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		w2k_access_enter(&caller);
		run(arg);
		w2k_access_leave(&caller);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (is_for_user(error))
			ReThrowError(error);
	}
	PG_END_TRY();
	return error;
}

uint64
w2k_access_execute(const char *sql, int nargs, Oid *argtypes, Datum *values,
				   const char *nulls)
{
	W2kCaller caller;
	uint64 processed;

	w2k_access_enter(&caller);
	SPI_connect();
	if (SPI_execute_with_args(sql, nargs, argtypes, values, nulls, false, 0) <
		0)
		elog(ERROR, "could not execute \"%s\"", sql);
	processed = SPI_processed;
	SPI_finish();
	w2k_access_leave(&caller);
	return processed;
}

Oid
w2k_access_relation(const char *relname)
{
	Oid relid = get_relname_relid(relname,
								  LookupExplicitNamespace(W2K_SCHEMA, true));

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"%s\" is not installed in this database",
						W2K_NAME),
				 errhint("Use CREATE EXTENSION %s.", W2K_NAME)));
	return relid;
}

XLogRecPtr
w2k_access_pass_row(const char *relname, Datum *values, bool *nulls)
{
	Relation rel = table_open(w2k_access_relation(relname), RowExclusiveLock);
	HeapTuple tuple = heap_form_tuple(RelationGetDescr(rel), values, nulls);
	XLogRecPtr lsn;

	simple_heap_insert(rel, tuple);
	lsn = ProcLastRecPtr;

	/* A command does not see, and so cannot delete, its own rows. */
	CommandCounterIncrement();
	simple_heap_delete(rel, &tuple->t_self);
	CommandCounterIncrement();
	table_close(rel, NoLock);
	return lsn;
}

void
w2k_access_require_nothing_written(const char *function)
{
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("%s cannot run in a transaction that has performed writes",
						function),
				 errhint("Commit first.")));
}

void
w2k_access_require_logical(void)
{
	if (wal_level < WAL_LEVEL_LOGICAL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a connector requires wal_level \"logical\""),
				 errhint(
					 "Set wal_level = logical in postgresql.conf and restart the server.")));
}
