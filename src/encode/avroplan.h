/*
 * avroplan.h
 *		What of a table's records in Avro can be made before there is one.
 */
#ifndef W2K_ENCODE_AVROPLAN_H
#define W2K_ENCODE_AVROPLAN_H

#include "encode/avroschema.h"

/* Bytes that do not change. */
typedef struct W2kAvroBytes
{
	const char *data; /* NULL = what would stand here cannot be written */
	int len;
} W2kAvroBytes;

/* A column, ready to be written. */
typedef struct W2kAvroColumn
{
	const W2kAvroType *avro;
	W2kAvroBytes null;	  /* what stands for a null */
	W2kAvroBytes unknown; /* what stands for one in a partial image */
	int index;
	bool is_varlena;
	bool is_masked;
	bool is_array;
	const W2kType *type;
	W2kValueReader read;
	W2kColumn *column;
} W2kAvroColumn;

/* One side of the records of a table. */
typedef struct W2kAvroSide
{
	W2kRegistered registered;
	int ncolumns;
	W2kAvroColumn *columns;
	W2kAvroBytes tail; /* of a key: what is behind its columns */
} W2kAvroSide;

typedef struct W2kAvroPlan
{
	bool has_arrays;
	uint32 version; /* of *wrel->shape_version */
	MemoryContext context;
	W2kAvroSide sides[W2K_SIDES]; /* those that are Avro */
	W2kAvroBytes names;			  /* of the source block: schema and table */
} W2kAvroPlan;

/* Makes the writer's plan of a relation, in wrel->context. */
extern void w2k_avroplan_make(W2kWriter *writer, W2kRelation *wrel);

/* The plan, made to fit the arrays of a change (see encode/shape). */
extern W2kAvroPlan *w2k_avroplan_adapt(W2kWriter *writer,
									   const W2kRelation *wrel,
									   const W2kRow *before,
									   const W2kRow *after);

/* The schema of a side, registered; makes both in the current context. */
extern W2kAvroType *w2k_avroplan_register(W2kWriter *writer, W2kSide side,
										  const W2kSchema *schema,
										  W2kRegistered *registered);

#endif /* W2K_ENCODE_AVROPLAN_H */
