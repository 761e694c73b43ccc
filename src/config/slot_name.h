/*
 * slot_name.h
 *		Which replication slot a connector uses.
 *
 * Asked when a connector is created (to refuse or tell at once) and again by
 * its worker, until connector_progress has recorded the answer for good.
 */
#ifndef W2K_CONFIG_SLOT_NAME_H
#define W2K_CONFIG_SLOT_NAME_H

/* What a slot's name stands for now. */
typedef enum W2kSlotOwner
{
	W2K_SLOT_NAME_FREE,	 /* there is no such slot */
	W2K_SLOT_NAME_OURS,	 /* a slot of our plugin in this database */
	W2K_SLOT_NAME_OTHERS /* of another plugin or database, or a physical one */
} W2kSlotOwner;

extern W2kSlotOwner w2k_slot_name_owner(const char *slot_name);

/*
 * The slot's name for a connector of this database: the named one (conf's
 * slot_name, may be NULL), unless that is somebody else's; then, and where
 * none is named, the default.  False when the named one was passed over.
 * Needs a transaction (for the database's name).
 */
extern bool w2k_slot_name_choose(const char *connector, const char *named,
								 NameData *slot_name);

#endif /* W2K_CONFIG_SLOT_NAME_H */
