/*
 * json_transaction.c
 *		What the JSON Writer says of transactions; heartbeats and
 *		notifications.
 *
 * An id is the transaction's number and the LSN of the very record that it
 * stands in, so it differs from one record of a transaction to the next.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "encode/json.h"
#include "encode/json_transaction.h"

static void
append_id(StringInfo out, uint32 xid, XLogRecPtr lsn)
{
	appendStringInfo(out, "\"id\":\"%u:" INT64_FORMAT "\"", xid, (int64) lsn);
}

void
w2k_json_append_place_block(StringInfo out, const W2kPlace *place,
							XLogRecPtr lsn)
{
	W2K_BUFFER_APPEND_LITERAL(out, ",\"transaction\":{");
	append_id(out, place->xid, lsn);
	appendStringInfo(out,
					 ",\"total_order\":" INT64_FORMAT
					 ",\"data_collection_order\":" INT64_FORMAT "}",
					 place->total_order, place->collection_order);
}

void
w2k_json_append_boundary_key(StringInfo out, const W2kBoundary *boundary)
{
	w2k_buffer_append_char(out, '{');
	append_id(out, boundary->xid, boundary->lsn);
	w2k_buffer_append_char(out, '}');
}

/* The tables of a transaction and their counts. */
static void
append_collections(const W2kWriter *writer, StringInfo out,
				   const W2kBoundary *boundary)
{
	w2k_buffer_append_char(out, '[');
	for (int i = 0; i < boundary->ncollections; i++)
	{
		const W2kCollectionCount *collection = &boundary->collections[i];
		const char *name = pg_server_to_any(collection->name,
											(int) strlen(collection->name),
											PG_UTF8);

		if (i > 0)
			w2k_buffer_append_char(out, ',');
		W2K_BUFFER_APPEND_LITERAL(out, "{\"data_collection\":");
		w2k_json_append_string(out, name, (int) strlen(name),
							   writer->options.ascii_only);
		appendStringInfo(out, ",\"event_count\":" INT64_FORMAT "}",
						 collection->events);
	}
	w2k_buffer_append_char(out, ']');
}

void
w2k_json_append_boundary(const W2kWriter *writer, StringInfo out,
						 const W2kBoundary *boundary)
{
	appendStringInfo(out, "{\"status\":\"%s\",",
					 boundary->is_end ? "END" : "BEGIN");
	append_id(out, boundary->xid, boundary->lsn);
	if (!boundary->is_end)
		W2K_BUFFER_APPEND_LITERAL(out,
								  ",\"event_count\":null,\"data_collections\":null");
	else
	{
		appendStringInfo(out,
						 ",\"event_count\":" INT64_FORMAT
						 ",\"data_collections\":",
						 boundary->events);
		append_collections(writer, out, boundary);
	}
	appendStringInfo(out, ",\"ts_ms\":" INT64_FORMAT "}",
					 boundary->commit_time_ms);
}

void
w2k_json_append_heartbeat_key(const W2kWriter *writer, StringInfo out)
{
	W2K_BUFFER_APPEND_LITERAL(out, "{\"serverName\":");
	w2k_json_append_name(out, writer->options.prefix,
						 writer->options.ascii_only);
	w2k_buffer_append_char(out, '}');
}

void
w2k_json_append_heartbeat(StringInfo out, int64 time_ms)
{
	appendStringInfo(out, "{\"ts_ms\":" INT64_FORMAT "}", time_ms);
}

void
w2k_json_append_notice_key(const W2kWriter *writer, StringInfo out,
						   const W2kNotice *notice)
{
	W2K_BUFFER_APPEND_LITERAL(out, "{\"id\":");
	w2k_json_append_name(out, notice->id, writer->options.ascii_only);
	w2k_buffer_append_char(out, '}');
}

void
w2k_json_append_notice(const W2kWriter *writer, StringInfo out,
					   const W2kNotice *notice)
{
	bool ascii_only = writer->options.ascii_only;

	W2K_BUFFER_APPEND_LITERAL(out, "{\"id\":");
	w2k_json_append_name(out, notice->id, ascii_only);
	W2K_BUFFER_APPEND_LITERAL(out, ",\"type\":");
	w2k_json_append_name(out, notice->type, ascii_only);
	W2K_BUFFER_APPEND_LITERAL(out, ",\"aggregate_type\":");
	w2k_json_append_name(out, notice->aggregate_type, ascii_only);
	W2K_BUFFER_APPEND_LITERAL(out, ",\"additional_data\":{");
	for (int i = 0; i < notice->npairs; i++)
	{
		if (i > 0)
			w2k_buffer_append_char(out, ',');
		w2k_json_append_name(out, notice->names[i], ascii_only);
		w2k_buffer_append_char(out, ':');
		w2k_json_append_name(out, notice->values[i], ascii_only);
	}
	appendStringInfo(out, "},\"timestamp\":" INT64_FORMAT "}", notice->time_ms);
}
