/*
 * json_transaction.h
 *		What the JSON Writer says of transactions: the block "transaction" of
 *		events, and the records of the transaction topic; heartbeats and
 *		notifications.
 */
#ifndef W2K_ENCODE_JSON_TRANSACTION_H
#define W2K_ENCODE_JSON_TRANSACTION_H

#include "encode/buffer.h"
#include "encode/envelope.h"

/* Appends ,"transaction":{...} of an event at an LSN. */
extern void w2k_json_append_place_block(StringInfo out, const W2kPlace *place,
										XLogRecPtr lsn);

static inline void
w2k_json_append_place(StringInfo out, const W2kPlace *place, XLogRecPtr lsn)
{
	if (likely(place == NULL))
		W2K_BUFFER_APPEND_LITERAL(out, ",\"transaction\":null");
	else
		w2k_json_append_place_block(out, place, lsn);
}

/* The records of a begin or an end, without schemas. */
extern void w2k_json_append_boundary_key(StringInfo out,
										 const W2kBoundary *boundary);
extern void w2k_json_append_boundary(const W2kWriter *writer, StringInfo out,
									 const W2kBoundary *boundary);

/* Those of a heartbeat. */
extern void w2k_json_append_heartbeat_key(const W2kWriter *writer,
										  StringInfo out);
extern void w2k_json_append_heartbeat(StringInfo out, int64 time_ms);

/* Those of a notification. */
extern void w2k_json_append_notice_key(const W2kWriter *writer, StringInfo out,
									   const W2kNotice *notice);
extern void w2k_json_append_notice(const W2kWriter *writer, StringInfo out,
								   const W2kNotice *notice);

#endif /* W2K_ENCODE_JSON_TRANSACTION_H */
