/*
 * compatibility.h
 *		May one schema follow another in a subject of a Schema Registry?
 *
 * Texts are compared, as they are registered, so that what is decided here is
 * what the registry would decide.  Where the registries that are known to us
 * disagree, the stricter answer is given: a change that is compatible here is
 * refused by none of them (see doc/compatibility.md).
 *
 * All text is in the server's encoding.  Nothing here reads a catalog.
 */
#ifndef W2K_SCHEMA_COMPATIBILITY_H
#define W2K_SCHEMA_COMPATIBILITY_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "config/compatibility.h"

typedef enum W2kSchemaLanguage
{
	W2K_LANGUAGE_AVRO,
	W2K_LANGUAGE_JSON, /* JSON Schema */
	W2K_LANGUAGE_PROTOBUF
} W2kSchemaLanguage;

#define W2K_LANGUAGES (W2K_LANGUAGE_PROTOBUF + 1)

/* What may be wrong; the words of each are a row of the table in the .c file */
typedef enum W2kIncompatibilityKind
{
	W2K_CHANGE_TYPE,
	W2K_CHANGE_NAME,
	/* Avro */
	W2K_CHANGE_NO_DEFAULT,
	W2K_CHANGE_BRANCH,
	W2K_CHANGE_SYMBOLS,
	W2K_CHANGE_SIZE,
	/* JSON Schema */
	W2K_CHANGE_PROPERTY_OPEN,
	W2K_CHANGE_PROPERTY_CLOSED,
	W2K_CHANGE_REQUIRED,
	W2K_CHANGE_ADDITIONAL,
	W2K_CHANGE_KEYWORD,
	W2K_CHANGE_ALTERNATIVES,
	W2K_CHANGE_CONDITIONS,
	W2K_CHANGE_CRITERION,
	/* Protobuf */
	W2K_CHANGE_MESSAGE,
	W2K_CHANGE_FIELD,
	W2K_CHANGE_NUMBER,
	W2K_CHANGE_LABEL,
	W2K_CHANGE_RESERVED_USED,
	W2K_CHANGE_RESERVED_GONE
} W2kIncompatibilityKind;

typedef struct W2kIncompatibility
{
	W2kIncompatibilityKind kind;
	bool is_forward; /* the old schema cannot read new records */
	List *names;	 /* of char *, the way to it: "before", "email" */
	char *path;		 /* the same, with dots; "" = all of it */
	char *problem;	 /* in words, without a period */
} W2kIncompatibility;

/* A comparison that is being made: may "new" read what "old" wrote? */
typedef struct W2kComparison
{
	bool is_forward; /* then what is called new here is the older schema */
	StringInfoData path;
	List *names; /* of char *: the same */
	List *found; /* of W2kIncompatibility */
} W2kComparison;

/* "AVRO", "JSON", "PROTOBUF", as registries name them. */
extern const char *const w2k_language_names[W2K_LANGUAGES];

extern bool w2k_compatibility_is_transitive(W2kCompatibility rule);

/*
 * What keeps new_text from following old_text under a rule: a list of
 * W2kIncompatibility, in the current memory context.  An error where a text
 * is no schema, or has something that cannot be compared.
 */
extern List *w2k_compatibility_check(W2kSchemaLanguage language,
									 W2kCompatibility rule,
									 const char *old_text,
									 const char *new_text);

/* For the languages: a path within, and what is found there. */
extern int w2k_comparison_enter(W2kComparison *cmp, const char *name);
extern void w2k_comparison_leave(W2kComparison *cmp, int len);
extern void w2k_comparison_add(W2kComparison *cmp, W2kIncompatibilityKind kind,
							   const char *old_detail, const char *new_detail);
/* One that is tried, and of which only the outcome counts. */
extern W2kComparison *w2k_comparison_try(const W2kComparison *cmp);

/* May new_text read what old_text wrote?  One file each. */
extern void w2k_compatibility_avro(W2kComparison *cmp, const char *old_text,
								   const char *new_text);
extern void w2k_compatibility_json(W2kComparison *cmp, const char *old_text,
								   const char *new_text);
extern void w2k_compatibility_protobuf(W2kComparison *cmp,
									   const char *old_text,
									   const char *new_text);

#endif /* W2K_SCHEMA_COMPATIBILITY_H */
