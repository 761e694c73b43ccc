/*
 * identity.c
 *		What tells a row from the others of its table, in the WAL and in the
 *		table alike.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "utils/rel.h"

#include "compat.h"
#include "decode/identity.h"

/* Is the key what identifies? */
static bool
is_key(const W2kRelation *wrel)
{
	return wrel->nkeys > 0 && !wrel->is_key_custom && wrel->is_key_in_identity;
}

bool
w2k_identity_is_row(const W2kRelation *wrel)
{
	return !is_key(wrel) && wrel->is_identity_full;
}

bool
w2k_identity_exists(W2kRelation *wrel, Relation relation)
{
	Bitmapset *attnums;
	int wanted;
	int found = 0;

	if (is_key(wrel) || wrel->is_identity_full)
		return true;
	attnums = RelationGetIndexAttrBitmap(relation,
										 INDEX_ATTR_BITMAP_IDENTITY_KEY);
	wanted = bms_num_members(attnums);
	bms_free(attnums);
	for (int i = 0; i < wrel->ncolumns; i++)
		found += wrel->columns[i].is_identity;
	return wanted > 0 && found == wanted;
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

		if (!uses_key && !wrel->is_identity_full && !column->is_identity)
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
