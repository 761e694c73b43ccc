/*
 * signal_channel.c
 *		Settings of the consumer of signals, for signal.enabled.channels=kafka.
 *
 * Debezium's client of its own needs all of them; here what it takes to reach
 * the brokers is the producer's where nothing else is said.  With brokers of
 * its own it is not: no cluster is shown another one's credentials.
 */
#include "postgres.h"

#include "config/kafka.h"
#include "config/signal_channel.h"

#define PREFIX "signal.consumer."
#define SETTING_PREFIX "w2k.signal.consumer."

/* What both kinds of clients have; names that end in a dot are beginnings. */
static const char *const shared[] = {"bootstrap.servers",
									 "metadata.broker.list",
									 "client.",
									 "broker.",
									 "connections.",
									 "reconnect.",
									 "socket.",
									 "send.buffer.bytes",
									 "receive.buffer.bytes",
									 "security.",
									 "sasl.",
									 "ssl.",
									 "enable.ssl.certificate.verification",
									 "enable.sasl.",
									 "plugin.",
									 "interceptor",
									 "internal."};

/* Of a consumer only, and decided by what this one is for. */
static const char *const decided[] =
	{"key.deserializer",   "value.deserializer",
	 "enable.auto.commit", "auto.commit.interval.ms",
	 "fetch.min.bytes",	   "fetch.max.bytes",
	 "fetch.max.wait.ms",  "max.partition.fetch.bytes",
	 "max.poll.records",   "max.poll.interval.ms",
	 "session.timeout.ms", "heartbeat.interval.ms",
	 "isolation.level"};

static bool
is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		size_t len = strlen(names[i]);

		if (strcmp(name, names[i]) == 0 ||
			(names[i][len - 1] == '.' && strncmp(name, names[i], len) == 0))
			return true;
	}
	return false;
}

static void
add_setting(W2kPropertyParse *parse, const char *name, const char *value,
			bool is_secret)
{
	W2kSenderSetting *setting = palloc(sizeof(W2kSenderSetting));

	setting->name = pstrdup(name);
	setting->value = pstrdup(value);
	setting->is_secret = is_secret;
	parse->conf->sender_settings = lappend(parse->conf->sender_settings,
										   setting);
}

/* signal.consumer.auto.offset.reset: where to begin for the first time */
static void
take_reset(W2kPropertyParse *parse, const W2kSaid *said)
{
	if (strcmp(said->value, "earliest") != 0 &&
		strcmp(said->value, "latest") != 0)
		w2k_properties_invalid(parse, said->name, said->value)->hint =
			"Valid values are earliest, latest.";
	else
		add_setting(parse, SETTING_PREFIX "auto.offset.reset", said->value,
					false);
}

/* Does the client's table know of a property?  Deals with it where not. */
static bool
takes(W2kPropertyParse *parse, const W2kSaid *said, const char *client_name)
{
	W2kSaid *ignored;

	if (is_among(client_name, shared, lengthof(shared)))
		return true;
	if (strcmp(client_name, "auto.offset.reset") == 0)
		take_reset(parse, said);
	else if (strcmp(client_name, "group.id") == 0 && said->value[0] != '\0')
		parse->conf->signal_group = pstrdup(said->value);
	else if (is_among(client_name, decided, lengthof(decided)))
	{
		ignored = palloc(sizeof(W2kSaid));
		*ignored = *said;
		parse->ignored = lappend(parse->ignored, ignored);
	}
	else
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						said->name, NULL,
						"unrecognized connector property \"%s\"", said->name)
			->hint =
			"Of the Kafka client's properties, those that say how brokers are reached can be set.";
	return false;
}

static bool
has_setting(const List *settings, const char *name)
{
	ListCell *lc;

	foreach(lc, settings)
	{
		if (strcmp(((const W2kSenderSetting *) lfirst(lc))->name, name) == 0)
			return true;
	}
	return false;
}

/* What the producer has that says how brokers are reached. */
static void
inherit(W2kPropertyParse *parse, const List *own)
{
	List *producer = list_copy(parse->conf->sender_settings);
	ListCell *lc;

	foreach(lc, producer)
	{
		const W2kSenderSetting *setting = lfirst(lc);

		if (is_among(setting->name, shared, lengthof(shared)) &&
			!has_setting(own, setting->name))
			add_setting(parse, psprintf("%s%s", SETTING_PREFIX, setting->name),
						setting->value, setting->is_secret);
	}
}

void
w2k_signal_channel_take_settings(W2kPropertyParse *parse)
{
	W2kConnectorConfig *conf = parse->conf;
	const char *brokers_name = "signal.kafka.bootstrap.servers";
	const char *brokers = w2k_properties_said(parse, brokers_name);
	bool has_brokers = brokers != NULL && brokers[0] != '\0';
	List *own;
	ListCell *lc;

	if (!conf->has_kafka_signals || conf->topic_prefix == NULL)
		return;
	if (has_brokers && !w2k_kafka_is_broker_list(brokers))
		w2k_properties_invalid(parse, brokers_name, brokers)->hint =
			"It must be a list of host:port.";
	own = w2k_kafka_take_client(parse, PREFIX, takes);
	if (!has_brokers && !has_setting(own, "bootstrap.servers"))
		inherit(parse, own);
	if (has_brokers && !has_setting(own, "bootstrap.servers"))
		add_setting(parse, SETTING_PREFIX "bootstrap.servers", brokers, false);
	foreach(lc, own)
	{
		const W2kSenderSetting *setting = lfirst(lc);

		add_setting(parse, psprintf("%s%s", SETTING_PREFIX, setting->name),
					setting->value, setting->is_secret);
	}
	if (!has_setting(conf->sender_settings, SETTING_PREFIX "auto.offset.reset"))
		add_setting(parse, SETTING_PREFIX "auto.offset.reset", "earliest",
					false);
	add_setting(parse, SETTING_PREFIX "group.id", conf->signal_group, false);
	add_setting(parse, "w2k.signal.key", conf->topic_prefix, false);
	add_setting(parse, "w2k.signal.topic",
				conf->signal_topic != NULL
					? conf->signal_topic
					: psprintf("%s-signal", conf->topic_prefix),
				false);
}
