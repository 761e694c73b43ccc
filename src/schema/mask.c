/*
 * mask.c
 *		How the values of a column are cut or hidden.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"

#include "config/rules.h"
#include "schema/mask.h"
#include "schema/source_type.h"

/*
 * What JDBC calls a character type, and nothing else: Debezium does not hide
 * the values of other types, even where they come out as text.
 */
static bool
is_character_type(const W2kType *type)
{
	switch (type->oid)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case CHAROID:
		case NAMEOID:
			return true;
		default:
			return type->logical == W2K_LOGICAL_ENUM;
	}
}

/* The declared length of a character type; -1 = none. */
static int
get_declared_length(const W2kType *type)
{
	if (type->oid == CHAROID)
		return 1;
	if ((type->oid == VARCHAROID || type->oid == BPCHAROID) &&
		type->typmod >= VARHDRSZ)
		return type->typmod - VARHDRSZ;
	return -1;
}

static char *
make_stars(int length)
{
	char *stars = palloc(length + 1);

	memset(stars, '*', length);
	stars[length] = '\0';
	return stars;
}

bool
w2k_mask_concerns(const struct W2kMaskRule *rule, const W2kType *type)
{
	int32 length;

	if (rule->kind != W2K_MASK_TRUNCATE)
		return true;
	length = w2k_source_type_length(type);
	return length < 0 || length > rule->length;
}

W2kMask *
w2k_mask_resolve(const struct W2kMaskRule *rule, const W2kType *type)
{
	W2kMask *mask;

	if (rule->kind == W2K_MASK_TRUNCATE ? type->element != NULL
										: !is_character_type(type))
		return NULL;

	mask = palloc0(sizeof(W2kMask));
	mask->length = rule->length;
	switch (rule->kind)
	{
		case W2K_MASK_TRUNCATE:
			mask->form = W2K_MASK_FORM_CUT;
			mask->is_bytes = type->logical == W2K_LOGICAL_BYTES;
			break;
		case W2K_MASK_STARS:
			mask->form = W2K_MASK_FORM_FIXED;
			mask->text = make_stars(rule->length);
			break;
		case W2K_MASK_HASH:
		case W2K_MASK_HASH_V2:
			mask->form = W2K_MASK_FORM_HASH;
			mask->length = get_declared_length(type);
			mask->is_serialized = rule->kind == W2K_MASK_HASH;
			mask->algorithm = rule->algorithm;
			mask->salt = pstrdup(pg_server_to_any(rule->salt,
												  (int) strlen(rule->salt),
												  PG_UTF8));
			mask->salt_len = (int) strlen(mask->salt);
			break;
	}
	return mask;
}
