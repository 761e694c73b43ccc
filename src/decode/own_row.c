/*
 * own_row.c
 *		A new row of a table of ours.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/rel.h"

#include "compat.h"
#include "decode/own_row.h"

bool
w2k_own_row_read(W2kRelation *wrel, Relation relation,
				 ReorderBufferChange *change, ReorderBufferChangeType action)
{
	HeapTuple tuple = W2K_CHANGE_TUPLE(change->data.tp.newtuple);

	if (change->action != action || tuple == NULL)
		return false;
	heap_deform_tuple(tuple, RelationGetDescr(relation), wrel->new_values,
					  wrel->new_nulls);
	return true;
}

const W2kColumn *
w2k_own_row_get(const W2kRelation *wrel, const char *name, Datum *datum)
{
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		const W2kColumn *column = &wrel->columns[i];

		if (strcmp(column->name, name) != 0)
			continue;
		*datum = wrel->new_values[column->index];
		return wrel->new_nulls[column->index] ? NULL : column;
	}
	return NULL;
}

bool
w2k_own_row_get_value(const W2kRelation *wrel, const char *name,
					  W2kValue *value)
{
	Datum datum;
	const W2kColumn *column = w2k_own_row_get(wrel, name, &datum);

	if (column != NULL)
		w2k_value_read(column->type, datum, value);
	return column != NULL;
}

bool
w2k_own_row_is_for_us(const W2kSession *session, const W2kRelation *wrel,
					  const char *name)
{
	const char *connector = session->conf->connector;
	W2kValue value;

	return w2k_own_row_get_value(wrel, name, &value) &&
		   value.len == (int) strlen(connector) &&
		   memcmp(value.data, connector, value.len) == 0;
}
