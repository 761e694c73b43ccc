/*
 * connector_row.c
 *		A connector as its catalog row and shared memory tell it.
 *
 * The tables are read by scan, not by SPI: a function that waits must see
 * what others commit meanwhile, a scan needs neither the caller's privileges
 * nor its search_path, and a server has few connectors.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "api/access.h"
#include "api/connector_row.h"

/* Columns of wal2kafka.connector; later versions add theirs behind. */
enum
{
	ANUM_CONNECTOR_NAME = 1,
	ANUM_CONNECTOR_OWNER,
	ANUM_CONNECTOR_CONFIG,
	ANUM_CONNECTOR_DESIRED_STATE,
	ANUM_CONNECTOR_CONFIG_GENERATION,
	ANUM_CONNECTOR_RESTART_GENERATION,
	ANUM_CONNECTOR_SYSTEM_IDENTIFIER,
	ANUM_CONNECTOR_DATABASE_OID,
	ANUM_CONNECTOR_CREATED
};

/* Those of wal2kafka.connector_progress that are read here. */
enum
{
	ANUM_PROGRESS_NAME = 1,
	ANUM_PROGRESS_SLOT_NAME,
	ANUM_PROGRESS_SYSTEM_IDENTIFIER = 5,
	ANUM_PROGRESS_DATABASE_OID
};

char *
w2k_connector_row_name_arg(FunctionCallInfo fcinfo, int argno)
{
	if (PG_ARGISNULL(argno))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("connector name must not be null")));
	return text_to_cstring(PG_GETARG_TEXT_PP(argno));
}

/* A column that is never null. */
static Datum
get_column(HeapTuple tuple, TupleDesc desc, int attnum)
{
	bool isnull;
	Datum value = heap_getattr(tuple, attnum, desc, &isnull);

	if (isnull)
		elog(ERROR, "unexpected null in column %d", attnum);
	return value;
}

/* Was a row written for another cluster or another database? */
static bool
is_foreign(HeapTuple tuple, TupleDesc desc, int identifier_attnum,
		   int database_attnum)
{
	char here[32];

	snprintf(here, sizeof(here), UINT64_FORMAT, GetSystemIdentifier());
	return strcmp(TextDatumGetCString(
					  get_column(tuple, desc, identifier_attnum)),
				  here) != 0 ||
		   DatumGetObjectId(get_column(tuple, desc, database_attnum)) !=
			   MyDatabaseId;
}

static W2kConnectorInfo *
make_row(HeapTuple tuple, TupleDesc desc)
{
	W2kConnectorInfo *row = palloc0(sizeof(W2kConnectorInfo));
	char *desired;

	row->name = TextDatumGetCString(
		get_column(tuple, desc, ANUM_CONNECTOR_NAME));
	row->owner = DatumGetObjectId(
		get_column(tuple, desc, ANUM_CONNECTOR_OWNER));
	row->config = DatumGetJsonbPCopy(
		get_column(tuple, desc, ANUM_CONNECTOR_CONFIG));
	desired = TextDatumGetCString(
		get_column(tuple, desc, ANUM_CONNECTOR_DESIRED_STATE));
	if (!w2k_desired_from_name(desired, &row->desired))
		elog(ERROR, "unexpected desired state \"%s\"", desired);
	row->config_generation = DatumGetInt64(
		get_column(tuple, desc, ANUM_CONNECTOR_CONFIG_GENERATION));
	row->restart_generation = DatumGetInt64(
		get_column(tuple, desc, ANUM_CONNECTOR_RESTART_GENERATION));
	row->is_foreign = is_foreign(tuple, desc, ANUM_CONNECTOR_SYSTEM_IDENTIFIER,
								 ANUM_CONNECTOR_DATABASE_OID);
	row->created = DatumGetTimestampTz(
		get_column(tuple, desc, ANUM_CONNECTOR_CREATED));
	return row;
}

static int
compare_rows(const ListCell *a, const ListCell *b)
{
	return strcmp(((W2kConnectorInfo *) lfirst(a))->name,
				  ((W2kConnectorInfo *) lfirst(b))->name);
}

/* All rows, or those of one name. */
static List *
scan_rows(const char *name)
{
	Relation rel = table_open(w2k_access_relation("connector"),
							  AccessShareLock);
	ScanKeyData key[1];
	SysScanDesc scan;
	HeapTuple tuple;
	List *rows = NIL;

	if (name != NULL)
		ScanKeyInit(&key[0], ANUM_CONNECTOR_NAME, BTEqualStrategyNumber,
					F_TEXTEQ, CStringGetTextDatum(name));
	scan = systable_beginscan(rel, InvalidOid, false, NULL,
							  name != NULL ? 1 : 0, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		rows = lappend(rows, make_row(tuple, RelationGetDescr(rel)));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	list_sort(rows, compare_rows);
	return rows;
}

bool
w2k_connector_row_any_has(const char *const *properties, size_t nproperties)
{
	Oid nspid = get_namespace_oid(W2K_SCHEMA, true);
	Oid relid = OidIsValid(nspid) ? get_relname_relid("connector", nspid)
								  : InvalidOid;
	Relation rel = OidIsValid(relid)
					   ? try_relation_open(relid, AccessShareLock)
					   : NULL;
	SysScanDesc scan;
	HeapTuple tuple;
	bool result = false;

	if (rel == NULL)
		return false;
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	while (!result && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Jsonb *config = DatumGetJsonbP(
			get_column(tuple, RelationGetDescr(rel), ANUM_CONNECTOR_CONFIG));

		for (size_t i = 0; i < nproperties && !result; i++)
			result = getKeyJsonValueFromContainer(&config->root, properties[i],
												  (int) strlen(properties[i]),
												  NULL) != NULL;
	}
	systable_endscan(scan);
	relation_close(rel, AccessShareLock);
	return result;
}

W2kConnectorInfo *
w2k_connector_row_find(const char *name)
{
	List *rows = scan_rows(name);

	return rows == NIL ? NULL : (W2kConnectorInfo *) linitial(rows);
}

W2kConnectorInfo *
w2k_connector_row_get(const char *name)
{
	W2kConnectorInfo *row = w2k_connector_row_find(name);

	if (row == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("connector \"%s\" does not exist", name)));
	return row;
}

List *
w2k_connector_row_list(void)
{
	return scan_rows(NULL);
}

void
w2k_connector_row_require_native(const W2kConnectorInfo *row)
{
	if (row->is_foreign)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("connector \"%s\" is a copy of another database's or cluster's",
						row->name),
				 errhint("Use resume_connector to make it this one's.")));
}

/*
 * What a connector is.  The launcher's word counts where there is a launcher
 * and it has heard of the connector; everything else follows from the row.
 */
void
w2k_connector_row_status(const W2kConnectorInfo *row,
						 W2kConnectorStatus *status)
{
	const W2kWorkerSlot *slot = &status->slot;

	memset(status, 0, sizeof(W2kConnectorStatus));
	status->is_known = w2k_slots_snapshot(MyDatabaseId, row->name,
										  &status->slot, &status->counters);
	status->is_current = status->is_known && slot->desired == row->desired &&
						 slot->is_foreign == row->is_foreign &&
						 slot->config_generation == row->config_generation &&
						 slot->restart_generation == row->restart_generation;
	/* A visitor has told of the row, and the worker that is due has not begun:
	 * the failure was of what was there before. */
	if (slot->state == W2K_STATE_FAILED &&
		(slot->failed_config_generation != slot->config_generation ||
		 slot->failed_restart_generation != slot->restart_generation))
		status->is_current = false;
	if (status->is_known && slot->last_error[0] != '\0')
	{
		status->error = slot->last_error;
		status->error_time = slot->last_error_time;
	}

	if (RecoveryInProgress())
		status->state = W2K_STATE_STANDBY;
	else if (!w2k_slots_available())
	{
		status->state = W2K_STATE_STOPPED;
		status->error =
			"wal2kafka is not loaded via shared_preload_libraries: add it there and restart the server";
	}
	else if (row->desired == W2K_DESIRED_DROPPING)
		status->state = W2K_STATE_DROPPING;
	else if (row->is_foreign)
	{
		status->state = W2K_STATE_STOPPED;
		status->error =
			"this is a copy of a connector of another database or cluster: resume_connector makes it this one's";
	}
	else if (status->is_known && !slot->is_foreign)
		status->state = slot->state;
	else
	{
		status->state = row->desired == W2K_DESIRED_STOPPED
							? W2K_STATE_STOPPED
							: W2K_STATE_STARTING;
		if (!status->is_known && w2k_slots_are_short())
			status->error =
				"there are as many connectors as wal2kafka.max_connectors allows: increase it and restart the server, or drop one";
	}
}

bool
w2k_connector_row_recorded_slot(const char *name, NameData *slot_name)
{
	Relation rel = table_open(w2k_access_relation("connector_progress"),
							  AccessShareLock);
	TupleDesc desc = RelationGetDescr(rel);
	ScanKeyData key[1];
	SysScanDesc scan;
	HeapTuple tuple;
	bool found = false;

	ScanKeyInit(&key[0], ANUM_PROGRESS_NAME, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(name));
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 1, key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple) &&
		!is_foreign(tuple, desc, ANUM_PROGRESS_SYSTEM_IDENTIFIER,
					ANUM_PROGRESS_DATABASE_OID))
	{
		*slot_name = *DatumGetName(
			get_column(tuple, desc, ANUM_PROGRESS_SLOT_NAME));
		found = true;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

void
w2k_connector_row_require_usable(const W2kConnectorInfo *row)
{
	w2k_access_require_owner(row->name, row->owner);
	if (row->desired == W2K_DESIRED_DROPPING)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("connector \"%s\" is being dropped", row->name)));
	w2k_connector_row_require_native(row);
}
