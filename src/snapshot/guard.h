/*
 * guard.h
 *		In a reader: work in a subtransaction, which may fail.
 */
#ifndef W2K_SNAPSHOT_GUARD_H
#define W2K_SNAPSHOT_GUARD_H

/* In the memory context of the call. */
typedef void (*W2kGuardWork)(void *arg);

/*
 * Does the work; returns the error that it was undone for, in the current
 * memory context, or NULL.
 */
extern ErrorData *w2k_guard_run(W2kGuardWork work, void *arg);

#endif /* W2K_SNAPSHOT_GUARD_H */
