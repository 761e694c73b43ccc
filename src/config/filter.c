/*
 * filter.c
 *		Which tables and columns a connector captures.
 *
 * Users bring lists that were written for Java's java.util.regex.  Most of
 * what people write there (names, dots, stars, alternatives, character
 * classes) means the same to PostgreSQL's engine; the differences are dealt
 * with here, one expression at a time, before it is compiled:
 *
 *		\b \B \z \xhh \Q..\E	have a counterpart and are translated
 *		(?i) at the start		says what is done anyway and is dropped
 *		named groups, atomic groups, inline flags, possessive quantifiers,
 *		\p{..}, class unions and intersections, other letters after a
 *		backslash				have none: refused, with the construct named
 *
 * Silence would be worse than refusal: \b is a backspace to PostgreSQL, and
 * a filter that never matches loses every change of a table.
 *
 * Matching is done with the C collation, which knows the case of ASCII
 * letters only: exactly Java's CASE_INSENSITIVE, and no look at a catalog.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_collation.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/scansup.h"
#include "regex/regex.h"
#include "utils/memutils.h"

#include "config/filter.h"

/* One list of a configuration. */
typedef struct PatternList
{
	int npatterns; /* 0 = not set */
	regex_t *patterns;
	int ncompiled; /* how many of them must be freed */
} PatternList;

struct W2kFilter
{
	PatternList schema_include, schema_exclude;
	PatternList table_include, table_exclude;
	PatternList column_include, column_exclude;
	PatternList column_propagate, datatype_propagate;
	PatternList message_include, message_exclude;
};

struct W2kPatterns
{
	PatternList list;
};

/*
 * Splits a list at its commas, "\," being a comma of an expression, and trims
 * blanks; empty elements are left out.  A list of palloc'd strings.
 */
static List *
split_list(const char *list)
{
	List *elements = NIL;
	StringInfoData buf;
	const char *p = list;

	if (list == NULL)
		return NIL;
	initStringInfo(&buf);
	for (;;)
	{
		if (*p == '\0' || *p == ',')
		{
			while (buf.len > 0 && scanner_isspace(buf.data[buf.len - 1]))
				buf.data[--buf.len] = '\0';
			if (buf.len > 0)
				elements = lappend(elements, pstrdup(buf.data));
			resetStringInfo(&buf);
			if (*p == '\0')
				break;
			p++;
		}
		else if (*p == '\\' && p[1] == ',')
		{
			appendStringInfoChar(&buf, ',');
			p += 2;
		}
		else if (*p == '\\' && p[1] != '\0')
		{
			appendBinaryStringInfo(&buf, p, 2);
			p += 2;
		}
		else
		{
			if (buf.len > 0 || !scanner_isspace(*p))
				appendStringInfoChar(&buf, *p);
			p++;
		}
	}
	pfree(buf.data);
	return elements;
}

/* Appends a character so that it stands for itself outside a class. */
static void
append_literal(StringInfo out, char c)
{
	if (!IS_HIGHBIT_SET(c) && !isalnum((unsigned char) c))
		appendStringInfoChar(out, '\\');
	appendStringInfoChar(out, c);
}

/*
 * Translates the escape at p (which points at its backslash).  Returns the
 * byte behind it, NULL with *problem set where there is no counterpart.
 */
static const char *
translate_escape(const char *p, bool in_class, StringInfo out, char **problem)
{
	char c = p[1];

	if (c == '\0')
	{
		*problem = pstrdup("it ends with a backslash");
		return NULL;
	}
	if (IS_HIGHBIT_SET(c) || !isalnum((unsigned char) c))
	{
		/* an escaped character of any kind but letters and digits */
		appendBinaryStringInfo(out, p, 2);
		return p + 2;
	}
	if (c == 'Q' && !in_class)
	{
		for (p += 2; *p != '\0'; p++)
		{
			if (p[0] == '\\' && p[1] == 'E')
				return p + 2;
			append_literal(out, *p);
		}
		return p;
	}
	if (c == 'x' && isxdigit((unsigned char) p[2]) &&
		isxdigit((unsigned char) p[3]))
	{
		/* PostgreSQL's \x would go on eating digits */
		appendStringInfo(out, "\\u00%c%c", p[2], p[3]);
		return p + 4;
	}
	if (c == 'b' && !in_class)
		appendStringInfoString(out, "\\y");
	else if (c == 'B' && !in_class)
		appendStringInfoString(out, "\\Y");
	else if ((c == 'z' || c == 'Z') && !in_class)
		appendStringInfoString(out, "\\Z");
	else if (strchr("dDsSwWtnrfuc", c) != NULL ||
			 (!in_class && (c == 'A' || (c >= '1' && c <= '9'))))
		appendBinaryStringInfo(out, p, 2);
	else
	{
		*problem = psprintf("\"\\%c\" is not supported", c);
		return NULL;
	}
	return p + 2;
}

/*
 * Copies the character class at p (which points at its bracket).  Returns the
 * byte behind it, NULL with *problem set where that cannot be done.
 */
static const char *
translate_class(const char *p, StringInfo out, char **problem)
{
	bool is_first = true;

	appendStringInfoChar(out, *p++);
	if (*p == '^')
		appendStringInfoChar(out, *p++);
	for (;; is_first = false)
	{
		if (*p == '\0')
		{
			*problem = pstrdup("brackets [] not balanced");
			return NULL;
		}
		if (*p == ']' && !is_first)
		{
			appendStringInfoChar(out, *p++);
			return p;
		}
		if (*p == '[')
		{
			*problem = pstrdup(
				"a \"[\" within brackets is not supported, write \"\\[\"");
			return NULL;
		}
		if (p[0] == '&' && p[1] == '&')
		{
			*problem = pstrdup("\"&&\" within brackets is not supported");
			return NULL;
		}
		if (*p == '\\')
		{
			p = translate_escape(p, true, out, problem);
			if (p == NULL)
				return NULL;
			continue;
		}
		appendStringInfoChar(out, *p++);
	}
}

/*
 * A named group, "(?<x>", where group_names is not NULL: appends a plain one.
 * Returns the byte behind it, NULL where this is none.
 */
static const char *
translate_named_group(const char *p, List **group_names, StringInfo out)
{
	size_t len;

	if (group_names == NULL || strncmp(p, "(?<", 3) != 0)
		return NULL;
	len = strspn(p + 3, "abcdefghijklmnopqrstuvwxyz"
						"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	if (len == 0 || isdigit((unsigned char) p[3]) || p[3 + len] != '>')
		return NULL;
	*group_names = lappend(*group_names, pnstrdup(p + 3, len));
	appendStringInfoChar(out, '(');
	return p + 3 + len + 1;
}

char *
w2k_filter_translate_regex(const char *regex, List **group_names,
						   char **problem)
{
	StringInfoData out;
	const char *p = regex;
	const char *behind;
	bool is_after_quantifier = false;

	*problem = NULL;
	if (group_names != NULL)
		*group_names = NIL;
	initStringInfo(&out);
	appendStringInfoString(&out, "^(?:");
	if (strncmp(p, "(?i)", 4) == 0)
		p += 4;
	while (*p != '\0')
	{
		bool is_quantifier = strchr("*+?}", *p) != NULL;

		if (*p == '+' && is_after_quantifier)
		{
			*problem =
				psprintf("the possessive quantifier \"%c+\" is not supported",
						 p[-1]);
			return NULL;
		}
		behind = translate_named_group(p, group_names, &out);
		if (behind != NULL)
		{
			p = behind;
			is_after_quantifier = false;
			continue;
		}
		if (p[0] == '(' && p[1] != '?' && group_names != NULL)
			*group_names = lappend(*group_names, NULL);
		if (p[0] == '(' && p[1] == '?' && strchr(":=!", p[2]) == NULL &&
			!(p[2] == '<' && (p[3] == '=' || p[3] == '!')))
		{
			*problem = psprintf("the group \"%.*s\" is not supported",
								pg_mbcliplen(p, strlen(p), 4), p);
			return NULL;
		}
		if (p[0] == '(' && p[1] == '?')
		{
			/* keep the ? of "(?:" from being taken for a quantifier */
			appendBinaryStringInfo(&out, p, 2);
			p += 2;
			if (*p != '\0')
				appendStringInfoChar(&out, *p++);
			is_after_quantifier = false;
			continue;
		}
		if (*p == '\\')
			p = translate_escape(p, false, &out, problem);
		else if (*p == '[')
			p = translate_class(p, &out, problem);
		else
			appendStringInfoChar(&out, *p++);
		if (p == NULL)
			return NULL;
		is_after_quantifier = is_quantifier;
	}
	appendStringInfoString(&out, ")$");
	return out.data;
}

/*
 * Compiles one element of a list.  Returns what is wrong with it, in words,
 * or NULL.  Where it is fine the caller must pg_regfree() the result.
 */
static char *
compile_regex(const char *regex, regex_t *compiled)
{
	char *problem;
	char *translated = w2k_filter_translate_regex(regex, NULL, &problem);
	pg_wchar *wide;
	int wide_len;
	int rc;

	if (translated == NULL)
		return problem;
	wide = (pg_wchar *) palloc((strlen(translated) + 1) * sizeof(pg_wchar));
	wide_len = pg_mb2wchar_with_len(translated, wide, strlen(translated));
	rc = pg_regcomp(compiled, wide, wide_len, REG_ADVANCED | REG_ICASE,
					C_COLLATION_OID);
	pfree(wide);
	pfree(translated);
	if (rc != REG_OKAY)
	{
		char message[100];

		CHECK_FOR_INTERRUPTS();
		pg_regerror(rc, compiled, message, sizeof(message));
		return pstrdup(message);
	}
	return NULL;
}

char *
w2k_filter_list_problem(const char *list)
{
	List *elements = split_list(list);
	ListCell *lc;

	/* to include nothing, or to exclude nothing: nobody means that */
	if (elements == NIL && list[0] != '\0')
		return pstrdup("There is no regular expression in it.");
	foreach(lc, elements)
	{
		const char *regex = (const char *) lfirst(lc);
		regex_t compiled;
		char *problem = compile_regex(regex, &compiled);

		if (problem != NULL)
			return psprintf("Regular expression \"%s\": %s.", regex, problem);
		pg_regfree(&compiled);
	}
	return NULL;
}

/* Gives back what the regex library may hold outside of any context. */
static void
free_list(PatternList *list)
{
	while (list->ncompiled > 0)
		pg_regfree(&list->patterns[--list->ncompiled]);
}

/* The memory context of a filter goes. */
static void
filter_context_reset(void *arg)
{
	W2kFilter *filter = (W2kFilter *) arg;

	free_list(&filter->schema_include);
	free_list(&filter->schema_exclude);
	free_list(&filter->table_include);
	free_list(&filter->table_exclude);
	free_list(&filter->column_include);
	free_list(&filter->column_exclude);
	free_list(&filter->column_propagate);
	free_list(&filter->datatype_propagate);
	free_list(&filter->message_include);
	free_list(&filter->message_exclude);
}

static void
compile_list(const char *property, const char *value, PatternList *list)
{
	List *elements = split_list(value);
	ListCell *lc;

	if (elements == NIL)
		return;
	list->patterns = (regex_t *) palloc0(list_length(elements) *
										 sizeof(regex_t));
	list->npatterns = list_length(elements);
	foreach(lc, elements)
	{
		const char *regex = (const char *) lfirst(lc);
		char *problem = compile_regex(regex, &list->patterns[list->ncompiled]);

		if (problem != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for connector property \"%s\": \"%s\"",
							property, value),
					 errdetail("Regular expression \"%s\": %s.", regex,
							   problem)));
		list->ncompiled++;
	}
}

W2kFilter *
w2k_filter_compile(const W2kConnectorConfig *conf)
{
	W2kFilter *filter = palloc0(sizeof(W2kFilter));
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	/* First, so that an error below leaves nothing behind either. */
	callback->func = filter_context_reset;
	callback->arg = filter;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);

	compile_list("schema.include.list", conf->schema_include_list,
				 &filter->schema_include);
	compile_list("schema.exclude.list", conf->schema_exclude_list,
				 &filter->schema_exclude);
	compile_list("table.include.list", conf->table_include_list,
				 &filter->table_include);
	compile_list("table.exclude.list", conf->table_exclude_list,
				 &filter->table_exclude);
	compile_list("column.include.list", conf->column_include_list,
				 &filter->column_include);
	compile_list("column.exclude.list", conf->column_exclude_list,
				 &filter->column_exclude);
	compile_list("column.propagate.source.type", conf->column_propagate_list,
				 &filter->column_propagate);
	compile_list("datatype.propagate.source.type",
				 conf->datatype_propagate_list, &filter->datatype_propagate);
	compile_list("message.prefix.include.list",
				 conf->message_prefix_include_list, &filter->message_include);
	compile_list("message.prefix.exclude.list",
				 conf->message_prefix_exclude_list, &filter->message_exclude);
	return filter;
}

/* Does any expression of the list match the whole name? */
static bool
list_matches(const PatternList *list, const char *name)
{
	size_t len = strlen(name);
	pg_wchar *wide;
	int wide_len;
	bool is_match = false;
	int i;

	if (list->npatterns == 0)
		return false;
	wide = (pg_wchar *) palloc((len + 1) * sizeof(pg_wchar));
	wide_len = pg_mb2wchar_with_len(name, wide, len);
	for (i = 0; i < list->npatterns && !is_match; i++)
	{
		int rc = pg_regexec(&list->patterns[i], wide, wide_len, 0, NULL, 0,
							NULL, 0);

		if (rc != REG_OKAY && rc != REG_NOMATCH)
		{
			char message[100];

			CHECK_FOR_INTERRUPTS();
			pg_regerror(rc, &list->patterns[i], message, sizeof(message));
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("could not match \"%s\" with a connector's filter: %s",
							name, message)));
		}
		is_match = (rc == REG_OKAY);
	}
	pfree(wide);
	return is_match;
}

static void
patterns_context_reset(void *arg)
{
	free_list(&((W2kPatterns *) arg)->list);
}

W2kPatterns *
w2k_filter_compile_patterns(const char *property, const char *value)
{
	W2kPatterns *patterns = palloc0(sizeof(W2kPatterns));
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	callback->func = patterns_context_reset;
	callback->arg = patterns;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	compile_list(property, value, &patterns->list);
	return patterns;
}

bool
w2k_filter_matches(const W2kPatterns *patterns, const char *name)
{
	return list_matches(&patterns->list, name);
}

bool
w2k_filter_is_system_schema(const char *schema)
{
	/* "pg_" is reserved: catalogs, toast, temporary tables */
	return strncmp(schema, "pg_", 3) == 0 ||
		   strcmp(schema, "information_schema") == 0 ||
		   strcmp(schema, W2K_SCHEMA) == 0;
}

/* Is this schema captured, as far as its name can tell? */
static bool
is_schema_captured(const W2kFilter *filter, const char *schema,
				   const char **reason)
{
	const char *why = NULL;

	if (w2k_filter_is_system_schema(schema))
		why = "system schema";
	else if (filter->schema_include.npatterns > 0 &&
			 !list_matches(&filter->schema_include, schema))
		why = "not in schema.include.list";
	else if (list_matches(&filter->schema_exclude, schema))
		why = "in schema.exclude.list";
	if (reason != NULL && why != NULL)
		*reason = why;
	return why == NULL;
}

bool
w2k_filter_table(const W2kFilter *filter, const char *schema,
				 const char *table, const char **reason)
{
	const char *why = NULL;
	char *name;

	if (!is_schema_captured(filter, schema, reason))
		return false;
	name = psprintf("%s.%s", schema, table);
	if (filter->table_include.npatterns > 0 &&
		!list_matches(&filter->table_include, name))
		why = "not in table.include.list";
	else if (list_matches(&filter->table_exclude, name))
		why = "in table.exclude.list";
	pfree(name);
	if (reason != NULL && why != NULL)
		*reason = why;
	return why == NULL;
}

/* Else every column is captured. */
static bool
has_column_lists(const W2kFilter *filter)
{
	return filter->column_include.npatterns > 0 ||
		   filter->column_exclude.npatterns > 0;
}

bool
w2k_filter_column(const W2kFilter *filter, const char *schema,
				  const char *table, const char *column)
{
	char *name;
	bool is_captured = true;

	if (!has_column_lists(filter))
		return true;
	name = psprintf("%s.%s.%s", schema, table, column);
	if (filter->column_include.npatterns > 0)
		is_captured = list_matches(&filter->column_include, name);
	if (list_matches(&filter->column_exclude, name))
		is_captured = false;
	pfree(name);
	return is_captured;
}

/* Does a list match the name of a column, or of its type, in a table? */
static bool
matches_in_table(const PatternList *list, const char *schema,
				 const char *table, const char *name)
{
	char *full_name;
	bool is_match;

	if (list->npatterns == 0)
		return false;
	full_name = psprintf("%s.%s.%s", schema, table, name);
	is_match = list_matches(list, full_name);
	pfree(full_name);
	return is_match;
}

bool
w2k_filter_propagates(const W2kFilter *filter, const char *schema,
					  const char *table, const char *column,
					  const char *type_name)
{
	return matches_in_table(&filter->column_propagate, schema, table, column) ||
		   matches_in_table(&filter->datatype_propagate, schema, table,
							type_name);
}

bool
w2k_filter_message(const W2kFilter *filter, const char *prefix)
{
	if (filter->message_include.npatterns > 0)
		return list_matches(&filter->message_include, prefix);
	return !list_matches(&filter->message_exclude, prefix);
}

bool
w2k_filter_is_explicit(const W2kFilter *filter, const char *schema,
					   const char *table)
{
	return (filter->table_include.npatterns > 0 ||
			filter->schema_include.npatterns > 0) &&
		   w2k_filter_table(filter, schema, table, NULL);
}
