/*
 * property_text.c
 *		The property table in words: for the view, the README and hints.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "config/properties.h"

/* "a, b, c": the choices of a row. */
static char *
join_choices(const W2kChoice *choices)
{
	StringInfoData buf;
	const W2kChoice *choice;

	initStringInfo(&buf);
	for (choice = choices; choice->name != NULL; choice++)
		appendStringInfo(&buf, "%s%s", choice == choices ? "" : ", ",
						 choice->name);
	return buf.data;
}

char *
w2k_properties_accepted(const W2kProperty *prop, const char *quote)
{
	const char *values = prop->accepts ? prop->accepts : prop->default_value;
	StringInfoData buf;

	if ((prop->flags & W2K_PROP_FAMILY) != 0 || values == NULL ||
		values[0] == '\0')
		return NULL;
	initStringInfo(&buf);
	appendStringInfoString(&buf, quote);
	for (; *values != '\0'; values++)
	{
		if (*values == '|')
			appendStringInfo(&buf, "%s or %s", quote, quote);
		else
			appendStringInfoChar(&buf, *values);
	}
	appendStringInfoString(&buf, quote);
	return buf.data;
}

const char *
w2k_properties_type_name(W2kPropertyType type)
{
	switch (type)
	{
		case W2K_PROP_BOOLEAN:
			return "boolean";
		case W2K_PROP_INT:
			return "int";
		case W2K_PROP_LONG:
			return "long";
		case W2K_PROP_DURATION:
			return "duration ms";
		case W2K_PROP_ENUM:
			return "enum";
		case W2K_PROP_LIST:
			return "list";
		case W2K_PROP_REGEX_LIST:
			return "regex list";
		case W2K_PROP_REGEX:
			return "regex";
		case W2K_PROP_STRING:
			return "string";
		case W2K_PROP_PASSWORD:
			return "password";
		case W2K_PROP_LSN:
			return "lsn";
		case W2K_PROP_CLASS:
			return "class";
	}
	return NULL;
}

char *
w2k_properties_range(const W2kProperty *prop)
{
	if (prop->choices != NULL)
		return join_choices(prop->choices);
	if (prop->min != prop->max)
		return psprintf("%lld .. %lld", (long long) prop->min,
						(long long) prop->max);
	return NULL;
}

char *
w2k_properties_support(const W2kProperty *prop)
{
	char *values = w2k_properties_accepted(prop, "");

	switch (prop->support)
	{
		case W2K_IMPLEMENTED:
			return pstrdup("implemented");
		case W2K_NO_EFFECT:
			return psprintf("no effect here: %s", prop->text);
		case W2K_NOT_YET:
			if (values == NULL)
				return pstrdup("not yet");
			return psprintf("not yet: only %s", values);
		case W2K_REFUSED:
			return pstrdup("refused");
	}
	return NULL;
}
