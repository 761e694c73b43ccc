/*
 * ddl_connector.c
 *		What a connector must know of its tables before there is any DDL.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "api/connector_row.h"
#include "api/ddl_capture.h"
#include "api/ddl_check.h"
#include "api/ddl_connector.h"
#include "api/ddl_rows.h"

void
w2k_ddl_connector_changed(const char *connector)
{
	W2kConnectorInfo *row = w2k_connector_row_get(connector);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "wal2kafka ddl",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	const W2kConnectorConfig *conf = w2k_ddl_capture_conf(row);

	w2k_ddl_capture_all(row, conf);
	if (conf != NULL && w2k_ddl_capture_has_rule(conf))
		w2k_ddl_check_accept(row, conf);
	else
		w2k_ddl_rows_delete_accepted(connector, InvalidOid);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
}
