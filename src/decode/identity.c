/*
 * identity.c
 *		What tells a row from the others of its table, in the WAL and in the
 *		table alike.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "common/hashfn.h"

#include "compat.h"
#include "decode/identity.h"

/* Is the key what identifies?  Not one of a unique index that was chosen: that
 * may have NULLs, or a predicate. */
static bool
is_key(const W2kRelation *wrel)
{
	return wrel->nkeys > 0 && !wrel->is_key_custom && !wrel->has_chosen_key &&
		   wrel->is_key_in_identity;
}

/* Does a column that is not (only) part of the key belong to the identity? */
static bool
belongs(const W2kRelation *wrel, const W2kColumn *column)
{
	return wrel->is_identity_full || column->is_identity;
}

/* Is every column of the replica identity one that we read? */
static bool
is_whole(const W2kRelation *wrel)
{
	int found = 0;

	for (int i = 0; i < wrel->ncolumns; i++)
		found += wrel->columns[i].is_identity;
	return found > 0 && found == wrel->nidentity;
}

bool
w2k_identity_is_shared(const W2kRelation *wrel)
{
	return !is_key(wrel) && (wrel->is_identity_full || !is_whole(wrel));
}

uint32
w2k_identity_shape(const W2kRelation *wrel)
{
	bool uses_key = is_key(wrel);
	int count = uses_key ? wrel->nkeys : wrel->ncolumns;
	uint32 shape = uses_key ? 1 : 2;

	for (int i = 0; i < count; i++)
	{
		const W2kColumn *column = uses_key ? wrel->keys[i] : &wrel->columns[i];

		if (!uses_key && !belongs(wrel, column))
			continue;
		shape = hash_combine(shape, murmurhash32((uint32) column->index));
		shape = hash_combine(shape, murmurhash32(column->type->oid));
	}
	return shape;
}

static bool
append_value(StringInfo out, const W2kColumn *column, const W2kRow *row)
{
	Datum value = row->values[column->index];
	bool is_null = row->nulls[column->index];
	const W2kType *type = column->type;

	appendStringInfoChar(out, is_null ? 'n' : 'v');
	if (is_null)
		return true;
	if (type->typbyval)
		appendBinaryStringInfo(out, (const char *) &value, sizeof(value));
	else if (type->typlen > 0)
		appendBinaryStringInfo(out, DatumGetPointer(value), type->typlen);
	else if (type->typlen == -2)
		appendBinaryStringInfo(out, DatumGetCString(value),
							   (int) strlen(DatumGetCString(value)) + 1);
	else
	{
		struct varlena *plain;
		uint32 len;

		if (VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value)))
			return false;
		plain = pg_detoast_datum_packed(
			(struct varlena *) DatumGetPointer(value));
		len = (uint32) VARSIZE_ANY_EXHDR(plain);
		appendBinaryStringInfo(out, (const char *) &len, sizeof(len));
		appendBinaryStringInfo(out, VARDATA_ANY(plain), (int) len);
		if ((Pointer) plain != DatumGetPointer(value))
			pfree(plain);
	}
	return true;
}

bool
w2k_identity_append(StringInfo out, const W2kRelation *wrel, const W2kRow *row)
{
	bool uses_key = is_key(wrel);
	int count = uses_key ? wrel->nkeys : wrel->ncolumns;
	int start = out->len;

	for (int i = 0; i < count; i++)
	{
		const W2kColumn *column = uses_key ? wrel->keys[i] : &wrel->columns[i];

		if (!uses_key && !belongs(wrel, column))
			continue;
		if (!append_value(out, column, row))
		{
			out->len = start;
			out->data[start] = '\0';
			return false;
		}
	}
	return true;
}
