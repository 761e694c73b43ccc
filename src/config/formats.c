/*
 * formats.c
 *		format, key.converter and value.converter -> the format of each side.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "config/formats.h"

/* Does a converter's class, with its package or without, make this format? */
static bool
is_converter_of(const W2kFormatInfo *info, const char *class)
{
	const char *dot;

	if (info->converter == NULL)
		return false;
	dot = strrchr(info->converter, '.');
	return strcmp(class, info->converter) == 0 || strcmp(class, dot + 1) == 0;
}

/* The names of what can be had: of converters, or of formats. */
static char *
list_formats(bool of_converters)
{
	StringInfoData list;
	int count = 0;
	int n = 0;

	for (int i = 0; i < W2K_FORMAT_COUNT; i++)
	{
		if (w2k_formats[i].is_built &&
			(!of_converters || w2k_formats[i].converter != NULL))
			count++;
	}
	initStringInfo(&list);
	for (int i = 0; i < W2K_FORMAT_COUNT; i++)
	{
		const W2kFormatInfo *info = &w2k_formats[i];

		if (!info->is_built || (of_converters && info->converter == NULL))
			continue;
		if (n > 0)
			appendStringInfoString(&list, n == count - 1 ? " and " : ", ");
		appendStringInfo(&list, "\"%s\"",
						 of_converters ? info->converter : info->name);
		n++;
	}
	return psprintf("Supported %s %s.", count > 1 ? "are" : "is", list.data);
}

/*
 * One side's converter.  Named, JsonConverter has schemas unless it is told
 * not to; else the format decides.
 */
static void
check_converter(W2kPropertyParse *parse, const char *side, W2kFormat format,
				W2kConverterConfig *converter)
{
	char *class_name = psprintf("%s.converter", side);
	char *schemas_name = psprintf("%s.converter.schemas.enable", side);
	const char *class = w2k_properties_said(parse, class_name);
	const char *schemas = w2k_properties_said(parse, schemas_name);
	bool is_said = class != NULL && class[0] != '\0';
	bool has_schemas;

	converter->format = format;
	if (is_said)
	{
		bool is_found = false;

		for (int i = 0; i < W2K_FORMAT_COUNT && !is_found; i++)
		{
			is_found = w2k_formats[i].is_built &&
					   is_converter_of(&w2k_formats[i], class);
			if (is_found)
				converter->format = (W2kFormat) i;
		}
		if (!is_found)
			w2k_properties_unsupported(parse, class_name, class)->hint =
				list_formats(true);
	}
	has_schemas = converter->format == W2K_FORMAT_JSON_SCHEMAS;
	if (!has_schemas && converter->format != W2K_FORMAT_JSON)
		return;
	/* both kinds of JSON */
	if (schemas != NULL)
		(void) parse_bool(schemas, &has_schemas);
	converter->has_schemas = has_schemas;
	converter->format = has_schemas ? W2K_FORMAT_JSON_SCHEMAS
									: W2K_FORMAT_JSON;
}

void
w2k_formats_take(W2kPropertyParse *parse)
{
	W2kConnectorConfig *conf = parse->conf;
	const char *said = w2k_properties_said(parse, "format");
	W2kFormat format = W2K_FORMAT_JSON;
	bool is_found = said == NULL;

	for (int i = 0; i < W2K_FORMAT_COUNT && !is_found; i++)
	{
		is_found = w2k_formats[i].is_built &&
				   pg_strcasecmp(said, w2k_formats[i].name) == 0;
		if (is_found)
			format = (W2kFormat) i;
	}
	if (!is_found)
		w2k_properties_unsupported(parse, "format", said)->hint = list_formats(
			false);
	check_converter(parse, "key", format, &conf->key_converter);
	check_converter(parse, "value", format, &conf->value_converter);
}

/* The property that gave a side its format. */
static const char *
format_property(const W2kPropertyParse *parse, const char *side)
{
	char *class_name = psprintf("%s.converter", side);
	const char *class = w2k_properties_said(parse, class_name);

	return class != NULL && class[0] != '\0' ? class_name : "format";
}

/* Can topic.prefix be the first parts of a package's name? */
static bool
makes_package(const char *prefix)
{
	bool is_start = true;

	for (const char *p = prefix; *p != '\0'; p++)
	{
		if (*p == '-' || (is_start && ((*p >= '0' && *p <= '9') || *p == '.')))
			return false;
		is_start = *p == '.';
	}
	return !is_start;
}

/* Names that Protobuf does not allow; columns' are only known to decoding. */
static void
check_package(W2kPropertyParse *parse, const char *side,
			  const W2kConverterConfig *converter)
{
	const W2kConnectorConfig *conf = parse->conf;

	if (converter->format != W2K_FORMAT_PROTOBUF_REGISTRY ||
		converter->schema.scrubs_names || conf->topic_prefix == NULL ||
		conf->schema_adjustment != W2K_ADJUST_NONE ||
		w2k_properties_has_problem(parse, "topic.prefix") ||
		makes_package(conf->topic_prefix))
		return;
	w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
					"topic.prefix", conf->topic_prefix,
					"connector property \"topic.prefix\" cannot be \"%s\" with format \"%s\"",
					conf->topic_prefix, w2k_formats[converter->format].name)
		->hint = psprintf("It is part of a Protobuf package's name.  Set "
						  "\"%s.converter.scrub.invalid.names\" to \"true\", "
						  "or choose one without a hyphen and a leading digit.",
						  side);
}

/* What one side's format cannot do. */
static void
check_format_use(W2kPropertyParse *parse, const char *side, W2kFormat format)
{
	const W2kFormatInfo *info = &w2k_formats[format];
	const char *name = format_property(parse, side);

	if (w2k_properties_has_problem(parse, name))
		return;
	if (parse->is_options && parse->conf->framing == W2K_FRAMING_TEXT &&
		!info->is_text)
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						name, w2k_properties_said(parse, name),
						"records of format \"%s\" cannot be lines of text",
						info->name)
			->hint = "Set the option \"framing\" to \"binary\".";
	else if (format == W2K_FORMAT_AVRO && parse->conf->before_unknown_as_null)
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						"before.unknown.values", "null",
						"connector property \"before.unknown.values\" cannot be \"null\" with format \"%s\"",
						info->name)
			->hint =
			"An Avro schema says of NOT NULL columns that they are never null.";
}

/*
 * Where values have the types that are stored, what chooses among forms of
 * theirs has nothing to choose.  Saying the default does no harm.
 */
static void
check_stored_types(W2kPropertyParse *parse, const char *format)
{
	static const char *const unused[] = {
		"decimal.handling.mode",
		"time.precision.mode",
		"binary.handling.mode",
		"interval.handling.mode",
		"hstore.handling.mode",
		"money.fraction.digits",
		"unavailable.value.placeholder",
		"before.unknown.values",
		"key.converter.schemas.enable",
		"key.converter.decimal.format",
		"key.converter.replace.null.with.default",
		"value.converter.schemas.enable",
		"value.converter.decimal.format",
		"value.converter.replace.null.with.default",
	};

	for (int i = 0; i < (int) lengthof(unused); i++)
	{
		const char *said = w2k_properties_said(parse, unused[i]);
		const W2kProperty *prop = w2k_properties_find(unused[i]);

		if (said == NULL || w2k_properties_has_problem(parse, unused[i]) ||
			(strstr(unused[i], ".converter.") == NULL &&
			 pg_strcasecmp(said, prop->default_value) == 0))
			continue;
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						unused[i], w2k_properties_show(unused[i], said),
						"connector property \"%s\" has no effect on format \"%s\"",
						unused[i], format)
			->hint =
			"Its values have the types that PostgreSQL stores: leave the property out.";
	}
}

void
w2k_formats_check(W2kPropertyParse *parse)
{
	if (parse->conf->value_converter.format == W2K_FORMAT_PROTOBUF)
		check_stored_types(parse, w2k_formats[W2K_FORMAT_PROTOBUF].name);
	check_format_use(parse, "key", parse->conf->key_converter.format);
	check_format_use(parse, "value", parse->conf->value_converter.format);
	check_package(parse, "key", &parse->conf->key_converter);
	check_package(parse, "value", &parse->conf->value_converter);
}
