/*
 * compatibility.c
 *		schema.compatibility, as a configuration says it.
 */
#include "postgres.h"

#include "config/compatibility.h"
#include "config/properties.h"
#include "config/transform_options.h"
#include "config/transforms.h"

#define PROPERTY "schema.compatibility"

const char *const w2k_compatibility_names[W2K_COMPATIBILITIES] = {
	[W2K_COMPATIBILITY_NONE] = "none",
	[W2K_COMPATIBILITY_BACKWARD] = "backward",
	[W2K_COMPATIBILITY_BACKWARD_TRANSITIVE] = "backward_transitive",
	[W2K_COMPATIBILITY_FORWARD] = "forward",
	[W2K_COMPATIBILITY_FORWARD_TRANSITIVE] = "forward_transitive",
	[W2K_COMPATIBILITY_FULL] = "full",
	[W2K_COMPATIBILITY_FULL_TRANSITIVE] = "full_transitive",
};

/* What a transform's schemas depend on, besides the schemas it is given. */
static const char *
find_obstacle(const W2kTransformConf *transform)
{
	const W2kUnwrapOptions *unwrap = transform->options;

	if (transform->predicate != NULL &&
		transform->predicate->class->kind != W2K_PREDICATE_TOPIC)
		return psprintf("predicate \"%s\" of transform \"%s\"",
						transform->predicate->name, transform->name);
	switch (transform->class->kind)
	{
		case W2K_TRANSFORM_REGEX_ROUTER:
		case W2K_TRANSFORM_LOGICAL_ROUTER:
		case W2K_TRANSFORM_TIMEZONE: /* values, and no schemas */
			return NULL;
		case W2K_TRANSFORM_UNWRAP:
			if (unwrap->route_by_field != NULL)
				return psprintf("\"transforms.%s.route.by.field\"",
								transform->name);
			if (unwrap->drop_fields_header != NULL)
				return psprintf("\"transforms.%s.drop.fields.header.name\"",
								transform->name);
			return NULL;
		default:
			return psprintf("transform \"%s\"", transform->name);
	}
}

const char *
w2k_compatibility_obstacle(const List *transforms)
{
	ListCell *lc;

	foreach(lc, transforms)
	{
		const char *obstacle = find_obstacle(lfirst(lc));

		if (obstacle != NULL)
			return obstacle;
	}
	return NULL;
}

void
w2k_compatibility_check_conf(W2kPropertyParse *parse)
{
	const W2kConnectorConfig *conf = parse->conf;
	const char *obstacle;

	if (conf->compatibility == W2K_COMPATIBILITY_NONE ||
		w2k_properties_has_problem(parse, PROPERTY))
		return;
	if (!w2k_formats[conf->key_converter.format].needs_registry &&
		!w2k_formats[conf->value_converter.format].needs_registry)
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						PROPERTY, w2k_properties_said(parse, PROPERTY),
						"\"%s\" needs a format with a schema registry",
						PROPERTY)
			->hint =
			"Leave it out, or choose such a format with \"format\", \"key.converter\" or \"value.converter\".";
	else if ((obstacle = w2k_compatibility_obstacle(conf->transforms)) != NULL)
	{
		W2kProblem *problem =
			w2k_problem_add(&parse->problems, ERRCODE_FEATURE_NOT_SUPPORTED,
							PROPERTY, w2k_properties_said(parse, PROPERTY),
							"\"%s\" cannot be combined with %s", PROPERTY,
							obstacle);

		problem->detail =
			"What that makes of a row's schema is not known before there is a row.";
		problem->hint = "Leave one of them out.";
	}
}
