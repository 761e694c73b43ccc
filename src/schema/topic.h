/*
 * topic.h
 *		Names of topics.
 */
#ifndef W2K_SCHEMA_TOPIC_H
#define W2K_SCHEMA_TOPIC_H

struct W2kConnectorConfig;

/*
 * <prefix><delimiter><schema><delimiter><table>, or what topic.naming.strategy
 * makes of it, made a legal topic name, in the current memory context.
 */
extern char *w2k_topic_for_table(const struct W2kConnectorConfig *conf,
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
