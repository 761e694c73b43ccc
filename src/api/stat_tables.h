/*
 * stat_tables.h
 *		Per-table statistics of a connector.
 */
#ifndef W2K_API_STAT_TABLES_H
#define W2K_API_STAT_TABLES_H

/* Zeroes the totals of every table of this database for a connector. */
extern void w2k_stat_tables_reset(const char *connector);

#endif /* W2K_API_STAT_TABLES_H */
