/*
 * topic.h
 *		Names of topics.
 */
#ifndef W2K_SCHEMA_TOPIC_H
#define W2K_SCHEMA_TOPIC_H

struct W2kConnectorConfig;
struct W2kJavaRegex;

/* topic.naming.strategy, ready for use. */
typedef struct W2kTopicNaming
{
	const struct W2kConnectorConfig *conf;
	struct W2kJavaRegex *regex; /* NULL = names are not replaced */
	const char *key_field;		/* one more of keys; NULL = none */
	struct W2kJavaRegex *key_regex;
} W2kTopicNaming;

/* In the current memory context, with which it ends. */
extern W2kTopicNaming *
w2k_topic_create_naming(const struct W2kConnectorConfig *conf);

/*
 * <prefix><delimiter><schema><delimiter><table>, or what topic.naming.strategy
 * makes of it, made a legal topic name, in the current memory context.
 */
extern char *w2k_topic_for_table(const W2kTopicNaming *naming,
								 const char *schema, const char *table);

/* What the field that keys have besides says, likewise. */
extern char *w2k_topic_key_text(const W2kTopicNaming *naming,
								const char *schema, const char *table);

/* <prefix><delimiter><name>, likewise. */
extern char *w2k_topic_for_name(const char *prefix, const char *delimiter,
								const char *name);

/*
 * The topic of logical decoding messages, likewise; its delimiter is a dot,
 * whatever topic.delimiter says, as with Debezium.
 */
extern char *w2k_topic_for_messages(const char *prefix);

#endif /* W2K_SCHEMA_TOPIC_H */
