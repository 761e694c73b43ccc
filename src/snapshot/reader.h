/*
 * reader.h
 *		A process that reads tables for a connector's worker.
 */
#ifndef W2K_SNAPSHOT_READER_H
#define W2K_SNAPSHOT_READER_H

#include "fmgr.h"

extern PGDLLEXPORT void w2k_snapshot_reader_main(Datum main_arg);

#endif /* W2K_SNAPSHOT_READER_H */
