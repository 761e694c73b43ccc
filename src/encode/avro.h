/*
 * avro.h
 *		Writer: Avro's binary encoding, with schemas in a registry.
 */
#ifndef W2K_ENCODE_AVRO_H
#define W2K_ENCODE_AVRO_H

#include "encode/envelope.h"

/* A writer in the current memory context; options are copied. */
extern W2kWriter *w2k_avro_create_writer(const W2kWriterOptions *options);

#endif /* W2K_ENCODE_AVRO_H */
