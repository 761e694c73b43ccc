/*
 * ddl_watch.c
 *		What an event trigger is not told of its command: its text, and whose
 *		unique indexes it has dropped.
 *
 * The text of a command is a part of a string that may hold others, with
 * things that are nobody's business; only the server's hook for utility
 * commands tells which part.  An index that is gone does not say any more
 * whose it was, so that is noted while it is there.
 *
 * Commands nest, in functions and in event triggers: each one's state is on
 * the stack of its hook.  Without shared_preload_libraries the first command
 * of a session loads the library, too late for the hook: it has no text.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "parser/scansup.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "api/ddl_watch.h"

/* A command that is being run. */
typedef struct Watch
{
	struct Watch *outer;
	const PlannedStmt *pstmt;
	const char *query;
	MemoryContext context; /* NULL until something is noted */
	List *index_tables;
} Watch;

static Watch *innermost = NULL;

static ProcessUtility_hook_type prev_process_utility = NULL;
static object_access_hook_type prev_object_access = NULL;

static void
run_utility(PlannedStmt *pstmt, const char *query, bool is_read_only_tree,
			ProcessUtilityContext context, ParamListInfo params,
			QueryEnvironment *environment, DestReceiver *dest,
			QueryCompletion *completion)
{
	if (prev_process_utility)
		prev_process_utility(pstmt, query, is_read_only_tree, context, params,
							 environment, dest, completion);
	else
		standard_ProcessUtility(pstmt, query, is_read_only_tree, context,
								params, environment, dest, completion);
}

static void
watch_utility(PlannedStmt *pstmt, const char *query, bool is_read_only_tree,
			  ProcessUtilityContext context, ParamListInfo params,
			  QueryEnvironment *environment, DestReceiver *dest,
			  QueryCompletion *completion)
{
	Watch watch = {.outer = innermost, .pstmt = pstmt, .query = query};

	/* a command's parts have no event triggers, these have no DDL */
	if (context == PROCESS_UTILITY_SUBCOMMAND ||
		IsA(pstmt->utilityStmt, TransactionStmt))
	{
		run_utility(pstmt, query, is_read_only_tree, context, params,
					environment, dest, completion);
		return;
	}

	innermost = &watch;
	PG_TRY();
	{
		run_utility(pstmt, query, is_read_only_tree, context, params,
					environment, dest, completion);
	}
	PG_FINALLY();
	{
		innermost = watch.outer;
		if (watch.context != NULL)
			MemoryContextDelete(watch.context);
	}
	PG_END_TRY();
}

/* Whose unique index is this?  InvalidOid where it is none. */
static Oid
table_of_unique_index(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(relid));
	Oid result = InvalidOid;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	if (((Form_pg_index) GETSTRUCT(tuple))->indisunique)
		result = ((Form_pg_index) GETSTRUCT(tuple))->indrelid;
	ReleaseSysCache(tuple);
	return result;
}

static void
watch_drop(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
		   void *arg)
{
	Watch *watch = innermost;
	MemoryContext oldcontext;
	Oid relid;

	if (prev_object_access)
		prev_object_access(access, class_id, object_id, sub_id, arg);
	if (access != OAT_DROP || class_id != RelationRelationId || watch == NULL)
		return;
	relid = table_of_unique_index(object_id);
	if (!OidIsValid(relid))
		return;

	/* the command may be one that ends transactions on its way */
	if (watch->context == NULL)
		watch->context = AllocSetContextCreate(TopMemoryContext,
											   "wal2kafka command",
											   ALLOCSET_SMALL_SIZES);
	oldcontext = MemoryContextSwitchTo(watch->context);
	watch->index_tables = list_append_unique_oid(watch->index_tables, relid);
	MemoryContextSwitchTo(oldcontext);
}

char *
w2k_ddl_watch_text(void)
{
	const char *text;
	int len;

	if (innermost == NULL || innermost->query == NULL)
		return NULL;
	text = innermost->query;
	if (innermost->pstmt->stmt_location > 0)
		text += innermost->pstmt->stmt_location;
	len = innermost->pstmt->stmt_len;
	if (innermost->pstmt->stmt_location < 0 || len <= 0)
		len = (int) strlen(text);
	while (len > 0 && scanner_isspace(text[0]))
	{
		text++;
		len--;
	}
	while (len > 0 && (scanner_isspace(text[len - 1]) || text[len - 1] == ';'))
		len--;
	return pnstrdup(text, len);
}

List *
w2k_ddl_watch_index_tables(void)
{
	return innermost == NULL ? NIL : innermost->index_tables;
}

void
w2k_ddl_watch_init(void)
{
	prev_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = watch_utility;
	prev_object_access = object_access_hook;
	object_access_hook = watch_drop;
}
