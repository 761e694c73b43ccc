/*
 * slot_name.c
 *		Which replication slot a connector uses.
 *
 * A document written for Debezium often names the slot that Debezium still
 * holds.  That slot is another plugin's: it is left alone, and the connector
 * takes the default name instead.
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "replication/slot.h"
#include "storage/spin.h"
#include "utils/builtins.h"

#include "config/connector.h"
#include "config/slot_name.h"

W2kSlotOwner
w2k_slot_name_owner(const char *slot_name)
{
	ReplicationSlot *slot;
	ReplicationSlotPersistentData data;

	/* The lock keeps the entry from getting another tenant while we look. */
	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	slot = SearchNamedReplicationSlot(slot_name, false);
	if (slot != NULL)
	{
		SpinLockAcquire(&slot->mutex);
		data = slot->data;
		SpinLockRelease(&slot->mutex);
	}
	LWLockRelease(ReplicationSlotControlLock);

	if (slot == NULL)
		return W2K_SLOT_NAME_FREE;
	return data.database == MyDatabaseId &&
				   strcmp(NameStr(data.plugin), W2K_NAME) == 0
			   ? W2K_SLOT_NAME_OURS
			   : W2K_SLOT_NAME_OTHERS;
}

bool
w2k_slot_name_choose(const char *connector, const char *named,
					 NameData *slot_name)
{
	if (named != NULL && w2k_slot_name_owner(named) != W2K_SLOT_NAME_OTHERS)
	{
		namestrcpy(slot_name, named);
		return true;
	}
	w2k_connector_default_slot_name(get_database_name(MyDatabaseId), connector,
									slot_name);
	return named == NULL;
}
