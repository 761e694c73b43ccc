/*
 * property.h
 *		The property table: everything a connector's configuration may say.
 *
 * One row per property or family of properties ("topic.creation.<group>.
 * <property>").  The row alone decides how a value is parsed, what range it
 * has, its default, where it lands in W2kConnectorConfig, who may set it, and
 * what connector_properties and the README say of it.
 *
 * Rows are in property_table.c, in the order in which they are shown.
 */
#ifndef W2K_CONFIG_PROPERTY_H
#define W2K_CONFIG_PROPERTY_H

typedef enum W2kPropertyType
{
	W2K_PROP_BOOLEAN,	 /* bool */
	W2K_PROP_INT,		 /* int */
	W2K_PROP_LONG,		 /* int64 */
	W2K_PROP_DURATION,	 /* int, milliseconds */
	W2K_PROP_ENUM,		 /* an enum: a number from the row's choices */
	W2K_PROP_LIST,		 /* char *, comma-separated */
	W2K_PROP_REGEX_LIST, /* char *, comma-separated; for filter.c */
	W2K_PROP_REGEX,		 /* char *, one expression; for javaregex.c */
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
#define W2K_PROP_EMPTY 0x40		/* an empty text is a value */
#define W2K_PROP_REQUIRED 0x80	/* options of transforms: must be said */
#define W2K_PROP_REGISTRY 0x100 /* also below key.converter and value... */
#define W2K_PROP_SHOWN 0x200	/* for the view only: others are meant */

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
	size_t width;	/* of that field */
	int64 min, max; /* of numbers; both 0 = any */
	const W2kChoice *choices;
	const char *accepts; /* not yet: values that pass, "a|b"; NULL = default */

	/* Called with a value that passed everything above. */
	void (*apply)(W2kPropertyParse *parse, const W2kProperty *prop,
				  const char *name, const char *value);
};

extern const W2kProperty w2k_properties[];
extern const int w2k_nproperties;

#endif /* W2K_CONFIG_PROPERTY_H */
