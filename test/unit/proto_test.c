/*
 * proto_test.c
 *		What the server writes with format=protobuf, through protobuf-c's code
 *		of proto/envelope.proto: unpacked and packed again it is the same bytes.
 *
 *			proto_test [FILE]
 *
 * Each line of the file is a message's name and its bytes in hexadecimal.
 * proto_samples.txt was saved from a server by test/kafka/formats.py, which
 * also runs this with all it reads.
 */
#include <stdlib.h>

#include "envelope.pb-c.h"

#include "tap.h"

#define MAX_MESSAGE 1000000

static const ProtobufCMessageDescriptor *
find_message(const char *name)
{
	static const ProtobufCMessageDescriptor *const messages[] = {
		&wal2kafka__v1__envelope__descriptor,
		&wal2kafka__v1__key__descriptor,
		&wal2kafka__v1__transaction_boundary__descriptor,
		&wal2kafka__v1__heartbeat__descriptor,
		&wal2kafka__v1__notification__descriptor,
		&wal2kafka__v1__schema_change__descriptor,
	};

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
	{
		if (strcmp(messages[i]->short_name, name) == 0)
			return messages[i];
	}
	return NULL;
}

/* Fields that the file does not have would be kept, and packed again. */
static bool
has_unknown_fields(const ProtobufCMessage *message)
{
	return message->n_unknown_fields > 0;
}

static void
check_message(int line, const char *name, const uint8_t *bytes, size_t len)
{
	const ProtobufCMessageDescriptor *type = find_message(name);
	static uint8_t packed[MAX_MESSAGE];
	ProtobufCMessage *message;
	size_t packed_len;

	if (!ok(type != NULL, "line %d: there is a message %s", line, name))
		return;
	message = protobuf_c_message_unpack(type, NULL, len, bytes);
	if (!ok(message != NULL, "line %d: a %s of %zu bytes", line, name, len))
		return;
	ok(!has_unknown_fields(message), "line %d: all its fields are known", line);
	packed_len = protobuf_c_message_get_packed_size(message);
	ok(packed_len == len && protobuf_c_message_pack(message, packed) == len &&
		   memcmp(packed, bytes, len) == 0,
	   "line %d: packed again it is the same", line);
	protobuf_c_message_free_unpacked(message, NULL);
}

/* Reads pairs of hexadecimal digits; returns how many. */
static size_t
read_hex(const char *text, uint8_t *bytes)
{
	size_t len = 0;
	unsigned int byte;

	while (len < MAX_MESSAGE && sscanf(text, "%2x", &byte) == 1)
	{
		bytes[len++] = (uint8_t) byte;
		text += 2;
	}
	return len;
}

int
main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "proto_samples.txt";
	static char text[2 * MAX_MESSAGE + 100];
	static uint8_t bytes[MAX_MESSAGE];
	FILE *file = fopen(path, "r");
	int line = 0;

	if (!ok(file != NULL, "%s can be read", path))
		return done_testing();
	while (fgets(text, sizeof(text), file) != NULL)
	{
		char *hex = strchr(text, ' ');

		line++;
		if (!ok(hex != NULL, "line %d has two parts", line))
			continue;
		*hex++ = '\0';
		check_message(line, text, bytes, read_hex(hex, bytes));
	}
	ok(line > 0, "there are lines");
	fclose(file);
	return done_testing();
}
