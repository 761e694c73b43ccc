/*
 * topic.c
 *		Names of topics, sanitized as Debezium does.
 *
 * Kafka allows letters, digits, '.', '_' and '-', and 249 of them.  What is
 * not allowed becomes '_', one for each UTF-16 unit, since that is what a
 * Java program counts: names must not depend on who wrote the topic.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "schema/topic.h"

#define MAX_TOPIC_LENGTH 249

static bool
is_topic_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		   (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* Appends a name in the server's encoding. */
static void
append_sanitized(StringInfo out, const char *name)
{
	char *utf8 = pg_server_to_any(name, strlen(name), PG_UTF8);

	for (const char *p = utf8; *p != '\0';)
	{
		int len = pg_utf_mblen((const unsigned char *) p);

		if (len == 1 && is_topic_char((unsigned char) *p))
			appendStringInfoChar(out, *p);
		else
			appendStringInfoString(out, len == 4 ? "__" : "_");

		/* a broken last character must not lead behind the end */
		while (len-- > 0 && *p != '\0')
			p++;
	}
}

/* Cut to what Kafka allows. */
static char *
finish(StringInfo topic)
{
	if (topic->len > MAX_TOPIC_LENGTH)
		topic->data[MAX_TOPIC_LENGTH] = '\0';
	if (strcmp(topic->data, ".") == 0 || strcmp(topic->data, "..") == 0)
		memset(topic->data, '_', strlen(topic->data));
	return topic->data;
}

char *
w2k_topic_for_messages(const char *prefix)
{
	StringInfoData topic;

	initStringInfo(&topic);
	append_sanitized(&topic, prefix);
	appendStringInfoString(&topic, ".message");
	return finish(&topic);
}

char *
w2k_topic_for_name(const char *prefix, const char *delimiter, const char *name)
{
	StringInfoData topic;

	initStringInfo(&topic);
	append_sanitized(&topic, prefix);
	append_sanitized(&topic, delimiter);
	append_sanitized(&topic, name);
	return finish(&topic);
}

char *
w2k_topic_for_table(const char *prefix, const char *delimiter,
					const char *schema, const char *table)
{
	StringInfoData topic;

	initStringInfo(&topic);
	append_sanitized(&topic, prefix);
	append_sanitized(&topic, delimiter);
	append_sanitized(&topic, schema);
	append_sanitized(&topic, delimiter);
	append_sanitized(&topic, table);
	return finish(&topic);
}
