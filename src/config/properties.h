/*
 * properties.h
 *		Reads a configuration by the rows of the property table.
 */
#ifndef W2K_CONFIG_PROPERTIES_H
#define W2K_CONFIG_PROPERTIES_H

#include "config/connector.h"
#include "config/problem.h"
#include "config/property.h"

/* A property as it was said. */
typedef struct W2kSaid
{
	const W2kProperty *prop;
	const char *name; /* differs from prop->name in families */
	const char *value;
} W2kSaid;

/* A configuration being read. */
struct W2kPropertyParse
{
	W2kConnectorConfig *conf;
	const char *connector; /* its name, NULL = not known */
	bool is_superuser;	   /* the owner: may name files */
	bool is_options;	   /* options of the output plugin, not a document */
	bool is_interactive; /* a person waits: notices, and checks in catalogs */
	List *said;			 /* of W2kSaid, in order */
	List *ignored;		 /* of W2kSaid: what has no effect here */
	List *problems;		 /* of W2kProblem */
};

/* The row of a name, families included; NULL where there is none. */
extern const W2kProperty *w2k_properties_find(const char *name);

/* Takes one property in: checks it, stores it, or adds a problem. */
extern void w2k_properties_set(W2kPropertyParse *parse, const char *name,
							   const char *value);

/* Fills in the defaults of every row that has an offset. */
extern void w2k_properties_set_defaults(W2kConnectorConfig *conf);

/* What was said under this very name, or NULL. */
extern const char *w2k_properties_said(const W2kPropertyParse *parse,
									   const char *name);

/* Is something wrong with this very property already? */
extern bool w2k_properties_has_problem(const W2kPropertyParse *parse,
									   const char *name);

/* Adds a problem "invalid value ..."; the caller may add a hint. */
extern W2kProblem *w2k_properties_invalid(W2kPropertyParse *parse,
										  const char *name, const char *value);

/* The same for a value that is valid, but that we cannot do (yet). */
extern W2kProblem *w2k_properties_unsupported(W2kPropertyParse *parse,
											  const char *name,
											  const char *value);

/* Checks a value by its row's type and range; false = a problem was added. */
extern bool w2k_properties_check_value(W2kPropertyParse *parse,
									   const W2kProperty *prop,
									   const char *name, const char *value);

/*
 * The same for an option of a transform, whose row is in a table of its own:
 * stores it at the row's offset into that struct.
 */
extern bool w2k_properties_take_option(W2kPropertyParse *parse,
									   const W2kProperty *prop,
									   const char *name, const char *value,
									   void *into);

/* Letters, digits, dots, hyphens and underscores: what topics may have. */
extern bool w2k_properties_is_topic_part(const char *value);

/* The value as it may be shown: masked, shortened. */
extern const char *w2k_properties_show(const char *name, const char *value);

/*
 * The known name nearest to a mistyped one, or NULL.  Looks at one candidate
 * after the other; *best_distance is the caller's, W2K_NO_MATCH at first.
 */
#define W2K_NO_MATCH 1000
extern bool w2k_properties_is_closer(const char *name, const char *candidate,
									 int *best_distance);

/* Words for the view and for hints: "int", "0 .. 10", "not yet: only ...". */
extern const char *w2k_properties_type_name(W2kPropertyType type);
extern char *w2k_properties_range(const W2kProperty *prop);
extern char *w2k_properties_support(const W2kProperty *prop);

/*
 * The values that a row of W2K_NOT_YET takes, each in quotes of this kind,
 * "a or b"; NULL where there are none.
 */
extern char *w2k_properties_accepted(const W2kProperty *prop,
									 const char *quote);

#endif /* W2K_CONFIG_PROPERTIES_H */
