/*
 * main.c
 *		wal2kafka-sender: frames in, Kafka records out, answers back.
 *
 * Run by a connector's worker, without arguments: frames on standard input,
 * answers on standard output.  Whatever happens to the database must not be
 * made worse by us, and there must never be two senders of one connector
 * (hazards R1, R5, R6, R7):
 *
 *	- The end of standard input, or its writer being gone, means _exit(0) at
 *	  once.  Nothing is flushed: the WAL has everything, and what is still in
 *	  our queue could overtake what the next sender sends.
 *	- Should the worker die without closing it, the kernel kills us.
 *	- Signals meant for the worker's process group are ignored; SIGQUIT
 *	  (immediate shutdown) and an abort leave by _exit(1), so that where the
 *	  postmaster is PID 1 it never sees an adopted child die of a signal.
 *	- No core file (it would hold secrets and records), first choice of the
 *	  out-of-memory killer, few malloc arenas.
 *	- exit() is never called while librdkafka's threads run.
 *
 * Run alone, with --config: frames on standard input (as pg_recvlogical
 * writes them), messages on standard error; at the end of the input it waits
 * until everything is acknowledged.
 */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sender/answers.h"
#include "sender/clock.h"
#include "sender/failure.h"
#include "sender/input.h"
#include "sender/producer.h"
#include "sender/session.h"
#include "wal2kafka.h"

/* What the pipe should hold: fewer wake-ups while there is much to do. */
#define PIPE_BYTES (1024 * 1024)

/* Wake up at least so often, for what depends on time alone. */
#define TICK_MS 1000
#define BUSY_TICK_MS 100

/* How long the last answers may take when the session has failed. */
#define LAST_WORDS_MS 3000

/* Alone, while waiting for the last acknowledgements: how often to say so. */
#define PROGRESS_MS 5000

/* Idle for so long, unused memory is given back. */
#define IDLE_MS 5000

#define EXIT_USAGE 2

/* Alone: SIGINT or SIGTERM came; how often. */
static volatile sig_atomic_t stop_requests;

/* Where a signal handler writes to wake up poll(). */
static int wake_fd = -1;

static void
print_usage(FILE *stream)
{
	fprintf(stream,
			"wal2kafka-sender sends framed records to Kafka.\n"
			"\n"
			"Usage:\n"
			"  pg_recvlogical ... -o framing=binary -f - | wal2kafka-sender --config FILE\n"
			"\n"
			"Options:\n"
			"  -c, --config FILE  settings, one name=value per line: librdkafka's properties,\n"
			"                     w2k.on.record.error=fail|skip, w2k.topic.creation.*\n"
			"  -V, --version      print versions and exit\n"
			"  -h, --help         print this and exit\n"
			"\n"
			"Without options it is run by PostgreSQL, not by people.\n");
}

/* SIGQUIT and SIGABRT: leave so that nobody sees a death by signal. */
static void
leave_at_once(int signo)
{
	(void) signo;
	_exit(1);
}

/* Alone: the first asks for an orderly end, the second ends. */
static void
request_stop(int signo)
{
	int saved_errno = errno;
	uint64_t one = 1;
	ssize_t written;

	(void) signo;
	if (++stop_requests > 1)
		_exit(1);
	written = write(wake_fd, &one, sizeof(one));
	(void) written;
	errno = saved_errno;
}

static void
set_handler(int signo, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigemptyset(&action.sa_mask);
	sigaction(signo, &action, NULL);
}

/* The rules of hazards R5 for a worker's child. */
static void
become_child(void)
{
	sigset_t none;
	FILE *file;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == 1)
		_exit(0); /* the worker died before the line above */

	set_handler(SIGINT, SIG_IGN);
	set_handler(SIGTERM, SIG_IGN);
	set_handler(SIGHUP, SIG_IGN);
	set_handler(SIGUSR1, SIG_IGN);
	set_handler(SIGUSR2, SIG_IGN);
	set_handler(SIGALRM, SIG_IGN);
	set_handler(SIGQUIT, leave_at_once);
	set_handler(SIGABRT, leave_at_once);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	file = fopen("/proc/self/oom_score_adj", "we");
	if (file != NULL)
	{
		fputs("900", file);
		fclose(file);
	}
}

/*
 * Starts the program again with a larger per-thread malloc cache, which can
 * only be set from outside.  Each record is some ten small allocations in
 * librdkafka, freed a batch at a time; with the usual 7 entries per size most
 * of them take the slow path.  Chunks in the cache are never given back, so
 * it is kept to small ones, and to some 35 MB per thread if every size should
 * be in fashion once.  Where it does not work out, nothing but speed is lost.
 */
static void
enlarge_malloc_cache(char **argv)
{
	static const char name[] = "GLIBC_TUNABLES";
	static const char cache[] = "glibc.malloc.tcache_count";
	static const char tunables[] =
		"glibc.malloc.tcache_count=4000:glibc.malloc.tcache_max=520";
	const char *others = getenv(name);
	char value[512];
	char path[4096];
	ssize_t len;

	if (others != NULL && strstr(others, cache) != NULL)
		return;
	len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (len <= 0)
		return;
	path[len] = '\0';
	snprintf(value, sizeof(value), "%s%s%s", others ? others : "",
			 others ? ":" : "", tunables);
	if (setenv(name, value, 1) == 0)
		execv(path, argv);
}

/*
 * Gives memory back to the system once a burst is over: nothing in flight for
 * IDLE_MS.
 */
static void
trim_when_idle(const W2kSession *session, int64_t now_ms)
{
	static int64_t busy_ms; /* when records were last in flight; 0 = trimmed */

	if (session->window.records > 0)
		busy_ms = now_ms;
	else if (busy_ms != 0 && now_ms - busy_ms > IDLE_MS)
	{
		malloc_trim(0);
		busy_ms = 0;
	}
}

/* What both ways of running share. */
static void
prepare_process(void)
{
	set_handler(SIGPIPE, SIG_IGN);
	mallopt(M_ARENA_MAX, 2);
	fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_BYTES); /* if it is a pipe */
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake_fd < 0)
	{
		perror("wal2kafka-sender: could not create an eventfd");
		_exit(1);
	}
}

static void
drain_wake_fd(void)
{
	uint64_t count;
	ssize_t got = read(wake_fd, &count, sizeof(count));

	(void) got;
}

/*
 * Run by a worker and the session has failed: get the ERROR frame out, but do
 * not wait for ever for a worker that does not read.
 */
static void
leave_failed(W2kAnswers *answers)
{
	int64_t until_ms = w2k_clock_ms() + LAST_WORDS_MS;

	while (w2k_answers_write(answers) && w2k_answers_is_pending(answers))
	{
		struct pollfd fds[2] = {
			{.fd = answers->fd, .events = POLLOUT},
			{.fd = STDIN_FILENO, .events = 0} /* POLLHUP: worker is gone */
		};
		int64_t left_ms = until_ms - w2k_clock_ms();

		if (left_ms <= 0 ||
			(poll(fds, 2, (int) left_ms) < 0 && errno != EINTR) ||
			(fds[1].revents & (POLLHUP | POLLERR)))
			break;
	}
	_exit(1);
}

/* Alone, at the end of the input: true when everything is acknowledged. */
static bool
has_finished(W2kSession *session, const W2kInput *input, int64_t now_ms,
			 int64_t *next_report_ms)
{
	if (session->window.records == 0)
	{
		/* Told to stop, we may stop anywhere: what was not taken was not sent */
		if (stop_requests > 0 || !w2k_input_has_rest(input))
			return true;
		w2k_failure_malformed(session, "end of the input, within a frame,");
		return false;
	}
	if (*next_report_ms == 0)
		*next_report_ms = now_ms + PROGRESS_MS;
	else if (now_ms >= *next_report_ms)
	{
		fprintf(stderr,
				"wal2kafka-sender: waiting for %" PRIu64 " of %" PRIu64
				" records to be acknowledged\n",
				session->window.records, session->window.last);
		*next_report_ms = now_ms + PROGRESS_MS;
	}
	return false;
}

/*
 * The loop: one wait for input, librdkafka and the reader of our answers.
 * Returns only alone, when everything was acknowledged or something failed.
 */
static bool
run(W2kSession *session, W2kInput *input, W2kAnswers *answers)
{
	bool can_take = true;
	int64_t next_report_ms = 0;
	int64_t now_ms = w2k_clock_ms();

	for (;;)
	{
		bool wants_input = can_take && !input->is_at_eof &&
						   !w2k_answers_is_congested(answers);
		struct pollfd fds[3] = {{.fd = wake_fd, .events = POLLIN},
								{.fd = input->is_at_eof ? -1 : STDIN_FILENO,
								 .events = wants_input ? POLLIN : 0},
								{.fd = w2k_answers_is_pending(answers)
										   ? answers->fd
										   : -1,
								 .events = POLLOUT}};
		int tick_ms = can_take ? TICK_MS : BUSY_TICK_MS;
		int patience_ms = w2k_input_patience_ms(input);
		int flush_ms = w2k_flusher_patience_ms(&session->flusher, now_ms);

		if (patience_ms < tick_ms)
			tick_ms = patience_ms;
		if (flush_ms < tick_ms)
			tick_ms = flush_ms;
		if (poll(fds, 3, tick_ms) < 0 && errno != EINTR)
			_exit(1);

		/* The writer of our input is gone: so are we, whatever is unread */
		if (!session->is_alone && (fds[1].revents & (POLLHUP | POLLERR)))
			_exit(0);
		if (fds[0].revents != 0)
			drain_wake_fd();
		if (fds[1].revents != 0 && wants_input)
			w2k_input_read(input);
		if (input->is_at_eof && !session->is_alone)
			_exit(0);
		if (stop_requests > 0)
			input->is_at_eof = true;

		now_ms = w2k_clock_ms();
		can_take = w2k_input_feed(input, session, now_ms);
		w2k_session_poll(session, now_ms);
		trim_when_idle(session, now_ms);
		if (session->end != W2K_SESSION_RUNS)
			return false;
		if (!can_take || input->is_gathering)
			can_take = w2k_input_feed(input, session, now_ms);
		w2k_flusher_heed(&session->flusher, &session->window, now_ms);
		if (w2k_answers_is_pending(answers) && !w2k_answers_write(answers))
			_exit(0); /* nobody reads any more: the worker is gone */
		if (input->is_at_eof && can_take &&
			has_finished(session, input, now_ms, &next_report_ms))
			return true;
	}
}

static int
run_as_child(void)
{
	W2kAnswers answers;
	W2kInput input;
	W2kSession session;

	become_child();
	prepare_process();
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);

	w2k_answers_init(&answers, STDOUT_FILENO);
	w2k_input_init(&input, STDIN_FILENO, false);
	w2k_session_init(&session, &answers, false, wake_fd);
	w2k_answers_hello(&answers, W2K_VERSION, w2k_producer_library_version());
	run(&session, &input, &answers);
	leave_failed(&answers);
	return 1;
}

static int
run_alone(const char *config_path)
{
	W2kAnswers answers;
	W2kInput input;
	W2kSession session;
	char error[1024];
	bool is_well;

	prepare_process();
	set_handler(SIGINT, request_stop);
	set_handler(SIGTERM, request_stop);

	w2k_answers_init(&answers, -1);
	w2k_input_init(&input, STDIN_FILENO, true);
	w2k_session_init(&session, &answers, true, wake_fd);
	if (!w2k_settings_load(&session.settings, config_path, error,
						   sizeof(error)))
	{
		fprintf(stderr, "wal2kafka-sender: %s\n", error);
		return EXIT_USAGE;
	}
	w2k_session_start(&session);
	is_well = session.end == W2K_SESSION_RUNS &&
			  run(&session, &input, &answers);
	fprintf(stderr,
			"wal2kafka-sender: %" PRIu64
			" records, acknowledged up to %" PRIu64 "\n",
			session.window.last, session.window.acked);
	_exit(is_well ? 0 : 1);
}

int
main(int argc, char **argv)
{
	const char *config_path = NULL;

	if (argc == 1)
	{
		if (!isatty(STDIN_FILENO))
		{
			enlarge_malloc_cache(argv);
			return run_as_child();
		}
		print_usage(stderr);
		return EXIT_USAGE;
	}
	for (int i = 1; i < argc; i++)
	{
		const char *arg = argv[i];

		if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
		{
			print_usage(stdout);
			return 0;
		}
		if (strcmp(arg, "--version") == 0 || strcmp(arg, "-V") == 0)
		{
			printf("wal2kafka-sender %s (frame protocol %d, librdkafka %s)\n",
				   W2K_VERSION, W2K_FRAME_VERSION,
				   w2k_producer_library_version());
			return 0;
		}
		if ((strcmp(arg, "--config") == 0 || strcmp(arg, "-c") == 0) &&
			i + 1 < argc)
			config_path = argv[++i];
		else if (strncmp(arg, "--config=", 9) == 0)
			config_path = arg + 9;
		else
		{
			fprintf(stderr,
					"wal2kafka-sender: unrecognized argument \"%s\"; try --help\n",
					arg);
			return EXIT_USAGE;
		}
	}
	enlarge_malloc_cache(argv);
	return run_alone(config_path);
}
