/*
 * shape.c
 *		How deep a table's arrays are, for the schemas that must say so.
 */
#include "postgres.h"

#include "utils/array.h"

#include "encode/envelope.h"
#include "encode/shape.h"

static bool
is_array(const W2kColumn *column)
{
	return column->type->logical == W2K_LOGICAL_ARRAY;
}

bool
w2k_shape_has_arrays(const W2kRelation *wrel)
{
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		if (is_array(&wrel->columns[i]))
			return true;
	}
	return false;
}

/*
 * The dimensions of the array that a row holds in a column, 0 where it is
 * null or empty; *has_nulls becomes true where it has null elements.
 */
static int
look_at_array(const W2kColumn *column, const W2kRow *row, bool *has_nulls)
{
	ArrayType *array;

	if (row == NULL || row->nulls[column->index])
		return 0;
	if (w2k_envelope_is_unavailable(column, row->values[column->index]))
		return 1; /* its placeholder */
	array = DatumGetArrayTypeP(row->values[column->index]);
	*has_nulls = *has_nulls || array_contains_nulls(array);
	return ARR_NDIM(array);
}

/* Makes a column's shape fit the arrays of a change; true where it did not. */
static bool
fit_column(W2kColumn *column, const W2kRow *before, const W2kRow *after)
{
	bool has_nulls = column->has_null_elements;
	int before_ndims = look_at_array(column, before, &has_nulls);
	int ndims = look_at_array(column, after, &has_nulls);

	if (ndims == 0)
		ndims = before_ndims > 0 ? before_ndims : column->ndims;
	if (before_ndims == 0)
		before_ndims = ndims;
	if (ndims == column->ndims && before_ndims == column->before_ndims &&
		has_nulls == column->has_null_elements)
		return false;
	column->ndims = ndims;
	column->before_ndims = before_ndims;
	column->has_null_elements = has_nulls;
	return true;
}

void
w2k_shape_adapt(const W2kRelation *wrel, const W2kRow *before,
				const W2kRow *after)
{
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		W2kColumn *column = &wrel->columns[i];

		/* those that are not captured are the key's alone */
		if (column->is_captured && is_array(column) &&
			fit_column(column, before, after))
			(*wrel->shape_version)++;
	}
	for (int i = 0; i < wrel->nkeys; i++)
	{
		if (is_array(wrel->keys[i]) && fit_column(wrel->keys[i], before, after))
			(*wrel->shape_version)++;
	}
}
