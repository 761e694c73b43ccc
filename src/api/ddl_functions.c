/*
 * ddl_functions.c
 *		The event triggers: DDL noticed in its own transaction.
 *
 * Two of them, enabled ALWAYS: sql_drop comes first and leaves what was
 * dropped for ddl_command_end, which knows the rest; so a command is looked at
 * once, whatever it does.  Where no connector asks to hear of DDL that ends
 * with a look at wal2kafka.connector.
 *
 * Nothing of ours may make DDL impossible but schema.compatibility, so each
 * connector's part runs in a subtransaction of its own: what fails there
 * becomes a warning, but for what the user's own transaction must end for (a
 * cancelled query, a deadlock).
 * It runs as the bootstrap superuser with nothing but pg_catalog in the
 * search_path, and reads and writes below the executor or by statements that
 * are qualified to the operator: no function, trigger or setting of a user's
 * takes part.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/event_trigger.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "api/access.h"
#include "api/connector_row.h"
#include "api/ddl_capture.h"
#include "api/ddl_check.h"
#include "api/ddl_concern.h"
#include "api/ddl_watch.h"

PG_FUNCTION_INFO_V1(wal2kafka_ddl_dropped);
PG_FUNCTION_INFO_V1(wal2kafka_ddl_ended);

/*
 * What a command has dropped, from its sql_drop to its ddl_command_end.  The
 * next command of the same subtransaction cannot come between, but one inside
 * another event trigger can.
 */
typedef struct Dropped
{
	struct Dropped *outer;
	Node *parsetree;
	SubTransactionId subid;
	W2kDdlConcern concern;
} Dropped;

/* In the transaction's context, whose reset forgets it. */
static Dropped *dropped = NULL;

/* What runs in a subtransaction. */
typedef struct Work
{
	void (*run)(struct Work *work);
	W2kConnectorInfo *row; /* NULL = of no connector */
	W2kConnectorConfig *conf;
	W2kDdlConcern *concern;
	const char *ddl;
	List *asking;	/* of Work: set by list_asking() */
	List *refusals; /* set by check() */
} Work;

static void
forget_dropped(void *arg)
{
	dropped = NULL;
}

static void
remember_dropped(Node *parsetree, const W2kDdlConcern *concern)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(TopTransactionContext);
	Dropped *entry = palloc0(sizeof(Dropped));

	if (dropped == NULL)
	{
		MemoryContextCallback *callback = palloc0(
			sizeof(MemoryContextCallback));

		callback->func = forget_dropped;
		MemoryContextRegisterResetCallback(TopTransactionContext, callback);
	}
	entry->outer = dropped;
	entry->parsetree = parsetree;
	entry->subid = GetCurrentSubTransactionId();
	entry->concern.relids = list_copy(concern->relids);
	entry->concern.has_publications = concern->has_publications;
	dropped = entry;
	MemoryContextSwitchTo(oldcontext);
}

/* Takes what the command has dropped, if anything, into concern. */
static bool
take_dropped(Node *parsetree, W2kDdlConcern *concern)
{
	for (Dropped *entry = dropped; entry != NULL; entry = entry->outer)
	{
		if (entry->parsetree != parsetree ||
			entry->subid != GetCurrentSubTransactionId())
			continue;
		concern->relids = list_copy(entry->concern.relids);
		concern->has_publications = entry->concern.has_publications;
		dropped = entry->outer; /* with what aborted commands left */
		return true;
	}
	return false;
}

/* Another part of a connector's: what it finds is raised behind it. */
static void
check(Work *work)
{
	work->refusals = w2k_ddl_check_command(work->row, work->conf,
										   work->concern);
}

static void
run_work(void *arg)
{
	Work *work = arg;

	work->run(work);
}

/* Does the work, or warns that it could not; false then. */
static bool
run_guarded(Work *work)
{
	ErrorData *error = w2k_access_try(run_work, work);

	if (error == NULL)
		return true;
	ereport(WARNING,
			(errcode(error->sqlerrcode),
			 work->row == NULL
				 ? errmsg("wal2kafka could not find out which tables a command concerns: %s",
						  error->message)
			 : work->run == check
				 ? errmsg("connector \"%s\" could not compare a table's new schema: %s",
						  work->row->name, error->message)
				 : errmsg("connector \"%s\" could not take notice of a command: %s",
						  work->row->name, error->message),
			 error->detail != NULL ? errdetail("%s", error->detail) : 0,
			 work->run == check
				 ? errhint(
					   "The registry compares it when a record has it for the first time.")
				 : errhint(
					   "Use alter_connector or patch_connector to have the connector look at its tables again.")));
	return false;
}

static void
capture(Work *work)
{
	w2k_ddl_capture_command(work->row, work->conf, work->concern, work->ddl);
}

/* The connectors that ask to hear of DDL. */
static void
list_asking(Work *list)
{
	ListCell *lc;

	foreach(lc, w2k_connector_row_list())
	{
		W2kConnectorInfo *row = lfirst(lc);
		W2kConnectorConfig *conf = w2k_ddl_capture_conf(row);
		Work *work;

		if (conf == NULL)
			continue;
		work = palloc0(sizeof(Work));
		work->row = row;
		work->conf = conf;
		work->run = capture;
		list->asking = lappend(list->asking, work);
	}
}

static void
collect_dropped(Work *work)
{
	list_asking(work);
	if (work->asking != NIL)
		w2k_ddl_concern_add_dropped(work->concern);
}

static void
collect_commands(Work *work)
{
	list_asking(work);
	if (work->asking != NIL)
		w2k_ddl_concern_add_commands(work->concern);
}

/* Begins an event: its data, and a context to work in. */
static EventTriggerData *
begin_event(FunctionCallInfo fcinfo, const char *function)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by event trigger manager",
						function)));
	MemoryContextSwitchTo(AllocSetContextCreate(CurrentMemoryContext,
												"wal2kafka ddl",
												ALLOCSET_DEFAULT_SIZES));
	return (EventTriggerData *) fcinfo->context;
}

static void
end_event(MemoryContext oldcontext)
{
	MemoryContext context = MemoryContextSwitchTo(oldcontext);

	MemoryContextDelete(context);
}

/* The event trigger of sql_drop. */
Datum
wal2kafka_ddl_dropped(PG_FUNCTION_ARGS)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	EventTriggerData *event = begin_event(fcinfo, "ddl_dropped");
	W2kDdlConcern concern = {0};
	Work work = {.concern = &concern, .run = collect_dropped};

	if (!IsBinaryUpgrade && w2k_ddl_capture_is_asked() && run_guarded(&work) &&
		(concern.relids != NIL || concern.has_publications))
		remember_dropped(event->parsetree, &concern);
	end_event(oldcontext);
	PG_RETURN_NULL();
}

/* A command that may concern tables has ended. */
static void
process_command(EventTriggerData *event, W2kDdlConcern *concern)
{
	Work collect = {.concern = concern, .run = collect_commands};
	const char *ddl;
	ListCell *lc;

	w2k_ddl_concern_add_untold(concern, event->parsetree);
	if (!run_guarded(&collect) ||
		(concern->relids == NIL && concern->granted == NIL &&
		 !concern->has_publications))
		return;
	ddl = w2k_ddl_watch_text();
	foreach(lc, collect.asking)
	{
		Work *work = lfirst(lc);

		work->concern = concern;
		work->ddl = ddl;
		(void) run_guarded(work);
		if (!w2k_ddl_capture_has_rule(work->conf))
			continue;
		work->run = check;
		if (run_guarded(work))
			w2k_ddl_check_enforce(work->row, work->conf, work->refusals);
	}
}

/* The event trigger of ddl_command_end. */
Datum
wal2kafka_ddl_ended(PG_FUNCTION_ARGS)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	EventTriggerData *event = begin_event(fcinfo, "ddl_ended");
	W2kDdlConcern concern = {0};

	if (!IsBinaryUpgrade &&
		(take_dropped(event->parsetree, &concern) ||
		 w2k_ddl_concern_is_possible(event->tag)) &&
		w2k_ddl_capture_is_asked())
		process_command(event, &concern);
	end_event(oldcontext);
	PG_RETURN_NULL();
}
