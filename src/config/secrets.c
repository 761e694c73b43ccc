/*
 * secrets.c
 *		Which values are secret, and where they come from.
 */
#include "postgres.h"

#include <sys/stat.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "storage/fd.h"
#include "utils/builtins.h"

#include "config/connector.h"
#include "config/jaas.h"
#include "config/kafka.h"
#include "config/properties.h"
#include "config/secrets.h"

#define SALT_INFIX ".with.salt."
#define CLIENT_PREFIX "producer.override."
#define CONSUMER_PREFIX "signal.consumer."
/* What stands in front of the latter's settings. */
#define CONSUMER_SETTING_PREFIX "w2k.signal.consumer."
#define JAAS "sasl.jaas.config"

/* A properties file is small; another file is a mistake. */
#define MAX_FILE_BYTES (1024 * 1024)

/* A ${provider:path:key} or ${provider:key}: pointers into the value. */
typedef struct Reference
{
	const char *start, *end; /* with ${ and } */
	const char *provider;
	int provider_len;
	const char *path; /* NULL = none */
	int path_len;
	const char *key;
	int key_len;
} Reference;

/*
 * Finds the next reference at or behind value, as Connect does: a brace that
 * holds a colon.  False when there is none.
 */
static bool
find_reference(const char *value, Reference *ref)
{
	const char *start;

	for (start = strstr(value, "${"); start != NULL;
		 start = strstr(start + 2, "${"))
	{
		const char *end = strchr(start, '}');
		const char *colon;

		if (end == NULL)
			return false;
		colon = memchr(start, ':', end - start);
		if (colon == NULL)
			continue;
		ref->start = start;
		ref->end = end + 1;
		ref->provider = start + 2;
		ref->provider_len = colon - ref->provider;
		ref->key = colon + 1;
		ref->path = NULL;
		ref->path_len = 0;
		colon = memchr(ref->key, ':', end - ref->key);
		if (colon != NULL)
		{
			ref->path = ref->key;
			ref->path_len = colon - ref->path;
			ref->key = colon + 1;
		}
		ref->key_len = end - ref->key;
		return true;
	}
	return false;
}

static bool
is_provider(const Reference *ref, const char *name)
{
	return ref->provider_len == (int) strlen(name) &&
		   strncmp(ref->provider, name, ref->provider_len) == 0;
}

bool
w2k_secrets_has_reference(const char *value)
{
	Reference ref;

	return find_reference(value, &ref);
}

const char *
w2k_secrets_reference_problem(const char *value)
{
	Reference ref;

	for (; find_reference(value, &ref); value = ref.end)
	{
		if (is_provider(&ref, "file"))
		{
			if (ref.path == NULL || ref.path[0] != '/' || ref.key_len == 0)
				return "A value from a file is written as ${file:/path:key}.";
		}
		else if (is_provider(&ref, "env"))
		{
			if (ref.path != NULL || ref.key_len == 0)
				return "A value from the environment is written as ${env:NAME}.";
		}
		else
			return "Values can come from ${file:/path:key} and ${env:NAME}.";
	}
	return NULL;
}

/* Does name contain part, whatever the case? */
static bool
name_has(const char *name, const char *part)
{
	size_t len = strlen(part);

	for (; *name != '\0'; name++)
	{
		if (pg_strncasecmp(name, part, len) == 0)
			return true;
	}
	return false;
}

/* Is there a password in a URL, as in http://user:password@host? */
static bool
has_url_password(const char *value)
{
	const char *p = value;

	while ((p = strstr(p, "://")) != NULL)
	{
		size_t len;

		p += 3;
		len = strcspn(p, "/?#, \t\n");
		if (memchr(p, '@', len) != NULL && memchr(p, ':', len) != NULL &&
			(char *) memchr(p, ':', len) < (char *) memchr(p, '@', len))
			return true;
	}
	return false;
}

/* The Kafka client's name of a property, or NULL. */
static const char *
find_client_name(const char *property)
{
	static const char *const prefixes[] = {CLIENT_PREFIX, CONSUMER_PREFIX,
										   "schema.registry.",
										   "key.converter.schema.registry.",
										   "value.converter.schema.registry."};

	for (size_t i = 0; i < lengthof(prefixes); i++)
	{
		if (strncmp(property, prefixes[i], strlen(prefixes[i])) == 0)
			return property + strlen(prefixes[i]);
	}
	return NULL;
}

bool
w2k_secrets_is_secret(const char *property, const char *value)
{
	static const char *const parts[] = {
		"password",	   "passwd",	  "passphrase",		  "secret",
		"token",	   "credential",  "sasl.jaas.config", "auth.user.info",
		"private.key", "ssl.key.pem", "keystore.key",	  "api.key",
		"access.key",  "apikey",	  "connectionstring", "connection.string",
		"with.salt.",
	};
	const W2kProperty *prop = w2k_properties_find(property);
	const char *client_name = find_client_name(property);
	Reference ref;
	int i;

	/* where it comes from is no secret */
	if (value != NULL && find_reference(value, &ref) && ref.start == value &&
		*ref.end == '\0')
		return false;
	if (value != NULL && has_url_password(value))
		return true;
	/* what the tables know, they know best */
	if (client_name != NULL && w2k_kafka_is_known(client_name))
		return w2k_kafka_is_secret(client_name);
	if (prop != NULL && ((prop->flags & W2K_PROP_SECRET) != 0 ||
						 prop->type == W2K_PROP_PASSWORD))
		return true;
	if (prop != NULL && (prop->flags & W2K_PROP_FAMILY) == 0)
		return false;
	for (i = 0; i < (int) lengthof(parts); i++)
	{
		if (name_has(property, parts[i]))
			return true;
	}
	return false;
}

/* The name of a property as it may be shown: a salt is part of some. */
static char *
mask_name(char *name)
{
	const W2kProperty *prop = w2k_properties_find(name);
	char *salt = strstr(name, SALT_INFIX);

	if (salt == NULL || prop == NULL || strstr(prop->name, "<salt>") == NULL)
		return name;
	return psprintf("%.*s%s", (int) (salt - name + strlen(SALT_INFIX)), name,
					W2K_MASK);
}

Jsonb *
w2k_connector_mask_secrets(JsonbContainer *config)
{
	JsonbParseState *state = NULL;
	JsonbValue *result = NULL;
	JsonbIterator *it = JsonbIteratorInit(config);
	JsonbIteratorToken token;
	JsonbValue v;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		char *name;
		char *value = NULL;

		if (token != WJB_KEY)
		{
			result = pushJsonbValue(&state, token,
									token < WJB_BEGIN_ARRAY ? &v : NULL);
			continue;
		}
		name = pnstrdup(v.val.string.val, v.val.string.len);
		v.val.string.val = mask_name(name);
		v.val.string.len = (int) strlen(v.val.string.val);
		result = pushJsonbValue(&state, WJB_KEY, &v);
		token = JsonbIteratorNext(&it, &v, true);
		Assert(token == WJB_VALUE);
		if (v.type == jbvString)
			value = pnstrdup(v.val.string.val, v.val.string.len);
		if (w2k_secrets_is_secret(name, value))
		{
			v.type = jbvString;
			v.val.string.val = W2K_MASK;
			v.val.string.len = strlen(W2K_MASK);
		}
		result = pushJsonbValue(&state, WJB_VALUE, &v);
	}
	return JsonbValueToJsonb(result);
}

/* A whole file, or an error that names it. */
static char *
read_file(const char *path)
{
	FILE *file;
	struct stat st;
	char *text;
	size_t nread;

	/* a pipe or a device could block for ever */
	if (stat(path, &st) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open secrets file \"%s\": %m", path)));
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("secrets file \"%s\" is not a regular file of at most 1 MB",
						path)));
	file = AllocateFile(path, PG_BINARY_R);
	if (file == NULL)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open secrets file \"%s\": %m", path)));
	text = palloc(MAX_FILE_BYTES + 1);
	nread = fread(text, 1, MAX_FILE_BYTES, file);
	if (ferror(file))
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read secrets file \"%s\": %m", path)));
	FreeFile(file);
	text[nread] = '\0';
	return text;
}

/*
 * Reads the escape behind a backslash of a properties file into out; returns
 * the byte behind it.  A backslash at the end of a line continues it.
 */
static const char *
read_file_escape(const char *p, StringInfo out)
{
	char c = *p++;

	switch (c)
	{
		case '\0':
			return p - 1;
		case 't':
			appendStringInfoChar(out, '\t');
			return p;
		case 'n':
			appendStringInfoChar(out, '\n');
			return p;
		case 'r':
			appendStringInfoChar(out, '\r');
			return p;
		case 'f':
			appendStringInfoChar(out, '\f');
			return p;
		case 'u':
			if (strspn(p, "0123456789abcdefABCDEF") >= 4)
			{
				char digits[5] = {p[0], p[1], p[2], p[3], '\0'};
				unsigned char utf8[8] = {0};

				unicode_to_utf8((pg_wchar) strtoul(digits, NULL, 16), utf8);
				appendStringInfoString(out, (char *) utf8);
				return p + 4;
			}
			appendStringInfoChar(out, c);
			return p;
		case '\r':
			if (*p == '\n')
				p++;
			/* FALLTHROUGH */
		case '\n':
			return p + strspn(p, " \t\f");
		default:
			appendStringInfoChar(out, c);
			return p;
	}
}

/*
 * Reads one part of a line of a properties file into out: up to the
 * separator where it is the key, to the end of the line where not.
 */
static const char *
read_file_part(const char *p, bool is_key, StringInfo out)
{
	resetStringInfo(out);
	while (*p != '\0' && *p != '\n' && *p != '\r' &&
		   !(is_key && strchr("=: \t\f", *p) != NULL))
	{
		if (*p == '\\')
			p = read_file_escape(p + 1, out);
		else
			appendStringInfoChar(out, *p++);
	}
	return p;
}

/* The value of a key in a Java properties file, NULL where it has none. */
static char *
find_in_file(const char *text, const char *wanted)
{
	StringInfoData part;
	const char *p = text;
	char *value = NULL;

	initStringInfo(&part);
	while (*p != '\0')
	{
		bool is_wanted;

		p += strspn(p, " \t\f\r\n");
		if (*p == '#' || *p == '!')
		{
			p += strcspn(p, "\r\n");
			continue;
		}
		p = read_file_part(p, true, &part);
		is_wanted = part.len > 0 && strcmp(part.data, wanted) == 0;
		p += strspn(p, " \t\f");
		if (*p == '=' || *p == ':')
			p++;
		p += strspn(p, " \t\f");
		p = read_file_part(p, false, &part);
		if (is_wanted) /* the last one counts, as in Java */
			value = pstrdup(part.data);
	}
	return value;
}

/* What a reference stands for. */
static char *
resolve_reference(const Reference *ref)
{
	char *key = pnstrdup(ref->key, ref->key_len);
	char *path;
	char *value;

	if (is_provider(ref, "env"))
	{
		value = getenv(key);
		if (value == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("environment variable \"%s\" of a connector's configuration is not set",
							key),
					 errhint("It must be set where the server is started.")));
		return value;
	}
	path = pnstrdup(ref->path, ref->path_len);
	value = find_in_file(read_file(path), key);
	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("secrets file \"%s\" has no key \"%s\"", path, key)));
	return value;
}

/* Replaces the references of a value. */
static char *
resolve_value(const char *value)
{
	const char *hint = w2k_secrets_reference_problem(value);
	StringInfoData out;
	Reference ref;

	if (hint != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid reference in a connector's configuration"),
				 errhint("%s", hint)));
	initStringInfo(&out);
	for (; find_reference(value, &ref); value = ref.end)
	{
		appendBinaryStringInfo(&out, value, ref.start - value);
		appendStringInfoString(&out, resolve_reference(&ref));
	}
	appendStringInfoString(&out, value);
	return out.data;
}

/* Appends a setting to a list. */
static List *
add_setting(List *settings, const char *name, char *value, bool is_secret)
{
	W2kSenderSetting *setting = palloc(sizeof(W2kSenderSetting));

	setting->name = pstrdup(name);
	setting->value = value;
	setting->is_secret = is_secret;
	return lappend(settings, setting);
}

/* What stands before sasl.jaas.config in a setting's name; NULL: not it. */
static const char *
find_jaas_prefix(const char *name)
{
	static const char *const prefixes[] = {"", CONSUMER_SETTING_PREFIX,
										   "w2k.registry.key.",
										   "w2k.registry.value."};

	for (size_t i = 0; i < lengthof(prefixes); i++)
	{
		size_t len = strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], len) == 0 &&
			strcmp(name + len, JAAS) == 0)
			return prefixes[i];
	}
	return NULL;
}

List *
w2k_connector_resolve_settings(const List *settings)
{
	List *resolved = NIL;
	ListCell *lc;

	foreach(lc, settings)
	{
		const W2kSenderSetting *setting = (const W2kSenderSetting *) lfirst(lc);
		char *value = resolve_value(setting->value);
		const char *hint;
		W2kJaas jaas;
		const char *prefix = find_jaas_prefix(setting->name);

		if (prefix == NULL)
		{
			resolved = add_setting(resolved, setting->name, value,
								   setting->is_secret);
			continue;
		}
		hint = w2k_jaas_parse(value, &jaas);
		if (hint != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for connector property \"%s\"",
							prefix[0] == '\0' ? CLIENT_PREFIX JAAS
							: strcmp(prefix, CONSUMER_SETTING_PREFIX) == 0
								? CONSUMER_PREFIX JAAS
								: JAAS),
					 errhint("%s", hint)));
		resolved = add_setting(resolved, psprintf("%ssasl.username", prefix),
							   jaas.username, false);
		resolved = add_setting(resolved, psprintf("%ssasl.password", prefix),
							   jaas.password, true);
	}
	return resolved;
}
