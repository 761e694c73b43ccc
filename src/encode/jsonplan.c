/*
 * jsonplan.c
 *		What of a table's JSON records can be rendered before there is one.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "encode/json.h"
#include "encode/jsonplan.h"
#include "encode/jsonregistry.h"
#include "encode/jsonschema.h"
#include "encode/shape.h"
#include "schema/change_schema.h"

/*
 * What stands for a null of a column, in images that hold the whole row and
 * in those that may lack the column.
 */
static void
fill_nulls(W2kWriter *writer, const W2kSideOptions *side, W2kJsonColumn *jcol)
{
	W2kColumn *column = jcol->column;
	W2kValue value;
	StringInfoData text;

	if (!side->replaces_nulls || !w2k_envelope_read_default(column, &value))
		value.kind = W2K_VALUE_NULL;
	initStringInfo(&text);
	w2k_json_append_value(writer, side, &text, &value, column);
	jcol->null.data = text.data;
	jcol->null.len = text.len;

	/* what is not known is null if that was asked for */
	jcol->unknown = jcol->null;
	if (value.kind == W2K_VALUE_NULL ||
		(writer->options.missing_as_null && !column->is_identity))
	{
		w2k_envelope_read_missing(&writer->options, column, true, &value);
		initStringInfo(&text);
		w2k_json_append_value(writer, side, &text, &value, column);
		jcol->unknown.data = text.data;
		jcol->unknown.len = text.len;
	}
}

static void
fill_json_column(W2kWriter *writer, const W2kSideOptions *side,
				 W2kJsonColumn *jcol, W2kColumn *column, bool is_first)
{
	StringInfoData lead;

	initStringInfo(&lead);
	appendStringInfoChar(&lead, is_first ? '{' : ',');
	w2k_json_append_string(&lead, column->field, (int) strlen(column->field),
						   writer->options.ascii_only);
	appendStringInfoChar(&lead, ':');

	jcol->lead.data = lead.data;
	jcol->lead.len = lead.len;
	jcol->index = column->index;
	jcol->is_varlena = column->is_varlena;
	jcol->is_masked = column->mask != NULL;
	jcol->type = column->type;
	jcol->read = w2k_value_readers[column->type->logical];
	jcol->column = column;
	fill_nulls(writer, side, jcol);
}

void
w2k_jsonplan_init_lead(W2kWriter *writer, W2kSide side, W2kJsonLead *lead,
					   const W2kSchema *schema)
{
	const W2kSideOptions *options = side == W2K_SIDE_KEY
										? &writer->options.key
										: &writer->options.value;

	memset(lead, 0, sizeof(W2kJsonLead));
	if (options->format == W2K_FORMAT_JSON_REGISTRY)
		w2k_jsonregistry_register(writer, side, schema, &lead->registered);
	else if (options->has_schemas)
	{
		initStringInfo(&lead->text);
		w2k_jsonschema_append_lead(writer, options, &lead->text, schema);
	}
}

/* The schemas of a table's records, if there are any, rendered once. */
static void
fill_leads(W2kWriter *writer, W2kJsonPlan *plan, const W2kRelation *wrel)
{
	const W2kWriterOptions *options = &writer->options;
	MemoryContext context;
	MemoryContext oldcontext;
	W2kJsonLead leads[W2K_SIDES] = {0};

	if (!w2k_jsonplan_has_leads(&options->key) &&
		!w2k_jsonplan_has_leads(&options->value))
		return;
	context = AllocSetContextCreate(CurrentMemoryContext,
									"wal2kafka JSON schemas",
									ALLOCSET_SMALL_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	if (w2k_jsonplan_has_leads(&options->key))
		w2k_jsonplan_init_lead(writer, W2K_SIDE_KEY, &leads[W2K_SIDE_KEY],
							   w2k_change_schema_key(wrel));
	if (w2k_jsonplan_has_leads(&options->value))
		w2k_jsonplan_init_lead(writer, W2K_SIDE_VALUE, &leads[W2K_SIDE_VALUE],
							   w2k_change_schema_envelope(wrel));
	MemoryContextSwitchTo(oldcontext);

	/* the table's once it is done: an error halfway leaves nothing behind */
	MemoryContextSetParent(context, wrel->context);
	if (plan->lead_context != NULL)
		MemoryContextDelete(plan->lead_context);
	plan->lead_context = context;
	memcpy(plan->leads, leads, sizeof(leads));
}

void
w2k_jsonplan_adapt(W2kWriter *writer, W2kJsonPlan *plan,
				   const W2kRelation *wrel, const W2kRow *before,
				   const W2kRow *after)
{
	w2k_shape_adapt(wrel, before, after);
	if (plan->lead_version == *wrel->shape_version)
		return;
	fill_leads(writer, plan, wrel);
	plan->lead_version = *wrel->shape_version;
}

void
w2k_jsonplan_make(W2kWriter *writer, W2kRelation *wrel)
{
	const W2kWriterOptions *options = &writer->options;
	bool ascii_only = options->ascii_only;
	/* the table's once it is done: an error halfway leaves nothing behind */
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "wal2kafka JSON plan",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	W2kJsonPlan *plan = palloc0(sizeof(W2kJsonPlan));

	plan->columns = palloc(sizeof(W2kJsonColumn) * Max(wrel->ncolumns, 1));
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		if (!wrel->columns[i].is_captured)
			continue;
		fill_json_column(writer, &options->value,
						 &plan->columns[plan->ncolumns], &wrel->columns[i],
						 plan->ncolumns == 0);
		plan->ncolumns++;
	}
	plan->has_arrays = (w2k_jsonplan_has_leads(&options->key) ||
						w2k_jsonplan_has_leads(&options->value)) &&
					   w2k_shape_has_arrays(wrel);
	plan->lead_version = *wrel->shape_version;

	plan->nkeys = wrel->nkeys;
	plan->keys = palloc(sizeof(W2kJsonColumn) * Max(wrel->nkeys, 1));
	for (int i = 0; i < wrel->nkeys; i++)
		fill_json_column(writer, &options->key, &plan->keys[i], wrel->keys[i],
						 i == 0);

	initStringInfo(&plan->key_tail);
	if (wrel->key_field != NULL)
	{
		if (wrel->nkeys > 0)
			appendStringInfoChar(&plan->key_tail, ',');
		w2k_json_append_string(&plan->key_tail, wrel->key_field,
							   (int) strlen(wrel->key_field), ascii_only);
		appendStringInfoChar(&plan->key_tail, ':');
		w2k_json_append_string(&plan->key_tail, wrel->key_text,
							   (int) strlen(wrel->key_text), ascii_only);
		appendStringInfoChar(&plan->key_tail, '}');
	}

	initStringInfo(&plan->names);
	w2k_json_append_name(&plan->names, wrel->schema, ascii_only);
	appendStringInfoString(&plan->names, ",\"table\":");
	w2k_json_append_name(&plan->names, wrel->table, ascii_only);

	MemoryContextSwitchTo(oldcontext);
	fill_leads(writer, plan, wrel);
	MemoryContextSetParent(context, wrel->context);
	wrel->plans[writer->slot] = plan;
}
