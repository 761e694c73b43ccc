/*
 * snapshot_reader.h
 *		A process that reads tables for a connector's worker.
 */
#ifndef W2K_WORKER_SNAPSHOT_READER_H
#define W2K_WORKER_SNAPSHOT_READER_H

#include "postgres.h"

/* What main_arg of such a process says. */
#define W2K_READER_ARG(slot_index, number)                                    \
	UInt32GetDatum(((uint32) (slot_index) << 8) | (uint32) (number))

extern PGDLLEXPORT void w2k_snapshot_reader_main(Datum main_arg);

#endif /* W2K_WORKER_SNAPSHOT_READER_H */
