/*
 * guc.c
 *		Server-wide settings: wal2kafka.*
 *
 * Few on purpose: what belongs to one connector is a property of it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "config/guc.h"
#include "wal2kafka.h"

char *w2k_bootstrap_servers = NULL;
bool w2k_allow_incompatible_ddl = false;
int w2k_max_connectors = 16;
int w2k_max_tracked_tables = 4096;

void
w2k_guc_init(void)
{
	DefineCustomStringVariable("wal2kafka.bootstrap_servers",
							   "Kafka brokers for connectors whose configuration names none.",
							   "A list of host:port, as the connector property bootstrap.servers.",
							   &w2k_bootstrap_servers, "", PGC_SIGHUP, 0, NULL,
							   NULL, NULL);

	DefineCustomBoolVariable("wal2kafka.allow_incompatible_ddl",
							 "Allows DDL that breaks a connector's schema.compatibility.",
							 "For superusers and the connector's owner; the server's log says what was done.",
							 &w2k_allow_incompatible_ddl, false, PGC_USERSET,
							 0, NULL, NULL, NULL);

	/* The rest sizes shared memory: later than the postmaster's start it
	 * could not be honoured, so it is not even defined. */
	if (process_shared_preload_libraries_in_progress)
	{
		DefineCustomIntVariable("wal2kafka.max_connectors",
								"Maximum number of connectors in all databases of this server.",
								"Each running connector also needs one of max_worker_processes and one of max_replication_slots.",
								&w2k_max_connectors, 16, 1, 1024,
								PGC_POSTMASTER, 0, NULL, NULL, NULL);
		DefineCustomIntVariable("wal2kafka.max_tracked_tables",
								"Maximum number of tables, over all connectors, with their own counters in stat_connector_table.",
								"Tables beyond it are captured just the same.",
								&w2k_max_tracked_tables, 4096, 16, 1000000,
								PGC_POSTMASTER, 0, NULL, NULL, NULL);
	}
	MarkGUCPrefixReserved(W2K_NAME);
}
