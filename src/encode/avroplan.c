/*
 * avroplan.c
 *		What of a table's records in Avro can be made before there is one.
 *
 * A schema has each record once, so that both images of a row share one, and
 * a plan is made anew where arrays turn out to be deeper, or less deep.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "encode/avroplan.h"
#include "encode/avrovalue.h"
#include "encode/shape.h"
#include "schema/change_schema.h"

static void
take_bytes(W2kAvroBytes *bytes, const StringInfoData *data)
{
	bytes->data = data->data;
	bytes->len = data->len;
}

/* A constant; left out where the schema does not allow it. */
static void
fill_constant(W2kWriter *writer, const W2kAvroType *avro, W2kColumn *column,
			  W2kValue *value, W2kAvroBytes *bytes)
{
	StringInfoData data;

	if (value->kind == W2K_VALUE_NULL && !avro->is_optional)
		return;
	initStringInfo(&data);
	w2k_avro_append_value(writer, &data, avro, value, column);
	take_bytes(bytes, &data);
}

/*
 * What stands for a null of a column, in images that hold the whole row and
 * in those that may lack the column.
 */
static void
fill_nulls(W2kWriter *writer, const W2kSideOptions *side, W2kAvroColumn *acol)
{
	W2kColumn *column = acol->column;
	W2kValue value;

	if (!side->replaces_nulls || !w2k_envelope_read_default(column, &value))
		value.kind = W2K_VALUE_NULL;
	fill_constant(writer, acol->avro, column, &value, &acol->null);

	/* what is not known is null if that was asked for */
	acol->unknown = acol->null;
	if (value.kind == W2K_VALUE_NULL ||
		(writer->options.missing_as_null && !column->is_identity))
	{
		acol->unknown.data = NULL;
		w2k_envelope_read_missing(&writer->options, column, true, &value);
		fill_constant(writer, acol->avro, column, &value, &acol->unknown);
	}
}

static void
fill_column(W2kWriter *writer, const W2kSideOptions *side, W2kAvroColumn *acol,
			W2kColumn *column, const W2kAvroType *avro)
{
	acol->avro = avro;
	acol->index = column->index;
	acol->is_varlena = column->is_varlena;
	acol->is_masked = column->mask != NULL;
	acol->is_array = column->type->logical == W2K_LOGICAL_ARRAY;
	acol->type = column->type;
	acol->read = w2k_value_readers[column->type->logical];
	acol->column = column;
	fill_nulls(writer, side, acol);
}

W2kAvroType *
w2k_avroplan_register(W2kWriter *writer, W2kSide side, const W2kSchema *schema,
					  W2kRegistered *registered)
{
	StringInfoData text;
	W2kAvroType *type;

	initStringInfo(&text);
	type = w2k_avroschema_make(writer, side, &text, schema);
	registered->side = side;
	registered->type = W2K_SCHEMA_AVRO;
	registered->record_name = w2k_avroschema_record_name(writer, side, schema);
	registered->text = text.data;
	registered->context = CurrentMemoryContext;
	return type;
}

static void
fill_key(W2kWriter *writer, W2kAvroSide *side, const W2kRelation *wrel)
{
	W2kAvroType *type = w2k_avroplan_register(writer, W2K_SIDE_KEY,
											  w2k_change_schema_key(wrel),
											  &side->registered);
	StringInfoData tail;

	side->ncolumns = wrel->nkeys;
	side->columns = palloc0(sizeof(W2kAvroColumn) * Max(wrel->nkeys, 1));
	for (int i = 0; i < wrel->nkeys; i++)
		fill_column(writer, &writer->options.key, &side->columns[i],
					wrel->keys[i], type->children[i]);
	initStringInfo(&tail);
	if (wrel->key_field != NULL)
		w2k_avro_append_bytes(&tail, wrel->key_text,
							  (int) strlen(wrel->key_text));
	take_bytes(&side->tail, &tail);
}

static void
fill_value(W2kWriter *writer, W2kAvroSide *side, const W2kRelation *wrel)
{
	W2kSchema *envelope = w2k_change_schema_envelope(wrel);
	W2kAvroType *type;

	w2k_change_schema_share_image(envelope);
	type = w2k_avroplan_register(writer, W2K_SIDE_VALUE, envelope,
								 &side->registered);

	side->columns = palloc0(sizeof(W2kAvroColumn) * Max(wrel->ncolumns, 1));
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		if (!wrel->columns[i].is_captured)
			continue;
		fill_column(writer, &writer->options.value,
					&side->columns[side->ncolumns], &wrel->columns[i],
					type->children[1]->children[side->ncolumns]);
		side->ncolumns++;
	}
}

/* Makes what goes by the schemas, in a context of its own. */
static void
fill_sides(W2kWriter *writer, W2kAvroPlan *plan, const W2kRelation *wrel)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "wal2kafka Avro schemas",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	W2kAvroSide sides[W2K_SIDES] = {0};

	if (writer->options.key.format == W2K_FORMAT_AVRO)
		fill_key(writer, &sides[W2K_SIDE_KEY], wrel);
	if (writer->options.value.format == W2K_FORMAT_AVRO)
		fill_value(writer, &sides[W2K_SIDE_VALUE], wrel);
	MemoryContextSwitchTo(oldcontext);

	/* the table's once it is done: an error halfway leaves nothing behind */
	MemoryContextSetParent(context, wrel->context);
	if (plan->context != NULL)
		MemoryContextDelete(plan->context);
	plan->context = context;
	memcpy(plan->sides, sides, sizeof(sides));
	plan->version = *wrel->shape_version;
}

W2kAvroPlan *
w2k_avroplan_adapt(W2kWriter *writer, const W2kRelation *wrel,
				   const W2kRow *before, const W2kRow *after)
{
	W2kAvroPlan *plan = wrel->plans[writer->slot];

	if (likely(!plan->has_arrays))
		return plan;
	w2k_shape_adapt(wrel, before, after);
	if (plan->version != *wrel->shape_version)
		fill_sides(writer, plan, wrel);
	return plan;
}

void
w2k_avroplan_make(W2kWriter *writer, W2kRelation *wrel)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(wrel->context);
	W2kAvroPlan *plan = palloc0(sizeof(W2kAvroPlan));
	StringInfoData names;

	initStringInfo(&names);
	w2k_avro_append_name(&names, wrel->schema);
	w2k_avro_append_name(&names, wrel->table);
	take_bytes(&plan->names, &names);
	plan->has_arrays = w2k_shape_has_arrays(wrel);
	MemoryContextSwitchTo(oldcontext);
	fill_sides(writer, plan, wrel);
	wrel->plans[writer->slot] = plan;
}
