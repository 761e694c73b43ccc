/*
 * connector_row.h
 *		A connector as its catalog row and shared memory tell it.
 */
#ifndef W2K_API_CONNECTOR_ROW_H
#define W2K_API_CONNECTOR_ROW_H

#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "worker/slots.h"

/* A row of wal2kafka.connector. */
typedef struct W2kConnectorInfo
{
	char *name;
	Oid owner;
	Jsonb *config; /* flat object of strings, secrets included */
	W2kDesired desired;
	int64 config_generation;
	int64 restart_generation;
	bool is_foreign; /* made for another database or cluster */
	TimestampTz created;
} W2kConnectorInfo;

/* What a connector is, as far as anybody can know. */
typedef struct W2kConnectorStatus
{
	W2kState state;
	bool is_known;	   /* the launcher knows it: slot and counters are set */
	bool is_current;   /* ... and the row as it is now */
	const char *error; /* NULL = none */
	TimestampTz error_time; /* 0 = unknown */
	W2kWorkerSlot slot;		/* a copy; its counters are not to be read */
	W2kCounters *counters;
} W2kConnectorStatus;

/* The argument with a connector's name; raises when it is null. */
extern char *w2k_connector_row_name_arg(FunctionCallInfo fcinfo, int argno);

/*
 * Rows as committed now (and by this transaction), whatever the snapshot of
 * the query; in the current memory context.  find returns NULL, get raises
 * UNDEFINED_OBJECT where there is none; list is ordered by name.
 */
extern W2kConnectorInfo *w2k_connector_row_find(const char *name);
extern W2kConnectorInfo *w2k_connector_row_get(const char *name);
extern List *w2k_connector_row_list(void);

/*
 * Has any connector's configuration one of these properties?  Needs no right
 * on our schema; false where the extension is not (quite) there.
 */
extern bool w2k_connector_row_any_has(const char *const *properties,
									  size_t nproperties);

/* Raises for a copy that came with another database or cluster. */
extern void w2k_connector_row_require_native(const W2kConnectorInfo *row);

/* Fills in *status; its pointers live as long as status and row do. */
extern void w2k_connector_row_status(const W2kConnectorInfo *row,
									 W2kConnectorStatus *status);

/*
 * The slot's name that the worker has recorded; false where it has not (yet),
 * and for what came with a copy of another database.
 */
extern bool w2k_connector_row_recorded_slot(const char *name,
											NameData *slot_name);

/*
 * Raises where the caller may not give the connector something to do, or it
 * would not do it: it is another's, is being dropped, or is of another cluster.
 */
extern void w2k_connector_row_require_usable(const W2kConnectorInfo *row);

#endif /* W2K_API_CONNECTOR_ROW_H */
