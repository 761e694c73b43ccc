/*
 * protoplan.c
 *		What of a table's Protobuf records is known before there is one.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "encode/protoplan.h"
#include "encode/prototext.h"
#include "encode/protovalue.h"
#include "encode/shape.h"
#include "schema/change_schema.h"
#include "schema/field_numbers.h"

/*
 * What stands for a null of a column, in images that hold the whole row and
 * in those that may lack the column.
 */
static void
fill_nulls(W2kWriter *writer, const W2kSideOptions *side, W2kProtoColumn *pcol)
{
	W2kColumn *column = pcol->column;
	W2kValue value;
	StringInfoData bytes;

	if (!side->replaces_nulls || !w2k_envelope_read_default(column, &value))
		value.kind = W2K_VALUE_NULL;
	initStringInfo(&bytes);
	w2k_protovalue_append(writer, &bytes, pcol->field, &value, column);
	pcol->null.data = bytes.data;
	pcol->null.len = bytes.len;

	/* what is not known is null if that was asked for */
	pcol->unknown = pcol->null;
	if (value.kind == W2K_VALUE_NULL ||
		(writer->options.missing_as_null && !column->is_identity))
	{
		w2k_envelope_read_missing(&writer->options, column, true, &value);
		initStringInfo(&bytes);
		w2k_protovalue_append(writer, &bytes, pcol->field, &value, column);
		pcol->unknown.data = bytes.data;
		pcol->unknown.len = bytes.len;
	}
}

static void
fill_column(W2kWriter *writer, const W2kSideOptions *side,
			W2kProtoColumn *pcol, W2kColumn *column, W2kProtoField *field,
			W2kProtoField *before_field)
{
	pcol->field = field;
	pcol->before_field = before_field;
	pcol->index = column->index;
	pcol->is_varlena = column->is_varlena;
	pcol->is_masked = column->mask != NULL;
	pcol->type = column->type;
	pcol->read = w2k_value_readers[column->type->logical];
	pcol->column = column;
	fill_nulls(writer, side, pcol);
}

/* The model of one side's schema, and its reference. */
static W2kProtoFile *
make_file(W2kWriter *writer, W2kProtoPlan *plan, const W2kRelation *wrel,
		  W2kSide side, const W2kSchema *schema)
{
	const W2kSideOptions *options = side == W2K_SIDE_KEY
										? &writer->options.key
										: &writer->options.value;
	W2kProtoFile *file = w2k_protomodel_make(options, side, schema);

	plan->files[side] = file;
	plan->references[side] = w2k_reference_make(writer->references, side,
												W2K_SCHEMA_PROTOBUF,
												wrel->topic, file->full_name,
												w2k_prototext_make(file), NULL,
												0);
	return file;
}

static void
fill_key(W2kWriter *writer, W2kProtoPlan *plan, const W2kRelation *wrel)
{
	W2kProtoFile *file = make_file(writer, plan, wrel, W2K_SIDE_KEY,
								   w2k_change_schema_key(wrel));
	StringInfoData tail;

	plan->nkeys = wrel->nkeys;
	plan->keys = palloc0(sizeof(W2kProtoColumn) * Max(wrel->nkeys, 1));
	for (int i = 0; i < wrel->nkeys; i++)
		fill_column(writer, &writer->options.key, &plan->keys[i],
					wrel->keys[i], &file->root->fields[i],
					&file->root->fields[i]);
	if (wrel->key_field == NULL)
		return;
	initStringInfo(&tail);
	w2k_protovalue_append_text(&tail, &file->root->fields[wrel->nkeys],
							   wrel->key_text);
	plan->key_tail.data = tail.data;
	plan->key_tail.len = tail.len;
}

static void
fill_names(W2kProtoPlan *plan, const W2kRelation *wrel)
{
	const W2kProtoMessage *source = plan->source->message;
	StringInfoData names;

	initStringInfo(&names);
	w2k_protovalue_append_name(&names, w2k_protomodel_find(source, "schema"),
							   wrel->schema);
	w2k_protovalue_append_name(&names, w2k_protomodel_find(source, "table"),
							   wrel->table);
	plan->names.data = names.data;
	plan->names.len = names.len;
}

static void
fill_value(W2kWriter *writer, W2kProtoPlan *plan, const W2kRelation *wrel)
{
	W2kProtoFile *file = make_file(writer, plan, wrel, W2K_SIDE_VALUE,
								   w2k_change_schema_envelope(wrel));
	const W2kProtoMessage *root = file->root;

	plan->before = w2k_protomodel_find(root, "before");
	plan->after = w2k_protomodel_find(root, "after");
	plan->source = w2k_protomodel_find(root, "source");
	plan->transaction = w2k_protomodel_find(root, "transaction");
	plan->op = w2k_protomodel_find(root, "op");
	plan->ts_ms = w2k_protomodel_find(root, "ts_ms");
	plan->ts_us = w2k_protomodel_find(root, "ts_us");
	plan->ts_ns = w2k_protomodel_find(root, "ts_ns");
	fill_names(plan, wrel);

	plan->columns = palloc0(sizeof(W2kProtoColumn) * Max(wrel->ncolumns, 1));
	plan->ncolumns = 0;
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		int n = plan->ncolumns;

		if (!wrel->columns[i].is_captured)
			continue;
		fill_column(writer, &writer->options.value, &plan->columns[n],
					&wrel->columns[i], &plan->after->message->fields[n],
					&plan->before->message->fields[n]);
		plan->ncolumns++;
	}
}

/* All that the schemas decide, in a context of its own under the plan's. */
static void
fill_shaped(W2kWriter *writer, W2kProtoPlan *plan, const W2kRelation *wrel,
			MemoryContext parent)
{
	/* an error halfway leaves what there was */
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "wal2kafka Protobuf schemas",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	W2kProtoPlan made = *plan;

	if (w2k_protoplan_has_side(writer, W2K_SIDE_KEY))
		fill_key(writer, &made, wrel);
	if (w2k_protoplan_has_side(writer, W2K_SIDE_VALUE))
		fill_value(writer, &made, wrel);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextSetParent(context, parent);
	if (plan->shaped != NULL)
		MemoryContextDelete(plan->shaped);
	*plan = made;
	plan->shaped = context;
	plan->shape_version = *wrel->shape_version;
}

void
w2k_protoplan_adapt(W2kWriter *writer, W2kProtoPlan *plan,
					const W2kRelation *wrel, const W2kRow *before,
					const W2kRow *after)
{
	w2k_shape_adapt(wrel, before, after);
	if (plan->shape_version != *wrel->shape_version)
		fill_shaped(writer, plan, wrel, wrel->context);
}

/*
 * Lets the relation say which numbers its columns have; what transforms make of
 * its schema has them, too.
 */
static void
take_numbers(const W2kWriter *writer, W2kRelation *wrel)
{
	MemoryContext context = wrel->context;
	int *made;
	List *numbers;
	int n = 0;

	if (writer->options.connector == NULL)
		return;
	numbers = w2k_field_numbers_read(writer->options.connector, wrel, NULL);
	made = MemoryContextAllocZero(context,
								  sizeof(int) * Max(wrel->ncolumns, 1));
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		if (wrel->columns[i].is_captured)
			made[i] = ((W2kFieldNumber *) list_nth(numbers, n++))->number;
	}
	wrel->numbers = made;
}

void
w2k_protoplan_make(W2kWriter *writer, W2kRelation *wrel)
{
	W2kProtoPlan *plan = MemoryContextAllocZero(wrel->context,
												sizeof(W2kProtoPlan));

	plan->has_arrays = w2k_shape_has_arrays(wrel);
	if (w2k_protoplan_has_side(writer, W2K_SIDE_VALUE))
		take_numbers(writer, wrel);
	fill_shaped(writer, plan, wrel, wrel->context);
	wrel->plans[writer->slot] = plan;
}

W2kProtoFile *
w2k_protoplan_register(W2kWriter *writer, W2kSide side,
					   const W2kSchema *schema, W2kRegistered *registered)
{
	const W2kSideOptions *options = side == W2K_SIDE_KEY
										? &writer->options.key
										: &writer->options.value;
	W2kProtoFile *file = w2k_protomodel_make(options, side, schema);

	*registered = (W2kRegistered){
		.side = side,
		.type = W2K_SCHEMA_PROTOBUF,
		.record_name = file->full_name,
		.text = w2k_prototext_make(file),
		.context = CurrentMemoryContext,
	};
	return file;
}
