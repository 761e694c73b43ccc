/*
 * options.c
 *		What a slot's reader asked for -> a decoding session.
 *
 * The options are the connector's properties, read through the same table
 * (config/properties); what is here turns them into the Writer and the rest.
 */
#include "postgres.h"

#include <time.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"

#include "config/rules.h"
#include "decode/options.h"
#include "decode/transaction.h"
#include "transform/chain.h"
#include "transform/tree.h"

/* Debezium's headers of context, in its order. */
#define CONTEXT_HEADER(name) "__debezium.context." name

/* "hex:" in front of a placeholder means that its bytes are spelled out. */
#define HEX_PREFIX "hex:"

static int
hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Octets as text: what is not UTF-8 becomes the replacement character. */
static void
append_as_text(StringInfo text, const char *bytes, int len)
{
	for (int i = 0; i < len;)
	{
		const unsigned char *p = (const unsigned char *) bytes + i;
		int char_len = pg_utf_mblen(p);

		if (char_len <= len - i && pg_utf8_islegal(p, char_len))
		{
			appendBinaryStringInfo(text, bytes + i, char_len);
			i += char_len;
		}
		else
		{
			appendStringInfoString(text, "\xEF\xBF\xBD");
			i++;
		}
	}
}

/* The octets that stand for unchanged TOAST values, and their text. */
static void
set_placeholder(W2kPlaceholder *placeholder, const char *said)
{
	StringInfoData bytes;
	StringInfoData text;

	initStringInfo(&bytes);
	initStringInfo(&text);
	if (strncmp(said, HEX_PREFIX, strlen(HEX_PREFIX)) == 0)
	{
		/* the property table has seen to it that there are pairs of digits */
		for (const char *p = said + strlen(HEX_PREFIX); *p != '\0'; p += 2)
			appendStringInfoChar(&bytes, (char) (hex_digit(p[0]) << 4 |
												 hex_digit(p[1])));
	}
	else
		appendStringInfoString(&bytes,
							   pg_server_to_any(said, (int) strlen(said),
												PG_UTF8));
	append_as_text(&text, bytes.data, bytes.len);

	placeholder->bytes = bytes.data;
	placeholder->len = bytes.len;
	placeholder->text = text.data;
	placeholder->text_len = text.len;
}

/* What a failing conversion does, in the encoder's words. */
static W2kOnUnconvertible
on_unconvertible(W2kFailureMode mode)
{
	switch (mode)
	{
		case W2K_FAILURE_FAIL:
			return W2K_UNCONVERTIBLE_FAIL;
		case W2K_FAILURE_WARN:
			return W2K_UNCONVERTIBLE_WARN;
		case W2K_FAILURE_SKIP:
			return W2K_UNCONVERTIBLE_SKIP;
	}
	return W2K_UNCONVERTIBLE_FAIL; /* keep compiler quiet */
}

/* What keys or values are asked for, in the encoder's words. */
static W2kSideOptions
side_options(const W2kConverterConfig *converter)
{
	W2kSideOptions side = {0};

	side.format = converter->format;
	side.has_schemas = converter->has_schemas;
	side.schema = converter->schema;
	side.has_numeric_decimals = converter->has_numeric_decimals != 0;
	side.replaces_nulls = converter->null_default == W2K_NULL_REPLACED;
	return side;
}

void
w2k_options_create_writers(W2kWriters *writers, const W2kConnectorConfig *conf,
						   bool ascii_only)
{
	W2kWriterOptions options = {0};

	options.version = W2K_VERSION;
	options.prefix = conf->topic_prefix;
	options.connector = conf->connector;
	options.key = side_options(&conf->key_converter);
	options.value = side_options(&conf->value_converter);
	options.has_null_snapshot = conf->value_converter.null_default ==
								W2K_NULL_KEPT;
	/* SimpleHeaderConverter knows no such option, and prints defaults */
	options.has_header_defaults = conf->key_converter.null_default !=
								  W2K_NULL_UNSAID;
	options.missing_as_null = conf->before_unknown_as_null;
	options.on_unconvertible = on_unconvertible(conf->converting_failure);
	options.ascii_only = ascii_only;
	options.binary = w2k_types_logical(BYTEAOID, &conf->modes);
	set_placeholder(&options.placeholder, conf->unavailable_value_placeholder);

	w2k_writers_create(writers, &options);
}

static void
init_writers(W2kSession *session, const char *connector)
{
	bool is_text = session->conf->framing == W2K_FRAMING_TEXT;
	/* lines of text are in the server's encoding, frames never are */
	bool ascii_only = is_text && GetDatabaseEncoding() != PG_UTF8;

	w2k_options_create_writers(&session->writers, session->conf, ascii_only);
	session->records = w2k_record_create_writer(is_text, ascii_only, connector);
	session->records->references = session->writers.references;
}

static void
init_transforms(W2kSession *session)
{
	const W2kConnectorConfig *conf = session->conf;

	session->chain = w2k_chain_create(conf);
	if (session->chain != NULL || conf->include_schema_changes)
		session->tree = w2k_tree_create(&session->writers);
}

/* One for all records of tables. */
static void
add_context_header(W2kSession *session, const char *name, const char *value)
{
	w2k_record_add_context_header(session->records, name, value);
	if (session->tree != NULL)
		w2k_tree_add_context_header(session->tree, name, value);
}

static void
add_context_headers(W2kSession *session)
{
	W2kConnectorConfig *conf = session->conf;

	if (!conf->extended_headers)
		return;
	add_context_header(session, CONTEXT_HEADER("connectorLogicalName"),
					   conf->topic_prefix);
	add_context_header(session, CONTEXT_HEADER("taskId"), "0");
	add_context_header(session, CONTEXT_HEADER("connectorName"), "postgresql");
	add_context_header(session, CONTEXT_HEADER("runId"),
					   conf->run_id != NULL ? conf->run_id
											: w2k_connector_make_run_id());
}

void
w2k_options_init_session(LogicalDecodingContext *ctx, W2kSession *session)
{
	const char *slot_name = NameStr(ctx->slot->data.name);
	W2kConnectorConfig *conf;

	conf = w2k_connector_parse_options(ctx->output_plugin_options, slot_name);
	session->conf = conf;
	session->filter = w2k_filter_compile(conf);
	session->relations = w2k_relation_create_cache(conf, session->filter,
												   w2k_rules_compile(conf),
												   conf->connector != NULL);
	init_writers(session,
				 conf->connector != NULL ? conf->connector : slot_name);
	init_transforms(session);
	add_context_headers(session);
	if (conf->provide_transaction_metadata)
		session->transaction = w2k_transaction_create(conf);
}
