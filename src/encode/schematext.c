/*
 * schematext.c
 *		What a table's records are registered as, without writing one.
 *
 * A Writer's plan has the schema, and makes a reference of it with the first
 * record.  How deep the arrays of a column are is what its type says, as long
 * as no record has been seen.
 */
#include "postgres.h"

#include "encode/avroplan.h"
#include "encode/jsonplan.h"
#include "encode/jsonregistry.h"
#include "encode/protoplan.h"
#include "encode/schematext.h"

static const W2kReference *
make_reference(const W2kWriters *writers, const W2kRelation *wrel,
			   const W2kRegistered *registered)
{
	return w2k_reference_make(writers->references, registered->side,
							  registered->type, wrel->topic,
							  registered->record_name, registered->text, NULL,
							  0);
}

const W2kReference *
w2k_schematext_make(const W2kWriters *writers, W2kRelation *wrel, W2kSide side)
{
	const W2kWriter *writer = side == W2K_SIDE_KEY ? writers->key
												   : writers->value;
	const W2kSideOptions *options = side == W2K_SIDE_KEY
										? &writer->options.key
										: &writer->options.value;
	const void *plan;

	if (!w2k_formats[options->format].needs_registry ||
		(side == W2K_SIDE_KEY && wrel->nkeys == 0))
		return NULL;
	w2k_writers_prepare(writers, wrel);
	plan = wrel->plans[writer->slot];
	switch (options->format)
	{
		case W2K_FORMAT_AVRO:
			return make_reference(writers, wrel,
								  &((const W2kAvroPlan *) plan)
									   ->sides[side]
									   .registered);
		case W2K_FORMAT_JSON_REGISTRY:
			return make_reference(writers, wrel,
								  &((const W2kJsonPlan *) plan)
									   ->leads[side]
									   .registered);
		case W2K_FORMAT_PROTOBUF_REGISTRY:
			return ((const W2kProtoPlan *) plan)->references[side];
		default:
			elog(ERROR, "format \"%s\" has no schemas",
				 w2k_formats[options->format].name);
	}
	return NULL; /* keep compiler quiet */
}

const W2kReference *
w2k_schematext_make_of(const W2kWriters *writers, W2kSide side,
					   const W2kSchema *schema, const char *topic)
{
	W2kWriter *writer = side == W2K_SIDE_KEY ? writers->key : writers->value;
	const W2kSideOptions *options = side == W2K_SIDE_KEY
										? &writer->options.key
										: &writer->options.value;
	W2kRegistered registered = {0};
	W2kSchema top = *schema;

	if (!w2k_formats[options->format].needs_registry)
		return NULL;
	switch (options->format)
	{
		case W2K_FORMAT_AVRO:
			(void) w2k_avroplan_register(writer, side, schema, &registered);
			break;
		case W2K_FORMAT_JSON_REGISTRY:
			top.field = NULL; /* it may be that of a field */
			w2k_jsonregistry_register(writer, side, &top, &registered);
			break;
		case W2K_FORMAT_PROTOBUF_REGISTRY:
			w2k_protoplan_register(writer, side, schema, &registered);
			break;
		default:
			elog(ERROR, "format \"%s\" has no schemas",
				 w2k_formats[options->format].name);
	}
	return w2k_reference_make(writers->references, side, registered.type,
							  topic, registered.record_name, registered.text,
							  NULL, 0);
}
