/*
 * rules.h
 *		What a configuration says of single columns: which ones are the key
 *		(message.key.columns), and whose values are cut or hidden
 *		(column.truncate.*, column.mask.*).
 *
 * Like the filter, these are regular expressions of Debezium's, compiled once
 * for a session and asked once for a relation.  Nothing here reads a catalog.
 */
#ifndef W2K_CONFIG_RULES_H
#define W2K_CONFIG_RULES_H

#include "config/properties.h"

/* In the order in which they are tried: the first match decides. */
typedef enum W2kMaskKind
{
	W2K_MASK_TRUNCATE,
	W2K_MASK_STARS,
	W2K_MASK_HASH,	 /* of the string as Java serializes it */
	W2K_MASK_HASH_V2 /* of its UTF-8 */
} W2kMaskKind;

/* A property column.truncate.* or column.mask.*, read. */
typedef struct W2kMaskRule
{
	W2kMaskKind kind;
	int length;	   /* of the first two */
	int algorithm; /* of hashes: a pg_cryptohash_type */
	char *salt;	   /* in the server's encoding */
	char *columns; /* regular expressions */
} W2kMaskRule;

typedef struct W2kRules W2kRules;

/*
 * Compiles the rules of a configuration into the current memory context,
 * which they end with.
 */
extern W2kRules *w2k_rules_compile(const W2kConnectorConfig *conf);

/*
 * The columns of a custom key are asked for one expression after the other,
 * in the order in which they were written.
 */
extern int w2k_rules_count_key_patterns(const W2kRules *rules);
extern bool w2k_rules_matches_key(const W2kRules *rules, int pattern,
								  const char *schema, const char *table,
								  const char *column);

/* The rule for the values of a column, or NULL. */
extern const W2kMaskRule *w2k_rules_find_mask(const W2kRules *rules,
											  const char *schema,
											  const char *table,
											  const char *column);

/* What the property table calls: checks a value, and stores it. */
extern void w2k_rules_apply_key(W2kPropertyParse *parse,
								const W2kProperty *prop, const char *name,
								const char *value);
extern void w2k_rules_apply_mask(W2kPropertyParse *parse,
								 const W2kProperty *prop, const char *name,
								 const char *value);

#endif /* W2K_CONFIG_RULES_H */
