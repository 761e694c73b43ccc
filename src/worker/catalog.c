/*
 * catalog.c
 *		What the worker processes read and write in wal2kafka's own tables.
 *
 * SPI rather than heap access: these run a few times in a worker's life, and
 * a query says what it wants.  The rows are data that a connector's owner may
 * have chosen; nothing from them is ever executed.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/pg_lsn.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "config/connector.h"
#include "wal2kafka.h"
#include "worker/catalog.h"
#include "worker/interlude.h"

static const char *const connector_query =
	"SELECT name, owner::pg_catalog.oid, config, desired_state,"
	" config_generation, restart_generation,"
	" system_identifier OPERATOR(pg_catalog.=) $1"
	" AND database_oid OPERATOR(pg_catalog.=) $2"
	" FROM wal2kafka.connector"
	" WHERE $3 IS NULL OR name OPERATOR(pg_catalog.=) $3"
	" ORDER BY name";

/*
 * What the process runs under, whatever the database, the role or the file
 * say (R17); and our plugin is allowed, in this process only (R21).
 */
void
w2k_catalog_override_settings(void)
{
	static const char *const settings[][2] =
		{{"role", "none"},
		 {"search_path", "pg_catalog, pg_temp"},
		 {"statement_timeout", "0"},
		 {"lock_timeout", "0"},
		 {"idle_in_transaction_session_timeout", "0"},
		 {"transaction_timeout", "0"},
		 {"default_transaction_isolation", "read committed"},
		 {"default_transaction_read_only", "off"},
		 {"default_transaction_deferrable", "off"},
		 {"session_replication_role", "origin"},
		 {"row_security", "on"},
		 {"synchronous_commit", "local"},
		 {"output_plugin_libraries", W2K_NAME}};

	for (size_t i = 0; i < lengthof(settings); i++)
		if (GetConfigOption(settings[i][0], true, false) != NULL)
			SetConfigOption(settings[i][0], settings[i][1], PGC_SUSET,
							PGC_S_OVERRIDE);

	/*
	 * What goes into frames is UTF-8.  Outside a transaction, where a stream
	 * begins, the server only converts to the encoding of the client.
	 */
	if (OidIsValid(MyDatabaseId) && GetDatabaseEncoding() != PG_UTF8)
	{
		StartTransactionCommand();
		SetConfigOption("client_encoding", "UTF8", PGC_SUSET, PGC_S_OVERRIDE);
		CommitTransactionCommand();
	}
}

/* This cluster, as it is written in our tables. */
static Datum
system_identifier(void)
{
	return CStringGetTextDatum(psprintf(UINT64_FORMAT, GetSystemIdentifier()));
}

/* Facts about the owner that only the catalog knows. */
static void
look_up_owner(W2kConnectorRow *row)
{
	HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(row->owner));

	row->owner_exists = HeapTupleIsValid(tuple);
	if (row->owner_exists)
	{
		Form_pg_authid role = (Form_pg_authid) GETSTRUCT(tuple);

		row->owner_is_superuser = role->rolsuper;
		ReleaseSysCache(tuple);
	}
}

static W2kConnectorRow *
read_connector(uint64 i)
{
	W2kConnectorRow *row = palloc0(sizeof(W2kConnectorRow));
	char *desired = TextDatumGetCString(w2k_interlude_column(i, 4, NULL));

	row->name = TextDatumGetCString(w2k_interlude_column(i, 1, NULL));
	row->owner = DatumGetObjectId(w2k_interlude_column(i, 2, NULL));
	row->config = DatumGetJsonbPCopy(w2k_interlude_column(i, 3, NULL));
	if (!w2k_desired_from_name(desired, &row->desired))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("unrecognized desired state \"%s\" of connector \"%s\"",
						desired, row->name)));
	row->config_generation = DatumGetInt64(w2k_interlude_column(i, 5, NULL));
	row->restart_generation = DatumGetInt64(w2k_interlude_column(i, 6, NULL));
	row->is_foreign = !DatumGetBool(w2k_interlude_column(i, 7, NULL));
	look_up_owner(row);
	return row;
}

/* Keeps DROP EXTENSION away until the transaction ends; false: it was first. */
static bool
lock_connectors(void)
{
	Oid relid = get_relname_relid("connector",
								  get_namespace_oid(W2K_SCHEMA, true));

	if (!OidIsValid(relid))
		return false;
	LockRelationOid(relid, AccessShareLock);
	return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid));
}

/* The connectors of this database, or the one with a name. */
static List *
read_connectors(const char *name)
{
	Oid types[] = {TEXTOID, OIDOID, TEXTOID};
	Datum values[3];
	char nulls[] = {' ', ' ', name == NULL ? 'n' : ' '};
	MemoryContext caller = CurrentMemoryContext;
	List *rows = NIL;

	w2k_interlude_begin(true);
	values[0] = system_identifier();
	values[1] = ObjectIdGetDatum(MyDatabaseId);
	values[2] = name == NULL ? (Datum) 0 : CStringGetTextDatum(name);
	if (lock_connectors())
		w2k_interlude_query(connector_query, 3, types, values, nulls, true,
							SPI_OK_SELECT);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(caller);

		rows = lappend(rows, read_connector(i));
		MemoryContextSwitchTo(spi);
	}
	w2k_interlude_end();
	return rows;
}

bool
w2k_catalog_is_installed(void)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid schema;
	bool is_installed = false;

	StartTransactionCommand();
	schema = get_namespace_oid(W2K_SCHEMA, true);
	if (OidIsValid(schema) && OidIsValid(get_extension_oid(W2K_NAME, true)))
		is_installed = OidIsValid(get_relname_relid("connector", schema)) &&
					   OidIsValid(
						   get_relname_relid("connector_progress", schema));
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
	return is_installed;
}

List *
w2k_catalog_connectors(void)
{
	return read_connectors(NULL);
}

W2kConnectorRow *
w2k_catalog_connector(const char *name)
{
	List *rows = read_connectors(name);

	return rows == NIL ? NULL : linitial(rows);
}

static const char *const initial_names[] = {[W2K_INITIAL_UNDECIDED] = NULL,
											[W2K_INITIAL_NONE] = "none",
											[W2K_INITIAL_RUNNING] = "running",
											[W2K_INITIAL_COMPLETED] =
												"completed"};

const char *
w2k_initial_snapshot_name(W2kInitialSnapshot initial)
{
	return initial_names[initial];
}

static W2kInitialSnapshot
find_initial(const char *name)
{
	for (int i = W2K_INITIAL_NONE; i < (int) lengthof(initial_names); i++)
		if (name != NULL && strcmp(initial_names[i], name) == 0)
			return (W2kInitialSnapshot) i;
	return W2K_INITIAL_UNDECIDED;
}

W2kProgressRow *
w2k_catalog_progress(const char *name)
{
	Oid types[] = {TEXTOID, OIDOID, TEXTOID};
	Datum values[3];
	MemoryContext caller = CurrentMemoryContext;
	W2kProgressRow *row = NULL;

	w2k_interlude_begin(false);
	values[0] = system_identifier();
	values[1] = ObjectIdGetDatum(MyDatabaseId);
	values[2] = CStringGetTextDatum(name);
	w2k_interlude_query("SELECT slot_name, state OPERATOR(pg_catalog.=) 'ready',"
						" consistent_point,"
						" system_identifier OPERATOR(pg_catalog.=) $1"
						" AND database_oid OPERATOR(pg_catalog.=) $2,"
						" snapshot, snapshot_generation, updated"
						" FROM wal2kafka.connector_progress"
						" WHERE name OPERATOR(pg_catalog.=) $3",
						3, types, values, NULL, true, SPI_OK_SELECT);
	if (SPI_processed > 0)
	{
		bool is_null;
		Datum lsn = w2k_interlude_column(0, 3, &is_null);
		Datum snapshot;

		row = MemoryContextAllocZero(caller, sizeof(W2kProgressRow));
		namestrcpy(&row->slot_name,
				   NameStr(*DatumGetName(w2k_interlude_column(0, 1, NULL))));
		row->is_ready = DatumGetBool(w2k_interlude_column(0, 2, NULL));
		row->consistent_point = is_null ? InvalidXLogRecPtr : DatumGetLSN(lsn);
		row->is_foreign = !DatumGetBool(w2k_interlude_column(0, 4, NULL));
		snapshot = w2k_interlude_column(0, 5, &is_null);
		row->initial = find_initial(is_null ? NULL
											: TextDatumGetCString(snapshot));
		snapshot = w2k_interlude_column(0, 6, &is_null);
		row->snapshot_generation = is_null ? 0 : DatumGetInt64(snapshot);
		row->updated = DatumGetTimestampTz(w2k_interlude_column(0, 7, NULL));
	}
	w2k_interlude_end();
	return row;
}

List *
w2k_catalog_tables(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List *tables = NIL;

	w2k_interlude_begin(true);
	w2k_interlude_query("SELECT n.nspname, c.relname, c.relreplident, i.relname"
						" FROM pg_catalog.pg_class AS c"
						" JOIN pg_catalog.pg_namespace AS n"
						" ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
						" LEFT JOIN pg_catalog.pg_index AS x"
						" ON x.indrelid OPERATOR(pg_catalog.=) c.oid"
						" AND x.indisreplident"
						" LEFT JOIN pg_catalog.pg_class AS i"
						" ON i.oid OPERATOR(pg_catalog.=) x.indexrelid"
						" WHERE (c.relkind OPERATOR(pg_catalog.=) 'r'"
						" OR c.relkind OPERATOR(pg_catalog.=) 'p')"
						" AND c.relpersistence OPERATOR(pg_catalog.<>) 't'"
						" ORDER BY 1, 2",
						0, NULL, NULL, NULL, true, SPI_OK_SELECT);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(caller);
		W2kTableRow *table = palloc0(sizeof(W2kTableRow));
		bool is_null;
		Datum index = w2k_interlude_column(i, 4, &is_null);

		table->schema = pstrdup(
			NameStr(*DatumGetName(w2k_interlude_column(i, 1, NULL))));
		table->name = pstrdup(
			NameStr(*DatumGetName(w2k_interlude_column(i, 2, NULL))));
		table->identity = DatumGetChar(w2k_interlude_column(i, 3, NULL));
		if (!is_null)
			table->identity_index = pstrdup(NameStr(*DatumGetName(index)));
		tables = lappend(tables, table);
		MemoryContextSwitchTo(spi);
	}
	w2k_interlude_end();
	return tables;
}

void
w2k_catalog_write_progress(const char *name, const char *slot_name,
						   bool is_ready, XLogRecPtr consistent_point,
						   W2kInitialSnapshot initial)
{
	Oid types[] = {TEXTOID, NAMEOID, TEXTOID, LSNOID,
				   TEXTOID, OIDOID,	 TEXTOID};
	Datum values[lengthof(types)];
	char nulls[] = {' ', ' ', ' ', ' ', ' ', ' ', ' '};
	NameData slot;

	namestrcpy(&slot, slot_name);
	values[0] = CStringGetTextDatum(name);
	values[1] = NameGetDatum(&slot);
	values[2] = CStringGetTextDatum(is_ready ? "ready" : "creating");
	values[3] = LSNGetDatum(consistent_point);
	if (consistent_point == InvalidXLogRecPtr)
		nulls[3] = 'n';
	values[4] = system_identifier();
	values[5] = ObjectIdGetDatum(MyDatabaseId);
	if (initial == W2K_INITIAL_UNDECIDED)
		nulls[6] = 'n';
	else
		values[6] = CStringGetTextDatum(initial_names[initial]);
	w2k_interlude_query("INSERT INTO wal2kafka.connector_progress AS p"
						" (name, slot_name, state, consistent_point,"
						" system_identifier, database_oid, snapshot, updated)"
						" VALUES ($1, $2, $3, $4, $5, $6, $7,"
						" pg_catalog.clock_timestamp())"
						" ON CONFLICT (name) DO UPDATE SET"
						" slot_name = excluded.slot_name,"
						" state = excluded.state,"
						" consistent_point = excluded.consistent_point,"
						" system_identifier = excluded.system_identifier,"
						" database_oid = excluded.database_oid,"
						" snapshot = excluded.snapshot,"
						" snapshot_paused = false,"
						" updated = excluded.updated",
						lengthof(types), types, values, nulls, false,
						SPI_OK_INSERT);
}

void
w2k_catalog_set_progress(const char *name, const char *slot_name,
						 bool is_ready, XLogRecPtr consistent_point,
						 W2kInitialSnapshot initial)
{
	w2k_interlude_begin(false);
	w2k_catalog_write_progress(name, slot_name, is_ready, consistent_point,
							   initial);
	w2k_interlude_end();
}

bool
w2k_catalog_slot_is_taken(const char *name, const char *slot_name)
{
	Oid types[] = {TEXTOID, NAMEOID};
	Datum values[2];
	NameData slot;
	bool is_taken;

	namestrcpy(&slot, slot_name);
	w2k_interlude_begin(false);
	values[0] = CStringGetTextDatum(name);
	values[1] = NameGetDatum(&slot);
	w2k_interlude_query("SELECT FROM wal2kafka.connector_progress"
						" WHERE name OPERATOR(pg_catalog.<>) $1"
						" AND slot_name OPERATOR(pg_catalog.=) $2",
						2, types, values, NULL, true, SPI_OK_SELECT);
	is_taken = SPI_processed > 0;
	w2k_interlude_end();
	return is_taken;
}

void
w2k_catalog_delete(const char *name)
{
	Oid types[] = {TEXTOID};
	Datum values[1];
	bool is_deleted;

	w2k_interlude_begin(false);
	values[0] = CStringGetTextDatum(name);
	w2k_interlude_query("DELETE FROM wal2kafka.connector"
						" WHERE name OPERATOR(pg_catalog.=) $1"
						" AND desired_state OPERATOR(pg_catalog.=) 'dropping'",
						1, types, values, NULL, false, SPI_OK_DELETE);
	is_deleted = SPI_processed > 0;
	for (int i = 1; is_deleted && w2k_connector_tables[i] != NULL; i++)
		w2k_interlude_query(psprintf("DELETE FROM wal2kafka.%s"
									 " WHERE name OPERATOR(pg_catalog.=) $1",
									 w2k_connector_tables[i]),
							1, types, values, NULL, false, SPI_OK_DELETE);
	w2k_interlude_end();
}
