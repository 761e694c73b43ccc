/*
 * ddl_guard.c
 *		Keeps DROP EXTENSION from leaving replication slots behind.
 *
 * A slot whose connector is gone keeps WAL until the disk is full.  Members
 * of an extension are dropped before the extension itself, so what is watched
 * is the table of connectors: whatever is about to drop it (DROP EXTENSION,
 * DROP SCHEMA ... CASCADE, DROP OWNED) is refused while it has rows.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "api/ddl_guard.h"
#include "wal2kafka.h"

static object_access_hook_type prev_object_access = NULL;

/* Is this our table of connectors, and not one that looks like it? */
static bool
is_connector_table(Oid relid)
{
	char *relname = get_rel_name(relid);
	Oid extension;

	if (relname == NULL || strcmp(relname, "connector") != 0)
		return false;
	extension = getExtensionOfObject(RelationRelationId, relid);
	return OidIsValid(extension) &&
		   extension == get_extension_oid(W2K_NAME, true);
}

/* The names in the table, for people; NULL when it has no rows. */
static char *
list_connectors(Oid relid)
{
	/* Whoever drops it holds the strongest lock already. */
	Relation rel = table_open(relid, NoLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0,
										  NULL);
	HeapTuple tuple;
	StringInfoData names;

	initStringInfo(&names);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool isnull;
		Datum name = heap_getattr(tuple, 1, RelationGetDescr(rel), &isnull);

		appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "",
						 isnull ? "" : TextDatumGetCString(name));
	}
	systable_endscan(scan);
	table_close(rel, NoLock);
	return names.len > 0 ? names.data : NULL;
}

static void
check_drop(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
		   void *arg)
{
	char *names;

	if (prev_object_access)
		prev_object_access(access, class_id, object_id, sub_id, arg);
	if (access != OAT_DROP || class_id != RelationRelationId || sub_id != 0 ||
		!is_connector_table(object_id))
		return;
	names = list_connectors(object_id);
	if (names != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop extension \"%s\" because it has connectors",
						W2K_NAME),
				 errdetail("Connectors: %s.", names),
				 errhint(
					 "Use drop_connector first and wait until the view connectors is empty: a replication slot left behind would keep WAL for ever.")));
}

void
w2k_ddl_guard_init(void)
{
	prev_object_access = object_access_hook;
	object_access_hook = check_drop;
}
