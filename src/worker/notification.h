/*
 * notification.h
 *		Debezium's notifications: what becomes of snapshots.
 */
#ifndef W2K_WORKER_NOTIFICATION_H
#define W2K_WORKER_NOTIFICATION_H

#include "nodes/pg_list.h"

/* Of aggregate_type. */
#define W2K_NOTIFY_INITIAL "Initial Snapshot"
#define W2K_NOTIFY_INCREMENTAL "Incremental Snapshot"

/* Everything is in the server's encoding. */
typedef struct W2kNotification
{
	const char *id;				/* the signal's; NULL = a new UUID */
	const char *aggregate_type; /* W2K_NOTIFY_* */
	const char *type;			/* "STARTED", "TABLE_SCAN_COMPLETED", ... */

	/* strings: name, value, name, value; connector_name is added */
	List *additional_data;
} W2kNotification;

/*
 * Sends one where notification.enabled.channels says so, and else does
 * nothing.  Only between transactions; what it says goes out behind every
 * record that was written before.
 */
extern void w2k_notification_send(const W2kNotification *notification);

/* The same with its data as names and values, up to a NULL. */
extern void w2k_notification_tell(const char *id, const char *aggregate_type,
								  const char *type, ...);

#endif /* W2K_WORKER_NOTIFICATION_H */
