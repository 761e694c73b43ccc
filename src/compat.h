/*
 * compat.h
 *		The only file that tests PG_VERSION_NUM.
 *
 * What differs between PostgreSQL 15 and 18, under one name.  Included after
 * postgres.h by whoever needs it.
 */
#ifndef W2K_COMPAT_H
#define W2K_COMPAT_H

#include "access/htup.h"
#include "replication/reorderbuffer.h"
#include "replication/slot.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "wal2kafka supports PostgreSQL 15, 16, 17 and 18"
#endif

#endif /* W2K_COMPAT_H */
