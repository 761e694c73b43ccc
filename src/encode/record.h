/*
 * record.h
 *		Records put into the output: frames, or lines of text.
 *
 * A record is written in place, part by part: begin, the key, end_key, the
 * value, end_value, headers, end.  Between them the caller appends to the
 * same StringInfo; lengths are filled in afterwards.  What a session must say
 * first (HELLO, topics, the set of headers) is written where it is needed.
 */
#ifndef W2K_ENCODE_RECORD_H
#define W2K_ENCODE_RECORD_H

#include "access/xlogdefs.h"
#include "lib/stringinfo.h"

#include "encode/reference.h"

/* A topic as the stream knows it; lives with its relation, or its name. */
typedef struct W2kTopicRef
{
	uint32 *id; /* 0 = none yet; set here */
	bool *is_announced;
	Oid relid; /* InvalidOid = not of a table */
	const char *topic;
	const char *schema; /* in the server's encoding, like the table */
	const char *table;
} W2kTopicRef;

typedef struct W2kRecordWriter
{
	bool is_text;
	bool ascii_only;
	const char *connector;			/* name said in HELLO */
	StringInfoData context_headers; /* in their frame's form, or as text */
	uint16 context_header_count;
	W2kReferences *references; /* of the session's Writers; NULL = none */

	bool is_hello_sent;
	bool are_headers_sent;
	uint32 next_topic_id;
	uint32 count; /* records since the transaction began */

	/* The record being written */
	W2kRecordFrame rec;
	int frame_start; /* offsets in the output */
	int part_start;	 /* of the key or value */
} W2kRecordWriter;

/* A writer in the current memory context. */
extern W2kRecordWriter *w2k_record_create_writer(bool is_text, bool ascii_only,
												 const char *connector);

/* A change that is given up; nothing in text. */
extern void w2k_record_skip(W2kRecordWriter *writer, StringInfo out,
							XLogRecPtr lsn, Oid relid);

/* The connector has another configuration; nothing in text. */
extern void w2k_record_renewed(W2kRecordWriter *writer, StringInfo out,
							   uint32 xid);

/* A row of the signalling table (data may be NULL); nothing in text. */
extern void w2k_record_signal(W2kRecordWriter *writer, StringInfo out,
							  const char *id, const char *type,
							  const char *data);

/* The headers that every record of a table gets, behind its own. */
extern void w2k_record_add_context_header(W2kRecordWriter *writer,
										  const char *name, const char *value);

extern void w2k_record_begin_transaction(W2kRecordWriter *writer,
										 StringInfo out, uint32 xid,
										 XLogRecPtr commit_lsn,
										 int64 commit_time_us);
extern void w2k_record_end_transaction(W2kRecordWriter *writer, StringInfo out,
									   XLogRecPtr commit_lsn,
									   XLogRecPtr end_lsn,
									   int64 commit_time_us);

extern void w2k_record_begin(W2kRecordWriter *writer, StringInfo out,
							 const W2kTopicRef *topic, char op, XLogRecPtr lsn,
							 bool has_context_headers);
extern void w2k_record_end_key(W2kRecordWriter *writer, StringInfo out,
							   bool is_null);
extern void w2k_record_end_value(W2kRecordWriter *writer, StringInfo out,
								 bool is_null);

/* A header of the record's own, text; value NULL = null. */
extern void w2k_record_add_header(W2kRecordWriter *writer, StringInfo out,
								  const char *name, int name_len,
								  const char *value, int value_len);
extern void w2k_record_end(W2kRecordWriter *writer, StringInfo out);

#endif /* W2K_ENCODE_RECORD_H */
