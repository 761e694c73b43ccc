/*
 * node_test.c
 *		Random Connect data, written by encode/protonode as messages of
 *		proto/envelope.proto, is what protobuf-c reads, and writes again.
 *
 *			node_test [SEED [ROUNDS]]
 *
 * The writer runs without a server, under the compiler's sanitizers: each
 * palloc() is a malloc() here, so that an overrun of a byte is seen, and what
 * it needs of the server is at the end of this file.
 */
#include "postgres.h"

#include <stdlib.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"

#include "encode/node.h"
#include "encode/protoitem.h"
#include "encode/protonode.h"

/* the server's own, which is not here */
#undef printf
#undef vprintf
#undef fprintf

#include "envelope.pb-c.h"
#include "tap.h"

#define MAX_DEPTH 6
#define MAX_ITEMS 5
#define MAX_WORDS 64

typedef Wal2kafka__V1__Value PbValue;
typedef Wal2kafka__V1__Envelope PbEnvelope;

static uint64 random_state;
static W2kType integer_type = {.logical = W2K_LOGICAL_INT64};
static W2kColumn integer_column = {.type = &integer_type};
static W2kWriter writer;

/* splitmix64: the same numbers everywhere */
static uint64
next_random(void)
{
	uint64 z = (random_state += UINT64CONST(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int
pick(int n)
{
	return (int) (next_random() % (uint64) n);
}

/* Any number of bits. */
static int64
pick_integer(void)
{
	return (int64) (next_random() >> pick(64)) * (pick(2) ? 1 : -1);
}

/* Now and then longer than what one byte, or two, may say. */
static int
pick_length(void)
{
	static const int most[] = {3, 10, 130, 300, 20000};

	return pick(most[pick(20) ? pick(4) : 4]);
}

/* ---- random data ---- */

static W2kSchema *
make_schema(W2kConnectType type, const char *field)
{
	W2kSchema *schema = palloc0(sizeof(W2kSchema));

	schema->type = type;
	schema->field = field;
	return schema;
}

static void
add_field(W2kSchema *parent, W2kSchema *child)
{
	W2kSchema **children = palloc0(sizeof(W2kSchema *) *
								   (parent->nchildren + 1));

	for (int i = 0; i < parent->nchildren; i++)
		children[i] = parent->children[i];
	children[parent->nchildren++] = child;
	parent->children = children;
}

static W2kSchema *
add_named(W2kSchema *parent, W2kConnectType type, const char *field)
{
	W2kSchema *child = make_schema(type, field);

	add_field(parent, child);
	return child;
}

static char *
random_text(int len)
{
	char *text = palloc0(len + 1);

	for (int i = 0; i < len; i++)
		text[i] = (char) ('a' + pick(26));
	return text;
}

static W2kSchema *
random_schema(int depth, const char *field)
{
	static const W2kConnectType types[] =
		{W2K_CONNECT_STRING, W2K_CONNECT_BYTES,	  W2K_CONNECT_INT64,
		 W2K_CONNECT_DOUBLE, W2K_CONNECT_BOOLEAN, W2K_CONNECT_ARRAY,
		 W2K_CONNECT_STRUCT, W2K_CONNECT_STRUCT};
	W2kSchema *schema = make_schema(types[pick(depth < MAX_DEPTH ? 8 : 5)],
									field);

	if (schema->type == W2K_CONNECT_ARRAY)
		add_field(schema, random_schema(depth + 1, NULL));
	else if (schema->type == W2K_CONNECT_STRUCT)
	{
		for (int n = pick(MAX_ITEMS); n > 0; n--)
			add_field(schema, random_schema(depth + 1,
											random_text(pick_length() / 10)));
	}
	return schema;
}

static W2kNode *
make_scalar(W2kValueKind kind)
{
	W2kNode *node = palloc0(sizeof(W2kNode));

	node->kind = W2K_NODE_SCALAR;
	node->value.kind = kind;
	return node;
}

static W2kNode *
make_text(const char *text)
{
	W2kNode *node = make_scalar(W2K_VALUE_TEXT);

	node->value.data = text;
	node->value.len = (int) strlen(text);
	return node;
}

static W2kNode *
make_integer(int64 integer)
{
	W2kNode *node = make_scalar(W2K_VALUE_INTEGER);

	node->value.u.integer = integer;
	return node;
}

static W2kNode *random_node(W2kSchema *schema);

static W2kNode *
random_items(W2kSchema *schema, W2kNodeKind kind, int nitems)
{
	W2kNode *node = palloc0(sizeof(W2kNode));

	node->kind = kind;
	node->schema = schema;
	node->nitems = nitems;
	node->items = palloc0(sizeof(W2kNode *) * Max(nitems, 1));
	for (int i = 0; i < nitems; i++)
		node->items[i] = random_node(
			schema->children[kind == W2K_NODE_ARRAY ? 0 : i]);
	return node;
}

/* A column's integer: what is stored, or why nothing is. */
static W2kNode *
random_column(void)
{
	W2kNode *node = make_integer(pick_integer());

	node->column = &integer_column;
	node->stored = (W2kStored) (1 + pick(4));
	node->datum = Int64GetDatum(node->value.u.integer);
	return node;
}

/* Of the schema, null, or now and then of another one. */
static W2kNode *
random_node(W2kSchema *schema)
{
	W2kNode *node;

	if (pick(8) == 0)
		return NULL;
	if (pick(50) == 0)
		schema = random_schema(MAX_DEPTH - 1, schema->field);
	switch (schema->type)
	{
		case W2K_CONNECT_ARRAY:
			return random_items(schema, W2K_NODE_ARRAY, pick(MAX_ITEMS));
		case W2K_CONNECT_STRUCT:
			return random_items(schema, W2K_NODE_STRUCT, schema->nchildren);
		case W2K_CONNECT_INT64:
			return pick(2) ? make_integer(pick_integer()) : random_column();
		case W2K_CONNECT_DOUBLE:
			node = make_scalar(W2K_VALUE_DOUBLE);
			node->value.u.float8 = (double) pick_integer() / 8;
			return node;
		case W2K_CONNECT_BOOLEAN:
			node = make_scalar(W2K_VALUE_BOOLEAN);
			node->value.u.boolean = pick(2) == 0;
			return node;
		default:
			node = make_text(random_text(pick_length()));
			if (schema->type == W2K_CONNECT_BYTES)
				node->value.kind = W2K_VALUE_BYTES;
			return node;
	}
}

/* ---- what must have been read ---- */

static bool is_same(const PbValue *value, const char *name,
					const W2kNode *node);

static bool
are_same(PbValue **values, size_t nvalues, const W2kNode *node)
{
	bool is_struct = node->kind == W2K_NODE_STRUCT;

	if (nvalues != (size_t) node->nitems)
		return false;
	for (int i = 0; i < node->nitems; i++)
	{
		const char *name = is_struct ? node->schema->children[i]->field : "";

		if (!is_same(values[i], name, node->items[i]))
			return false;
	}
	return true;
}

static bool
is_same_stored(const PbValue *value, const W2kNode *node)
{
	switch (node->stored)
	{
		case W2K_STORED_DATUM:
			return value->kind_case == WAL2KAFKA__V1__VALUE__KIND_INTEGER &&
				   value->integer == DatumGetInt64(node->datum);
		case W2K_STORED_NULL:
			return value->kind_case == WAL2KAFKA__V1__VALUE__KIND_NULL;
		default:
			return value->kind_case ==
					   WAL2KAFKA__V1__VALUE__KIND_UNAVAILABLE &&
				   (int) value->unavailable ==
					   (node->stored == W2K_STORED_UNCHANGED
							? W2K_PROTO_UNCHANGED_TOAST
							: W2K_PROTO_NOT_IN_IDENTITY);
	}
}

static bool
is_same(const PbValue *value, const char *name, const W2kNode *node)
{
	if (strcmp(value->name, name) != 0)
		return false;
	if (node == NULL)
		return value->kind_case == WAL2KAFKA__V1__VALUE__KIND_NULL;
	if (node->kind == W2K_NODE_STRUCT)
		return value->kind_case == WAL2KAFKA__V1__VALUE__KIND_STRUCTURE &&
			   are_same(value->structure->fields, value->structure->n_fields,
						node);
	if (node->kind == W2K_NODE_ARRAY)
		return value->kind_case == WAL2KAFKA__V1__VALUE__KIND_ARRAY &&
			   are_same(value->array->elements, value->array->n_elements, node);
	if (node->stored != W2K_STORED_NOT)
		return is_same_stored(value, node);
	switch (node->value.kind)
	{
		case W2K_VALUE_INTEGER:
			return value->kind_case == WAL2KAFKA__V1__VALUE__KIND_INTEGER &&
				   value->integer == node->value.u.integer;
		case W2K_VALUE_DOUBLE:
			return value->kind_case == WAL2KAFKA__V1__VALUE__KIND_DOUBLE &&
				   value->double_ == node->value.u.float8;
		case W2K_VALUE_BOOLEAN:
			return value->kind_case == WAL2KAFKA__V1__VALUE__KIND_BOOLEAN &&
				   (value->boolean != 0) == node->value.u.boolean;
		case W2K_VALUE_BYTES:
			return value->kind_case == WAL2KAFKA__V1__VALUE__KIND_BINARY &&
				   value->binary.len == (size_t) node->value.len &&
				   (node->value.len == 0 ||
					memcmp(value->binary.data, node->value.data,
						   node->value.len) == 0);
		default:
			return value->kind_case == WAL2KAFKA__V1__VALUE__KIND_TEXT &&
				   strcmp(value->text, node->value.data) == 0;
	}
}

/* ---- records ---- */

/* Writes a record's side, and lets protobuf-c read it and write it again. */
static ProtobufCMessage *
write_and_read(W2kSide side, const W2kSchema *schema, void *compiled,
			   W2kNode *node)
{
	const ProtobufCMessageDescriptor *type =
		side == W2K_SIDE_KEY ? &wal2kafka__v1__key__descriptor
							 : &wal2kafka__v1__envelope__descriptor;
	ProtobufCMessage *message;
	StringInfoData out;
	uint8_t *packed;
	size_t len;

	initStringInfo(&out);
	w2k_protonode_append(&writer, side, &out, "t", schema, compiled, node);
	message = protobuf_c_message_unpack(type, NULL, (size_t) out.len,
										(uint8_t *) out.data);
	if (message == NULL)
		return NULL;
	len = protobuf_c_message_get_packed_size(message);
	packed = malloc(len + 1);
	if (len != (size_t) out.len ||
		protobuf_c_message_pack(message, packed) != len ||
		memcmp(packed, out.data, len) != 0)
	{
		protobuf_c_message_free_unpacked(message, NULL);
		message = NULL;
	}
	free(packed);
	pfree(out.data);
	return message;
}

/* Any data at all, as a key or as what stands instead of an envelope. */
static bool
check_any(W2kSide side)
{
	W2kSchema *schema = random_schema(0, NULL);
	void *compiled = w2k_protonode_compile(&writer, side, schema);
	bool is_right = true;

	for (int n = 0; n < 3 && is_right; n++)
	{
		W2kNode *node = random_node(schema);
		ProtobufCMessage *message;

		if (node == NULL)
			continue;
		message = write_and_read(side, schema, compiled, node);
		if (message == NULL)
			return false;
		if (side == W2K_SIDE_VALUE)
			is_right = is_same(((PbEnvelope *) message)->value, "", node);
		else
		{
			Wal2kafka__V1__Key *key = (Wal2kafka__V1__Key *) message;

			is_right = node->kind == W2K_NODE_STRUCT
						   ? are_same(key->columns, key->n_columns, node)
						   : is_same(key->value, "", node);
		}
		protobuf_c_message_free_unpacked(message, NULL);
	}
	return is_right;
}

static W2kSchema *
make_row(const char *field)
{
	W2kSchema *row = make_schema(W2K_CONNECT_STRUCT, field);

	for (int n = pick(MAX_ITEMS); n > 0; n--)
		add_field(row, random_schema(MAX_DEPTH - 1, random_text(pick(20))));
	return row;
}

static W2kSchema *
make_source(void)
{
	static const char *const texts[] = {"version",	"connector", "name",
										"snapshot", "db",		 "sequence",
										"schema",	"table",	 "origin"};
	static const char *const integers[] = {"ts_ms",		"ts_us", "ts_ns",
										   "txId",		"lsn",	 "xmin",
										   "origin_lsn"};
	W2kSchema *source = make_schema(W2K_CONNECT_STRUCT, "source");

	source->name = "io.debezium.connector.postgresql.Source";
	for (int i = 0; i < (int) lengthof(texts); i++)
		add_named(source, W2K_CONNECT_STRING, texts[i]);
	for (int i = 0; i < (int) lengthof(integers); i++)
		add_named(source, W2K_CONNECT_INT64, integers[i]);
	return source;
}

/* An envelope with whatever in its fields, and some more of them. */
static bool
check_envelope(void)
{
	W2kSchema *schema = make_schema(W2K_CONNECT_STRUCT, NULL);
	W2kSchema *block;
	int nmore = pick(3);
	PbEnvelope *envelope;
	W2kNode *node;
	bool is_right;

	schema->name = "p.s.t.Envelope";
	add_field(schema, make_row("before"));
	add_field(schema, make_row("after"));
	add_field(schema, make_source());
	block = add_named(schema, W2K_CONNECT_STRUCT, "transaction");
	add_named(block, W2K_CONNECT_STRING, "id");
	add_named(block, W2K_CONNECT_INT64, "total_order");
	add_named(schema, W2K_CONNECT_STRING, "op");
	add_named(schema, W2K_CONNECT_INT64, "ts_ms");
	add_named(schema, W2K_CONNECT_INT64, "ts_us");
	add_named(schema, W2K_CONNECT_INT64, "ts_ns");
	/* none is called as another one is */
	for (int n = 0; n < nmore; n++)
		add_field(schema, random_schema(MAX_DEPTH - 2, n == 0 ? "more" : ""));

	node = random_items(schema, W2K_NODE_STRUCT, schema->nchildren);
	if (pick(2))
		node->items[4] = make_text("u");
	if (pick(2) && node->items[2] != NULL &&
		node->items[2]->kind == W2K_NODE_STRUCT &&
		node->items[2]->nitems == 16)
		node->items[2]->items[5] = make_text(
			pick(2) ? "[\"12\",\"34567\"]" : "[null,\"9223372036854775807\"]");
	envelope = (PbEnvelope *)
		write_and_read(W2K_SIDE_VALUE, schema,
					   w2k_protonode_compile(&writer, W2K_SIDE_VALUE, schema),
					   node);
	if (envelope == NULL)
		return false;
	is_right = envelope->value == NULL && envelope->n_fields >= (size_t) nmore;
	for (int n = 0; n < nmore && is_right; n++)
	{
		int at = schema->nchildren - nmore + n;

		is_right = is_same(envelope->fields[envelope->n_fields - nmore + n],
						   schema->children[at]->field, node->items[at]);
	}
	if (is_right && envelope->after != NULL)
		is_right = are_same(envelope->after->columns,
							envelope->after->n_columns, node->items[1]);
	protobuf_c_message_free_unpacked(&envelope->base, NULL);
	return is_right;
}

/* As deep as expanded JSON may be, and then some. */
static bool
check_deep(int depth)
{
	W2kSchema *schema = make_schema(W2K_CONNECT_INT64, "a");
	W2kNode *node = make_integer(1);
	ProtobufCMessage *message;
	bool is_right;

	for (int i = 0; i < depth; i++)
	{
		W2kSchema *outer = make_schema(W2K_CONNECT_STRUCT, "a");
		W2kNode *inner = node;

		add_field(outer, schema);
		schema = outer;
		node = random_items(schema, W2K_NODE_STRUCT, 0);
		node->nitems = 1;
		node->items[0] = inner;
	}
	message = write_and_read(W2K_SIDE_VALUE, schema,
							 w2k_protonode_compile(&writer, W2K_SIDE_VALUE,
												   schema),
							 node);
	is_right = message != NULL &&
			   is_same(((PbEnvelope *) message)->value, "", node);
	if (message != NULL)
		protobuf_c_message_free_unpacked(message, NULL);
	return is_right;
}

static void free_all(void);

int
main(int argc, char **argv)
{
	uint64 seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	int rounds = argc > 2 ? atoi(argv[2]) : 2000;
	int nkeys = 0;
	int nvalues = 0;
	int nenvelopes = 0;

	random_state = seed;
	for (int n = 0; n < rounds; n++)
	{
		nkeys += check_any(W2K_SIDE_KEY);
		nvalues += check_any(W2K_SIDE_VALUE);
		nenvelopes += check_envelope();
		free_all();
	}
	printf("# seed %llu, %d rounds\n", (unsigned long long) seed, rounds);
	is_number(nkeys, rounds, "keys of any kind");
	is_number(nvalues, rounds, "values of any kind");
	is_number(nenvelopes, rounds, "envelopes with anything in their fields");
	ok(check_deep(40) && check_deep(500), "structures in one another");
	free_all();
	return done_testing();
}

/* ---- the server's part ---- */

typedef struct Chunk
{
	struct Chunk *next;
	void *data;
} Chunk;

static Chunk *chunks;

static void *
allocate(Size size)
{
	Chunk *chunk = malloc(sizeof(Chunk));

	chunk->data = calloc(1, size);
	chunk->next = chunks;
	chunks = chunk;
	return chunk->data;
}

static void
free_all(void)
{
	while (chunks != NULL)
	{
		Chunk *next = chunks->next;

		free(chunks->data);
		free(chunks);
		chunks = next;
	}
}

void *
palloc(Size size)
{
	return allocate(size);
}

void *
palloc0(Size size)
{
	return allocate(size);
}

char *
pnstrdup(const char *in, Size len)
{
	char *copy = allocate(len + 1);

	memcpy(copy, in, len);
	return copy;
}

/* Goes with all the others. */
void
pfree(void *pointer)
{
	(void) pointer;
}

/* As small as may be, so that it grows often. */
void
initStringInfo(StringInfo str)
{
	str->maxlen = 16;
	str->data = allocate(str->maxlen);
	resetStringInfo(str);
}

void
resetStringInfo(StringInfo str)
{
	str->len = 0;
	str->cursor = 0;
}

/* To a new place each time, with nothing to spare. */
void
enlargeStringInfo(StringInfo str, int needed)
{
	char *data;

	str->maxlen = str->len + needed + 1;
	data = allocate(str->maxlen);
	memcpy(data, str->data, str->len);
	str->data = data;
}

Bitmapset *
bms_add_member(Bitmapset *a, int x)
{
	if (a == NULL)
	{
		a = allocate(offsetof(Bitmapset, words) +
					 MAX_WORDS * sizeof(bitmapword));
		a->nwords = MAX_WORDS;
	}
	a->words[x / BITS_PER_BITMAPWORD] |= (bitmapword) 1
										 << (x % BITS_PER_BITMAPWORD);
	return a;
}

Bitmapset *
bms_add_members(Bitmapset *a, const Bitmapset *b)
{
	for (int x = -1; (x = bms_next_member(b, x)) >= 0;)
		a = bms_add_member(a, x);
	return a;
}

int
bms_next_member(const Bitmapset *a, int prevbit)
{
	if (a == NULL)
		return -2;
	for (int x = prevbit + 1; x < a->nwords * BITS_PER_BITMAPWORD; x++)
	{
		if ((a->words[x / BITS_PER_BITMAPWORD] >> (x % BITS_PER_BITMAPWORD)) &
			1)
			return x;
	}
	return -2;
}

static void
read_integer(const W2kType *type, Datum datum, W2kProtoItem *item)
{
	(void) type;
	item->tag = W2K_WIRE_TAG(W2K_PROTO_INTEGER, W2K_WIRE_VARINT);
	item->number = w2k_wire_zigzag(DatumGetInt64(datum));
}

const W2kProtoReader w2k_proto_readers[W2K_LOGICAL_COUNT] = {
	[W2K_LOGICAL_INT64] = read_integer,
};

volatile sig_atomic_t InterruptPending = false;

void
ProcessInterrupts(void)
{
}

void
check_stack_depth(void)
{
}

/* An error is the end of the test. */
bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

bool
errstart(int elevel, const char *domain)
{
	(void) elevel;
	(void) domain;
	return true;
}

void
errfinish(const char *filename, int lineno, const char *funcname)
{
	printf("Bail out! %s:%d: %s\n", filename, lineno, funcname);
	exit(1);
}

int
errcode(int sqlerrcode)
{
	return sqlerrcode;
}

int
errmsg(const char *fmt, ...)
{
	printf("# %s\n", fmt);
	return 0;
}

int
errmsg_internal(const char *fmt, ...)
{
	printf("# %s\n", fmt);
	return 0;
}

int
errdetail(const char *fmt, ...)
{
	(void) fmt;
	return 0;
}

int
errhint(const char *fmt, ...)
{
	(void) fmt;
	return 0;
}
