/*
 * sender_process.c
 *		Starting, watching and ending the sender process.
 *
 * The rules of hazard R5, each learnt the hard way:
 *
 * - Between fork and exec only async-signal-safe calls, and never exit(): the
 *   server's exit handlers would act on the parent's PGPROC.
 * - The signal mask and dispositions are reset, since the server's are
 *   inherited over exec (SIGURG blocked, SIGPIPE and others ignored).
 * - Every descriptor from 3 on is closed: data files and sockets leak
 *   otherwise, and a child that kept the write end of its own input would
 *   never see its end.
 * - Only this child is waited for, by pid.
 *
 * Never two senders of one slot: before the fork we take an exclusive flock
 * on a file in the slot's own directory, and the child inherits the lock as
 * descriptor 3.  Nobody else has it once we have closed ours, so it lasts
 * exactly as long as the child.  The directory goes with the slot.
 */
#include "postgres.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "miscadmin.h"
#include "port.h"
#include "storage/fd.h"
#include "utils/timestamp.h"

#include "wal2kafka.h"
#include "worker/sender_process.h"

/* The descriptor behind which the child holds its lock. */
#define LOCK_FD 3

/* Room for records on their way, if the kernel grants it. */
#define PIPE_BYTES (1024 * 1024)

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A pipe whose ends are closed on exec; the worker's end does not block. */
static void
make_pipe(int fds[2], int our_end)
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not create a pipe to the sender: %m")));
	if (fcntl(fds[our_end], F_SETFL, O_NONBLOCK) < 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not set up the pipe to the sender: %m")));
}

/* Opens and locks the file; see the head of this file. */
static int
take_lock(const char *path)
{
	int fd = BasicOpenFile(path, O_RDWR | O_CREAT | O_CLOEXEC);

	if (fd < 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not open file \"%s\": %m", path)));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
	{
		int save_errno = errno;

		close(fd);
		errno = save_errno;
		if (errno == EWOULDBLOCK)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("a previous sender process has not ended yet"),
					 errdetail("File \"%s\" is still locked.", path),
					 errhint(
						 "It ends by itself; kill the old wal2kafka-sender process if it does not.")));
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not lock file \"%s\": %m", path)));
	}
	return fd;
}

static void
close_from(int first)
{
	int limit;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned int) first, ~0U, 0) == 0)
		return;
#endif
	limit = (int) sysconf(_SC_OPEN_MAX);
	if (limit < 0 || limit > 65536)
		limit = 65536;
	for (int fd = first; fd < limit; fd++)
		close(fd);
}

/* In the child: async-signal-safe calls only, and no way back. */
static void
exec_sender(const char *path, char *const argv[], int in, int out, int err,
			int lock)
{
	struct sigaction action;
	sigset_t none;
	int fds[4];

	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_DFL;
	for (int sig = 1; sig < NSIG; sig++)
		(void) sigaction(sig, &action, NULL);

	/* First out of the way of 0 to 3, then into place. */
	fds[0] = fcntl(in, F_DUPFD, LOCK_FD + 1);
	fds[1] = fcntl(out, F_DUPFD, LOCK_FD + 1);
	fds[2] = fcntl(err, F_DUPFD, LOCK_FD + 1);
	fds[3] = fcntl(lock, F_DUPFD, LOCK_FD + 1);
	for (int i = 0; i <= LOCK_FD; i++)
		if (fds[i] < 0 || dup2(fds[i], i) < 0)
			_exit(127);
	close_from(LOCK_FD + 1);

	sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
	execv(path, argv);
	_exit(127);
}

/* What a start opens; whatever is left in it is closed at its end. */
typedef struct Descriptors
{
	int lock;
	int down[2];
	int up[2];
	int log[2];
} Descriptors;

static void
start_child(W2kSenderProcess *process, Descriptors *fds, const char *path,
			char *const argv[], const char *lock_path)
{
	pid_t pid;

	fds->lock = take_lock(lock_path);
	make_pipe(fds->down, 1);
	make_pipe(fds->up, 0);
	make_pipe(fds->log, 0);
#ifdef F_SETPIPE_SZ
	(void) fcntl(fds->down[1], F_SETPIPE_SZ, PIPE_BYTES);
#endif
	pid = fork();
	if (pid < 0)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
						errmsg("could not start the sender process: %m")));
	if (pid == 0)
		exec_sender(path, argv, fds->down[0], fds->up[1], fds->log[1],
					fds->lock);

	process->pid = pid;
	process->down = fds->down[1];
	process->up = fds->up[0];
	process->log = fds->log[0];
	fds->down[1] = fds->up[0] = fds->log[0] = -1;
}

void
w2k_sender_process_start(W2kSenderProcess *process, const char *connector,
						 const char *lock_path)
{
	char path[MAXPGPATH];
	char title[W2K_CONNECTOR_NAME_LEN + 32];
	char *argv[2] = {title, NULL};
	Descriptors fds = {-1, {-1, -1}, {-1, -1}, {-1, -1}};

	snprintf(path, sizeof(path), "%s/%s", pkglib_path, W2K_SENDER_PROGRAM);
	snprintf(title, sizeof(title), "%s: %s", W2K_SENDER_PROGRAM, connector);
	if (access(path, X_OK) < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not find the sender program \"%s\": %m", path),
				 errhint(
					 "Install wal2kafka completely: the program belongs beside the library.")));

	PG_TRY();
	{
		start_child(process, &fds, path, argv, lock_path);
	}
	PG_FINALLY();
	{
		close_fd(&fds.lock);
		for (int i = 0; i < 2; i++)
		{
			close_fd(&fds.down[i]);
			close_fd(&fds.up[i]);
			close_fd(&fds.log[i]);
		}
	}
	PG_END_TRY();
}

void
w2k_sender_process_end(W2kSenderProcess *process, int grace_ms)
{
	int status;
	pid_t rc = 0;

	close_fd(&process->down);
	if (process->pid != 0)
	{
		/* It leaves at the end of its input, without a flush. */
		for (int waited_ms = 0; waited_ms < grace_ms; waited_ms += 2)
		{
			rc = waitpid(process->pid, &status, WNOHANG);
			if (rc != 0 && !(rc < 0 && errno == EINTR))
				break;
			pg_usleep(2000L);
		}
		if (rc != process->pid && !(rc < 0 && errno == ECHILD))
		{
			(void) kill(process->pid, SIGKILL);
			while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
				;
		}
		process->pid = 0;
	}
	close_fd(&process->up);
	close_fd(&process->log);
}

const char *
w2k_sender_process_fate(W2kSenderProcess *process)
{
	int status;

	/* Its pipes have ended, so it is gone or about to be. */
	for (int i = 0; i < 100 && process->pid != 0; i++)
	{
		if (waitpid(process->pid, &status, WNOHANG) == process->pid)
		{
			process->pid = 0;
			return wait_result_to_str(status);
		}
		pg_usleep(2000L);
	}
	return "it closed its pipes";
}
