/*
 * javaregex.c
 *		One Java regular expression and its replacement.
 *
 * Connect's routers ask whether an expression matches a whole name, and then
 * replace the first match.  That is the whole name again, unless the
 * expression ends reluctantly ("a.*?"), when Java would go on to replace less
 * than it has matched: such a one is refused, since PostgreSQL's engine, which
 * weighs an expression as a whole, would find another part than Java.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_collation.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "regex/regex.h"
#include "utils/memutils.h"

#include "config/filter.h"
#include "config/javaregex.h"

/* What a replacement consists of. */
typedef struct Piece
{
	const char *literal; /* NULL = a group */
	int group;
} Piece;

struct W2kJavaRegex
{
	regex_t compiled;
	bool is_compiled;
	List *pieces; /* of Piece; NIL = replaced by nothing */
	int nmatches; /* groups, and the whole */
	regmatch_t *matches;
};

/* ---- replacements ---- */

/* The number of a group that has a name, or -1. */
static int
find_group(List *names, const char *name, size_t len)
{
	for (int i = 0; i < list_length(names); i++)
	{
		const char *known = list_nth(names, i);

		if (known != NULL && strlen(known) == len &&
			strncmp(known, name, len) == 0)
			return i + 1;
	}
	return -1;
}

/*
 * Reads the reference at p, behind its "$".  Returns the byte behind it, NULL
 * with *problem set where there is no such group.
 */
static const char *
read_reference(const char *p, List *names, int *group, char **problem)
{
	int ngroups = list_length(names);

	if (*p == '{')
	{
		const char *end = strchr(p, '}');

		*group = end == NULL ? -1 : find_group(names, p + 1, end - p - 1);
		if (*group < 0)
		{
			*problem = psprintf("There is no group for \"$%s\".", p);
			return NULL;
		}
		return end + 1;
	}
	if (!isdigit((unsigned char) *p))
	{
		*problem = pstrdup("A \"$\" that is no reference to a group is "
						   "written as \"\\$\".");
		return NULL;
	}
	*group = *p++ - '0';
	if (*group > ngroups)
	{
		*problem = psprintf("There is no group %d.", *group);
		return NULL;
	}
	/* as many digits as name a group that there is */
	while (isdigit((unsigned char) *p) && *group * 10 + *p - '0' <= ngroups)
		*group = *group * 10 + *p++ - '0';
	return p;
}

static List *
add_piece(List *pieces, StringInfo literal, int group)
{
	Piece *piece;

	if (literal->len > 0)
	{
		piece = palloc0(sizeof(Piece));
		piece->literal = pstrdup(literal->data);
		pieces = lappend(pieces, piece);
		resetStringInfo(literal);
	}
	if (group < 0)
		return pieces;
	piece = palloc0(sizeof(Piece));
	piece->group = group;
	return lappend(pieces, piece);
}

/* A replacement, taken apart; *problem is set where it is not valid. */
static List *
parse_replacement(const char *replacement, List *names, char **problem)
{
	List *pieces = NIL;
	StringInfoData literal;
	const char *p = replacement;

	*problem = NULL;
	initStringInfo(&literal);
	while (*p != '\0')
	{
		int group;

		if (*p == '\\' && p[1] == '\0')
		{
			*problem = pstrdup("The replacement ends with a backslash.");
			return NIL;
		}
		if (*p == '$')
		{
			p = read_reference(p + 1, names, &group, problem);
			if (p == NULL)
				return NIL;
			pieces = add_piece(pieces, &literal, group);
			continue;
		}
		if (*p == '\\')
			p++;
		appendStringInfoChar(&literal, *p++);
	}
	return add_piece(pieces, &literal, -1);
}

/* Does an expression end with a reluctant quantifier? */
static bool
ends_reluctantly(const char *regex)
{
	int len = (int) strlen(regex);
	int backslashes = 0;

	while (len > 0 && regex[len - 1] == ')')
		len--;
	if (len < 3 || regex[len - 1] != '?' ||
		strchr("*+?}", regex[len - 2]) == NULL)
		return false;
	for (int i = len - 3; i >= 0 && regex[i] == '\\'; i--)
		backslashes++;
	return backslashes % 2 == 0;
}

/* ---- expressions ---- */

/* Compiles; returns what is wrong, in words, or NULL. */
static char *
compile(const char *regex, regex_t *compiled, List **names)
{
	int flags = REG_ADVANCED;
	char *problem;
	char *translated;
	pg_wchar *wide;
	int wide_len;
	int rc;

	/* the translation drops it */
	if (strncmp(regex, "(?i)", 4) == 0)
		flags |= REG_ICASE;
	translated = w2k_filter_translate_regex(regex, names, &problem);
	if (translated == NULL)
		return problem;
	wide = (pg_wchar *) palloc((strlen(translated) + 1) * sizeof(pg_wchar));
	wide_len = pg_mb2wchar_with_len(translated, wide, (int) strlen(translated));
	rc = pg_regcomp(compiled, wide, wide_len, flags, C_COLLATION_OID);
	pfree(wide);
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
w2k_javaregex_problem(const char *regex)
{
	regex_t compiled;
	List *names;
	char *problem = compile(regex, &compiled, &names);

	if (problem != NULL)
		return psprintf("Regular expression \"%s\": %s.", regex, problem);
	pg_regfree(&compiled);
	return NULL;
}

char *
w2k_javaregex_replacement_problem(const char *regex, const char *replacement)
{
	List *names;
	char *problem;

	if (ends_reluctantly(regex))
		return psprintf("Regular expression \"%s\" ends with a reluctant "
						"quantifier, which is not supported with a "
						"replacement.",
						regex);
	if (w2k_filter_translate_regex(regex, &names, &problem) == NULL)
		return psprintf("Regular expression \"%s\": %s.", regex, problem);
	(void) parse_replacement(replacement, names, &problem);
	return problem;
}

/* The memory context of a regex goes: so does what its library holds. */
static void
context_reset(void *arg)
{
	W2kJavaRegex *regex = (W2kJavaRegex *) arg;

	if (regex->is_compiled)
		pg_regfree(&regex->compiled);
	regex->is_compiled = false;
}

W2kJavaRegex *
w2k_javaregex_compile(const char *regex, const char *replacement)
{
	W2kJavaRegex *result = palloc0(sizeof(W2kJavaRegex));
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));
	List *names;
	char *problem;

	/* first, so that an error below leaves nothing behind either */
	callback->func = context_reset;
	callback->arg = result;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);

	problem = compile(regex, &result->compiled, &names);
	result->is_compiled = problem == NULL;
	if (problem == NULL && replacement != NULL)
		result->pieces = parse_replacement(replacement, names, &problem);
	if (problem != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid regular expression \"%s\"", regex),
						errdetail("%s", problem)));
	result->nmatches = list_length(names) + 1;
	result->matches = palloc(sizeof(regmatch_t) * result->nmatches);
	return result;
}

/* Matches the whole text, which is given back wide. */
static bool
match(W2kJavaRegex *regex, const char *text, int nmatches, pg_wchar **wide)
{
	int len = (int) strlen(text);
	int rc;

	*wide = (pg_wchar *) palloc((len + 1) * sizeof(pg_wchar));
	len = pg_mb2wchar_with_len(text, *wide, len);
	rc = pg_regexec(&regex->compiled, *wide, len, 0, NULL, nmatches,
					regex->matches, 0);
	if (rc != REG_OKAY && rc != REG_NOMATCH)
	{
		char message[100];

		CHECK_FOR_INTERRUPTS();
		pg_regerror(rc, &regex->compiled, message, sizeof(message));
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("could not match \"%s\" with a regular expression: %s",
						text, message)));
	}
	return rc == REG_OKAY;
}

bool
w2k_javaregex_matches(W2kJavaRegex *regex, const char *text)
{
	pg_wchar *wide;

	return match(regex, text, 0, &wide);
}

char *
w2k_javaregex_replace(W2kJavaRegex *regex, const char *text)
{
	StringInfoData result;
	pg_wchar *wide;
	ListCell *lc;

	if (!match(regex, text, regex->nmatches, &wide))
		return NULL;
	initStringInfo(&result);
	foreach(lc, regex->pieces)
	{
		const Piece *piece = lfirst(lc);
		const regmatch_t *group = &regex->matches[piece->group];
		int len;

		if (piece->literal != NULL)
		{
			appendStringInfoString(&result, piece->literal);
			continue;
		}
		/* a group that took no part is empty */
		len = group->rm_so < 0 ? 0 : (int) (group->rm_eo - group->rm_so);
		enlargeStringInfo(&result, len * MAX_MULTIBYTE_CHAR_LEN + 1);
		result.len += pg_wchar2mb_with_len(wide + Max(group->rm_so, 0),
										   result.data + result.len, len);
	}
	return result.data;
}
