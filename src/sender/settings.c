/*
 * settings.c
 *		What the sender was told: the CONFIG frame, or the file of --config.
 *
 * The worker has already checked what a user wrote; this is the second line
 * (hazards R22): the process that holds librdkafka does not trust whoever
 * feeds it to have kept out a property that runs a command.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sender/memory.h"
#include "sender/settings.h"

#define OUR_PREFIX "w2k."
#define CREATION_PREFIX "w2k.topic.creation."
#define SIGNAL_CONSUMER_PREFIX "w2k.signal.consumer."
#define REGISTRY_KEY_PREFIX "w2k.registry.key."
#define REGISTRY_VALUE_PREFIX "w2k.registry.value."

/*
 * Properties of librdkafka that are refused.  A name ending in a dot stands
 * for every property that begins with it.
 */
static const struct
{
	const char *name;
	const char *reason;
} refused[] = {
	{"plugin.", "it loads code"},
	{"ssl.engine.", "it loads code"},
	{"ssl.providers", "it loads code"},
	{"sasl.kerberos.kinit.cmd", "it runs a command"},
	{"sasl.kerberos.min.time.before.relogin",
	 "it makes librdkafka run a command; keep a ticket cache fresh instead"},
	{"internal.", "it is internal to librdkafka"},
	{"test.", "it replaces the Kafka cluster by a simulation"},
	{"delivery.report.only.error",
	 "records could not be acknowledged without delivery reports"},
	{"log.queue", "the sender sets it itself"},
	{"transactional.id",
	 "exactly-once delivery is not implemented; delivery is at least once"},
};

/* Our defaults, where they differ from librdkafka's. */
const W2kFixedSetting w2k_settings_defaults[] = {
	/* At least once, in order (design: what must always hold) */
	{"enable.idempotence", "true", false},
	{"acks", "all", false},
	{"message.timeout.ms", "0", false}, /* retry for ever: the WAL waits */
	/* The same partitions as a Java producer's */
	{"partitioner", "murmur2_random", false},
	{"message.max.bytes", "1048576", false}, /* Java's max.request.size */
	/* Memory */
	{"queue.buffering.max.kbytes", "65536", false},
	{"queue.buffering.max.messages", "1000000", false},
	/*
	 * Speed.  Without lingering a record leaves at once while little is sent;
	 * under load batches fill while earlier ones are under way.  Small writes
	 * must not wait for acknowledgements of TCP.
	 */
	{"compression.codec", "lz4", false},
	{"linger.ms", "0", false},
	{"batch.num.messages", "10000", false},
	{"socket.nagle.disable", "true", false},
	/* Come back soon after an outage, as the Java client does */
	{"reconnect.backoff.max.ms", "1000", false},
	{"socket.timeout.ms", "30000", false},
	/* No reports home; brokers that ask for them have crashed clients */
	{"enable.metrics.push", "false", true},
	{NULL, NULL, false},
};

/*
 * Properties librdkafka would run a command for: neutralized whatever its
 * defaults are.  Unknown to a library without Kerberos.
 */
const W2kFixedSetting w2k_settings_forced[] = {
	{"sasl.kerberos.min.time.before.relogin", "0", true},
	{"sasl.kerberos.kinit.cmd", "false", true},
	{NULL, NULL, false},
};

void
w2k_settings_init(W2kSettings *settings)
{
	*settings = (W2kSettings){0};
}

bool
w2k_settings_is_secret(const char *name)
{
	static const char *const parts[] = {"password", "secret",	   "jaas",
										"token",	"oauthbearer", "ssl.key",
										"username", "credential"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
	{
		if (strstr(name, parts[i]) != NULL)
			return true;
	}
	return false;
}

const char *
w2k_settings_find(const W2kSettingList *list, const char *name)
{
	for (int i = list->count - 1; i >= 0; i--)
	{
		if (strcmp(list->items[i].name, name) == 0)
			return list->items[i].value;
	}
	return NULL;
}

static void
append(W2kSettingList *list, const char *name, const char *value)
{
	if (list->count == list->capacity)
	{
		list->capacity = list->capacity ? list->capacity * 2 : 16;
		list->items = w2k_memory_realloc(list->items, (size_t) list->capacity *
														  sizeof(*list->items));
	}
	list->items[list->count++] = (W2kSetting){w2k_memory_strdup(name),
											  w2k_memory_strdup(value)};
}

/* The reason why a property of librdkafka is refused, or NULL. */
static const char *
refusal(const char *name)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
	{
		size_t len = strlen(refused[i].name);
		bool is_prefix = refused[i].name[len - 1] == '.';

		if (is_prefix ? strncmp(name, refused[i].name, len) == 0
					  : strcmp(name, refused[i].name) == 0)
			return refused[i].reason;
	}
	return NULL;
}

static bool
set_text(char **text, const char *value)
{
	free(*text);
	*text = w2k_memory_strdup(value);
	return true;
}

/* One of our own settings, other than those of topic creation. */
static bool
add_ours(W2kSettings *settings, const char *name, const char *value,
		 char *error, size_t error_size)
{
	if (strcmp(name, "w2k.connector") == 0)
		return set_text(&settings->connector, value);
	if (strcmp(name, "w2k.signal.topic") == 0)
		return set_text(&settings->signal_topic, value);
	if (strcmp(name, "w2k.signal.key") == 0)
		return set_text(&settings->signal_key, value);
	if (strcmp(name, "w2k.on.record.error") == 0)
	{
		settings->skips_records = strcmp(value, "skip") == 0;
		if (settings->skips_records || strcmp(value, "fail") == 0)
			return true;
		snprintf(error, error_size,
				 "invalid value for \"%s\": \"%s\"; valid values are fail and skip",
				 name, value);
		return false;
	}
	if (strcmp(name, "w2k.statistics.interval.ms") == 0)
	{
		char *end;
		long ms;

		errno = 0;
		ms = strtol(value, &end, 10);
		if (errno == 0 && end != value && *end == '\0' && ms >= 0 &&
			ms <= 86400000)
		{
			settings->statistics_interval_ms = (int) ms;
			return true;
		}
		snprintf(error, error_size,
				 "invalid value for \"%s\": \"%s\"; it is a number of milliseconds from 0 to 86400000",
				 name, value);
		return false;
	}
	snprintf(error, error_size, "unrecognized setting \"%s\"", name);
	return false;
}

/* A setting of a schema registry's client; registry.c reads them. */
static bool
add_registry(W2kSettingList *list, const char *name, const char *full_name,
			 const char *value, char *error, size_t error_size)
{
	static const char *const names[] = {"url",
										"user.info",
										"sasl.username",
										"sasl.password",
										"token",
										"logical.cluster",
										"identity.pool.id",
										"issuer.endpoint.url",
										"client.id",
										"client.secret",
										"scope",
										"cache.expiry.buffer.seconds",
										"auto.register",
										"use.latest",
										"normalize",
										"connect.timeout.ms",
										"read.timeout.ms",
										"backoff.ms",
										"backoff.max.ms",
										"proxy",
										"ssl.verify.host",
										"ssl.ca.location",
										"ssl.ca.pem",
										"ssl.certificate.location",
										"ssl.certificate.pem",
										"ssl.key.location",
										"ssl.key.pem",
										"ssl.key.password",
										"ssl.cipher.suites"};
	bool is_known = strncmp(name, "header.", 7) == 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !is_known; i++)
		is_known = strcmp(names[i], name) == 0;
	if (is_known)
		append(list, name, value);
	else
		snprintf(error, error_size, "unrecognized setting \"%s\"", full_name);
	return is_known;
}

bool
w2k_settings_add(W2kSettings *settings, const char *name, const char *value,
				 char *error, size_t error_size)
{
	W2kSettingList *list = &settings->kafka;
	const char *kafka_name = name;
	const char *reason;

	if (strncmp(name, CREATION_PREFIX, strlen(CREATION_PREFIX)) == 0)
	{
		append(&settings->creation, name + strlen(CREATION_PREFIX), value);
		return true;
	}
	if (strncmp(name, REGISTRY_KEY_PREFIX, strlen(REGISTRY_KEY_PREFIX)) == 0)
		return add_registry(&settings->registry[1],
							name + strlen(REGISTRY_KEY_PREFIX), name, value,
							error, error_size);
	if (strncmp(name, REGISTRY_VALUE_PREFIX, strlen(REGISTRY_VALUE_PREFIX)) ==
		0)
		return add_registry(&settings->registry[0],
							name + strlen(REGISTRY_VALUE_PREFIX), name, value,
							error, error_size);
	if (strncmp(name, SIGNAL_CONSUMER_PREFIX,
				strlen(SIGNAL_CONSUMER_PREFIX)) == 0)
	{
		list = &settings->signal_consumer;
		kafka_name = name + strlen(SIGNAL_CONSUMER_PREFIX);
	}
	else if (strncmp(name, OUR_PREFIX, strlen(OUR_PREFIX)) == 0)
		return add_ours(settings, name, value, error, error_size);

	reason = refusal(kafka_name);
	if (reason != NULL)
	{
		snprintf(error, error_size, "property \"%s\" is not allowed: %s", name,
				 reason);
		return false;
	}
	append(list, kafka_name, value);
	return true;
}

/* Cuts white space off both ends, in place. */
static char *
trim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace((unsigned char) end[-1]))
		end--;
	*end = '\0';
	while (isspace((unsigned char) *s))
		s++;
	return s;
}

/* One line of a settings file: empty, "# comment" or "name = value". */
static bool
add_line(W2kSettings *settings, char *line, char *error, size_t error_size)
{
	char *name = trim(line);
	char *equals;

	if (*name == '\0' || *name == '#')
		return true;
	equals = strchr(name, '=');
	if (equals == NULL || equals == name)
	{
		snprintf(error, error_size, "expected \"name=value\"");
		return false;
	}
	*equals = '\0';
	return w2k_settings_add(settings, trim(name), trim(equals + 1), error,
							error_size);
}

bool
w2k_settings_load(W2kSettings *settings, const char *path, char *error,
				  size_t error_size)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t capacity = 0;
	ssize_t len;
	int number = 0;
	bool ok = true;

	if (file == NULL)
	{
		snprintf(error, error_size, "could not open file \"%s\": %s", path,
				 strerror(errno));
		return false;
	}
	while (ok && (len = getline(&line, &capacity, file)) >= 0)
	{
		char reason[512];

		number++;
		if (strlen(line) != (size_t) len)
		{
			snprintf(reason, sizeof(reason), "zero byte in line");
			ok = false;
		}
		else
			ok = add_line(settings, line, reason, sizeof(reason));
		if (!ok)
			snprintf(error, error_size, "%s, line %d: %s", path, number,
					 reason);
	}
	if (ok && ferror(file))
	{
		snprintf(error, error_size, "could not read file \"%s\": %s", path,
				 strerror(errno));
		ok = false;
	}
	free(line);
	fclose(file);
	return ok;
}
