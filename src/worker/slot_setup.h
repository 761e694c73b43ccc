/*
 * slot_setup.h
 *		Finds a connector's replication slot, or makes it.
 */
#ifndef W2K_WORKER_SLOT_SETUP_H
#define W2K_WORKER_SLOT_SETUP_H

#include "config/connector.h"

/*
 * The connector's slot, by what connector_progress records; makes and records
 * one where none is.  A recorded slot that is missing, lost or not ours
 * raises OBJECT_NOT_IN_PREREQUISITE_STATE: changes were lost, and no new slot
 * is ever made in silence.  May wait long: a new slot needs every running
 * transaction to end.  Must be called outside a transaction.
 *
 * Where existing rows are to be read, and the connector is_running, a new slot
 * is made together with a snapshot; options are the plugin's, for that.
 */
extern void w2k_slot_setup(const char *connector,
						   const W2kConnectorConfig *conf, bool is_running,
						   List *options, NameData *slot_name);

/* Drops the slot that connector_progress records, if it is there and ours. */
extern void w2k_slot_setup_drop(const char *connector);

/* The connector's row is gone: says so if its slot, which keeps WAL, is not. */
extern void w2k_slot_setup_warn_orphan(const char *connector);

#endif /* W2K_WORKER_SLOT_SETUP_H */
