/*
 * mock_broker.c
 *		A Kafka cluster without Java: librdkafka's mock brokers as a program.
 *
 *		mock_broker [--brokers N] [--rtt MS] [--topic NAME:PARTITIONS ...]
 *
 * Prints the bootstrap address on standard output and serves until its
 * standard input ends or it gets a SIGTERM.  Topics that are not named appear
 * on first use, with 4 partitions (the library's own number).  Nothing is
 * kept on disk, and only the newest few megabytes of a partition in memory.
 *
 * Lines on standard input inject faults; each is answered with "ok" or with
 * "error: ...":
 *
 *		down [ID]		one broker, or all of them, stops answering
 *		up [ID]			the reverse
 *		rtt MS			every answer takes at least so long
 *		error COUNT CODE	the next COUNT Produce requests fail with that
 *						Kafka error code
 *		topic NAME P	creates a topic with P partitions
 *		fail NAME CODE	every Produce to that topic fails; code 0 ends it
 *		leader NAME PARTITION ID	moves a partition
 *
 * One waits for something:
 *
 *		committed GROUP TOPIC OFFSET	a consumer group has come as far as that
 *						in the topic's first partition
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/* ApiKey of Produce in the Kafka protocol. */
#define API_PRODUCE 0

#define MAX_ERRORS 10000
/* How long to wait for something, and how long until the next look. */
#define WAIT_MS 60000
#define LOOK_MS 50

typedef struct Cluster
{
	rd_kafka_mock_cluster_t *mock;
	int brokers;
} Cluster;

/* Applies to one broker (1..n), or to all when id is 0. */
static rd_kafka_resp_err_t
set_up(Cluster *cluster, int id, bool is_up)
{
	rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

	for (int i = id ? id : 1; i <= (id ? id : cluster->brokers) && !err; i++)
		err = is_up ? rd_kafka_mock_broker_set_up(cluster->mock, i)
					: rd_kafka_mock_broker_set_down(cluster->mock, i);
	return err;
}

static rd_kafka_resp_err_t
set_rtt(Cluster *cluster, int ms)
{
	rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

	for (int i = 1; i <= cluster->brokers && !err; i++)
		err = rd_kafka_mock_broker_set_rtt(cluster->mock, i, ms);
	return err;
}

/* The next count Produce requests, on whatever broker, fail with code. */
static rd_kafka_resp_err_t
push_errors(Cluster *cluster, int count, int code)
{
	static rd_kafka_resp_err_t errors[MAX_ERRORS];

	if (count < 1 || count > MAX_ERRORS)
		return RD_KAFKA_RESP_ERR__INVALID_ARG;
	for (int i = 0; i < count; i++)
		errors[i] = (rd_kafka_resp_err_t) code;
	rd_kafka_mock_push_request_errors_array(cluster->mock, API_PRODUCE,
											(size_t) count, errors);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* A consumer of the group that reads nothing. */
static rd_kafka_t *
make_member(Cluster *cluster, const char *group)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char text[512];

	rd_kafka_conf_set(conf, "bootstrap.servers",
					  rd_kafka_mock_cluster_bootstraps(cluster->mock), text,
					  sizeof(text));
	rd_kafka_conf_set(conf, "group.id", group, text, sizeof(text));
	return rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
}

static rd_kafka_resp_err_t
await_committed(Cluster *cluster, const char *group, const char *topic,
				int offset)
{
	rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TIMED_OUT;
	rd_kafka_t *rk = make_member(cluster, group);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(
		1);

	if (rk == NULL)
		return RD_KAFKA_RESP_ERR__FAIL;
	rd_kafka_topic_partition_list_add(list, topic, 0);
	for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms += LOOK_MS)
	{
		if (rd_kafka_committed(rk, list, WAIT_MS) ==
				RD_KAFKA_RESP_ERR_NO_ERROR &&
			list->elems[0].offset >= offset)
		{
			err = RD_KAFKA_RESP_ERR_NO_ERROR;
			break;
		}
		usleep(LOOK_MS * 1000);
	}
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(rk);
	return err;
}

/* One command; an error is a text, NULL is success. */
static const char *
obey(Cluster *cluster, const char *line)
{
	char name[256];
	char topic[256];
	int first = 0;
	int second = 0;
	rd_kafka_resp_err_t err;

	if (sscanf(line, "down %d", &first) == 1 || strcmp(line, "down\n") == 0)
		err = set_up(cluster, first, false);
	else if (sscanf(line, "up %d", &first) == 1 || strcmp(line, "up\n") == 0)
		err = set_up(cluster, first, true);
	else if (sscanf(line, "rtt %d", &first) == 1)
		err = set_rtt(cluster, first);
	else if (sscanf(line, "error %d %d", &first, &second) == 2)
		err = push_errors(cluster, first, second);
	else if (sscanf(line, "topic %255s %d", name, &first) == 2)
		err = rd_kafka_mock_topic_create(cluster->mock, name, first, 1);
	else if (sscanf(line, "fail %255s %d", name, &first) == 2)
	{
		rd_kafka_mock_topic_set_error(cluster->mock, name,
									  (rd_kafka_resp_err_t) first);
		err = RD_KAFKA_RESP_ERR_NO_ERROR;
	}
	else if (sscanf(line, "leader %255s %d %d", name, &first, &second) == 3)
		err = rd_kafka_mock_partition_set_leader(cluster->mock, name, first,
												 second);
	else if (sscanf(line, "committed %255s %255s %d", name, topic, &first) == 3)
		err = await_committed(cluster, name, topic, first);
	else
		return "unrecognized command";
	return err == RD_KAFKA_RESP_ERR_NO_ERROR ? NULL : rd_kafka_err2str(err);
}

/* A number from 1 to max behind an option, or the end of the program. */
static int
read_option(const char *name, const char *value, int max)
{
	char *end;
	long number = value ? strtol(value, &end, 10) : 0;

	if (value == NULL || end == value || *end != '\0' || number < 0 ||
		number > max)
	{
		fprintf(stderr, "mock_broker: %s needs a number up to %d\n", name, max);
		exit(2);
	}
	return (int) number;
}

/* "--topic NAME:PARTITIONS" */
static void
create_topic(Cluster *cluster, const char *value)
{
	char name[256];
	int partitions;

	if (value == NULL ||
		sscanf(value, "%255[^:]:%d", name, &partitions) != 2 ||
		rd_kafka_mock_topic_create(cluster->mock, name, partitions, 1) !=
			RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		fprintf(stderr, "mock_broker: could not create topic \"%s\"\n",
				value ? value : "");
		exit(2);
	}
}

/* Starts the cluster as the arguments say; errors end the program. */
static void
start(Cluster *cluster, rd_kafka_t *rk, int argc, char **argv)
{
	int rtt_ms = 0;

	cluster->brokers = 1;
	for (int i = 1; i < argc; i += 2)
	{
		if (strcmp(argv[i], "--brokers") == 0)
			cluster->brokers = read_option(argv[i], argv[i + 1], 16);
		else if (strcmp(argv[i], "--rtt") == 0)
			rtt_ms = read_option(argv[i], argv[i + 1], 60000);
		else if (strcmp(argv[i], "--topic") != 0)
		{
			fprintf(stderr,
					"usage: mock_broker [--brokers N] [--rtt MS] [--topic NAME:PARTITIONS ...]\n");
			exit(2);
		}
	}
	cluster->mock = rd_kafka_mock_cluster_new(rk, cluster->brokers);
	if (cluster->mock == NULL)
	{
		fprintf(stderr, "mock_broker: could not start\n");
		exit(1);
	}
	for (int i = 1; i < argc; i += 2)
	{
		if (strcmp(argv[i], "--topic") == 0)
			create_topic(cluster, argv[i + 1]);
	}
	if (rtt_ms > 0)
		set_rtt(cluster, rtt_ms);
}

int
main(int argc, char **argv)
{
	Cluster cluster;
	rd_kafka_t *rk;
	char text[512];
	char line[1024];

	/* The client instance only lends its threads and allocator */
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text,
					  sizeof(text));
	if (rk == NULL)
	{
		fprintf(stderr, "mock_broker: %s\n", text);
		return 1;
	}
	start(&cluster, rk, argc, argv);
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster.mock));
	fflush(stdout);

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		const char *error = obey(&cluster, line);

		if (error != NULL)
			printf("error: %s\n", error);
		else
			printf("ok\n");
		fflush(stdout);
	}
	rd_kafka_mock_cluster_destroy(cluster.mock);
	rd_kafka_destroy(rk);
	return 0;
}
