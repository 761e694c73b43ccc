/*
 * wal2kafka.c
 *		The library's entry point: wires the areas together.
 *
 * Loaded without shared_preload_libraries (as an output plugin, or by CREATE
 * EXTENSION) everything works that needs no process of ours.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "wal2kafka.h"

PG_MODULE_MAGIC;

void _PG_init(void);

void
_PG_init(void)
{
}
