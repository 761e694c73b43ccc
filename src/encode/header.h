/*
 * header.h
 *		Values of record headers, as Kafka Connect's SimpleHeaderConverter
 *		prints them.
 */
#ifndef W2K_ENCODE_HEADER_H
#define W2K_ENCODE_HEADER_H

#include "encode/envelope.h"

/* Appends a row's key: a struct in text, whatever the record's format. */
extern void w2k_header_append_key(W2kWriter *writer, StringInfo out,
								  const W2kRelation *wrel, const W2kRow *row);

/* Appends one value as it stands in a struct or an array (see json.h). */
extern void w2k_header_append_value(W2kWriter *writer, StringInfo out,
									W2kValue *value, W2kColumn *column);

/* Appends text with quotes, as within a struct or an array. */
extern void w2k_header_append_quoted(StringInfo out, const char *text, int len);

#endif /* W2K_ENCODE_HEADER_H */
