/*
 * defaults.h
 *		Column defaults, as Debezium knows them.
 */
#ifndef W2K_SCHEMA_DEFAULTS_H
#define W2K_SCHEMA_DEFAULTS_H

#include "utils/relcache.h"

typedef enum W2kDefault
{
	W2K_DEFAULT_NONE,
	W2K_DEFAULT_CONSTANT,
	W2K_DEFAULT_COMPUTED
} W2kDefault;

/*
 * The default of a column; where it is a constant, *value is a copy in
 * result_context.
 */
extern W2kDefault w2k_defaults_read(Relation relation, AttrNumber attnum,
									MemoryContext result_context,
									Datum *value);

/* Is it the next value of a sequence, as serial makes it? */
extern bool w2k_defaults_is_serial(Relation relation, AttrNumber attnum);

#endif /* W2K_SCHEMA_DEFAULTS_H */
