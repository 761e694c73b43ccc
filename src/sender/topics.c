/*
 * topics.c
 *		The topics of a session, and who creates them.
 *
 * The groups are Kafka Connect's: "topic.creation.groups" names them in order
 * of preference, each has include and exclude lists of regular expressions
 * that must match the whole name, and the group "default" takes the rest.
 * Partitions and replication factor of a group default to the default's; all
 * other keys of a group are properties of the topic.
 *
 * One topic is looked up or created at a time.  Records behind it wait, which
 * keeps their order; it happens once per topic in a session's life.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sender/memory.h"
#include "sender/topics.h"

#define DEFAULT_GROUP "default"

/* Pause before a topic is asked for again when no broker could tell. */
#define RETRY_MS 1000

/* ---- configuration ---- */

/* A whole number of at least 1, or -1. */
static bool
read_count(const char *text, int max, int *count)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value > max ||
		(value < 1 && value != -1))
		return false;
	*count = (int) value;
	return true;
}

/*
 * A comma-separated list of regular expressions, any of which must match all
 * of a name, as one POSIX extended expression.  Java's \d is written out;
 * otherwise what people use in topic names means the same in both.
 */
static bool
compile_list(const char *list, regex_t *regex, char *error, size_t error_size)
{
	/* Each comma grows by two, each \d by three, and the frame around */
	char *pattern = w2k_memory_alloc(strlen(list) * 3 + 8);
	char *p = pattern;
	int rc;

	p = stpcpy(p, "^((");
	for (const char *s = list; *s != '\0'; s++)
	{
		if (s[0] == '\\' && s[1] == 'd')
		{
			p = stpcpy(p, "[0-9]");
			s++;
		}
		else if (s[0] == '\\' && s[1] != '\0')
		{
			*p++ = *s++;
			*p++ = *s;
		}
		else if (*s == ',')
		{
			p = stpcpy(p, ")|(");
			while (s[1] == ' ')
				s++;
		}
		else
			*p++ = *s;
	}
	stpcpy(p, "))$");

	rc = regcomp(regex, pattern, REG_EXTENDED | REG_NOSUB);
	free(pattern);
	if (rc != 0)
	{
		regerror(rc, regex, error, error_size);
		return false;
	}
	return true;
}

/* One key of a group. */
static bool
set_group_key(W2kTopicGroup *group, const char *key, const char *value,
			  char *error, size_t error_size)
{
	char reason[256];

	if (strcmp(key, "partitions") == 0)
	{
		if (read_count(value, 1000000, &group->partitions))
			return true;
		snprintf(reason, sizeof(reason),
				 "it is a number of at least 1, or -1 for the broker's default");
	}
	else if (strcmp(key, "replication.factor") == 0)
	{
		if (read_count(value, 32767, &group->replication_factor))
			return true;
		snprintf(reason, sizeof(reason),
				 "it is a number of at least 1, or -1 for the broker's default");
	}
	else if (strcmp(key, "include") == 0)
	{
		group->has_include = compile_list(value, &group->include, reason,
										  sizeof(reason));
		if (group->has_include)
			return true;
	}
	else if (strcmp(key, "exclude") == 0)
	{
		group->has_exclude = compile_list(value, &group->exclude, reason,
										  sizeof(reason));
		if (group->has_exclude)
			return true;
	}
	else
	{
		W2kSettingList *config = &group->config;

		config->items = w2k_memory_realloc(config->items,
										   (size_t) (config->count + 1) *
											   sizeof(*config->items));
		config->items[config->count++] =
			(W2kSetting){w2k_memory_strdup(key), w2k_memory_strdup(value)};
		return true;
	}
	snprintf(error, error_size,
			 "invalid value for \"topic.creation.%s.%s\": \"%s\": %s",
			 group->name, key, value, reason);
	return false;
}

/* All settings "<group>.<key>" of one group. */
static bool
read_group(W2kTopicGroup *group, const char *name, size_t name_len,
		   const W2kSettingList *creation, char *error, size_t error_size)
{
	group->name = w2k_memory_strndup(name, name_len);
	for (int i = 0; i < creation->count; i++)
	{
		const char *key = creation->items[i].name;

		if (strncmp(key, group->name, name_len) == 0 && key[name_len] == '.' &&
			!set_group_key(group, key + name_len + 1, creation->items[i].value,
						   error, error_size))
			return false;
	}
	return true;
}

static bool
is_true(const char *value)
{
	return value == NULL || strcmp(value, "true") == 0;
}

/* Refuses settings that belong to no group: likely a misspelling. */
static bool
check_keys(const W2kTopics *topics, const W2kSettingList *creation,
		   char *error, size_t error_size)
{
	for (int i = 0; i < creation->count; i++)
	{
		const char *key = creation->items[i].name;
		bool is_known = strcmp(key, "groups") == 0 ||
						strcmp(key, "enable") == 0;

		for (int g = 0; g < topics->ngroups && !is_known; g++)
		{
			size_t len = strlen(topics->groups[g].name);

			is_known = strncmp(key, topics->groups[g].name, len) == 0 &&
					   key[len] == '.';
		}
		if (!is_known)
		{
			snprintf(error, error_size,
					 "\"topic.creation.%s\" belongs to no group of \"topic.creation.groups\"",
					 key);
			return false;
		}
	}
	return true;
}

bool
w2k_topics_configure(W2kTopics *topics, const W2kSettingList *creation,
					 char *error, size_t error_size)
{
	const char *names = w2k_settings_find(creation, "groups");
	W2kTopicGroup *fallback;

	if (creation->count == 0 || !is_true(w2k_settings_find(creation, "enable")))
		return true;

	while (names != NULL && *names != '\0')
	{
		size_t len = strcspn(names, ", ");

		if (len > 0)
		{
			topics->groups = w2k_memory_realloc(topics->groups,
												(size_t) (topics->ngroups + 1) *
													sizeof(*topics->groups));
			topics->groups[topics->ngroups] = (W2kTopicGroup){0};
			if (!read_group(&topics->groups[topics->ngroups++], names, len,
							creation, error, error_size))
				return false;
		}
		names += len;
		names += strspn(names, ", ");
	}
	topics->groups = w2k_memory_realloc(topics->groups,
										(size_t) (topics->ngroups + 1) *
											sizeof(*topics->groups));
	fallback = &topics->groups[topics->ngroups++];
	*fallback = (W2kTopicGroup){0};
	if (!read_group(fallback, DEFAULT_GROUP, strlen(DEFAULT_GROUP), creation,
					error, error_size) ||
		!check_keys(topics, creation, error, error_size))
		return false;

	if (fallback->partitions == 0 || fallback->replication_factor == 0)
	{
		snprintf(error, error_size,
				 "topic creation needs both \"topic.creation.default.partitions\" and \"topic.creation.default.replication.factor\"");
		return false;
	}
	for (int g = 0; g < topics->ngroups; g++)
	{
		W2kTopicGroup *group = &topics->groups[g];

		if (group->partitions == 0)
			group->partitions = fallback->partitions;
		if (group->replication_factor == 0)
			group->replication_factor = fallback->replication_factor;
		if (group != fallback && !group->has_include)
		{
			snprintf(error, error_size,
					 "topic creation group \"%s\" needs \"topic.creation.%s.include\"",
					 group->name, group->name);
			return false;
		}
	}
	topics->is_creating = true;
	return true;
}

const W2kTopicGroup *
w2k_topics_group(const W2kTopics *topics, const char *name)
{
	if (!topics->is_creating)
		return NULL;
	for (int g = 0; g < topics->ngroups; g++)
	{
		const W2kTopicGroup *group = &topics->groups[g];

		if ((!group->has_include ||
			 regexec(&group->include, name, 0, NULL, 0) == 0) &&
			(!group->has_exclude ||
			 regexec(&group->exclude, name, 0, NULL, 0) != 0))
			return group;
	}
	return NULL;
}

/* ---- topics ---- */

/* Called once per TOPIC frame, so a linear search does. */
W2kTopic *
w2k_topics_get(W2kTopics *topics, const char *name, size_t len)
{
	W2kTopic *topic;

	for (uint32_t i = 0; i < topics->count; i++)
	{
		topic = topics->items[i];
		if (strlen(topic->name) == len && memcmp(topic->name, name, len) == 0)
			return topic;
	}

	/* Powers of two, so that thousands of topics do not copy each time */
	if ((topics->count & (topics->count - 1)) == 0)
		topics->items = w2k_memory_realloc(topics->items,
										   (topics->count
												? (size_t) topics->count * 2
												: 1) *
											   sizeof(*topics->items));
	topic = w2k_memory_alloc(sizeof(*topic));
	topic->name = w2k_memory_strndup(name, len);
	topic->index = topics->count;
	topics->items[topics->count++] = topic;
	return topic;
}

static W2kTopicStep
open_topic(W2kTopic *topic, W2kProducer *producer, W2kResult *result)
{
	topic->handle = w2k_producer_open_topic(producer, topic->name, result);
	if (topic->handle == NULL)
		return W2K_TOPIC_STEP_FAILED;
	topic->state = W2K_TOPIC_READY;
	return W2K_TOPIC_STEP_DONE;
}

/*
 * No broker could tell now.  Asked again in a while; said once per kind of
 * error.
 */
static W2kTopicStep
try_later(W2kTopic *topic, const W2kResult *why, int64_t now_ms,
		  W2kResult *result)
{
	bool is_new = topic->last_error == NULL ||
				  strcmp(topic->last_error, why->name) != 0;

	topic->state = W2K_TOPIC_WAITING;
	topic->retry_ms = now_ms + RETRY_MS;
	topic->last_error = why->name;
	*result = *why;
	return is_new ? W2K_TOPIC_STEP_NOTE : W2K_TOPIC_STEP_DONE;
}

W2kTopicStep
w2k_topics_prepare(W2kTopics *topics, W2kTopic *topic, W2kProducer *producer,
				   int64_t now_ms, W2kResult *result)
{
	switch (topic->state)
	{
		case W2K_TOPIC_WAITING:
			if (now_ms < topic->retry_ms)
				return W2K_TOPIC_STEP_DONE;
			break;
		case W2K_TOPIC_NEW:
			break;
		default:
			return W2K_TOPIC_STEP_DONE;
	}

	if (w2k_topics_group(topics, topic->name) == NULL)
		return open_topic(topic, producer, result);
	topics->current = topic;
	topic->state = W2K_TOPIC_LOOKED_UP;
	w2k_producer_lookup_topic(producer, topic->name);
	return W2K_TOPIC_STEP_DONE;
}

/* The topic is missing: ask for it. */
static W2kTopicStep
create(W2kTopics *topics, W2kTopic *topic, W2kProducer *producer,
	   W2kResult *result)
{
	const W2kTopicGroup *group = w2k_topics_group(topics, topic->name);

	if (!w2k_producer_create_topic(producer, topic->name, group->partitions,
								   group->replication_factor, &group->config,
								   result))
		return W2K_TOPIC_STEP_FAILED;
	topic->state = W2K_TOPIC_CREATING;
	return W2K_TOPIC_STEP_DONE;
}

/* Is it one of a few names? */
static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
	{
		if (strcmp(name, *names) == 0)
			return true;
	}
	return false;
}

/* What the brokers said to CreateTopics. */
static W2kTopicStep
created(W2kTopic *topic, W2kProducer *producer, const W2kResult *answer,
		int64_t now_ms, W2kResult *result)
{
	static const char *const passing[] = {"_TIMED_OUT",
										  "_TIMED_OUT_QUEUE",
										  "_TRANSPORT",
										  "_WAIT_COORD",
										  "REQUEST_TIMED_OUT",
										  "NOT_CONTROLLER",
										  "COORDINATOR_NOT_AVAILABLE",
										  "THROTTLING_QUOTA_EXCEEDED",
										  NULL};
	static const char *const unsupported[] = {"_UNSUPPORTED_FEATURE",
											  "UNSUPPORTED_VERSION", NULL};
	W2kTopicStep step;

	if (answer->code == 0 || strcmp(answer->name, "TOPIC_ALREADY_EXISTS") == 0)
		return open_topic(topic, producer, result);
	if (is_one_of(answer->name, passing))
		return try_later(topic, answer, now_ms, result);
	if (!is_one_of(answer->name, unsupported))
	{
		*result = *answer;
		return W2K_TOPIC_STEP_FAILED;
	}

	/* These brokers cannot: the topic appears on first use */
	step = open_topic(topic, producer, result);
	if (step == W2K_TOPIC_STEP_FAILED)
		return step;
	*result = *answer;
	return W2K_TOPIC_STEP_NOTE;
}

W2kTopicStep
w2k_topics_event(W2kTopics *topics, W2kProducer *producer,
				 const W2kEvent *event, int64_t now_ms, W2kResult *result)
{
	W2kTopic *topic = topics->current;

	if (topic == NULL)
		return W2K_TOPIC_STEP_DONE;
	switch (event->kind)
	{
		case W2K_EVENT_TOPIC_FOUND:
			return open_topic(topic, producer, result);
		case W2K_EVENT_TOPIC_MISSING:
			return create(topics, topic, producer, result);
		case W2K_EVENT_TOPIC_UNKNOWN:
			return try_later(topic, &event->result, now_ms, result);
		case W2K_EVENT_TOPIC_CREATED:
			return created(topic, producer, &event->result, now_ms, result);
		default:
			return W2K_TOPIC_STEP_DONE;
	}
}
