/*
 * emit.c
 *		emit(): a record in this transaction, without a table.
 *
 * Anyone may write a logical message into the WAL, so ours is a row: inserted
 * into wal2kafka.emitted, which nobody else can write to, and deleted at once.
 * The output plugin makes a record of the insert when the transaction has
 * committed; the table stays empty to every reader.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/pg_lsn.h"
#include "utils/rel.h"

#include "api/access.h"
#include "api/connector_row.h"

PG_FUNCTION_INFO_V1(wal2kafka_emit);

/* Columns of wal2kafka.emitted, less one. */
enum
{
	EMITTED_CONNECTOR,
	EMITTED_TOPIC,
	EMITTED_KEY,
	EMITTED_VALUE,
	EMITTED_HEADERS,
	EMITTED_COLUMNS
};

/* Kafka's own limit. */
#define TOPIC_MAX_BYTES 249

/* Kafka's rule for a topic's name. */
static bool
is_topic_name(const char *topic)
{
	size_t len = strlen(topic);

	return len >= 1 && len <= TOPIC_MAX_BYTES && strcmp(topic, ".") != 0 &&
		   strcmp(topic, "..") != 0 &&
		   strspn(topic, "abcdefghijklmnopqrstuvwxyz"
						 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

static void
check_topic(const char *topic)
{
	if (!is_topic_name(topic))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid topic name: \"%s\"", topic),
				 errdetail("A topic's name has 1 to %d letters, digits, dots, underscores and hyphens, and is neither \".\" nor \"..\".",
						   TOPIC_MAX_BYTES)));
}

/* What a frame can count. */
#define HEADERS_MAX PG_UINT16_MAX

/* Headers are a flat object of strings and nulls. */
static void
check_headers(Jsonb *headers)
{
	JsonbIterator *it = JsonbIteratorInit(&headers->root);
	JsonbIteratorToken token;
	JsonbValue v;
	bool is_flat = JB_ROOT_IS_OBJECT(headers);

	while (is_flat && (token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
		if (token == WJB_VALUE && v.type != jbvString && v.type != jbvNull)
			is_flat = false;
	if (!is_flat)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("headers must be a JSON object of strings and nulls")));
	if (JB_ROOT_COUNT(headers) > HEADERS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a record cannot have more than %d headers",
							   HEADERS_MAX)));
}

/* The only connector of the database. */
static W2kConnectorInfo *
only_connector(void)
{
	List *rows = w2k_connector_row_list();

	if (rows == NIL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("there is no connector in this database"),
						errhint("Use create_connector to create one.")));
	if (list_length(rows) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_PARAMETER),
				 errmsg("there is more than one connector in this database"),
				 errhint(
					 "Say which one is to send the record by the argument \"connector\".")));
	return linitial(rows);
}

/* Who will send the record; raises where nobody would. */
static W2kConnectorInfo *
find_connector(FunctionCallInfo fcinfo, int argno)
{
	W2kConnectorInfo *row =
		PG_ARGISNULL(argno)
			? only_connector()
			: w2k_connector_row_get(w2k_connector_row_name_arg(fcinfo, argno));

	w2k_connector_row_require_usable(row);
	return row;
}

/*
 * emit(topic text, key text, value jsonb, headers jsonb, connector text)
 *
 * A null value is a tombstone, a null key lets Kafka choose the partition.
 */
Datum
wal2kafka_emit(PG_FUNCTION_ARGS)
{
	Datum values[EMITTED_COLUMNS] = {0};
	bool nulls[EMITTED_COLUMNS] = {false};
	char *topic;
	W2kConnectorInfo *row;

	PreventCommandIfReadOnly("emit()");
	PreventCommandDuringRecovery("emit()");
	w2k_access_require_logical();

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("topic must not be null")));
	topic = text_to_cstring(PG_GETARG_TEXT_PP(0));
	check_topic(topic);
	if (!PG_ARGISNULL(3))
		check_headers(PG_GETARG_JSONB_P(3));
	row = find_connector(fcinfo, 4);

	values[EMITTED_CONNECTOR] = CStringGetTextDatum(row->name);
	values[EMITTED_TOPIC] = CStringGetTextDatum(topic);
	for (int i = 1; i <= 3; i++)
	{
		values[EMITTED_TOPIC + i] = fcinfo->args[i].value;
		nulls[EMITTED_TOPIC + i] = fcinfo->args[i].isnull;
	}
	PG_RETURN_LSN(w2k_access_pass_row("emitted", values, nulls));
}
