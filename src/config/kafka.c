/*
 * kafka.c
 *		The Kafka client's settings, from a connector's configuration.
 *
 * A document names the client's properties as people know them, librdkafka's
 * way or the Java client's; the sender gets librdkafka's names only.  What one
 * row of client_table.c can say is said there.  Here is what takes more than
 * one property: credentials, key stores, and what order and safety demand.
 */
#include "postgres.h"

#include "config/client_table.h"
#include "config/creation.h"
#include "config/guc.h"
#include "config/jaas.h"
#include "config/kafka.h"
#include "config/registry.h"
#include "config/secrets.h"
#include "config/signal_channel.h"
#include "lib/stringinfo.h"

#define CLIENT_PREFIX "producer.override."

/* A setting being made, and which property made it. */
typedef struct ClientSetting
{
	const char *target;
	const char *value;
	bool is_secret;
	const char *source; /* NULL = a default of ours */
} ClientSetting;

static const W2kClientProperty *
find_client_property(const char *name)
{
	int i;

	for (i = 0; i < w2k_nclient_properties; i++)
	{
		if (strcmp(w2k_client_properties[i].prop.name, name) == 0)
			return &w2k_client_properties[i];
	}
	return NULL;
}

bool
w2k_kafka_is_known(const char *client_property)
{
	return find_client_property(client_property) != NULL;
}

bool
w2k_kafka_is_secret(const char *client_property)
{
	const W2kClientProperty *row = find_client_property(client_property);

	return row != NULL && (row->prop.flags & W2K_PROP_SECRET) != 0;
}

static ClientSetting *
find_setting(List *settings, const char *target)
{
	ListCell *lc;

	foreach(lc, settings)
	{
		ClientSetting *setting = (ClientSetting *) lfirst(lc);

		if (strcmp(setting->target, target) == 0)
			return setting;
	}
	return NULL;
}

/* The value that the sender will get, or NULL. */
static const char *
setting_value(List *settings, const char *target)
{
	ClientSetting *setting = find_setting(settings, target);

	return setting ? setting->value : NULL;
}

/* Adds a setting, unless another property has made it already. */
static void
add_setting(W2kPropertyParse *parse, List **settings, const char *target,
			const char *value, bool is_secret, const char *source)
{
	ClientSetting *setting = find_setting(*settings, target);

	if (setting != NULL)
	{
		if (strcmp(setting->value, value) != 0)
			w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
							source, w2k_properties_show(source, value),
							"connector properties \"%s\" and \"%s\" set the same thing differently",
							setting->source, source);
		return;
	}
	setting = palloc(sizeof(ClientSetting));
	setting->target = target;
	setting->value = value;
	setting->is_secret = is_secret;
	setting->source = source;
	*settings = lappend(*settings, setting);
}

/* A client property that no row has. */
static void
take_unrecognized(W2kPropertyParse *parse, const W2kSaid *said,
				  const char *client_name)
{
	W2kProblem *problem;
	const char *closest = NULL;
	int best_distance = W2K_NO_MATCH;
	int i;

	for (i = 0; i < w2k_nclient_properties; i++)
	{
		const W2kProperty *prop = &w2k_client_properties[i].prop;

		if (prop->support != W2K_REFUSED &&
			w2k_properties_is_closer(client_name, prop->name, &best_distance))
			closest = prop->name;
	}
	problem = w2k_problem_add(&parse->problems,
							  ERRCODE_INVALID_PARAMETER_VALUE, said->name,
							  NULL, "unrecognized connector property \"%s\"",
							  said->name);
	if (closest != NULL)
		problem->hint =
			psprintf("Perhaps you meant \"%.*s%s\".",
					 (int) (strlen(said->name) - strlen(client_name)),
					 said->name, closest);
	else
		problem->hint =
			"The view wal2kafka.connector_properties lists the Kafka client's properties that can be set.";
}

/* May this owner set it at all? */
static bool
is_permitted(W2kPropertyParse *parse, const W2kClientProperty *row,
			 const W2kSaid *said)
{
	const char *shown = w2k_properties_show(said->name, said->value);

	if (row->prop.support == W2K_REFUSED)
	{
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						said->name, shown,
						"connector property \"%s\" cannot be set", said->name)
			->hint = row->prop.text;
		return false;
	}
	if ((row->prop.flags & W2K_PROP_SUPERUSER) != 0 && !parse->is_superuser)
	{
		w2k_problem_add(&parse->problems, ERRCODE_INSUFFICIENT_PRIVILEGE,
						said->name, shown,
						"permission denied to set connector property \"%s\"",
						said->name)
			->hint = "The owner of such a connector must be a superuser.";
		return false;
	}
	return true;
}

/* One <prefix><client_name>. */
static void
take_client_property(W2kPropertyParse *parse, List **settings,
					 const W2kSaid *said, const char *client_name)
{
	const W2kClientProperty *row = find_client_property(client_name);
	const char *value = said->value;
	const char *hint;

	if (row == NULL)
	{
		take_unrecognized(parse, said, client_name);
		return;
	}
	if (!is_permitted(parse, row, said))
		return;
	if (row->prop.support == W2K_NO_EFFECT)
	{
		W2kSaid *ignored = palloc(sizeof(W2kSaid));

		*ignored = *said;
		ignored->prop = &row->prop;
		parse->ignored = lappend(parse->ignored, ignored);
		return;
	}
	if (w2k_secrets_has_reference(value))
	{
		if (row->prop.type != W2K_PROP_STRING &&
			row->prop.type != W2K_PROP_PASSWORD &&
			row->prop.type != W2K_PROP_LIST)
		{
			w2k_problem_add(&parse->problems, ERRCODE_FEATURE_NOT_SUPPORTED,
							said->name, value,
							"the value of connector property \"%s\" cannot be read from a file or the environment",
							said->name);
			return;
		}
	}
	else if (!w2k_properties_check_value(parse, &row->prop, said->name, value))
		return;
	else if (row->problem != NULL && (hint = row->problem(value)) != NULL)
	{
		w2k_properties_invalid(parse, said->name, value)->hint = hint;
		return;
	}
	else if (row->convert != NULL)
		value = row->convert(value);

	if (row->target != NULL && row->target[0] == '\0')
		return; /* take_credentials() and take_stores() look at it */
	if (value[0] == '\0' && row->prop.type != W2K_PROP_PASSWORD)
		return;
	add_setting(parse, settings, row->target ? row->target : row->prop.name,
				value, (row->prop.flags & W2K_PROP_SECRET) != 0, said->name);
}

/* Names a client property that is wrong beside others. */
static W2kProblem *
add_conflict(W2kPropertyParse *parse, const ClientSetting *setting,
			 const char *message)
{
	return w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						   setting->source,
						   w2k_properties_show(setting->source, setting->value),
						   "connector property \"%s\" %s", setting->source,
						   message);
}

/* sasl.jaas.config: user name and password, now or where it is resolved */
static void
take_credentials(W2kPropertyParse *parse, List **settings, const char *prefix)
{
	const char *name = psprintf("%ssasl.jaas.config", prefix);
	const char *value = w2k_properties_said(parse, name);
	const char *mechanism;
	const char *hint;
	W2kJaas jaas;

	if (value == NULL || value[0] == '\0')
		return;
	hint = w2k_jaas_parse(value, &jaas);
	if (hint != NULL && w2k_secrets_has_reference(value))
	{
		/* a part of it, or all, is only known where files are read */
		add_setting(parse, settings, "sasl.jaas.config", value, true, name);
		return;
	}
	mechanism = setting_value(*settings, "sasl.mechanism");
	if (hint == NULL && mechanism != NULL &&
		(strcmp(mechanism, "PLAIN") != 0) !=
			(strncmp(mechanism, "SCRAM-", 6) == 0 && jaas.is_scram))
		hint = psprintf("Its login module is not the one of sasl.mechanism=%s.",
						mechanism);
	if (hint != NULL)
	{
		w2k_properties_invalid(parse, name, value)->hint = hint;
		return;
	}
	add_setting(parse, settings, "sasl.username", jaas.username, false, name);
	add_setting(parse, settings, "sasl.password", jaas.password, true, name);
}

/* ssl.truststore.* and ssl.keystore.*: librdkafka reads PEM, and PKCS#12 keys
 */
static void
take_stores(W2kPropertyParse *parse, List **settings, const char *prefix)
{
	const char *trust_name = psprintf("%sssl.truststore.type", prefix);
	const char *trust_file = psprintf("%sssl.truststore.location", prefix);
	const char *type_name = psprintf("%sssl.keystore.type", prefix);
	const char *key_name = psprintf("%sssl.keystore.location", prefix);
	const char *trust_type = w2k_properties_said(parse, trust_name);
	const char *key_type = w2k_properties_said(parse, type_name);
	const char *key_file = w2k_properties_said(parse, key_name);
	bool has_trust_file = w2k_properties_said(parse, trust_file) != NULL;
	W2kProblem *problem = NULL;

	if (trust_type != NULL && pg_strcasecmp(trust_type, "PEM") != 0)
		problem = w2k_properties_unsupported(parse, trust_name, trust_type);
	else if (trust_type == NULL && has_trust_file)
		problem =
			w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
							trust_name, NULL,
							"connector property \"%s\" must be set with \"%s\"",
							trust_name, trust_file);
	if (problem != NULL)
		problem->hint =
			"Convert the trust store to a PEM file of certificates and set it to \"PEM\".";

	if (key_type != NULL && pg_strcasecmp(key_type, "JKS") == 0)
		w2k_properties_unsupported(parse, type_name, key_type)->hint =
			"Convert the key store, and set it to \"PEM\" or \"PKCS12\".";
	else if (key_file != NULL && key_file[0] != '\0' && parse->is_superuser)
	{
		if (key_type != NULL && pg_strcasecmp(key_type, "PEM") == 0)
		{
			/* one file holds the key and the certificates */
			add_setting(parse, settings, "ssl.certificate.location", key_file,
						false, key_name);
			add_setting(parse, settings, "ssl.key.location", key_file, false,
						key_name);
		}
		else
			add_setting(parse, settings, "ssl.keystore.location", key_file,
						false, key_name);
	}
}

/*
 * What must hold so that a key's records stay in order.  As in Java, a
 * producer is idempotent where nothing else was asked for; one that is not
 * has one request in flight, which the sender sees to where it is unsaid.
 */
static void
check_delivery(W2kPropertyParse *parse, List *settings)
{
	ClientSetting *idempotence = find_setting(settings, "enable.idempotence");
	ClientSetting *acks = find_setting(settings, "acks");
	ClientSetting *retries = find_setting(settings, "retries");
	ClientSetting *in_flight =
		find_setting(settings, "max.in.flight.requests.per.connection");
	bool is_asked = idempotence != NULL &&
					strcmp(idempotence->value, "true") == 0;
	bool is_acks_weak = acks != NULL && strcmp(acks->value, "all") != 0;
	bool is_without_retry = retries != NULL && atoi(retries->value) == 0;
	bool is_idempotent = is_asked || (idempotence == NULL && !is_acks_weak &&
									  !is_without_retry);

	if (is_asked && is_acks_weak)
		add_conflict(parse, acks,
					 "must be \"all\" with an idempotent producer");
	if (is_asked && is_without_retry)
		add_conflict(parse, retries,
					 "must be 1 or more with an idempotent producer");
	if (in_flight == NULL)
		return;
	if (is_idempotent && atoi(in_flight->value) > 5)
		add_conflict(parse, in_flight,
					 "must be at most 5 with an idempotent producer");
	if (!is_idempotent && atoi(in_flight->value) > 1)
		add_conflict(parse, in_flight,
					 "must be 1 without an idempotent producer")
			->hint = "Retries could change the order of a key's records.";
}

/* What the SASL mechanisms need. */
static void
check_sasl(W2kPropertyParse *parse, List *settings, const char *prefix)
{
	ClientSetting *protocol = find_setting(settings, "security.protocol");
	ClientSetting *mechanism = find_setting(settings, "sasl.mechanism");
	bool has_user = find_setting(settings, "sasl.username") != NULL &&
					find_setting(settings, "sasl.password") != NULL;
	const char *mechanism_name = psprintf("%ssasl.mechanism", prefix);
	bool has_jaas = w2k_properties_said(parse, psprintf("%ssasl.jaas.config",
														prefix)) != NULL;

	if (protocol == NULL || strncmp(protocol->value, "sasl_", 5) != 0)
		return;
	if (mechanism == NULL)
	{
		/* the client's default would be GSSAPI, which nobody means */
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						mechanism_name, NULL,
						"connector property \"%s\" must be set with \"%s\"",
						mechanism_name, protocol->source)
			->hint =
			"Valid values are PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, GSSAPI.";
		return;
	}
	if (strcmp(mechanism->value, "GSSAPI") == 0 && !parse->is_superuser)
		w2k_problem_add(&parse->problems, ERRCODE_INSUFFICIENT_PRIVILEGE,
						mechanism->source, mechanism->value,
						"permission denied to set connector property \"%s\" to \"%s\"",
						mechanism->source, mechanism->value)
			->hint =
			"It uses the Kerberos tickets of the server's account; the owner of such a connector must be a superuser.";
	if ((strcmp(mechanism->value, "PLAIN") == 0 ||
		 strncmp(mechanism->value, "SCRAM-", 6) == 0) &&
		!has_user && !has_jaas)
		add_conflict(parse, mechanism, "needs a user name and a password")
			->hint =
			psprintf("Set \"%ssasl.username\" and \"%ssasl.password\", or \"%ssasl.jaas.config\".",
					 prefix, prefix, prefix);
}

/* host:port, or [address]:port, maybe behind a protocol:// */
static bool
is_broker(const char *broker)
{
	const char *host = strstr(broker, "://");
	const char *port;

	host = host ? host + 3 : broker;
	if (host[0] == '[')
	{
		port = strchr(host, ']');
		if (port == NULL)
			return false;
		port++;
	}
	else
		port = host + strcspn(host, ":");
	if (port == host || strcspn(host, " \t\n/") != strlen(host))
		return false;
	if (*port == '\0')
		return true;
	return port[0] == ':' &&
		   strspn(port + 1, "0123456789") == strlen(port + 1) &&
		   strlen(port + 1) <= 5 && atoi(port + 1) >= 1 &&
		   atoi(port + 1) <= 65535;
}

bool
w2k_kafka_is_broker_list(const char *value)
{
	char *broker;
	char *rest = pstrdup(value);
	int nbrokers = 0;

	if (w2k_secrets_has_reference(value))
		return true;
	while ((broker = strtok_r(rest, ", \t\n", &rest)) != NULL)
	{
		if (!is_broker(broker))
			return false;
		nbrokers++;
	}
	return nbrokers > 0;
}

/* bootstrap.servers: the document's, else the server's */
static void
take_brokers(W2kPropertyParse *parse, List **settings)
{
	const char *value = w2k_properties_said(parse, "bootstrap.servers");
	ClientSetting *setting;

	if (value != NULL && value[0] != '\0')
		add_setting(parse, settings, "bootstrap.servers", value, false,
					"bootstrap.servers");
	setting = find_setting(*settings, "bootstrap.servers");
	if (setting == NULL &&
		w2k_properties_has_problem(parse, "bootstrap.servers"))
		return;
	if (setting == NULL)
	{
		value = w2k_bootstrap_servers;
		if (value == NULL || value[0] == '\0')
		{
			w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
							"bootstrap.servers", NULL,
							"connector property \"bootstrap.servers\" must be set")
				->hint =
				"Or set parameter \"wal2kafka.bootstrap_servers\" for the whole server.";
			return;
		}
		add_setting(parse, settings, "bootstrap.servers", value, false, NULL);
		return;
	}
	if (!w2k_kafka_is_broker_list(setting->value))
		w2k_properties_invalid(parse, setting->source, setting->value)->hint =
			"It must be a list of host:port.";
}

/* What only we understand. */
static void
add_own(W2kPropertyParse *parse, List **settings)
{
	W2kConnectorConfig *conf = parse->conf;

	if (parse->connector != NULL)
		add_setting(parse, settings, "w2k.connector", parse->connector, false,
					NULL);
	add_setting(parse, settings, "w2k.on.record.error",
				conf->processing_failure == W2K_FAILURE_FAIL ? "fail" : "skip",
				false, NULL);
	add_setting(parse, settings, "w2k.statistics.interval.ms",
				psprintf("%d", conf->statistics_interval_ms), false, NULL);
}

/* As the sender gets them. */
static List *
make_sender_settings(const List *settings)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, settings)
	{
		const ClientSetting *from = (const ClientSetting *) lfirst(lc);
		W2kSenderSetting *setting = palloc(sizeof(W2kSenderSetting));

		setting->name = pstrdup(from->target);
		setting->value = pstrdup(from->value);
		setting->is_secret = from->is_secret;
		result = lappend(result, setting);
	}
	return result;
}

List *
w2k_kafka_take_client(W2kPropertyParse *parse, const char *prefix,
					  bool (*takes)(W2kPropertyParse *parse,
									const W2kSaid *said,
									const char *client_name))
{
	List *settings = NIL;
	ListCell *lc;

	foreach(lc, parse->said)
	{
		const W2kSaid *said = (const W2kSaid *) lfirst(lc);
		const char *client_name = said->name + strlen(prefix);

		if (strncmp(said->name, prefix, strlen(prefix)) == 0 &&
			takes(parse, said, client_name))
			take_client_property(parse, &settings, said, client_name);
	}
	take_credentials(parse, &settings, prefix);
	take_stores(parse, &settings, prefix);
	check_sasl(parse, settings, prefix);
	return make_sender_settings(settings);
}

void
w2k_kafka_take_settings(W2kPropertyParse *parse)
{
	List *settings = NIL;
	ListCell *lc;

	foreach(lc, parse->said)
	{
		const W2kSaid *said = (const W2kSaid *) lfirst(lc);

		if (strncmp(said->name, CLIENT_PREFIX, strlen(CLIENT_PREFIX)) == 0)
			take_client_property(parse, &settings, said,
								 said->name + strlen(CLIENT_PREFIX));
	}
	take_brokers(parse, &settings);
	take_credentials(parse, &settings, CLIENT_PREFIX);
	take_stores(parse, &settings, CLIENT_PREFIX);
	check_delivery(parse, settings);
	check_sasl(parse, settings, CLIENT_PREFIX);
	add_own(parse, &settings);
	parse->conf->sender_settings = make_sender_settings(settings);
	w2k_creation_take_settings(parse);
	w2k_signal_channel_take_settings(parse);
	w2k_registry_take_settings(parse);
}

bool
w2k_kafka_describe(int i, W2kClientDescription *about)
{
	const W2kClientProperty *row;

	if (i >= w2k_nclient_properties)
		return false;
	row = &w2k_client_properties[i];
	about->name = psprintf("%s%s", CLIENT_PREFIX, row->prop.name);
	about->type = w2k_properties_type_name(row->prop.type);
	about->default_value = row->prop.default_value;
	about->range = w2k_properties_range(&row->prop);
	about->text = row->prop.support == W2K_NO_EFFECT ? NULL : row->prop.text;
	if (row->target != NULL && row->target[0] != '\0')
		about->text = psprintf("The Kafka client's \"%s\".", row->target);
	about->support = w2k_properties_support(&row->prop);
	about->is_secret = (row->prop.flags & W2K_PROP_SECRET) != 0;
	about->is_superuser = (row->prop.flags & W2K_PROP_SUPERUSER) != 0;
	return true;
}
