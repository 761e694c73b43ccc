/*
 * protoenum.c
 *		The enums of proto/envelope.proto whose values Debezium has as text.
 */
#include "postgres.h"

#include "encode/protoenum.h"

#define MAX_VALUES 7

/* By their numbers; an empty text stands for no value. */
static const char *const values[][MAX_VALUES] = {
	[W2K_PROTOENUM_OPERATION] = {"", "r", "c", "u", "d", "t", "m"},
	[W2K_PROTOENUM_SNAPSHOT] = {"false", "true", "first",
								"first_in_data_collection",
								"last_in_data_collection", "last",
								"incremental"},
	[W2K_PROTOENUM_STATUS] = {"", "BEGIN", "END"},
	[W2K_PROTOENUM_CHANGE] = {"", "CREATE", "ALTER", "DROP"},
};

int
w2k_protoenum_find(W2kProtoEnum kind, const char *text, int len)
{
	for (int i = 0; i < MAX_VALUES && values[kind][i] != NULL; i++)
	{
		const char *value = values[kind][i];

		/* most are told apart by their first letter */
		if (len > 0 && value[0] == text[0] && (int) strlen(value) == len &&
			memcmp(value, text, len) == 0)
			return i;
	}
	return -1;
}

int
w2k_protoenum_get(W2kProtoEnum kind, const char *text)
{
	int number = w2k_protoenum_find(kind, text, (int) strlen(text));

	if (number < 0)
		elog(ERROR, "unexpected value \"%s\" of an enum", text);
	return number;
}
