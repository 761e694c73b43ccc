/*
 * properties.h
 *		The property table: everything a connector's configuration may say.
 *
 * One row per property or family of properties ("topic.creation.<group>.
 * <property>").  The row alone decides how a value is parsed, what range it
 * has, its default, where it lands in W2kConnectorConfig, who may set it, and
 * what connector_properties and the README say of it.
 *
 * Rows are in property_table.c, in the order in which they are shown.
 */
#ifndef W2K_CONFIG_PROPERTIES_H
#define W2K_CONFIG_PROPERTIES_H

#include "config/connector.h"
#include "config/problem.h"

typedef enum W2kPropertyType
{
	W2K_PROP_BOOLEAN,	 /* bool */
	W2K_PROP_INT,		 /* int */
	W2K_PROP_LONG,		 /* int64 */
	W2K_PROP_DURATION,	 /* int, milliseconds */
	W2K_PROP_ENUM,		 /* an enum: a number from the row's choices */
	W2K_PROP_LIST,		 /* char *, comma-separated */
	W2K_PROP_REGEX_LIST, /* char *, comma-separated; for filter.c */
	W2K_PROP_STRING,	 /* char * */
	W2K_PROP_PASSWORD,	 /* char *, never shown */
	W2K_PROP_LSN,		 /* XLogRecPtr */
	W2K_PROP_CLASS		 /* char *, the name of a Java class */
} W2kPropertyType;

typedef enum W2kSupport
{
	W2K_IMPLEMENTED,
	W2K_NO_EFFECT, /* accepted; the row's note says why nothing follows */
	W2K_NOT_YET,   /* accepted only where it asks for what we do anyway */
	W2K_REFUSED	   /* known, and never accepted; the note says why */
} W2kSupport;

/* Flags of a row */
#define W2K_PROP_SECRET 0x01	/* the value is never shown */
#define W2K_PROP_PLUGIN 0x02	/* the output plugin reads it */
#define W2K_PROP_OPTION 0x04	/* an option of the plugin and nothing else */
#define W2K_PROP_FAMILY 0x08	/* the name has <parts> */
#define W2K_PROP_REFERENCE 0x10 /* may hold ${file:..}: for the sender */
#define W2K_PROP_SUPERUSER 0x20 /* for connectors of superusers */

typedef struct W2kChoice
{
	const char *name; /* NULL ends the list */
	int value;
} W2kChoice;

typedef struct W2kPropertyParse W2kPropertyParse;
typedef struct W2kProperty W2kProperty;

struct W2kProperty
{
	const char *name;
	W2kPropertyType type;
	W2kSupport support;
	const char *category;	   /* heading in the README */
	const char *default_value; /* as text, NULL = none */
	const char *text;		   /* what it does, or (no effect) why nothing */
	int flags;
	bool is_stored; /* as W2kConnectorConfig's field at this offset */
	size_t offset;
	int64 min, max; /* of numbers; both 0 = any */
	const W2kChoice *choices;
	const char *accepts; /* not yet: values that pass, "a|b"; NULL = default */

	/* Called with a value that passed everything above. */
	void (*apply)(W2kPropertyParse *parse, const W2kProperty *prop,
				  const char *name, const char *value);
};

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

extern const W2kProperty w2k_properties[];
extern const int w2k_nproperties;

/* The row of a name, families included; NULL where there is none. */
extern const W2kProperty *w2k_properties_find(const char *name);

/* Does name fit a family's name? */
extern bool w2k_properties_fits(const char *family, const char *name);

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

/* Words for the view: "int", "0 .. 10", "not yet: only ...". */
extern const char *w2k_properties_type_name(W2kPropertyType type);
extern char *w2k_properties_range(const W2kProperty *prop);
extern char *w2k_properties_support(const W2kProperty *prop);

#endif /* W2K_CONFIG_PROPERTIES_H */
