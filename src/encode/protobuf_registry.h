/*
 * protobuf_registry.h
 *		Writer: Protobuf with a message type for each table, whose schema is in
 *		a registry; what Confluent's ProtobufConverter makes of Debezium's
 *		records.
 */
#ifndef W2K_ENCODE_PROTOBUF_REGISTRY_H
#define W2K_ENCODE_PROTOBUF_REGISTRY_H

#include "encode/envelope.h"

/* A writer in the current memory context; options are copied. */
extern W2kWriter *
w2k_protobuf_registry_create_writer(const W2kWriterOptions *options);

#endif /* W2K_ENCODE_PROTOBUF_REGISTRY_H */
