/*
 * stored.c
 *		What columns store, for a format that writes that (W2kStored).
 *
 * Transforms read the value that another format would have: a topic's name, an
 * outbox's payload.
 */
#include "postgres.h"

#include "transform/stored.h"

/* Has a mask made something else of a value? */
static bool
is_masked(const W2kNode *node)
{
	if (node->column->mask == NULL)
		return false;
	switch (node->value.kind)
	{
		case W2K_VALUE_NULL:
		case W2K_VALUE_TEXT:
		case W2K_VALUE_ASCII:
		case W2K_VALUE_BYTES:
			return true;
		default:
			return false;
	}
}

static void
set_stored(W2kNode *node, const W2kRow *row)
{
	const W2kColumn *column = node->column;
	Datum datum = row->values[column->index];
	bool is_null = row->nulls[column->index];

	if (is_null && row->is_partial)
		node->stored = column->is_identity ? W2K_STORED_NULL
										   : W2K_STORED_UNKNOWN;
	else if (!is_null && w2k_envelope_is_unavailable(column, datum))
		node->stored = W2K_STORED_UNCHANGED;
	else if (!is_null && !is_masked(node))
	{
		node->stored = W2K_STORED_DATUM;
		node->datum = datum;
	}
}

W2kNode *
w2k_stored_read(W2kWriter *writer, W2kColumn *column, const W2kRow *row)
{
	const W2kWriterOptions *options = &writer->options;
	Datum datum = row->values[column->index];
	bool is_null = row->nulls[column->index];
	W2kNode *node;

	if (is_null && !row->is_partial && column->mask == NULL)
		return NULL;
	node = w2k_node_make_column(column);
	writer->column = column;
	if (column->mask != NULL)
		w2k_envelope_read_column(writer, column, row, &node->value);
	else if (is_null)
		w2k_envelope_read_missing(options, column, true, &node->value);
	else if (w2k_envelope_is_unavailable(column, datum))
		w2k_standin_unavailable(column->type, &options->placeholder,
								&node->value);
	else
		w2k_value_read(column->type, datum, &node->value);
	set_stored(node, row);
	if (node->value.kind == W2K_VALUE_ARRAY)
		node->array = *node->value.u.array;
	if (node->stored == W2K_STORED_NULL ||
		(node->stored == W2K_STORED_NOT && node->value.kind == W2K_VALUE_NULL))
		return NULL;
	return node;
}
