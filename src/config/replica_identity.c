/*
 * replica_identity.c
 *		replica.identity.autoset.values: what it asks for, table by table.
 *
 *		schema.table:FULL, schema.table:INDEX name, ...
 *
 * As with Debezium, what stands before the colon is a regular expression, no
 * comma can stand in it, and an index's name is folded as SQL does.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_class.h"
#include "parser/scansup.h"

#include "config/filter.h"
#include "config/replica_identity.h"

#define INDEX_WORD "INDEX"

/* Without the blanks around it; in place. */
static char *
trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char) *text))
		text++;
	while (end > text && isspace((unsigned char) end[-1]))
		end--;
	*end = '\0';
	return text;
}

/* The words behind the colon; false where they are none of ours. */
static bool
parse_identity(char *words, W2kIdentityRule *rule)
{
	static const struct
	{
		const char *word;
		char identity;
	} identities[] = {{"DEFAULT", REPLICA_IDENTITY_DEFAULT},
					  {"FULL", REPLICA_IDENTITY_FULL},
					  {"NOTHING", REPLICA_IDENTITY_NOTHING}};
	char *index;

	for (int i = 0; i < (int) lengthof(identities); i++)
	{
		rule->identity = identities[i].identity;
		if (pg_strcasecmp(words, identities[i].word) == 0)
			return true;
	}
	if (pg_strncasecmp(words, INDEX_WORD, strlen(INDEX_WORD)) != 0 ||
		!isspace((unsigned char) words[strlen(INDEX_WORD)]))
		return false;
	index = trim(words + strlen(INDEX_WORD));
	if (strpbrk(index, " \t\n\"") != NULL)
		return false;
	rule->identity = REPLICA_IDENTITY_INDEX;
	rule->index = downcase_truncate_identifier(index, (int) strlen(index),
											   false);
	return true;
}

/* An element; NULL with *problem where it is not one. */
static W2kIdentityRule *
parse_rule(char *element, char **problem)
{
	W2kIdentityRule *rule = palloc0(sizeof(W2kIdentityRule));
	char *colon = strchr(element, ':');

	*problem = psprintf("\"%s\" is not of the form "
						"schema.table:DEFAULT|FULL|NOTHING|INDEX name.",
						trim(element));
	if (colon == NULL)
		return NULL;
	*colon = '\0';
	rule->tables = trim(element);
	if (rule->tables[0] == '\0' || strpbrk(rule->tables, " \t\n") != NULL ||
		!parse_identity(trim(colon + 1), rule))
		return NULL;
	*problem = w2k_filter_list_problem(rule->tables);
	return *problem == NULL ? rule : NULL;
}

void
w2k_replica_identity_apply(W2kPropertyParse *parse, const W2kProperty *prop,
						   const char *name, const char *value)
{
	char *rest = pstrdup(value);
	List *rules = NIL;
	Size len = strlen(rest);

	/* as Java splits a list */
	while (len > 0 && rest[len - 1] == ',')
		rest[--len] = '\0';
	while (rest != NULL)
	{
		char *element = rest;
		char *comma = strchr(rest, ',');
		W2kIdentityRule *rule;
		char *problem;

		rest = comma == NULL ? NULL : comma + 1;
		if (comma != NULL)
			*comma = '\0';
		rule = parse_rule(element, &problem);
		if (rule == NULL)
		{
			w2k_properties_invalid(parse, name, value)->detail = problem;
			return;
		}
		rules = lappend(rules, rule);
	}
	parse->conf->identity_rules = rules;
}
