/*
 * stat_functions.c
 *		The functions behind the views connectors, stat_connector, stat_kafka
 *		and stat_registry, and stat_reset().
 *
 * They run as whoever reads the view, and show a connector to its owner, to
 * superusers and to members of pg_monitor.  What they show is read from the
 * rows and from shared memory at that moment; where there is no shared memory
 * (no preload, a standby) the rows are there and say so.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "replication/slot.h"
#include "storage/spin.h"

#include "api/access.h"
#include "api/config_document.h"
#include "api/connector_row.h"
#include "api/result_row.h"
#include "api/stat_tables.h"
#include "compat.h"
#include "config/secrets.h"
#include "config/slot_name.h"

PG_FUNCTION_INFO_V1(wal2kafka_get_connectors);
PG_FUNCTION_INFO_V1(wal2kafka_stat_get_connector);
PG_FUNCTION_INFO_V1(wal2kafka_stat_get_kafka);
PG_FUNCTION_INFO_V1(wal2kafka_stat_get_registry);
PG_FUNCTION_INFO_V1(wal2kafka_stat_reset);

/* Connectors that the caller may see. */
static List *
visible_rows(void)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, w2k_connector_row_list())
	{
		W2kConnectorInfo *row = lfirst(lc);

		if (w2k_access_may_see(row->owner))
			result = lappend(result, row);
	}
	return result;
}

static W2kConnectorStatus *
status_of(const W2kConnectorInfo *row)
{
	W2kConnectorStatus *status = palloc(sizeof(W2kConnectorStatus));

	w2k_connector_row_status(row, status);
	return status;
}

/* The slot a connector has, or will have once it starts; false for a copy. */
static bool
slot_of(const W2kConnectorInfo *row, NameData *slot_name)
{
	if (row->is_foreign)
		return false;
	if (!w2k_connector_row_recorded_slot(row->name, slot_name))
		(void) w2k_slot_name_choose(row->name,
									w2k_config_document_get(row->config,
															"slot.name"),
									slot_name);
	return true;
}

/* The positions of a connector's slot; both invalid where it has none. */
static void
slot_positions(const W2kConnectorInfo *row, XLogRecPtr *restart_lsn,
			   XLogRecPtr *confirmed_lsn)
{
	NameData slot_name;
	ReplicationSlot *slot;

	*restart_lsn = *confirmed_lsn = InvalidXLogRecPtr;
	if (!slot_of(row, &slot_name))
		return;
	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	slot = SearchNamedReplicationSlot(NameStr(slot_name), false);
	if (slot != NULL)
	{
		SpinLockAcquire(&slot->mutex);
		if (slot->data.database == MyDatabaseId)
		{
			*restart_lsn = slot->data.restart_lsn;
			*confirmed_lsn = slot->data.confirmed_flush;
		}
		SpinLockRelease(&slot->mutex);
	}
	LWLockRelease(ReplicationSlotControlLock);
}

/* get_connectors() */
Datum
wal2kafka_get_connectors(PG_FUNCTION_ARGS)
{
	W2kResultRow result = {.ncolumns = 0};
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, visible_rows())
	{
		W2kConnectorInfo *row = lfirst(lc);
		W2kConnectorStatus *status = status_of(row);
		const W2kWorkerSlot *slot = &status->slot;
		NameData *slot_name = palloc0(sizeof(NameData));
		NameData *database = palloc0(sizeof(NameData));
		bool has_slot = slot_of(row, slot_name);

		namestrcpy(database, get_database_name(MyDatabaseId));
		w2k_result_add_text(&result, row->name);
		w2k_result_add(&result, ObjectIdGetDatum(row->owner), false);
		w2k_result_add_text(&result, w2k_state_name(status->state));
		w2k_result_add_text(&result, W2K_NAME);
		w2k_result_add(&result,
					   JsonbPGetDatum(
						   w2k_connector_mask_secrets(&row->config->root)),
					   false);
		w2k_result_add(&result, NameGetDatum(slot_name), !has_slot);
		w2k_result_add(&result, NameGetDatum(database), false);
		w2k_result_add_pid(&result, slot->worker_pid);
		w2k_result_add_pid(&result, slot->sender_pid);
		w2k_result_add_text(&result, status->error);
		w2k_result_add_time(&result, status->error_time);
		w2k_result_add_text(&result, w2k_desired_name(row->desired));
		w2k_result_add_time(&result, slot->state_time);
		w2k_result_add_time(&result, slot->start_time);
		w2k_result_add_time(&result, slot->next_start_time);
		w2k_result_add_time(&result, row->created);
		w2k_result_put(fcinfo, &result);
	}
	return (Datum) 0;
}

/* How far the WAL is that a connector could have read. */
static XLogRecPtr
end_of_wal(void)
{
	return RecoveryInProgress() ? GetXLogReplayRecPtr(NULL)
								: GetFlushRecPtr(NULL);
}

/* The bytes between two positions; null where one is not known. */
static void
add_distance(W2kResultRow *result, XLogRecPtr end, XLogRecPtr start)
{
	w2k_result_add(result, Int64GetDatum(end > start ? end - start : 0),
				   start == InvalidXLogRecPtr);
}

/* The counters' columns of stat_connector, from queue_records on. */
static void
add_counters(W2kResultRow *result, W2kCounters *counters)
{
	w2k_result_add_int64(result, pg_atomic_read_u64(&counters->queue_records));
	w2k_result_add_int64(result, pg_atomic_read_u64(&counters->queue_bytes));
	w2k_result_add_int64(result, pg_atomic_read_u64(&counters->retries));
	w2k_result_add_int64(result, pg_atomic_read_u64(&counters->errors));
	w2k_result_add_ms(result, w2k_counters_latency_ms(counters, 0.50));
	w2k_result_add_ms(result, w2k_counters_latency_ms(counters, 0.95));
	w2k_result_add_ms(result, w2k_counters_latency_ms(counters, 0.99));
	w2k_result_add_time(result, (TimestampTz) pg_atomic_read_u64(
									&counters->stats_reset));
	w2k_result_add_int64(result, pg_atomic_read_u64(&counters->skipped));
}

/*
 * How long the oldest commit on its way has waited; without one in flight, 0
 * where a worker is at work and otherwise, while there is WAL to read, the
 * age of the last commit that arrived (-1, unknown, before the first).
 */
static double
lag_ms(const W2kConnectorStatus *status, W2kCounters *counters, XLogRecPtr end)
{
	TimestampTz since = (TimestampTz) pg_atomic_read_u64(
		&counters->pending_commit_time);

	if (since == 0)
	{
		if (status->state == W2K_STATE_STREAMING ||
			pg_atomic_read_u64(&counters->acked_lsn) >= end)
			return 0;
		since = (TimestampTz) pg_atomic_read_u64(&counters->last_commit_time);
	}
	if (since == 0)
		return -1;
	return Max(0, GetCurrentTimestamp() - since) / 1000.0;
}

/* stat_get_connector() */
Datum
wal2kafka_stat_get_connector(PG_FUNCTION_ARGS)
{
	W2kResultRow result = {.ncolumns = 0};
	XLogRecPtr end = end_of_wal();
	W2kCounters *none = palloc(sizeof(W2kCounters));
	ListCell *lc;

	w2k_counters_init(none);
	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, visible_rows())
	{
		W2kConnectorInfo *row = lfirst(lc);
		W2kConnectorStatus *status = status_of(row);
		W2kCounters *counters = status->is_known ? status->counters : none;
		XLogRecPtr acked_lsn = pg_atomic_read_u64(&counters->acked_lsn);
		XLogRecPtr restart_lsn;
		XLogRecPtr confirmed_lsn;

		slot_positions(row, &restart_lsn, &confirmed_lsn);
		w2k_result_add_text(&result, row->name);
		w2k_result_add_pid(&result, status->slot.worker_pid);
		w2k_result_add_text(&result, w2k_state_name(status->state));
		w2k_result_add_lsn(&result, pg_atomic_read_u64(&counters->read_lsn));
		w2k_result_add_lsn(&result, pg_atomic_read_u64(&counters->sent_lsn));
		w2k_result_add_lsn(&result, acked_lsn);
		w2k_result_add_lsn(&result, confirmed_lsn);
		add_distance(&result, end, Max(acked_lsn, confirmed_lsn));
		add_distance(&result, end, restart_lsn);
		w2k_result_add_ms(&result, lag_ms(status, counters, end));
		w2k_result_add_time(&result, (TimestampTz) pg_atomic_read_u64(
										 &counters->last_commit_time));
		w2k_result_add_int64(&result, pg_atomic_read_u64(
										  &counters->total_transactions));
		w2k_result_add_int64(&result,
							 pg_atomic_read_u64(&counters->total_records));
		w2k_result_add_int64(&result,
							 pg_atomic_read_u64(&counters->total_bytes));
		add_counters(&result, counters);
		w2k_result_put(fcinfo, &result);
	}
	return (Datum) 0;
}

static void
add_broker(W2kResultRow *result, const W2kBrokerStat *broker)
{
	w2k_result_add(result, Int32GetDatum(broker->node_id), false);
	w2k_result_add_text(result, broker->name);
	w2k_result_add_text(result, broker->state);
	w2k_result_add_int64(result, broker->tx);
	w2k_result_add_int64(result, broker->tx_bytes);
	w2k_result_add_int64(result, broker->tx_errors);
	w2k_result_add_int64(result, broker->tx_retries);
	w2k_result_add_int64(result, broker->req_timeouts);
	w2k_result_add_int64(result, broker->rx);
	w2k_result_add_int64(result, broker->rx_bytes);
	w2k_result_add_int64(result, broker->outbuf_records);
	w2k_result_add_int64(result, broker->waitresp_records);
	w2k_result_add_ms(result, broker->rtt_p50_us / 1000.0);
	w2k_result_add_ms(result, broker->rtt_p99_us / 1000.0);
	w2k_result_add_int64(result, broker->connects);
	w2k_result_add_int64(result, broker->disconnects);
}

/* stat_get_kafka() */
Datum
wal2kafka_stat_get_kafka(PG_FUNCTION_ARGS)
{
	W2kResultRow result = {.ncolumns = 0};
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, visible_rows())
	{
		W2kConnectorInfo *row = lfirst(lc);
		W2kConnectorStatus *status = status_of(row);

		if (!status->is_known)
			continue;
		for (int i = 0; i < Min(status->slot.nbrokers, W2K_MAX_BROKERS); i++)
		{
			w2k_result_add_text(&result, row->name);
			add_broker(&result, &status->slot.brokers[i]);
			w2k_result_put(fcinfo, &result);
		}
	}
	return (Datum) 0;
}

/*
 * What a connector's registry is the reason for: the sender's errors about one
 * have names of this kind, in parentheses.
 */
static const char *
registry_trouble(const W2kConnectorStatus *status)
{
	if ((status->state == W2K_STATE_RETRYING ||
		 status->state == W2K_STATE_FAILED) &&
		status->error != NULL && strstr(status->error, "(REGISTRY_") != NULL)
		return status->error;
	return NULL;
}

/* Schemas whose ids nobody has confirmed; what has no sender has none. */
static uint64
registry_assumed(const W2kConnectorStatus *status)
{
	if (!status->is_known || (status->state != W2K_STATE_STREAMING &&
							  status->state != W2K_STATE_SNAPSHOT &&
							  status->state != W2K_STATE_RETRYING))
		return 0;
	return pg_atomic_read_u64(&status->counters->registry_assumed);
}

/* stat_get_registry() */
Datum
wal2kafka_stat_get_registry(PG_FUNCTION_ARGS)
{
	W2kResultRow result = {.ncolumns = 0};
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, visible_rows())
	{
		W2kConnectorInfo *row = lfirst(lc);
		W2kConnectorStatus *status = status_of(row);
		W2kCounters *counters = status->is_known ? status->counters : NULL;

		w2k_result_add_text(&result, row->name);
		w2k_result_add_int64(&result, counters == NULL
										  ? 0
										  : pg_atomic_read_u64(
												&counters->registry_requests));
		w2k_result_add_int64(&result, counters == NULL
										  ? 0
										  : pg_atomic_read_u64(
												&counters->registry_errors));
		w2k_result_add_text(&result, registry_trouble(status));
		w2k_result_add_int64(&result, registry_assumed(status));
		w2k_result_put(fcinfo, &result);
	}
	return (Datum) 0;
}

/* One connector's totals and those of its tables; positions stay. */
static void
reset_connector(const W2kConnectorInfo *row)
{
	W2kConnectorStatus *status = status_of(row);

	if (!status->is_known)
		return;
	w2k_counters_reset(status->counters);
	w2k_stat_tables_reset(row->name);
}

/* stat_reset(name text) */
Datum
wal2kafka_stat_reset(PG_FUNCTION_ARGS)
{
	ListCell *lc;

	w2k_slots_require();
	if (!PG_ARGISNULL(0))
	{
		W2kConnectorInfo *row = w2k_connector_row_get(
			w2k_connector_row_name_arg(fcinfo, 0));

		w2k_access_require_owner(row->name, row->owner);
		reset_connector(row);
		PG_RETURN_VOID();
	}
	foreach(lc, w2k_connector_row_list())
	{
		W2kConnectorInfo *row = lfirst(lc);

		if (w2k_access_is_owner(row->owner))
			reset_connector(row);
	}
	PG_RETURN_VOID();
}
