/*
 * config_document.c
 *		Configurations as people give them: JSON objects, made flat.
 *
 * Kafka Connect's REST interface takes a map of strings but is generous with
 * numbers and booleans; so are we.  What is stored is what Connect would have
 * stored, and what the property table parses.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "api/config_document.h"

static const struct
{
	const char *initial_state; /* as in Connect */
	const char *desired_state; /* as in our table */
} initial_states[] = {{"RUNNING", "running"},
					  {"PAUSED", "paused"},
					  {"STOPPED", "stopped"}};

static void
require_object(const Jsonb *jb, const char *what)
{
	if (!JB_ROOT_IS_OBJECT(jb))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be a JSON object", what)));
}

/* The string a property's value stands for; NULL for a JSON null. */
static char *
value_string(const char *property, JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return NULL;
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(
				DirectFunctionCall1(numeric_out,
									NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for connector property \"%s\"",
							property),
					 errdetail(
						 "A value must be a string, a number or a boolean.")));
	}
}

/* One desired state for one of Connect's. */
static const char *
read_initial_state(const char *given)
{
	for (size_t i = 0; i < lengthof(initial_states); i++)
		if (strcmp(given, initial_states[i].initial_state) == 0)
			return initial_states[i].desired_state;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid value for initial_state: \"%s\"", given),
					errhint("Valid values are RUNNING, PAUSED and STOPPED.")));
}

void
w2k_config_document_read(Jsonb *document, W2kConfigDocument *result)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue v;

	require_object(document, "a connector document");
	memset(result, 0, sizeof(W2kConfigDocument));
	it = JsonbIteratorInit(&document->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		char *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(v.val.string.val, v.val.string.len);
		(void) JsonbIteratorNext(&it, &v, true);
		if (strcmp(key, "name") == 0 && v.type == jbvString)
			result->name = value_string(key, &v);
		else if (strcmp(key, "config") == 0 && v.type == jbvBinary)
			result->config = JsonbValueToJsonb(&v);
		else if (strcmp(key, "initial_state") == 0 && v.type == jbvString)
			result->desired_state = read_initial_state(value_string(key, &v));
		else if (strcmp(key, "initial_state") == 0 && v.type == jbvNull)
			result->desired_state = NULL;
		else if (strcmp(key, "name") == 0 || strcmp(key, "initial_state") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" of a connector document must be a string",
							key)));
		else if (strcmp(key, "config") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" of a connector document must be a JSON object",
							key)));
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized key in a connector document: \"%s\"",
							key),
					 errhint(
						 "Keys are \"name\", \"config\" and \"initial_state\"; connector properties belong into \"config\".")));
	}
	if (result->name == NULL || result->config == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg(
					 "a connector document must have \"name\" and \"config\"")));
}

/* Appends the properties of from, but for those that except names. */
static void
push_properties(JsonbParseState **state, Jsonb *from, Jsonb *except)
{
	JsonbIterator *it = JsonbIteratorInit(&from->root);
	JsonbIteratorToken token;
	JsonbValue key;
	JsonbValue v;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		char *property;
		char *value;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &v, true);
		if (except != NULL &&
			findJsonbValueFromContainer(&except->root, JB_FOBJECT, &key))
			continue;
		property = pnstrdup(key.val.string.val, key.val.string.len);
		value = value_string(property, &v);
		if (value == NULL)
			continue;
		(void) pushJsonbValue(state, WJB_KEY, &key);
		v.type = jbvString;
		v.val.string.val = value;
		v.val.string.len = strlen(value);
		(void) pushJsonbValue(state, WJB_VALUE, &v);
	}
}

Jsonb *
w2k_config_document_flatten(Jsonb *given, Jsonb *base)
{
	JsonbParseState *state = NULL;

	require_object(given, "a connector's configuration");
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (base != NULL)
		push_properties(&state, base, given);
	push_properties(&state, given, NULL);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

char *
w2k_config_document_get(Jsonb *config, const char *property)
{
	JsonbValue key;
	JsonbValue *v;

	key.type = jbvString;
	key.val.string.val = unconstify(char *, property);
	key.val.string.len = strlen(property);
	v = findJsonbValueFromContainer(&config->root, JB_FOBJECT, &key);
	return v == NULL ? NULL : value_string(property, v);
}
