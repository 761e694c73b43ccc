/*
 * schema_catalog.c
 *		Schemas that a registry knows, in wal2kafka.connector_schema.
 *
 * A row stands for what a fingerprint stands for: a schema under a subject, in
 * one registry.  It is written when a registry has said its id, and touched
 * each time a sender hears that again, so that the newest "confirmed" of a
 * subject is the schema that records are written by.
 *
 * What is lost here (the worker ends before it is written) is asked for again.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "wal2kafka.h"
#include "worker/attempt.h"
#include "worker/interlude.h"
#include "worker/own_frames.h"
#include "worker/schema_catalog.h"

/* When the table was locked: how long until the next attempt. */
#define RETRY_MS 1000

/* How types are called in the table: as the registry does. */
static const char *const type_names[] = {[W2K_SCHEMA_AVRO] = "AVRO",
										 [W2K_SCHEMA_JSON] = "JSON",
										 [W2K_SCHEMA_PROTOBUF] = "PROTOBUF"};

static struct
{
	TimestampTz retry_time;	 /* 0 = nothing waits for another attempt */
	uint64 requests, errors; /* as the sender said last */
} state;

static char *
read_string(W2kCursor *cur)
{
	uint32 len;
	const char *from = w2k_get_string(cur, &len);

	return pnstrdup(len > 0 ? from : "", len);
}

List *
w2k_schema_catalog_add(List *registered, W2kCursor *cur)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(TopMemoryContext);
	W2kRegisteredSchema *schema = palloc0(sizeof(W2kRegisteredSchema));

	schema->is_key = w2k_get_u8(cur) == 1;
	schema->type = (W2kSchemaType) w2k_get_u8(cur);
	(void) w2k_get_u16(cur);
	schema->id = w2k_get_u32(cur);
	schema->version = w2k_get_u32(cur);
	schema->topic = read_string(cur);
	schema->subject = read_string(cur);
	schema->fingerprint = read_string(cur);
	schema->schema = read_string(cur);
	if (schema->type < W2K_SCHEMA_AVRO || schema->type > W2K_SCHEMA_PROTOBUF)
		cur->is_malformed = true;
	registered = lappend(registered, schema);
	MemoryContextSwitchTo(oldcontext);
	return registered;
}

/* The sender counts from its own start, which is this process's. */
void
w2k_schema_catalog_count(W2kCounters *counters, W2kCursor *cur)
{
	uint64 requests = w2k_get_u64(cur);
	uint64 errors = w2k_get_u64(cur);
	uint32 assumed = w2k_get_u32(cur);

	if (cur->is_malformed)
		return;
	pg_atomic_fetch_add_u64(&counters->registry_requests,
							(int64) (requests - state.requests));
	pg_atomic_fetch_add_u64(&counters->registry_errors,
							(int64) (errors - state.errors));
	pg_atomic_write_u64(&counters->registry_assumed, assumed);
	state.requests = requests;
	state.errors = errors;
}

static void
forget(List *registered)
{
	ListCell *lc;

	foreach(lc, registered)
	{
		W2kRegisteredSchema *schema = lfirst(lc);

		pfree(schema->topic);
		pfree(schema->subject);
		pfree(schema->fingerprint);
		pfree(schema->schema);
	}
	list_free_deep(registered);
}

static W2kSchemaType
find_type(const char *name)
{
	for (int i = W2K_SCHEMA_AVRO; i < (int) lengthof(type_names); i++)
		if (strcmp(type_names[i], name) == 0)
			return (W2kSchemaType) i;
	return W2K_SCHEMA_AVRO;
}

void
w2k_schema_catalog_tell(void)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	Oid types[] = {TEXTOID};
	Datum values[1];

	pg_atomic_write_u64(&w2k_attempt->slot->counters.registry_assumed, 0);
	w2k_interlude_begin(false);
	values[0] = CStringGetTextDatum(w2k_attempt->row->name);
	w2k_interlude_query("SELECT is_key, type, subject, fingerprint, schema_id"
						" FROM wal2kafka.connector_schema"
						" WHERE name OPERATOR(pg_catalog.=) $1",
						1, types, values, NULL, true, SPI_OK_SELECT);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *type = TextDatumGetCString(w2k_interlude_column(i, 2, NULL));
		char *subject = TextDatumGetCString(w2k_interlude_column(i, 3, NULL));
		char *fingerprint = TextDatumGetCString(
			w2k_interlude_column(i, 4, NULL));
		int64 id = DatumGetInt64(w2k_interlude_column(i, 5, NULL));

		w2k_own_frames_known(&sender->out,
							 DatumGetBool(w2k_interlude_column(i, 1, NULL)),
							 find_type(type), subject, fingerprint,
							 (uint32) id);
	}
	w2k_interlude_end();
	(void) w2k_sender_link_feed(sender);
}

/* As in signals.c: a streaming worker waits for no heavyweight lock (R31). */
static bool
lock_table(void)
{
	Oid relid = get_relname_relid("connector_schema",
								  get_namespace_oid(W2K_SCHEMA, true));

	return OidIsValid(relid) &&
		   ConditionalLockRelationOid(relid, RowExclusiveLock);
}

/* What came over the pipe, in the server's encoding. */
static Datum
text_datum(const char *utf8)
{
	return CStringGetTextDatum(
		pg_any_to_server(utf8, (int) strlen(utf8), PG_UTF8));
}

/*
 * A schema.  In those that are JSON, defaults may be characters that the
 * server's encoding does not have, and an escape is the same to who reads it;
 * Protobuf's are ASCII.
 */
static Datum
schema_datum(const W2kRegisteredSchema *schema)
{
	StringInfoData text;

	if (GetDatabaseEncoding() == PG_UTF8 || schema->type == W2K_SCHEMA_PROTOBUF)
		return text_datum(schema->schema);
	initStringInfo(&text);
	for (const char *p = schema->schema; *p != '\0';)
	{
		const unsigned char *c = (const unsigned char *) p;
		pg_wchar code = utf8_to_unicode(c);

		if (code < 0x80)
			appendStringInfoChar(&text, *p);
		else if (code < 0x10000)
			appendStringInfo(&text, "\\u%04x", code);
		else
			appendStringInfo(&text, "\\u%04x\\u%04x",
							 0xD800 + ((code - 0x10000) >> 10),
							 0xDC00 + ((code - 0x10000) & 0x3FF));
		p += pg_utf_mblen(c);
	}
	return CStringGetTextDatum(text.data);
}

static void
write_row(const W2kRegisteredSchema *schema)
{
	Oid types[] = {TEXTOID, BOOLOID, TEXTOID, TEXTOID, TEXTOID,
				   TEXTOID, TEXTOID, INT8OID, INT4OID};
	Datum values[lengthof(types)];
	char nulls[] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};

	values[0] = CStringGetTextDatum(w2k_attempt->row->name);
	values[1] = BoolGetDatum(schema->is_key);
	values[2] = text_datum(schema->subject);
	values[3] = CStringGetTextDatum(type_names[schema->type]);
	values[4] = text_datum(schema->fingerprint);
	values[5] = text_datum(schema->topic);
	values[6] = schema_datum(schema);
	values[7] = Int64GetDatum(schema->id);
	values[8] = Int32GetDatum((int32) schema->version);
	if (schema->version == 0)
		nulls[8] = 'n';
	w2k_interlude_query("INSERT INTO wal2kafka.connector_schema AS s"
						" (name, is_key, subject, type, fingerprint, topic,"
						" schema, schema_id, version, registered, confirmed)"
						" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
						" pg_catalog.clock_timestamp(),"
						" pg_catalog.clock_timestamp())"
						" ON CONFLICT (name, fingerprint) DO UPDATE SET"
						" schema_id = excluded.schema_id,"
						" version = COALESCE(excluded.version, s.version),"
						" topic = excluded.topic,"
						" confirmed = excluded.confirmed",
						lengthof(types), types, values, nulls, false,
						SPI_OK_INSERT);
}

void
w2k_schema_catalog_when_due(void)
{
	W2kSenderLink *sender = &w2k_attempt->sender;
	TimestampTz now;
	bool is_locked;
	ListCell *lc;

	if (sender->registered == NIL)
		return;
	now = GetCurrentTimestamp();
	if (now < state.retry_time)
		return;
	w2k_interlude_begin(false);
	is_locked = lock_table();
	if (is_locked)
	{
		foreach(lc, sender->registered)
			write_row(lfirst(lc));
	}
	w2k_interlude_end();
	state.retry_time = is_locked ? 0
								 : TimestampTzPlusMilliseconds(now, RETRY_MS);
	if (!is_locked)
		return;
	forget(sender->registered);
	sender->registered = NIL;
}
