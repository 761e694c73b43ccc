/*
 * proto_test.c
 *		The generic envelope of proto/envelope.proto, as protoc-c made it:
 *		packed and unpacked, every kind of value comes back as it was.
 */
#include <stdlib.h>

#include "envelope.pb-c.h"

#include "tap.h"

/* A row of one field, packed into an envelope and back; caller frees. */
static Wal2kafka__V1__Envelope *
round_trip(Wal2kafka__V1__Value *value)
{
	Wal2kafka__V1__Field field = WAL2KAFKA__V1__FIELD__INIT;
	Wal2kafka__V1__Field *fields[] = {&field};
	Wal2kafka__V1__Row row = WAL2KAFKA__V1__ROW__INIT;
	Wal2kafka__V1__Envelope envelope = WAL2KAFKA__V1__ENVELOPE__INIT;
	Wal2kafka__V1__Envelope *back;
	uint8_t *bytes;
	size_t len;

	field.name = "c\xc3\xb6l";
	field.value = value;
	row.n_fields = 1;
	row.fields = fields;
	envelope.after = &row;
	envelope.op = WAL2KAFKA__V1__OPERATION__OPERATION_CREATE;
	envelope.ts_ns = INT64_C(1700000000123456789);
	len = wal2kafka__v1__envelope__get_packed_size(&envelope);
	bytes = malloc(len);
	wal2kafka__v1__envelope__pack(&envelope, bytes);
	back = wal2kafka__v1__envelope__unpack(NULL, len, bytes);
	free(bytes);
	return back;
}

static void
check_integer(int64_t number)
{
	Wal2kafka__V1__Value value = WAL2KAFKA__V1__VALUE__INIT;
	Wal2kafka__V1__Envelope *back;
	Wal2kafka__V1__Field *field;

	value.kind_case = WAL2KAFKA__V1__VALUE__KIND_INTEGER;
	value.integer = number;
	back = round_trip(&value);
	field = back->after->fields[0];
	is_text(field->name, "c\xc3\xb6l", "the column's name");
	is_number(field->value->kind_case, WAL2KAFKA__V1__VALUE__KIND_INTEGER,
			  "an integer is an integer");
	is_number(field->value->integer, number, "of the same value");
	is_number(back->op, WAL2KAFKA__V1__OPERATION__OPERATION_CREATE, "op");
	is_number(back->ts_ns, INT64_C(1700000000123456789), "ts_ns");
	ok(back->before == NULL, "no before image");
	wal2kafka__v1__envelope__free_unpacked(back, NULL);
}

static void
check_decimal(void)
{
	Wal2kafka__V1__Value value = WAL2KAFKA__V1__VALUE__INIT;
	Wal2kafka__V1__Decimal decimal = WAL2KAFKA__V1__DECIMAL__INIT;
	uint8_t unscaled[] = {0xff, 0x00};
	Wal2kafka__V1__Envelope *back;

	decimal.unscaled.data = unscaled;
	decimal.unscaled.len = sizeof(unscaled);
	decimal.scale = -2;
	value.kind_case = WAL2KAFKA__V1__VALUE__KIND_DECIMAL;
	value.decimal = &decimal;
	back = round_trip(&value);
	is_number(back->after->fields[0]->value->decimal->scale, -2,
			  "a negative scale");
	is_number(back->after->fields[0]->value->decimal->unscaled.len, 2,
			  "the unscaled value's length, zero byte included");
	wal2kafka__v1__envelope__free_unpacked(back, NULL);
}

static void
check_null_and_unavailable(void)
{
	Wal2kafka__V1__Value value = WAL2KAFKA__V1__VALUE__INIT;
	Wal2kafka__V1__Unavailable unavailable = WAL2KAFKA__V1__UNAVAILABLE__INIT;
	Wal2kafka__V1__Envelope *back = round_trip(NULL);

	ok(back->after->fields[0]->value == NULL, "NULL is a field without value");
	wal2kafka__v1__envelope__free_unpacked(back, NULL);

	value.kind_case = WAL2KAFKA__V1__VALUE__KIND_UNAVAILABLE;
	value.unavailable = &unavailable;
	back = round_trip(&value);
	is_number(back->after->fields[0]->value->kind_case,
			  WAL2KAFKA__V1__VALUE__KIND_UNAVAILABLE,
			  "unchanged TOAST is neither NULL nor a value");
	wal2kafka__v1__envelope__free_unpacked(back, NULL);
}

int
main(void)
{
	check_integer(0);
	check_integer(INT64_MIN);
	check_integer(INT64_MAX);
	check_decimal();
	check_null_and_unavailable();
	return done_testing();
}
