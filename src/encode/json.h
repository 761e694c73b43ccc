/*
 * json.h
 *		Writer: JSON without schemas, byte for byte as Kafka Connect's
 *		JsonConverter (that is, Jackson) writes it.
 */
#ifndef W2K_ENCODE_JSON_H
#define W2K_ENCODE_JSON_H

#include "encode/envelope.h"

/* A writer in the current memory context; options are copied. */
extern W2kWriter *w2k_json_create_writer(const W2kWriterOptions *options);

/*
 * Appends a string with its quotes.  The text is UTF-8; with ascii_only all
 * else is escaped.
 */
extern void w2k_json_append_string(StringInfo out, const char *text, int len,
								   bool ascii_only);

/* Appends JSON text, which is UTF-8, as it is. */
extern void w2k_json_append_document(StringInfo out, const char *text, int len,
									 bool ascii_only);

#endif /* W2K_ENCODE_JSON_H */
