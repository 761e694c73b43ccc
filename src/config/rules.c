/*
 * rules.c
 *		What a configuration says of single columns: keys, and masks.
 *
 * Several rules may match one column.  Debezium tries them kind by kind and
 * stops at the first, so a column that is cut is not hashed as well; among
 * rules of one kind we take the order of the document.
 */
#include "postgres.h"

#include <limits.h>

#include "common/cryptohash.h"

#include "config/filter.h"
#include "config/rules.h"

#define TRUNCATE_PREFIX "column.truncate.to."
#define STARS_PREFIX "column.mask.with."
#define HASH_PREFIX "column.mask.hash."
#define V2_PREFIX "v2."
#define SALT_INFIX ".with.salt."

/* Names of java.security.MessageDigest, whose case does not matter. */
static const struct
{
	const char *name;
	pg_cryptohash_type algorithm;
} algorithms[] = {
	{"MD5", PG_MD5},		{"SHA-1", PG_SHA1},		{"SHA1", PG_SHA1},
	{"SHA", PG_SHA1},		{"SHA-224", PG_SHA224}, {"SHA224", PG_SHA224},
	{"SHA-256", PG_SHA256}, {"SHA256", PG_SHA256},	{"SHA-384", PG_SHA384},
	{"SHA384", PG_SHA384},	{"SHA-512", PG_SHA512}, {"SHA512", PG_SHA512},
};

struct W2kRules
{
	int nkeys;
	W2kPatterns **keys;
	int nmasks;
	const W2kMaskRule **masks; /* in the order in which they are tried */
	W2kPatterns **mask_columns;
};

/* ---- keys ---- */

/*
 * Splits "table:column,column;table:column" into lists of expressions that
 * match "schema.table.column"; NIL where it cannot be read so.  Blanks do not
 * count, but for those in front of a colon, as with Debezium.
 */
static List *
split_key_columns(const char *value)
{
	List *patterns = NIL;
	char *copy = pstrdup(value);
	char *next = copy;
	char *rule;

	while ((rule = strsep(&next, ";")) != NULL)
	{
		char *columns = strchr(rule, ':');
		char *column;

		if (*rule == '\0' && next == NULL)
			break; /* a semicolon at the end */
		if (columns == NULL || columns == rule || strchr(columns + 1, ':'))
			return NIL;
		*columns++ = '\0';
		while ((column = strsep(&columns, ",")) != NULL)
		{
			if (*column == '\0')
				return NIL;
			column += strspn(column, " \t\n\r\f\v");
			patterns = lappend(patterns, psprintf("%s.%s", rule, column));
		}
	}
	return patterns;
}

void
w2k_rules_apply_key(W2kPropertyParse *parse, const W2kProperty *prop,
					const char *name, const char *value)
{
	List *patterns;
	ListCell *lc;

	if (value[0] == '\0')
		return;
	patterns = split_key_columns(value);
	if (patterns == NIL)
	{
		w2k_properties_invalid(parse, name, value)->hint =
			"It must be of the form \"schema.table:column,column;schema.table:column\".";
		return;
	}
	foreach(lc, patterns)
	{
		char *detail = w2k_filter_list_problem(lfirst(lc));

		if (detail == NULL)
			continue;
		w2k_properties_invalid(parse, name, value)->detail = detail;
		return;
	}
	parse->conf->message_key_columns = pstrdup(value);
}

int
w2k_rules_count_key_patterns(const W2kRules *rules)
{
	return rules->nkeys;
}

bool
w2k_rules_matches_key(const W2kRules *rules, int pattern, const char *schema,
					  const char *table, const char *column)
{
	char *name = psprintf("%s.%s.%s", schema, table, column);
	bool is_match = w2k_filter_matches(rules->keys[pattern], name);

	pfree(name);
	return is_match;
}

/* ---- masks ---- */

/* Asterisks are kept ready for each column. */
#define MAX_STARS 10000

/*
 * The number in column.truncate.to.<length>.chars and the like.  The name
 * fits the row, so ".chars" is behind it.
 */
static bool
parse_length(const char *text, int max, int *length)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	*length = (int) number;
	return *text >= '0' && *text <= '9' && strcmp(end, ".chars") == 0 &&
		   errno == 0 && number <= max;
}

/* The algorithm and the salt behind "column.mask.hash."; false: a problem. */
static bool
parse_hash(W2kPropertyParse *parse, const W2kProperty *prop, const char *text,
		   W2kMaskRule *rule)
{
	const char *end;
	char *algorithm;

	rule->kind = W2K_MASK_HASH;
	if (strncmp(text, V2_PREFIX, strlen(V2_PREFIX)) == 0)
	{
		rule->kind = W2K_MASK_HASH_V2;
		text += strlen(V2_PREFIX);
	}
	end = strstr(text, SALT_INFIX);
	algorithm = pnstrdup(text, end - text);
	rule->salt = pstrdup(end + strlen(SALT_INFIX));
	for (int i = 0; i < (int) lengthof(algorithms); i++)
	{
		if (pg_strcasecmp(algorithm, algorithms[i].name) != 0)
			continue;
		rule->algorithm = algorithms[i].algorithm;
		return true;
	}
	w2k_problem_add(&parse->problems, ERRCODE_FEATURE_NOT_SUPPORTED,
					prop->name, NULL,
					"hash algorithm \"%s\" of connector property \"%s\" is not supported",
					algorithm, prop->name)
		->hint =
		"Supported are MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512.";
	return false;
}

void
w2k_rules_apply_mask(W2kPropertyParse *parse, const W2kProperty *prop,
					 const char *name, const char *value)
{
	int max;
	W2kMaskRule *rule = palloc0(sizeof(W2kMaskRule));
	const char *length = NULL;

	if (strncmp(name, HASH_PREFIX, strlen(HASH_PREFIX)) == 0)
	{
		if (!parse_hash(parse, prop, name + strlen(HASH_PREFIX), rule))
			return;
	}
	else if (strncmp(name, STARS_PREFIX, strlen(STARS_PREFIX)) == 0)
	{
		rule->kind = W2K_MASK_STARS;
		length = name + strlen(STARS_PREFIX);
	}
	else
	{
		rule->kind = W2K_MASK_TRUNCATE;
		length = name + strlen(TRUNCATE_PREFIX);
	}
	max = rule->kind == W2K_MASK_STARS ? MAX_STARS : INT_MAX;
	if (length != NULL && !parse_length(length, max, &rule->length))
	{
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						name, NULL,
						"length in the name of connector property \"%s\" is not valid",
						name)
			->hint = psprintf("It must be between 0 and %d.", max);
		return;
	}
	if (value[0] == '\0')
		return;
	rule->columns = pstrdup(value);
	parse->conf->mask_rules = lappend(parse->conf->mask_rules, rule);
}

const W2kMaskRule *
w2k_rules_find_mask(const W2kRules *rules, const char *schema,
					const char *table, const char *column)
{
	const W2kMaskRule *result = NULL;
	char *name;

	if (rules->nmasks == 0)
		return NULL;
	name = psprintf("%s.%s.%s", schema, table, column);
	for (int i = 0; i < rules->nmasks && result == NULL; i++)
	{
		if (w2k_filter_matches(rules->mask_columns[i], name))
			result = rules->masks[i];
	}
	pfree(name);
	return result;
}

/* ---- both ---- */

W2kRules *
w2k_rules_compile(const W2kConnectorConfig *conf)
{
	W2kRules *rules = palloc0(sizeof(W2kRules));
	List *keys = NIL;
	int nmasks = list_length(conf->mask_rules);
	ListCell *lc;

	if (conf->message_key_columns != NULL)
		keys = split_key_columns(conf->message_key_columns);
	rules->keys = palloc(sizeof(W2kPatterns *) * Max(list_length(keys), 1));
	foreach(lc, keys)
		rules->keys[rules->nkeys++] =
			w2k_filter_compile_patterns("message.key.columns", lfirst(lc));

	rules->masks = palloc(sizeof(W2kMaskRule *) * Max(nmasks, 1));
	rules->mask_columns = palloc(sizeof(W2kPatterns *) * Max(nmasks, 1));
	for (W2kMaskKind kind = W2K_MASK_TRUNCATE; kind <= W2K_MASK_HASH_V2; kind++)
	{
		foreach(lc, conf->mask_rules)
		{
			const W2kMaskRule *rule = lfirst(lc);

			if (rule->kind != kind)
				continue;
			rules->masks[rules->nmasks] = rule;
			rules->mask_columns[rules->nmasks++] =
				w2k_filter_compile_patterns("column.mask", rule->columns);
		}
	}
	return rules;
}
