/*
 * protoplan.h
 *		What of a table's Protobuf records is known before there is one.
 */
#ifndef W2K_ENCODE_PROTOPLAN_H
#define W2K_ENCODE_PROTOPLAN_H

#include "encode/envelope.h"
#include "encode/protomodel.h"
#include "encode/reference.h"

/* Bytes of a record that do not change. */
typedef struct W2kProtoBytes
{
	const char *data;
	int len;
} W2kProtoBytes;

/* A column, ready to be written. */
typedef struct W2kProtoColumn
{
	W2kProtoField *field;
	W2kProtoField *before_field; /* its arrays may be of another shape */
	W2kProtoBytes null;			 /* what stands for a null */
	W2kProtoBytes unknown;		 /* what stands for one in a partial image */
	int index;
	bool is_varlena;
	bool is_masked;
	const W2kType *type;
	W2kValueReader read;
	W2kColumn *column;
} W2kProtoColumn;

typedef struct W2kProtoPlan
{
	bool has_arrays;	  /* see w2k_protoplan_adapt() */
	uint32 shape_version; /* of *wrel->shape_version */
	MemoryContext shaped; /* of the rest, which goes with the shape */

	/* Keys and values, as far as they have this format */
	W2kReference *references[W2K_SIDES];
	W2kProtoFile *files[W2K_SIDES];
	int ncolumns;
	W2kProtoColumn *columns;
	int nkeys;
	W2kProtoColumn *keys;
	W2kProtoBytes key_tail; /* what keys have behind them, or nothing */
	W2kProtoField *before, *after, *source, *transaction, *op;
	W2kProtoField *ts_ms, *ts_us, *ts_ns;
	W2kProtoBytes names; /* of the source block: schema and table */
} W2kProtoPlan;

/* Has a side of the writer's this format? */
static inline bool
w2k_protoplan_has_side(const W2kWriter *writer, W2kSide side)
{
	const W2kWriterOptions *options = &writer->options;

	return (side == W2K_SIDE_KEY
				? options->key.format
				: options->value.format) == W2K_FORMAT_PROTOBUF_REGISTRY;
}

/* Makes the writer's plan of a relation, in wrel->context. */
extern void w2k_protoplan_make(W2kWriter *writer, W2kRelation *wrel);

/* A schema's messages, registered; both in the current context. */
extern W2kProtoFile *w2k_protoplan_register(W2kWriter *writer, W2kSide side,
											const W2kSchema *schema,
											W2kRegistered *registered);

/* Makes it fit the arrays of a change (see encode/shape). */
extern void w2k_protoplan_adapt(W2kWriter *writer, W2kProtoPlan *plan,
								const W2kRelation *wrel, const W2kRow *before,
								const W2kRow *after);

#endif /* W2K_ENCODE_PROTOPLAN_H */
