/*
 * slot_setup.c
 *		Finds a connector's replication slot, or makes it.
 *
 * connector_progress is written before the slot is made ('creating') and
 * again after ('ready').  So a crash in between leaves a row that says so,
 * and since nothing can have been sent yet the slot is simply made anew; and
 * a 'ready' row without its slot always means that changes were lost.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "config/slot_name.h"
#include "config/snapshots.h"
#include "worker/catalog.h"
#include "worker/slot_setup.h"
#include "worker/snapshot.h"
#include "worker/snapshot_crew.h"
#include "worker/stream.h"

/* The slot recorded as ready: is it still what it was? */
static void
check_recorded_slot(const char *connector, const char *slot_name)
{
	switch (w2k_stream_slot_kind(slot_name))
	{
		case W2K_SLOT_OURS:
			return;
		case W2K_SLOT_MISSING:
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("replication slot \"%s\" of connector \"%s\" does not exist any more",
							slot_name, connector),
					 errdetail(
						 "Changes committed since its last confirmed position are lost to this connector."),
					 errhint(
						 "To begin anew at the present, drop the connector and create it again.")));
			break;
		case W2K_SLOT_LOST:
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("replication slot \"%s\" of connector \"%s\" was invalidated by the server",
							slot_name, connector),
					 errdetail(
						 "WAL or catalog rows that it needs have been removed; changes are lost to this connector."),
					 errhint(
						 "See max_slot_wal_keep_size and pg_replication_slots. To begin anew at the present, drop the connector and create it again.")));
			break;
		case W2K_SLOT_FOREIGN:
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("replication slot \"%s\" of connector \"%s\" now belongs to another database or plugin",
							slot_name, connector),
					 errhint(
						 "To begin anew at the present, drop the connector and create it again.")));
			break;
	}
}

/*
 * start.after.lsn says that somebody else has delivered everything up to
 * there.  Where the slot begins later than that, what was committed between
 * the two is with nobody.
 */
static void
check_start(const char *connector, const W2kConnectorConfig *conf,
			const char *slot_name, XLogRecPtr consistent_point)
{
	if (XLogRecPtrIsInvalid(conf->start_after_lsn) ||
		XLogRecPtrIsInvalid(consistent_point) ||
		conf->start_after_lsn >= consistent_point)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("start.after.lsn of connector \"%s\" is %X/%X, but its replication slot \"%s\" begins later, at %X/%X",
					connector, LSN_FORMAT_ARGS(conf->start_after_lsn),
					slot_name, LSN_FORMAT_ARGS(consistent_point)),
			 errdetail(
				 "Transactions that committed between the two would be missing."),
			 errhint(
				 "Let the reader that is taken over from go on until its position has passed the later one, and set start.after.lsn to that position. To do without those transactions, take start.after.lsn out of the configuration.")));
}

/* The name for a slot of a connector that has none yet. */
static void
choose_slot_name(const char *connector, const W2kConnectorConfig *conf,
				 NameData *slot_name)
{
	bool is_named;

	StartTransactionCommand();
	is_named = w2k_slot_name_choose(connector, conf->slot_name, slot_name);
	CommitTransactionCommand();
	if (!is_named)
		ereport(LOG,
				(errmsg("replication slot \"%s\" belongs to another plugin or database; connector \"%s\" uses a slot of its own",
						conf->slot_name, connector)));
}

/* A slot that is gone is no loss to those who asked to begin anew then. */
static bool
begins_anew(const char *connector, const W2kConnectorConfig *conf,
			const char *slot_name)
{
	W2kSlotKind kind = w2k_stream_slot_kind(slot_name);

	if (!w2k_snapshots_begins_anew(conf) ||
		(kind != W2K_SLOT_MISSING && kind != W2K_SLOT_LOST))
		return false;
	ereport(LOG,
			(errmsg("replication slot \"%s\" of connector \"%s\" is lost; it begins anew with a snapshot, as snapshot.mode says",
					slot_name, connector)));
	if (kind == W2K_SLOT_LOST)
		w2k_stream_drop_slot(slot_name);
	return true;
}

/* Makes the slot, with a snapshot or without, and records both. */
static XLogRecPtr
make_slot(const char *connector, const W2kConnectorConfig *conf,
		  bool is_running, List *options, const char *name)
{
	bool wants_data = w2k_snapshots_wants_data(conf);
	XLogRecPtr consistent_point;

	w2k_catalog_set_progress(connector, name, false, InvalidXLogRecPtr,
							 W2K_INITIAL_UNDECIDED);
	if (wants_data && is_running)
		return w2k_snapshot_make_slot(conf, name, options);
	consistent_point = w2k_stream_create_slot(name, conf->slot_failover);
	w2k_catalog_set_progress(connector, name, true, consistent_point,
							 wants_data ? W2K_INITIAL_UNDECIDED
										: W2K_INITIAL_NONE);
	return consistent_point;
}

void
w2k_slot_setup(const char *connector, const W2kConnectorConfig *conf,
			   bool is_running, List *options, NameData *slot_name)
{
	W2kProgressRow *progress = w2k_catalog_progress(connector);
	const char *name = NameStr(*slot_name);
	W2kSlotKind kind;
	XLogRecPtr consistent_point;

	if (progress != NULL && progress->is_ready && !progress->is_foreign)
	{
		*slot_name = progress->slot_name;
		/* snapshot.mode=initial_only has let go of it */
		if (progress->initial == W2K_INITIAL_COMPLETED &&
			!w2k_snapshots_wants_stream(conf))
			return;
		if (!begins_anew(connector, conf, name))
		{
			check_recorded_slot(connector, name);
			check_start(connector, conf, name, progress->consistent_point);
			return;
		}
	}

	choose_slot_name(connector, conf, slot_name);
	kind = w2k_stream_slot_kind(name);
	if (kind == W2K_SLOT_FOREIGN || w2k_catalog_slot_is_taken(connector, name))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("replication slot \"%s\" for connector \"%s\" is somebody else's",
						name, connector),
				 errhint(
					 "Set connector property \"slot.name\" to a name that is free.")));

	/* One that we were making when something ended us. */
	if (kind != W2K_SLOT_MISSING && progress != NULL &&
		!progress->is_foreign && namestrcmp(&progress->slot_name, name) == 0)
	{
		w2k_crew_end_all(); /* who was making it may hold it still */
		w2k_stream_drop_slot(name);
		kind = W2K_SLOT_MISSING;
	}
	if (kind == W2K_SLOT_LOST)
		check_recorded_slot(connector, name);
	if (kind == W2K_SLOT_OURS)
	{
		/* Made beforehand by a person, to hold a position. */
		w2k_catalog_set_progress(connector, name, true, InvalidXLogRecPtr,
								 w2k_snapshots_wants_data(conf)
									 ? W2K_INITIAL_UNDECIDED
									 : W2K_INITIAL_NONE);
		ereport(LOG,
				(errmsg("connector \"%s\" uses the existing replication slot \"%s\"",
						connector, name)));
		return;
	}
	consistent_point = make_slot(connector, conf, is_running, options, name);
	ereport(LOG,
			(errmsg("connector \"%s\" has made replication slot \"%s\" at %X/%X",
					connector, name, LSN_FORMAT_ARGS(consistent_point))));
	check_start(connector, conf, name, consistent_point);
}

void
w2k_slot_setup_drop(const char *connector)
{
	W2kProgressRow *progress = w2k_catalog_progress(connector);
	W2kSlotKind kind;

	if (progress == NULL || progress->is_foreign)
		return;
	kind = w2k_stream_slot_kind(NameStr(progress->slot_name));
	if (kind == W2K_SLOT_OURS || kind == W2K_SLOT_LOST)
		w2k_stream_drop_slot(NameStr(progress->slot_name));
}

void
w2k_slot_setup_warn_orphan(const char *connector)
{
	W2kProgressRow *progress;

	if (!w2k_catalog_is_installed())
		return;
	progress = w2k_catalog_progress(connector);
	if (progress == NULL || progress->is_foreign ||
		w2k_stream_slot_kind(NameStr(progress->slot_name)) == W2K_SLOT_MISSING)
		return;
	ereport(WARNING,
			(errmsg("connector \"%s\" is gone, but its replication slot \"%s\" is there and keeps WAL",
					connector, NameStr(progress->slot_name)),
			 errhint(
				 "Drop the slot with pg_drop_replication_slot, or create the connector again to go on from it.")));
}
