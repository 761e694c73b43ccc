/*
 * standin.c
 *		What stands in where there is no value.
 */
#include "postgres.h"

#include "common/md5.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "encode/decimal.h"
#include "encode/extension.h"
#include "encode/geometry.h"
#include "encode/standin.h"
#include "encode/temporal.h"

static void
set_integer(W2kValue *value, int64 integer)
{
	value->kind = W2K_VALUE_INTEGER;
	value->u.integer = integer;
}

static void
set_bytes(W2kValue *value, const char *data, int len)
{
	value->kind = W2K_VALUE_BYTES;
	value->data = data;
	value->len = len;
}

static void
set_text(W2kValue *value, const W2kPlaceholder *placeholder)
{
	value->kind = W2K_VALUE_TEXT;
	value->data = placeholder->text;
	value->len = placeholder->text_len;
}

/* The name-based (version 3) UUID of some bytes, as text. */
static void
set_name_uuid(W2kValue *value, const char *bytes, int len)
{
	pg_uuid_t *uuid = palloc(sizeof(pg_uuid_t));
	const char *error = NULL;

	if (!pg_md5_binary(bytes, len, uuid->data, &error))
		elog(ERROR, "could not compute MD5: %s", error);
	uuid->data[6] = (uuid->data[6] & 0x0f) | 0x30;
	uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80;
	w2k_value_readers[W2K_LOGICAL_UUID](NULL, UUIDPGetDatum(uuid), value);
	value->data = pnstrdup(value->data, value->len);
}

/* What an hstore would be that holds the placeholder under itself. */
static void
set_pair(const W2kType *type, const W2kPlaceholder *placeholder,
		 W2kValue *value)
{
	W2kMap *map;

	if (type->logical != W2K_LOGICAL_HSTORE_MAP)
	{
		w2k_extension_set_pair(value, placeholder->text, placeholder->text_len);
		return;
	}
	map = w2k_value_set_map(value, true, 1);
	set_text(&map->keys[0], placeholder);
	set_text(&map->values[0], placeholder);
}

void
w2k_standin_unavailable(const W2kType *type, const W2kPlaceholder *placeholder,
						W2kValue *value)
{
	W2kUnavailable form = type->def->unavailable;
	W2kValue *items;

	if (type->element != NULL)
		form = type->element->def->array_unavailable;

	switch (form)
	{
		case W2K_UNAVAILABLE_NULL:
			value->kind = W2K_VALUE_NULL;
			break;
		case W2K_UNAVAILABLE_UNKNOWN:
			value->kind = W2K_VALUE_FAILED;
			value->data = "an unchanged TOAST value of this type has no "
						  "placeholder";
			break;
		case W2K_UNAVAILABLE_TEXT:
			set_text(value, placeholder);
			break;
		case W2K_UNAVAILABLE_BYTES:
			set_bytes(value, placeholder->bytes, placeholder->len);
			break;
		case W2K_UNAVAILABLE_PAIR:
			set_pair(type, placeholder, value);
			break;
		case W2K_UNAVAILABLE_ELEMENT:
			items = w2k_value_set_array(value, 1);
			w2k_standin_unavailable(type->element, placeholder, &items[0]);
			break;
		case W2K_UNAVAILABLE_EACH_BYTE:
			items = w2k_value_set_array(value, placeholder->len);
			for (int i = 0; i < placeholder->len; i++)
				set_integer(&items[i], (signed char) placeholder->bytes[i]);
			break;
		case W2K_UNAVAILABLE_UUID:
			items = w2k_value_set_array(value, 1);
			set_name_uuid(&items[0], placeholder->bytes, placeholder->len);
			break;
	}
}

void
w2k_standin_fallback(const W2kType *type, W2kValue *value)
{
	/* the type modifier makes a boolean of it */
	if (type->logical == W2K_LOGICAL_BIT)
	{
		value->kind = W2K_VALUE_BOOLEAN;
		value->u.boolean = false;
		return;
	}

	switch (type->def->fallback)
	{
		case W2K_FALLBACK_TEXT:
			w2k_value_set_ascii(value, type->def->fallback_text != NULL
										   ? type->def->fallback_text
										   : "");
			break;
		case W2K_FALLBACK_FALSE:
			value->kind = W2K_VALUE_BOOLEAN;
			value->u.boolean = false;
			break;
		case W2K_FALLBACK_ZERO:
			set_integer(value, 0);
			break;
		case W2K_FALLBACK_FLOAT:
			if (type->logical == W2K_LOGICAL_FLOAT)
			{
				value->kind = W2K_VALUE_FLOAT;
				value->u.float4 = 0;
				break;
			}
			value->kind = W2K_VALUE_DOUBLE;
			value->u.float8 = 0;
			break;
		case W2K_FALLBACK_DECIMAL:
			value->kind = type->logical == W2K_LOGICAL_VARIABLE_DECIMAL
							  ? W2K_VALUE_VARIABLE_DECIMAL
							  : W2K_VALUE_DECIMAL;
			value->scale = type->scale;
			w2k_decimal_zero(value);
			break;
		case W2K_FALLBACK_ZEROES:
			w2k_value_set_ascii(value, psprintf("%.*f", type->scale, 0.0));
			break;
		case W2K_FALLBACK_BYTES:
			set_bytes(value, "", 0);
			break;
		case W2K_FALLBACK_EPOCH:
			w2k_temporal_epoch(type, value);
			break;
		case W2K_FALLBACK_SHAPE:
			w2k_geometry_fallback(type, value);
			break;
		case W2K_FALLBACK_MAP:
			(void) w2k_value_set_map(value, true, 0);
			break;
		case W2K_FALLBACK_SPARSE:
			(void) w2k_extension_set_sparsevec(type, value, 0, 0);
			break;
		case W2K_FALLBACK_ARRAY:
			(void) w2k_value_set_array(value, 0);
			break;
	}
}

void
w2k_standin_computed_default(const W2kType *type, W2kValue *value)
{
	/* 1970, but with its fraction, unlike the fallback */
	if (type->logical == W2K_LOGICAL_TIMESTAMPTZ)
		w2k_temporal_read_timestamptz(type,
									  TimestampTzGetDatum(SetEpochTimestamp()),
									  value);
	else if (type->logical == W2K_LOGICAL_DECIMAL_TEXT && type->precision == 0)
		w2k_value_set_ascii(value, "0.0");
	else if (type->def->computed_default != NULL)
		w2k_value_set_ascii(value, type->def->computed_default);
	else
		w2k_standin_fallback(type, value);
}
