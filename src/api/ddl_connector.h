/*
 * ddl_connector.h
 *		What a connector must know of its tables before there is any DDL.
 */
#ifndef W2K_API_DDL_CONNECTOR_H
#define W2K_API_DDL_CONNECTOR_H

/*
 * A connector was made, or has another configuration or owner: looks at all of
 * its tables, and writes down what the next command is compared with.
 */
extern void w2k_ddl_connector_changed(const char *connector);

#endif /* W2K_API_DDL_CONNECTOR_H */
