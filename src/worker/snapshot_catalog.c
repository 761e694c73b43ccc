/*
 * snapshot_catalog.c
 *		wal2kafka.connector_snapshot: what is to be read, and how far it is.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "worker/interlude.h"
#include "worker/snapshot_catalog.h"

/* The first snapshot of a connector is the initial one. */
#define INITIAL_ID 1

/* Names as the table's constraints have them. */
static const char *const kind_names[] = {[W2K_KIND_INITIAL] = "initial",
										 [W2K_KIND_INCREMENTAL] = "incremental",
										 [W2K_KIND_BLOCKING] = "blocking"};
static const char *const state_names[] =
	{[W2K_TABLE_WAITING] = "waiting", [W2K_TABLE_READING] = "reading",
	 [W2K_TABLE_DONE] = "done",		  [W2K_TABLE_FAILED] = "failed",
	 [W2K_TABLE_SKIPPED] = "skipped", [W2K_TABLE_STOPPED] = "stopped"};

static int
find_name(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	elog(ERROR, "unexpected \"%s\" in wal2kafka.connector_snapshot", name);
	return 0; /* keep compiler quiet */
}

/* ---- reading ---- */

static const char *const unfinished_query =
	"SELECT snapshot_id, ordinal, kind, signal_id, relid, schemaname, relname,"
	" collection, filter, state, next_block, total_blocks, filenode, first_tid,"
	" last_tid, rows_estimated, rows_read, bytes_read, is_incomplete"
	" FROM wal2kafka.connector_snapshot"
	" WHERE name OPERATOR(pg_catalog.=) $1"
	" AND state OPERATOR(pg_catalog.=) ANY ('{waiting,reading}')"
	" ORDER BY snapshot_id, ordinal";

static char *
get_text(uint64 row, int column)
{
	bool is_null;
	Datum value = w2k_interlude_column(row, column, &is_null);

	return is_null ? NULL : TextDatumGetCString(value);
}

static int64
get_number(uint64 row, int column)
{
	bool is_null;
	Datum value = w2k_interlude_column(row, column, &is_null);

	return is_null ? -1 : DatumGetInt64(value);
}

static void
get_tid(uint64 row, int column, ItemPointerData *tid)
{
	bool is_null;
	Datum value = w2k_interlude_column(row, column, &is_null);

	if (is_null)
		ItemPointerSetInvalid(tid);
	else
		*tid = *(ItemPointer) DatumGetPointer(value);
}

static W2kSnapshotRow *
read_row(uint64 i)
{
	W2kSnapshotRow *row = palloc0(sizeof(W2kSnapshotRow));
	bool is_null;
	Datum filenode;

	row->snapshot_id = get_number(i, 1);
	row->ordinal = DatumGetInt32(w2k_interlude_column(i, 2, NULL));
	row->kind = find_name(kind_names, lengthof(kind_names), get_text(i, 3));
	row->signal_id = get_text(i, 4);
	row->relid = DatumGetObjectId(w2k_interlude_column(i, 5, NULL));
	row->schema = get_text(i, 6);
	row->table = get_text(i, 7);
	row->collection = get_text(i, 8);
	row->filter = get_text(i, 9);
	row->state = find_name(state_names, lengthof(state_names), get_text(i, 10));
	row->next_block = get_number(i, 11);
	row->total_blocks = get_number(i, 12);
	filenode = w2k_interlude_column(i, 13, &is_null);
	row->filenode = is_null ? InvalidOid : DatumGetObjectId(filenode);
	get_tid(i, 14, &row->first);
	get_tid(i, 15, &row->last);
	row->rows_estimated = get_number(i, 16);
	row->rows = get_number(i, 17);
	row->bytes = get_number(i, 18);
	row->is_incomplete = DatumGetBool(w2k_interlude_column(i, 19, NULL));
	return row;
}

List *
w2k_snapshot_catalog_unfinished(const char *connector)
{
	Oid types[] = {TEXTOID};
	Datum values[1];
	MemoryContext caller = CurrentMemoryContext;
	List *rows = NIL;

	w2k_interlude_begin(false);
	values[0] = CStringGetTextDatum(connector);
	w2k_interlude_query(unfinished_query, 1, types, values, NULL, true,
						SPI_OK_SELECT);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(caller);

		rows = lappend(rows, read_row(i));
		MemoryContextSwitchTo(spi);
	}
	w2k_interlude_end();
	return rows;
}

/* Does a query about the connector ($1) find anything? */
static bool
finds_any(const char *query, const char *connector)
{
	Oid types[] = {TEXTOID};
	Datum values[1];
	bool has_found;

	w2k_interlude_begin(false);
	values[0] = CStringGetTextDatum(connector);
	w2k_interlude_query(query, 1, types, values, NULL, true, SPI_OK_SELECT);
	has_found = SPI_processed > 0;
	w2k_interlude_end();
	return has_found;
}

bool
w2k_snapshot_catalog_is_empty(const char *connector)
{
	return !finds_any("SELECT FROM wal2kafka.connector_snapshot"
					  " WHERE name OPERATOR(pg_catalog.=) $1"
					  " AND state OPERATOR(pg_catalog.=)"
					  " ANY ('{waiting,reading}')"
					  " UNION ALL SELECT FROM wal2kafka.connector_signal"
					  " WHERE name OPERATOR(pg_catalog.=) $1",
					  connector);
}

bool
w2k_snapshot_catalog_is_paused(const char *connector)
{
	return finds_any("SELECT FROM wal2kafka.connector_progress"
					 " WHERE name OPERATOR(pg_catalog.=) $1"
					 " AND snapshot_paused",
					 connector);
}

/* ---- writing ---- */

static const char *const insert_query =
	"INSERT INTO wal2kafka.connector_snapshot"
	" (name, snapshot_id, ordinal, kind, relid, schemaname, relname,"
	" collection, total_blocks, filenode, first_tid, last_tid, rows_estimated)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

static void
insert_row(const char *connector, const W2kSnapshotRow *row)
{
	Oid types[] = {TEXTOID, INT8OID, INT4OID, TEXTOID, OIDOID,
				   TEXTOID, TEXTOID, TEXTOID, INT8OID, OIDOID,
				   TIDOID,	TIDOID,	 INT8OID};
	Datum values[lengthof(types)];
	char nulls[lengthof(types)];

	memset(nulls, ' ', sizeof(nulls));
	values[0] = CStringGetTextDatum(connector);
	values[1] = Int64GetDatum(row->snapshot_id);
	values[2] = Int32GetDatum(row->ordinal);
	values[3] = CStringGetTextDatum(kind_names[row->kind]);
	values[4] = ObjectIdGetDatum(row->relid);
	values[5] = CStringGetTextDatum(row->schema);
	values[6] = CStringGetTextDatum(row->table);
	values[7] = CStringGetTextDatum(row->collection);
	values[8] = Int64GetDatum(row->total_blocks);
	nulls[8] = row->total_blocks < 0 ? 'n' : ' ';
	values[9] = ObjectIdGetDatum(row->filenode);
	nulls[9] = OidIsValid(row->filenode) ? ' ' : 'n';
	values[10] = PointerGetDatum(&row->first);
	nulls[10] = ItemPointerIsValid(&row->first) ? ' ' : 'n';
	values[11] = PointerGetDatum(&row->last);
	nulls[11] = ItemPointerIsValid(&row->last) ? ' ' : 'n';
	values[12] = Int64GetDatum(row->rows_estimated);
	nulls[12] = row->rows_estimated < 0 ? 'n' : ' ';
	w2k_interlude_query(insert_query, lengthof(types), types, values, nulls,
						false, SPI_OK_INSERT);
}

/* What a plan says of a table, as a row. */
static W2kSnapshotRow *
plan_row(const W2kPlanTable *table, int ordinal)
{
	W2kSnapshotRow *row = palloc0(sizeof(W2kSnapshotRow));

	row->snapshot_id = INITIAL_ID;
	row->ordinal = ordinal;
	row->relid = table->relid;
	row->schema = pstrdup(NameStr(table->schema));
	row->table = pstrdup(NameStr(table->name));
	row->collection = psprintf("%s.%s", NameStr(table->root_schema),
							   NameStr(table->root_name));
	row->rows_estimated = table->rows;
	row->first = table->first;
	row->last = table->last;
	row->kind = W2K_KIND_INITIAL;
	row->total_blocks = table->blocks;
	row->filenode = table->filenode;
	if (table->is_rewritten)
	{
		/* to be found out anew when it is read */
		row->kind = W2K_KIND_INCREMENTAL;
		row->total_blocks = -1;
		row->filenode = InvalidOid;
	}
	return row;
}

List *
w2k_snapshot_catalog_begin(const char *connector, const char *slot_name,
						   XLogRecPtr consistent_point, List *tables)
{
	Oid types[] = {TEXTOID, INT8OID};
	Datum values[2];
	MemoryContext caller = CurrentMemoryContext;
	List *rows = NIL;
	ListCell *lc;

	foreach(lc, tables)
		rows = lappend(rows,
					   plan_row(lfirst(lc), foreach_current_index(lc) + 1));
	w2k_interlude_begin(false);
	w2k_catalog_write_progress(connector, slot_name, true, consistent_point,
							   W2K_INITIAL_RUNNING);
	values[0] = CStringGetTextDatum(connector);
	values[1] = Int64GetDatum(INITIAL_ID);
	w2k_interlude_query("DELETE FROM wal2kafka.connector_snapshot"
						" WHERE name OPERATOR(pg_catalog.=) $1"
						" AND (snapshot_id OPERATOR(pg_catalog.=) $2"
						" OR state OPERATOR(pg_catalog.=)"
						" ANY ('{waiting,reading}'))",
						2, types, values, NULL, false, SPI_OK_DELETE);
	foreach(lc, rows)
		insert_row(connector, lfirst(lc));
	w2k_interlude_end();
	MemoryContextSwitchTo(caller);
	return rows;
}

static const char *const update_query =
	"UPDATE wal2kafka.connector_snapshot SET state = $4, next_block = $5,"
	" total_blocks = $6, filenode = $7, rows_read = $8, bytes_read = $9,"
	" error = $10, kind = $11, is_incomplete = $12,"
	" started = COALESCE(started, CASE WHEN $4 OPERATOR(pg_catalog.<>)"
	" 'waiting' THEN pg_catalog.clock_timestamp() END),"
	" finished = CASE WHEN $4 OPERATOR(pg_catalog.=)"
	" ANY ('{waiting,reading}') THEN NULL"
	" ELSE pg_catalog.clock_timestamp() END"
	" WHERE name OPERATOR(pg_catalog.=) $1"
	" AND snapshot_id OPERATOR(pg_catalog.=) $2"
	" AND ordinal OPERATOR(pg_catalog.=) $3"
	" AND state OPERATOR(pg_catalog.=) ANY ('{waiting,reading}')";

static void
update_row(const char *connector, W2kSnapshotRow *row)
{
	Oid types[] = {TEXTOID, INT8OID, INT4OID, TEXTOID, INT8OID, INT8OID,
				   OIDOID,	INT8OID, INT8OID, TEXTOID, TEXTOID, BOOLOID};
	Datum values[lengthof(types)];
	char nulls[lengthof(types)];

	memset(nulls, ' ', sizeof(nulls));
	values[0] = CStringGetTextDatum(connector);
	values[1] = Int64GetDatum(row->snapshot_id);
	values[2] = Int32GetDatum(row->ordinal);
	values[3] = CStringGetTextDatum(state_names[row->state]);
	values[4] = Int64GetDatum(row->next_block);
	values[5] = Int64GetDatum(row->total_blocks);
	nulls[5] = row->total_blocks < 0 ? 'n' : ' ';
	values[6] = ObjectIdGetDatum(row->filenode);
	nulls[6] = OidIsValid(row->filenode) ? ' ' : 'n';
	values[7] = Int64GetDatum(row->rows);
	values[8] = Int64GetDatum(row->bytes);
	values[9] = row->error == NULL ? (Datum) 0
								   : CStringGetTextDatum(row->error);
	nulls[9] = row->error == NULL ? 'n' : ' ';
	values[10] = CStringGetTextDatum(kind_names[row->kind]);
	values[11] = BoolGetDatum(row->is_incomplete);
	w2k_interlude_query(update_query, lengthof(types), types, values, nulls,
						false, SPI_OK_UPDATE);
	if (SPI_processed == 0)
		row->state = W2K_TABLE_STOPPED;
}

void
w2k_snapshot_catalog_update(const char *connector, List *rows)
{
	ListCell *lc;

	w2k_interlude_begin(false);
	foreach(lc, rows)
		update_row(connector, lfirst(lc));
	w2k_interlude_end();
}

/* In an interlude. */
static void
write_initial(const char *connector, W2kInitialSnapshot initial,
			  int64 generation)
{
	Oid types[] = {TEXTOID, TEXTOID, INT8OID};
	Datum values[] = {CStringGetTextDatum(connector),
					  CStringGetTextDatum(w2k_initial_snapshot_name(initial)),
					  Int64GetDatum(generation)};

	w2k_interlude_query("UPDATE wal2kafka.connector_progress"
						" SET snapshot = $2, snapshot_generation = $3,"
						" updated = pg_catalog.clock_timestamp()"
						" WHERE name OPERATOR(pg_catalog.=) $1",
						3, types, values, NULL, false, SPI_OK_UPDATE);
}

void
w2k_snapshot_catalog_set_initial(const char *connector,
								 W2kInitialSnapshot initial, int64 generation)
{
	w2k_interlude_begin(false);
	write_initial(connector, initial, generation);
	w2k_interlude_end();
}

void
w2k_snapshot_catalog_request_all(const char *connector,
								 const char *collections, int64 generation)
{
	Oid types[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum values[3];

	w2k_interlude_begin(false);
	values[0] = CStringGetTextDatum(connector);
	values[1] = CStringGetTextDatum(collections == NULL ? ".*" : collections);
	values[2] = CStringGetTextDatum(W2K_OWN_SIGNAL);
	/* a comma ends an expression, unless there is a backslash before it */
	w2k_interlude_query("INSERT INTO wal2kafka.connector_signal (name, signal_id, type, data)"
						" SELECT $1, $3 OPERATOR(pg_catalog.||)"
						" pg_catalog.gen_random_uuid()::pg_catalog.text, 'execute-snapshot',"
						" pg_catalog.jsonb_build_object('data-collections',"
						" pg_catalog.jsonb_agg(pg_catalog.replace(pg_catalog.btrim(c),"
						" '\\,', ',')), 'type', 'incremental')"
						" FROM pg_catalog.regexp_split_to_table($2, '(?<!\\\\),') AS c"
						" WHERE pg_catalog.btrim(c) OPERATOR(pg_catalog.<>) ''",
						3, types, values, NULL, false, SPI_OK_INSERT);
	write_initial(connector, W2K_INITIAL_COMPLETED, generation);
	w2k_interlude_end();
}
