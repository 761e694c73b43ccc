/*
 * json_node.h
 *		A JSON Schema, as far as comparing needs it.
 *
 * Made bit by bit from a text: a node knows its kind, and its keywords are
 * still those of the text.  Only what is combined, and what is listed, is read
 * at once.
 */
#ifndef W2K_SCHEMA_JSON_NODE_H
#define W2K_SCHEMA_JSON_NODE_H

#include "nodes/pg_list.h"

#include "schema/jsonb_read.h"

typedef enum W2kJsonKind
{
	W2K_JSON_ANYTHING,
	W2K_JSON_NOTHING,
	W2K_JSON_NULL,
	W2K_JSON_BOOLEAN,
	W2K_JSON_NUMBER,
	W2K_JSON_INTEGER,
	W2K_JSON_STRING,
	W2K_JSON_ARRAY,
	W2K_JSON_OBJECT,
	W2K_JSON_ENUM,
	W2K_JSON_COMBINED,
	W2K_JSON_REFERENCE
} W2kJsonKind;

typedef enum W2kKeywordRule
{
	W2K_KEYWORD_MINIMUM, /* narrower where it is added, or greater */
	W2K_KEYWORD_MAXIMUM, /* ..., or less */
	W2K_KEYWORD_EXACT,	 /* ..., or another */
	W2K_KEYWORD_FLAG	 /* narrower where it becomes true */
} W2kKeywordRule;

typedef struct W2kKeyword
{
	W2kJsonKind kind; /* integers have those of numbers */
	const char *name;
	W2kKeywordRule rule;
} W2kKeyword;

extern const W2kKeyword w2k_json_keywords[];
extern const int w2k_json_nkeywords;

typedef struct W2kJsonNode W2kJsonNode;

struct W2kJsonNode
{
	W2kJsonKind kind;
	const JsonbValue *v;	/* the schema, where it has keywords */
	const JsonbValue *root; /* the text that it is of */
	const char *criterion;	/* combined: allOf, anyOf or oneOf */
	List *parts;			/* combined: of W2kJsonNode */
	List *values;			/* enum: of char *, as JSON */
	const char *reference;	/* reference: its text */
};

/* A text; what is in it; what a reference leads to. */
extern W2kJsonNode *w2k_json_node_read_text(const char *text);
extern W2kJsonNode *w2k_json_node_read(const JsonbValue *root,
									   const JsonbValue *v);
extern W2kJsonNode *w2k_json_node_resolve(const W2kJsonNode *node);

/* One without keywords; one made of others. */
extern W2kJsonNode *w2k_json_node_make(W2kJsonKind kind,
									   const JsonbValue *root,
									   const JsonbValue *v);
extern W2kJsonNode *w2k_json_node_combine(const char *criterion,
										  const JsonbValue *root, List *parts);

/* Its kind, where integers are numbers with one more rule. */
extern W2kJsonKind w2k_json_node_class(const W2kJsonNode *node);

/* What people call it. */
extern const char *w2k_json_node_describe(const W2kJsonNode *node);

/* An error: the text is no JSON Schema. */
extern void w2k_json_node_invalid(const char *what);

/* A string, or an error that names what it should have been. */
extern char *w2k_json_node_string(const JsonbValue *v, const char *what);

/* A value as JSON. */
extern char *w2k_json_node_text(const JsonbValue *v);

#endif /* W2K_SCHEMA_JSON_NODE_H */
