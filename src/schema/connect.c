/*
 * connect.c
 *		Kafka Connect's schemas of types and columns.
 *
 * One row per logical type, for the forms see reference section 3 of
 * Debezium.  A struct's members, an array's element and a map's key and value
 * are rows of their own, so that they nest as deep as they must.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_enum.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "config/rules.h"
#include "schema/connect.h"
#include "schema/relation.h"
#include "schema/source_type.h"

/* ---- the table ---- */

#define DEBEZIUM_DATA "io.debezium.data."
#define DEBEZIUM_GEOMETRY "io.debezium.data.geometry."
#define DEBEZIUM_TIME "io.debezium.time."
#define CONNECT_DATA "org.apache.kafka.connect.data."

/* What parts are made of. */
static const W2kConnectRow plain_int8 = {W2K_CONNECT_INT8};
static const W2kConnectRow plain_int16 = {W2K_CONNECT_INT16};
static const W2kConnectRow plain_int32 = {W2K_CONNECT_INT32};
static const W2kConnectRow plain_int64 = {W2K_CONNECT_INT64};
static const W2kConnectRow plain_float = {W2K_CONNECT_FLOAT};
static const W2kConnectRow plain_double = {W2K_CONNECT_DOUBLE};
static const W2kConnectRow plain_string = {W2K_CONNECT_STRING};
static const W2kConnectRow plain_bytes = {W2K_CONNECT_BYTES};

static const W2kConnectPart variable_decimal_parts[] = {
	{"scale", &plain_int32},
	{"value", &plain_bytes},
	{NULL},
};

/* Of the structured times; the encoder knows the places (encode/temporal). */
#define DATE_PARTS                                                            \
	{"year", &plain_int32, true}, {"month", &plain_int8, true},               \
	{                                                                         \
		"day", &plain_int8, true                                              \
	}
#define TIME_PARTS                                                            \
	{"hour", &plain_int8, true}, {"minute", &plain_int8, true},               \
		{"second", &plain_int8, true},                                        \
	{                                                                         \
		"nanos", &plain_int32, true                                           \
	}

static const W2kConnectPart date_parts[] = {
	DATE_PARTS,
	{"specialValue", &plain_string, true},
	{NULL},
};
static const W2kConnectPart time_parts[] = {
	TIME_PARTS,
	{"precision", &plain_int32, true},
	{NULL},
};
static const W2kConnectPart timetz_parts[] = {
	TIME_PARTS,
	{"offsetSeconds", &plain_int32, true},
	{"precision", &plain_int32, true},
	{NULL},
};
static const W2kConnectPart timestamp_parts[] = {
	DATE_PARTS,
	TIME_PARTS,
	{"specialValue", &plain_string, true},
	{"precision", &plain_int32, true},
	{NULL},
};
static const W2kConnectPart timestamptz_parts[] = {
	DATE_PARTS,
	TIME_PARTS,
	{"offsetSeconds", &plain_int32, true},
	{"zoneId", &plain_string, true},
	{"specialValue", &plain_string, true},
	{"precision", &plain_int32, true},
	{NULL},
};
static const W2kConnectPart interval_parts[] = {
	{"years", &plain_int32, true},
	{"months", &plain_int32, true},
	{"days", &plain_int32, true},
	{"hours", &plain_int32, true},
	{"minutes", &plain_int32, true},
	{"seconds", &plain_int64, true},
	{"nanos", &plain_int32, true},
	{"precision", &plain_int32, true},
	{NULL},
};

/* Of geometric types; likewise (encode/geometry). */
static const W2kConnectPart point_parts[] = {
	{"x", &plain_double},
	{"y", &plain_double},
	{"wkb", &plain_bytes, true},
	{"srid", &plain_int32, true},
	{NULL},
};
static const W2kConnectRow point_row = {
	W2K_CONNECT_STRUCT,	  .name = DEBEZIUM_GEOMETRY "Point",
	.version = 1,		  .doc = "Geometry (POINT)",
	.parts = point_parts,
};
static const W2kConnectPart circle_parts[] = {
	{"center", &point_row},
	{"radius", &plain_double},
	{NULL},
};
static const W2kConnectPart line_parts[] = {
	{"a", &plain_double},
	{"b", &plain_double},
	{"c", &plain_double},
	{NULL},
};
static const W2kConnectPart text_pair[] = {
	{"", &plain_string},
	{"", &plain_string},
	{NULL},
};
static const W2kConnectRow extensions_row = {
	W2K_CONNECT_MAP,
	.parts = text_pair,
};
static const W2kConnectPart geometry_parts[] = {
	{"wkb", &plain_bytes},
	{"srid", &plain_int32, true},
	{"extensions", &extensions_row, true},
	{NULL},
};
static const W2kConnectPart geography_parts[] = {
	{"wkb", &plain_bytes},
	{"srid", &plain_int32, true},
	{NULL},
};

/* Of types of extensions (encode/extension). */
static const W2kConnectPart hstore_pair[] = {
	{"", &plain_string},
	{"", &plain_string, true},
	{NULL},
};
static const W2kConnectPart double_element[] = {
	{"", &plain_double},
	{NULL},
};
static const W2kConnectPart float_element[] = {
	{"", &plain_float},
	{NULL},
};
static const W2kConnectPart sparse_pair[] = {
	{"", &plain_int16},
	{"", &plain_double},
	{NULL},
};
static const W2kConnectRow sparse_row = {
	W2K_CONNECT_MAP,
	.parts = sparse_pair,
};
static const W2kConnectPart sparse_parts[] = {
	{"dimensions", &plain_int16},
	{"vector", &sparse_row},
	{NULL},
};

#define GEOMETRY                                                              \
	{                                                                         \
		W2K_CONNECT_STRUCT, .name = DEBEZIUM_GEOMETRY "Geometry",             \
							.version = 2, .doc = "Geometry",                  \
							.parts = geometry_parts,                          \
							.is_always_optional = true                        \
	}

/* clang-format off */
static const W2kConnectRow rows[W2K_LOGICAL_COUNT] = {
	[W2K_LOGICAL_OTHER] = {W2K_CONNECT_STRING},
	[W2K_LOGICAL_OTHER_BYTES] = {W2K_CONNECT_BYTES, .is_required_element = true},
	[W2K_LOGICAL_OTHER_BASE64] = {W2K_CONNECT_STRING, .is_required_element = true},
	[W2K_LOGICAL_OTHER_BASE64_URL] = {W2K_CONNECT_STRING, .is_required_element = true},
	[W2K_LOGICAL_OTHER_HEX] = {W2K_CONNECT_STRING, .is_required_element = true},
	[W2K_LOGICAL_BOOLEAN] = {W2K_CONNECT_BOOLEAN},
	[W2K_LOGICAL_INT16] = {W2K_CONNECT_INT16},
	[W2K_LOGICAL_INT32] = {W2K_CONNECT_INT32},
	[W2K_LOGICAL_INT64] = {W2K_CONNECT_INT64},
	[W2K_LOGICAL_OID] = {W2K_CONNECT_INT64},
	[W2K_LOGICAL_FLOAT] = {W2K_CONNECT_FLOAT},
	[W2K_LOGICAL_DOUBLE] = {W2K_CONNECT_DOUBLE},
	[W2K_LOGICAL_DECIMAL] = {W2K_CONNECT_BYTES, W2K_CONNECT_DECIMAL, CONNECT_DATA "Decimal", 1},
	[W2K_LOGICAL_VARIABLE_DECIMAL] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_DATA "VariableScaleDecimal", .version = 1, .doc = "Variable scaled decimal", .parts = variable_decimal_parts},
	[W2K_LOGICAL_DECIMAL_DOUBLE] = {W2K_CONNECT_DOUBLE},
	[W2K_LOGICAL_DECIMAL_TEXT] = {W2K_CONNECT_STRING},
	[W2K_LOGICAL_MONEY] = {W2K_CONNECT_BYTES, W2K_CONNECT_SCALE, CONNECT_DATA "Decimal", 1},
	[W2K_LOGICAL_MONEY_DOUBLE] = {W2K_CONNECT_DOUBLE},
	[W2K_LOGICAL_MONEY_TEXT] = {W2K_CONNECT_STRING},
	[W2K_LOGICAL_STRING] = {W2K_CONNECT_STRING},
	[W2K_LOGICAL_XML] = {W2K_CONNECT_STRING, .name = DEBEZIUM_DATA "Xml", .version = 1},
	[W2K_LOGICAL_NAME] = {W2K_CONNECT_STRING},
	[W2K_LOGICAL_JSON] = {W2K_CONNECT_STRING, .name = DEBEZIUM_DATA "Json", .version = 1},
	[W2K_LOGICAL_JSONB] = {W2K_CONNECT_STRING, .name = DEBEZIUM_DATA "Json", .version = 1},
	[W2K_LOGICAL_UUID] = {W2K_CONNECT_STRING, .name = DEBEZIUM_DATA "Uuid", .version = 1},
	[W2K_LOGICAL_ENUM] = {W2K_CONNECT_STRING, W2K_CONNECT_ALLOWED, DEBEZIUM_DATA "Enum", 1, .is_required_element = true},
	[W2K_LOGICAL_ISBN] = {W2K_CONNECT_STRING, .is_required_element = true},
	[W2K_LOGICAL_TSVECTOR] = {W2K_CONNECT_STRING, .name = DEBEZIUM_DATA "Tsvector", .version = 1, .is_required_element = true},
	[W2K_LOGICAL_LTREE] = {W2K_CONNECT_STRING, .name = DEBEZIUM_DATA "Ltree", .version = 1},
	[W2K_LOGICAL_BYTES] = {W2K_CONNECT_BYTES},
	[W2K_LOGICAL_BASE64] = {W2K_CONNECT_STRING},
	[W2K_LOGICAL_BASE64_URL] = {W2K_CONNECT_STRING},
	[W2K_LOGICAL_HEX] = {W2K_CONNECT_STRING},
	[W2K_LOGICAL_BIT] = {W2K_CONNECT_BOOLEAN},
	[W2K_LOGICAL_BITS] = {W2K_CONNECT_BYTES, W2K_CONNECT_LENGTH, DEBEZIUM_DATA "Bits", 1},
	[W2K_LOGICAL_DATE] = {W2K_CONNECT_INT32, .name = DEBEZIUM_TIME "Date", .version = 1},
	[W2K_LOGICAL_DATE_CONNECT] = {W2K_CONNECT_INT32, .name = CONNECT_DATA "Date", .version = 1},
	[W2K_LOGICAL_DATE_ISO] = {W2K_CONNECT_STRING, .name = DEBEZIUM_TIME "IsoDate", .version = 1},
	[W2K_LOGICAL_DATE_STRUCT] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_TIME "StructuredDate", .version = 1, .parts = date_parts},
	[W2K_LOGICAL_TIME_MILLIS] = {W2K_CONNECT_INT32, .name = DEBEZIUM_TIME "Time", .version = 1},
	[W2K_LOGICAL_TIME_MICROS] = {W2K_CONNECT_INT64, .name = DEBEZIUM_TIME "MicroTime", .version = 1},
	[W2K_LOGICAL_TIME_NANOS] = {W2K_CONNECT_INT64, .name = DEBEZIUM_TIME "NanoTime", .version = 1},
	[W2K_LOGICAL_TIME_CONNECT] = {W2K_CONNECT_INT32, .name = CONNECT_DATA "Time", .version = 1},
	[W2K_LOGICAL_TIME_ISO] = {W2K_CONNECT_STRING, .name = DEBEZIUM_TIME "IsoTime", .version = 1},
	[W2K_LOGICAL_TIME_STRUCT] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_TIME "StructuredTime", .version = 1, .parts = time_parts},
	[W2K_LOGICAL_TIMETZ] = {W2K_CONNECT_STRING, .name = DEBEZIUM_TIME "ZonedTime", .version = 1},
	[W2K_LOGICAL_TIMETZ_STRUCT] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_TIME "StructuredZonedTime", .version = 1, .parts = timetz_parts},
	[W2K_LOGICAL_TIMESTAMP_MILLIS] = {W2K_CONNECT_INT64, .name = DEBEZIUM_TIME "Timestamp", .version = 1},
	[W2K_LOGICAL_TIMESTAMP_MICROS] = {W2K_CONNECT_INT64, .name = DEBEZIUM_TIME "MicroTimestamp", .version = 1},
	[W2K_LOGICAL_TIMESTAMP_NANOS] = {W2K_CONNECT_INT64, .name = DEBEZIUM_TIME "NanoTimestamp", .version = 1},
	[W2K_LOGICAL_TIMESTAMP_CONNECT] = {W2K_CONNECT_INT64, .name = CONNECT_DATA "Timestamp", .version = 1},
	[W2K_LOGICAL_TIMESTAMP_ISO] = {W2K_CONNECT_STRING, .name = DEBEZIUM_TIME "IsoTimestamp", .version = 1},
	[W2K_LOGICAL_TIMESTAMP_STRUCT] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_TIME "StructuredTimestamp", .version = 1, .parts = timestamp_parts},
	[W2K_LOGICAL_TIMESTAMPTZ] = {W2K_CONNECT_STRING, .name = DEBEZIUM_TIME "ZonedTimestamp", .version = 1},
	[W2K_LOGICAL_TIMESTAMPTZ_STRUCT] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_TIME "StructuredZonedTimestamp", .version = 1, .parts = timestamptz_parts},
	[W2K_LOGICAL_INTERVAL] = {W2K_CONNECT_INT64, .name = DEBEZIUM_TIME "MicroDuration", .version = 1},
	[W2K_LOGICAL_INTERVAL_ISO] = {W2K_CONNECT_STRING, .name = DEBEZIUM_TIME "Interval", .version = 1},
	[W2K_LOGICAL_INTERVAL_STRUCT] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_TIME "StructuredDuration", .version = 1, .parts = interval_parts},
	[W2K_LOGICAL_POINT] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_GEOMETRY "Point", .version = 1, .doc = "Geometry (POINT)", .parts = point_parts},
	[W2K_LOGICAL_LINE] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_GEOMETRY "Line", .version = 1, .doc = "Geometry (LINE)", .parts = line_parts, .is_always_optional = true},
	[W2K_LOGICAL_LSEG] = GEOMETRY,
	[W2K_LOGICAL_BOX] = GEOMETRY,
	[W2K_LOGICAL_PATH] = GEOMETRY,
	[W2K_LOGICAL_POLYGON] = GEOMETRY,
	[W2K_LOGICAL_CIRCLE] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_GEOMETRY "Circle", .version = 1, .doc = "Geometry (CIRCLE)", .parts = circle_parts, .is_always_optional = true},
	[W2K_LOGICAL_GEOMETRY] = GEOMETRY,
	[W2K_LOGICAL_GEOGRAPHY] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_GEOMETRY "Geography", .version = 1, .doc = "Geography", .parts = geography_parts},
	[W2K_LOGICAL_HSTORE_JSON] = {W2K_CONNECT_STRING, .name = DEBEZIUM_DATA "Json", .version = 1},
	[W2K_LOGICAL_HSTORE_MAP] = {W2K_CONNECT_MAP, .parts = hstore_pair},
	[W2K_LOGICAL_VECTOR] = {W2K_CONNECT_ARRAY, .name = DEBEZIUM_DATA "DoubleVector", .version = 1, .parts = double_element, .is_required_element = true},
	[W2K_LOGICAL_HALFVEC] = {W2K_CONNECT_ARRAY, .name = DEBEZIUM_DATA "FloatVector", .version = 1, .parts = float_element, .is_required_element = true},
	[W2K_LOGICAL_SPARSEVEC] = {W2K_CONNECT_STRUCT, .name = DEBEZIUM_DATA "SparseDoubleVector", .version = 1, .doc = "Sparse double vector", .parts = sparse_parts, .is_required_element = true},
	[W2K_LOGICAL_ARRAY] = {W2K_CONNECT_ARRAY, W2K_CONNECT_OF_ELEMENT},
};
/* clang-format on */

const W2kConnectPart *
w2k_connect_parts(W2kLogical logical)
{
	return rows[logical].parts;
}

/* ---- trees ---- */

W2kSchema *
w2k_connect_make(W2kConnectType type, bool is_optional)
{
	W2kSchema *schema = palloc0(sizeof(W2kSchema));

	schema->type = type;
	schema->is_optional = is_optional;
	return schema;
}

/* Room for one more item: arrays grow as powers of two. */
static void *
grow(void *items, int nitems, Size size)
{
	if (nitems == 0)
		return palloc(size);
	if ((nitems & (nitems - 1)) == 0)
		return repalloc(items, size * nitems * 2);
	return items;
}

W2kSchema *
w2k_connect_add(W2kSchema *parent, const char *field, W2kSchema *child)
{
	parent->children = grow(parent->children, parent->nchildren,
							sizeof(W2kSchema *));
	parent->children[parent->nchildren++] = child;
	child->field = field;
	return child;
}

W2kSchema *
w2k_connect_add_field(W2kSchema *parent, const char *field,
					  W2kConnectType type, bool is_optional)
{
	return w2k_connect_add(parent, field, w2k_connect_make(type, is_optional));
}

void
w2k_connect_add_parameter(W2kSchema *schema, const char *name,
						  const char *value)
{
	W2kSchemaParameter *parameter;

	schema->parameters = grow(schema->parameters, schema->nparameters,
							  sizeof(W2kSchemaParameter));
	parameter = &schema->parameters[schema->nparameters++];
	parameter->name = name;
	parameter->value = value;
}

/* ---- types ---- */

/* The labels of an enum in their order, with commas between them. */
static const char *
read_labels(Oid enumtypid)
{
	Relation catalog = table_open(EnumRelationId, AccessShareLock);
	StringInfoData labels;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple tuple;

	initStringInfo(&labels);
	ScanKeyInit(&key, Anum_pg_enum_enumtypid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(enumtypid));
	scan = systable_beginscan(catalog, EnumTypIdSortOrderIndexId, true, NULL,
							  1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_enum label = (Form_pg_enum) GETSTRUCT(tuple);

		if (labels.len > 0)
			appendStringInfoChar(&labels, ',');
		appendStringInfoString(&labels, NameStr(label->enumlabel));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return pg_server_to_any(labels.data, labels.len, PG_UTF8);
}

static void
apply_rule(W2kSchema *schema, const W2kConnectRow *row, const W2kType *type)
{
	const W2kConnectRow *element_row;

	switch (row->rule)
	{
		case W2K_CONNECT_FIXED:
			break;
		case W2K_CONNECT_DECIMAL:
			w2k_connect_add_parameter(schema, "scale",
									  psprintf("%d", type->scale));
			w2k_connect_add_parameter(schema, "connect.decimal.precision",
									  psprintf("%d", type->precision));
			break;
		case W2K_CONNECT_SCALE:
			w2k_connect_add_parameter(schema, "scale",
									  psprintf("%d", type->scale));
			break;
		case W2K_CONNECT_LENGTH:
			w2k_connect_add_parameter(schema, "length",
									  psprintf("%d", type->length < 0
														 ? PG_INT32_MAX
														 : type->length));
			break;
		case W2K_CONNECT_ALLOWED:
			w2k_connect_add_parameter(schema, "allowed",
									  read_labels(type->oid));
			break;
		case W2K_CONNECT_OF_ELEMENT:
			element_row = &rows[type->element->logical];
			w2k_connect_add(schema, NULL,
							w2k_connect_of_type(type->element,
												!element_row
													 ->is_required_element));
			break;
	}
}

/* The schema of a row; type is NULL in a part, which has no rule. */
static W2kSchema *
make_from_row(const W2kConnectRow *row, const W2kType *type, bool is_optional)
{
	W2kSchema *schema =
		w2k_connect_make(row->type, is_optional || row->is_always_optional);

	Assert(row->type != W2K_CONNECT_NONE);
	schema->name = row->name;
	schema->version = row->version;
	schema->doc = row->doc;
	if (type != NULL)
		apply_rule(schema, row, type);
	for (const W2kConnectPart *part = row->parts;
		 part != NULL && part->name != NULL; part++)
		w2k_connect_add(schema, part->name[0] == '\0' ? NULL : part->name,
						make_from_row(part->row, NULL, part->is_optional));
	return schema;
}

W2kSchema *
w2k_connect_of_type(const W2kType *type, bool is_optional)
{
	return make_from_row(&rows[type->logical], type, is_optional);
}

/* column.propagate.source.type: what the database calls it. */
static void
add_source_type(W2kSchema *schema, const W2kColumn *column)
{
	const W2kSourceType *source = column->source_type;

#define SOURCE_COLUMN(what) "__debezium.source.column." what
	w2k_connect_add_parameter(schema, SOURCE_COLUMN("type"), source->name);
	if (source->length >= 0)
		w2k_connect_add_parameter(schema, SOURCE_COLUMN("length"),
								  psprintf("%d", source->length));
	w2k_connect_add_parameter(schema, SOURCE_COLUMN("scale"),
							  psprintf("%d", source->scale));
	w2k_connect_add_parameter(schema, SOURCE_COLUMN("name"),
							  pg_server_to_any(column->name,
											   (int) strlen(column->name),
											   PG_UTF8));
}

/* column.truncate.* and column.mask.*, whatever they mean for the type. */
static void
add_rule(W2kSchema *schema, const W2kMaskRule *rule)
{
	if (rule->kind == W2K_MASK_TRUNCATE)
		w2k_connect_add_parameter(schema, "truncateLength",
								  psprintf("%d", rule->length));
	else
		w2k_connect_add_parameter(schema, "masked", "true");
}

W2kSchema *
w2k_connect_of_column(const W2kColumn *column, bool is_key, int ndims)
{
	W2kSchema *schema = w2k_connect_of_type(column->type, !column->is_not_null);

	if (column->has_null_elements && schema->type == W2K_CONNECT_ARRAY)
		schema->children[0]->is_optional = true;

	/* an array of more dimensions is an array of arrays */
	for (int i = 1; i < ndims && schema->type == W2K_CONNECT_ARRAY; i++)
	{
		W2kSchema *inner = schema;

		schema = w2k_connect_make(W2K_CONNECT_ARRAY, inner->is_optional);
		inner->is_optional = false;
		w2k_connect_add(schema, NULL, inner);
	}
	schema->field = column->field;
	if (column->has_constant_default || column->has_computed_default)
		schema->default_column = column;
	if (column->source_type != NULL && !is_key)
		add_source_type(schema, column);
	if (column->rule != NULL && !is_key)
		add_rule(schema, column->rule);
	return schema;
}
