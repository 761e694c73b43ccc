/*
 * format.c
 *		The table of formats.
 *
 * JsonConverter makes both kinds of JSON: schemas.enable says which.
 */
#include "postgres.h"

#include "format.h"

const W2kFormatInfo w2k_formats[W2K_FORMAT_COUNT] = {
	[W2K_FORMAT_JSON] =
		{
			.name = "json",
			.is_built = true,
			.is_text = true,
			.has_transforms = true,
		},
	[W2K_FORMAT_JSON_SCHEMAS] =
		{
			.name = "json-with-schemas",
			.converter = "org.apache.kafka.connect.json.JsonConverter",
			.is_built = true,
			.is_text = true,
			.has_transforms = true,
		},
	[W2K_FORMAT_PROTOBUF] =
		{
			.name = "protobuf",
			.is_built = true,
		},
	[W2K_FORMAT_JSON_REGISTRY] =
		{
			.name = "json-registry",
			.converter = "io.confluent.connect.json.JsonSchemaConverter",
			.is_built = true,
			.needs_registry = true,
			.has_transforms = true,
		},
	[W2K_FORMAT_AVRO] =
		{
			.name = "avro",
			.converter = "io.confluent.connect.avro.AvroConverter",
			.is_built = true,
			.needs_registry = true,
			.has_transforms = true,
		},
	[W2K_FORMAT_PROTOBUF_REGISTRY] =
		{
			.name = "protobuf-registry",
			.converter = "io.confluent.connect.protobuf.ProtobufConverter",
			.is_built = true,
			.needs_registry = true,
			.has_transforms = true,
		},
};
