/*
 * writer.h
 *		The Writers of a session: one for keys and one for values.
 *
 * Both are the same Writer where one format serves both sides.
 */
#ifndef W2K_ENCODE_WRITER_H
#define W2K_ENCODE_WRITER_H

#include "encode/envelope.h"

typedef struct W2kWriters
{
	W2kWriter *key;
	W2kWriter *value;
	W2kReferences *references; /* NULL = neither needs a registry */
} W2kWriters;

/*
 * Makes the Writers of the formats that options say, in the current memory
 * context; options are copied.
 */
extern void w2k_writers_create(W2kWriters *writers,
							   const W2kWriterOptions *options);

/* Compiles what is missing of the relation's plans. */
extern void w2k_writers_prepare(const W2kWriters *writers, W2kRelation *wrel);

/* A transaction begins. */
extern void w2k_writers_begin_source(const W2kWriters *writers,
									 const W2kSource *source);

/* The column being written, for error contexts; NULL = none. */
extern const W2kColumn *w2k_writers_column(const W2kWriters *writers);

/* No column is being written. */
static inline void
w2k_writers_forget_column(const W2kWriters *writers)
{
	writers->key->column = NULL;
	writers->value->column = NULL;
}

/* Has the relation been prepared?  Keys are what is prepared last. */
static inline bool
w2k_writers_are_prepared(const W2kRelation *wrel)
{
	return wrel->plans[W2K_SIDE_KEY] != NULL;
}

/* The key of a row. */
static inline void
w2k_writers_write_key(const W2kWriters *writers, StringInfo out,
					  const W2kRelation *wrel, const W2kRow *row)
{
	writers->key->key(writers->key, out, wrel, row);
	writers->key->column = NULL;
}

#endif /* W2K_ENCODE_WRITER_H */
