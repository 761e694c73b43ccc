/*
 * format.c
 *		The table of formats.
 *
 * JsonConverter makes both kinds of JSON: schemas.enable says which.
 */
#include "postgres.h"

#include "format.h"

/*
 * Readers refuse messages in more than 100 others, and a structure in a
 * structure is two.
 */
#define PROTOBUF_DEPTH 40

const W2kFormatInfo w2k_formats[W2K_FORMAT_COUNT] = {
	[W2K_FORMAT_JSON] =
		{
			.name = "json",
			.is_built = true,
			.is_text = true,
		},
	[W2K_FORMAT_JSON_SCHEMAS] =
		{
			.name = "json-with-schemas",
			.converter = "org.apache.kafka.connect.json.JsonConverter",
			.is_built = true,
			.is_text = true,
		},
	[W2K_FORMAT_PROTOBUF] =
		{
			.name = "protobuf",
			.is_built = true,
			.max_depth = PROTOBUF_DEPTH,
		},
	[W2K_FORMAT_JSON_REGISTRY] =
		{
			.name = "json-registry",
			.converter = "io.confluent.connect.json.JsonSchemaConverter",
			.is_built = true,
			.needs_registry = true,
		},
	[W2K_FORMAT_AVRO] =
		{
			.name = "avro",
			.converter = "io.confluent.connect.avro.AvroConverter",
			.is_built = true,
			.needs_registry = true,
		},
	[W2K_FORMAT_PROTOBUF_REGISTRY] =
		{
			.name = "protobuf-registry",
			.converter = "io.confluent.connect.protobuf.ProtobufConverter",
			.is_built = true,
			.needs_registry = true,
		},
};
