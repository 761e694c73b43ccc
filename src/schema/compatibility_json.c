/*
 * compatibility_json.c
 *		JSON Schema: may one schema read what another wrote?
 *
 * A new schema reads old records where it is nowhere narrower.  What is asked
 * of an object's properties follows its content model: an open one (others are
 * allowed, as converters make it) may lose properties but never gain one, as
 * old records may have had anything of that name; a closed one may gain them
 * but not lose one.
 *
 * Registries sort schemas into kinds before they compare them, and schemas of
 * different kinds never follow one another, but for few exceptions.  So does
 * this: "type": "string" and "oneOf": [null, string] are of two kinds, and a
 * column that becomes nullable is an incompatible change.
 *
 * Descriptions, defaults and what a converter adds ("connect.type") are passed
 * over.  What can narrow a schema and is not compared here is refused.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "schema/compatibility.h"
#include "schema/json_node.h"

/* References that have been followed on the way to where we are */
typedef struct JsonVisit
{
	const struct JsonVisit *outer;
	const char *reference;
} JsonVisit;

typedef struct JsonComparison
{
	W2kComparison *cmp;
	const JsonVisit *visits;
} JsonComparison;

static void compare(const JsonComparison *c, const W2kJsonNode *old,
					const W2kJsonNode *new);

/* Only the outcome counts. */
static bool
is_compatible(const JsonComparison *c, const W2kJsonNode *old,
			  const W2kJsonNode *new)
{
	JsonComparison attempt = {w2k_comparison_try(c->cmp), c->visits};

	compare(&attempt, old, new);
	return attempt.cmp->found == NIL;
}

static int
compare_numbers(const JsonbValue *a, const JsonbValue *b, const char *name)
{
	if (a->type != jbvNumeric || b->type != jbvNumeric)
		w2k_json_node_invalid(psprintf("\"%s\" must be a number.", name));
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp,
											 NumericGetDatum(a->val.numeric),
											 NumericGetDatum(b->val.numeric)));
}

/* Is the keyword narrower in the new schema? */
static bool
is_narrower(const W2kKeyword *keyword, const JsonbValue *old,
			const JsonbValue *new)
{
	if (new == NULL)
		return false;
	if (keyword->rule == W2K_KEYWORD_FLAG)
		return new->type == jbvBool &&new->val.boolean &&
			   !(old != NULL && old->type == jbvBool && old->val.boolean);
	if (old == NULL)
		return true;
	if (keyword->rule == W2K_KEYWORD_MINIMUM)
		return compare_numbers(new, old, keyword->name) > 0;
	if (keyword->rule == W2K_KEYWORD_MAXIMUM)
		return compare_numbers(new, old, keyword->name) < 0;
	return strcmp(w2k_json_node_text(old), w2k_json_node_text(new)) != 0;
}

static void
compare_keywords(const JsonComparison *c, const W2kJsonNode *old,
				 const W2kJsonNode *new)
{
	for (int i = 0; i < w2k_json_nkeywords; i++)
	{
		const W2kKeyword *keyword = &w2k_json_keywords[i];

		if (keyword->kind == w2k_json_node_class(new) &&
			is_narrower(keyword, w2k_jsonb_get(old->v, keyword->name),
						w2k_jsonb_get(new->v, keyword->name)))
			w2k_comparison_add(c->cmp, W2K_CHANGE_KEYWORD, keyword->name,
							   keyword->name);
	}
}

/* What an object may have besides its properties: NULL = nothing. */
static W2kJsonNode *
additional_of(const W2kJsonNode *node)
{
	const JsonbValue *v = w2k_jsonb_get(node->v, "additionalProperties");
	W2kJsonNode *additional;

	if (v == NULL)
		return w2k_json_node_make(W2K_JSON_ANYTHING, node->root, NULL);
	additional = w2k_json_node_read(node->root, v);
	return additional->kind == W2K_JSON_NOTHING ? NULL : additional;
}

/* A property that only one of the two has. */
static void
compare_lone_property(const JsonComparison *c, const W2kJsonNode *old,
					  const W2kJsonNode *new, const W2kJsonNode *property,
					  bool is_added)
{
	W2kJsonNode *old_other = additional_of(old);
	W2kJsonNode *new_other = additional_of(new);

	if (is_added && old_other != NULL &&
		(old_other->kind == W2K_JSON_ANYTHING || new_other == NULL ||
		 !is_compatible(c, property, old_other) ||
		 !is_compatible(c, old_other, property)))
		w2k_comparison_add(c->cmp, W2K_CHANGE_PROPERTY_OPEN, NULL, NULL);
	if (!is_added &&
		(new_other == NULL || (new_other->kind != W2K_JSON_ANYTHING &&
							   !is_compatible(c, property, new_other))))
		w2k_comparison_add(c->cmp, W2K_CHANGE_PROPERTY_CLOSED, NULL, NULL);
}

/* A property that both have. */
static void
compare_property(const JsonComparison *c, W2kJsonNode *old,
				 const W2kJsonNode *new)
{
	/* what Apicurio does for strings alone */
	if (old->kind == W2K_JSON_STRING && new->kind == W2K_JSON_COMBINED &&
		strcmp(new->criterion, "anyOf") == 0)
		old = w2k_json_node_combine("anyOf", old->root, list_make1(old));
	compare(c, old, new);
}

/* The properties of new; those that only old has, where that is said. */
static void
compare_properties(const JsonComparison *c, const W2kJsonNode *old,
				   const W2kJsonNode *new, bool only_removed)
{
	const W2kJsonNode *walked = only_removed ? old : new;
	const W2kJsonNode *others = only_removed ? new : old;
	const JsonbValue *properties = w2k_jsonb_get(walked->v, "properties");
	const JsonbValue *theirs = w2k_jsonb_get(others->v, "properties");
	JsonbIterator *it;
	JsonbValue v;

	if (!w2k_jsonb_is_object(properties))
		return;
	it = JsonbIteratorInit(properties->val.binary.data);
	(void) JsonbIteratorNext(&it, &v, true);
	while (JsonbIteratorNext(&it, &v, true) == WJB_KEY)
	{
		char *name = pnstrdup(v.val.string.val, v.val.string.len);
		JsonbValue *other = w2k_jsonb_is_object(theirs)
								? w2k_jsonb_get(theirs, name)
								: NULL;
		JsonbValue *mine = palloc(sizeof(JsonbValue));
		int len = w2k_comparison_enter(c->cmp, name);

		(void) JsonbIteratorNext(&it, mine, true);
		if (other == NULL)
			compare_lone_property(c, old, new,
								  w2k_json_node_read(walked->root, mine),
								  !only_removed);
		else if (!only_removed)
			compare_property(c, w2k_json_node_read(old->root, other),
							 w2k_json_node_read(new->root, mine));
		w2k_comparison_leave(c->cmp, len);
	}
}

static void
compare_required(const JsonComparison *c, const W2kJsonNode *old,
				 const W2kJsonNode *new)
{
	const JsonbValue *required = w2k_jsonb_get(new->v, "required");
	const JsonbValue *before = w2k_jsonb_get(old->v, "required");

	if (!w2k_jsonb_is_array(required))
		return;
	for (uint32 i = 0; i < w2k_jsonb_length(required); i++)
	{
		JsonbValue *item = w2k_jsonb_item(required, i);
		const char *name = w2k_json_node_string(item, "\"required\"");
		int len;

		if (w2k_jsonb_is_array(before) &&
			findJsonbValueFromContainer(before->val.binary.data, JB_FARRAY,
										item) != NULL)
			continue;
		len = w2k_comparison_enter(c->cmp, name);
		w2k_comparison_add(c->cmp, W2K_CHANGE_REQUIRED, NULL, NULL);
		w2k_comparison_leave(c->cmp, len);
	}
}

static void
compare_objects(const JsonComparison *c, const W2kJsonNode *old,
				const W2kJsonNode *new)
{
	W2kJsonNode *old_other = additional_of(old);
	W2kJsonNode *new_other = additional_of(new);

	compare_required(c, old, new);
	compare_keywords(c, old, new);
	if (old_other != NULL &&
		(new_other == NULL || !is_compatible(c, old_other, new_other)))
		w2k_comparison_add(c->cmp, W2K_CHANGE_ADDITIONAL, NULL, NULL);
	compare_properties(c, old, new, false);
	compare_properties(c, old, new, true);
}

static void
compare_arrays(const JsonComparison *c, const W2kJsonNode *old,
			   const W2kJsonNode *new)
{
	const JsonbValue *items = w2k_jsonb_get(new->v, "items");
	const JsonbValue *before = w2k_jsonb_get(old->v, "items");

	compare_keywords(c, old, new);
	if (w2k_jsonb_is_array(items) || w2k_jsonb_is_array(before))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg(
					 "JSON Schemas with a list in \"items\" cannot be compared")));
	if (items != NULL)
	{
		int len = w2k_comparison_enter(c->cmp, "items");
		W2kJsonNode *anything = w2k_json_node_make(W2K_JSON_ANYTHING,
												   old->root, NULL);

		compare(c, before ? w2k_json_node_read(old->root, before) : anything,
				w2k_json_node_read(new->root, items));
		w2k_comparison_leave(c->cmp, len);
	}
}

static void
compare_enums(const JsonComparison *c, const W2kJsonNode *old,
			  const W2kJsonNode *new)
{
	StringInfoData missing;
	ListCell *lc;

	initStringInfo(&missing);
	foreach(lc, old->values)
	{
		ListCell *other;
		bool is_found = false;

		foreach(other, new->values)
			is_found |= strcmp(lfirst(lc), lfirst(other)) == 0;
		if (!is_found)
			appendStringInfo(&missing, "%s%s", missing.len > 0 ? ", " : "",
							 (const char *) lfirst(lc));
	}
	if (missing.len > 0)
		w2k_comparison_add(c->cmp, W2K_CHANGE_SYMBOLS, missing.data, NULL);
}

/* ------------------------------------------------------- alternatives */

/* Numbers of the alternatives of "many" that go with one of "few". */
static List *
find_partners(const JsonComparison *c, const W2kJsonNode *one,
			  const List *many, bool is_one_old)
{
	List *partners = NIL;

	for (int i = 0; i < list_length(many); i++)
	{
		const W2kJsonNode *other = (const W2kJsonNode *) list_nth(many, i);

		if (is_one_old ? is_compatible(c, one, other)
					   : is_compatible(c, other, one))
			partners = lappend_int(partners, i);
	}
	return partners;
}

/*
 * An alternative without a partner.  Where one is of its kind, what is wrong
 * with that one says more.
 */
static void
report_alternative(const JsonComparison *c, const W2kJsonNode *one,
				   const List *many, bool is_one_old)
{
	int nfound = list_length(c->cmp->found);
	ListCell *lc;

	foreach(lc, many)
	{
		const W2kJsonNode *other = (const W2kJsonNode *) lfirst(lc);

		if (other->kind != one->kind)
			continue;
		compare(c, is_one_old ? one : other, is_one_old ? other : one);
		break;
	}
	if (list_length(c->cmp->found) == nfound)
		w2k_comparison_add(c->cmp, W2K_CHANGE_BRANCH,
						   w2k_json_node_describe(one),
						   w2k_json_node_describe(one));
}

/*
 * Each of the fewer alternatives needs one of the others to itself.  They are
 * given out as Apicurio does it, the one with the least choice first.
 */
static void
match_alternatives(const JsonComparison *c, const W2kJsonNode *old,
				   const W2kJsonNode *new)
{
	bool is_old_fewer = list_length(old->parts) <= list_length(new->parts);
	const List *few = is_old_fewer ? old->parts : new->parts;
	const List *many = is_old_fewer ? new->parts : old->parts;
	int n = list_length(few);
	List **partners = palloc0(sizeof(List *) * Max(n, 1));
	bool *is_done = palloc0(sizeof(bool) * Max(n, 1));

	for (int i = 0; i < n; i++)
		partners[i] = find_partners(c, (const W2kJsonNode *) list_nth(few, i),
									many, is_old_fewer);
	for (;;)
	{
		int next = -1;
		int taken;

		for (int i = 0; i < n; i++)
		{
			if (!is_done[i] && (next < 0 || list_length(partners[i]) <
												list_length(partners[next])))
				next = i;
		}
		if (next < 0)
			break;
		if (partners[next] == NIL)
			report_alternative(c, (const W2kJsonNode *) list_nth(few, next),
							   many, is_old_fewer);
		else
		{
			taken = linitial_int(partners[next]);
			for (int i = 0; i < n; i++)
				partners[i] = list_delete_int(partners[i], taken);
		}
		is_done[next] = partners[next] == NIL;
	}
}

static void
compare_combined(const JsonComparison *c, const W2kJsonNode *old,
				 const W2kJsonNode *new)
{
	int nold = list_length(old->parts);
	int nnew = list_length(new->parts);
	bool is_all = strcmp(new->criterion, "allOf") == 0;

	if (strcmp(old->criterion, new->criterion) != 0 &&
		strcmp(new->criterion, "anyOf") != 0)
	{
		w2k_comparison_add(c->cmp, W2K_CHANGE_CRITERION,
						   w2k_json_node_describe(old),
						   w2k_json_node_describe(new));
		return;
	}
	if (is_all ? nnew > nold : nnew < nold)
		w2k_comparison_add(c->cmp,
						   is_all ? W2K_CHANGE_CONDITIONS
								  : W2K_CHANGE_ALTERNATIVES,
						   w2k_json_node_describe(old),
						   w2k_json_node_describe(new));
	else
		match_alternatives(c, old, new);
}

/* Of all that must hold, the only part of a kind; else the node itself. */
static const W2kJsonNode *
only_part(const W2kJsonNode *node, W2kJsonKind class)
{
	const W2kJsonNode *found = NULL;
	ListCell *lc;

	if (node->kind != W2K_JSON_COMBINED ||
		strcmp(node->criterion, "allOf") != 0)
		return node;
	foreach(lc, node->parts)
	{
		const W2kJsonNode *part = (const W2kJsonNode *) lfirst(lc);

		if (w2k_json_node_class(part) != class)
			continue;
		if (found != NULL)
			return node;
		found = part;
	}
	return found ? found : node;
}

/* A new schema that is a reference: what it leads to, unless it is being
 * compared with the same already. */
static void
compare_reference(const JsonComparison *c, const W2kJsonNode *old,
				  const W2kJsonNode *new)
{
	JsonVisit visit = {c->visits, new->reference};
	JsonComparison inner = {c->cmp, &visit};

	for (const JsonVisit *v = c->visits; v != NULL; v = v->outer)
	{
		if (strcmp(v->reference, new->reference) == 0)
			return;
	}
	compare(&inner, old, w2k_json_node_resolve(new));
}

static void
compare(const JsonComparison *c, const W2kJsonNode *old, const W2kJsonNode *new)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (new->kind == W2K_JSON_REFERENCE)
	{
		compare_reference(c, old, new);
		return;
	}
	if (old->kind == W2K_JSON_REFERENCE)
		old = w2k_json_node_resolve(old);
	if (new->kind == W2K_JSON_ANYTHING || old->kind == W2K_JSON_NOTHING)
		return;
	if (new->kind != W2K_JSON_COMBINED)
		old = only_part(old, w2k_json_node_class(new));
	if (old->kind != new->kind &&
		!(old->kind == W2K_JSON_INTEGER && new->kind == W2K_JSON_NUMBER))
	{
		w2k_comparison_add(c->cmp, W2K_CHANGE_TYPE,
						   w2k_json_node_describe(old),
						   w2k_json_node_describe(new));
		return;
	}
	switch (new->kind)
	{
		case W2K_JSON_OBJECT:
			compare_objects(c, old, new);
			break;
		case W2K_JSON_ARRAY:
			compare_arrays(c, old, new);
			break;
		case W2K_JSON_STRING:
		case W2K_JSON_NUMBER:
		case W2K_JSON_INTEGER:
			compare_keywords(c, old, new);
			break;
		case W2K_JSON_ENUM:
			compare_enums(c, old, new);
			break;
		case W2K_JSON_COMBINED:
			compare_combined(c, old, new);
			break;
		default:
			break;
	}
}

void
w2k_compatibility_json(W2kComparison *cmp, const char *old_text,
					   const char *new_text)
{
	JsonComparison c = {cmp, NULL};

	compare(&c, w2k_json_node_read_text(old_text),
			w2k_json_node_read_text(new_text));
}
