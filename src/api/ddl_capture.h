/*
 * ddl_capture.h
 *		What a connector makes of DDL.
 */
#ifndef W2K_API_DDL_CAPTURE_H
#define W2K_API_DDL_CAPTURE_H

#include "api/connector_row.h"
#include "api/ddl_concern.h"
#include "config/connector.h"
#include "schema/relation.h"

/* What is done with a captured table; it is open. */
typedef void (*W2kDdlLook)(void *arg, W2kRelation *wrel);

/*
 * May any connector ask to hear of DDL?  Cheap, needs no right on our schema,
 * and is no error while the extension comes or goes.
 */
extern bool w2k_ddl_capture_is_asked(void);

/*
 * The connector's configuration, where it asks to hear of DDL and will read
 * what is written for it; else NULL.
 */
extern W2kConnectorConfig *w2k_ddl_capture_conf(const W2kConnectorInfo *row);

/*
 * A command has been run: writes down what the connector keeps of the tables
 * that it concerns, and a schema change if there is one.  ddl may be NULL.
 */
extern void w2k_ddl_capture_command(const W2kConnectorInfo *row,
									const W2kConnectorConfig *conf,
									const W2kDdlConcern *concern,
									const char *ddl);

/* Does the connector want changes of schemas to be compared? */
extern bool w2k_ddl_capture_has_rule(const W2kConnectorConfig *conf);

/*
 * Looks at each captured table that a command concerns, as it is now, and
 * changes nothing.
 */
extern void w2k_ddl_capture_each(const W2kConnectorInfo *row,
								 const W2kConnectorConfig *conf,
								 const W2kDdlConcern *concern, W2kDdlLook look,
								 void *arg);

/*
 * A connector was made, or has another configuration or owner: writes down
 * what it keeps of all tables.  conf is that of w2k_ddl_capture_conf(), or NULL.
 */
extern void w2k_ddl_capture_all(const W2kConnectorInfo *row,
								const W2kConnectorConfig *conf);

#endif /* W2K_API_DDL_CAPTURE_H */
