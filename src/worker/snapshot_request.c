/*
 * snapshot_request.c
 *		A signal about snapshots -> rows of wal2kafka.connector_snapshot.
 *
 * The names of a request are resolved here, once: what is read is written
 * down, table by table, and a table that begins to match later is not part of
 * it.  A table goes by its own name, by the name that it is published as, and
 * by those of the partitioned tables above it.
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "schema/captured.h"
#include "worker/attempt.h"
#include "worker/snapshot_request.h"

/* What is written down of a connector: its last snapshots, the newest too. */
#define SNAPSHOTS_KEPT 20

bool w2k_snapshot_request_pending = false;

/* A pattern of the request, and whether it has matched anything. */
typedef struct Pattern
{
	const char *text;
	W2kSignalPattern *compiled;
	const char *filter; /* of a condition's */
	bool is_used;
} Pattern;

void
w2k_snapshot_wake(void)
{
	w2k_snapshot_request_pending = true;
}

/* ---- patterns ---- */

static Pattern *
make_pattern(const char *text, const char *filter)
{
	Pattern *pattern = palloc0(sizeof(Pattern));

	pattern->text = text;
	pattern->compiled = w2k_signal_compile(text);
	pattern->filter = filter;
	return pattern;
}

static List *
compile_collections(const W2kSignal *signal)
{
	List *patterns = NIL;
	ListCell *lc;

	foreach(lc, signal->collections)
		patterns = lappend(patterns, make_pattern(lfirst(lc), NULL));
	return patterns;
}

static List *
compile_conditions(const W2kSignal *signal)
{
	List *patterns = NIL;
	ListCell *lc;

	foreach(lc, signal->conditions)
	{
		W2kSignalCondition *condition = lfirst(lc);

		/* what is not a condition is refused here, whoever it comes from */
		if (!signal->is_blocking && condition->filter != NULL)
			w2k_signal_check_filter(condition->filter);
		patterns = lappend(patterns, make_pattern(condition->collection,
												  condition->filter));
	}
	return patterns;
}

/* Does a pattern name a table, by any of its names? */
static bool
matches_table(const Pattern *pattern, const W2kCapturedTable *table)
{
	ListCell *lc;

	if (w2k_signal_matches(pattern->compiled, table->schema, table->name) ||
		w2k_signal_matches(pattern->compiled, table->published_schema,
						   table->published_name))
		return true;
	if (!table->is_partition)
		return false;
	foreach(lc, get_partition_ancestors(table->relid))
	{
		char *schema = get_namespace_name(get_rel_namespace(lfirst_oid(lc)));
		char *name = get_rel_name(lfirst_oid(lc));

		if (schema != NULL && name != NULL &&
			w2k_signal_matches(pattern->compiled, schema, name))
			return true;
	}
	return false;
}

/* Which tables are to be opened at all. */
typedef struct Wanted
{
	const List *relids; /* these, if any */
	List *collections;	/* else those, of Pattern */
} Wanted;

static bool
is_wanted(const W2kCapturedTable *table, void *arg)
{
	const Wanted *wanted = arg;
	ListCell *lc;

	if (wanted->relids != NIL)
		return list_member_oid(wanted->relids, table->relid);
	foreach(lc, wanted->collections)
		if (matches_table(lfirst(lc), table))
			return true;
	return false;
}

/* The first pattern that names a table, or NULL; marks all that do. */
static Pattern *
find_pattern(List *patterns, const W2kCapturedTable *table)
{
	Pattern *first = NULL;
	ListCell *lc;

	foreach(lc, patterns)
	{
		Pattern *pattern = lfirst(lc);

		if (!matches_table(pattern, table))
			continue;
		pattern->is_used = true;
		if (first == NULL)
			first = pattern;
	}
	return first;
}

/* Names what has matched nothing; NULL where all have. */
static char *
describe_unused(const List *patterns)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach(lc, patterns)
	{
		const Pattern *pattern = lfirst(lc);

		if (!pattern->is_used)
			appendStringInfo(&text, "%s\"%s\"", text.len > 0 ? ", " : "",
							 pattern->text);
	}
	if (text.len == 0)
		return NULL;
	return psprintf("no captured table matches %s", text.data);
}

/* ---- execute-snapshot ---- */

static void
execute(const char *sql, int nargs, Oid *argtypes, Datum *values,
		const char *nulls)
{
	if (SPI_execute_with_args(sql, nargs, argtypes, values, nulls, false, 0) <
		0)
		elog(ERROR, "could not execute \"%s\"", sql);
}

/* An initial snapshot is number 1, whether there was one or not. */
static int64
next_snapshot_id(void)
{
	Oid argtypes[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(w2k_attempt->row->name)};
	bool is_null;

	execute("SELECT GREATEST(pg_catalog.max(snapshot_id), 1)"
			" OPERATOR(pg_catalog.+) 1 FROM wal2kafka.connector_snapshot"
			" WHERE name OPERATOR(pg_catalog.=) $1",
			1, argtypes, values, NULL);
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
									   SPI_tuptable->tupdesc, 1, &is_null));
}

/* Of those that are over, the rows of the last few snapshots stay. */
static void
prune(int64 newest_id)
{
	Oid argtypes[] = {TEXTOID, INT8OID};
	Datum values[] = {CStringGetTextDatum(w2k_attempt->row->name),
					  Int64GetDatum(newest_id - SNAPSHOTS_KEPT)};

	execute("DELETE FROM wal2kafka.connector_snapshot AS old"
			" WHERE name OPERATOR(pg_catalog.=) $1"
			" AND snapshot_id OPERATOR(pg_catalog.<=) $2"
			" AND NOT EXISTS (SELECT FROM wal2kafka.connector_snapshot AS open"
			" WHERE open.name OPERATOR(pg_catalog.=) old.name"
			" AND open.snapshot_id OPERATOR(pg_catalog.=) old.snapshot_id"
			" AND open.state OPERATOR(pg_catalog.=) ANY"
			" ('{waiting,reading}'::pg_catalog.text[]))",
			lengthof(argtypes), argtypes, values, NULL);
}

/* filter: a condition; of a blocking snapshot, a whole query */
static void
insert_table(const W2kSnapshotRequest *request, int64 snapshot_id, int ordinal,
			 const W2kCapturedTable *table, const char *filter)
{
	Oid argtypes[] = {TEXTOID, INT8OID, INT4OID, TEXTOID, TEXTOID,
					  OIDOID,  TEXTOID, TEXTOID, TEXTOID, TEXTOID};
	char nulls[] = {' ', ' ', ' ', ' ', ' ',
					' ', ' ', ' ', ' ', filter == NULL ? 'n' : ' '};
	Datum values[] = {CStringGetTextDatum(w2k_attempt->row->name),
					  Int64GetDatum(snapshot_id),
					  Int32GetDatum(ordinal),
					  CStringGetTextDatum(request->signal->is_blocking
											  ? "blocking"
											  : "incremental"),
					  CStringGetTextDatum(request->signal_id),
					  ObjectIdGetDatum(table->relid),
					  CStringGetTextDatum(table->schema),
					  CStringGetTextDatum(table->name),
					  CStringGetTextDatum(psprintf("%s.%s",
												   table->published_schema,
												   table->published_name)),
					  filter == NULL ? (Datum) 0 : CStringGetTextDatum(filter)};

	execute("INSERT INTO wal2kafka.connector_snapshot"
			" (name, snapshot_id, ordinal, kind, signal_id, relid,"
			" schemaname, relname, collection, filter) VALUES"
			" ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			lengthof(argtypes), argtypes, values, nulls);
}

/*
 * Tables that this very signal has asked for already, and that are not done:
 * a signal may come twice, after a crash.  Of one of our own, which was made
 * of the WAL alone, those too that are.
 */
static List *
find_repeated(const W2kSnapshotRequest *request)
{
	Oid argtypes[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(w2k_attempt->row->name),
					  CStringGetTextDatum(request->signal_id)};
	List *relids = NIL;

	execute("SELECT relid FROM wal2kafka.connector_snapshot"
			" WHERE name OPERATOR(pg_catalog.=) $1"
			" AND signal_id OPERATOR(pg_catalog.=) $2"
			" AND (state OPERATOR(pg_catalog.=) ANY"
			" ('{waiting,reading}'::pg_catalog.text[])"
			" OR pg_catalog.starts_with(signal_id,"
			" '" W2K_SIGNAL_NEW_TABLES "'))",
			2, argtypes, values, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool is_null;

		relids = lappend_oid(relids, DatumGetObjectId(
										 SPI_getbinval(SPI_tuptable->vals[i],
													   SPI_tuptable->tupdesc,
													   1, &is_null)));
	}
	return relids;
}

/*
 * Adds the tables that a pattern names (NULL: all) and that are not chosen
 * yet; false where one of them is locked.
 */
static bool
choose_tables(Pattern *pattern, List *tables, List *repeated, List **chosen)
{
	List *patterns = list_make1(pattern);
	ListCell *lc;

	foreach(lc, tables)
	{
		const W2kCapturedTable *table = lfirst(lc);

		if ((pattern != NULL && find_pattern(patterns, table) == NULL) ||
			list_member_ptr(*chosen, table) ||
			list_member_oid(repeated, table->relid))
			continue;
		if (table->is_locked)
			return false;
		*chosen = lappend(*chosen, lfirst(lc));
	}
	list_free(patterns);
	return true;
}

/* A blocking snapshot goes by the names, as an initial one does. */
static List *
put_in_order(const List *chosen, const List *tables)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, tables)
	{
		if (list_member_ptr(chosen, lfirst(lc)))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

static void
execute_snapshot(const W2kSnapshotRequest *request, W2kSnapshotAnswer *answer)
{
	List *collections = compile_collections(request->signal);
	List *conditions = compile_conditions(request->signal);
	List *repeated = find_repeated(request);
	Wanted wanted = {request->signal->relids, collections};
	List *tables;
	List *chosen = NIL;
	int64 snapshot_id;
	int ordinal = 0;
	ListCell *lc;

	tables = w2k_captured_list(w2k_attempt->conf, w2k_attempt->row->owner,
							   is_wanted, &wanted);
	/* what is none any more needs not be read */
	if (wanted.relids != NIL)
		collections = list_make1(NULL);
	/* in the order in which they were named, as Debezium does */
	foreach(lc, collections)
	{
		if (!choose_tables(lfirst(lc), tables, repeated, &chosen))
		{
			answer->is_deferred = true;
			return;
		}
	}
	if (wanted.relids == NIL)
		answer->problem = describe_unused(collections);
	if (chosen == NIL)
		return;
	if (request->signal->is_blocking)
		chosen = put_in_order(chosen, tables);
	snapshot_id = next_snapshot_id();
	prune(snapshot_id);
	foreach(lc, chosen)
	{
		Pattern *condition = find_pattern(conditions, lfirst(lc));

		insert_table(request, snapshot_id, ++ordinal, lfirst(lc),
					 condition != NULL ? condition->filter : NULL);
	}
}

/* ---- stop-snapshot, pause-snapshot, resume-snapshot ---- */

/* A table of a snapshot that is not told of yet, or one more of the last. */
static void
add_news(W2kSnapshotAnswer *answer, char *signal_id, const char *collection)
{
	W2kSnapshotNews *news = answer->told == NIL ? NULL : llast(answer->told);

	if (news == NULL || strcmp(news->signal_id ? news->signal_id : "",
							   signal_id ? signal_id : "") != 0)
	{
		news = palloc(sizeof(W2kSnapshotNews));
		news->signal_id = signal_id;
		news->collections = pstrdup(collection);
		answer->told = lappend(answer->told, news);
		return;
	}
	news->collections = psprintf("%s,%s", news->collections, collection);
}

/*
 * An initial snapshot is none that signals could ask for, nor are they about
 * it, in Debezium either.  Those they ask for wait until it is over.
 */
static bool
is_initial_running(void)
{
	return w2k_attempt->stream == NULL;
}

/* Is a row's table among those that are to be stopped? */
static bool
is_stopped(List *patterns, const char *schema, const char *table,
		   const char *collection)
{
	ListCell *lc;

	foreach(lc, patterns)
	{
		const Pattern *pattern = lfirst(lc);

		if (w2k_signal_matches(pattern->compiled, schema, table) ||
			w2k_signal_matches_name(pattern->compiled, collection))
			return true;
	}
	return patterns == NIL;
}

static void
stop_table(int64 snapshot_id, int32 ordinal)
{
	Oid argtypes[] = {TEXTOID, INT8OID, INT4OID};
	Datum values[] = {CStringGetTextDatum(w2k_attempt->row->name),
					  Int64GetDatum(snapshot_id), Int32GetDatum(ordinal)};

	execute("UPDATE wal2kafka.connector_snapshot SET state = 'stopped',"
			" finished = pg_catalog.clock_timestamp()"
			" WHERE name OPERATOR(pg_catalog.=) $1"
			" AND snapshot_id OPERATOR(pg_catalog.=) $2"
			" AND ordinal OPERATOR(pg_catalog.=) $3",
			lengthof(argtypes), argtypes, values, NULL);
}

/* Tables that are being read, or are to be, and that the request names. */
static void
stop_snapshot(const W2kSnapshotRequest *request, W2kSnapshotAnswer *answer)
{
	List *patterns = compile_collections(request->signal);
	Oid argtypes[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(w2k_attempt->row->name),
					  CStringGetTextDatum(request->signal->is_blocking
											  ? "blocking"
											  : "incremental")};
	SPITupleTable *rows;
	uint64 nrows;

	execute("SELECT snapshot_id, ordinal, schemaname, relname, collection,"
			" signal_id FROM wal2kafka.connector_snapshot"
			" WHERE name OPERATOR(pg_catalog.=) $1"
			" AND kind OPERATOR(pg_catalog.=) $2"
			" AND state OPERATOR(pg_catalog.=) ANY"
			" ('{waiting,reading}'::pg_catalog.text[])"
			" ORDER BY snapshot_id, ordinal",
			2, argtypes, values, NULL);
	rows = SPI_tuptable;
	nrows = SPI_processed;
	for (uint64 i = 0; i < nrows; i++)
	{
		bool is_null;

		if (!is_stopped(patterns, SPI_getvalue(rows->vals[i], rows->tupdesc, 3),
						SPI_getvalue(rows->vals[i], rows->tupdesc, 4),
						SPI_getvalue(rows->vals[i], rows->tupdesc, 5)))
			continue;
		stop_table(DatumGetInt64(SPI_getbinval(rows->vals[i], rows->tupdesc, 1,
											   &is_null)),
				   DatumGetInt32(SPI_getbinval(rows->vals[i], rows->tupdesc, 2,
											   &is_null)));
		add_news(answer, SPI_getvalue(rows->vals[i], rows->tupdesc, 6),
				 SPI_getvalue(rows->vals[i], rows->tupdesc, 5));
	}
	answer->news = "ABORTED";
	if (answer->told == NIL && is_initial_running())
		answer->problem = pstrdup(
			"there is no such snapshot to stop; the initial one, which is being read, ends with wal2kafka.stop_connector() or drop_connector()");
	else if (answer->told == NIL)
		answer->problem = pstrdup("there is no such snapshot to stop");
}

/* Says so, too, where there is a snapshot that it concerns. */
static void
set_paused(bool is_paused, W2kSnapshotAnswer *answer)
{
	Oid argtypes[] = {TEXTOID, BOOLOID};
	Datum values[] = {CStringGetTextDatum(w2k_attempt->row->name),
					  BoolGetDatum(is_paused)};

	execute("UPDATE wal2kafka.connector_progress SET snapshot_paused = $2"
			" WHERE name OPERATOR(pg_catalog.=) $1"
			" AND snapshot_paused OPERATOR(pg_catalog.<>) $2",
			lengthof(argtypes), argtypes, values, NULL);
	if (is_initial_running())
		answer->problem =
			psprintf("the initial snapshot, which is being read, goes on: what is %s are those that come after it; wal2kafka.%s_connector() is for that one",
					 is_paused ? "paused" : "resumed",
					 is_paused ? "pause" : "resume");
	if (SPI_processed == 0)
		return;
	execute("SELECT signal_id, collection FROM wal2kafka.connector_snapshot"
			" WHERE name OPERATOR(pg_catalog.=) $1"
			" AND kind OPERATOR(pg_catalog.<>) 'initial'"
			" AND state OPERATOR(pg_catalog.=) ANY"
			" ('{waiting,reading}'::pg_catalog.text[])"
			" ORDER BY snapshot_id, ordinal",
			1, argtypes, values, NULL);
	answer->news = is_paused ? "PAUSED" : "RESUMED";
	for (uint64 i = 0; i < SPI_processed; i++)
		add_news(answer,
				 SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1),
				 SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2));
}

void
w2k_snapshot_request(const W2kSnapshotRequest *request,
					 W2kSnapshotAnswer *answer)
{
	memset(answer, 0, sizeof(*answer));
	switch (request->signal->action)
	{
		case W2K_SIGNAL_EXECUTE:
			execute_snapshot(request, answer);
			break;
		case W2K_SIGNAL_STOP:
			stop_snapshot(request, answer);
			break;
		case W2K_SIGNAL_PAUSE:
			set_paused(true, answer);
			break;
		case W2K_SIGNAL_RESUME:
			set_paused(false, answer);
			break;
		case W2K_SIGNAL_LOG:
		case W2K_SIGNAL_NOTHING:
			break;
	}
}
