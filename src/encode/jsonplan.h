/*
 * jsonplan.h
 *		What of a table's JSON records can be rendered before there is one.
 */
#ifndef W2K_ENCODE_JSONPLAN_H
#define W2K_ENCODE_JSONPLAN_H

#include "encode/envelope.h"

/* A piece of a record that does not change. */
typedef struct W2kJsonText
{
	const char *data;
	int len;
} W2kJsonText;

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
	StringInfoData key_tail;   /* what keys have behind them, or nothing */
	bool has_arrays;		   /* with schemas, see w2k_jsonplan_adapt() */
	uint32 lead_version;	   /* of *wrel->shape_version */
	StringInfoData key_lead;   /* the key's schema, or nothing */
	StringInfoData value_lead; /* up to what is before the first image */
	StringInfoData names;	   /* of the source block: schema and table */
} W2kJsonPlan;

/* Makes the writer's plan of a relation, in wrel->context. */
extern void w2k_jsonplan_make(W2kWriter *writer, W2kRelation *wrel);

/* Makes the leads fit the arrays of a change (see encode/shape). */
extern void w2k_jsonplan_adapt(W2kWriter *writer, W2kJsonPlan *plan,
							   const W2kRelation *wrel, const W2kRow *before,
							   const W2kRow *after);

#endif /* W2K_ENCODE_JSONPLAN_H */
