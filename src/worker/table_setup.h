/*
 * table_setup.h
 *		What a connector asks of its tables before it starts.
 */
#ifndef W2K_WORKER_TABLE_SETUP_H
#define W2K_WORKER_TABLE_SETUP_H

#include "config/connector.h"
#include "worker/catalog.h"

/*
 * guardrail.collections.max: are there too many of them?  Raises, or returns
 * what is to be shown, or NULL.  In the current memory context.
 */
extern char *w2k_table_setup_check_count(const W2kConnectorConfig *conf);

/*
 * replica.identity.autoset.values: gives tables the identity that is asked
 * for, where they have another.
 */
extern void w2k_table_setup_set_identities(const W2kConnectorRow *row,
										   const W2kConnectorConfig *conf);

#endif /* W2K_WORKER_TABLE_SETUP_H */
