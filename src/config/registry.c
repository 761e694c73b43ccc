/*
 * registry.c
 *		Settings of the schema registry's client, from a configuration.
 *
 * The rows of the property table have checked each value alone.  Here is what
 * takes more than one: whether there is a registry to talk to at all, who we
 * are to it, and TLS, whose properties are the Kafka client's (kafka.c).  A
 * property that would do nothing beside the others is refused, for somebody
 * meant something by it.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "config/kafka.h"
#include "config/registry.h"
#include "config/secrets.h"

/* A side that has a registry. */
typedef struct Side
{
	const char *name;		  /* "key" or "value" */
	const char *prefix;		  /* of properties of this side alone */
	const char *setting;	  /* of the sender's settings */
	const char *other_naming; /* the other side's, of no use here */
	W2kConverterConfig *conf;
} Side;

static bool
has_registry(const Side *side)
{
	return w2k_formats[side->conf->format].needs_registry;
}

static void
init_side(W2kPropertyParse *parse, Side *side, bool is_key)
{
	side->name = is_key ? "key" : "value";
	side->prefix = is_key ? "key.converter." : "value.converter.";
	side->setting = is_key ? "w2k.registry.key." : "w2k.registry.value.";
	side->other_naming = is_key ? "key.converter.value.subject.name.strategy"
								: "value.converter.key.subject.name.strategy";
	side->conf = is_key ? &parse->conf->key_converter
						: &parse->conf->value_converter;
}

/*
 * What was said of a property for this side, and under which name; NULL: not,
 * or nothing.
 */
static const char *
find_said(W2kPropertyParse *parse, const Side *side, const char *name,
		  const char **full_name)
{
	const char *value;

	*full_name = psprintf("%s%s", side->prefix, name);
	value = w2k_properties_said(parse, *full_name);
	if (value == NULL)
	{
		*full_name = name;
		value = w2k_properties_said(parse, name);
	}
	return value != NULL && value[0] != '\0' ? value : NULL;
}

static void
add_setting(W2kPropertyParse *parse, const Side *side, const char *name,
			const char *value, bool is_secret)
{
	W2kSenderSetting *setting = palloc(sizeof(W2kSenderSetting));

	setting->name = psprintf("%s%s", side->setting, name);
	setting->value = pstrdup(value);
	setting->is_secret = is_secret;
	parse->conf->sender_settings = lappend(parse->conf->sender_settings,
										   setting);
}

static W2kProblem *
add_problem(W2kPropertyParse *parse, const char *name, const char *message)
{
	const char *value = w2k_properties_said(parse, name);

	return w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						   name,
						   value == NULL ? NULL
										 : w2k_properties_show(name, value),
						   "connector property \"%s\" %s", name, message);
}

/* ---- subjects ---- */

static void
take_naming(W2kPropertyParse *parse, const Side *side)
{
	static const char *const strategies[] =
		{[W2K_SUBJECT_TOPIC] = "TopicNameStrategy",
		 [W2K_SUBJECT_RECORD] = "RecordNameStrategy",
		 [W2K_SUBJECT_TOPIC_RECORD] = "TopicRecordNameStrategy"};
	const char *name;
	const char *value =
		find_said(parse, side,
				  psprintf("%s.subject.name.strategy", side->name), &name);
	const char *class = value;

	if (value == NULL)
		return;
	if (strncmp(class, W2K_SUBJECT_PACKAGE, strlen(W2K_SUBJECT_PACKAGE)) == 0)
		class += strlen(W2K_SUBJECT_PACKAGE);
	for (int i = 0; i < (int) lengthof(strategies); i++)
	{
		if (strcmp(class, strategies[i]) != 0)
			continue;
		side->conf->schema.subject_strategy = (W2kSubjectStrategy) i;
		return;
	}
	if (!w2k_properties_has_problem(parse, name))
		w2k_properties_unsupported(parse, name, value)->hint =
			"Supported are TopicNameStrategy, RecordNameStrategy and TopicRecordNameStrategy of package io.confluent.kafka.serializers.subject.";
}

void
w2k_registry_take_naming(W2kPropertyParse *parse)
{
	Side side;

	for (int is_key = 0; is_key < 2; is_key++)
	{
		init_side(parse, &side, is_key == 1);
		take_naming(parse, &side);
	}
}

/* ---- where it is, and who we are ---- */

static bool
is_http(const char *url)
{
	return pg_strncasecmp(url, "http://", 7) == 0 ||
		   pg_strncasecmp(url, "https://", 8) == 0;
}

/* False when there is no use in looking at the rest. */
static bool
take_url(W2kPropertyParse *parse, const Side *side)
{
	const char *name;
	const char *value = find_said(parse, side, "schema.registry.url", &name);
	char *rest;
	char *url;

	if (value == NULL)
	{
		if (!w2k_properties_has_problem(parse, "schema.registry.url"))
			add_problem(parse, "schema.registry.url", "must be set")->hint =
				psprintf("Schemas of %ss are in a registry; set it, or \"%sschema.registry.url\".",
						 side->name, side->prefix);
		return false;
	}
	rest = pstrdup(value);
	while (!w2k_secrets_has_reference(value) &&
		   (url = strtok_r(rest, ", \t\n", &rest)) != NULL)
	{
		if (is_http(url))
			continue;
		if (!w2k_properties_has_problem(parse, name))
			w2k_properties_invalid(parse, name, value)->hint =
				"It must be a list of URLs that begin with http:// or https://.";
		return false;
	}
	add_setting(parse, side, "url", value, w2k_secrets_is_secret(name, value));
	return true;
}

/* A property that has a meaning with one value of another only. */
static bool
check_source(W2kPropertyParse *parse, const char *name, const char *value,
			 bool is_meant, const char *source_name, const char *source)
{
	if (value == NULL || is_meant)
		return value != NULL;
	if (!w2k_properties_has_problem(parse, name))
		add_problem(parse, name,
					psprintf("must be set with \"%s\" = \"%s\"", source_name,
							 source))
			->hint = "Without it, nothing would come of it.";
	return false;
}

/* SASL_INHERIT without credentials of its own: the brokers' */
static bool
inherit_login(W2kPropertyParse *parse, const Side *side)
{
	static const char *const names[] = {"sasl.username", "sasl.password",
										"sasl.jaas.config"};
	List *settings = list_copy(parse->conf->sender_settings);
	bool has_any = false;
	ListCell *lc;

	foreach(lc, settings)
	{
		const W2kSenderSetting *setting = lfirst(lc);

		for (size_t i = 0; i < lengthof(names); i++)
		{
			if (strcmp(setting->name, names[i]) != 0)
				continue;
			add_setting(parse, side, names[i], setting->value,
						setting->is_secret);
			has_any = true;
		}
	}
	return has_any;
}

/* basic.auth.*; true when it is by user and password */
static bool
take_basic(W2kPropertyParse *parse, const Side *side)
{
	const char *source_name = "basic.auth.credentials.source";
	const char *said_name;
	const char *info_name;
	const char *old_name;
	const char *jaas_name;
	const char *source = find_said(parse, side, source_name, &said_name);
	const char *info = find_said(parse, side, "basic.auth.user.info",
								 &info_name);
	const char *old = find_said(parse, side,
								"schema.registry.basic.auth.user.info",
								&old_name);
	const char *jaas = find_said(parse, side, "sasl.jaas.config", &jaas_name);
	bool is_info = source != NULL && pg_strcasecmp(source, "USER_INFO") == 0;
	bool is_sasl = source != NULL &&
				   pg_strcasecmp(source, "SASL_INHERIT") == 0;

	if (info == NULL)
	{
		info = old;
		info_name = old_name;
	}
	if (check_source(parse, info_name, info, is_info, source_name, "USER_INFO"))
	{
		if (strchr(info, ':') == NULL && !w2k_secrets_has_reference(info))
			w2k_properties_invalid(parse, info_name, info)->hint =
				"It must be <user>:<password>.";
		add_setting(parse, side, "user.info", info, true);
	}
	else if (is_info)
		add_problem(parse, said_name, "needs \"basic.auth.user.info\"");
	if (check_source(parse, jaas_name, jaas, is_sasl, source_name,
					 "SASL_INHERIT"))
		add_setting(parse, side, "sasl.jaas.config", jaas, true);
	else if (is_sasl && !inherit_login(parse, side))
		add_problem(parse, said_name, "needs a user name and a password")->hint =
			"Set \"sasl.jaas.config\", or the credentials for the brokers.";
	return is_info || is_sasl;
}

/* What comes with a source of tokens. */
static void
take_bearer_property(W2kPropertyParse *parse, const Side *side,
					 const char *property, const char *source, bool is_meant,
					 const char *said_name, bool is_needed)
{
	const char *full = psprintf("bearer.auth.%s", property);
	const char *name;
	const char *value = find_said(parse, side, full, &name);

	if (check_source(parse, name, value, is_meant,
					 "bearer.auth.credentials.source", source))
		add_setting(parse, side, property, value,
					strcmp(property, "client.secret") == 0 ||
						w2k_secrets_is_secret(name, value));
	else if (is_meant && is_needed)
		add_problem(parse, said_name, psprintf("needs \"%s\"", full));
}

/* Where tokens are issued: nothing of it is a secret, so nothing may be. */
static void
check_issuer(W2kPropertyParse *parse, const Side *side)
{
	const char *name;
	const char *value = find_said(parse, side,
								  "bearer.auth.issuer.endpoint.url", &name);

	if (value == NULL || w2k_secrets_has_reference(value) ||
		w2k_properties_has_problem(parse, name) ||
		(is_http(value) && strchr(value, '@') == NULL))
		return;
	w2k_properties_invalid(parse, name, value)->hint =
		"It must be a URL that begins with http:// or https://, without a user.";
}

/* bearer.auth.* */
static void
take_bearer(W2kPropertyParse *parse, const Side *side, bool is_basic)
{
	const char *source_name = "bearer.auth.credentials.source";
	const char *said_name;
	const char *name;
	const char *source = find_said(parse, side, source_name, &said_name);
	bool is_static = source != NULL &&
					 pg_strcasecmp(source, "STATIC_TOKEN") == 0;
	bool is_oauth = source != NULL &&
					pg_strcasecmp(source, "OAUTHBEARER") == 0;
	static const char *const more[] = {"logical.cluster", "identity.pool.id"};
	static const struct
	{
		const char *property;
		bool is_needed;
	} grant[] = {{"issuer.endpoint.url", true},
				 {"client.id", true},
				 {"client.secret", true},
				 {"scope", false},
				 {"cache.expiry.buffer.seconds", false}};
	const char *value;

	if (source != NULL && !is_static && !is_oauth)
	{
		if (!w2k_properties_has_problem(parse, said_name))
			w2k_properties_unsupported(parse, said_name, source)->hint =
				"Supported are \"STATIC_TOKEN\" and \"OAUTHBEARER\".";
		return;
	}
	if (source != NULL && is_basic)
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						said_name, source,
						"connector properties \"%s\" and \"%s\" are mutually exclusive",
						said_name, "basic.auth.credentials.source");
	value = find_said(parse, side, "bearer.auth.token", &name);
	if (check_source(parse, name, value, is_static, source_name,
					 "STATIC_TOKEN"))
		add_setting(parse, side, "token", value, true);
	else if (is_static)
		add_problem(parse, said_name, "needs \"bearer.auth.token\"");
	for (size_t i = 0; i < lengthof(grant); i++)
		take_bearer_property(parse, side, grant[i].property, "OAUTHBEARER",
							 is_oauth, said_name, grant[i].is_needed);
	check_issuer(parse, side);
	for (size_t i = 0; i < lengthof(more); i++)
		take_bearer_property(parse, side, more[i], "STATIC_TOKEN",
							 is_static || is_oauth, said_name, false);
}

/* ---- the rest ---- */

/* Those that are handed down as they are. */
static void
take_plain(W2kPropertyParse *parse, const Side *side)
{
	static const struct
	{
		const char *name, *setting;
		bool is_boolean;
	} plain[] = {{"auto.register.schemas", "auto.register", true},
				 {"use.latest.version", "use.latest", true},
				 {"normalize.schemas", "normalize", true},
				 {"http.connect.timeout.ms", "connect.timeout.ms", false},
				 {"http.read.timeout.ms", "read.timeout.ms", false},
				 {"retries.wait.ms", "backoff.ms", false},
				 {"retries.max.wait.ms", "backoff.max.ms", false}};
	bool values[lengthof(plain)] = {true, false};
	const char *name;

	for (size_t i = 0; i < lengthof(plain); i++)
	{
		const char *value = find_said(parse, side, plain[i].name, &name);

		if (value == NULL)
			continue;
		if (plain[i].is_boolean)
		{
			(void) parse_bool(value, &values[i]);
			value = values[i] ? "true" : "false";
		}
		add_setting(parse, side, plain[i].setting, value, false);
	}
	if (values[0] && values[1] &&
		find_said(parse, side, "use.latest.version", &name) != NULL)
		add_problem(parse, name, "needs \"auto.register.schemas\" to be false")
			->hint =
			"Else a schema is registered, as with Confluent's serializers, and becomes the latest.";
}

static void
take_proxy(W2kPropertyParse *parse, const Side *side)
{
	const char *host_name;
	const char *port_name;
	const char *host = find_said(parse, side, "proxy.host", &host_name);
	const char *port = find_said(parse, side, "proxy.port", &port_name);

	if (host == NULL && port == NULL)
		return;
	if (host == NULL || port == NULL)
		add_problem(parse, host == NULL ? "proxy.host" : "proxy.port",
					psprintf("must be set with \"%s\"",
							 host == NULL ? port_name : host_name));
	else if (!w2k_secrets_has_reference(host) &&
			 strpbrk(host, "/@ \t\n") != NULL)
		w2k_properties_invalid(parse, host_name, host)->hint =
			"It must be the name or address of a host.";
	else
		add_setting(parse, side, "proxy", psprintf("http://%s:%s", host, port),
					false);
}

/* The letters that the name of an HTTP header consists of, by and large. */
#define HEADER_LETTERS                                                        \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

/* request.header.<name>; of one said twice the side's own counts */
static void
take_headers(W2kPropertyParse *parse, const Side *side)
{
	static const char family[] = "request.header.";
	ListCell *lc;

	foreach(lc, parse->said)
	{
		const W2kSaid *said = lfirst(lc);
		const char *name = said->name;
		const char *full_name;

		if (strncmp(name, side->prefix, strlen(side->prefix)) == 0)
			name += strlen(side->prefix);
		if (strncmp(name, family, strlen(family)) != 0 ||
			find_said(parse, side, name, &full_name) != said->value)
			continue;
		name += strlen(family);
		if (strspn(name, HEADER_LETTERS) != strlen(name) ||
			strpbrk(said->value, "\r\n") != NULL)
		{
			if (!w2k_properties_has_problem(parse, said->name))
				w2k_properties_invalid(parse, said->name, said->value)->hint =
					"A header's name consists of letters, digits, hyphens and underscores; its value is one line.";
		}
		else
			add_setting(parse, side, psprintf("header.%s", name), said->value,
						true);
	}
}

/* ---- what has no effect ---- */

static const W2kProperty java_only = {
	.name = "schema.registry.ssl.*",
	.support = W2K_NO_EFFECT,
	.text = "specific to the Java client",
};
static const W2kProperty other_side = {
	.name = "*.subject.name.strategy",
	.support = W2K_NO_EFFECT,
	.text = "the converter is the other side's",
};

static void
ignore(W2kPropertyParse *parse, const W2kSaid *said, const W2kProperty *why)
{
	W2kSaid *ignored = palloc(sizeof(W2kSaid));

	*ignored = *said;
	ignored->prop = why;
	parse->ignored = lappend(parse->ignored, ignored);
}

/* Below a converter, how the other side's subjects are named. */
static void
ignore_other_naming(W2kPropertyParse *parse, const Side *side)
{
	ListCell *lc;

	foreach(lc, parse->said)
	{
		const W2kSaid *said = lfirst(lc);

		if (strcmp(said->name, side->other_naming) == 0)
			ignore(parse, said, &other_side);
	}
}

/* ---- TLS ---- */

/* The Kafka client's properties that mean the same to an HTTPS client. */
static bool
takes(W2kPropertyParse *parse, const W2kSaid *said, const char *client_name)
{
	static const char *const unsupported[] = {"ssl.curves.list",
											  "ssl.sigalgs.list",
											  "ssl.crl.location"};
	static const char *const java[] = {"ssl.keymanager.algorithm",
									   "ssl.trustmanager.algorithm",
									   "ssl.secure.random.implementation"};

	if (strncmp(client_name, "ssl.", 4) != 0)
		return false; /* the registry's own */
	for (size_t i = 0; i < lengthof(java); i++)
	{
		if (strcmp(client_name, java[i]) == 0)
		{
			ignore(parse, said, &java_only);
			return false;
		}
	}
	for (size_t i = 0; i < lengthof(unsupported); i++)
	{
		if (strcmp(client_name, unsupported[i]) == 0)
		{
			add_problem(parse, said->name, "is not supported");
			return false;
		}
	}
	if (strcmp(client_name, "ssl.keystore.password") == 0)
	{
		add_problem(parse, said->name, "cannot be set with PEM files")->hint =
			"The password of the key itself is schema.registry.ssl.key.password.";
		return false;
	}
	return true;
}

/* Of the problems behind the first ones, those about the kind of key store. */
static void
set_store_hint(W2kPropertyParse *parse, int first, const char *type_name)
{
	for (int i = first; i < list_length(parse->problems); i++)
	{
		W2kProblem *problem = list_nth(parse->problems, i);

		if (strcmp(problem->property, type_name) == 0)
			problem->hint =
				"Convert the key store to a PEM file of the key and its certificates, and set it to \"PEM\".";
	}
}

static void
take_tls(W2kPropertyParse *parse, const Side *side)
{
	const char *prefixes[] = {psprintf("%sschema.registry.", side->prefix),
							  "schema.registry."};
	List *settings = NIL;
	ListCell *lc;

	/* A side that says anything of TLS says all of it */
	for (int i = 0; i < 2 && settings == NIL; i++)
	{
		int before = list_length(parse->problems);
		const char *type_name = psprintf("%sssl.keystore.type", prefixes[i]);

		settings = w2k_kafka_take_client(parse, prefixes[i], takes);
		foreach(lc, settings)
		{
			const W2kSenderSetting *setting = lfirst(lc);
			const char *name = setting->name;
			const char *value = setting->value;

			if (strcmp(name, "ssl.endpoint.identification.algorithm") == 0)
			{
				name = "ssl.verify.host";
				value = strcmp(value, "none") == 0 ? "false" : "true";
			}
			if (strcmp(name, "ssl.keystore.location") == 0)
			{
				if (list_length(parse->problems) == before)
					add_problem(parse, type_name, "must be \"PEM\"");
				continue;
			}
			if (strcmp(name, "ssl.ca.location") == 0 &&
				strcmp(value, "probe") == 0)
				continue; /* where the system has them: the default */
			add_setting(parse, side, name, value, setting->is_secret);
		}
		set_store_hint(parse, before, type_name);
	}
}

/* ---- all of it ---- */

/* Is anything said of a registry that no side has? */
static void
check_meaning(W2kPropertyParse *parse, const Side *key, const Side *value)
{
	ListCell *lc;

	foreach(lc, parse->said)
	{
		const W2kSaid *said = lfirst(lc);
		bool is_key = strncmp(said->name, key->prefix, strlen(key->prefix)) ==
					  0;
		bool is_value = strncmp(said->name, value->prefix,
								strlen(value->prefix)) == 0;

		if ((said->prop->flags & W2K_PROP_REGISTRY) == 0 ||
			said->value[0] == '\0' ||
			w2k_properties_has_problem(parse, said->name))
			continue;
		if ((has_registry(key) && !is_value) ||
			(has_registry(value) && !is_key))
			continue;
		add_problem(parse, said->name,
					"has a meaning only with a schema registry")
			->hint =
			"Formats with one are json-registry, avro and protobuf-registry.";
	}
}

/* What both sides have said of the same property is said once. */
static void
drop_doubles(W2kPropertyParse *parse, int first)
{
	for (int i = list_length(parse->problems) - 1; i > first; i--)
	{
		const W2kProblem *last = list_nth(parse->problems, i);

		for (int j = first; j < i; j++)
		{
			const W2kProblem *other = list_nth(parse->problems, j);

			if (strcmp(last->property, other->property) != 0 ||
				strcmp(last->message, other->message) != 0)
				continue;
			parse->problems = list_delete_nth_cell(parse->problems, i);
			break;
		}
	}
	for (int i = list_length(parse->ignored) - 1; i > 0; i--)
	{
		const W2kSaid *last = list_nth(parse->ignored, i);

		for (int j = 0; j < i; j++)
		{
			const W2kSaid *other = list_nth(parse->ignored, j);

			if (strcmp(last->name, other->name) != 0)
				continue;
			parse->ignored = list_delete_nth_cell(parse->ignored, i);
			break;
		}
	}
}

void
w2k_registry_take_settings(W2kPropertyParse *parse)
{
	Side sides[2];
	int before = list_length(parse->problems);

	init_side(parse, &sides[0], true);
	init_side(parse, &sides[1], false);
	check_meaning(parse, &sides[0], &sides[1]);
	for (int i = 0; i < 2; i++)
	{
		if (!has_registry(&sides[i]))
			continue;
		ignore_other_naming(parse, &sides[i]);
		if (!take_url(parse, &sides[i]))
			continue;
		take_bearer(parse, &sides[i], take_basic(parse, &sides[i]));
		take_plain(parse, &sides[i]);
		take_proxy(parse, &sides[i]);
		take_headers(parse, &sides[i]);
		take_tls(parse, &sides[i]);
	}
	drop_doubles(parse, before);
}
