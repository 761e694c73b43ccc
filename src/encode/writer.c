/*
 * writer.c
 *		The Writers of a session: one for keys and one for values.
 */
#include "postgres.h"

#include "encode/avro.h"
#include "encode/json.h"
#include "encode/protobuf.h"
#include "encode/protobuf_registry.h"
#include "encode/writer.h"

typedef W2kWriter *(*CreateWriter)(const W2kWriterOptions *options);

/* Who makes the Writer of a format; the rest of it is in format.c. */
static const CreateWriter creators[W2K_FORMAT_COUNT] = {
	[W2K_FORMAT_JSON] = w2k_json_create_writer,
	[W2K_FORMAT_JSON_SCHEMAS] = w2k_json_create_writer,
	[W2K_FORMAT_PROTOBUF] = w2k_protobuf_create_writer,
	[W2K_FORMAT_JSON_REGISTRY] = w2k_json_create_writer,
	[W2K_FORMAT_AVRO] = w2k_avro_create_writer,
	[W2K_FORMAT_PROTOBUF_REGISTRY] = w2k_protobuf_registry_create_writer,
};

/* The creator of a format; the configuration lets through none without. */
static CreateWriter
get_creator(W2kFormat format)
{
	if (creators[format] == NULL)
		elog(ERROR, "format \"%s\" has no writer", w2k_formats[format].name);
	return creators[format];
}

static bool
needs_registry(const W2kSideOptions *side)
{
	return w2k_formats[side->format].needs_registry;
}

void
w2k_writers_create(W2kWriters *writers, const W2kWriterOptions *said)
{
	W2kWriterOptions copy = *said;
	const W2kWriterOptions *options = &copy;
	CreateWriter create_key = get_creator(options->key.format);
	CreateWriter create_value = get_creator(options->value.format);
	W2kReferences *references = NULL;

	copy.key.is_typed = copy.key.has_schemas || needs_registry(&copy.key);
	copy.value.is_typed = copy.value.has_schemas ||
						  needs_registry(&copy.value);
	if (needs_registry(&copy.key) || needs_registry(&copy.value))
	{
		const W2kSubjectStrategy strategies[W2K_SIDES] = {
			[W2K_SIDE_KEY] = options->key.schema.subject_strategy,
			[W2K_SIDE_VALUE] = options->value.schema.subject_strategy,
		};

		references = w2k_reference_create(strategies);
	}
	writers->references = references;

	writers->key = create_key(options);
	writers->key->slot = W2K_SIDE_KEY;
	if (create_value == create_key)
		writers->value = writers->key;
	else
	{
		writers->value = create_value(options);
		writers->value->slot = W2K_SIDE_VALUE;
	}
	writers->key->references = references;
	writers->value->references = references;
}

static void
prepare(W2kWriter *writer, W2kRelation *wrel)
{
	/* there is one where an error ended the last attempt halfway */
	if (wrel->plans[writer->slot] == NULL)
		writer->prepare(writer, wrel);
}

void
w2k_writers_prepare(const W2kWriters *writers, W2kRelation *wrel)
{
	prepare(writers->value, wrel);
	prepare(writers->key, wrel);
}

void
w2k_writers_begin_source(const W2kWriters *writers, const W2kSource *source)
{
	writers->value->begin_source(writers->value, source);
	if (writers->key != writers->value)
		writers->key->begin_source(writers->key, source);
}

const W2kColumn *
w2k_writers_column(const W2kWriters *writers)
{
	return writers->key->column != NULL ? writers->key->column
										: writers->value->column;
}
