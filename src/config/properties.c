/*
 * properties.c
 *		Reads values by the rows of the property table.
 *
 * Nothing here raises an error: what is wrong becomes a problem of the parse,
 * so that one call can report everything.  Nothing here looks at a catalog,
 * so that the output plugin can use it inside a callback.
 */
#include "postgres.h"

#include <limits.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "config/filter.h"
#include "config/javaregex.h"
#include "config/properties.h"
#include "config/secrets.h"

/* Bytes of a name or value that a message repeats. */
#define SHOWN_LEN 200

/* Does name fit a family's name? */
static bool
fits_family(const char *family, const char *name)
{
	for (; *family != '\0'; family++, name++)
	{
		if (*family == '<')
		{
			const char *rest = strchr(family, '>') + 1;
			const char *end;

			/* a part is anything, as long as the rest fits behind it */
			for (end = name + 1; *name != '\0'; end++)
			{
				if (fits_family(rest, end))
					return true;
				if (*end == '\0')
					break;
			}
			return false;
		}
		if (*family != *name)
			return false;
	}
	return *name == '\0';
}

/* Behind "key.converter." or "value.converter."; NULL where neither is there. */
static const char *
skip_converter(const char *name)
{
	static const char *const prefixes[] = {"key.converter.",
										   "value.converter."};

	for (size_t i = 0; i < lengthof(prefixes); i++)
	{
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return name + strlen(prefixes[i]);
	}
	return NULL;
}

/* The row of a schema registry's property below a converter, or NULL. */
static const W2kProperty *
find_below_converter(const char *name)
{
	const char *rest = skip_converter(name);
	const W2kProperty *prop;

	if (rest == NULL || skip_converter(rest) != NULL)
		return NULL;
	prop = w2k_properties_find(rest);
	return prop != NULL && (prop->flags & W2K_PROP_REGISTRY) != 0 ? prop
																  : NULL;
}

const W2kProperty *
w2k_properties_find(const char *name)
{
	const W2kProperty *registry;
	int i;

	for (i = 0; i < w2k_nproperties; i++)
	{
		const W2kProperty *prop = &w2k_properties[i];

		if ((prop->flags & W2K_PROP_FAMILY) == 0 &&
			strcmp(prop->name, name) == 0)
			return prop;
	}
	registry = find_below_converter(name);
	if (registry != NULL)
		return registry;
	for (i = 0; i < w2k_nproperties; i++)
	{
		const W2kProperty *prop = &w2k_properties[i];

		if ((prop->flags & W2K_PROP_FAMILY) != 0 &&
			(prop->flags & W2K_PROP_SHOWN) == 0 &&
			fits_family(prop->name, name))
			return prop;
	}
	return NULL;
}

const char *
w2k_properties_said(const W2kPropertyParse *parse, const char *name)
{
	ListCell *lc;

	foreach(lc, parse->said)
	{
		const W2kSaid *said = (const W2kSaid *) lfirst(lc);

		if (strcmp(said->name, name) == 0)
			return said->value;
	}
	return NULL;
}

/* So much of a text as a message should repeat. */
static const char *
clip(const char *text)
{
	size_t len = strlen(text);

	if (len <= SHOWN_LEN)
		return text;
	return psprintf("%.*s...", pg_mbcliplen(text, len, SHOWN_LEN), text);
}

bool
w2k_properties_has_problem(const W2kPropertyParse *parse, const char *name)
{
	ListCell *lc;

	foreach(lc, parse->problems)
	{
		const W2kProblem *problem = (const W2kProblem *) lfirst(lc);

		if (problem->is_error && strcmp(problem->property, name) == 0)
			return true;
	}
	return false;
}

const char *
w2k_properties_show(const char *name, const char *value)
{
	return w2k_secrets_is_secret(name, value) ? W2K_MASK : clip(value);
}

W2kProblem *
w2k_properties_invalid(W2kPropertyParse *parse, const char *name,
					   const char *value)
{
	const char *shown = w2k_properties_show(name, value);

	if (w2k_secrets_is_secret(name, value))
		return w2k_problem_add(&parse->problems,
							   ERRCODE_INVALID_PARAMETER_VALUE, name, shown,
							   "invalid value for connector property \"%s\"",
							   name);
	return w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						   name, shown,
						   "invalid value for connector property \"%s\": \"%s\"",
						   name, shown);
}

W2kProblem *
w2k_properties_unsupported(W2kPropertyParse *parse, const char *name,
						   const char *value)
{
	const char *shown = w2k_properties_show(name, value);

	if (w2k_secrets_is_secret(name, value))
		return w2k_problem_add(&parse->problems, ERRCODE_FEATURE_NOT_SUPPORTED,
							   name, shown,
							   "connector property \"%s\" is not supported",
							   name);
	return w2k_problem_add(&parse->problems, ERRCODE_FEATURE_NOT_SUPPORTED,
						   name, shown,
						   "value \"%s\" of connector property \"%s\" is not supported",
						   shown, name);
}

static const W2kChoice *
find_choice(const W2kChoice *choices, const char *value)
{
	for (; choices->name != NULL; choices++)
	{
		if (pg_strcasecmp(choices->name, value) == 0)
			return choices;
	}
	return NULL;
}

/* A whole number and nothing else; *is_huge where no int64 can hold it. */
static bool
parse_number(const char *value, int64 *result, bool *is_huge)
{
	char *end;

	errno = 0;
	*result = strtoi64(value, &end, 10);
	*is_huge = (errno == ERANGE);
	return end != value && *end == '\0';
}

/* "16/B374D848", as the type pg_lsn has it. */
static bool
parse_lsn(const char *value, XLogRecPtr *lsn)
{
	const char *hex = "0123456789abcdefABCDEF";
	size_t high_len = strspn(value, hex);
	size_t low_len;

	if (high_len < 1 || high_len > 8 || value[high_len] != '/')
		return false;
	low_len = strspn(value + high_len + 1, hex);
	if (low_len < 1 || low_len > 8 || value[high_len + 1 + low_len] != '\0')
		return false;
	*lsn = ((uint64) strtoul(value, NULL, 16)) << 32 |
		   strtoul(value + high_len + 1, NULL, 16);
	return true;
}

/*
 * Checks a value by its row's type.  Where the row says so and conf, the
 * struct that the row's offset is meant for, is not NULL, stores it.  False
 * when a problem was added.
 */
static bool
take_value(W2kPropertyParse *parse, const W2kProperty *prop, const char *name,
		   const char *value, void *conf)
{
	void *field = NULL;
	int64 number;
	bool is_huge;

	if (conf != NULL && prop->is_stored && prop->apply == NULL)
		field = (char *) conf + prop->offset;

	switch (prop->type)
	{
		case W2K_PROP_BOOLEAN:
		{
			bool is_true;

			if (!parse_bool(value, &is_true))
			{
				w2k_properties_invalid(parse, name, value)->hint =
					"Valid values are true and false.";
				return false;
			}
			if (field)
				*(bool *) field = is_true;
			return true;
		}
		case W2K_PROP_INT:
		case W2K_PROP_LONG:
		case W2K_PROP_DURATION:
			if (!parse_number(value, &number, &is_huge) ||
				(is_huge && prop->min == prop->max))
			{
				w2k_properties_invalid(parse, name, value)->hint =
					prop->type == W2K_PROP_DURATION
						? "It must be a whole number of milliseconds."
						: "It must be a whole number.";
				return false;
			}
			if (prop->min != prop->max &&
				(is_huge || number < prop->min || number > prop->max))
			{
				w2k_problem_add(&parse->problems,
								ERRCODE_INVALID_PARAMETER_VALUE, name, value,
								"%s is outside the valid range for connector property \"%s\" (%lld .. %lld)",
								value, name, (long long) prop->min,
								(long long) prop->max);
				return false;
			}
			if (field && prop->type == W2K_PROP_LONG)
				*(int64 *) field = number;
			else if (field)
				*(int *) field = (int) number;
			return true;
		case W2K_PROP_ENUM:
		{
			const W2kChoice *choice = find_choice(prop->choices, value);

			if (choice == NULL)
			{
				w2k_properties_invalid(parse, name, value)->hint =
					psprintf("Valid values are %s.",
							 w2k_properties_range(prop));
				return false;
			}
			Assert(field == NULL || prop->width == sizeof(int));
			if (field)
				*(int *) field = choice->value;
			return true;
		}
		case W2K_PROP_LSN:
		{
			XLogRecPtr lsn;

			if (!parse_lsn(value, &lsn))
			{
				w2k_properties_invalid(parse, name, value)->hint =
					"It must be an LSN, as in 16/B374D848.";
				return false;
			}
			if (field)
				*(XLogRecPtr *) field = lsn;
			return true;
		}
		case W2K_PROP_REGEX_LIST:
		{
			char *detail = w2k_filter_list_problem(value);
			W2kProblem *problem;

			if (detail != NULL)
			{
				problem = w2k_properties_invalid(parse, name, value);
				problem->detail = detail;
				if (strchr(value, '{') != NULL)
					problem->hint =
						"A comma within an expression is written as \"\\,\".";
				return false;
			}
		}
			/* FALLTHROUGH */
		case W2K_PROP_REGEX:
		case W2K_PROP_LIST:
		case W2K_PROP_STRING:
		case W2K_PROP_PASSWORD:
		case W2K_PROP_CLASS:
			if (prop->type == W2K_PROP_REGEX)
			{
				char *detail = w2k_javaregex_problem(value);

				if (detail != NULL)
				{
					w2k_properties_invalid(parse, name, value)->detail = detail;
					return false;
				}
			}
			/* an empty text is how Connect's documents say "not set" */
			if (field &&
				(value[0] != '\0' || (prop->flags & W2K_PROP_EMPTY) != 0))
				*(char **) field = pstrdup(value);
			return true;
	}
	return true;
}

bool
w2k_properties_check_value(W2kPropertyParse *parse, const W2kProperty *prop,
						   const char *name, const char *value)
{
	return take_value(parse, prop, name, value, NULL);
}

/* Are two values of a row the same, however they are written? */
static bool
is_same_value(const W2kProperty *prop, const char *a, const char *b)
{
	bool bool_a, bool_b;
	int64 number_a, number_b;
	bool is_huge_a, is_huge_b;

	if (prop->type == W2K_PROP_BOOLEAN && parse_bool(a, &bool_a) &&
		parse_bool(b, &bool_b))
		return bool_a == bool_b;
	if (parse_number(a, &number_a, &is_huge_a) &&
		parse_number(b, &number_b, &is_huge_b))
		return number_a == number_b && !is_huge_a && !is_huge_b;
	return pg_strcasecmp(a, b) == 0;
}

/* Does a value ask for what we do anyway? */
static bool
is_accepted(const W2kProperty *prop, const char *value)
{
	char *accepts;
	char *word;
	char *rest;

	if ((prop->flags & W2K_PROP_FAMILY) != 0)
		return false;
	if (prop->accepts == NULL)
		return is_same_value(prop, value,
							 prop->default_value ? prop->default_value : "");
	accepts = pstrdup(prop->accepts);
	for (rest = accepts; (word = strtok_r(rest, "|", &rest)) != NULL;)
	{
		if (is_same_value(prop, value, word))
			return true;
	}
	return false;
}

/* A property that is known and cannot be had, or not with this value. */
static void
take_not_yet(W2kPropertyParse *parse, const W2kProperty *prop,
			 const char *name, const char *value)
{
	W2kProblem *problem;
	const char *values;

	if (value[0] == '\0' && prop->type != W2K_PROP_BOOLEAN &&
		prop->type != W2K_PROP_ENUM)
		return;
	if (!take_value(parse, prop, name, value, NULL) || is_accepted(prop, value))
		return;
	if (prop->default_value == NULL && prop->accepts == NULL)
		problem = w2k_problem_add(&parse->problems,
								  ERRCODE_FEATURE_NOT_SUPPORTED, name,
								  w2k_properties_show(name, value),
								  "connector property \"%s\" is not supported",
								  name);
	else
		problem = w2k_properties_unsupported(parse, name, value);
	values = w2k_properties_accepted(prop, "\"");
	if (values != NULL)
		problem->hint = psprintf("Leave it out, or set it to %s.", values);
	else
		problem->hint = "Leave it out.";
}

/* ${file:...} and the like: who may, and where. */
static bool
check_references(W2kPropertyParse *parse, const W2kProperty *prop,
				 const char *name, const char *value)
{
	const char *hint;

	if (parse->is_options || !w2k_secrets_has_reference(value))
		return true;
	if (!parse->is_superuser)
	{
		w2k_problem_add(&parse->problems, ERRCODE_INSUFFICIENT_PRIVILEGE, name,
						w2k_properties_show(name, value),
						"permission denied to read the value of connector property \"%s\" from a file or the environment",
						name)
			->hint = "The owner of such a connector must be a superuser.";
		return false;
	}
	if (prop->support == W2K_NO_EFFECT)
		return true;
	if ((prop->flags & W2K_PROP_REFERENCE) == 0)
	{
		w2k_problem_add(&parse->problems, ERRCODE_FEATURE_NOT_SUPPORTED, name,
						w2k_properties_show(name, value),
						"the value of connector property \"%s\" cannot be read from a file or the environment",
						name)
			->hint =
			"bootstrap.servers, producer.override.*, signal.consumer.* and those of a schema registry can.";
		return false;
	}
	hint = w2k_secrets_reference_problem(value);
	if (hint != NULL)
	{
		w2k_properties_invalid(parse, name, value)->hint = hint;
		return false;
	}
	return true;
}

/* Blanks round anything but free text mean nothing, as in Connect. */
static const char *
trim_value(const W2kProperty *prop, const char *value)
{
	size_t len = strlen(value);

	if (prop->type == W2K_PROP_STRING || prop->type == W2K_PROP_PASSWORD)
		return value;
	while (len > 0 && scanner_isspace(value[len - 1]))
		len--;
	while (len > 0 && scanner_isspace(value[0]))
	{
		value++;
		len--;
	}
	return pnstrdup(value, len);
}

/* Names that Debezium had before, and what they are called now. */
static const struct
{
	const char *old_name;
	const char *name;
} renamed[] = {
	{"database.server.name", "topic.prefix"},
	{"schema.whitelist", "schema.include.list"},
	{"schema.blacklist", "schema.exclude.list"},
	{"table.whitelist", "table.include.list"},
	{"table.blacklist", "table.exclude.list"},
	{"column.whitelist", "column.include.list"},
	{"column.blacklist", "column.exclude.list"},
	{"tombstones.on.deletes", "tombstones.on.delete"},
	{"toasted.value.placeholder", "unavailable.value.placeholder"},
};

/* What a name of old is called now, or NULL. */
static const char *
find_renamed(const char *name)
{
	int i;

	for (i = 0; i < (int) lengthof(renamed); i++)
	{
		if (strcmp(renamed[i].old_name, name) == 0)
			return renamed[i].name;
	}
	return NULL;
}

bool
w2k_properties_is_closer(const char *name, const char *candidate,
						 int *best_distance)
{
	int name_len = strlen(name);
	int limit = Min(*best_distance - 1, Max(2, name_len / 4));
	int distance;

	/* what varstr_levenshtein can compare */
	if (name_len > 255 || strlen(candidate) > 255)
		return false;
	distance = varstr_levenshtein_less_equal(name, name_len, candidate,
											 strlen(candidate), 1, 1, 1, limit,
											 true);
	if (distance > limit)
		return false;
	*best_distance = distance;
	return true;
}

/* A name that no row has. */
static void
take_unrecognized(W2kPropertyParse *parse, const char *name)
{
	const char *shown = clip(name);
	const char *below = skip_converter(name);
	W2kProblem *problem;
	const char *closest = find_renamed(name);
	int best_distance = closest ? 0 : W2K_NO_MATCH;
	int i;

	for (i = 0; i < w2k_nproperties && best_distance > 0; i++)
	{
		const W2kProperty *prop = &w2k_properties[i];
		bool is_option = (prop->flags & W2K_PROP_OPTION) != 0;
		bool is_plugin = (prop->flags & W2K_PROP_PLUGIN) != 0;

		if (parse->is_options ? !(is_option || is_plugin) : is_option)
			continue;
		if (w2k_properties_is_closer(name, prop->name, &best_distance))
			closest = prop->name;
		if (below != NULL && (prop->flags & W2K_PROP_REGISTRY) != 0 &&
			w2k_properties_is_closer(below, prop->name, &best_distance))
			closest = psprintf("%.*s%s", (int) (below - name), name,
							   prop->name);
	}
	/* the value may be a secret under a mistyped name */
	problem =
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						shown, NULL,
						parse->is_options
							? "unrecognized option of output plugin \"wal2kafka\": \"%s\""
							: "unrecognized connector property \"%s\"",
						shown);
	if (closest != NULL)
		problem->hint = psprintf("Perhaps you meant \"%s\".", closest);
	else
		problem->hint =
			"The view wal2kafka.connector_properties lists all of them.";
}

void
w2k_properties_set(W2kPropertyParse *parse, const char *name, const char *value)
{
	const W2kProperty *prop = w2k_properties_find(name);
	const char *full_name = name;
	W2kSaid *said;

	/* a name with a salt in it is not repeated either */
	if (prop != NULL && strstr(prop->name, "<salt>") != NULL)
		name = prop->name;
	if (prop == NULL || find_renamed(name) != NULL ||
		(!parse->is_options && (prop->flags & W2K_PROP_OPTION) != 0))
	{
		take_unrecognized(parse, name);
		return;
	}
	if (parse->is_options &&
		(prop->flags & (W2K_PROP_OPTION | W2K_PROP_PLUGIN)) == 0)
	{
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						name, w2k_properties_show(name, value),
						"connector property \"%s\" is not an option of output plugin \"wal2kafka\"",
						name);
		return;
	}
	value = trim_value(prop, value);
	if (!check_references(parse, prop, name, value))
		return;

	said = palloc(sizeof(W2kSaid));
	said->prop = prop;
	said->name = name;
	said->value = value;

	switch (prop->support)
	{
		case W2K_NO_EFFECT:
			parse->ignored = lappend(parse->ignored, said);
			break;
		case W2K_NOT_YET:
			take_not_yet(parse, prop, name, value);
			break;
		case W2K_REFUSED:
			w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
							name, w2k_properties_show(name, value),
							"connector property \"%s\" cannot be set", name)
				->hint = prop->text;
			return;
		case W2K_IMPLEMENTED:
			if ((prop->flags & W2K_PROP_SUPERUSER) != 0 &&
				!parse->is_superuser && !parse->is_options)
			{
				w2k_problem_add(&parse->problems,
								ERRCODE_INSUFFICIENT_PRIVILEGE, name,
								w2k_properties_show(name, value),
								"permission denied to set connector property \"%s\"",
								name)
					->hint =
					"The owner of such a connector must be a superuser.";
				return;
			}
			if (!take_value(parse, prop, name, value, parse->conf))
				return;
			if (prop->apply != NULL)
				prop->apply(parse, prop, full_name, value);
			break;
	}
	parse->said = lappend(parse->said, said);
}

bool
w2k_properties_take_option(W2kPropertyParse *parse, const W2kProperty *prop,
						   const char *name, const char *value, void *into)
{
	value = trim_value(prop, value);
	if (prop->support == W2K_NOT_YET)
	{
		take_not_yet(parse, prop, name, value);
		return true;
	}
	return take_value(parse, prop, name, value, into);
}

void
w2k_properties_set_defaults(W2kConnectorConfig *conf)
{
	W2kPropertyParse parse = {.conf = conf, .is_options = true};
	int i;

	for (i = 0; i < w2k_nproperties; i++)
	{
		const W2kProperty *prop = &w2k_properties[i];

		if (prop->support != W2K_IMPLEMENTED || prop->default_value == NULL)
			continue;
		take_value(&parse, prop, prop->name, prop->default_value, conf);
		if (prop->apply != NULL)
			prop->apply(&parse, prop, prop->name, prop->default_value);
	}
	/* a default that is not valid is a mistake in the table */
	w2k_problem_raise(parse.problems);
}
