/*
 * json.h
 *		Writer: JSON with or without schemas, byte for byte as Kafka Connect's
 *		JsonConverter (that is, Jackson) writes it.
 */
#ifndef W2K_ENCODE_JSON_H
#define W2K_ENCODE_JSON_H

#include "encode/envelope.h"

/* A writer in the current memory context; options are copied. */
extern W2kWriter *w2k_json_create_writer(const W2kWriterOptions *options);

/*
 * Appends a value of a column as one side, keys or values, has it; the writer
 * is one of these.
 */
extern void w2k_json_append_value(W2kWriter *writer,
								  const W2kSideOptions *side, StringInfo out,
								  W2kValue *value, W2kColumn *column);

/* Makes an array FAILED that is not as deep as its schema says. */
extern void w2k_json_check_dimensions(const W2kSideOptions *side,
									  W2kValue *value, int ndims);

/*
 * Appends a string with its quotes.  The text is UTF-8; with ascii_only all
 * else is escaped.
 */
extern void w2k_json_append_string(StringInfo out, const char *text, int len,
								   bool ascii_only);

/* The same for a name in the server's encoding. */
extern void w2k_json_append_name(StringInfo out, const char *name,
								 bool ascii_only);

/* Appends JSON text, which is UTF-8, as it is. */
extern void w2k_json_append_document(StringInfo out, const char *text, int len,
									 bool ascii_only);

#endif /* W2K_ENCODE_JSON_H */
