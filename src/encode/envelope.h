/*
 * envelope.h
 *		Debezium's change event, walked once for every format.
 *
 * decode/change makes a W2kEvent of a change, this walks its parts in their
 * fixed order, and a Writer turns each part into bytes of its format.
 */
#ifndef W2K_ENCODE_ENVELOPE_H
#define W2K_ENCODE_ENVELOPE_H

#include "lib/stringinfo.h"

#include "encode/event.h"
#include "encode/reference.h"
#include "encode/writer_options.h"

struct W2kNode;

typedef struct W2kWriter W2kWriter;

struct W2kWriter
{
	W2kWriterOptions options;
	W2kSide slot;			   /* its place in W2kRelation.plans */
	W2kReferences *references; /* the session's; NULL = without a registry */
	const W2kColumn *column;   /* being written, for error contexts */

	/* Compiles wrel->plans[slot], in wrel->context. */
	void (*prepare)(W2kWriter *writer, W2kRelation *wrel);

	/* A transaction begins: renders what its events share. */
	void (*begin_source)(W2kWriter *writer, const W2kSource *source);

	void (*key)(W2kWriter *writer, StringInfo out, const W2kRelation *wrel,
				const W2kRow *row);

	/* The parts of a value, in the order in which they are called. */
	void (*before)(W2kWriter *writer, StringInfo out, const W2kEvent *event);
	void (*after)(W2kWriter *writer, StringInfo out, const W2kEvent *event);
	void (*source)(W2kWriter *writer, StringInfo out, const W2kEvent *event);
	void (*end)(W2kWriter *writer, StringInfo out, const W2kEvent *event);

	/* Messages have no row, and a layout of their own. */
	void (*message_key)(W2kWriter *writer, StringInfo out,
						const W2kMessage *message);
	void (*message)(W2kWriter *writer, StringInfo out,
					const W2kMessage *message);

	/* Records of the transaction topic. */
	void (*boundary_key)(W2kWriter *writer, StringInfo out,
						 const W2kBoundary *boundary);
	void (*boundary)(W2kWriter *writer, StringInfo out,
					 const W2kBoundary *boundary);

	/* Heartbeats; time_ms is since 1970. */
	void (*heartbeat_key)(W2kWriter *writer, StringInfo out);
	void (*heartbeat)(W2kWriter *writer, StringInfo out, int64 time_ms);

	void (*notice_key)(W2kWriter *writer, StringInfo out,
					   const W2kNotice *notice);
	void (*notice)(W2kWriter *writer, StringInfo out, const W2kNotice *notice);

	/*
	 * Connect data, as transforms make it; both NULL in JSON, which
	 * transform/render writes.
	 *
	 * compile makes what can be made once of a schema, in the current memory
	 * context; node writes one side of a record by it.
	 */
	void *(*compile)(W2kWriter *writer, W2kSide side, const W2kSchema *schema);
	void (*node)(W2kWriter *writer, W2kSide side, StringInfo out,
				 const char *topic, const W2kSchema *schema, void *compiled,
				 struct W2kNode *node);
};

/* The relation must have been prepared, the transaction's source begun. */
extern void w2k_envelope_write_value(W2kWriter *writer, StringInfo out,
									 const W2kEvent *event);

/*
 * What stands in a column that is null in an image: W2K_VALUE_NULL, or, in a
 * partial image, what Debezium puts into a NOT NULL column.
 */
extern void w2k_envelope_read_missing(const W2kWriterOptions *options,
									  const W2kColumn *column, bool is_partial,
									  W2kValue *value);

/* A column's default, as its schema has it; false where it has no form. */
extern bool w2k_envelope_read_default(const W2kColumn *column, W2kValue *value);

/*
 * Reads a column of an image, whatever stands there; never leaves
 * W2K_VALUE_FAILED.
 */
extern void w2k_envelope_read_column(W2kWriter *writer, W2kColumn *column,
									 const W2kRow *row, W2kValue *value);

/* Obeys on_unconvertible for a W2K_VALUE_FAILED, and makes it null. */
extern void w2k_envelope_resolve_failed(W2kWriter *writer, W2kColumn *column,
										W2kValue *value);

/* Is this an unchanged TOAST value, which is not in the WAL? */
extern bool w2k_envelope_is_unavailable(const W2kColumn *column, Datum datum);

#endif /* W2K_ENCODE_ENVELOPE_H */
