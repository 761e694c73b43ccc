/*
 * compatibility.c
 *		Rules of compatibility, and the words for what breaks them.
 *
 * "Backward" asks whether the new schema reads what the old one wrote; that
 * is what a language's comparison decides.  "Forward" is the same question
 * with the two exchanged, and "full" is both.  So each kind of change has two
 * sentences: what was added in one direction was removed in the other.
 */
#include "postgres.h"

#include "schema/compatibility.h"

const char *const w2k_language_names[W2K_LANGUAGES] = {
	[W2K_LANGUAGE_AVRO] = "AVRO",
	[W2K_LANGUAGE_JSON] = "JSON",
	[W2K_LANGUAGE_PROTOBUF] = "PROTOBUF",
};

/* %o is a detail of the older schema, %n of the newer one, in both. */
typedef struct KindWords
{
	const char *backward; /* readers of the new schema, old records */
	const char *forward;  /* readers of the old schema, new records */
} KindWords;

static const KindWords words[] = {
	[W2K_CHANGE_TYPE] = {"type changed from %o to %n",
						 "type changed from %o to %n"},
	[W2K_CHANGE_NAME] = {"renamed from \"%o\" to \"%n\"",
						 "renamed from \"%o\" to \"%n\""},
	[W2K_CHANGE_NO_DEFAULT] =
		{"added without a default that old records could have",
		 "removed, and without a default for new records"},
	[W2K_CHANGE_BRANCH] = {"no longer takes %o",
						   "takes %n, which the old schema does not"},
	[W2K_CHANGE_SYMBOLS] = {"enum symbols removed: %o",
							"enum symbols added: %n"},
	[W2K_CHANGE_SIZE] = {"size changed from %o to %n",
						 "size changed from %o to %n"},
	[W2K_CHANGE_PROPERTY_OPEN] =
		{"added, but old records may have anything there",
		 "removed, but new records may have anything there"},
	[W2K_CHANGE_PROPERTY_CLOSED] =
		{"removed, and no other properties are allowed",
		 "added, and the old schema allows no other properties"},
	[W2K_CHANGE_REQUIRED] = {"became required", "is no longer required"},
	[W2K_CHANGE_ADDITIONAL] =
		{"other properties are no longer allowed as they were",
		 "other properties are allowed that were not"},
	[W2K_CHANGE_KEYWORD] = {"\"%o\" became narrower", "\"%n\" became wider"},
	[W2K_CHANGE_ALTERNATIVES] = {"alternatives became fewer: %o, now %n",
								 "alternatives became more: %o, now %n"},
	[W2K_CHANGE_CONDITIONS] = {"conditions became more: %o, now %n",
							   "conditions became fewer: %o, now %n"},
	[W2K_CHANGE_CRITERION] = {"%o became %n", "%o became %n"},
	[W2K_CHANGE_MESSAGE] = {"message removed", "message added"},
	[W2K_CHANGE_FIELD] = {"field removed", "field added"},
	[W2K_CHANGE_NUMBER] = {"field number changed from %o to %n",
						   "field number changed from %o to %n"},
	[W2K_CHANGE_LABEL] = {"field changed from %o to %n",
						  "field changed from %o to %n"},
	[W2K_CHANGE_RESERVED_USED] = {"takes %n, which was reserved",
								  "had %o, which is reserved now"},
	[W2K_CHANGE_RESERVED_GONE] = {"%o is no longer reserved",
								  "%n became reserved"},
};

bool
w2k_compatibility_is_transitive(W2kCompatibility rule)
{
	return rule == W2K_COMPATIBILITY_BACKWARD_TRANSITIVE ||
		   rule == W2K_COMPATIBILITY_FORWARD_TRANSITIVE ||
		   rule == W2K_COMPATIBILITY_FULL_TRANSITIVE;
}

/* Goes on with a member; give the result to w2k_comparison_leave. */
int
w2k_comparison_enter(W2kComparison *cmp, const char *name)
{
	int len = cmp->path.len;

	if (len > 0)
		appendStringInfoChar(&cmp->path, '.');
	appendStringInfoString(&cmp->path, name);
	cmp->names = lappend(cmp->names, pstrdup(name));
	return len;
}

void
w2k_comparison_leave(W2kComparison *cmp, int len)
{
	cmp->names = list_delete_last(cmp->names);
	cmp->path.len = len;
	cmp->path.data[len] = '\0';
}

/* A sentence with its details. */
static char *
fill_in(const char *sentence, const char *older, const char *newer)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *p = sentence; *p != '\0'; p++)
	{
		if (*p != '%')
			appendStringInfoCharMacro(&out, *p);
		else
			appendStringInfoString(&out, *++p == 'o' ? older : newer);
	}
	return out.data;
}

/* Details of the schema called old here, and of the one called new; or NULL */
void
w2k_comparison_add(W2kComparison *cmp, W2kIncompatibilityKind kind,
				   const char *old_detail, const char *new_detail)
{
	W2kIncompatibility *item = palloc(sizeof(W2kIncompatibility));
	const char *older = cmp->is_forward ? new_detail : old_detail;
	const char *newer = cmp->is_forward ? old_detail : new_detail;

	item->kind = kind;
	item->is_forward = cmp->is_forward;
	item->names = list_copy(cmp->names);
	item->path = pstrdup(cmp->path.data);
	item->problem = fill_in(cmp->is_forward ? words[kind].forward
											: words[kind].backward,
							older, newer);
	cmp->found = lappend(cmp->found, item);
}

W2kComparison *
w2k_comparison_try(const W2kComparison *cmp)
{
	W2kComparison *attempt = palloc0(sizeof(W2kComparison));

	attempt->is_forward = cmp->is_forward;
	initStringInfo(&attempt->path);
	return attempt;
}

/* May one read what the other wrote? */
static List *
check_direction(W2kSchemaLanguage language, const char *old_text,
				const char *new_text, bool is_forward)
{
	W2kComparison cmp = {.is_forward = is_forward};
	const char *first = is_forward ? new_text : old_text;
	const char *second = is_forward ? old_text : new_text;

	initStringInfo(&cmp.path);
	switch (language)
	{
		case W2K_LANGUAGE_AVRO:
			w2k_compatibility_avro(&cmp, first, second);
			break;
		case W2K_LANGUAGE_JSON:
			w2k_compatibility_json(&cmp, first, second);
			break;
		case W2K_LANGUAGE_PROTOBUF:
			w2k_compatibility_protobuf(&cmp, first, second);
			break;
	}
	return cmp.found;
}

static bool
has_kind(const List *found, W2kIncompatibilityKind kind)
{
	ListCell *lc;

	foreach(lc, found)
	{
		if (((const W2kIncompatibility *) lfirst(lc))->kind == kind)
			return true;
	}
	return false;
}

/* Both lists, but what is said in the same words in both. */
static List *
join(List *backward, const List *forward)
{
	int nbackward = list_length(backward);
	ListCell *lc;

	foreach(lc, forward)
	{
		W2kIncompatibility *item = (W2kIncompatibility *) lfirst(lc);
		bool is_known = false;

		for (int i = 0; i < nbackward && !is_known; i++)
		{
			const W2kIncompatibility *other = list_nth(backward, i);

			is_known = strcmp(item->path, other->path) == 0 &&
					   strcmp(item->problem, other->problem) == 0;
		}
		if (!is_known)
			backward = lappend(backward, item);
	}
	return backward;
}

List *
w2k_compatibility_check(W2kSchemaLanguage language, W2kCompatibility rule,
						const char *old_text, const char *new_text)
{
	List *backward = NIL;
	List *forward = NIL;

	switch (rule)
	{
		case W2K_COMPATIBILITY_NONE:
			return NIL;
		case W2K_COMPATIBILITY_BACKWARD:
		case W2K_COMPATIBILITY_BACKWARD_TRANSITIVE:
			return check_direction(language, old_text, new_text, false);
		case W2K_COMPATIBILITY_FORWARD:
		case W2K_COMPATIBILITY_FORWARD_TRANSITIVE:
			return check_direction(language, old_text, new_text, true);
		case W2K_COMPATIBILITY_FULL:
		case W2K_COMPATIBILITY_FULL_TRANSITIVE:
			break;
	}
	backward = check_direction(language, old_text, new_text, false);
	forward = check_direction(language, old_text, new_text, true);


	/*
	 * A Protobuf field that was added is one that is not reserved in the older
	 * schema.  Apicurio's "full" takes what is compatible in one direction, or
	 * no column could ever be added or dropped; Confluent's takes it too, but
	 * for messages that come or go.
	 */
	if (language == W2K_LANGUAGE_PROTOBUF &&
		(backward == NIL || forward == NIL) &&
		!has_kind(backward, W2K_CHANGE_MESSAGE) &&
		!has_kind(forward, W2K_CHANGE_MESSAGE))
		return NIL;
	return join(backward, forward);
}
