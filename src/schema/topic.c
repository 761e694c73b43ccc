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

#include "config/connector.h"
#include "config/javaregex.h"
#include "schema/topic.h"

#define MAX_TOPIC_LENGTH 249

static bool
is_topic_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		   (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* A UTF-16 unit as the Unicode naming strategies spell it. */
static void
append_unit(StringInfo out, unsigned int unit)
{
	appendStringInfo(out, "_u%04x", unit);
}

/*
 * Appends a name in the server's encoding.  What is not allowed becomes '_',
 * or its code where the strategy spells it out; then '_' itself does, too.
 */
static void
append_sanitized(StringInfo out, const char *name, bool is_spelled_out)
{
	char *utf8 = pg_server_to_any(name, strlen(name), PG_UTF8);

	for (const char *p = utf8; *p != '\0';)
	{
		int len = pg_utf_mblen((const unsigned char *) p);
		pg_wchar code;

		if (len == 1 && is_topic_char((unsigned char) *p) &&
			!(is_spelled_out && *p == '_'))
			appendStringInfoChar(out, *p);
		else if (!is_spelled_out)
			appendStringInfoString(out, len == 4 ? "__" : "_");
		else if ((code = utf8_to_unicode((const unsigned char *) p)) < 0x10000)
			append_unit(out, code);
		else
		{
			append_unit(out, 0xD800 + ((code - 0x10000) >> 10));
			append_unit(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
		}

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
	append_sanitized(&topic, prefix, false);
	appendStringInfoString(&topic, ".message");
	return finish(&topic);
}

char *
w2k_topic_for_name(const char *prefix, const char *delimiter, const char *name)
{
	StringInfoData topic;

	initStringInfo(&topic);
	append_sanitized(&topic, prefix, false);
	append_sanitized(&topic, delimiter, false);
	append_sanitized(&topic, name, false);
	return finish(&topic);
}

W2kTopicNaming *
w2k_topic_create_naming(const W2kConnectorConfig *conf)
{
	W2kTopicNaming *naming = palloc0(sizeof(W2kTopicNaming));

	naming->conf = conf;
	if (conf->topic_naming != W2K_NAMING_SCHEMA_REGEX &&
		conf->topic_naming != W2K_NAMING_TABLE_REGEX)
		return naming;
	naming->regex = w2k_javaregex_compile(conf->topic_regex,
										  conf->topic_replacement);
	if (conf->topic_key_unique)
		naming->key_field = conf->topic_key_field;
	if (conf->topic_key_regex != NULL)
		naming->key_regex = w2k_javaregex_compile(conf->topic_key_regex,
												  conf->topic_key_replacement);
	return naming;
}

/* Is the schema a part of the names? */
static bool
has_schema(const W2kConnectorConfig *conf)
{
	return conf->topic_naming == W2K_NAMING_SCHEMA ||
		   conf->topic_naming == W2K_NAMING_SCHEMA_UNICODE ||
		   conf->topic_naming == W2K_NAMING_SCHEMA_REGEX;
}

char *
w2k_topic_for_table(const W2kTopicNaming *naming, const char *schema,
					const char *table)
{
	const W2kConnectorConfig *conf = naming->conf;
	bool is_spelled_out = conf->topic_naming == W2K_NAMING_SCHEMA_UNICODE ||
						  conf->topic_naming == W2K_NAMING_TABLE_UNICODE;
	StringInfoData topic;
	char *replaced = NULL;

	initStringInfo(&topic);
	append_sanitized(&topic, conf->topic_prefix, is_spelled_out);
	append_sanitized(&topic, conf->topic_delimiter, is_spelled_out);
	if (has_schema(conf))
	{
		append_sanitized(&topic, schema, is_spelled_out);
		append_sanitized(&topic, conf->topic_delimiter, is_spelled_out);
	}
	append_sanitized(&topic, table, is_spelled_out);
	if (naming->regex != NULL)
		replaced = w2k_javaregex_replace(naming->regex, topic.data);
	/* one that does not match is kept, as is one that nothing is left of */
	if (replaced != NULL && replaced[0] != '\0')
	{
		resetStringInfo(&topic);
		appendStringInfoString(&topic, replaced);
	}
	return finish(&topic);
}

char *
w2k_topic_key_text(const W2kTopicNaming *naming, const char *schema,
				   const char *table)
{
	const W2kConnectorConfig *conf = naming->conf;
	const char *delimiter = conf->topic_delimiter;
	bool is_long = has_schema(conf);
	char *text = psprintf("%s%s%s%s%s", conf->topic_prefix, delimiter,
						  is_long ? schema : "", is_long ? delimiter : "",
						  table);
	char *replaced = NULL;

	if (naming->key_regex != NULL)
		replaced = w2k_javaregex_replace(naming->key_regex, text);
	return replaced != NULL ? replaced : text;
}
