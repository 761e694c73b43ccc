/*
 * peek_rows.c
 *		Frames of the output plugin -> rows of peek().
 *
 * The sender reads the same frames; here they become rows a person reads.
 * Topics and header sets are defined once in a session and named by number,
 * so both are kept in tables of their own.
 */
#include "postgres.h"

#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/pg_lsn.h"
#include "utils/tuplestore.h"

#include "api/peek_rows.h"
#include "wire/frame.h"

#define PEEK_COLUMNS 7

/* A topic's name by its number. */
typedef struct PeekTopic
{
	uint32 id; /* hash key */
	char *name;
} PeekTopic;

/* A header set by its number: the headers as they came. */
typedef struct PeekHeaders
{
	uint32 id; /* hash key */
	uint16 count;
	char *data;
	Size len;
} PeekHeaders;

struct W2kPeekRows
{
	MemoryContext context; /* of topics and header sets: the query's */
	HTAB *topics;
	HTAB *header_sets;
	Tuplestorestate *store;
	TupleDesc desc;
	int max_rows;
	int nrows;
};

static HTAB *
create_table(const char *name, Size entrysize, MemoryContext context)
{
	HASHCTL info;

	info.keysize = sizeof(uint32);
	info.entrysize = entrysize;
	info.hcxt = context;
	return hash_create(name, 16, &info, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

W2kPeekRows *
w2k_peek_rows_create(FunctionCallInfo fcinfo, int max_rows)
{
	W2kPeekRows *rows = palloc0(sizeof(W2kPeekRows));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	rows->context = CurrentMemoryContext;
	rows->store = rsinfo->setResult;
	rows->desc = rsinfo->setDesc;
	rows->max_rows = max_rows;
	rows->topics = create_table("wal2kafka peek topics", sizeof(PeekTopic),
								rows->context);
	rows->header_sets = create_table("wal2kafka peek header sets",
									 sizeof(PeekHeaders), rows->context);
	return rows;
}

bool
w2k_peek_rows_is_full(const W2kPeekRows *rows)
{
	return rows->nrows >= rows->max_rows;
}

static void
raise_malformed(void)
{
	ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
					errmsg("malformed frame from the output plugin")));
}

/* Bytes -> text in the server's encoding; NULL where they are not text. */
static text *
bytes_text(const char *data, int len)
{
	char *converted;

	/* Records are UTF-8 whatever the database is. */
	if (data == NULL || memchr(data, 0, len) != NULL ||
		!pg_verify_mbstr(PG_UTF8, data, len, true))
		return NULL;
	converted = pg_any_to_server(data, len, PG_UTF8);
	return converted == data ? cstring_to_text_with_len(data, len)
							 : cstring_to_text(converted);
}

static Datum
bytes_datum(const char *data, int len)
{
	bytea *result = palloc(len + VARHDRSZ);

	SET_VARSIZE(result, len + VARHDRSZ);
	memcpy(VARDATA(result), data, len);
	return PointerGetDatum(result);
}

static void
push_string(JsonbParseState **state, JsonbIteratorToken token,
			const char *data, int len)
{
	text *t = bytes_text(data, len);
	JsonbValue v;

	/* What is not text is shown as bytea shows it. */
	if (t == NULL)
		t = DatumGetTextPP(CStringGetTextDatum(DatumGetCString(
			DirectFunctionCall1(byteaout, bytes_datum(data, len)))));
	v.type = jbvString;
	v.val.string.val = VARDATA_ANY(t);
	v.val.string.len = VARSIZE_ANY_EXHDR(t);
	(void) pushJsonbValue(state, token, &v);
}

/* Appends headers to an object: a later one of the same name wins. */
static void
push_headers(JsonbParseState **state, W2kCursor *cur, int count)
{
	for (int i = 0; i < count; i++)
	{
		uint32_t name_len;
		const char *value;
		int32_t value_len;
		const char *name = w2k_get_header(cur, &name_len, &value, &value_len);

		if (cur->is_malformed)
			raise_malformed();
		push_string(state, WJB_KEY, name, name_len);
		if (value_len < 0)
		{
			JsonbValue v = {.type = jbvNull};

			(void) pushJsonbValue(state, WJB_VALUE, &v);
		}
		else
			push_string(state, WJB_VALUE, value, value_len);
	}
}

/* The TOPIC frame: a number's name. */
static void
add_topic(W2kPeekRows *rows, W2kCursor *cur)
{
	uint32 id = w2k_get_u32(cur);
	uint32_t len;
	const char *name;
	PeekTopic *topic;

	(void) w2k_get_u32(cur); /* relid */
	name = w2k_get_string(cur, &len);
	if (cur->is_malformed)
		raise_malformed();
	topic = hash_search(rows->topics, &id, HASH_ENTER, NULL);
	topic->name = MemoryContextAlloc(rows->context, len + 1);
	memcpy(topic->name, name, len);
	topic->name[len] = '\0';
}

/* The HEADERS frame: kept as it came, until a record names it. */
static void
add_header_set(W2kPeekRows *rows, W2kCursor *cur)
{
	uint32 id = w2k_get_u32(cur);
	uint16 count = w2k_get_u16(cur);
	PeekHeaders *set;

	if (cur->is_malformed)
		raise_malformed();
	set = hash_search(rows->header_sets, &id, HASH_ENTER, NULL);
	set->count = count;
	set->len = cur->end - cur->p;
	set->data = MemoryContextAlloc(rows->context, set->len + 1);
	memcpy(set->data, cur->p, set->len);
}

/* A record's headers: those of its set, then its own. */
static Datum
headers_datum(W2kPeekRows *rows, const W2kRecordFrame *rec, W2kCursor *own)
{
	JsonbParseState *state = NULL;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (rec->header_set_id != 0)
	{
		PeekHeaders *set = hash_search(rows->header_sets, &rec->header_set_id,
									   HASH_FIND, NULL);
		W2kCursor cur;

		if (set == NULL)
			raise_malformed();
		cur = (W2kCursor){.p = set->data, .end = set->data + set->len};
		push_headers(&state, &cur, set->count);
	}
	push_headers(&state, own, rec->header_count);
	return JsonbPGetDatum(
		JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

/* A key or a value, as bytes and as text. */
static void
set_bytes(const char *data, int32 len, Datum *bytes, bool *bytes_isnull,
		  Datum *string, bool *string_isnull)
{
	text *t;

	*bytes_isnull = *string_isnull = true;
	if (len < 0)
		return;
	*bytes = bytes_datum(data, len);
	*bytes_isnull = false;
	t = bytes_text(data, len);
	if (t != NULL)
	{
		*string = PointerGetDatum(t);
		*string_isnull = false;
	}
}

/* The RECORD frame: a row. */
static void
add_record(W2kPeekRows *rows, W2kCursor *cur)
{
	W2kRecordFrame rec;
	PeekTopic *topic;
	const char *key;
	const char *value;
	Datum values[PEEK_COLUMNS];
	bool nulls[PEEK_COLUMNS] = {false};

	w2k_get_record_fixed(cur, &rec);
	key = rec.key_len > 0 ? w2k_get_bytes(cur, rec.key_len) : "";
	value = rec.value_len > 0 ? w2k_get_bytes(cur, rec.value_len) : "";
	topic = hash_search(rows->topics, &rec.topic_id, HASH_FIND, NULL);
	if (cur->is_malformed || topic == NULL)
		raise_malformed();

	values[0] = LSNGetDatum(rec.lsn);
	values[1] = CStringGetTextDatum(topic->name);
	set_bytes(key, rec.key_len, &values[2], &nulls[2], &values[5], &nulls[5]);
	set_bytes(value, rec.value_len, &values[3], &nulls[3], &values[6],
			  &nulls[6]);
	values[4] = headers_datum(rows, &rec, cur);
	tuplestore_putvalues(rows->store, rows->desc, values, nulls);
	rows->nrows++;
}

void
w2k_peek_rows_add(W2kPeekRows *rows, const char *data, Size len)
{
	MemoryContext frame_context =
		AllocSetContextCreate(CurrentMemoryContext, "wal2kafka peek frame",
							  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(frame_context);

	while (len > 0 && !w2k_peek_rows_is_full(rows))
	{
		uint8_t type;
		W2kCursor payload;
		size_t used;
		size_t needed;

		if (w2k_frame_parse(data, len, false, &type, &payload, &used,
							&needed) != W2K_PARSE_FRAME)
			raise_malformed();
		if (type == W2K_FRAME_TOPIC)
			add_topic(rows, &payload);
		else if (type == W2K_FRAME_HEADERS)
			add_header_set(rows, &payload);
		else if (type == W2K_FRAME_RECORD)
			add_record(rows, &payload);
		data += used;
		len -= used;
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(frame_context);
}
