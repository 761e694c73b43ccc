/*
 * source_type.h
 *		What PostgreSQL calls a column's type, for column.propagate.source.type.
 */
#ifndef W2K_SCHEMA_SOURCE_TYPE_H
#define W2K_SCHEMA_SOURCE_TYPE_H

#include "utils/relcache.h"

#include "schema/types.h"

/* As Debezium has it, which has it from the JDBC driver. */
typedef struct W2kSourceType
{
	const char *name; /* INT4, SERIAL, _TEXT, a domain's name; UTF-8 */
	int32 length;	  /* -1 = not said */
	int32 scale;
} W2kSourceType;

/* The name alone, in the server's encoding, as it stands in the catalog. */
extern const char *w2k_source_type_name(Relation relation, AttrNumber attnum);

/* Its length alone; negative where it is not said. */
extern int32 w2k_source_type_length(const W2kType *type);

/* All of it, in the current memory context. */
extern W2kSourceType *w2k_source_type_read(const char *name,
										   const W2kType *type);

#endif /* W2K_SCHEMA_SOURCE_TYPE_H */
