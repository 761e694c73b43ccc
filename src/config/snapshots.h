/*
 * snapshots.h
 *		What a configuration says of snapshots: snapshot.*.
 */
#ifndef W2K_CONFIG_SNAPSHOTS_H
#define W2K_CONFIG_SNAPSHOTS_H

#include "config/properties.h"

/* A SELECT that is read instead of a table. */
typedef struct W2kSelectOverride
{
	char *table; /* schema.table */
	char *query;
} W2kSelectOverride;

/* The query for a collection (schema.table), or NULL. */
extern const char *w2k_snapshots_override(const W2kConnectorConfig *conf,
										  const char *collection);

/*
 * Are existing rows to be read when a connector begins?  Not where somebody
 * else has delivered them (start.after.lsn).
 */
extern bool w2k_snapshots_wants_data(const W2kConnectorConfig *conf);

/* Are changes to be streamed after that? */
extern bool w2k_snapshots_wants_stream(const W2kConnectorConfig *conf);

/* A slot that was lost: is a new one made, with a new snapshot? */
extern bool w2k_snapshots_begins_anew(const W2kConnectorConfig *conf);

/* What the property table calls: stores an override. */
extern void w2k_snapshots_apply_override(W2kPropertyParse *parse,
										 const W2kProperty *prop,
										 const char *name, const char *value);

/* Once everything is read: do the properties fit together? */
extern void w2k_snapshots_check(W2kPropertyParse *parse);

#endif /* W2K_CONFIG_SNAPSHOTS_H */
