/*
 * own_frames.c
 *		Frames to the sender that the worker itself makes.
 */
#include "postgres.h"

#include "config/connector.h"
#include "wire/frame.h"
#include "worker/own_frames.h"

static void
add_frame(StringInfo out, uint8 type, const StringInfoData *payload)
{
	char header[W2K_FRAME_HEADER_SIZE];

	w2k_put_frame_header(header, type, (uint32) payload->len);
	appendBinaryStringInfo(out, header, sizeof(header));
	appendBinaryStringInfo(out, payload->data, payload->len);
}

static void
add_u32(StringInfo buf, uint32 value)
{
	char bytes[4];

	w2k_put_u32(bytes, value);
	appendBinaryStringInfo(buf, bytes, sizeof(bytes));
}

static void
add_string(StringInfo buf, const char *s)
{
	add_u32(buf, (uint32) strlen(s));
	appendBinaryStringInfo(buf, s, (int) strlen(s));
}

void
w2k_own_frames_hello(StringInfo out, const char *connector)
{
	StringInfoData payload;

	initStringInfo(&payload);
	add_u32(&payload, W2K_FRAME_VERSION); /* uint16 and uint16 zero */
	add_string(&payload, W2K_NAME " " W2K_VERSION);
	add_string(&payload, connector);
	add_frame(out, W2K_FRAME_HELLO, &payload);
	pfree(payload.data);
}

void
w2k_own_frames_config(StringInfo out, List *settings)
{
	StringInfoData payload;
	ListCell *lc;

	initStringInfo(&payload);
	add_u32(&payload, (uint32) list_length(settings));
	foreach(lc, settings)
	{
		W2kSenderSetting *setting = lfirst(lc);

		add_string(&payload, setting->name);
		add_string(&payload, setting->value);
	}
	add_frame(out, W2K_FRAME_CONFIG, &payload);
	/* It may hold passwords. */
	explicit_bzero(payload.data, payload.len);
	pfree(payload.data);
}

void
w2k_own_frames_signalled(StringInfo out, uint64 offset)
{
	char frame[W2K_FRAME_HEADER_SIZE + 8];

	w2k_put_u64(w2k_put_frame_header(frame, W2K_FRAME_SIGNALLED, 8), offset);
	appendBinaryStringInfo(out, frame, sizeof(frame));
}

void
w2k_own_frames_known(StringInfo out, bool is_key, W2kSchemaType type,
					 const char *subject, const char *fingerprint, uint32 id)
{
	StringInfoData payload;
	char head[4];

	initStringInfo(&payload);
	w2k_put_u16(w2k_put_u8(w2k_put_u8(head, is_key ? 1 : 0), (uint8) type), 0);
	appendBinaryStringInfo(&payload, head, sizeof(head));
	add_string(&payload, subject);
	add_string(&payload, fingerprint);
	add_u32(&payload, id);
	add_frame(out, W2K_FRAME_KNOWN, &payload);
	pfree(payload.data);
}
