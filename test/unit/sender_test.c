/*
 * sender_test.c
 *		The parts of the sender that decide and need no Kafka: settings, error
 *		table, connection state, topic creation rules, id map, log filter,
 *		answers, input, flusher.
 */
#define _GNU_SOURCE /* pipe2 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "sender/answers.h"
#include "sender/clock.h"
#include "sender/connection.h"
#include "sender/delivery.h"
#include "sender/idmap.h"
#include "sender/input.h"
#include "sender/logfilter.h"
#include "sender/registering.h"
#include "sender/registry_error.h"
#include "sender/session.h"
#include "sender/settings.h"
#include "sender/topics.h"
#include "tap.h"

/* ---- settings ---- */

static void
test_settings(void)
{
	static const char *const refused[] = {"plugin.library.paths",
										  "ssl.engine.location",
										  "ssl.engine.id",
										  "sasl.kerberos.kinit.cmd",
										  "internal.termination.signal",
										  "test.mock.num.brokers",
										  "delivery.report.only.error",
										  "transactional.id"};
	static const char *const secrets[] = {"sasl.password",
										  "sasl.username",
										  "ssl.key.pem",
										  "ssl.key.password",
										  "ssl.keystore.password",
										  "sasl.oauthbearer.client.secret",
										  "sasl.jaas.config"};
	W2kSettings settings;
	char error[512] = "";

	w2k_settings_init(&settings);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
	{
		bool added = w2k_settings_add(&settings, refused[i], "hidden", error,
									  sizeof(error));

		ok(!added && strstr(error, refused[i]) != NULL &&
			   strstr(error, "hidden") == NULL,
		   "\"%s\" is refused by name, without its value", refused[i]);
	}
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		ok(w2k_settings_is_secret(secrets[i]), "\"%s\" is a secret",
		   secrets[i]);
	ok(!w2k_settings_is_secret("linger.ms") &&
		   !w2k_settings_is_secret("ssl.ca.location"),
	   "other settings are not");

	ok(w2k_settings_add(&settings, "linger.ms", "1", error, sizeof(error)) &&
		   w2k_settings_add(&settings, "linger.ms", "2", error, sizeof(error)),
	   "librdkafka's properties are kept");
	is_text(w2k_settings_find(&settings.kafka, "linger.ms"), "2",
			"the last value counts");
	ok(w2k_settings_find(&settings.kafka, "acks") == NULL,
	   "what was not said is not there");
	ok(w2k_settings_add(&settings, "w2k.on.record.error", "skip", error,
						sizeof(error)) &&
		   settings.skips_records,
	   "w2k.on.record.error=skip");
	ok(!w2k_settings_add(&settings, "w2k.on.record.error", "ignore", error,
						 sizeof(error)),
	   "w2k.on.record.error=ignore is refused");
	is_text(error,
			"invalid value for \"w2k.on.record.error\": \"ignore\"; valid values are fail and skip",
			"in words");
	ok(!w2k_settings_add(&settings, "w2k.statistics.interval.ms", "1s", error,
						 sizeof(error)) &&
		   !w2k_settings_add(&settings, "w2k.statistics.interval.ms", "-1",
							 error, sizeof(error)) &&
		   !w2k_settings_add(&settings, "w2k.statistics.interval.ms", "",
							 error, sizeof(error)),
	   "w2k.statistics.interval.ms takes a number of milliseconds only");
	ok(!w2k_settings_add(&settings, "w2k.colour", "red", error, sizeof(error)),
	   "a setting of ours that does not exist is refused");
	is_text(error, "unrecognized setting \"w2k.colour\"", "by name");
}

/* Writes text to a file and loads it. */
static bool
load_text(const char *text, W2kSettings *settings, char *error, size_t size)
{
	char path[] = "/tmp/w2k_settings_XXXXXX";
	int fd = mkstemp(path);
	bool is_loaded;

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
	w2k_settings_init(settings);
	is_loaded = w2k_settings_load(settings, path, error, size);
	unlink(path);
	return is_loaded;
}

static void
test_settings_file(void)
{
	W2kSettings settings;
	char error[512] = "";

	ok(load_text("# a comment\n\n  bootstrap.servers = a:1, b:2  \nx=\n"
				 "ssl.key.pem=a=b\nw2k.connector=c",
				 &settings, error, sizeof(error)),
	   "a settings file is read");
	is_text(w2k_settings_find(&settings.kafka, "bootstrap.servers"),
			"a:1, b:2", "white space around name and value is cut");
	is_text(w2k_settings_find(&settings.kafka, "x"), "",
			"a value may be empty");
	is_text(w2k_settings_find(&settings.kafka, "ssl.key.pem"), "a=b",
			"a value may hold an equals sign");
	is_text(settings.connector, "c", "the last line needs no newline");
	ok(!load_text("a=b\nnonsense\n", &settings, error, sizeof(error)) &&
		   strstr(error, ", line 2: expected \"name=value\"") != NULL,
	   "an error names the line");
	ok(!load_text("a=b\n\nplugin.library.paths=x\n", &settings, error,
				  sizeof(error)) &&
		   strstr(error,
				  ", line 3: property \"plugin.library.paths\" is not allowed") !=
			   NULL,
	   "a refused property too");
	ok(!w2k_settings_load(&settings, "/nonexistent/file", error,
						  sizeof(error)) &&
		   strstr(error, "could not open file \"/nonexistent/file\"") != NULL,
	   "a missing file is said to be missing");
}

/* ---- errors ---- */

static void
test_delivery(void)
{
	static const struct
	{
		const char *name;
		W2kErrorClass error_class;
	} expected[] = {
		{"MSG_SIZE_TOO_LARGE", W2K_CLASS_RECORD},
		{"INVALID_RECORD", W2K_CLASS_RECORD},
		{"TOPIC_AUTHORIZATION_FAILED", W2K_CLASS_FATAL},
		{"CLUSTER_AUTHORIZATION_FAILED", W2K_CLASS_FATAL},
		{"TOPIC_EXCEPTION", W2K_CLASS_FATAL},
		{"POLICY_VIOLATION", W2K_CLASS_FATAL},
		{"UNKNOWN_TOPIC_OR_PART", W2K_CLASS_RETRY},
		{"_MSG_TIMED_OUT", W2K_CLASS_RETRY},
		{"_ALL_BROKERS_DOWN", W2K_CLASS_CONNECTION},
		{"_TRANSPORT", W2K_CLASS_CONNECTION},
		{"_RESOLVE", W2K_CLASS_CONNECTION},
		{"_AUTHENTICATION", W2K_CLASS_CONNECTION},
		{"_SSL", W2K_CLASS_CONNECTION},
	};
	char text[1024];
	char small[24];
	W2kErrorPlace place = {.topic = "t",
						   .record_bytes = 2097152,
						   .batch_records = 1};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		ok(w2k_delivery_classify(expected[i].name)->error_class ==
			   expected[i].error_class,
		   "%s is classified", expected[i].name);
	ok(w2k_delivery_classify("SOMETHING_NEW")->error_class == W2K_CLASS_RETRY &&
		   w2k_delivery_classify_client("SOMETHING_NEW")->error_class ==
			   W2K_CLASS_NOTICE,
	   "what the table does not name is tried again, never given up");

	w2k_delivery_describe(text, sizeof(text),
						  w2k_delivery_classify("MSG_SIZE_TOO_LARGE"),
						  "Broker: Message size too large", &place);
	is_text(text,
			"could not write a record of 2097152 bytes to topic \"t\": Broker: Message size too large; raise message.max.bytes (producer.override.max.request.size) and the topic's max.message.bytes",
			"a message says what, where, why and what to do");
	place.batch_records = 3;
	w2k_delivery_describe(text, sizeof(text),
						  w2k_delivery_classify("INVALID_TIMESTAMP"), "reason",
						  &place);
	ok(strstr(text, "a batch of 3 records") != NULL &&
		   strstr(text, "batch.num.messages") != NULL,
	   "and how to find the record in a batch");
	w2k_delivery_describe(small, sizeof(small),
						  w2k_delivery_classify("INVALID_TIMESTAMP"), "reason",
						  &place);
	ok(strlen(small) == sizeof(small) - 1, "a long message is cut");
}

/* ---- connection ---- */

static void
test_connection(void)
{
	W2kConnection conn = {0};
	bool wants_probe;

	ok(w2k_connection_failed(&conn, "_TRANSPORT", "refused", false, 0,
							 &wants_probe) &&
		   wants_probe && conn.state == W2K_CONNECTION_DOWN,
	   "a failure before the first answer is shown");
	ok(!w2k_connection_failed(&conn, "_TRANSPORT", "refused again", false, 1,
							  &wants_probe),
	   "the same once");
	ok(!w2k_connection_failed(&conn, "_ALL_BROKERS_DOWN", "1/1 down", true, 2,
							  &wants_probe),
	   "that all are down adds nothing");
	is_text(conn.reason, "refused again",
			"the reason is the one that says why");
	ok(w2k_connection_failed(&conn, "_AUTHENTICATION", "wrong", false, 3,
							 &wants_probe),
	   "another kind of error is shown");
	ok(w2k_connection_answered(&conn) && conn.state == W2K_CONNECTION_UP &&
		   !w2k_connection_answered(&conn),
	   "an answer is shown once");
	ok(!w2k_connection_failed(&conn, "_TRANSPORT", "x", false, 10,
							  &wants_probe) &&
		   !wants_probe,
	   "one lost connection is nothing while up");
	ok(!w2k_connection_failed(&conn, "_ALL_BROKERS_DOWN", "1/1 down", true, 20,
							  &wants_probe) &&
		   wants_probe && !w2k_connection_tick(&conn, 100),
	   "all of them are asked for first");
	ok(!w2k_connection_answered(&conn) && conn.state == W2K_CONNECTION_UP,
	   "and an answer ends the doubt in silence");
	w2k_connection_failed(&conn, "_TRANSPORT", "x", false, 10, &wants_probe);
	w2k_connection_failed(&conn, "_ALL_BROKERS_DOWN", "1/1 down", true, 20,
						  &wants_probe);
	ok(w2k_connection_tick(&conn, 100000) &&
		   conn.state == W2K_CONNECTION_DOWN &&
		   !w2k_connection_tick(&conn, 200000),
	   "no answer is shown, once");
	is_text(conn.reason, "x", "with the reason before it");
	w2k_connection_answered(&conn);
	ok(w2k_connection_stalled(&conn, "slow") &&
		   !w2k_connection_stalled(&conn, "slow") &&
		   w2k_connection_answered(&conn),
	   "records that do not get through are shown, once, until they do");
}

/* A schema registry that is away is shown unless there is no broker. */
static void
test_connection_waits(void)
{
	W2kConnection conn = {0};
	bool wants_probe;
	const char *reason;

	w2k_connection_answered(&conn);
	ok(w2k_connection_is_up(&conn, &reason) && reason[0] == '\0',
	   "connected, and nothing waits");
	ok(w2k_connection_waits(&conn, "REGISTRY_UNREACHABLE", "one") &&
		   !w2k_connection_waits(&conn, "REGISTRY_UNREACHABLE", "two") &&
		   w2k_connection_waits(&conn, "REGISTRY_GARBLED", "three"),
	   "a registry that is away is shown, once for each kind of trouble");
	ok(!w2k_connection_is_up(&conn, &reason), "as not connected");
	is_text(reason, "three", "with its reason");
	w2k_connection_failed(&conn, "_TRANSPORT", "no broker", true, 10,
						  &wants_probe);
	w2k_connection_tick(&conn, 100000);
	ok(!w2k_connection_is_up(&conn, &reason), "a broker that is away as well");
	is_text(reason, "no broker", "is the worse trouble");
	w2k_connection_answered(&conn);
	w2k_connection_is_up(&conn, &reason);
	is_text(reason, "three", "when it is back the registry still is not");
	ok(w2k_connection_goes_on(&conn) && !w2k_connection_goes_on(&conn) &&
		   w2k_connection_is_up(&conn, &reason),
	   "until it is");
}

/* ---- the schema registry ---- */

static void
test_registry_errors(void)
{
	static const struct
	{
		long status, code;
		const char *name;
		bool is_passing;
	} expected[] = {{401, 40101, "REGISTRY_UNAUTHORIZED", false},
					{403, 40301, "REGISTRY_FORBIDDEN", false},
					{404, 404, "REGISTRY_NO_API", false},
					{404, -1, "REGISTRY_NO_API", false},
					{404, 40401, "REGISTRY_NOT_FOUND", false},
					{404, 40403, "REGISTRY_NOT_FOUND", false},
					{405, -1, "REGISTRY_NO_API", false},
					{408, -1, "REGISTRY_UNAVAILABLE", true},
					{409, 409, "REGISTRY_INCOMPATIBLE", false},
					{413, -1, "REGISTRY_REFUSED", false},
					{422, 42201, "REGISTRY_INVALID", false},
					{422, 42205, "REGISTRY_READ_ONLY", false},
					{429, -1, "REGISTRY_UNAVAILABLE", true},
					{500, 50001, "REGISTRY_UNAVAILABLE", true},
					{503, -1, "REGISTRY_UNAVAILABLE", true},
					{302, -1, "REGISTRY_REDIRECT", false},
					{200, -1, "REGISTRY_GARBLED", true}};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
	{
		W2kRegistryError error = w2k_registry_classify(expected[i].status,
													   expected[i].code);

		ok(strcmp(w2k_registry_error(error)->name, expected[i].name) == 0 &&
			   w2k_registry_is_passing(error) == expected[i].is_passing,
		   "HTTP status %ld, error_code %ld is %s", expected[i].status,
		   expected[i].code, expected[i].name);
	}
	for (int i = 0; i <= W2K_REGISTRY_REFUSED; i++)
		ok(w2k_registry_error((W2kRegistryError) i)->name != NULL,
		   "error %d has a name", i);
}

static void
test_id_patch(void)
{
	W2kSchema schema = {.id = 0x01020384};
	char bytes[] = {0, 0, 0, 0, 7, 'x'};
	W2kIdPatch patch = {.schemas = {&schema, NULL},
						.bytes = {bytes + 1, NULL},
						.references = {7, 0}};

	w2k_registering_apply(&patch);
	ok(memcmp(bytes, "\0\1\2\3\x84x", 6) == 0,
	   "an id takes the place of a reference");
	w2k_registering_undo(&patch);
	ok(memcmp(bytes, "\0\0\0\0\7x", 6) == 0,
	   "and leaves it, for a record that is offered again");
}

/* ---- topic creation ---- */

static void
add(W2kSettings *settings, const char *name, const char *value)
{
	char error[256];
	char full[256];

	snprintf(full, sizeof(full), "w2k.topic.creation.%s", name);
	if (!w2k_settings_add(settings, full, value, error, sizeof(error)))
		abort();
}

static void
test_topic_groups(void)
{
	W2kSettings settings;
	W2kTopics topics = {0};
	const W2kTopicGroup *group;
	char error[512];

	w2k_settings_init(&settings);
	add(&settings, "default.partitions", "3");
	add(&settings, "default.replication.factor", "-1");
	add(&settings, "default.cleanup.policy", "delete");
	add(&settings, "groups", "compact, logs");
	add(&settings, "compact.include", "shop\\.public\\.[a-z]+_\\d, x.*");
	add(&settings, "compact.exclude", "x_secret");
	add(&settings, "compact.cleanup.policy", "compact");
	add(&settings, "logs.include", ".*log");
	add(&settings, "logs.partitions", "1");
	ok(w2k_topics_configure(&topics, &settings.creation, error, sizeof(error)),
	   "groups are read");
	group = w2k_topics_group(&topics, "shop.public.t_1");
	is_text(group->name, "compact", "a name that matches goes to its group");
	ok(group->partitions == 3 && group->replication_factor == -1,
	   "which takes its numbers from the default");
	ok(group->config.count == 1 &&
		   strcmp(group->config.items[0].value, "compact") == 0,
	   "and has topic properties of its own");
	is_text(w2k_topics_group(&topics, "shop.public.t_1x")->name, "default",
			"the whole name must match");
	is_text(w2k_topics_group(&topics, "shopXpublicXt_1")->name, "default",
			"an escaped dot is a dot");
	is_text(w2k_topics_group(&topics, "x_secret")->name, "default",
			"what is excluded goes on to the next group");
	is_text(w2k_topics_group(&topics, "xlog")->name, "compact",
			"the first group wins");
	ok(w2k_topics_group(&topics, "a.log")->partitions == 1,
	   "a group may have its own numbers");

	ok(w2k_topics_get(&topics, "abc", 2) == w2k_topics_get(&topics, "ab", 2) &&
		   w2k_topics_get(&topics, "abc", 3)->index == 1,
	   "a topic is known by its name");
}

/* One setting more makes the configuration wrong, in those words. */
static void
check_wrong(const char *name, const char *value, bool has_default,
			const char *expected)
{
	W2kSettings settings;
	W2kTopics topics = {0};
	char error[512] = "";

	w2k_settings_init(&settings);
	if (has_default)
	{
		add(&settings, "default.partitions", "3");
		add(&settings, "default.replication.factor", "1");
	}
	add(&settings, name, value);
	ok(!w2k_topics_configure(&topics, &settings.creation, error, sizeof(error)),
	   "%s=%s is refused", name, value);
	is_text(error, expected, "in words");
}

static void
test_topic_groups_wrong(void)
{
	W2kSettings settings;
	W2kTopics topics = {0};
	char error[512];

	check_wrong("default.partitions", "3", false,
				"topic creation needs both \"topic.creation.default.partitions\" and \"topic.creation.default.replication.factor\"");
	check_wrong("default.partitions", "0", true,
				"invalid value for \"topic.creation.default.partitions\": \"0\": it is a number of at least 1, or -1 for the broker's default");
	check_wrong("default.replication.factor", "two", true,
				"invalid value for \"topic.creation.default.replication.factor\": \"two\": it is a number of at least 1, or -1 for the broker's default");
	check_wrong("defualt.partitions", "1", true,
				"\"topic.creation.defualt.partitions\" belongs to no group of \"topic.creation.groups\"");
	check_wrong("groups", "a", true,
				"topic creation group \"a\" needs \"topic.creation.a.include\"");
	check_wrong("default.include", "(", true,
				"invalid value for \"topic.creation.default.include\": \"(\": Unmatched ( or \\(");

	w2k_settings_init(&settings);
	ok(w2k_topics_configure(&topics, &settings.creation, error,
							sizeof(error)) &&
		   w2k_topics_group(&topics, "t") == NULL,
	   "without settings no topic is created");
	add(&settings, "enable", "false");
	add(&settings, "default.partitions", "1");
	ok(w2k_topics_configure(&topics, &settings.creation, error,
							sizeof(error)) &&
		   w2k_topics_group(&topics, "t") == NULL,
	   "nor with topic.creation.enable=false");
}

/* ---- id map, log filter ---- */

static void
test_idmap(void)
{
	W2kIdMap map = {0};
	static int values[5000];
	bool is_right = true;

	ok(w2k_idmap_get(&map, 0) == NULL, "an empty map has nothing");
	for (uint32_t i = 0; i < 5000; i++)
		is_right = is_right &&
				   w2k_idmap_put(&map, i * 16384, &values[i]) == NULL;
	for (uint32_t i = 0; i < 5000; i++)
		is_right = is_right && w2k_idmap_get(&map, i * 16384) == &values[i] &&
				   w2k_idmap_get(&map, i * 16384 + 1) == NULL;
	ok(is_right, "5000 ids that look alike are told apart");
	ok(w2k_idmap_put(&map, 16384, &values[0]) == &values[1] &&
		   w2k_idmap_get(&map, 16384) == &values[0],
	   "an id can be defined anew");
	w2k_idmap_clear(&map);
	ok(w2k_idmap_get(&map, 16384) == NULL && map.used == 0,
	   "and all can be forgotten");
}

static void
test_logfilter(void)
{
	W2kLogFilter filter = {0};
	uint32_t suppressed;

	ok(w2k_logfilter_pass(&filter, "FAIL", "attempt 1 failed", 0, &suppressed),
	   "a line is shown");
	ok(!w2k_logfilter_pass(&filter, "FAIL", "attempt 22 failed", 1,
						   &suppressed) &&
		   !w2k_logfilter_pass(&filter, "FAIL", "attempt 3 failed", 2,
							   &suppressed),
	   "one that differs in digits only is not shown again");
	ok(w2k_logfilter_pass(&filter, "FAIL", "something else", 3, &suppressed),
	   "another one is");
	ok(w2k_logfilter_pass(&filter, "FAIL", "attempt 4 failed", 70000,
						  &suppressed) &&
		   suppressed == 2,
	   "after a minute it is, with the number of those that were not");
	w2k_logfilter_reset(&filter);
	ok(w2k_logfilter_pass(&filter, "FAIL", "attempt 5 failed", 70001,
						  &suppressed),
	   "and when things have changed");
}

/* ---- answers ---- */

/*
 * Reads until everything has arrived; counts frames by type, and in counts[0]
 * what is no frame.
 */
static void
read_frames(W2kAnswers *answers, int fd, int *counts, uint64_t *last_ack)
{
	static char buf[4 * 1024 * 1024];
	size_t len = 0;
	size_t at = 0;
	ssize_t got;
	uint8_t type;
	W2kCursor cur;
	size_t used;
	size_t needed;

	do
	{
		while ((got = read(fd, buf + len, sizeof(buf) - len)) > 0)
			len += (size_t) got;
		if (!w2k_answers_is_pending(answers))
			break;
	} while (w2k_answers_write(answers));
	while (w2k_frame_parse(buf + at, len - at, false, &type, &cur, &used,
						   &needed) == W2K_PARSE_FRAME)
	{
		counts[type]++;
		if (type == W2K_FRAME_ACK)
			*last_ack = w2k_get_u64(&cur);
		at += used;
	}
	if (at != len)
		counts[0]++;
}

static void
test_answers(void)
{
	static const char long_text[1000] = {[0 ... 998] = 'x'};
	W2kAnswers answers;
	int fds[2];
	int counts[256] = {0};
	uint64_t last_ack = 0;
	bool is_alive = true;

	if (pipe2(fds, O_NONBLOCK) != 0)
		abort();
	w2k_answers_init(&answers, fds[1]);
	w2k_answers_hello(&answers, "1", "2");
	w2k_answers_ack(&answers, 1, 2, 3);
	w2k_answers_ack(&answers, 2, 2, 3);
	ok(w2k_answers_is_pending(&answers) && w2k_answers_write(&answers) &&
		   !w2k_answers_is_pending(&answers),
	   "answers go into the pipe");
	read_frames(&answers, fds[0], counts, &last_ack);
	ok(counts[W2K_FRAME_HELLO] == 1 && counts[W2K_FRAME_ACK] == 1 &&
		   last_ack == 2,
	   "of two acknowledgements only the newer");

	/* Nobody reads: everything is bounded, and errors are kept */
	for (uint64_t i = 1; i <= 100000 && is_alive; i++)
	{
		w2k_answers_ack(&answers, i + 2, 0, 0);
		w2k_answers_log(&answers, 6, "X", long_text);
		if (i % 1000 == 0)
			w2k_answers_error(&answers, W2K_SEVERITY_SKIPPED, 1, i, 0, "t",
							  "X", long_text);
		is_alive = w2k_answers_write(&answers);
	}
	ok(is_alive && w2k_answers_is_pending(&answers),
	   "a reader that does not read is waited for");
	ok(answers.end - answers.start < 1024 * 1024 && answers.dropped > 0,
	   "within bounds");
	memset(counts, 0, sizeof(counts));
	read_frames(&answers, fds[0], counts, &last_ack);
	ok(!w2k_answers_is_pending(&answers) && counts[0] == 0 &&
		   counts[W2K_FRAME_ERROR] == 100,
	   "when it reads all of it arrives, every error included");
	ok(last_ack == 100002, "the newest acknowledgement");
	ok(counts[W2K_FRAME_ACK] < 10000, "not each of them");

	close(fds[0]);
	w2k_answers_ack(&answers, 200000, 0, 0);
	ok(!w2k_answers_write(&answers), "a reader that is gone is noticed");
}

static void
test_answers_keep_errors(void)
{
	W2kAnswers answers;
	int fds[2];
	int counts[256] = {0};
	uint64_t last_ack = 0;
	char pad[4096];

	if (pipe2(fds, O_NONBLOCK) != 0)
		abort();
	w2k_answers_init(&answers, fds[1]);

	memset(pad, 'x', sizeof(pad) - 1);
	pad[sizeof(pad) - 1] = '\0';
	for (int i = 0; i < 500; i++)
	{
		w2k_answers_error(&answers, W2K_SEVERITY_SKIPPED, 1, (uint64_t) i, 0,
						  "t", "X", pad);
		w2k_answers_write(&answers);
	}
	ok(w2k_answers_is_congested(&answers),
	   "many errors that nobody reads are congestion");
	read_frames(&answers, fds[0], counts, &last_ack);
	ok(counts[W2K_FRAME_ERROR] == 500 && counts[0] == 0,
	   "but none of them is lost");
	close(fds[0]);
	close(fds[1]);
}

/* ---- session ---- */

static char *
close_frame(char *frame, uint8_t type, char *end)
{
	w2k_put_frame_header(frame, type,
						 (uint32_t) (end - frame - W2K_FRAME_HEADER_SIZE));
	return end;
}

/* A little of everything that goes down; returns its length. */
static size_t
write_stream(char *buf)
{
	W2kRecordFrame rec = {.lsn = 1,
						  .topic_id = 5,
						  .header_set_id = 6,
						  .key_len = 3,
						  .value_len = 5,
						  .partition = -1,
						  .header_count = 1,
						  .op = W2K_OP_CREATE};
	char *p = w2k_put_u16(buf + W2K_FRAME_HEADER_SIZE, W2K_FRAME_VERSION);
	char *frame;

	p = w2k_put_string(w2k_put_u16(p, 0), "p", 1);
	frame = close_frame(buf, W2K_FRAME_HELLO, w2k_put_string(p, "c", 1));
	p = w2k_put_u32(frame + W2K_FRAME_HEADER_SIZE, 5);
	p = w2k_put_string(w2k_put_u32(p, 0), "topic", 5);
	p = w2k_put_string(w2k_put_string(p, "s", 1), "t", 1);
	frame = close_frame(frame, W2K_FRAME_TOPIC, p);
	p = w2k_put_u32(frame + W2K_FRAME_HEADER_SIZE, 6);
	p = w2k_put_string(w2k_put_u16(p, 2), "a", 1);
	p = w2k_put_string(w2k_put_u32(p, (uint32_t) -1), "b", 1);
	p = w2k_put_u8(w2k_put_u32(p, 1), 'x');
	frame = close_frame(frame, W2K_FRAME_HEADERS, p);
	for (int i = 0; i < 2; i++)
	{
		p = w2k_put_record_fixed(frame + W2K_FRAME_HEADER_SIZE, &rec);
		memcpy(p, "keyvalue", 8);
		p = w2k_put_u32(w2k_put_string(p + 8, "own", 3), 0);
		frame = close_frame(frame, W2K_FRAME_RECORD, p);
	}
	p = w2k_put_u32(frame + W2K_FRAME_HEADER_SIZE, 42);
	frame = close_frame(frame, W2K_FRAME_FLUSH, p);
	return (size_t) (frame - buf);
}

/* With records in flight, little input waits for more, but not for long. */
static void
test_gathering(W2kSession *session, const char *stream, size_t len)
{
	W2kInput input = {.fd = -1, .capacity = 128 * len};
	int64_t now_ms = 1000;

	session->end = W2K_SESSION_RUNS;
	session->nflushes = 0;
	input.data = malloc(input.capacity);
	memcpy(input.data, stream, len);
	input.end = len;
	ok(w2k_input_feed(&input, session, now_ms) &&
		   input.end - input.start == len,
	   "little input behind records in flight is not taken at once");
	ok(w2k_input_patience_ms(&input) < 100, "but soon looked at again");
	w2k_input_feed(&input, session, now_ms + 100);
	ok(input.start == input.end, "and taken then");
	w2k_input_feed(&input, session, now_ms + 100);
	ok(w2k_input_patience_ms(&input) > 1000, "no input waits for nothing");

	session->nflushes = 0;
	for (input.start = input.end = 0; input.end < input.capacity;
		 input.end += len)
		memcpy(input.data + input.end, stream, len);
	w2k_input_feed(&input, session, now_ms + 200);
	ok(input.end > 16384 && input.start > 0, "much input never waits");
	free(input.data);
}

/*
 * Damaged streams through the whole session, with a producer that has no
 * broker: whatever they say, the session takes or refuses it.
 */
static void
test_damaged_session(void)
{
	static W2kSession session;
	W2kAnswers answers;
	char good[512];
	char error[256];
	size_t len = write_stream(good);
	uint64_t state = 88172645463325252u;
	int taken = 0;
	int refused = 0;
	int fds[2];

	if (pipe2(fds, O_NONBLOCK) != 0)
		abort();
	w2k_answers_init(&answers, fds[1]);
	w2k_session_init(&session, &answers, false, fds[1]);
	w2k_settings_add(&session.settings, "bootstrap.servers", "127.0.0.1:1",
					 error, sizeof(error));
	session.has_hello = true;
	w2k_session_start(&session);
	for (int i = 0; i < 20000; i++)
	{
		W2kInput input = {.fd = -1, .capacity = len, .is_at_eof = true};

		input.data = malloc(len);
		memcpy(input.data, good, len);
		input.end = len;
		for (int n = i % 4; n > 0; n--)
		{
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			input.data[(state >> 8) % len] =
				(char) ((state & 3) ? (state >> 40) : -(state & 4));
		}
		session.end = W2K_SESSION_RUNS;
		session.nflushes = 0;
		w2k_input_feed(&input, &session, w2k_clock_ms());
		if (session.end == W2K_SESSION_RUNS)
			taken++;
		else
			refused++;
		answers.start = answers.end = 0;
		free(input.data);
	}
	ok(taken > 5000 && refused > 1000,
	   "damaged streams are taken or refused, without harm");
	ok(session.window.last > 10000 && session.window.acked == 0,
	   "and what was a record waits for a broker");
	test_gathering(&session, good, len);
}

/* The same with schemas: their frames, and a record that refers to one. */
static size_t
write_schema_stream(char *buf)
{
	W2kRecordFrame rec = {.lsn = 1,
						  .topic_id = 5,
						  .key_len = -1,
						  .value_len = 6,
						  .partition = -1,
						  .op = W2K_OP_CREATE,
						  .flags = W2K_RECORD_VALUE_REFERENCE};
	char *p = w2k_put_u32(buf + W2K_FRAME_HEADER_SIZE, 5);
	char *frame;

	p = w2k_put_string(w2k_put_u32(p, 0), "topic", 5);
	p = w2k_put_string(w2k_put_string(p, "s", 1), "t", 1);
	frame = close_frame(buf, W2K_FRAME_TOPIC, p);
	p = w2k_put_u32(frame + W2K_FRAME_HEADER_SIZE, 9);
	p = w2k_put_u16(w2k_put_u8(w2k_put_u8(p, 0), W2K_SCHEMA_PROTOBUF), 0);
	p = w2k_put_string(w2k_put_string(p, "topic", 5), "subject", 7);
	p = w2k_put_u16(w2k_put_string(p, "schema", 6), 1);
	p = w2k_put_string(w2k_put_string(p, "name", 4), "other", 5);
	frame = close_frame(frame, W2K_FRAME_SCHEMA,
						w2k_put_string(p, "schema", 6));
	p = w2k_put_u16(w2k_put_u8(w2k_put_u8(frame + W2K_FRAME_HEADER_SIZE, 0),
							   W2K_SCHEMA_PROTOBUF),
					0);
	p = w2k_put_string(p, "subject", 7);
	p = w2k_put_string(p,
					   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
					   64);
	frame = close_frame(frame, W2K_FRAME_KNOWN, w2k_put_u32(p, 3));
	p = w2k_put_record_fixed(frame + W2K_FRAME_HEADER_SIZE, &rec);
	memcpy(p, "\0\0\0\0\x9v", 6);
	return (size_t) (close_frame(frame, W2K_FRAME_RECORD, p + 6) - buf);
}

/* Damaged schemas, and a registry that is not there. */
static void
test_damaged_schemas(void)
{
	static W2kSession session;
	W2kAnswers answers;
	char good[1024];
	char error[256];
	size_t len = write_schema_stream(good);
	uint64_t state = 88172645463325252u;
	int waiting = 0;
	int refused = 0;
	int fds[2];

	if (pipe2(fds, O_NONBLOCK) != 0)
		abort();
	w2k_answers_init(&answers, fds[1]);
	w2k_session_init(&session, &answers, false, fds[1]);
	w2k_settings_add(&session.settings, "bootstrap.servers", "127.0.0.1:1",
					 error, sizeof(error));
	w2k_settings_add(&session.settings, "w2k.registry.value.url",
					 "http://127.0.0.1:1", error, sizeof(error));
	session.has_hello = true;
	w2k_session_start(&session);
	for (int i = 0; i < 3000; i++)
	{
		W2kInput input = {.fd = -1, .capacity = len, .is_at_eof = true};

		input.data = malloc(len);
		memcpy(input.data, good, len);
		input.end = len;
		for (int n = i % 4; n > 0; n--)
		{
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			input.data[(state >> 8) % len] =
				(char) ((state & 3) ? (state >> 40) : -(state & 4));
		}
		session.end = W2K_SESSION_RUNS;
		if (!w2k_input_feed(&input, &session, w2k_clock_ms()) &&
			session.end == W2K_SESSION_RUNS)
			waiting++;
		else if (session.end != W2K_SESSION_RUNS)
			refused++;
		w2k_session_poll(&session, w2k_clock_ms());
		answers.start = answers.end = 0;
		free(input.data);
	}
	ok(waiting > 500 && refused > 500,
	   "damaged schemas are taken or refused, without harm (%d, %d)", waiting,
	   refused);
	ok(session.window.last < 500, "no record goes without its id");
}

/* Little in flight is sent at once, much in full batches. */
static void
test_flusher(void)
{
	W2kFlusher flusher = {.mutex = PTHREAD_MUTEX_INITIALIZER,
						  .changed = PTHREAD_COND_INITIALIZER};
	W2kAckWindow window = {.last = 1, .records = 1, .bytes = 100};
	int patience_ms;

	w2k_flusher_heed(&flusher, &window, 1);
	ok(!flusher.is_wanted, "a linger.ms of the user's is left alone");

	/* No thread listens: what it would be told is looked at */
	flusher.producer = (W2kProducer *) &flusher;
	ok(w2k_flusher_patience_ms(&flusher, 1) == INT_MAX, "nothing is awaited");
	w2k_flusher_heed(&flusher, &window, 1);
	ok(flusher.is_wanted && !flusher.is_pulse,
	   "the first record does not linger");
	window = (W2kAckWindow){.last = 1000, .records = 1000, .bytes = 2000000};
	w2k_flusher_heed(&flusher, &window, 2);
	patience_ms = w2k_flusher_patience_ms(&flusher, 2);
	ok(!flusher.is_wanted && patience_ms > 0 && patience_ms <= 100,
	   "batches fill while much is in flight");
	window.bytes = 600000;
	w2k_flusher_heed(&flusher, &window, 3);
	ok(!flusher.is_wanted, "and go on to when it is a little less");
	ok(w2k_flusher_patience_ms(&flusher, 3) == patience_ms - 1,
	   "records that come do not put off the others");
	w2k_flusher_heed(&flusher, &window, 2 + patience_ms);
	ok(flusher.is_wanted && flusher.is_pulse,
	   "what is in no full batch leaves before long");
	window.bytes = 1000;
	window.records = 2;
	w2k_flusher_heed(&flusher, &window, 1000);
	ok(flusher.is_wanted && !flusher.is_pulse, "the rest leaves at once");
	window = (W2kAckWindow){.last = 1000};
	w2k_flusher_heed(&flusher, &window, 1001);
	ok(!flusher.is_wanted && w2k_flusher_patience_ms(&flusher, 1001) == INT_MAX,
	   "nothing is to be done when all is acknowledged");
}

/* Where no acknowledgement comes, lingering is not off all the time. */
static void
test_flusher_stalled(void)
{
	W2kFlusher flusher = {.producer = (W2kProducer *) &flusher,
						  .mutex = PTHREAD_MUTEX_INITIALIZER,
						  .changed = PTHREAD_COND_INITIALIZER};
	W2kAckWindow window = {.last = 8, .records = 7, .bytes = 700};
	int64_t now_ms = 5000;
	int npulses = 0;

	w2k_flusher_heed(&flusher, &window, now_ms);
	ok(flusher.is_wanted, "what comes after a pause does not linger");
	now_ms += w2k_flusher_patience_ms(&flusher, now_ms);
	w2k_flusher_heed(&flusher, &window, now_ms);
	ok(!flusher.is_wanted && now_ms < 5100, "a broker takes its time");
	window.last = 9;
	window.records = 7;
	w2k_flusher_heed(&flusher, &window, now_ms + 1);
	ok(flusher.is_wanted && !flusher.is_pulse,
	   "what waits leaves when there is an acknowledgement");

	for (int64_t until = now_ms + 10000; now_ms < until;
		 now_ms += w2k_flusher_patience_ms(&flusher, now_ms))
	{
		w2k_flusher_heed(&flusher, &window, now_ms);
		npulses += flusher.is_wanted && flusher.is_pulse;
		flusher.is_wanted = false;
		ok(w2k_flusher_patience_ms(&flusher, now_ms) > 0, "no loop is busy");
	}
	ok(npulses > 50 && npulses < 200, "%d pulses in an outage of 10 s",
	   npulses);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_settings();
	test_settings_file();
	test_delivery();
	test_connection();
	test_connection_waits();
	test_registry_errors();
	test_id_patch();
	test_topic_groups();
	test_topic_groups_wrong();
	test_idmap();
	test_logfilter();
	test_answers();
	test_answers_keep_errors();
	test_damaged_session();
	test_damaged_schemas();
	test_flusher();
	test_flusher_stalled();
	fflush(stdout);
	return done_testing();
}
