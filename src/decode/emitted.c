/*
 * emitted.c
 *		Rows of our own tables: records that emit() was given, and word of
 *		another configuration.
 *
 * An emitted row is in the WAL as long as it takes to be decoded; its delete
 * is of no interest.  The relation, not a message's prefix, is what tells our
 * own records from those that anyone could forge (R30).
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"

#include "compat.h"
#include "decode/newcomers.h"
#include "decode/output.h"
#include "decode/own_row.h"
#include "encode/buffer.h"
#include "encode/json.h"

/* A topic that emit() named, by its name. */
typedef struct EmitTopic
{
	char name[256]; /* hash key: Kafka's limit is 249 */
	uint32 id;
	bool is_announced;
} EmitTopic;

/* Finds or makes the stream's name for a topic. */
static void
get_topic(W2kSession *session, const W2kValue *name, W2kTopicRef *topic)
{
	char key[sizeof(((EmitTopic *) NULL)->name)] = {0};
	EmitTopic *entry;
	bool is_found;

	if (session->emit_topics == NULL)
	{
		HASHCTL ctl = {0};

		ctl.keysize = sizeof(key);
		ctl.entrysize = sizeof(EmitTopic);
		ctl.hcxt = session->context;
		session->emit_topics =
			hash_create("wal2kafka emitted topics", 16, &ctl,
						HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	}
	if (name->len >= (int) sizeof(key))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("name of a topic is too long")));
	memcpy(key, name->data, name->len);
	entry = hash_search(session->emit_topics, key, HASH_ENTER, &is_found);
	if (!is_found)
	{
		entry->id = 0;
		entry->is_announced = false;
	}

	topic->id = &entry->id;
	topic->is_announced = &entry->is_announced;
	topic->relid = InvalidOid;
	topic->topic = entry->name;
	topic->schema = "";
	topic->table = "";
}

void
w2k_change_forget_emitted(W2kSession *session)
{
	HASH_SEQ_STATUS status;
	EmitTopic *topic;

	if (session->emit_topics == NULL)
		return;
	hash_seq_init(&status, session->emit_topics);
	while ((topic = hash_seq_search(&status)) != NULL)
		topic->is_announced = false;
}

/* A value in text: a string as it is, anything else as JSON. */
static void
read_header_value(JsonbValue *v, W2kValue *value)
{
	const W2kType string = {.logical = W2K_LOGICAL_STRING};
	text *plain;

	if (v->type == jbvString)
		plain = cstring_to_text_with_len(v->val.string.val, v->val.string.len);
	else
	{
		Jsonb *jsonb = JsonbValueToJsonb(v);

		plain = cstring_to_text(
			JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb)));
	}
	w2k_value_read(&string, PointerGetDatum(plain), value);
}

/* The members of the object of headers. */
static void
write_headers(LogicalDecodingContext *ctx, Jsonb *headers)
{
	W2kSession *session = ctx->output_plugin_private;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue v;
	W2kValue name = {.kind = W2K_VALUE_NULL};
	W2kValue value;

	it = JsonbIteratorInit(&headers->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			read_header_value(&v, &name);
		else if (token == WJB_VALUE && name.kind == W2K_VALUE_TEXT)
		{
			read_header_value(&v, &value);
			w2k_record_add_header(session->records, ctx->out, name.data,
								  name.len,
								  v.type == jbvNull ? NULL : value.data,
								  value.len);
		}
	}
}

void
w2k_change_write_emitted(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
						 W2kRelation *wrel, Relation relation,
						 ReorderBufferChange *change)
{
	W2kSession *session = ctx->output_plugin_private;
	bool ascii_only = session->writers.value->options.ascii_only;
	W2kTopicRef topic;
	W2kValue value;
	Datum headers;
	bool is_null;

	if (!w2k_own_row_read(wrel, relation, change,
						  REORDER_BUFFER_CHANGE_INSERT) ||
		!w2k_own_row_is_for_us(session, wrel, "connector") ||
		!w2k_own_row_get_value(wrel, "topic", &value))
		return;

	w2k_output_prepare_transaction(ctx, txn);
	get_topic(session, &value, &topic);
	w2k_output_begin_record(ctx, txn, &topic, W2K_OP_EMIT, change->lsn, false);

	/* the key is text, not JSON; a line of text is JSON all through */
	is_null = !w2k_own_row_get_value(wrel, "key", &value);
	if (!is_null && session->records->is_text)
		w2k_json_append_string(ctx->out, value.data, value.len, ascii_only);
	else if (!is_null)
		w2k_buffer_append(ctx->out, value.data, value.len);
	w2k_record_end_key(session->records, ctx->out, is_null);

	is_null = !w2k_own_row_get_value(wrel, "value", &value);
	if (!is_null)
		w2k_json_append_document(ctx->out, value.data, value.len, ascii_only);
	w2k_record_end_value(session->records, ctx->out, is_null);

	if (w2k_own_row_get(wrel, "headers", &headers) != NULL)
		write_headers(ctx, DatumGetJsonbP(headers));
	w2k_output_end_record(ctx);
}

/*
 * A transaction that changes the connector's configuration is the first one
 * that the new one is for: a table that it adds is captured from there on,
 * however late the worker hears of it by other ways.
 */
void
w2k_change_write_renewed(LogicalDecodingContext *ctx, ReorderBufferTXN *txn,
						 W2kRelation *wrel, Relation relation,
						 ReorderBufferChange *change)
{
	W2kSession *session = ctx->output_plugin_private;
	const W2kConnectorConfig *conf = session->conf;
	W2kValue value;

	if (conf->connector == NULL ||
		!w2k_own_row_read(wrel, relation, change,
						  REORDER_BUFFER_CHANGE_UPDATE) ||
		!w2k_own_row_is_for_us(session, wrel, "name") ||
		!w2k_own_row_get_value(wrel, "config_generation", &value))
		return;
	if (value.u.integer > conf->config_generation)
		w2k_output_renewed(ctx, txn);
	else
		w2k_newcomers_note_renewed(session, relation,
								   W2K_CHANGE_TUPLE(change->data.tp.oldtuple),
								   value.u.integer);
}
