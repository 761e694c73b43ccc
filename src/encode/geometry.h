/*
 * geometry.h
 *		Points, shapes and PostGIS's types, as Debezium's structs.
 */
#ifndef W2K_ENCODE_GEOMETRY_H
#define W2K_ENCODE_GEOMETRY_H

#include "encode/value.h"

/* Readers of w2k_value_readers. */
extern void w2k_geometry_read_point(const W2kType *type, Datum datum,
									W2kValue *value);
extern void w2k_geometry_read_line(const W2kType *type, Datum datum,
								   W2kValue *value);
extern void w2k_geometry_read_lseg(const W2kType *type, Datum datum,
								   W2kValue *value);
extern void w2k_geometry_read_box(const W2kType *type, Datum datum,
								  W2kValue *value);
extern void w2k_geometry_read_path(const W2kType *type, Datum datum,
								   W2kValue *value);
extern void w2k_geometry_read_polygon(const W2kType *type, Datum datum,
									  W2kValue *value);
extern void w2k_geometry_read_circle(const W2kType *type, Datum datum,
									 W2kValue *value);
extern void w2k_geometry_read_ewkb(const W2kType *type, Datum datum,
								   W2kValue *value);

/* The shape that stands in a NOT NULL column that an image does not hold. */
extern void w2k_geometry_fallback(const W2kType *type, W2kValue *value);

#endif /* W2K_ENCODE_GEOMETRY_H */
