/*
 * snapshot_rows.c
 *		The rows of a chunk: which of them are sent.
 */
#include "postgres.h"

#include "decode/window.h"
#include "wire/frame.h"
#include "worker/snapshot_message.h"
#include "worker/snapshot_rows.h"

/* A row of a chunk. */
typedef struct Row
{
	const char *identity;
	Size identity_len;
	const char *frames;
	Size frames_len;
} Row;

/* The row at *at, which moves on; false at the end. */
static bool
next_row(const StringInfoData *chunk, int *at, Row *row)
{
	W2kRowHead head;

	if (*at >= chunk->len)
		return false;
	memcpy(&head, chunk->data + *at, sizeof(head));
	row->identity = chunk->data + *at + sizeof(head);
	row->identity_len = head.identity_len;
	row->frames = row->identity + head.identity_len;
	row->frames_len = head.frames_len;
	*at += (int) (sizeof(head) + head.identity_len + head.frames_len);
	return true;
}

bool
w2k_rows_are_clear(const StringInfoData *chunk, int from)
{
	int at = from;
	Row row;

	if (!w2k_window_is_shared())
		return true;
	while (next_row(chunk, &at, &row))
		if (w2k_window_evicts(row.identity, row.identity_len))
			return false;
	return true;
}

/* What the frames of a row define for others: all but its records. */
static void
append_definitions(StringInfo out, const char *frames, Size len)
{
	while (len > 0)
	{
		uint8 type;
		W2kCursor payload;
		size_t used;
		size_t needed;

		if (w2k_frame_parse(frames, len, false, &type, &payload, &used,
							&needed) != W2K_PARSE_FRAME)
			elog(ERROR, "malformed frame from a reader");
		if (type != W2K_FRAME_RECORD)
			appendBinaryStringInfo(out, frames, (int) used);
		frames += used;
		len -= used;
	}
}

int64
w2k_rows_append(StringInfo out, const StringInfoData *chunk, int *at,
				StringInfo definitions, int max_bytes, Oid relid, bool is_all)
{
	int64 count = 0;
	int start = out->len;
	Row row;

	/* the stream's HELLO may have been in between, and ends what they say */
	appendBinaryStringInfo(out, definitions->data, definitions->len);
	while ((max_bytes == 0 || out->len - start < max_bytes) &&
		   next_row(chunk, at, &row))
	{
		int known = definitions->len;

		append_definitions(definitions, row.frames, row.frames_len);
		if (w2k_window_evicts(row.identity, row.identity_len) ||
			(!is_all &&
			 !w2k_window_is_incomplete(relid, row.identity, row.identity_len)))
		{
			appendBinaryStringInfo(out, definitions->data + known,
								   definitions->len - known);
			continue;
		}
		w2k_window_set_complete(relid, row.identity, row.identity_len);
		appendBinaryStringInfo(out, row.frames, (int) row.frames_len);
		count++;
	}
	return count;
}
