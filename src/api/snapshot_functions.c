/*
 * snapshot_functions.c
 *		signal() and start_snapshot().
 *
 * Both leave a row in wal2kafka.connector_signal; the connector's worker takes
 * it up when the transaction has committed, or when it next runs.  A person
 * waits for the answer here, so what a worker would only log is an error.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xlog.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "api/access.h"
#include "api/connector_row.h"
#include "config/connector.h"
#include "config/signal.h"
#include "schema/captured.h"

PG_FUNCTION_INFO_V1(wal2kafka_signal);
PG_FUNCTION_INFO_V1(wal2kafka_start_snapshot);

/* The connector of the first argument, which is to take up signals. */
static W2kConnectorInfo *
get_connector(FunctionCallInfo fcinfo)
{
	W2kConnectorInfo *row = w2k_connector_row_get(
		w2k_connector_row_name_arg(fcinfo, 0));

	w2k_connector_row_require_usable(row);
	return row;
}

/* signal_id and data may be NULL. */
static void
insert_signal(const char *connector, const char *signal_id, const char *type,
			  Jsonb *data)
{
	Oid argtypes[] = {TEXTOID, TEXTOID, TEXTOID, JSONBOID};
	Datum values[] = {CStringGetTextDatum(connector),
					  signal_id == NULL ? (Datum) 0
										: CStringGetTextDatum(signal_id),
					  CStringGetTextDatum(type), JsonbPGetDatum(data)};
	char nulls[] = {' ', signal_id == NULL ? 'n' : ' ', ' ',
					data == NULL ? 'n' : ' '};

	(void) w2k_access_execute("INSERT INTO wal2kafka.connector_signal"
							  " (name, signal_id, type, data) VALUES ($1,"
							  " COALESCE($2, pg_catalog.gen_random_uuid()"
							  "::pg_catalog.text), $3, $4)",
							  lengthof(argtypes), argtypes, values, nulls);
	w2k_slots_request_signals_at_commit();
}

/* Raises unless the signal is one that a worker can do something about. */
static void
check_signal(const char *type, const W2kSignal *signal)
{
	ListCell *lc;

	if (!signal->is_type_known)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unrecognized signal type \"%s\"", type),
						errhint("Valid types are %s.", W2K_SIGNAL_TYPES)));
	if (signal->problem != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid data for signal \"%s\": %s", type,
							   signal->problem)));
	if (signal->unrecognized != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid data for signal \"%s\": unrecognized member \"%s\"",
						type, signal->unrecognized),
				 signal->action == W2K_SIGNAL_LOG
					 ? errhint("Its member is message.")
					 : errhint(
						   "Its members are data-collections, type, additional-conditions and surrogate-key.")));
	if (signal->action == W2K_SIGNAL_NOTHING)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("signal \"%s\" has no effect here", type),
				 errdetail(
					 "A table's definition is always the one it had at the change that is being decoded, and no windows are written into the signalling table.")));

	/* a blocking snapshot's condition is a whole query */
	if (signal->is_blocking)
		return;
	foreach(lc, signal->conditions)
		w2k_signal_check_filter(((W2kSignalCondition *) lfirst(lc))->filter);
}

/* signal(name text, type text, data jsonb, id text) */
Datum
wal2kafka_signal(PG_FUNCTION_ARGS)
{
	W2kConnectorInfo *row;
	char *type;
	Jsonb *data = PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2);

	PreventCommandIfReadOnly("signal()");
	PreventCommandDuringRecovery("signal()");
	row = get_connector(fcinfo);
	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("signal type must not be null")));
	type = text_to_cstring(PG_GETARG_TEXT_PP(1));
	check_signal(type, w2k_signal_read(type, data));
	insert_signal(row->name,
				  PG_ARGISNULL(3) ? NULL
								  : text_to_cstring(PG_GETARG_TEXT_PP(3)),
				  type, data);
	PG_RETURN_VOID();
}

/* ---- start_snapshot() ---- */

/* Is one of the captured tables this one, or a partition of it? */
static bool
is_captured(const List *captured, Oid relid)
{
	ListCell *lc;

	foreach(lc, captured)
	{
		const W2kCapturedTable *table = lfirst(lc);

		if (table->relid == relid ||
			(get_rel_relispartition(table->relid) &&
			 list_member_oid(get_partition_ancestors(table->relid), relid)))
			return true;
	}
	return false;
}

/* Raises unless the rows of a table can be read and sent. */
static void
check_table(const W2kConnectorInfo *row, const List *captured, Oid relid)
{
	char relkind = get_rel_relkind(relid);
	char *name;

	if (relkind == '\0')
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid)));
	name = w2k_signal_quote(get_namespace_name(get_rel_namespace(relid)),
							get_rel_name(relid));
	if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("%s is not a table", name)));
	if (relkind == RELKIND_PARTITIONED_TABLE &&
		find_inheritance_children(relid, NoLock) == NIL)
		return;
	if (!is_captured(captured, relid))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("connector \"%s\" does not capture table %s",
						row->name, name),
				 errhint("The view wal2kafka.stat_connector_table says why.")));
}

static void
push_string(JsonbParseState **state, JsonbIteratorToken token, const char *text)
{
	JsonbValue v;

	v.type = jbvString;
	v.val.string.val = (char *) text;
	v.val.string.len = (int) strlen(text);
	(void) pushJsonbValue(state, token, &v);
}

/* The data of the signal: a list of strings, and a filter for all or NULL. */
static Jsonb *
make_data(const List *collections, const char *filter)
{
	JsonbParseState *state = NULL;
	ListCell *lc;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_string(&state, WJB_KEY, "type");
	push_string(&state, WJB_VALUE, "incremental");
	push_string(&state, WJB_KEY, "data-collections");
	(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	foreach(lc, collections)
		push_string(&state, WJB_ELEM, lfirst(lc));
	(void) pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	if (filter != NULL)
	{
		push_string(&state, WJB_KEY, "additional-conditions");
		(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
		(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_string(&state, WJB_KEY, "data-collection");
		push_string(&state, WJB_VALUE, ".*");
		push_string(&state, WJB_KEY, "filter");
		push_string(&state, WJB_VALUE, filter);
		(void) pushJsonbValue(&state, WJB_END_OBJECT, NULL);
		(void) pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Is it one of the tables of the argument, or might it be a part of one? */
static bool
is_wanted(const W2kCapturedTable *table, void *arg)
{
	return table->is_partition || list_member_oid(arg, table->relid);
}

/* The tables of the argument, quoted, each of them checked. */
static List *
read_tables(const W2kConnectorInfo *row, ArrayType *array)
{
	const W2kConnectorConfig *conf =
		w2k_connector_parse(row->name, &row->config->root, true, false);
	List *captured;
	List *collections = NIL;
	List *wanted = NIL;
	Datum *relids;
	bool *nulls;
	int count;

	deconstruct_array(array, REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT,
					  &relids, &nulls, &count);
	if (count == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("there is no table in the list"),
						errhint("Null stands for all captured tables.")));
	for (int i = 0; i < count; i++)
		wanted = lappend_oid(wanted, DatumGetObjectId(relids[i]));
	captured = w2k_captured_list(conf, row->owner, is_wanted, wanted);
	for (int i = 0; i < count; i++)
	{
		Oid relid = DatumGetObjectId(relids[i]);

		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("a table must not be null")));
		check_table(row, captured, relid);
		collections = lappend(collections,
							  w2k_signal_quote(get_namespace_name(
												   get_rel_namespace(relid)),
											   get_rel_name(relid)));
	}
	return collections;
}

/* start_snapshot(name text, tables regclass[], filter text) */
Datum
wal2kafka_start_snapshot(PG_FUNCTION_ARGS)
{
	W2kConnectorInfo *row;
	List *collections;
	char *filter = NULL;

	PreventCommandIfReadOnly("start_snapshot()");
	PreventCommandDuringRecovery("start_snapshot()");
	row = get_connector(fcinfo);
	if (PG_ARGISNULL(1))
		collections = list_make1(".*");
	else
		collections = read_tables(row, PG_GETARG_ARRAYTYPE_P(1));
	if (!PG_ARGISNULL(2))
	{
		filter = text_to_cstring(PG_GETARG_TEXT_PP(2));
		if (filter[strspn(filter, " \t\r\n")] == '\0')
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("filter must not be empty"),
							errhint("Null stands for all rows.")));
		w2k_signal_check_filter(filter);
	}
	insert_signal(row->name, NULL, "execute-snapshot",
				  make_data(collections, filter));
	PG_RETURN_VOID();
}
