/*
 * connector_worker.h
 *		Entry point of a connector's background worker.
 */
#ifndef W2K_WORKER_CONNECTOR_WORKER_H
#define W2K_WORKER_CONNECTOR_WORKER_H

/* main_arg: index of the connector's W2kWorkerSlot. */
extern PGDLLEXPORT void w2k_worker_main(Datum main_arg);

#endif /* W2K_WORKER_CONNECTOR_WORKER_H */
