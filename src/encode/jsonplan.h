/*
 * jsonplan.h
 *		What of a table's JSON records can be rendered before there is one.
 */
#ifndef W2K_ENCODE_JSONPLAN_H
#define W2K_ENCODE_JSONPLAN_H

#include "encode/buffer.h"
#include "encode/envelope.h"

/* A piece of a record that does not change. */
typedef struct W2kJsonText
{
	const char *data;
	int len;
} W2kJsonText;

/* What a payload has in front of it: its schema, a reference, or nothing. */
typedef struct W2kJsonLead
{
	StringInfoData text;
	W2kRegistered registered;
} W2kJsonLead;

/* A column, ready to be written. */
typedef struct W2kJsonColumn
{
	W2kJsonText lead;	 /* {"name": or ,"name": */
	W2kJsonText null;	 /* what stands for a null */
	W2kJsonText unknown; /* what stands for one in a partial image */
	int index;
	bool is_varlena;
	bool is_masked;
	const W2kType *type;
	W2kValueReader read;
	W2kColumn *column;
} W2kJsonColumn;

typedef struct W2kJsonPlan
{
	int ncolumns;
	W2kJsonColumn *columns;
	int nkeys;
	W2kJsonColumn *keys;
	StringInfoData key_tail; /* what keys have behind them, or nothing */
	bool has_arrays;		 /* and schemas, see w2k_jsonplan_adapt() */
	uint32 lead_version;	 /* of *wrel->shape_version */
	MemoryContext lead_context;
	W2kJsonLead leads[W2K_SIDES];
	StringInfoData names; /* of the source block: schema and table */
} W2kJsonPlan;

/* Makes the writer's plan of a relation, in wrel->context. */
extern void w2k_jsonplan_make(W2kWriter *writer, W2kRelation *wrel);

/* Makes the leads fit the arrays of a change (see encode/shape). */
extern void w2k_jsonplan_adapt(W2kWriter *writer, W2kJsonPlan *plan,
							   const W2kRelation *wrel, const W2kRow *before,
							   const W2kRow *after);

/* Makes a lead in the current memory context; schema NULL = of nothing. */
extern void w2k_jsonplan_init_lead(W2kWriter *writer, W2kSide side,
								   W2kJsonLead *lead, const W2kSchema *schema);

/* Has a side leads at all? */
static inline bool
w2k_jsonplan_has_leads(const W2kSideOptions *side)
{
	return side->has_schemas || side->format == W2K_FORMAT_JSON_REGISTRY;
}

/* Appends a lead; topic is the record's. */
static inline void
w2k_jsonplan_append_lead(W2kWriter *writer, StringInfo out, W2kJsonLead *lead,
						 const char *topic)
{
	if (lead->registered.text != NULL)
		w2k_reference_append_for(writer->references, out, &lead->registered,
								 topic);
	else if (lead->text.len > 0)
		w2k_buffer_append(out, lead->text.data, lead->text.len);
}

#endif /* W2K_ENCODE_JSONPLAN_H */
