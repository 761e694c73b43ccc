/*
 * client_table.c
 *		The properties of the Kafka client that a connector may set.
 *
 * Names and ranges are librdkafka 2.0's; then the Java client's, where it
 * calls the same thing by another name.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/builtins.h"

#include "config/client_table.h"

/* SASL_SSL and HTTPS are written in lower case by librdkafka. */
static const char *
to_lower(const char *value)
{
	char *result = pstrdup(value);
	char *p;

	for (p = result; *p != '\0'; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	return result;
}

static const char *
to_upper(const char *value)
{
	char *result = pstrdup(value);
	char *p;

	for (p = result; *p != '\0'; p++)
		*p = pg_ascii_toupper((unsigned char) *p);
	return result;
}

/* librdkafka has only true and false. */
static const char *
to_boolean(const char *value)
{
	bool is_true = false;

	(void) parse_bool(value, &is_true);
	return is_true ? "true" : "false";
}

/* bytes -> kilobytes, for the queue's size */
static const char *
to_kbytes(const char *value)
{
	return psprintf("%lld",
					(long long) Max(1, strtoll(value, NULL, 10) / 1024));
}

/* What Java calls "for ever" is 0 to librdkafka. */
static const char *
to_timeout(const char *value)
{
	return strtoll(value, NULL, 10) == INT_MAX ? "0" : value;
}

/* The system's default size is -1 in Java, 0 in librdkafka. */
static const char *
to_buffer_size(const char *value)
{
	return strtoll(value, NULL, 10) < 0 ? "0" : value;
}

/* "-1" is the other name of "all". */
static const char *
to_acks(const char *value)
{
	return strcmp(value, "-1") == 0 ? "all" : to_lower(value);
}

/* An empty algorithm switches the check of host names off in Java. */
static const char *
to_algorithm(const char *value)
{
	return value[0] == '\0' ? "none" : to_lower(value);
}

/* A file, by a path that does not depend on where the server was started. */
static const char *
path_problem(const char *value)
{
	return value[0] == '/' ? NULL : "It must be an absolute path.";
}

/* CA files may also be looked for where the system has them. */
static const char *
ca_problem(const char *value)
{
	return strcmp(value, "probe") == 0 ? NULL : path_problem(value);
}

/* curl knows more kinds of URL, file:// among them. */
static const char *
url_problem(const char *value)
{
	if (pg_strncasecmp(value, "https://", 8) != 0 &&
		pg_strncasecmp(value, "http://", 7) != 0)
		return "It must begin with https:// or http://.";
	return NULL;
}

/* librdkafka's linger.ms may have a fraction. */
static const char *
linger_problem(const char *value)
{
	char *end;
	double ms = strtod(value, &end);

	if (end == value || *end != '\0' || !(ms >= 0 && ms <= 900000))
		return "It must be a number of milliseconds between 0 and 900000.";
	return NULL;
}

#define SET(n, t, d, ...)                                                     \
	{                                                                         \
		.prop =                                                               \
		{.name = n,                                                           \
		 .type = W2K_PROP_##t,                                                \
		 .support = W2K_IMPLEMENTED,                                          \
		 .default_value = d,                                                  \
		 __VA_ARGS__ }
#define END }
#define IGNORED(n, why)                                                       \
	{                                                                         \
		.prop =                                                               \
		{.name = n,                                                           \
		 .type = W2K_PROP_STRING,                                             \
		 .support = W2K_NO_EFFECT,                                            \
		 .text = why }                                                        \
	}
#define IGNORED_SECRET(n, why)                                                \
	{                                                                         \
		.prop =                                                               \
		{.name = n,                                                           \
		 .type = W2K_PROP_PASSWORD,                                           \
		 .support = W2K_NO_EFFECT,                                            \
		 .flags = W2K_PROP_SECRET,                                            \
		 .text = why }                                                        \
	}
#define REFUSED(n, why)                                                       \
	{                                                                         \
		.prop =                                                               \
		{.name = n,                                                           \
		 .type = W2K_PROP_STRING,                                             \
		 .support = W2K_REFUSED,                                              \
		 .text = why }                                                        \
	}
#define REFUSED_SECRET(n, why)                                                \
	{                                                                         \
		.prop =                                                               \
		{.name = n,                                                           \
		 .type = W2K_PROP_PASSWORD,                                           \
		 .support = W2K_REFUSED,                                              \
		 .flags = W2K_PROP_SECRET,                                            \
		 .text = why }                                                        \
	}
#define RANGE(lo, hi) .min = lo, .max = hi
#define CHOICES(...)                                                          \
	.choices = (const W2kChoice[])                                            \
	{                                                                         \
		__VA_ARGS__,                                                          \
		{                                                                     \
			NULL, 0                                                           \
		}                                                                     \
	}
#define SECRET .flags = W2K_PROP_SECRET
#define SUPERUSER .flags = W2K_PROP_SUPERUSER

#define LOADS_CODE "It loads code into a process of the server's account."
#define RUNS_COMMAND "It runs a command as the server's account."
#define NO_KINIT                                                              \
	"No kinit is run: keep a ticket cache of the server's account fresh."
#define IS_OURS "The sender sets it itself."
#define JAVA_ONLY "the Kafka client has no counterpart"

/* clang-format off */
const W2kClientProperty w2k_client_properties[] = {
	/* Brokers and connections */
	SET("bootstrap.servers", LIST, NULL) END,
	SET("metadata.broker.list", LIST, NULL), .target = "bootstrap.servers" END,
	SET("client.id", STRING, NULL) END,
	SET("client.rack", STRING, NULL) END,
	SET("broker.address.family", ENUM, NULL, CHOICES({"any", 0}, {"v4", 0}, {"v6", 0})), .convert = to_lower END,
	SET("broker.address.ttl", INT, NULL, RANGE(0, 86400000)) END,
	SET("api.version.request", BOOLEAN, NULL), .convert = to_boolean END,
	SET("api.version.request.timeout.ms", INT, NULL, RANGE(1, 300000)) END,
	SET("api.version.fallback.ms", INT, NULL, RANGE(0, 604800000)) END,
	SET("broker.version.fallback", STRING, NULL) END,
	SET("connections.max.idle.ms", INT, NULL, RANGE(0, INT_MAX)) END,
	SET("reconnect.backoff.ms", INT, NULL, RANGE(0, 3600000)) END,
	SET("reconnect.backoff.max.ms", INT, "1000", RANGE(0, 3600000)) END,
	SET("socket.timeout.ms", INT, "30000", RANGE(10, 300000)) END,
	SET("socket.connection.setup.timeout.ms", INT, NULL, RANGE(1000, INT_MAX)) END,
	SET("socket.keepalive.enable", BOOLEAN, NULL), .convert = to_boolean END,
	SET("socket.nagle.disable", BOOLEAN, "true"), .convert = to_boolean END,
	SET("socket.max.fails", INT, NULL, RANGE(0, 1000000)) END,
	SET("socket.send.buffer.bytes", INT, NULL, RANGE(0, 100000000)) END,
	SET("send.buffer.bytes", INT, NULL, RANGE(-1, 100000000)), .target = "socket.send.buffer.bytes", .convert = to_buffer_size END,
	SET("socket.receive.buffer.bytes", INT, NULL, RANGE(0, 100000000)) END,
	SET("receive.buffer.bytes", INT, NULL, RANGE(-1, 100000000)), .target = "socket.receive.buffer.bytes", .convert = to_buffer_size END,
	SET("receive.message.max.bytes", INT, NULL, RANGE(1000, INT_MAX)) END,
	SET("metadata.max.age.ms", INT, NULL, RANGE(1, 86400000)) END,
	SET("topic.metadata.refresh.interval.ms", INT, NULL, RANGE(-1, 3600000)) END,
	SET("topic.metadata.refresh.fast.interval.ms", INT, NULL, RANGE(1, 60000)) END,
	SET("topic.metadata.refresh.sparse", BOOLEAN, NULL), .convert = to_boolean END,
	SET("topic.metadata.propagation.max.ms", INT, NULL, RANGE(0, 3600000)) END,
	SET("debug", STRING, NULL) END,
	SET("log_level", INT, NULL, RANGE(0, 7)) END,
	SET("log.connection.close", BOOLEAN, NULL), .convert = to_boolean END,

	/* Producing */
	SET("acks", ENUM, "all", CHOICES({"all", 0}, {"-1", 0}, {"1", 0})), .convert = to_acks END,
	SET("request.required.acks", ENUM, NULL, CHOICES({"all", 0}, {"-1", 0}, {"1", 0})), .target = "acks", .convert = to_acks END,
	SET("enable.idempotence", BOOLEAN, "true"), .convert = to_boolean END,
	SET("max.in.flight.requests.per.connection", INT, "5", RANGE(1, 1000000)) END,
	SET("max.in.flight", INT, NULL, RANGE(1, 1000000)), .target = "max.in.flight.requests.per.connection" END,
	SET("retries", INT, "2147483647", RANGE(0, INT_MAX)) END,
	SET("message.send.max.retries", INT, NULL, RANGE(0, INT_MAX)), .target = "retries" END,
	SET("retry.backoff.ms", INT, NULL, RANGE(1, 300000)) END,
	SET("request.timeout.ms", INT, NULL, RANGE(1, 900000)) END,
	SET("message.timeout.ms", INT, "0", RANGE(0, INT_MAX)), .convert = to_timeout END,
	SET("delivery.timeout.ms", INT, NULL, RANGE(0, INT_MAX)), .target = "message.timeout.ms", .convert = to_timeout END,
	SET("linger.ms", STRING, "0"), .problem = linger_problem END,
	SET("queue.buffering.max.ms", STRING, NULL), .target = "linger.ms", .problem = linger_problem END,
	SET("batch.size", INT, NULL, RANGE(1, INT_MAX)) END,
	SET("batch.num.messages", INT, "10000", RANGE(1, 1000000)) END,
	SET("queue.buffering.max.messages", INT, "1000000", RANGE(1, INT_MAX)) END,
	SET("queue.buffering.max.kbytes", INT, "65536", RANGE(1, 1048576)) END,
	SET("buffer.memory", LONG, NULL, RANGE(1024, 1024 * 1024 * 1024)), .target = "queue.buffering.max.kbytes", .convert = to_kbytes END,
	SET("queue.buffering.backpressure.threshold", INT, NULL, RANGE(1, 1000000)) END,
	SET("message.max.bytes", INT, "1048576", RANGE(1000, 1000000000)) END,
	SET("max.request.size", INT, NULL, RANGE(1000, 1000000000)), .target = "message.max.bytes" END,
	SET("message.copy.max.bytes", INT, NULL, RANGE(0, 1000000000)) END,
	SET("compression.type", ENUM, "lz4", CHOICES({"none", 0}, {"gzip", 0}, {"snappy", 0}, {"lz4", 0}, {"zstd", 0})), .convert = to_lower END,
	SET("compression.codec", ENUM, NULL, CHOICES({"none", 0}, {"gzip", 0}, {"snappy", 0}, {"lz4", 0}, {"zstd", 0})), .target = "compression.type", .convert = to_lower END,
	SET("compression.level", INT, NULL, RANGE(-1, 12)) END,
	SET("partitioner", ENUM, "murmur2_random", CHOICES({"murmur2_random", 0}, {"murmur2", 0}, {"consistent_random", 0}, {"consistent", 0}, {"fnv1a_random", 0}, {"fnv1a", 0})), .convert = to_lower END,
	SET("sticky.partitioning.linger.ms", INT, NULL, RANGE(0, 900000)) END,

	/* Security */
	SET("security.protocol", ENUM, "plaintext", CHOICES({"plaintext", 0}, {"ssl", 0}, {"sasl_plaintext", 0}, {"sasl_ssl", 0})), .convert = to_lower END,
	SET("sasl.mechanism", ENUM, NULL, CHOICES({"PLAIN", 0}, {"SCRAM-SHA-256", 0}, {"SCRAM-SHA-512", 0}, {"OAUTHBEARER", 0}, {"GSSAPI", 0})), .convert = to_upper END,
	SET("sasl.mechanisms", ENUM, NULL, CHOICES({"PLAIN", 0}, {"SCRAM-SHA-256", 0}, {"SCRAM-SHA-512", 0}, {"OAUTHBEARER", 0}, {"GSSAPI", 0})), .target = "sasl.mechanism", .convert = to_upper END,
	SET("sasl.username", STRING, NULL) END,
	SET("sasl.password", PASSWORD, NULL, SECRET) END,
	SET("sasl.jaas.config", PASSWORD, NULL, SECRET), .target = "" END,
	SET("sasl.kerberos.service.name", STRING, "kafka", SUPERUSER) END,
	SET("sasl.oauthbearer.method", ENUM, NULL, CHOICES({"oidc", 0})), .convert = to_lower END,
	SET("sasl.oauthbearer.client.id", STRING, NULL) END,
	SET("sasl.oauthbearer.client.secret", PASSWORD, NULL, SECRET) END,
	SET("sasl.oauthbearer.scope", STRING, NULL) END,
	SET("sasl.oauthbearer.extensions", PASSWORD, NULL, SECRET) END,
	SET("sasl.oauthbearer.token.endpoint.url", STRING, NULL, SUPERUSER), .problem = url_problem END,
	SET("ssl.endpoint.identification.algorithm", STRING, NULL), .convert = to_algorithm END,
	SET("enable.ssl.certificate.verification", BOOLEAN, NULL), .convert = to_boolean END,
	SET("ssl.cipher.suites", STRING, NULL) END,
	SET("ssl.curves.list", STRING, NULL) END,
	SET("ssl.sigalgs.list", STRING, NULL) END,
	SET("ssl.ca.location", STRING, NULL, SUPERUSER), .problem = ca_problem END,
	SET("ssl.ca.pem", STRING, NULL) END,
	SET("ssl.crl.location", STRING, NULL, SUPERUSER), .problem = path_problem END,
	SET("ssl.certificate.location", STRING, NULL, SUPERUSER), .problem = path_problem END,
	SET("ssl.certificate.pem", STRING, NULL) END,
	SET("ssl.key.location", STRING, NULL, SUPERUSER), .problem = path_problem END,
	SET("ssl.key.pem", PASSWORD, NULL, SECRET) END,
	SET("ssl.key.password", PASSWORD, NULL, SECRET) END,
	SET("ssl.truststore.type", ENUM, NULL, CHOICES({"PEM", 0}, {"JKS", 0}, {"PKCS12", 0})), .target = "" END,
	SET("ssl.truststore.location", STRING, NULL, SUPERUSER), .target = "ssl.ca.location", .problem = path_problem END,
	SET("ssl.truststore.certificates", STRING, NULL), .target = "ssl.ca.pem" END,
	SET("ssl.keystore.type", ENUM, NULL, CHOICES({"PEM", 0}, {"JKS", 0}, {"PKCS12", 0})), .target = "" END,
	SET("ssl.keystore.location", STRING, NULL, SUPERUSER), .target = "", .problem = path_problem END,
	SET("ssl.keystore.password", PASSWORD, NULL, SECRET) END,
	SET("ssl.keystore.certificate.chain", STRING, NULL), .target = "ssl.certificate.pem" END,
	SET("ssl.keystore.key", PASSWORD, NULL, SECRET), .target = "ssl.key.pem" END,

	/* The Java client's own */
	IGNORED("key.serializer", "the connector's converters decide"),
	IGNORED("value.serializer", "the connector's converters decide"),
	IGNORED("max.block.ms", "nothing waits for the queue but the worker"),
	IGNORED("retry.backoff.max.ms", JAVA_ONLY),
	IGNORED("client.dns.lookup", JAVA_ONLY),
	IGNORED("metadata.max.idle.ms", JAVA_ONLY),
	IGNORED("metadata.recovery.strategy", JAVA_ONLY),
	IGNORED("metadata.recovery.rebootstrap.trigger.ms", JAVA_ONLY),
	IGNORED("socket.connection.setup.timeout.max.ms", JAVA_ONLY),
	IGNORED("enable.metrics.push", "the sender pushes no metrics"),
	IGNORED("metric.reporters", "statistics are in the view stat_kafka"),
	IGNORED("metrics.num.samples", "statistics are in the view stat_kafka"),
	IGNORED("metrics.recording.level", "statistics are in the view stat_kafka"),
	IGNORED("metrics.sample.window.ms", "statistics are in the view stat_kafka"),
	IGNORED("partitioner.adaptive.partitioning.enable", JAVA_ONLY),
	IGNORED("partitioner.availability.timeout.ms", JAVA_ONLY),
	IGNORED_SECRET("ssl.truststore.password", "PEM files of certificates have none"),
	IGNORED("sasl.login.refresh.window.factor", JAVA_ONLY),
	IGNORED("sasl.login.refresh.window.jitter", JAVA_ONLY),
	IGNORED("sasl.login.refresh.min.period.seconds", JAVA_ONLY),
	IGNORED("sasl.login.refresh.buffer.seconds", JAVA_ONLY),
	IGNORED("sasl.kerberos.ticket.renew.jitter", JAVA_ONLY),
	IGNORED("sasl.kerberos.ticket.renew.window.factor", JAVA_ONLY),
	IGNORED("transaction.timeout.ms", "records are not sent in transactions yet"),

	/* What nobody may set, and why */
	REFUSED("plugin.library.paths", LOADS_CODE),
	REFUSED("ssl.engine.location", LOADS_CODE),
	REFUSED("ssl.engine.id", LOADS_CODE),
	REFUSED("ssl.providers", LOADS_CODE),
	REFUSED("interceptors", LOADS_CODE),
	REFUSED("interceptor.classes", LOADS_CODE),
	REFUSED("partitioner.class", "Set \"producer.override.partitioner\": murmur2_random is the Java client's default."),
	REFUSED("ssl.engine.factory.class", LOADS_CODE),
	REFUSED("security.providers", LOADS_CODE),
	REFUSED("sasl.client.callback.handler.class", LOADS_CODE),
	REFUSED("sasl.login.callback.handler.class", LOADS_CODE),
	REFUSED("sasl.login.class", LOADS_CODE),
	REFUSED("sasl.kerberos.kinit.cmd", RUNS_COMMAND),
	REFUSED("sasl.kerberos.principal", NO_KINIT),
	REFUSED("sasl.kerberos.keytab", NO_KINIT),
	REFUSED("sasl.kerberos.min.time.before.relogin", NO_KINIT),
	REFUSED_SECRET("sasl.oauthbearer.config", "Set \"producer.override.sasl.oauthbearer.method\" to \"oidc\"."),
	REFUSED("enable.sasl.oauthbearer.unsecure.jwt", "Tokens without a signature are for tests only."),
	REFUSED("internal.termination.signal", "Signals belong to the server."),
	REFUSED("test.mock.num.brokers", "It is for tests of the client only."),
	REFUSED("builtin.features", IS_OURS),
	REFUSED("transactional.id", "Records are not sent in transactions yet."),
	REFUSED("enable.gapless.guarantee", IS_OURS),
	REFUSED("delivery.report.only.error", IS_OURS),
	REFUSED("statistics.interval.ms", "Set connector property \"statistics.interval.ms\"."),
	REFUSED("log.queue", IS_OURS),
	REFUSED("log.thread.name", IS_OURS),
	REFUSED("enabled_events", IS_OURS),
	REFUSED("enable.random.seed", IS_OURS),
	REFUSED("queuing.strategy", "It would change the order of records."),
	REFUSED("partitioner.ignore.keys", "It would change the order of a key's records."),
	REFUSED("topic.blacklist", "It would lose records in silence."),
	REFUSED("ssl.protocol", "Set \"producer.override.ssl.cipher.suites\" instead."),
	REFUSED("ssl.provider", LOADS_CODE),
	REFUSED("ssl.enabled.protocols", "Set \"producer.override.ssl.cipher.suites\" instead."),
	REFUSED("compression.gzip.level", "Set \"producer.override.compression.level\" instead."),
	REFUSED("compression.lz4.level", "Set \"producer.override.compression.level\" instead."),
	REFUSED("compression.zstd.level", "Set \"producer.override.compression.level\" instead."),
};
/* clang-format on */

const int w2k_nclient_properties = lengthof(w2k_client_properties);
