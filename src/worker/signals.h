/*
 * signals.h
 *		Takes up the signals that wait in wal2kafka.connector_signal.
 */
#ifndef W2K_WORKER_SIGNALS_H
#define W2K_WORKER_SIGNALS_H

/*
 * Looks for signals, if there may be any, and does what they ask for.  Only
 * between transactions.
 */
extern void w2k_signals_when_due(void);

#endif /* W2K_WORKER_SIGNALS_H */
