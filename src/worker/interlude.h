/*
 * interlude.h
 *		A transaction of the worker's own, between two that it decodes.
 */
#ifndef W2K_WORKER_INTERLUDE_H
#define W2K_WORKER_INTERLUDE_H

/*
 * Begins a transaction as the bootstrap superuser in which SPI may run, or
 * ends it and goes back to the caller's memory context and resource owner.
 * Anywhere but in a callback of the plugin or in another transaction.
 *
 * With looks_around it may ask for anything in the catalogs as it is now.
 * Without, only for wal2kafka's own tables and what is built in: that is the
 * cheap kind, for what is done often.
 *
 * An error in between ends the worker, as any other.
 */
extern void w2k_interlude_begin(bool looks_around);
extern void w2k_interlude_end(void);

/* Runs a query in it, and insists on SPI's code for the result. */
extern void w2k_interlude_query(const char *query, int nargs, Oid *types,
								Datum *values, const char *nulls,
								bool read_only, int expected);

/*
 * A column (from 1) of a row (from 0) of the result.  Without is_null, a null
 * is an error.
 */
extern Datum w2k_interlude_column(uint64 row, int column, bool *is_null);

#endif /* W2K_WORKER_INTERLUDE_H */
