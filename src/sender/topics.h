/*
 * topics.h
 *		The topics of a session, and who creates them.
 *
 * With topic.creation.* settings (Kafka Connect's) a topic is looked up and,
 * if it is missing, created by the Admin API before its first record; without
 * them it is left to the brokers' own auto-creation.  A topic is known by its
 * name: the ids of the frames are the session's business.
 */
#ifndef W2K_SENDER_TOPICS_H
#define W2K_SENDER_TOPICS_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "sender/producer.h"
#include "sender/settings.h"

typedef enum W2kTopicState
{
	W2K_TOPIC_NEW,
	W2K_TOPIC_LOOKED_UP, /* asked whether it exists */
	W2K_TOPIC_CREATING,
	W2K_TOPIC_WAITING, /* to be asked again, not before retry_ms */
	W2K_TOPIC_READY
} W2kTopicState;

typedef struct W2kTopic
{
	char *name;
	uint32_t index; /* in W2kTopics.items */
	W2kTopicState state;
	int64_t retry_ms;
	const char *last_error;			 /* name of it: shown once */
	struct rd_kafka_topic_s *handle; /* once READY */
} W2kTopic;

/* topic.creation.<name>.* */
typedef struct W2kTopicGroup
{
	char *name;
	bool has_include, has_exclude;
	regex_t include, exclude;
	int partitions; /* -1 = the broker's default */
	int replication_factor;
	W2kSettingList config; /* topic properties */
} W2kTopicGroup;

typedef struct W2kTopics
{
	W2kTopic **items;
	uint32_t count;
	bool is_creating;	   /* topic.creation.* is set */
	W2kTopicGroup *groups; /* in order; the default is last */
	int ngroups;
	W2kTopic *current; /* the one being looked up or created */
} W2kTopics;

/* Reads topic.creation.*; false, with the reason, when it makes no sense. */
extern bool w2k_topics_configure(W2kTopics *topics,
								 const W2kSettingList *creation, char *error,
								 size_t error_size);

/* The topic of that name, made when new.  Never goes away. */
extern W2kTopic *w2k_topics_get(W2kTopics *topics, const char *name,
								size_t len);

/* The group a topic belongs to, or NULL when it is not to be created. */
extern const W2kTopicGroup *w2k_topics_group(const W2kTopics *topics,
											 const char *name);

/*
 * What came of an attempt.  FAILED: *result says why and the caller decides;
 * NOTE: goes on, but *result is worth a log line.
 */
typedef enum W2kTopicStep
{
	W2K_TOPIC_STEP_DONE,
	W2K_TOPIC_STEP_NOTE,
	W2K_TOPIC_STEP_FAILED
} W2kTopicStep;

/* Brings a topic nearer to READY; look at its state afterwards. */
extern W2kTopicStep w2k_topics_prepare(W2kTopics *topics, W2kTopic *topic,
									   W2kProducer *producer, int64_t now_ms,
									   W2kResult *result);

/* One of the producer's TOPIC events, about topics->current. */
extern W2kTopicStep w2k_topics_event(W2kTopics *topics, W2kProducer *producer,
									 const W2kEvent *event, int64_t now_ms,
									 W2kResult *result);

#endif /* W2K_SENDER_TOPICS_H */
