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
 * those that the registry is known to have, and writes down what they are now;
 * what the command may not do is returned, a list for the last function, in
 * the current memory context.  Asks nobody.
 */
extern List *w2k_ddl_check_command(const W2kConnectorInfo *row,
								   const W2kConnectorConfig *conf,
								   const W2kDdlConcern *concern);

/*
 * The connector is new, or has another rule or configuration: whatever its
 * tables are now is what the next command is told from.  Where there is a
 * table that has no schema, a warning.
 */
extern void w2k_ddl_check_accept(const W2kConnectorInfo *row,
								 const W2kConnectorConfig *conf);

/*
 * Raises OBJECT_NOT_IN_PREREQUISITE_STATE if there is something in the list,
 * unless wal2kafka.allow_incompatible_ddl is on and the caller is the owner, or
 * a superuser; then it is logged.
 */
extern void w2k_ddl_check_enforce(const W2kConnectorInfo *row,
								  const W2kConnectorConfig *conf,
								  const List *refusals);

#endif /* W2K_API_DDL_CHECK_H */
