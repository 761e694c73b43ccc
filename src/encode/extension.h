/*
 * extension.h
 *		Types of extensions: hstore and pgvector's.
 *
 * How they are stored is their extension's affair and may change with its
 * version; what they print is their interface, and is what is read here.
 */
#ifndef W2K_ENCODE_EXTENSION_H
#define W2K_ENCODE_EXTENSION_H

#include "encode/value.h"

/* Readers of w2k_value_readers. */
extern void w2k_extension_read_hstore_json(const W2kType *type, Datum datum,
										   W2kValue *value);
extern void w2k_extension_read_hstore_map(const W2kType *type, Datum datum,
										  W2kValue *value);
extern void w2k_extension_read_vector(const W2kType *type, Datum datum,
									  W2kValue *value);
extern void w2k_extension_read_halfvec(const W2kType *type, Datum datum,
									   W2kValue *value);
extern void w2k_extension_read_sparsevec(const W2kType *type, Datum datum,
										 W2kValue *value);

/* A sparse vector; returns its count pairs, for the caller to fill in. */
extern W2kMap *w2k_extension_set_sparsevec(const W2kType *type,
										   W2kValue *value, int dimensions,
										   int count);

/* An object of one pair, as hstore.handling.mode=json has it. */
extern void w2k_extension_set_pair(W2kValue *value, const char *text, int len);

#endif /* W2K_ENCODE_EXTENSION_H */
