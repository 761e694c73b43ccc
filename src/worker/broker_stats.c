/*
 * broker_stats.c
 *		librdkafka's statistics, per broker, into shared memory.
 *
 * The sender passes the document on as librdkafka made it, every few seconds;
 * the server's own jsonb reads it.  Which field goes where is a table.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "worker/broker_stats.h"
#include "worker/slots.h"

typedef struct BrokerField
{
	const char *object; /* inside this one, NULL = the broker itself */
	const char *name;
	size_t offset; /* of an int64 or uint64 in W2kBrokerStat */
} BrokerField;

static const BrokerField broker_fields[] =
	{{NULL, "tx", offsetof(W2kBrokerStat, tx)},
	 {NULL, "txbytes", offsetof(W2kBrokerStat, tx_bytes)},
	 {NULL, "txerrs", offsetof(W2kBrokerStat, tx_errors)},
	 {NULL, "txretries", offsetof(W2kBrokerStat, tx_retries)},
	 {NULL, "req_timeouts", offsetof(W2kBrokerStat, req_timeouts)},
	 {NULL, "rx", offsetof(W2kBrokerStat, rx)},
	 {NULL, "rxbytes", offsetof(W2kBrokerStat, rx_bytes)},
	 {NULL, "outbuf_msg_cnt", offsetof(W2kBrokerStat, outbuf_records)},
	 {NULL, "waitresp_msg_cnt", offsetof(W2kBrokerStat, waitresp_records)},
	 {"rtt", "p50", offsetof(W2kBrokerStat, rtt_p50_us)},
	 {"rtt", "p99", offsetof(W2kBrokerStat, rtt_p99_us)},
	 {NULL, "connects", offsetof(W2kBrokerStat, connects)},
	 {NULL, "disconnects", offsetof(W2kBrokerStat, disconnects)}};

static JsonbValue *
get_key(JsonbContainer *object, const char *key, JsonbValue *value)
{
	if (object == NULL || !JsonContainerIsObject(object))
		return NULL;
	return getKeyJsonValueFromContainer(object, key, (int) strlen(key), value);
}

static JsonbContainer *
get_object(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	if (get_key(object, key, &value) == NULL || value.type != jbvBinary)
		return NULL;
	return value.val.binary.data;
}

static int64
get_int64(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	if (get_key(object, key, &value) == NULL || value.type != jbvNumeric)
		return 0;
	return DatumGetInt64(
		DirectFunctionCall1(numeric_int8, NumericGetDatum(value.val.numeric)));
}

static void
get_text(JsonbContainer *object, const char *key, char *to, size_t size)
{
	JsonbValue value;

	size_t len = 0;

	if (get_key(object, key, &value) != NULL && value.type == jbvString)
	{
		len = Min(size - 1, (size_t) value.val.string.len);
		memcpy(to, value.val.string.val, len);
	}
	to[len] = '\0';
}

static void
read_broker(JsonbContainer *object, W2kBrokerStat *broker)
{
	memset(broker, 0, sizeof(*broker));
	broker->node_id = (int32) get_int64(object, "nodeid");
	get_text(object, "name", broker->name, sizeof(broker->name));
	get_text(object, "state", broker->state, sizeof(broker->state));
	for (size_t i = 0; i < lengthof(broker_fields); i++)
	{
		const BrokerField *field = &broker_fields[i];
		JsonbContainer *from = field->object == NULL
								   ? object
								   : get_object(object, field->object);
		int64 value = get_int64(from, field->name);

		memcpy((char *) broker + field->offset, &value, sizeof(value));
	}
}

/* Fills brokers with the document's; returns how many. */
static int
read_brokers(const char *json, uint32 len, W2kBrokerStat *brokers)
{
	Jsonb *document = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(pnstrdup(json, len))));
	JsonbContainer *list = get_object(&document->root, "brokers");
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue value;
	int n = 0;

	if (list == NULL)
		return 0;
	it = JsonbIteratorInit(list);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token != WJB_VALUE || value.type != jbvBinary ||
			n == W2K_MAX_BROKERS)
			continue;
		read_broker(value.val.binary.data, &brokers[n]);
		/* Bootstrap and group coordinator entries are not brokers. */
		if (brokers[n].node_id >= 0)
			n++;
	}
	return n;
}

void
w2k_broker_stats_store(int slot_index, const char *json, uint32 len)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext scratch =
		AllocSetContextCreate(caller, "wal2kafka broker statistics",
							  ALLOCSET_DEFAULT_SIZES);
	W2kWorkerSlot *slot = &w2k_shared->slots[slot_index];
	W2kBrokerStat *brokers;
	int n;

	MemoryContextSwitchTo(scratch);
	brokers = palloc(sizeof(W2kBrokerStat) * W2K_MAX_BROKERS);
	n = read_brokers(json, len, brokers);
	LWLockAcquire(w2k_shared->lock, LW_EXCLUSIVE);
	memcpy(slot->brokers, brokers, sizeof(W2kBrokerStat) * n);
	slot->nbrokers = n;
	LWLockRelease(w2k_shared->lock);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
}
