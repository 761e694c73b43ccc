/*
 * compatibility.c
 *		schema.compatibility, as a configuration says it.
 */
#include "postgres.h"

#include "config/compatibility.h"
#include "config/properties.h"

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

void
w2k_compatibility_check_conf(W2kPropertyParse *parse)
{
	const W2kConnectorConfig *conf = parse->conf;

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
	/* what they make of a row is not known before there is one */
	else if (conf->transforms != NIL)
		w2k_problem_add(&parse->problems, ERRCODE_FEATURE_NOT_SUPPORTED,
						PROPERTY, w2k_properties_said(parse, PROPERTY),
						"\"%s\" cannot be combined with \"transforms\"",
						PROPERTY)
			->hint = "Leave one of them out.";
}
