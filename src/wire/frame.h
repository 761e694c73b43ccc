/*
 * frame.h
 *		The frame protocol between a PostgreSQL process and wal2kafka-sender.
 *
 * Two one-way byte streams.  "Down" carries records and control messages to
 * the sender; it is also what the output plugin writes with framing=binary,
 * so that the sender can stand behind pg_recvlogical.  "Up" carries
 * acknowledgements, errors, log lines and statistics back.
 *
 * A frame is an 8 byte header and a payload:
 *
 *		uint8  magic	W2K_FRAME_MAGIC
 *		uint8  type		one of the W2K_FRAME_* letters
 *		uint16 flags	0; a reader refuses bits it does not know
 *		uint32 length	bytes of payload, at most W2K_FRAME_MAX_PAYLOAD
 *
 * Integers are little-endian whatever the machine.  "string" is a uint32
 * length and that many bytes, without a terminating zero.  A reader told to
 * (pg_recvlogical ends each message with one) skips newlines between frames.
 *
 * Both sides compile this area, so it includes neither postgres.h nor
 * rdkafka.h, allocates only through the reader's own buffer, and never exits
 * or logs: a malformed frame is a return value.
 *
 * Down (worker or plugin -> sender)
 *	HELLO		uint16 version, uint16 zero, string program, string connector
 *	CONFIG		uint32 n, n * (string name, string value).  librdkafka
 *				properties by their own names, ours with the prefix "w2k.".
 *				Only once, after HELLO and before the first record.
 *	TOPIC		uint32 topic_id, uint32 relid, string topic, string schema,
 *				string table.  Defines (or redefines) an id for this session.
 *				The plugin's ids begin with 1, those of snapshots with
 *				W2K_READER_FIRST_TOPIC; 0 is the worker's own.
 *	HEADERS		uint32 header_set_id, uint16 n, n * header.  A header is
 *				string name, int32 length (-1 = null), bytes.  Never 0.
 *	BEGIN		uint32 xid, uint64 commit_lsn, int64 commit_time_us
 *	RECORD		struct W2kRecordFrame below, then key, value, own headers.  A
 *				record outside BEGIN and COMMIT is of no transaction.
 *	COMMIT		uint64 commit_lsn, uint64 end_lsn, int64 commit_time_us,
 *				uint32 records in this transaction
 *	SCHEMA		uint32 reference, uint8 1 = of keys, uint8 type (W2kSchemaType),
 *				uint16 zero, string topic, string subject, string schema,
 *				uint16 n, n * (string name, string subject, string schema).
 *				Defines (or redefines) a reference for this session, from 1 on
 *				(those of snapshots from W2K_READER_FIRST_TOPIC, the worker's
 *				own from W2K_OWN_FIRST_REFERENCE).  The n are the schemas that
 *				the schema refers to by their names.
 *	KNOWN		uint8 1 = of keys, uint8 type, uint16 zero, string subject,
 *				string fingerprint, uint32 id: what a REGISTERED said once
 *	SKIPPED		uint64 lsn, uint32 relid: a change that the plugin gave up by
 *				policy.  For the worker's count; the sender passes over it.
 *	RENEWED		uint32 xid: from the present transaction on another
 *				configuration of the connector is in force.  For the worker,
 *				which goes no further; the sender passes over it.
 *	SIGNAL		string id, string type, string data (maybe empty), in the
 *				server's encoding: a row of the signalling table.  For the
 *				worker; the sender passes over it.
 *	SIGNALLED	uint64 offset: the worker has written down the SIGNAL of that
 *				offset; one frame for each, in order
 *	FLUSH		uint32 request_id: answer FLUSHED when everything before is
 *				acknowledged
 *
 * Records are numbered by their order on the stream, from 1, per sender
 * process: that number is the "sequence" of the frames below.
 *
 * Up (sender -> worker)
 *	HELLO		uint16 version, uint16 zero, string sender version,
 *				string librdkafka version
 *	ACK			uint64 sequence (every record up to it is acknowledged or was
 *				skipped by policy), uint64 queued records, uint64 queued bytes
 *	STATUS		uint8 is_connected, string text (why not)
 *	ERROR		uint8 severity (W2kSeverity), int32 librdkafka code,
 *				uint64 sequence or 0, uint64 lsn or 0, string topic or empty,
 *				string code name, string text
 *	LOG			uint8 syslog level (0-7), string facility, string text
 *	STATS		string librdkafka statistics JSON
 *	FLUSHED		uint32 request_id, uint64 sequence
 *	REGISTERED	uint8 1 = of keys, uint8 type, uint16 zero, uint32 id,
 *				uint32 version (0 = not told), string topic, string subject,
 *				string fingerprint, string schema: the registry knows this
 *				schema.  The fingerprint stands for all that was asked, and
 *				of which registry.
 *	REGISTRY	uint64 requests made to registries, uint64 those of no use,
 *				uint32 schemas whose records have an id that was KNOWN,
 *				since a registry is away
 *	SIGNAL		uint64 offset, string value: a record of the topic of signals,
 *				which the sender does not look into; answer SIGNALLED
 */
#ifndef W2K_WIRE_FRAME_H
#define W2K_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define W2K_FRAME_VERSION 2
#define W2K_FRAME_MAGIC 0x57 /* 'W' */
#define W2K_FRAME_HEADER_SIZE 8
#define W2K_FRAME_MAX_PAYLOAD 0x3fffff00u /* what a StringInfo can hold */
#define W2K_READER_FIRST_TOPIC 0x40000000u
#define W2K_OWN_FIRST_REFERENCE 0x80000000u

/* Frame types; a letter may mean different things up and down. */
#define W2K_FRAME_HELLO 'H'		 /* both */
#define W2K_FRAME_CONFIG 'C'	 /* down */
#define W2K_FRAME_TOPIC 'T'		 /* down */
#define W2K_FRAME_HEADERS 'D'	 /* down */
#define W2K_FRAME_BEGIN 'B'		 /* down */
#define W2K_FRAME_RECORD 'R'	 /* down */
#define W2K_FRAME_COMMIT 'K'	 /* down */
#define W2K_FRAME_SCHEMA 'X'	 /* down */
#define W2K_FRAME_KNOWN 'N'		 /* down */
#define W2K_FRAME_SKIPPED 'S'	 /* down */
#define W2K_FRAME_RENEWED 'G'	 /* down */
#define W2K_FRAME_SIGNAL 'I'	 /* both */
#define W2K_FRAME_SIGNALLED 'i'	 /* down */
#define W2K_FRAME_FLUSH 'F'		 /* down */
#define W2K_FRAME_ACK 'A'		 /* up */
#define W2K_FRAME_STATUS 'U'	 /* up */
#define W2K_FRAME_ERROR 'E'		 /* up */
#define W2K_FRAME_LOG 'L'		 /* up */
#define W2K_FRAME_STATS 'J'		 /* up */
#define W2K_FRAME_FLUSHED 'f'	 /* up */
#define W2K_FRAME_REGISTERED 'x' /* up */
#define W2K_FRAME_REGISTRY 'y'	 /* up */

/* What a schema is written in, as the registry's "schemaType" has it. */
typedef enum W2kSchemaType
{
	W2K_SCHEMA_AVRO = 1,
	W2K_SCHEMA_JSON = 2,
	W2K_SCHEMA_PROTOBUF = 3
} W2kSchemaType;

/* Flags of a record: bytes 1 to 4 of its key or value are a reference. */
#define W2K_RECORD_KEY_REFERENCE 0x01
#define W2K_RECORD_VALUE_REFERENCE 0x02
#define W2K_RECORD_FLAGS                                                      \
	(W2K_RECORD_KEY_REFERENCE | W2K_RECORD_VALUE_REFERENCE)

/* How bad an ERROR frame is. */
typedef enum W2kSeverity
{
	W2K_SEVERITY_RETRYING = 0, /* the sender goes on trying by itself */
	W2K_SEVERITY_SKIPPED = 1,  /* a record was given up, as the policy says */
	W2K_SEVERITY_RETRY = 2,	   /* the sender ends; a new one may succeed */
	W2K_SEVERITY_FATAL = 3	   /* the sender ends; a person must act */
} W2kSeverity;

/* What a record is, for counting; written as Debezium's "op" letters. */
#define W2K_OP_CREATE 'c'
#define W2K_OP_UPDATE 'u'
#define W2K_OP_DELETE 'd'
#define W2K_OP_TRUNCATE 't'
#define W2K_OP_READ 'r'
#define W2K_OP_MESSAGE 'm'
#define W2K_OP_TOMBSTONE 'x'	 /* ours: the null value after a delete */
#define W2K_OP_EMIT 'e'			 /* ours: wal2kafka.emit() */
#define W2K_OP_TRANSACTION 'n'	 /* ours: BEGIN or END, on their topic */
#define W2K_OP_HEARTBEAT 'h'	 /* ours: outside any transaction */
#define W2K_OP_SCHEMA_CHANGE 's' /* ours: what DDL did to tables */
#define W2K_OP_NOTICE 'o'		 /* ours: a notification, likewise */

/*
 * The fixed part of a RECORD payload, as a host struct.  On the wire the
 * fields follow one another in this order without padding: 40 bytes.
 */
typedef struct W2kRecordFrame
{
	uint64_t lsn;			/* WAL location of the change */
	int64_t timestamp_ms;	/* record timestamp, 0 = when it is produced */
	uint32_t topic_id;		/* as a TOPIC frame defined it */
	uint32_t header_set_id; /* as a HEADERS frame defined it, 0 = none */
	int32_t key_len;		/* -1 = null */
	int32_t value_len;		/* -1 = null */
	int32_t partition;		/* -1 = by the key */
	uint16_t header_count;	/* own headers, they precede the set's */
	uint8_t op;				/* W2K_OP_* */
	uint8_t flags;			/* W2K_RECORD_* */
} W2kRecordFrame;

#define W2K_RECORD_FIXED_SIZE 40

/* Writing: each puts a value at p and returns the byte behind it. */
static inline char *
w2k_put_u8(char *p, uint8_t v)
{
	*p = (char) v;
	return p + 1;
}

static inline char *
w2k_put_u16(char *p, uint16_t v)
{
	unsigned char b[2] = {(unsigned char) v, (unsigned char) (v >> 8)};

	memcpy(p, b, 2);
	return p + 2;
}

static inline char *
w2k_put_u32(char *p, uint32_t v)
{
	unsigned char b[4] = {(unsigned char) v, (unsigned char) (v >> 8),
						  (unsigned char) (v >> 16),
						  (unsigned char) (v >> 24)};

	memcpy(p, b, 4);
	return p + 4;
}

static inline char *
w2k_put_u64(char *p, uint64_t v)
{
	return w2k_put_u32(w2k_put_u32(p, (uint32_t) v), (uint32_t) (v >> 32));
}

static inline char *
w2k_put_string(char *p, const char *s, uint32_t len)
{
	p = w2k_put_u32(p, len);
	if (len > 0)
		memcpy(p, s, len);
	return p + len;
}

static inline char *
w2k_put_frame_header(char *p, uint8_t type, uint32_t payload_len)
{
	p = w2k_put_u8(p, W2K_FRAME_MAGIC);
	p = w2k_put_u8(p, type);
	p = w2k_put_u16(p, 0);
	return w2k_put_u32(p, payload_len);
}

/* The fixed part of a record, W2K_RECORD_FIXED_SIZE bytes. */
static inline char *
w2k_put_record_fixed(char *p, const W2kRecordFrame *rec)
{
	p = w2k_put_u64(p, rec->lsn);
	p = w2k_put_u64(p, (uint64_t) rec->timestamp_ms);
	p = w2k_put_u32(p, rec->topic_id);
	p = w2k_put_u32(p, rec->header_set_id);
	p = w2k_put_u32(p, (uint32_t) rec->key_len);
	p = w2k_put_u32(p, (uint32_t) rec->value_len);
	p = w2k_put_u32(p, (uint32_t) rec->partition);
	p = w2k_put_u16(p, rec->header_count);
	p = w2k_put_u8(p, rec->op);
	return w2k_put_u8(p, rec->flags);
}

/*
 * Reading a payload.  A cursor never passes its end: the first get that does
 * not fit sets is_malformed, and that get and all later ones return zeroes.
 */
typedef struct W2kCursor
{
	const char *p;
	const char *end;
	bool is_malformed;
} W2kCursor;

extern uint8_t w2k_get_u8(W2kCursor *cur);
extern uint16_t w2k_get_u16(W2kCursor *cur);
extern uint32_t w2k_get_u32(W2kCursor *cur);
extern uint64_t w2k_get_u64(W2kCursor *cur);

/* A pointer into the payload, not terminated; *len is its length. */
extern const char *w2k_get_string(W2kCursor *cur, uint32_t *len);

/* len bytes as they are; NULL when they are not there. */
extern const char *w2k_get_bytes(W2kCursor *cur, uint32_t len);

/* Reads the fixed part and checks that key and value lengths fit. */
extern void w2k_get_record_fixed(W2kCursor *cur, W2kRecordFrame *rec);

/* One header: *value_len is -1 for a null value. */
extern const char *w2k_get_header(W2kCursor *cur, uint32_t *name_len,
								  const char **value, int32_t *value_len);

/*
 * Splitting a byte stream into frames.  w2k_frame_parse looks at the bytes in
 * [data, data + len): the whole frame is there (FRAME: type and payload are
 * set, *used is how much to consume), more bytes are needed (MORE: *used is
 * how many newlines to consume, *needed the frame's whole size once known,
 * else a header's), or this is no frame (MALFORMED).
 */
typedef enum W2kParse
{
	W2K_PARSE_FRAME,
	W2K_PARSE_MORE,
	W2K_PARSE_MALFORMED
} W2kParse;

extern W2kParse w2k_frame_parse(const char *data, size_t len,
								bool skip_newlines, uint8_t *type,
								W2kCursor *payload, size_t *used,
								size_t *needed);

#endif /* W2K_WIRE_FRAME_H */
