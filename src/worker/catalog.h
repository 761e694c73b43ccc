/*
 * catalog.h
 *		What the worker processes read and write in wal2kafka's own tables.
 *
 * Every function runs a short transaction of its own, as the bootstrap
 * superuser with an empty search_path, and must be called outside one.
 * Results are in the memory context current at the call.
 */
#ifndef W2K_WORKER_CATALOG_H
#define W2K_WORKER_CATALOG_H

#include "access/xlogdefs.h"
#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "worker/slots.h"

/* A row of wal2kafka.connector. */
typedef struct W2kConnectorRow
{
	char *name;
	Oid owner;
	bool owner_exists;
	bool owner_is_superuser;
	Jsonb *config;
	W2kDesired desired;
	int64 config_generation;
	int64 restart_generation;
	bool is_foreign; /* made for another cluster or database */
} W2kConnectorRow;

/* What became of a connector's initial snapshot. */
typedef enum W2kInitialSnapshot
{
	W2K_INITIAL_UNDECIDED, /* nobody has asked for one yet, nor said no */
	W2K_INITIAL_NONE,	   /* none was wanted when the connector began */
	W2K_INITIAL_RUNNING,
	W2K_INITIAL_COMPLETED
} W2kInitialSnapshot;

/* "none" and so on; NULL = undecided. */
extern const char *w2k_initial_snapshot_name(W2kInitialSnapshot initial);

/* A row of wal2kafka.connector_progress. */
typedef struct W2kProgressRow
{
	NameData slot_name;
	bool is_ready; /* else the slot was being created */
	bool is_foreign;
	XLogRecPtr consistent_point;
	W2kInitialSnapshot initial;
	int64 snapshot_generation; /* restart_generation that it was made for */
	TimestampTz updated;
} W2kProgressRow;

/*
 * Once, after connecting: what ALTER DATABASE or ALTER ROLE ALL say must
 * neither stop nor change what these processes do.
 */
extern void w2k_catalog_override_settings(void);

/* Is the extension, with its tables, in this database? */
extern bool w2k_catalog_is_installed(void);

/* List of W2kConnectorRow, configuration included. */
extern List *w2k_catalog_connectors(void);

/* NULL when there is no such connector. */
extern W2kConnectorRow *w2k_catalog_connector(const char *name);
extern W2kProgressRow *w2k_catalog_progress(const char *name);

/* A table of this database, or a partitioned one. */
typedef struct W2kTableRow
{
	char *schema;
	char *name;
	char identity;		  /* pg_class.relreplident */
	char *identity_index; /* its name, or NULL */
} W2kTableRow;

/* List of W2kTableRow, by name; those of the system, too. */
extern List *w2k_catalog_tables(void);

/* Records the slot that is about to be made, or that has been made. */
extern void w2k_catalog_set_progress(const char *name, const char *slot_name,
									 bool is_ready,
									 XLogRecPtr consistent_point,
									 W2kInitialSnapshot initial);

/* The same inside an interlude. */
extern void w2k_catalog_write_progress(const char *name, const char *slot_name,
									   bool is_ready,
									   XLogRecPtr consistent_point,
									   W2kInitialSnapshot initial);

/* Is the slot recorded as another connector's of this database? */
extern bool w2k_catalog_slot_is_taken(const char *name, const char *slot_name);

/* Removes a dropped connector's rows, if it is still to be dropped. */
extern void w2k_catalog_delete(const char *name);

#endif /* W2K_WORKER_CATALOG_H */
