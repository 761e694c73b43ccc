/*
 * replica_identity.h
 *		replica.identity.autoset.values: what it asks for, table by table.
 */
#ifndef W2K_CONFIG_REPLICA_IDENTITY_H
#define W2K_CONFIG_REPLICA_IDENTITY_H

#include "config/properties.h"

/* An element of the list. */
typedef struct W2kIdentityRule
{
	char *tables;  /* a regular expression for schema.table */
	char identity; /* as pg_class.relreplident has it */
	char *index;   /* of 'i' */
} W2kIdentityRule;

/* What the property table calls: checks a value, and stores it. */
extern void w2k_replica_identity_apply(W2kPropertyParse *parse,
									   const W2kProperty *prop,
									   const char *name, const char *value);

#endif /* W2K_CONFIG_REPLICA_IDENTITY_H */
