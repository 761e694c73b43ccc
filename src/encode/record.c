/*
 * record.c
 *		Records put into the output: frames (wire/frame.h), or lines of text
 *		for a person at psql.
 *
 * A line is one JSON object:
 *		{"topic":..,"key":..,"value":..,"headers":{..},"lsn":"0/..","op":".."}
 *
 * with "partition" and "timestamp" behind the headers where transforms have
 * set them.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "encode/buffer.h"
#include "encode/json.h"
#include "encode/record.h"

/* The one set of headers of a session. */
#define CONTEXT_HEADER_SET 1

W2kRecordWriter *
w2k_record_create_writer(bool is_text, bool ascii_only, const char *connector)
{
	W2kRecordWriter *writer = palloc0(sizeof(W2kRecordWriter));

	writer->is_text = is_text;
	writer->ascii_only = ascii_only;
	writer->connector = pstrdup(connector);
	writer->next_topic_id = 1;
	initStringInfo(&writer->context_headers);
	return writer;
}

/* ---- pieces of frames ---- */

static void
append_u16(StringInfo out, uint16 n)
{
	w2k_buffer_close(out, w2k_put_u16(w2k_buffer_reserve(out, 2), n));
}

static void
append_u32(StringInfo out, uint32 n)
{
	w2k_buffer_close(out, w2k_put_u32(w2k_buffer_reserve(out, 4), n));
}

static void
append_u64(StringInfo out, uint64 n)
{
	w2k_buffer_close(out, w2k_put_u64(w2k_buffer_reserve(out, 8), n));
}

static void
append_string(StringInfo out, const char *text)
{
	const char *utf8 = pg_server_to_any(text, (int) strlen(text), PG_UTF8);
	uint32 len = (uint32) strlen(utf8);
	char *p = w2k_buffer_reserve(out, 4 + (Size) len);

	w2k_buffer_close(out, w2k_put_string(p, utf8, len));
}

/* The same as a JSON string. */
static void
append_json_string(const W2kRecordWriter *writer, StringInfo out,
				   const char *text)
{
	const char *utf8 = pg_server_to_any(text, (int) strlen(text), PG_UTF8);

	w2k_json_append_string(out, utf8, (int) strlen(utf8), writer->ascii_only);
}

/* Room for a header; where the frame begins. */
static int
begin_frame(StringInfo out)
{
	int start = out->len;

	w2k_buffer_close(out, w2k_buffer_reserve(out, W2K_FRAME_HEADER_SIZE) +
							  W2K_FRAME_HEADER_SIZE);
	return start;
}

static void
end_frame(StringInfo out, int start, uint8 type)
{
	uint32 len = (uint32) (out->len - start - W2K_FRAME_HEADER_SIZE);

	if (len > W2K_FRAME_MAX_PAYLOAD)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("record is larger than 1 GB")));
	w2k_put_frame_header(out->data + start, type, len);
}

static void
append_hello(W2kRecordWriter *writer, StringInfo out)
{
	int start = begin_frame(out);

	append_u16(out, W2K_FRAME_VERSION);
	append_u16(out, 0);
	append_string(out, "wal2kafka");
	append_string(out, writer->connector);
	end_frame(out, start, W2K_FRAME_HELLO);
	writer->is_hello_sent = true;
}

static void
append_headers(W2kRecordWriter *writer, StringInfo out)
{
	int start = begin_frame(out);

	append_u32(out, CONTEXT_HEADER_SET);
	append_u16(out, writer->context_header_count);
	w2k_buffer_append(out, writer->context_headers.data,
					  writer->context_headers.len);
	end_frame(out, start, W2K_FRAME_HEADERS);
	writer->are_headers_sent = true;
}

static void
append_topic(W2kRecordWriter *writer, StringInfo out, const W2kTopicRef *topic)
{
	int start = begin_frame(out);

	if (*topic->id == 0)
		*topic->id = writer->next_topic_id++;
	append_u32(out, *topic->id);
	append_u32(out, topic->relid);
	append_string(out, topic->topic);
	append_string(out, topic->schema);
	append_string(out, topic->table);
	end_frame(out, start, W2K_FRAME_TOPIC);
	*topic->is_announced = true;
}

/* ---- the session and its transactions ---- */

void
w2k_record_add_context_header(W2kRecordWriter *writer, const char *name,
							  const char *value)
{
	StringInfo headers = &writer->context_headers;

	writer->context_header_count++;
	if (!writer->is_text)
	{
		append_string(headers, name);
		append_string(headers, value);
		return;
	}
	if (writer->context_header_count > 1)
		appendStringInfoChar(headers, ',');
	append_json_string(writer, headers, name);
	appendStringInfoChar(headers, ':');
	append_json_string(writer, headers, value);
}

void
w2k_record_skip(W2kRecordWriter *writer, StringInfo out, XLogRecPtr lsn,
				Oid relid)
{
	int start;

	if (writer->is_text)
		return;
	if (!writer->is_hello_sent)
		append_hello(writer, out);
	start = begin_frame(out);
	append_u64(out, lsn);
	append_u32(out, relid);
	end_frame(out, start, W2K_FRAME_SKIPPED);
}

void
w2k_record_renewed(W2kRecordWriter *writer, StringInfo out, uint32 xid)
{
	int start;

	if (writer->is_text)
		return;
	start = begin_frame(out);
	append_u32(out, xid);
	end_frame(out, start, W2K_FRAME_RENEWED);
}

/* A string as it is. */
static void
append_plain_string(StringInfo out, const char *text)
{
	uint32 len = (uint32) strlen(text);
	char *p = w2k_buffer_reserve(out, 4 + (Size) len);

	w2k_buffer_close(out, w2k_put_string(p, text, len));
}

void
w2k_record_signal(W2kRecordWriter *writer, StringInfo out, const char *id,
				  const char *type, const char *data)
{
	int start;

	if (writer->is_text)
		return;
	start = begin_frame(out);
	append_plain_string(out, id);
	append_plain_string(out, type);
	append_plain_string(out, data != NULL ? data : "");
	end_frame(out, start, W2K_FRAME_SIGNAL);
}

void
w2k_record_begin_transaction(W2kRecordWriter *writer, StringInfo out,
							 uint32 xid, XLogRecPtr commit_lsn,
							 int64 commit_time_us)
{
	int start;

	writer->count = 0;
	if (writer->is_text)
		return;
	if (!writer->is_hello_sent)
		append_hello(writer, out);
	start = begin_frame(out);
	append_u32(out, xid);
	append_u64(out, commit_lsn);
	append_u64(out, (uint64) commit_time_us);
	end_frame(out, start, W2K_FRAME_BEGIN);
}

void
w2k_record_end_transaction(W2kRecordWriter *writer, StringInfo out,
						   XLogRecPtr commit_lsn, XLogRecPtr end_lsn,
						   int64 commit_time_us)
{
	int start;

	if (writer->is_text)
		return;
	start = begin_frame(out);
	append_u64(out, commit_lsn);
	append_u64(out, end_lsn);
	append_u64(out, (uint64) commit_time_us);
	append_u32(out, writer->count);
	end_frame(out, start, W2K_FRAME_COMMIT);
}

/* ---- a record ---- */

void
w2k_record_begin(W2kRecordWriter *writer, StringInfo out,
				 const W2kTopicRef *topic, char op, XLogRecPtr lsn,
				 bool has_context_headers)
{
	W2kRecordFrame *rec = &writer->rec;

	has_context_headers = has_context_headers &&
						  writer->context_header_count > 0;

	memset(rec, 0, sizeof(*rec));
	rec->lsn = lsn;
	rec->partition = -1;
	rec->op = (uint8) op;
	rec->header_set_id = has_context_headers ? CONTEXT_HEADER_SET : 0;

	if (writer->is_text)
	{
		W2K_BUFFER_APPEND_LITERAL(out, "{\"topic\":");
		append_json_string(writer, out, topic->topic);
		W2K_BUFFER_APPEND_LITERAL(out, ",\"key\":");
		writer->part_start = out->len;
		return;
	}

	if (!*topic->is_announced)
		append_topic(writer, out, topic);
	if (has_context_headers && !writer->are_headers_sent)
		append_headers(writer, out);
	rec->topic_id = *topic->id;
	writer->frame_start = begin_frame(out);
	w2k_buffer_close(out, w2k_buffer_reserve(out, W2K_RECORD_FIXED_SIZE) +
							  W2K_RECORD_FIXED_SIZE);
	writer->part_start = out->len;
	if (writer->references != NULL)
		w2k_reference_begin_record(writer->references, topic->topic);
}

/*
 * Says that a side begins with a reference.  What that stands for is only
 * known now, and said in front of the record where it is new.
 */
static void
settle_reference(W2kRecordWriter *writer, StringInfo out, W2kSide side)
{
	const W2kReference *reference = w2k_reference_used(writer->references,
													   side);
	StringInfoData frame;
	char *start;

	if (reference == NULL)
		return;
	writer->rec.flags |= side == W2K_SIDE_KEY ? W2K_RECORD_KEY_REFERENCE
											  : W2K_RECORD_VALUE_REFERENCE;
	if (likely(w2k_reference_is_announced(writer->references, reference)))
		return;
	initStringInfo(&frame);
	w2k_reference_announce(writer->references, &frame, reference);
	(void) w2k_buffer_reserve(out, frame.len);
	start = out->data + writer->frame_start;
	memmove(start + frame.len, start, out->len - writer->frame_start);
	memcpy(start, frame.data, frame.len);
	out->len += frame.len;
	writer->frame_start += frame.len;
	writer->part_start += frame.len;
	pfree(frame.data);
}

/* Ends the key or value; returns its length, or -1. */
static int32
end_part(W2kRecordWriter *writer, StringInfo out, W2kSide side, bool is_null)
{
	int32 len = is_null ? -1 : out->len - writer->part_start;

	Assert(!is_null || out->len == writer->part_start);
	if (writer->is_text && is_null)
		W2K_BUFFER_APPEND_LITERAL(out, "null");
	if (writer->references != NULL && !is_null)
		settle_reference(writer, out, side);
	return len;
}

void
w2k_record_end_key(W2kRecordWriter *writer, StringInfo out, bool is_null)
{
	writer->rec.key_len = end_part(writer, out, W2K_SIDE_KEY, is_null);
	if (writer->is_text)
		W2K_BUFFER_APPEND_LITERAL(out, ",\"value\":");
	writer->part_start = out->len;
}

void
w2k_record_end_value(W2kRecordWriter *writer, StringInfo out, bool is_null)
{
	writer->rec.value_len = end_part(writer, out, W2K_SIDE_VALUE, is_null);
	if (writer->is_text)
		W2K_BUFFER_APPEND_LITERAL(out, ",\"headers\":{");
}

void
w2k_record_add_header(W2kRecordWriter *writer, StringInfo out,
					  const char *name, int name_len, const char *value,
					  int value_len)
{
	char *p;

	if (writer->is_text)
	{
		if (writer->rec.header_count++ > 0)
			w2k_buffer_append_char(out, ',');
		w2k_json_append_string(out, name, name_len, writer->ascii_only);
		w2k_buffer_append_char(out, ':');
		if (value == NULL)
			W2K_BUFFER_APPEND_LITERAL(out, "null");
		else
			w2k_json_append_string(out, value, value_len, writer->ascii_only);
		return;
	}

	/* a frame counts them in 16 bits */
	if (writer->rec.header_count == PG_UINT16_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a record cannot have more than %d headers",
							   PG_UINT16_MAX)));
	writer->rec.header_count++;
	p = w2k_buffer_reserve(out, (Size) name_len + Max(value_len, 0) + 8);
	p = w2k_put_string(p, name, (uint32) name_len);
	if (value == NULL)
		p = w2k_put_u32(p, (uint32) -1);
	else
		p = w2k_put_string(p, value, (uint32) value_len);
	w2k_buffer_close(out, p);
}

void
w2k_record_end(W2kRecordWriter *writer, StringInfo out)
{
	W2kRecordFrame *rec = &writer->rec;

	writer->count++;
	if (!writer->is_text)
	{
		w2k_put_record_fixed(out->data + writer->frame_start +
								 W2K_FRAME_HEADER_SIZE,
							 rec);
		end_frame(out, writer->frame_start, W2K_FRAME_RECORD);
		return;
	}

	if (rec->header_set_id != 0)
	{
		if (rec->header_count > 0)
			w2k_buffer_append_char(out, ',');
		w2k_buffer_append(out, writer->context_headers.data,
						  writer->context_headers.len);
	}
	W2K_BUFFER_APPEND_LITERAL(out, "}");
	if (rec->partition >= 0)
		appendStringInfo(out, ",\"partition\":%d", rec->partition);
	if (rec->timestamp_ms != 0)
		appendStringInfo(out, ",\"timestamp\":" INT64_FORMAT,
						 rec->timestamp_ms);
	appendStringInfo(out, ",\"lsn\":\"%X/%X\",\"op\":\"%c\"}",
					 LSN_FORMAT_ARGS((XLogRecPtr) rec->lsn), rec->op);
}
