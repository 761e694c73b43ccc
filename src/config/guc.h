/*
 * guc.h
 *		Server-wide settings: wal2kafka.*
 */
#ifndef W2K_CONFIG_GUC_H
#define W2K_CONFIG_GUC_H

/* Brokers for connectors that name none; NULL or empty = none. */
extern char *w2k_bootstrap_servers;

/* May this session's DDL break schema.compatibility?  Anybody can say so; for
 * whom it counts is asked where it is used. */
extern bool w2k_allow_incompatible_ddl;

/* Sizes of what lives in shared memory. */
extern int w2k_max_connectors;
extern int w2k_max_tracked_tables;

/* From _PG_init; the last two only while preloading. */
extern void w2k_guc_init(void);

#endif /* W2K_CONFIG_GUC_H */
