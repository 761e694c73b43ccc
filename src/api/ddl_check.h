/*
 * ddl_check.h
 *		schema.compatibility: may a table's new schema follow the registered
 *		one?
 */
#ifndef W2K_API_DDL_CHECK_H
#define W2K_API_DDL_CHECK_H

#include "api/connector_row.h"
#include "api/ddl_concern.h"
#include "config/connector.h"

/*
 * Compares the schemas of the captured tables that a command concerns with
 * those that the registry is known to have; what may not be is returned, a
 * list for the next function, in the current memory context.  Asks nobody.
 */
extern List *w2k_ddl_check_command(const W2kConnectorInfo *row,
								   const W2kConnectorConfig *conf,
								   const W2kDdlConcern *concern);

/*
 * Raises OBJECT_NOT_IN_PREREQUISITE_STATE if there is something in the list,
 * unless wal2kafka.allow_incompatible_ddl is on and the caller is the owner, or
 * a superuser; then it is logged.
 */
extern void w2k_ddl_check_enforce(const W2kConnectorInfo *row,
								  const W2kConnectorConfig *conf,
								  const List *refusals);

#endif /* W2K_API_DDL_CHECK_H */
