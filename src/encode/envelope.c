/*
 * envelope.c
 *		Debezium's change event, walked once for every format.
 */
#include "postgres.h"

#include "compat.h"
#include "encode/envelope.h"
#include "encode/mask.h"

void
w2k_envelope_write_value(W2kWriter *writer, StringInfo out,
						 const W2kEvent *event)
{
	writer->before(writer, out, event);
	writer->after(writer, out, event);
	writer->column = NULL;
	writer->source(writer, out, event);
	writer->end(writer, out, event);
}

bool
w2k_envelope_is_unavailable(const W2kColumn *column, Datum datum)
{
	return column->is_varlena &&
		   VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(datum));
}

bool
w2k_envelope_read_default(const W2kColumn *column, W2kValue *value)
{
	if (column->has_constant_default)
		w2k_value_read(column->type, column->default_value, value);
	else if (column->has_computed_default)
		w2k_standin_computed_default(column->type, value);
	else
		return false;
	return value->kind != W2K_VALUE_FAILED;
}

void
w2k_envelope_read_missing(const W2kWriterOptions *options,
						  const W2kColumn *column, bool is_partial,
						  W2kValue *value)
{
	/* Debezium has no fallback for a column of keys alone. */
	if (!is_partial || !column->is_not_null || !column->is_captured ||
		options->missing_as_null)
		value->kind = W2K_VALUE_NULL;
	else if (!w2k_envelope_read_default(column, value))
		w2k_standin_fallback(column->type, value);
}

void
w2k_envelope_resolve_failed(W2kWriter *writer, W2kColumn *column,
							W2kValue *value)
{
	const char *reason = value->data;

	switch (writer->options.on_unconvertible)
	{
		case W2K_UNCONVERTIBLE_FAIL:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("could not convert a value of column \"%s\"",
							column->name),
					 errdetail("Reason: %s.", reason),
					 errhint("Set event.converting.failure.handling.mode to "
							 "\"warn\" to send null instead.")));
			break;
		case W2K_UNCONVERTIBLE_WARN:
			if (!column->has_warned)
				ereport(WARNING,
						(errmsg("sending null for a value of column \"%s\" "
								"that could not be converted",
								column->name),
						 errdetail("Reason: %s.  This is said once for a "
								   "column.",
								   reason)));
			column->has_warned = true;
			break;
		case W2K_UNCONVERTIBLE_SKIP:
			break;
	}
	value->kind = W2K_VALUE_NULL;
}

void
w2k_envelope_read_column(W2kWriter *writer, W2kColumn *column,
						 const W2kRow *row, W2kValue *value)
{
	const W2kWriterOptions *options = &writer->options;
	bool is_unavailable = false;

	writer->column = column;
	if (row->nulls[column->index])
		w2k_envelope_read_missing(options, column, row->is_partial, value);
	else if (w2k_envelope_is_unavailable(column, row->values[column->index]))
	{
		w2k_standin_unavailable(column->type, &options->placeholder, value);
		is_unavailable = true;
	}
	else
		w2k_value_read(column->type, row->values[column->index], value);

	if (value->kind == W2K_VALUE_FAILED)
		w2k_envelope_resolve_failed(writer, column, value);
	/* Debezium cuts a placeholder that is text, and none that is bytes */
	if (column->mask != NULL &&
		!(is_unavailable && value->kind == W2K_VALUE_BYTES))
		w2k_mask_apply(column->mask, value);
}
