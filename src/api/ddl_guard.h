/*
 * ddl_guard.h
 *		Keeps DROP EXTENSION from leaving replication slots behind.
 */
#ifndef W2K_API_DDL_GUARD_H
#define W2K_API_DDL_GUARD_H

/* From _PG_init. */
extern void w2k_ddl_guard_init(void);

#endif /* W2K_API_DDL_GUARD_H */
