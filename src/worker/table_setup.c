/*
 * table_setup.c
 *		What a connector asks of its tables before it starts.
 *
 * The tables are those that the filters let through, as with Debezium: neither
 * a publication nor privileges are looked at.
 *
 * ALTER TABLE waits for everybody who uses the table, and everybody who comes
 * later waits behind it.  So a table that has its identity already is left
 * alone, each other one is altered in a transaction of its own, and none waits
 * for long: the attempt fails then, and the next one tries again.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "compat.h"
#include "config/filter.h"
#include "config/replica_identity.h"
#include "worker/interlude.h"
#include "worker/table_setup.h"

#define IDENTITY_PROPERTY "replica.identity.autoset.values"
/* How long one table's lock may take. */
#define LOCK_TIMEOUT "2s"

/* The tables that the filters let through, of W2kTableRow. */
static List *
list_tables(const W2kConnectorConfig *conf)
{
	W2kFilter *filter = w2k_filter_compile(conf);
	List *tables = NIL;
	ListCell *lc;

	foreach(lc, w2k_catalog_tables())
	{
		W2kTableRow *table = lfirst(lc);

		if (!w2k_filter_is_system_schema(table->schema) &&
			w2k_filter_table(filter, table->schema, table->name, NULL))
			tables = lappend(tables, table);
	}
	return tables;
}

char *
w2k_table_setup_check_count(const W2kConnectorConfig *conf)
{
	char *text;
	int count;

	if (conf->guardrail_collections_max == 0)
		return NULL;
	count = list_length(list_tables(conf));
	if (count <= conf->guardrail_collections_max)
		return NULL;
	text =
		psprintf("the filters let %d tables through, more than guardrail.collections.max (%d)",
				 count, conf->guardrail_collections_max);
	if (conf->guardrail_action == W2K_GUARDRAIL_FAIL)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("%s", text),
				 errhint(
					 "Name fewer tables in table.include.list, or increase guardrail.collections.max.")));
	return text;
}

/* The one rule for a table, or NULL. */
static const W2kIdentityRule *
find_rule(const List *rules, const List *patterns, const W2kTableRow *table)
{
	char *name = psprintf("%s.%s", table->schema, table->name);
	const W2kIdentityRule *found = NULL;
	ListCell *lr;
	ListCell *lp;

	forboth(lr, rules, lp, patterns)
	{
		if (!w2k_filter_matches(lfirst(lp), name))
			continue;
		if (found != NULL)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("more than one element of " IDENTITY_PROPERTY
								   " is for table \"%s\"",
								   name)));
		found = lfirst(lr);
	}
	return found;
}

static bool
has_identity(const W2kTableRow *table, const W2kIdentityRule *rule)
{
	if (table->identity != rule->identity)
		return false;
	return rule->identity != REPLICA_IDENTITY_INDEX ||
		   (table->identity_index != NULL &&
			strcmp(table->identity_index, rule->index) == 0);
}

/* The identity, as ALTER TABLE and people say it. */
static const char *
identity_words(const W2kIdentityRule *rule)
{
	switch (rule->identity)
	{
		case REPLICA_IDENTITY_DEFAULT:
			return "DEFAULT";
		case REPLICA_IDENTITY_FULL:
			return "FULL";
		case REPLICA_IDENTITY_NOTHING:
			return "NOTHING";
		default:
			return psprintf("USING INDEX %s", quote_identifier(rule->index));
	}
}

/*
 * As the connector's owner, since it is his wish, and restricted as the query
 * of heartbeats is: event triggers may run.
 */
static void
alter_table(const W2kConnectorRow *row, const char *statement)
{
	Oid save_userid;
	int save_sec_context;
	int result;

	w2k_interlude_begin(true);
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(row->owner, SECURITY_LOCAL_USERID_CHANGE |
										   SECURITY_RESTRICTED_OPERATION);
	result = SPI_execute(statement, false, 0);
	if (result != SPI_OK_UTILITY)
		elog(ERROR, "statement \"%s\" failed: %s", statement,
			 SPI_result_code_string(result));
	w2k_interlude_end();
	SetUserIdAndSecContext(save_userid, save_sec_context);
}

/* Says of which table and property an error is; it ends the attempt. */
pg_noreturn static void
raise_failure(const W2kTableRow *table, const ErrorData *error)
{
	int sqlstate = error->sqlerrcode;

	/* an index that cannot be one takes a person, too */
	if (sqlstate == ERRCODE_WRONG_OBJECT_TYPE)
		sqlstate = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg("could not set the replica identity of table \"%s.%s\": %s",
					table->schema, table->name, error->message),
			 errdetail("Property " IDENTITY_PROPERTY " asks for it."),
			 sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE
				 ? errhint(
					   "Let the connector's owner be the owner of the table, or set the replica identity by hand: a table that has it is left alone.")
				 : 0));
}

static void
set_identity(const W2kConnectorRow *row, const W2kTableRow *table,
			 const W2kIdentityRule *rule)
{
	MemoryContext caller = CurrentMemoryContext;
	char *statement = psprintf("ALTER TABLE %s REPLICA IDENTITY %s",
							   quote_qualified_identifier(table->schema,
														  table->name),
							   identity_words(rule));

	PG_TRY();
	{
		alter_table(row, statement);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		raise_failure(table, error);
	}
	PG_END_TRY();
	ereport(LOG,
			(errmsg("connector \"%s\" has set the replica identity of table \"%s.%s\" to %s",
					row->name, table->schema, table->name,
					identity_words(rule))));
}

void
w2k_table_setup_set_identities(const W2kConnectorRow *row,
							   const W2kConnectorConfig *conf)
{
	List *patterns = NIL;
	ListCell *lc;

	if (conf->identity_rules == NIL)
		return;
	foreach(lc, conf->identity_rules)
		patterns =
			lappend(patterns,
					w2k_filter_compile_patterns(IDENTITY_PROPERTY,
												((W2kIdentityRule *) lfirst(lc))
													->tables));

	/* by which a lock's time-out makes itself felt */
	pqsignal(SIGINT, StatementCancelHandler);
	SetConfigOption("lock_timeout", LOCK_TIMEOUT, PGC_SUSET, PGC_S_OVERRIDE);
	foreach(lc, list_tables(conf))
	{
		const W2kTableRow *table = lfirst(lc);
		const W2kIdentityRule *rule = find_rule(conf->identity_rules, patterns,
												table);

		if (rule != NULL && !has_identity(table, rule))
			set_identity(row, table, rule);
	}
	SetConfigOption("lock_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
	pqsignal(SIGINT, SIG_IGN);
}
