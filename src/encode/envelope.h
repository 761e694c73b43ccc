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
#include "encode/standin.h"

/* What becomes of a value that has no form: an error, or null. */
typedef enum W2kOnUnconvertible
{
	W2K_UNCONVERTIBLE_FAIL,
	W2K_UNCONVERTIBLE_WARN, /* once for a column */
	W2K_UNCONVERTIBLE_SKIP
} W2kOnUnconvertible;

/* What keys and values may be asked for apart. */
typedef struct W2kSideOptions
{
	bool has_schemas;
	bool has_numeric_decimals; /* Connect's Decimal is a JSON number */
	bool replaces_nulls;	   /* by the column's default, if it has one */
} W2kSideOptions;

typedef struct W2kWriterOptions
{
	W2kSideOptions key, value;
	bool has_null_snapshot;	  /* source.snapshot is not its default */
	bool has_header_defaults; /* nulls of keys in headers are defaults */
	const char *version;
	const char *prefix; /* topic.prefix */
	W2kPlaceholder placeholder;
	W2kLogical binary;	  /* form of bytes that are no column */
	bool missing_as_null; /* in key-only images, instead of fallbacks */
	bool ascii_only;	  /* text for a server that is not UTF-8 */
	W2kOnUnconvertible on_unconvertible;
} W2kWriterOptions;

typedef struct W2kWriter W2kWriter;

struct W2kWriter
{
	W2kWriterOptions options;
	const W2kColumn *column; /* being written, for error contexts */

	/* Compiles wrel->plan, in wrel->context. */
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
