/*
 * transforms.c
 *		Reads the transforms and predicates of a configuration.
 *
 * "transforms" names them, "transforms.<name>.type" says what each one is, and
 * the tables of transform_table.c what it may be told.  Nothing is passed
 * over: what belongs to no transform, and what a transform does not know, is
 * a problem.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "parser/scansup.h"
#include "utils/builtins.h"

#include "config/transforms.h"

/* The two kinds of things that are named and configured alike. */
typedef struct Family
{
	const char *list; /* the property that names them */
	const char *what;
	const W2kTransformClass *classes;
	int nclasses;
} Family;

static Family
get_family(bool is_predicate)
{
	Family family = {"transforms", "transform", w2k_transform_classes,
					 w2k_ntransform_classes};

	if (is_predicate)
	{
		family.list = "predicates";
		family.what = "predicate";
		family.classes = w2k_predicate_classes;
		family.nclasses = w2k_npredicate_classes;
	}
	return family;
}

List *
w2k_transforms_split(const char *list, char separator)
{
	List *elements = NIL;

	if (list == NULL || list[0] == '\0')
		return NIL;
	for (;;)
	{
		const char *end = strchr(list, separator);
		size_t len = end == NULL ? strlen(list) : (size_t) (end - list);

		while (len > 0 && scanner_isspace(list[len - 1]))
			len--;
		while (len > 0 && scanner_isspace(list[0]))
		{
			list++;
			len--;
		}
		elements = lappend(elements, pnstrdup(list, len));
		if (end == NULL)
			return elements;
		list = end + 1;
	}
}

/* The last part of a class's name, which is enough to name it. */
static const char *
short_name(const char *class)
{
	const char *dot = strrchr(class, '.');

	return dot == NULL ? class : dot + 1;
}

/* "a, b and c": the classes that there are */
static char *
list_classes(const Family *family)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < family->nclasses; i++)
		appendStringInfo(&buf, "%s%s",
						 i == 0						 ? ""
						 : i == family->nclasses - 1 ? " and "
													 : ", ",
						 family->classes[i].name);
	return buf.data;
}

/* The class that a type names; NULL after adding a problem. */
static const W2kTransformClass *
find_class(W2kPropertyParse *parse, const Family *family, const char *prefix)
{
	char *property = psprintf("%stype", prefix);
	const char *type = w2k_properties_said(parse, property);

	if (type == NULL || type[0] == '\0')
	{
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						property, NULL,
						"connector property \"%s\" must be set", property)
			->hint = psprintf("Supported are %s.", list_classes(family));
		return NULL;
	}
	for (int i = 0; i < family->nclasses; i++)
	{
		const char *name = family->classes[i].name;

		if (strcmp(type, name) == 0 || strcmp(type, short_name(name)) == 0)
			return &family->classes[i];
	}
	w2k_properties_unsupported(parse, property, type)->hint =
		psprintf("Supported are %s.", list_classes(family));
	return NULL;
}

/* ---- options ---- */

static const W2kProperty *
find_option(const W2kTransformClass *class, const char *key)
{
	for (int i = 0; i < class->noptions; i++)
	{
		if (strcmp(class->options[i].name, key) == 0)
			return &class->options[i];
	}
	return NULL;
}

static void
add_unrecognized(W2kPropertyParse *parse, const W2kTransformClass *class,
				 const char *prefix, const char *name)
{
	const char *key = name + strlen(prefix);
	const char *closest = NULL;
	int best_distance = W2K_NO_MATCH;
	W2kProblem *problem;

	for (int i = 0; i < class->noptions; i++)
	{
		if (w2k_properties_is_closer(key, class->options[i].name,
									 &best_distance))
			closest = class->options[i].name;
	}
	problem = w2k_problem_add(&parse->problems,
							  ERRCODE_INVALID_PARAMETER_VALUE, name, NULL,
							  "unrecognized connector property \"%s\"", name);
	problem->detail = psprintf("%s has no such option.",
							   short_name(class->name));
	if (closest != NULL)
		problem->hint = psprintf("Perhaps you meant \"%s%s\".", prefix,
								 closest);
	else
		problem->hint =
			"The view wal2kafka.connector_properties lists all of them.";
}

/* Fills in the options of a class, defaults first. */
static void *
take_options(W2kPropertyParse *parse, const W2kTransformClass *class,
			 const char *prefix)
{
	void *options = palloc0(class->size);
	int problems = list_length(parse->problems);
	ListCell *lc;

	for (int i = 0; i < class->noptions; i++)
	{
		const W2kProperty *prop = &class->options[i];

		if (prop->default_value != NULL && prop->is_stored)
			(void) w2k_properties_take_option(parse, prop, prop->name,
											  prop->default_value, options);
	}
	foreach(lc, parse->said)
	{
		W2kSaid *said = (W2kSaid *) lfirst(lc);
		const char *key = said->name + strlen(prefix);
		const W2kProperty *prop;

		if (strncmp(said->name, prefix, strlen(prefix)) != 0 ||
			strcmp(key, "type") == 0 || strcmp(key, "predicate") == 0 ||
			strcmp(key, "negate") == 0)
			continue;
		prop = find_option(class, key);
		if (prop == NULL)
			add_unrecognized(parse, class, prefix, said->name);
		else if (prop->support == W2K_NO_EFFECT)
		{
			W2kSaid *ignored = palloc(sizeof(W2kSaid));

			*ignored = *said;
			ignored->prop = prop;
			parse->ignored = lappend(parse->ignored, ignored);
		}
		else
			(void) w2k_properties_take_option(parse, prop, said->name,
											  said->value, options);
	}
	for (int i = 0; i < class->noptions; i++)
	{
		const W2kProperty *prop = &class->options[i];
		char *name = psprintf("%s%s", prefix, prop->name);
		const char *value = w2k_properties_said(parse, name);

		if ((prop->flags & W2K_PROP_REQUIRED) != 0 &&
			(value == NULL || value[0] == '\0'))
			w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
							name, NULL,
							"connector property \"%s\" must be set", name);
	}
	if (class->check != NULL && list_length(parse->problems) == problems)
		class->check(parse, prefix, options);
	return options;
}

/* ---- transforms ---- */

/* Reads what a family's list names; those without a problem. */
static List *
take_family(W2kPropertyParse *parse, const Family *family)
{
	List *names =
		w2k_transforms_split(w2k_properties_said(parse, family->list), ',');
	List *confs = NIL;
	ListCell *lc;

	foreach(lc, names)
	{
		const char *name = lfirst(lc);
		char *prefix = psprintf("%s.%s.", family->list, name);
		const W2kTransformClass *class;
		W2kTransformConf *conf;

		for (int i = 0; i < foreach_current_index(lc); i++)
		{
			if (strcmp(list_nth(names, i), name) == 0)
				name = "";
		}
		if (name[0] == '\0' || strchr(name, '.') != NULL)
		{
			w2k_properties_invalid(parse, family->list,
								   w2k_properties_said(parse, family->list))
				->hint = psprintf("It must be a list of names, each of them "
								  "once and without dots.");
			continue;
		}
		class = find_class(parse, family, prefix);
		if (class == NULL)
			continue;
		conf = palloc0(sizeof(W2kTransformConf));
		conf->name = name;
		conf->class = class;
		conf->options = take_options(parse, class, prefix);
		confs = lappend(confs, conf);
	}
	return confs;
}

static const W2kTransformConf *
find_conf(List *confs, const char *name)
{
	ListCell *lc;

	foreach(lc, confs)
	{
		const W2kTransformConf *conf = lfirst(lc);

		if (strcmp(conf->name, name) == 0)
			return conf;
	}
	return NULL;
}

/* predicate and negate of a transform */
static void
take_predicate(W2kPropertyParse *parse, W2kTransformConf *conf,
			   List *predicates)
{
	char *name = psprintf("transforms.%s.predicate", conf->name);
	char *negate_name = psprintf("transforms.%s.negate", conf->name);
	const char *predicate = w2k_properties_said(parse, name);
	const char *negate = w2k_properties_said(parse, negate_name);

	if (predicate != NULL && predicate[0] != '\0')
	{
		conf->predicate = find_conf(predicates, predicate);
		if (conf->predicate == NULL)
			w2k_properties_invalid(parse, name, predicate)->hint =
				"It must be one of the names in \"predicates\".";
	}
	if (negate == NULL)
		return;
	if (!parse_bool(negate, &conf->is_negated))
		w2k_properties_invalid(parse, negate_name, negate)->hint =
			"Valid values are true and false.";
	else if (predicate == NULL)
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						negate_name, negate,
						"connector property \"%s\" must be set together with \"%s\"",
						negate_name, name);
}

/* What was said of a transform or predicate that the list does not name. */
static void
check_strays(W2kPropertyParse *parse, const Family *family)
{
	List *names =
		w2k_transforms_split(w2k_properties_said(parse, family->list), ',');
	char *prefix = psprintf("%s.", family->list);
	ListCell *lc;

	foreach(lc, parse->said)
	{
		const W2kSaid *said = (const W2kSaid *) lfirst(lc);
		const char *name = said->name + strlen(prefix);
		bool is_named = false;
		ListCell *lc_name;

		if (strncmp(said->name, prefix, strlen(prefix)) != 0)
			continue;
		foreach(lc_name, names)
		{
			size_t len = strlen(lfirst(lc_name));

			is_named = is_named || (strncmp(name, lfirst(lc_name), len) == 0 &&
									name[len] == '.');
		}
		if (is_named)
			continue;
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						said->name,
						w2k_properties_show(said->name, said->value),
						"connector property \"%s\" belongs to no %s",
						said->name, family->what)
			->hint = psprintf("Name the %s in \"%s\".", family->what,
							  family->list);
	}
}

void
w2k_transforms_take(W2kPropertyParse *parse)
{
	Family transforms = get_family(false);
	Family predicates = get_family(true);
	List *predicate_confs = take_family(parse, &predicates);
	ListCell *lc;

	parse->conf->transforms = take_family(parse, &transforms);
	foreach(lc, parse->conf->transforms)
		take_predicate(parse, lfirst(lc), predicate_confs);
	check_strays(parse, &transforms);
	check_strays(parse, &predicates);
}
