/*
 * json_node.c
 *		Sorts JSON Schemas into kinds, as registries do before they compare.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "schema/json_node.h"

static const char *const kind_names[] = {
	"anything", "nothing", "null",	 "boolean", "number",	"integer",
	"string",	"array",   "object", "enum",	"combined", "reference",
};

const W2kKeyword w2k_json_keywords[] = {
	{W2K_JSON_STRING, "minLength", W2K_KEYWORD_MINIMUM},
	{W2K_JSON_STRING, "maxLength", W2K_KEYWORD_MAXIMUM},
	{W2K_JSON_STRING, "pattern", W2K_KEYWORD_EXACT},
	{W2K_JSON_STRING, "format", W2K_KEYWORD_EXACT},
	{W2K_JSON_STRING, "contentEncoding", W2K_KEYWORD_EXACT},
	{W2K_JSON_STRING, "contentMediaType", W2K_KEYWORD_EXACT},
	{W2K_JSON_NUMBER, "minimum", W2K_KEYWORD_MINIMUM},
	{W2K_JSON_NUMBER, "exclusiveMinimum", W2K_KEYWORD_MINIMUM},
	{W2K_JSON_NUMBER, "maximum", W2K_KEYWORD_MAXIMUM},
	{W2K_JSON_NUMBER, "exclusiveMaximum", W2K_KEYWORD_MAXIMUM},
	{W2K_JSON_NUMBER, "multipleOf", W2K_KEYWORD_EXACT},
	{W2K_JSON_ARRAY, "minItems", W2K_KEYWORD_MINIMUM},
	{W2K_JSON_ARRAY, "maxItems", W2K_KEYWORD_MAXIMUM},
	{W2K_JSON_ARRAY, "uniqueItems", W2K_KEYWORD_FLAG},
	{W2K_JSON_OBJECT, "minProperties", W2K_KEYWORD_MINIMUM},
	{W2K_JSON_OBJECT, "maxProperties", W2K_KEYWORD_MAXIMUM},
};

const int w2k_json_nkeywords = lengthof(w2k_json_keywords);

/* Narrowing, and not compared; or what drafts of JSON Schema disagree on. */
static const char *const unsupported[] = {
	"patternProperties",
	"propertyNames",
	"dependencies",
	"dependentSchemas",
	"dependentRequired",
	"if",
	"then",
	"else",
	"not",
	"const",
	"contains",
	"additionalItems",
	"prefixItems",
	"unevaluatedProperties",
	"unevaluatedItems",
};

void
w2k_json_node_invalid(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid JSON Schema"), errdetail("%s", what)));
}

char *
w2k_json_node_string(const JsonbValue *v, const char *what)
{
	if (v->type != jbvString)
		w2k_json_node_invalid(psprintf("%s must be a string.", what));
	return pnstrdup(v->val.string.val, v->val.string.len);
}

char *
w2k_json_node_text(const JsonbValue *v)
{
	Jsonb *jsonb = JsonbValueToJsonb((JsonbValue *) v);

	return JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
}

W2kJsonNode *
w2k_json_node_make(W2kJsonKind kind, const JsonbValue *root,
				   const JsonbValue *v)
{
	W2kJsonNode *node = palloc0(sizeof(W2kJsonNode));

	node->kind = kind;
	node->root = root;
	node->v = v;
	return node;
}

W2kJsonNode *
w2k_json_node_combine(const char *criterion, const JsonbValue *root,
					  List *parts)
{
	W2kJsonNode *node = w2k_json_node_make(W2K_JSON_COMBINED, root, NULL);

	node->criterion = criterion;
	node->parts = parts;
	return node;
}

/* The kind that "type" names, with the schema's keywords for it. */
static W2kJsonNode *
read_type(const JsonbValue *root, const JsonbValue *v, const JsonbValue *type)
{
	char *name = w2k_json_node_string(type, "\"type\"");

	for (int kind = W2K_JSON_NULL; kind <= W2K_JSON_OBJECT; kind++)
	{
		if (strcmp(name, kind_names[kind]) == 0)
			return w2k_json_node_make((W2kJsonKind) kind, root, v);
	}
	w2k_json_node_invalid(psprintf("Unrecognized type \"%s\".", name));
	return NULL;
}

static W2kJsonNode *
read_types(const JsonbValue *root, const JsonbValue *v, const JsonbValue *type)
{
	List *parts = NIL;

	if (!w2k_jsonb_is_array(type))
		return read_type(root, v, type);
	for (uint32 i = 0; i < w2k_jsonb_length(type); i++)
		parts =
			lappend(parts,
					read_type(root, v,
							  getIthJsonbValueFromContainer(type->val.binary
																.data,
															i)));
	return w2k_json_node_combine("anyOf", root, parts);
}

/* Without a type, the keywords decide what it is. */
static W2kJsonNode *
read_untyped(const JsonbValue *root, const JsonbValue *v)
{
	if (w2k_jsonb_get(v, "properties") || w2k_jsonb_get(v, "required") ||
		w2k_jsonb_get(v, "additionalProperties"))
		return w2k_json_node_make(W2K_JSON_OBJECT, root, v);
	if (w2k_jsonb_get(v, "items"))
		return w2k_json_node_make(W2K_JSON_ARRAY, root, v);
	for (int i = 0; i < w2k_json_nkeywords; i++)
	{
		if (w2k_jsonb_get(v, w2k_json_keywords[i].name) != NULL)
			return w2k_json_node_make(w2k_json_keywords[i].kind, root, v);
	}
	return NULL;
}

static W2kJsonNode *
read_enum(const JsonbValue *root, const JsonbValue *values)
{
	W2kJsonNode *node = w2k_json_node_make(W2K_JSON_ENUM, root, NULL);

	if (!w2k_jsonb_is_array(values))
		w2k_json_node_invalid("\"enum\" must be an array.");
	for (uint32 i = 0; i < w2k_jsonb_length(values); i++)
		node->values = lappend(node->values,
							   w2k_json_node_text(w2k_jsonb_item(values, i)));
	return node;
}

static W2kJsonNode *
read_criterion(const JsonbValue *root, const char *name,
			   const JsonbValue *alternatives)
{
	List *parts = NIL;

	if (!w2k_jsonb_is_array(alternatives))
		w2k_json_node_invalid(psprintf("\"%s\" must be an array.", name));
	for (uint32 i = 0; i < w2k_jsonb_length(alternatives); i++)
		parts =
			lappend(parts,
					w2k_json_node_read(root,
									   getIthJsonbValueFromContainer(alternatives
																		 ->val
																		 .binary
																		 .data,
																	 i)));
	return w2k_json_node_combine(name, root, parts);
}

/* A schema's kind; where it says several things, all of them hold. */
W2kJsonNode *
w2k_json_node_read(const JsonbValue *root, const JsonbValue *v)
{
	static const char *const criteria[] = {"allOf", "anyOf", "oneOf"};
	List *all = NIL;
	const JsonbValue *member;
	W2kJsonNode *node;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (v->type == jbvBool)
		return w2k_json_node_make(v->val.boolean ? W2K_JSON_ANYTHING
												 : W2K_JSON_NOTHING,
								  root, NULL);
	if (!w2k_jsonb_is_object(v))
		w2k_json_node_invalid("A schema must be an object or a boolean.");
	for (int i = 0; i < (int) lengthof(unsupported); i++)
	{
		if (w2k_jsonb_get(v, unsupported[i]) != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("JSON Schemas with \"%s\" cannot be compared",
							unsupported[i])));
	}
	if ((member = w2k_jsonb_get(v, "$ref")) != NULL)
	{
		node = w2k_json_node_make(W2K_JSON_REFERENCE, root, NULL);
		node->reference = w2k_json_node_string(member, "\"$ref\"");
		return node;
	}
	if ((member = w2k_jsonb_get(v, "type")) != NULL)
		all = lappend(all, read_types(root, v, member));
	else if ((node = read_untyped(root, v)) != NULL)
		all = lappend(all, node);
	if ((member = w2k_jsonb_get(v, "enum")) != NULL)
		all = lappend(all, read_enum(root, member));
	for (int i = 0; i < (int) lengthof(criteria); i++)
	{
		if ((member = w2k_jsonb_get(v, criteria[i])) != NULL)
			all = lappend(all, read_criterion(root, criteria[i], member));
	}
	if (all == NIL)
		return w2k_json_node_make(W2K_JSON_ANYTHING, root, NULL);
	if (list_length(all) == 1)
		return (W2kJsonNode *) linitial(all);
	return w2k_json_node_combine("allOf", root, all);
}

/* What "#/definitions/name" leads to, within the text itself. */
W2kJsonNode *
w2k_json_node_resolve(const W2kJsonNode *node)
{
	const JsonbValue *v = node->root;
	const char *p = node->reference;

	if (*p++ != '#')
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg(
					 "JSON Schemas with references to other texts cannot be compared"),
				 errdetail("The reference is \"%s\".", node->reference)));
	while (*p == '/')
	{
		size_t len = strcspn(++p, "/");

		v = w2k_jsonb_is_object(v) ? w2k_jsonb_get(v, pnstrdup(p, len)) : NULL;
		if (v == NULL)
			w2k_json_node_invalid(
				psprintf("Reference \"%s\" leads nowhere.", node->reference));
		p += len;
	}
	return w2k_json_node_read(node->root, v);
}

/* Integers are numbers with one more rule. */
W2kJsonKind
w2k_json_node_class(const W2kJsonNode *node)
{
	return node->kind == W2K_JSON_INTEGER ? W2K_JSON_NUMBER : node->kind;
}

const char *
w2k_json_node_describe(const W2kJsonNode *node)
{
	StringInfoData out;
	ListCell *lc;

	if (node->kind != W2K_JSON_COMBINED)
		return kind_names[node->kind];
	initStringInfo(&out);
	appendStringInfo(&out, "%s (", node->criterion);
	foreach(lc, node->parts)
		appendStringInfo(&out, "%s%s",
						 lc == list_head(node->parts) ? "" : ", ",
						 w2k_json_node_describe(
							 (const W2kJsonNode *) lfirst(lc)));
	appendStringInfoChar(&out, ')');
	return out.data;
}

/* A whole text; what is no JSON is an error of jsonb's. */
W2kJsonNode *
w2k_json_node_read_text(const char *text)
{
	const JsonbValue *root = w2k_jsonb_parse(text);

	return w2k_json_node_read(root, root);
}
