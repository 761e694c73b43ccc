/*
 * sender_process.h
 *		Starting, watching and ending the sender process.
 */
#ifndef W2K_WORKER_SENDER_PROCESS_H
#define W2K_WORKER_SENDER_PROCESS_H

typedef struct W2kSenderProcess
{
	pid_t pid; /* 0 = none */
	int down;  /* our end of its standard input, non-blocking; -1 = closed */
	int up;	   /* of its standard output, non-blocking */
	int log;   /* of its standard error, non-blocking */
} W2kSenderProcess;

/*
 * Starts wal2kafka-sender for a connector.  lock_path names the file whose
 * lock says "a sender of this slot is alive"; a previous sender still holding
 * it is an OBJECT_IN_USE error.  Raises; leaves nothing open then.
 */
extern void w2k_sender_process_start(W2kSenderProcess *process,
									 const char *connector,
									 const char *lock_path);

/*
 * Ends the sender: closes its input, waits grace_ms, kills, reaps.  May be
 * called again, and from before_shmem_exit.
 */
extern void w2k_sender_process_end(W2kSenderProcess *process, int grace_ms);

/* "exit code 1", "signal 9: Killed", for a message; reaps it if it ended. */
extern const char *w2k_sender_process_fate(W2kSenderProcess *process);

#endif /* W2K_WORKER_SENDER_PROCESS_H */
