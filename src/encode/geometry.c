/*
 * geometry.c
 *		Points, shapes and PostGIS's types, as Debezium's structs.
 *
 * Shapes are sent as well-known binary (OGC 06-103r4, section 8), always
 * little-endian: a byte 1, the kind, and the points behind their number.
 * PostGIS prints its own extension of that, in hexadecimal, with a reference
 * system where there is one.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/geo_decls.h"

#include "encode/geometry.h"

#define WKB_POINT 1
#define WKB_LINESTRING 2
#define WKB_POLYGON 3
#define WKB_HEADER_SIZE 5
#define WKB_POINT_SIZE 16

/* Where members are in their structs, see schema/connect.c. */
enum
{
	POINT_X,
	POINT_Y,
	POINT_WKB,
	POINT_SRID
};
enum
{
	SHAPE_WKB,
	SHAPE_SRID,
	SHAPE_EXTENSIONS
};

/* In the type of PostGIS's geometry: four bytes of a reference system follow */
#define EWKB_HAS_SRID 0x20000000

/* ---- well-known binary ---- */

static char *
put_uint32(char *p, uint32 number)
{
	for (int i = 0; i < 4; i++, number >>= 8)
		*p++ = (char) (number & 0xff);
	return p;
}

static char *
put_double(char *p, double number)
{
	uint64 bits;

	/* Java knows one NaN */
	if (isnan(number))
		number = get_float8_nan();
	memcpy(&bits, &number, sizeof(bits));
	for (int i = 0; i < 8; i++, bits >>= 8)
		*p++ = (char) (bits & 0xff);
	return p;
}

static char *
put_header(char *p, uint32 kind)
{
	*p++ = 1; /* little-endian */
	return put_uint32(p, kind);
}

static char *
put_points(char *p, const Point *points, int npoints)
{
	for (int i = 0; i < npoints; i++)
	{
		p = put_double(p, points[i].x);
		p = put_double(p, points[i].y);
	}
	return p;
}

static void
set_bytes(W2kValue *value, const char *data, const char *end)
{
	value->kind = W2K_VALUE_BYTES;
	value->data = data;
	value->len = (int) (end - data);
}

/*
 * A line string, or a polygon of one ring.  With is_closing, the first point
 * comes once more at the end unless it is there.
 */
static void
set_wkb(W2kValue *value, uint32 kind, const Point *points, int npoints,
		bool is_closing)
{
	char *wkb = palloc(WKB_HEADER_SIZE + 8 +
					   (Size) (npoints + 1) * WKB_POINT_SIZE);
	char *p = put_header(wkb, kind);

	if (is_closing)
		is_closing = npoints >= 2 && (points[0].x != points[npoints - 1].x ||
									  points[0].y != points[npoints - 1].y);
	if (kind == WKB_POLYGON)
		p = put_uint32(p, 1);
	p = put_uint32(p, npoints + (is_closing ? 1 : 0));
	p = put_points(p, points, npoints);
	if (is_closing)
		p = put_points(p, points, 1);
	set_bytes(value, wkb, p);
}

/* ---- structs ---- */

static void
set_double(W2kValue *value, double number)
{
	value->kind = W2K_VALUE_DOUBLE;
	value->u.float8 = number;
}

static void
set_point(W2kValue *value, const W2kConnectPart *parts, const Point *point)
{
	W2kValue *items = w2k_value_set_struct(value, parts);
	char *wkb = items[POINT_WKB].scratch;

	set_double(&items[POINT_X], point->x);
	set_double(&items[POINT_Y], point->y);
	set_bytes(&items[POINT_WKB], wkb,
			  put_points(put_header(wkb, WKB_POINT), point, 1));
}

/* A shape, with its kind among the extensions; returns them. */
static W2kMap *
set_shape(const W2kType *type, W2kValue *value, const char *kind,
		  int nextensions, W2kValue **wkb)
{
	W2kValue *items = w2k_value_set_struct(value,
										   w2k_connect_parts(type->logical));
	W2kMap *extensions = w2k_value_set_map(&items[SHAPE_EXTENSIONS], true,
										   nextensions);

	w2k_value_set_ascii(&extensions->keys[0], "type");
	w2k_value_set_ascii(&extensions->values[0], kind);
	*wkb = &items[SHAPE_WKB];
	return extensions;
}

static void
set_circle(const W2kType *type, W2kValue *value, const CIRCLE *circle)
{
	const W2kConnectPart *parts = w2k_connect_parts(type->logical);
	W2kValue *items = w2k_value_set_struct(value, parts);

	set_point(&items[0], parts[0].row->parts, &circle->center);
	set_double(&items[1], circle->radius);
}

static void
set_line(const W2kType *type, W2kValue *value, const LINE *line)
{
	W2kValue *items = w2k_value_set_struct(value,
										   w2k_connect_parts(type->logical));

	set_double(&items[0], line->A);
	set_double(&items[1], line->B);
	set_double(&items[2], line->C);
}

/* ---- readers ---- */

void
w2k_geometry_read_point(const W2kType *type, Datum datum, W2kValue *value)
{
	set_point(value, w2k_connect_parts(type->logical), DatumGetPointP(datum));
}

void
w2k_geometry_read_line(const W2kType *type, Datum datum, W2kValue *value)
{
	set_line(type, value, DatumGetLineP(datum));
}

void
w2k_geometry_read_lseg(const W2kType *type, Datum datum, W2kValue *value)
{
	W2kValue *wkb;

	(void) set_shape(type, value, "lseg", 1, &wkb);
	set_wkb(wkb, WKB_LINESTRING, DatumGetLsegP(datum)->p, 2, false);
}

/* From the upper right corner against the clock. */
void
w2k_geometry_read_box(const W2kType *type, Datum datum, W2kValue *value)
{
	const BOX *box = DatumGetBoxP(datum);
	const Point corners[] = {
		{box->high.x, box->high.y}, {box->high.x, box->low.y},
		{box->low.x, box->low.y},	{box->low.x, box->high.y},
		{box->high.x, box->high.y},
	};
	W2kValue *wkb;

	(void) set_shape(type, value, "box", 1, &wkb);
	set_wkb(wkb, WKB_POLYGON, corners, lengthof(corners), false);
}

void
w2k_geometry_read_path(const W2kType *type, Datum datum, W2kValue *value)
{
	const PATH *path = DatumGetPathP(datum);
	W2kMap *extensions;
	W2kValue *wkb;

	extensions = set_shape(type, value, "path", 2, &wkb);
	w2k_value_set_ascii(&extensions->keys[1], "closed");
	w2k_value_set_ascii(&extensions->values[1],
						path->closed ? "true" : "false");
	set_wkb(wkb, WKB_LINESTRING, path->p, path->npts, false);
}

void
w2k_geometry_read_polygon(const W2kType *type, Datum datum, W2kValue *value)
{
	const POLYGON *polygon = DatumGetPolygonP(datum);
	W2kValue *wkb;

	(void) set_shape(type, value, "polygon", 1, &wkb);
	set_wkb(wkb, WKB_POLYGON, polygon->p, polygon->npts, true);
}

void
w2k_geometry_read_circle(const W2kType *type, Datum datum, W2kValue *value)
{
	set_circle(type, value, DatumGetCircleP(datum));
}

/* The reference system that PostGIS's binary names, if it does. */
static void
set_srid(W2kValue *value, const unsigned char *wkb, int len)
{
	uint32 words[2];

	if (len < WKB_HEADER_SIZE + 4)
		return;
	for (int i = 0; i < 2; i++)
	{
		const unsigned char *p = wkb + 1 + i * 4;

		words[i] = wkb[0] == 0 ? (uint32) p[0] << 24 | (uint32) p[1] << 16 |
									 (uint32) p[2] << 8 | p[3]
							   : (uint32) p[3] << 24 | (uint32) p[2] << 16 |
									 (uint32) p[1] << 8 | p[0];
	}
	if ((words[0] & EWKB_HAS_SRID) == 0)
		return;
	value->kind = W2K_VALUE_INTEGER;
	value->u.integer = (int32) words[1];
}

/* PostGIS prints its binary in hexadecimal. */
void
w2k_geometry_read_ewkb(const W2kType *type, Datum datum, W2kValue *value)
{
	char *text = OutputFunctionCall(type->output, datum);
	int len = (int) strlen(text) / 2;
	W2kValue *items = w2k_value_set_struct(value,
										   w2k_connect_parts(type->logical));

	/* in place: two digits make a byte */
	(void) hex_decode(text, (size_t) len * 2, text);
	set_bytes(&items[SHAPE_WKB], text, text + len);
	set_srid(&items[SHAPE_SRID], (const unsigned char *) text, len);
}

/* ---- fallbacks ---- */

/* No geometries, in well-known binary. */
static const char empty_collection[] = {1, 7, 0, 0, 0, 0, 0, 0, 0};

static const Point unit_line[] = {{0, 0}, {1, 0}};
static const Point unit_box[] = {{0, 0}, {0, 1}, {1, 1}, {1, 0}, {0, 0}};
static const Point unit_triangle[] = {{0, 0}, {1, 0}, {0, 1}, {0, 0}};

void
w2k_geometry_fallback(const W2kType *type, W2kValue *value)
{
	static const LINE x_axis = {0, 1, 0};
	static const CIRCLE no_circle;
	W2kValue *wkb;

	switch (type->logical)
	{
		case W2K_LOGICAL_POINT:
			set_point(value, w2k_connect_parts(type->logical),
					  &no_circle.center);
			break;
		case W2K_LOGICAL_LINE:
			set_line(type, value, &x_axis);
			break;
		case W2K_LOGICAL_CIRCLE:
			set_circle(type, value, &no_circle);
			break;
		case W2K_LOGICAL_LSEG:
		case W2K_LOGICAL_PATH:
			(void) set_shape(type, value, type->def->fallback_text, 1, &wkb);
			set_wkb(wkb, WKB_LINESTRING, unit_line, lengthof(unit_line), false);
			break;
		case W2K_LOGICAL_BOX:
			(void) set_shape(type, value, type->def->fallback_text, 1, &wkb);
			set_wkb(wkb, WKB_POLYGON, unit_box, lengthof(unit_box), false);
			break;
		case W2K_LOGICAL_POLYGON:
			(void) set_shape(type, value, type->def->fallback_text, 1, &wkb);
			set_wkb(wkb, WKB_POLYGON, unit_triangle, lengthof(unit_triangle),
					false);
			break;
		default:
			wkb = w2k_value_set_struct(value, w2k_connect_parts(type->logical));
			set_bytes(&wkb[SHAPE_WKB], empty_collection,
					  empty_collection + sizeof(empty_collection));
			break;
	}
}
