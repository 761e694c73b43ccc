/*
 * avroschema.h
 *		Connect's schemas -> Avro's, as Confluent's AvroConverter derives them.
 */
#ifndef W2K_ENCODE_AVROSCHEMA_H
#define W2K_ENCODE_AVROSCHEMA_H

#include "encode/envelope.h"

/* What is written by a schema: the same tree, and what Avro adds to it. */
typedef struct W2kAvroType W2kAvroType;

struct W2kAvroType
{
	const W2kSchema *schema;
	bool is_optional; /* a union with null */
	char branch;	  /* of a value in it, as it is written */
	char null_branch;
	bool is_pairs; /* a map as an array of records: its keys are no text */
	int nchildren;
	W2kAvroType **children;
};

/*
 * Appends the schema's text, UTF-8, and makes its type, in the current memory
 * context; the schema must live as long.  Names that Avro does not allow are
 * an error, unless the side's options say otherwise.
 */
extern W2kAvroType *w2k_avroschema_make(W2kWriter *writer, W2kSide side,
										StringInfo text,
										const W2kSchema *schema);

/* The full name of a record's schema in Avro, palloc'd; NULL = no record. */
extern const char *w2k_avroschema_record_name(const W2kWriter *writer,
											  W2kSide side,
											  const W2kSchema *schema);

/* The default of a schema, other than null; false where it has none. */
extern bool w2k_avroschema_read_default(const W2kSchema *schema,
										W2kValue *value);

#endif /* W2K_ENCODE_AVROSCHEMA_H */
