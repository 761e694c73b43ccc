/*
 * adjust.h
 *		Names as Avro allows them: Debezium's *.name.adjustment.mode.
 */
#ifndef W2K_SCHEMA_ADJUST_H
#define W2K_SCHEMA_ADJUST_H

#include "config/connector.h"

/*
 * A name in UTF-8, adjusted; itself where nothing changes, else palloc'd.
 * Dots stay in the name of a schema, not in that of a field.
 */
extern const char *w2k_adjust_schema_name(const char *name, W2kAdjustment mode);
extern const char *w2k_adjust_field_name(const char *name, W2kAdjustment mode);

#endif /* W2K_SCHEMA_ADJUST_H */
