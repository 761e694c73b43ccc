/*
 * drive_sender.c
 *		Plays the connector worker: starts a sender, feeds it, reads answers.
 *
 *		drive_sender SENDER BROKERS [option=value ...] [property=value ...]
 *
 * Options: records, value_bytes, key_bytes, headers, rate (records per
 * second, 0 = as fast as it goes), topics, seconds (stop after).  Everything
 * with a dot in its name goes into the CONFIG frame.  Prints what the sender
 * used and, with a rate, how long records took from the pipe to their
 * acknowledgement.  For measurements; the tests are in t/.
 */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire/frame.h"

#define PIPE_BYTES (1024 * 1024)
#define CHUNK_BYTES (256 * 1024)

typedef struct Driver
{
	int64_t records, value_bytes, key_bytes, headers, rate, topics;
	int in, out; /* the sender's stdin and stdout */
	pid_t pid;
	char *buf; /* frames not written yet */
	size_t start, end;
	char answers[1 << 20];
	size_t held;
	uint64_t sent, acked;
	int64_t *sent_us; /* per record */
	int64_t *took_us;
	bool is_failed;
} Driver;

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
start_sender(Driver *d, const char *program)
{
	int down[2];
	int up[2];

	if (pipe2(down, O_CLOEXEC) != 0 || pipe2(up, O_CLOEXEC) != 0)
		exit(1);
	fcntl(down[1], F_SETPIPE_SZ, PIPE_BYTES);
	d->pid = fork();
	if (d->pid == 0)
	{
		dup2(down[0], 0);
		dup2(up[1], 1);
		execl(program, "wal2kafka-sender", (char *) NULL);
		_exit(127);
	}
	close(down[0]);
	close(up[1]);
	d->in = down[1];
	d->out = up[0];
	fcntl(d->in, F_SETFL, O_NONBLOCK);
	fcntl(d->out, F_SETFL, O_NONBLOCK);
}

static char *
put_text(char *p, const char *s)
{
	return w2k_put_string(p, s, (uint32_t) strlen(s));
}

/* HELLO, CONFIG, topics and one header set. */
static void
put_prologue(Driver *d, const char *brokers, int argc, char **argv)
{
	char *p = d->buf;
	char *frame;
	uint32_t n = 1;

	p = w2k_put_frame_header(p, W2K_FRAME_HELLO, 4 + 4 + 5 + 4 + 1);
	p = w2k_put_u16(p, W2K_FRAME_VERSION);
	p = w2k_put_u16(p, 0);
	p = put_text(put_text(p, "drive"), "d");

	frame = p;
	p += W2K_FRAME_HEADER_SIZE + 4;
	p = put_text(put_text(p, "bootstrap.servers"), brokers);
	for (int i = 3; i < argc; i++)
	{
		char *equals = strchr(argv[i], '=');

		if (equals == NULL ||
			memchr(argv[i], '.', (size_t) (equals - argv[i])) == NULL)
			continue;
		p = w2k_put_string(p, argv[i], (uint32_t) (equals - argv[i]));
		p = put_text(p, equals + 1);
		n++;
	}
	w2k_put_frame_header(frame, W2K_FRAME_CONFIG,
						 (uint32_t) (p - frame - W2K_FRAME_HEADER_SIZE));
	w2k_put_u32(frame + W2K_FRAME_HEADER_SIZE, n);

	for (int64_t t = 1; t <= d->topics; t++)
	{
		char name[64];

		snprintf(name, sizeof(name), "bench.public.t%" PRId64, t);
		frame = p;
		p = w2k_put_u32(p + W2K_FRAME_HEADER_SIZE, (uint32_t) t);
		p = w2k_put_u32(p, (uint32_t) t);
		p = put_text(put_text(put_text(p, name), "public"), "t");
		w2k_put_frame_header(frame, W2K_FRAME_TOPIC,
							 (uint32_t) (p - frame - W2K_FRAME_HEADER_SIZE));
	}
	frame = p;
	p = w2k_put_u32(p + W2K_FRAME_HEADER_SIZE, 1);
	p = w2k_put_u16(p, (uint16_t) d->headers);
	for (int64_t h = 0; h < d->headers; h++)
	{
		static const char *const names[] =
			{"__debezium.context.connectorLogicalName",
			 "__debezium.context.taskId", "__debezium.context.connectorName",
			 "__debezium.context.runId"};

		p = put_text(p, names[h % 4]);
		p = put_text(p, "c7d4f0e2-postgresql");
	}
	w2k_put_frame_header(frame, W2K_FRAME_HEADERS,
						 (uint32_t) (p - frame - W2K_FRAME_HEADER_SIZE));
	d->end = (size_t) (p - d->buf);
}

/*
 * An envelope as Debezium writes it, repeated or cut to len bytes; some
 * characters change from record to record as values do.
 */
static void
fill_value(char *p, size_t len, uint64_t i)
{
	static const char envelope[] =
		"{\"before\":null,\"after\":{\"id\":0000000000000,\"customer_id\":0000000,\"amount\":\"AAAAAA==\",\"note\":\"a line of text that somebody wrote, xxxxxxxxxxxxxxxxxxxxxxxx\",\"created_at\":1700000000000000,\"is_paid\":true,\"tags\":[\"alpha\",\"beta\"],\"ratio\":0.000000000,\"status\":\"shipped\",\"ref\":\"00000000-0000-0000-0000-000000000000\"},\"source\":{\"version\":\"0.1.0\",\"connector\":\"postgresql\",\"name\":\"bench\",\"ts_ms\":1700000000000,\"snapshot\":\"false\",\"db\":\"bench\",\"sequence\":\"[\\\"00000000000\\\",\\\"00000000000\\\"]\",\"ts_us\":1700000000000000,\"ts_ns\":1700000000000000000,\"schema\":\"public\",\"table\":\"t\",\"txId\":00000,\"lsn\":00000000000,\"xmin\":null},\"transaction\":null,\"op\":\"c\",\"ts_ms\":1700000000000,\"ts_us\":1700000000000000}";
	static const uint16_t varying[] = {30,	31,	 32,  33,  51,	52,	 53,
									   67,	68,	 69,  70,  132, 133, 134,
									   135, 136, 137, 138, 170, 171, 172,
									   231, 232, 233, 234, 270, 271, 272,
									   273, 274, 275, 276, 277, 279, 280,
									   281, 300, 301, 302, 303, 445, 446,
									   461, 462, 488, 489, 510, 511, 600};
	size_t unit = sizeof(envelope) - 1;

	for (size_t at = 0; at < len; at += unit)
		memcpy(p + at, envelope, len - at < unit ? len - at : unit);
	for (size_t v = 0; v < sizeof(varying) / sizeof(varying[0]); v++)
	{
		i = i * 6364136223846793005u + 1442695040888963407u;
		if (varying[v] < len)
			p[varying[v]] = (char) ('0' + (i >> 40) % 10);
	}
}

/* A record as a busy table would give: JSON, of which some digits change. */
static void
put_record(Driver *d, int64_t i)
{
	char *frame = d->buf + d->end;
	W2kRecordFrame rec = {
		.lsn = (uint64_t) i + 1,
		.topic_id = (uint32_t) (i % d->topics + 1),
		.header_set_id = d->headers > 0 ? 1 : 0,
		.key_len = (int32_t) d->key_bytes,
		.value_len = (int32_t) d->value_bytes,
		.partition = -1,
		.op = W2K_OP_CREATE,
	};
	uint32_t len = W2K_RECORD_FIXED_SIZE +
				   (uint32_t) (d->key_bytes + d->value_bytes);
	char *p = w2k_put_frame_header(frame, W2K_FRAME_RECORD, len);
	char text[64];

	p = w2k_put_record_fixed(p, &rec);
	memset(p, ' ', (size_t) d->key_bytes);
	snprintf(text, sizeof(text), "{\"id\":%013" PRId64 "}", i);
	memcpy(p, text, d->key_bytes < 20 ? (size_t) d->key_bytes : 20);
	fill_value(p + d->key_bytes, (size_t) d->value_bytes, (uint64_t) i);
	d->end += W2K_FRAME_HEADER_SIZE + len;
}

static void
take_answer(Driver *d, uint8_t type, W2kCursor *cur)
{
	uint32_t len;
	const char *s;

	switch (type)
	{
		case W2K_FRAME_ACK:
		{
			uint64_t to = w2k_get_u64(cur);
			int64_t now = now_us();

			while (d->acked < to)
			{
				d->took_us[d->acked] = now - d->sent_us[d->acked];
				d->acked++;
			}
			break;
		}
		case W2K_FRAME_ERROR:
			w2k_get_u8(cur);
			w2k_get_u32(cur);
			w2k_get_u64(cur);
			w2k_get_u64(cur);
			w2k_get_string(cur, &len);
			w2k_get_string(cur, &len);
			s = w2k_get_string(cur, &len);
			fprintf(stderr, "ERROR %.*s\n", (int) len, s);
			d->is_failed = true;
			break;
		case W2K_FRAME_STATUS:
			fprintf(stderr, "STATUS %u ", w2k_get_u8(cur));
			s = w2k_get_string(cur, &len);
			fprintf(stderr, "%.*s\n", (int) len, s);
			break;
		case W2K_FRAME_LOG:
			w2k_get_u8(cur);
			w2k_get_string(cur, &len);
			s = w2k_get_string(cur, &len);
			fprintf(stderr, "LOG %.*s\n", (int) len, s);
			break;
		default:
			break;
	}
}

static void
read_answers(Driver *d)
{
	size_t start = 0;
	ssize_t got = read(d->out, d->answers + d->held,
					   sizeof(d->answers) - d->held);

	if (got == 0)
		d->is_failed = true;
	if (got <= 0)
		return;
	d->held += (size_t) got;
	for (;;)
	{
		uint8_t type;
		W2kCursor cur;
		size_t used;
		size_t needed;

		if (w2k_frame_parse(d->answers + start, d->held - start, false, &type,
							&cur, &used, &needed) != W2K_PARSE_FRAME)
			break;
		take_answer(d, type, &cur);
		start += used;
	}
	memmove(d->answers, d->answers + start, d->held - start);
	d->held -= start;
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *) a;
	int64_t y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

static void
drive(Driver *d)
{
	int64_t begin = now_us();

	while (!d->is_failed && d->acked < (uint64_t) d->records)
	{
		struct pollfd fds[2] = {{.fd = d->out, .events = POLLIN},
								{.fd = d->in}};
		int64_t due = d->records;
		struct timespec wait = {.tv_sec = 1};

		if (d->rate > 0)
		{
			due = (now_us() - begin) * d->rate / 1000000 + 1;
			wait = (struct timespec){.tv_nsec = 1000000000 / d->rate / 2};
		}
		if (due > d->records)
			due = d->records;
		if (d->start == d->end)
			d->start = d->end = 0;
		while (d->end < CHUNK_BYTES && (int64_t) d->sent < due)
		{
			put_record(d, (int64_t) d->sent);
			d->sent_us[d->sent++] = now_us();
		}
		if (d->start < d->end)
		{
			ssize_t put = write(d->in, d->buf + d->start, d->end - d->start);

			if (put > 0)
				d->start += (size_t) put;
			else if (errno == EAGAIN)
				fds[1].events = POLLOUT;
			else
				break;
		}
		if (d->start == d->end && (int64_t) d->sent < due)
			wait = (struct timespec){0};
		if (d->start < d->end)
			fds[1].events = POLLOUT;
		ppoll(fds, 2, &wait, NULL);
		if (fds[0].revents)
			read_answers(d);
	}
}

int
main(int argc, char **argv)
{
	static Driver d = {.records = 1000000,
					   .value_bytes = 700,
					   .key_bytes = 20,
					   .headers = 4,
					   .topics = 1};
	struct rusage usage;
	int64_t begin;
	double seconds;
	double cpu;
	int status;

	if (argc < 3)
		return 2;
	for (int i = 3; i < argc; i++)
	{
		sscanf(argv[i], "records=%" SCNd64, &d.records);
		sscanf(argv[i], "value_bytes=%" SCNd64, &d.value_bytes);
		sscanf(argv[i], "key_bytes=%" SCNd64, &d.key_bytes);
		sscanf(argv[i], "headers=%" SCNd64, &d.headers);
		sscanf(argv[i], "rate=%" SCNd64, &d.rate);
		sscanf(argv[i], "topics=%" SCNd64, &d.topics);
	}
	d.buf = malloc(CHUNK_BYTES + 65536 +
				   (size_t) (d.value_bytes + d.key_bytes) * 2);
	d.sent_us = calloc((size_t) d.records, sizeof(int64_t));
	d.took_us = calloc((size_t) d.records, sizeof(int64_t));

	start_sender(&d, argv[1]);
	put_prologue(&d, argv[2], argc, argv);
	begin = now_us();
	drive(&d);
	seconds = (double) (now_us() - begin) / 1e6;
	close(d.in);
	wait4(d.pid, &status, 0, &usage);
	cpu = (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		  (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	printf("acked %" PRIu64
		   " in %.2f s: %.0f/s, sender CPU %.2f s = %.2f s per M (user %.2f sys %.2f), %ld MB, status %d",
		   d.acked, seconds, (double) d.acked / seconds, cpu,
		   cpu * 1e6 / (double) d.acked,
		   (double) usage.ru_utime.tv_sec +
			   (double) usage.ru_utime.tv_usec / 1e6,
		   (double) usage.ru_stime.tv_sec +
			   (double) usage.ru_stime.tv_usec / 1e6,
		   usage.ru_maxrss / 1024, status);
	if (d.acked > 0)
	{
		qsort(d.took_us, d.acked, sizeof(int64_t), compare);
		printf(", us p50 %" PRId64 " p95 %" PRId64 " p99 %" PRId64
			   " max %" PRId64,
			   d.took_us[d.acked / 2], d.took_us[d.acked * 95 / 100],
			   d.took_us[d.acked * 99 / 100], d.took_us[d.acked - 1]);
	}
	printf("\n");
	return d.is_failed ? 1 : 0;
}
