/*
 * connector_functions.c
 *		create_connector() and what follows in a connector's life.
 *
 * Each function checks, changes one row of wal2kafka.connector and is done:
 * the row's trigger tells the launcher when the transaction commits, and the
 * worker does what the row asks for.  So a call takes effect at commit, rolls
 * back with its transaction, and is never half done.
 *
 * Concurrent calls: creating takes a lock of its own, since it compares the
 * new connector's slot with everybody else's; all others lock their row.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "api/access.h"
#include "api/config_document.h"
#include "api/connector_row.h"
#include "api/ddl_connector.h"
#include "compat.h"
#include "config/connector.h"
#include "config/slot_name.h"

PG_FUNCTION_INFO_V1(wal2kafka_connector_changed);
PG_FUNCTION_INFO_V1(wal2kafka_create_connector);
PG_FUNCTION_INFO_V1(wal2kafka_create_connector_document);
PG_FUNCTION_INFO_V1(wal2kafka_alter_connector);
PG_FUNCTION_INFO_V1(wal2kafka_patch_connector);
PG_FUNCTION_INFO_V1(wal2kafka_drop_connector);
PG_FUNCTION_INFO_V1(wal2kafka_pause_connector);
PG_FUNCTION_INFO_V1(wal2kafka_resume_connector);
PG_FUNCTION_INFO_V1(wal2kafka_stop_connector);
PG_FUNCTION_INFO_V1(wal2kafka_restart_connector);
PG_FUNCTION_INFO_V1(wal2kafka_alter_connector_owner);

#define BY_NAME " WHERE name OPERATOR(pg_catalog.=) $1"

/* The statement trigger of wal2kafka.connector. */
Datum
wal2kafka_connector_changed(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager",
						"connector_changed")));
	w2k_slots_request_visit_at_commit();
	PG_RETURN_POINTER(NULL);
}

/* Raises on a standby and in a read-only transaction. */
static void
require_writable(const char *function)
{
	PreventCommandIfReadOnly(function);
	PreventCommandDuringRecovery(function);
}

/* What a connector that is to run needs of the server. */
static void
require_server(void)
{
	w2k_slots_require();
	w2k_access_require_logical();
}

static Jsonb *
config_arg(FunctionCallInfo fcinfo, int argno)
{
	if (PG_ARGISNULL(argno))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("connector configuration must not be null")));
	return PG_GETARG_JSONB_P(argno);
}

static void
check_name(const char *name)
{
	if (name[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("connector name must not be empty")));
	if (strlen(name) >= W2K_CONNECTOR_NAME_LEN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("connector name is too long"),
						errdetail("A connector's name has at most %d bytes.",
								  W2K_CONNECTOR_NAME_LEN - 1)));
	for (const char *p = name; *p; p++)
		if ((unsigned char) *p < 0x20 || *p == 0x7f)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg(
						 "connector name must not have control characters")));
}

/*
 * The row of a connector that the caller may change and that is not on its
 * way out, locked until the end of the transaction.
 */
static W2kConnectorInfo *
lock_row(const char *name, bool may_be_dropping)
{
	W2kConnectorInfo *row = w2k_connector_row_get(name);
	Oid argtypes[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(name)};

	w2k_access_require_owner(row->name, row->owner);
	(void) w2k_access_execute("SELECT FROM wal2kafka.connector" BY_NAME
							  " FOR UPDATE",
							  1, argtypes, values, NULL);

	/* Whoever held the lock may have changed everything. */
	row = w2k_connector_row_get(name);
	w2k_access_require_owner(row->name, row->owner);
	if (row->desired == W2K_DESIRED_DROPPING && !may_be_dropping)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("connector \"%s\" is being dropped", name)));
	return row;
}

/* Changes the one row, which must be there. */
static void
update_row(const char *name, const char *set, Oid argtype, Datum value)
{
	char *sql = psprintf("UPDATE wal2kafka.connector SET %s" BY_NAME, set);
	Oid argtypes[] = {TEXTOID, argtype};
	Datum values[] = {CStringGetTextDatum(name), value};

	if (w2k_access_execute(sql, OidIsValid(argtype) ? 2 : 1, argtypes, values,
						   NULL) != 1)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("connector \"%s\" does not exist", name)));
}

/* The slot another connector uses, or would if it started now. */
static void
slot_of_row(const W2kConnectorInfo *row, NameData *slot_name)
{
	if (!w2k_connector_row_recorded_slot(row->name, slot_name))
		(void) w2k_slot_name_choose(row->name,
									w2k_config_document_get(row->config,
															"slot.name"),
									slot_name);
}

/*
 * Raises where the slot a connector will use is not to be had; says so where
 * it is not the one that was named.
 */
static void
check_slot(const char *name, const W2kConnectorConfig *conf)
{
	NameData slot_name;
	ListCell *lc;

	if (!w2k_slot_name_choose(name, conf->slot_name, &slot_name))
		ereport(NOTICE,
				(errmsg("replication slot \"%s\" belongs to another plugin or database and is left alone",
						conf->slot_name),
				 errdetail("Connector \"%s\" will use replication slot \"%s\".",
						   name, NameStr(slot_name))));

	foreach(lc, w2k_connector_row_list())
	{
		W2kConnectorInfo *other = lfirst(lc);
		NameData other_slot_name;

		if (other->is_foreign || strcmp(other->name, name) == 0)
			continue;
		slot_of_row(other, &other_slot_name);
		if (namestrcmp(&slot_name, NameStr(other_slot_name)) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("replication slot \"%s\" is used by connector \"%s\"",
							NameStr(slot_name), other->name),
					 errhint(
						 "Set connector property \"slot.name\" to another name.")));
	}
	switch (w2k_slot_name_owner(NameStr(slot_name)))
	{
		case W2K_SLOT_NAME_OTHERS:
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("replication slot \"%s\" belongs to another plugin or database",
							NameStr(slot_name)),
					 errhint(
						 "Set connector property \"slot.name\" to another name.")));
			break;
		case W2K_SLOT_NAME_OURS:
			/* It would move on, and go with the connector. */
			if (!superuser() && !has_rolreplication(GetUserId()))
				ereport(ERROR,
						(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						 errmsg("permission denied to use the existing replication slot \"%s\"",
								NameStr(slot_name)),
						 errdetail(
							 "Only superusers and roles with REPLICATION may do that."),
						 errhint(
							 "Set connector property \"slot.name\" to another name.")));
			break;
		case W2K_SLOT_NAME_FREE:
			break;
	}
}

/* The system identifier, as rows hold it. */
static Datum
here_datum(void)
{
	return CStringGetTextDatum(psprintf(UINT64_FORMAT, GetSystemIdentifier()));
}

static void
raise_duplicate(const W2kConnectorInfo *row)
{
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_OBJECT),
			 errmsg("connector \"%s\" already exists", row->name),
			 row->desired == W2K_DESIRED_DROPPING
				 ? errdetail("It is being dropped.")
				 : 0,
			 row->is_foreign
				 ? errhint(
					   "It is a copy of a connector of another database or cluster: use resume_connector to make it this one's, or drop_connector.")
				 : 0));
}

static void
insert_row(const char *name, Jsonb *config, const char *desired_state)
{
	Oid argtypes[] = {TEXTOID, REGROLEOID, JSONBOID, TEXTOID, TEXTOID, OIDOID};
	Datum values[] = {CStringGetTextDatum(name),
					  ObjectIdGetDatum(GetUserId()),
					  JsonbPGetDatum(config),
					  CStringGetTextDatum(desired_state),
					  here_datum(),
					  ObjectIdGetDatum(MyDatabaseId)};

	(void)
		w2k_access_execute("INSERT INTO wal2kafka.connector (name, owner, config, desired_state,"
						   " system_identifier, database_oid) VALUES ($1, $2, $3, $4, $5, $6)",
						   lengthof(argtypes), argtypes, values, NULL);
}

/* Both forms of create_connector(); desired_state NULL = as configured. */
static void
create_connector(const char *name, Jsonb *given, const char *desired_state)
{
	W2kConnectorInfo *existing;
	W2kConnectorConfig *conf;
	Jsonb *config;

	require_writable("create_connector()");
	check_name(name);
	require_server();

	/* Two that are made at once must not choose the same slot. */
	LockDatabaseObject(RelationRelationId, w2k_access_relation("connector"), 1,
					   ExclusiveLock);
	existing = w2k_connector_row_find(name);
	if (existing != NULL)
		raise_duplicate(existing);

	config = w2k_config_document_flatten(given, NULL);
	conf = w2k_connector_parse(name, &config->root, superuser(), true);
	check_slot(name, conf);
	insert_row(name, config, desired_state != NULL ? desired_state : "running");
	w2k_ddl_connector_changed(name);
}

/* create_connector(name text, config jsonb) */
Datum
wal2kafka_create_connector(PG_FUNCTION_ARGS)
{
	create_connector(w2k_connector_row_name_arg(fcinfo, 0),
					 config_arg(fcinfo, 1), NULL);
	PG_RETURN_VOID();
}

/* create_connector(document jsonb) */
Datum
wal2kafka_create_connector_document(PG_FUNCTION_ARGS)
{
	W2kConfigDocument document;

	w2k_config_document_read(config_arg(fcinfo, 0), &document);
	create_connector(document.name, document.config, document.desired_state);
	PG_RETURN_TEXT_P(cstring_to_text(document.name));
}

/* The name under which a configuration's slot goes, of others' slots aside. */
static char *
named_slot(const W2kConnectorInfo *row, Jsonb *config)
{
	char *named = w2k_config_document_get(config, "slot.name");
	NameData slot_name;

	if (named != NULL)
		return named;
	(void) w2k_slot_name_choose(row->name, NULL, &slot_name);
	return pstrdup(NameStr(slot_name));
}

/* alter_connector() with base NULL, patch_connector() with the old one. */
static void
change_config(const W2kConnectorInfo *row, Jsonb *given, Jsonb *base)
{
	Jsonb *config = w2k_config_document_flatten(given, base);

	if (strcmp(named_slot(row, row->config), named_slot(row, config)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("connector property \"slot.name\" of connector \"%s\" cannot be changed",
						row->name),
				 errdetail("The replication slot holds the connector's place."),
				 errhint(
					 "Use the same value, or drop the connector and create it again.")));
	(void) w2k_connector_parse(row->name, &config->root,
							   superuser_arg(row->owner), true);
	update_row(row->name,
			   "config = $2, config_generation = config_generation"
			   " OPERATOR(pg_catalog.+) 1",
			   JSONBOID, JsonbPGetDatum(config));
	w2k_ddl_connector_changed(row->name);
}

/* alter_connector(name text, config jsonb) */
Datum
wal2kafka_alter_connector(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);
	Jsonb *given = config_arg(fcinfo, 1);

	require_writable("alter_connector()");
	if (w2k_connector_row_find(name) == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("connector \"%s\" does not exist", name),
						errhint("Use create_connector to create it.")));
	change_config(lock_row(name, false), given, NULL);
	PG_RETURN_VOID();
}

/* patch_connector(name text, config jsonb) */
Datum
wal2kafka_patch_connector(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);
	Jsonb *given = config_arg(fcinfo, 1);
	W2kConnectorInfo *row;

	require_writable("patch_connector()");
	row = lock_row(name, false);
	change_config(row, given, row->config);
	PG_RETURN_VOID();
}

/*
 * Removes the row itself, where no worker will come to do it.  A slot is left
 * alone: in a copy it is not ours, and dropping one is not undone by a
 * rollback.
 */
static void
delete_row(const W2kConnectorInfo *row)
{
	Oid argtypes[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(row->name)};
	NameData slot_name;
	bool has_slot = !row->is_foreign &&
					w2k_connector_row_recorded_slot(row->name, &slot_name) &&
					w2k_slot_name_owner(NameStr(slot_name)) ==
						W2K_SLOT_NAME_OURS;

	for (int i = 0; w2k_connector_tables[i] != NULL; i++)
		(void) w2k_access_execute(psprintf("DELETE FROM wal2kafka.%s" BY_NAME,
										   w2k_connector_tables[i]),
								  1, argtypes, values, NULL);
	if (has_slot)
		ereport(WARNING,
				(errmsg("replication slot \"%s\" of connector \"%s\" stays",
						NameStr(slot_name), row->name),
				 errdetail(
					 "wal2kafka is not loaded via shared_preload_libraries, so no worker can drop it."),
				 errhint(
					 "Use pg_drop_replication_slot, else it keeps WAL for ever.")));
	else
		ereport(NOTICE,
				(errmsg("connector \"%s\" is dropped without its worker",
						row->name),
				 row->is_foreign
					 ? errdetail(
						   "It was a copy of a connector of another database or cluster and has no replication slot here.")
					 : errdetail(
						   "wal2kafka is not loaded via shared_preload_libraries.")));
}

/* drop_connector(name text, if_exists boolean) */
Datum
wal2kafka_drop_connector(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);
	bool if_exists = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	W2kConnectorInfo *row;

	require_writable("drop_connector()");
	if (if_exists && w2k_connector_row_find(name) == NULL)
	{
		ereport(NOTICE,
				(errmsg("connector \"%s\" does not exist, skipping", name)));
		PG_RETURN_VOID();
	}
	row = lock_row(name, true);
	if (row->is_foreign || !w2k_slots_available())
		delete_row(row);
	else if (row->desired == W2K_DESIRED_DROPPING)
		ereport(NOTICE,
				(errmsg("connector \"%s\" is being dropped already", name)));
	else
		update_row(name, "desired_state = 'dropping'", InvalidOid, 0);
	PG_RETURN_VOID();
}

/* pause_connector(name text) */
Datum
wal2kafka_pause_connector(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);

	require_writable("pause_connector()");
	(void) lock_row(name, false);
	update_row(name, "desired_state = 'paused'", InvalidOid, 0);
	PG_RETURN_VOID();
}

/* stop_connector(name text) */
Datum
wal2kafka_stop_connector(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);

	require_writable("stop_connector()");
	(void) lock_row(name, false);
	update_row(name, "desired_state = 'stopped'", InvalidOid, 0);
	PG_RETURN_VOID();
}

/* restart_connector(name text) */
Datum
wal2kafka_restart_connector(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);

	require_writable("restart_connector()");
	require_server();
	(void) lock_row(name, false);
	update_row(name,
			   "restart_generation = restart_generation"
			   " OPERATOR(pg_catalog.+) 1",
			   InvalidOid, 0);
	PG_RETURN_VOID();
}

/*
 * Makes a copy of another database's connector this database's: all that
 * create_connector() would check is checked now, and what came with the copy
 * of the other's progress goes.
 */
static void
adopt_row(const W2kConnectorInfo *row)
{
	Oid argtypes[] = {TEXTOID, TEXTOID, OIDOID};
	Datum values[] = {CStringGetTextDatum(row->name), here_datum(),
					  ObjectIdGetDatum(MyDatabaseId)};
	NameData slot_name;

	check_slot(row->name, w2k_connector_parse(row->name, &row->config->root,
											  superuser_arg(row->owner), true));
	if (!w2k_connector_row_recorded_slot(row->name, &slot_name))
		(void)
			w2k_access_execute("DELETE FROM wal2kafka.connector_progress" BY_NAME,
							   1, argtypes, values, NULL);
	(void)
		w2k_access_execute("UPDATE wal2kafka.connector SET system_identifier = $2,"
						   " database_oid = $3" BY_NAME,
						   lengthof(argtypes), argtypes, values, NULL);
	w2k_ddl_connector_changed(row->name);
}

/* resume_connector(name text) */
Datum
wal2kafka_resume_connector(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);
	W2kConnectorInfo *row;

	require_writable("resume_connector()");
	require_server();
	row = lock_row(name, false);
	if (row->is_foreign)
		adopt_row(row);
	update_row(name,
			   "desired_state = 'running', restart_generation ="
			   " restart_generation OPERATOR(pg_catalog.+) 1",
			   InvalidOid, 0);
	PG_RETURN_VOID();
}

/*
 * alter_connector_owner(name text, role regrole)
 *
 * The generation of the configuration rises too: what the new owner may read
 * decides what is captured, so the worker has to look again.
 */
Datum
wal2kafka_alter_connector_owner(PG_FUNCTION_ARGS)
{
	char *name = w2k_connector_row_name_arg(fcinfo, 0);
	Oid role;
	W2kConnectorInfo *row;

	require_writable("alter_connector_owner()");
	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("role must not be null")));
	role = PG_GETARG_OID(1);
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("role with OID %u does not exist", role)));
	row = lock_row(name, false);
	if (!w2k_compat_can_set_role(GetUserId(), role))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("must be able to SET ROLE \"%s\"",
							   GetUserNameFromId(role, false))));
	/* What only a superuser may use must not end up with somebody else. */
	(void) w2k_connector_parse(name, &row->config->root, superuser_arg(role),
							   false);
	update_row(name,
			   "owner = $2, config_generation = config_generation"
			   " OPERATOR(pg_catalog.+) 1",
			   REGROLEOID, ObjectIdGetDatum(role));
	w2k_ddl_connector_changed(name);
	PG_RETURN_VOID();
}
