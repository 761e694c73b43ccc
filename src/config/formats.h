/*
 * formats.h
 *		format, key.converter and value.converter -> the format of each side.
 */
#ifndef W2K_CONFIG_FORMATS_H
#define W2K_CONFIG_FORMATS_H

#include "config/properties.h"

/* Sets what key_converter and value_converter say of formats. */
extern void w2k_formats_take(W2kPropertyParse *parse);

/* What the formats cannot do: framing and transforms must have been taken. */
extern void w2k_formats_check(W2kPropertyParse *parse);

#endif /* W2K_CONFIG_FORMATS_H */
