/*
 * writer.c
 *		The Writers of a session: one for keys and one for values.
 */
#include "postgres.h"

#include "encode/json.h"
#include "encode/protobuf.h"
#include "encode/writer.h"

typedef W2kWriter *(*CreateWriter)(const W2kWriterOptions *options);

/* Who makes the Writer of a format; the rest of it is in format.c. */
static const CreateWriter creators[W2K_FORMAT_COUNT] = {
	[W2K_FORMAT_JSON] = w2k_json_create_writer,
	[W2K_FORMAT_JSON_SCHEMAS] = w2k_json_create_writer,
	[W2K_FORMAT_PROTOBUF] = w2k_protobuf_create_writer,
};

/* The creator of a format; the configuration lets through none without. */
static CreateWriter
get_creator(W2kFormat format)
{
	if (creators[format] == NULL)
		elog(ERROR, "format \"%s\" has no writer", w2k_formats[format].name);
	return creators[format];
}

void
w2k_writers_create(W2kWriters *writers, const W2kWriterOptions *options)
{
	CreateWriter create_key = get_creator(options->key.format);
	CreateWriter create_value = get_creator(options->value.format);

	writers->key = create_key(options);
	writers->key->slot = W2K_SIDE_KEY;
	if (create_value == create_key)
		writers->value = writers->key;
	else
	{
		writers->value = create_value(options);
		writers->value->slot = W2K_SIDE_VALUE;
	}
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
