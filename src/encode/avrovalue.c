/*
 * avrovalue.c
 *		Values in Avro's binary encoding.
 *
 * Nothing in the bytes says what they are: the schema does.  So all that is
 * asked of a type here is which branch of a union a value is, and what arrays,
 * maps and records consist of; the rest is in the value.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "encode/avrovalue.h"
#include "encode/node.h"

static void append_plain(W2kWriter *writer, StringInfo out,
						 const W2kAvroType *type, W2kValue *value,
						 W2kColumn *column);

void
w2k_avro_append_name(StringInfo out, const char *name)
{
	const char *utf8 = pg_server_to_any(name, (int) strlen(name), PG_UTF8);

	w2k_avro_append_bytes(out, utf8, (int) strlen(utf8));
}

/* Appends a null. */
static void
append_null(StringInfo out, const W2kAvroType *type, const W2kColumn *column)
{
	const char *field = type->schema->field;

	if (type->is_optional)
	{
		w2k_buffer_append_char(out, type->null_branch);
		return;
	}
	if (column != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("null in column \"%s\" cannot be written",
						column->name),
				 errdetail("The record's schema says that it is never null."),
				 errhint(
					 "A large value that an update did not change is in the WAL with REPLICA IDENTITY FULL; event.processing.failure.handling.mode passes over such changes.")));
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("null in field \"%s\" cannot be written",
					field == NULL ? ""
								  : pg_any_to_server(field, (int) strlen(field),
													 PG_UTF8)),
			 errdetail("The record's schema says that it is never null.")));
}

static void
append_float(StringInfo out, uint64 bits, int size)
{
	char *p = w2k_buffer_reserve(out, size);

	for (int i = 0; i < size; i++)
		*p++ = (char) (bits >> (8 * i));
	w2k_buffer_close(out, p);
}

/*
 * Arrays and maps are written in blocks, each with its count, up to one of
 * none; ours have one block.
 */
static void
append_array(W2kWriter *writer, StringInfo out, const W2kAvroType *type,
			 W2kArray *array, int dim, W2kColumn *column)
{
	int nitems = array->ndim > 0 ? array->dims[dim] : 0;
	const W2kAvroType *element = type->children[0];

	if (nitems > 0)
		w2k_avro_append_integer(out, nitems);
	for (int i = 0; i < nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (dim + 1 < array->ndim)
		{
			if (element->is_optional)
				w2k_buffer_append_char(out, element->branch);
			append_array(writer, out, element, array, dim + 1, column);
		}
		else
		{
			W2kValue item;

			w2k_value_next_element(array, &item);
			w2k_avro_append_value(writer, out, element, &item, column);
		}
	}
	w2k_buffer_append_char(out, 0);
}

static void
append_map(W2kWriter *writer, StringInfo out, const W2kAvroType *type,
		   const W2kMap *map, W2kColumn *column)
{
	const W2kAvroType *value = type->children[type->is_pairs ? 1 : 0];

	if (map->npairs > 0)
		w2k_avro_append_integer(out, map->npairs);
	for (int i = 0; i < map->npairs; i++)
	{
		if (type->is_pairs)
			w2k_avro_append_value(writer, out, type->children[0],
								  &map->keys[i], column);
		else
			append_plain(writer, out, NULL, &map->keys[i], column);
		w2k_avro_append_value(writer, out, value, &map->values[i], column);
	}
	w2k_buffer_append_char(out, 0);
}

/* A value that is not null, without its branch. */
static void
append_plain(W2kWriter *writer, StringInfo out, const W2kAvroType *type,
			 W2kValue *value, W2kColumn *column)
{
	uint64 bits = 0;
	uint32 bits32;

	switch (value->kind)
	{
		case W2K_VALUE_FAILED:
		case W2K_VALUE_NULL:
			elog(ERROR, "unexpected null");
			break;
		case W2K_VALUE_BOOLEAN:
			w2k_buffer_append_char(out, value->u.boolean ? 1 : 0);
			break;
		case W2K_VALUE_INTEGER:
		case W2K_VALUE_CONNECT_DAYS:
		case W2K_VALUE_CONNECT_MILLIS:
			w2k_avro_append_integer(out, value->u.integer);
			break;
		case W2K_VALUE_FLOAT:
			memcpy(&bits32, &value->u.float4, sizeof(bits32));
			append_float(out, bits32, sizeof(bits32));
			break;
		case W2K_VALUE_DOUBLE:
			memcpy(&bits, &value->u.float8, sizeof(bits));
			append_float(out, bits, sizeof(bits));
			break;
		case W2K_VALUE_TEXT:
		case W2K_VALUE_ASCII:
		case W2K_VALUE_BYTES:
		case W2K_VALUE_DECIMAL:
			w2k_avro_append_bytes(out, value->data, value->len);
			break;
		case W2K_VALUE_VARIABLE_DECIMAL:
			w2k_avro_append_integer(out, value->scale);
			w2k_avro_append_bytes(out, value->data, value->len);
			break;
		case W2K_VALUE_ARRAY:
			append_array(writer, out, type, value->u.array, 0, column);
			break;
		case W2K_VALUE_MAP:
			append_map(writer, out, type, value->u.map, column);
			break;
		case W2K_VALUE_STRUCT:
			for (int i = 0; i < type->nchildren; i++)
				w2k_avro_append_value(writer, out, type->children[i],
									  &value->u.fields->items[i], column);
			break;
	}
}

void
w2k_avro_append_value(W2kWriter *writer, StringInfo out,
					  const W2kAvroType *type, W2kValue *value,
					  W2kColumn *column)
{
	if (unlikely(value->kind == W2K_VALUE_FAILED))
		w2k_envelope_resolve_failed(writer, column, value);
	if (unlikely(value->kind == W2K_VALUE_NULL))
	{
		append_null(out, type, column);
		return;
	}
	if (type->is_optional)
		w2k_buffer_append_char(out, type->branch);
	append_plain(writer, out, type, value, column);
}

/* ---- what transforms make ---- */

/* What is written for null: the schema's default, or null itself. */
static void
append_missing(W2kWriter *writer, StringInfo out, const W2kAvroType *type,
			   bool has_defaults)
{
	const W2kSchema *schema = type->schema;
	W2kValue value = {.kind = W2K_VALUE_NULL};

	/* source.snapshot is the only one that is not a column's */
	if (schema->default_text != NULL ? writer->options.has_null_snapshot
									 : !has_defaults)
		value.kind = W2K_VALUE_NULL;
	else if (!w2k_avroschema_read_default(schema, &value))
		value.kind = W2K_VALUE_NULL;
	w2k_avro_append_value(writer, out, type, &value,
						  unconstify(W2kColumn *, schema->default_column));
}

void
w2k_avro_append_node(W2kWriter *writer, StringInfo out,
					 const W2kAvroType *type, W2kNode *node, bool has_defaults)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (node == NULL)
	{
		append_missing(writer, out, type, has_defaults);
		return;
	}
	if (node->kind == W2K_NODE_SCALAR)
	{
		/* an array can be walked once, and this may not be the first time */
		if (node->value.kind == W2K_VALUE_ARRAY)
			*node->value.u.array = node->array;
		w2k_avro_append_value(writer, out, type, &node->value, node->column);
		return;
	}
	if (type->is_optional)
		w2k_buffer_append_char(out, type->branch);
	if (node->kind == W2K_NODE_STRUCT)
	{
		for (int i = 0; i < type->nchildren; i++)
			w2k_avro_append_node(writer, out, type->children[i],
								 node->items[i], has_defaults);
		return;
	}
	if (node->nitems > 0)
		w2k_avro_append_integer(out, node->nitems);
	for (int i = 0; i < node->nitems; i++)
		w2k_avro_append_node(writer, out, type->children[0], node->items[i],
							 has_defaults);
	w2k_buffer_append_char(out, 0);
}
