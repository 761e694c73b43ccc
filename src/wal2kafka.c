/*
 * wal2kafka.c
 *		The library's entry point: wires the areas together.
 *
 * Loaded without shared_preload_libraries (as an output plugin, or by CREATE
 * EXTENSION) everything works that needs no process of ours.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "api/ddl_guard.h"
#include "api/ddl_watch.h"
#include "config/guc.h"
#include "worker/launcher.h"
#include "worker/slots.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	w2k_guc_init();
	w2k_ddl_guard_init();
	w2k_ddl_watch_init();
	/* pg_upgrade starts servers in which nothing may run. */
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	w2k_slots_init();
	w2k_launcher_register();
}
