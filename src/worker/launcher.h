/*
 * launcher.h
 *		The launcher and its visitors: see launcher.c.
 */
#ifndef W2K_WORKER_LAUNCHER_H
#define W2K_WORKER_LAUNCHER_H

/* From _PG_init, only while shared_preload_libraries are processed. */
extern void w2k_launcher_register(void);

/* Entry points of background workers, found by name. */
extern PGDLLEXPORT void w2k_launcher_main(Datum main_arg);
extern PGDLLEXPORT void w2k_visitor_main(Datum main_arg);

#endif /* W2K_WORKER_LAUNCHER_H */
