/*
 * change_schema.h
 *		The schemas of Debezium's records: of changes, and of messages.
 */
#ifndef W2K_SCHEMA_CHANGE_SCHEMA_H
#define W2K_SCHEMA_CHANGE_SCHEMA_H

#include "schema/connect.h"
#include "schema/relation.h"

/* A key: its columns.  All are made in the current memory context. */
extern W2kSchema *w2k_change_schema_key(const W2kRelation *wrel);

/* A value: the envelope, with the rows' schemas in "before" and "after". */
extern W2kSchema *w2k_change_schema_envelope(const W2kRelation *wrel);

/*
 * Has both rows of an envelope share a schema, for formats in which one name is
 * one record: arrays are as deep as they are afterwards.
 */
extern void w2k_change_schema_share_image(W2kSchema *envelope);

/* The source block and the transaction block. */
extern W2kSchema *w2k_change_schema_source(void);
extern W2kSchema *w2k_change_schema_transaction(void);

/* A logical decoding message's key and value. */
extern W2kSchema *w2k_change_schema_message_key(void);
extern W2kSchema *w2k_change_schema_message(W2kLogical content);

/* The records of a transaction's begin and end. */
extern W2kSchema *w2k_change_schema_boundary_key(void);
extern W2kSchema *w2k_change_schema_boundary(void);

extern W2kSchema *w2k_change_schema_heartbeat_key(void);
extern W2kSchema *w2k_change_schema_heartbeat(void);

extern W2kSchema *w2k_change_schema_notice_key(void);
extern W2kSchema *w2k_change_schema_notice(void);

/* The records of schema changes: Debezium's MySQL connector's. */
extern W2kSchema *w2k_change_schema_ddl_key(void);
extern W2kSchema *w2k_change_schema_ddl(void);

#endif /* W2K_SCHEMA_CHANGE_SCHEMA_H */
