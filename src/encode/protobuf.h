/*
 * protobuf.h
 *		Writer: Protobuf as proto/envelope.proto has it, for every table.
 */
#ifndef W2K_ENCODE_PROTOBUF_H
#define W2K_ENCODE_PROTOBUF_H

#include "encode/envelope.h"

/* A writer in the current memory context; options are copied. */
extern W2kWriter *w2k_protobuf_create_writer(const W2kWriterOptions *options);

#endif /* W2K_ENCODE_PROTOBUF_H */
