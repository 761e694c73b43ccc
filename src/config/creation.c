/*
 * creation.c
 *		Checks topic.creation.*: the topics that a connector creates.
 *
 * The rules are Kafka Connect's: a group "default" that says partitions and
 * replicas, and others that include topics by regular expressions.  Other
 * properties of a group are the topic's own; the broker would refuse those it
 * does not know, but only when the first record is on its way.
 */
#include "postgres.h"

#include <ctype.h>

#include "config/creation.h"

#define CREATION_PREFIX "topic.creation."
#define DEFAULT_GROUP "topic.creation.default."

/* Properties of a topic that Kafka 4.3 knows, for a hint and no more. */
static const char *const topic_properties[] = {
	"cleanup.policy",
	"compression.gzip.level",
	"compression.lz4.level",
	"compression.type",
	"compression.zstd.level",
	"delete.retention.ms",
	"file.delete.delay.ms",
	"flush.messages",
	"flush.ms",
	"follower.replication.throttled.replicas",
	"index.interval.bytes",
	"leader.replication.throttled.replicas",
	"local.retention.bytes",
	"local.retention.ms",
	"max.compaction.lag.ms",
	"max.message.bytes",
	"message.downconversion.enable",
	"message.format.version",
	"message.timestamp.after.max.ms",
	"message.timestamp.before.max.ms",
	"message.timestamp.difference.max.ms",
	"message.timestamp.type",
	"min.cleanable.dirty.ratio",
	"min.compaction.lag.ms",
	"min.insync.replicas",
	"preallocate",
	"remote.log.copy.disable",
	"remote.log.delete.on.disable",
	"remote.storage.enable",
	"retention.bytes",
	"retention.ms",
	"segment.bytes",
	"segment.index.bytes",
	"segment.jitter.ms",
	"segment.ms",
	"unclean.leader.election.enable",
};

/* Is the comma-separated list's word there? */
static bool
list_has(const char *list, const char *word, size_t len)
{
	while (list != NULL && *list != '\0')
	{
		size_t skip = strspn(list, ", \t\n");
		size_t word_len = strcspn(list + skip, ", \t\n");

		if (word_len == len && strncmp(list + skip, word, len) == 0)
			return true;
		list += skip + word_len;
	}
	return false;
}

/*
 * The sender matches topics with the C library's expressions, which have
 * fewer constructs than those of tables and columns.
 */
static void
check_creation_regex(W2kPropertyParse *parse, const W2kSaid *said)
{
	const char *p;

	for (p = said->value; *p != '\0'; p++)
	{
		if (p[0] == '(' && p[1] == '?')
			w2k_properties_invalid(parse, said->name, said->value)->detail =
				"Groups beginning with \"(?\" are not supported here.";
		else if (p[0] == '\\' && p[1] != '\0')
		{
			p++;
			if (!isalnum((unsigned char) *p) || strchr("dwWsSbB", *p) != NULL)
				continue;
			w2k_properties_invalid(parse, said->name, said->value)->detail =
				psprintf("\"\\%c\" is not supported here.", *p);
		}
		else
			continue;
		return;
	}
}

/* One topic.creation.<group>.<property>. */
static void
check_creation_property(W2kPropertyParse *parse, const W2kSaid *said,
						const char *groups)
{
	const char *group = said->name + strlen(CREATION_PREFIX);
	size_t group_len = strcspn(group, ".");
	const char *property = group + group_len + 1;
	bool is_default = group_len == 7 && strncmp(group, "default", 7) == 0;
	const char *closest = NULL;
	int best_distance = W2K_NO_MATCH;
	W2kProblem *problem;
	int i;

	if (!is_default && !list_has(groups, group, group_len))
	{
		w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
						said->name, said->value,
						"group \"%.*s\" of connector property \"%s\" is not among \"topic.creation.groups\"",
						(int) group_len, group, said->name);
		return;
	}
	if (!is_default &&
		(strcmp(property, "include") == 0 || strcmp(property, "exclude") == 0))
	{
		check_creation_regex(parse, said);
		return;
	}
	if (said->prop->max != 0) /* replicas and partitions */
	{
		if (atoi(said->value) == 0)
			w2k_properties_invalid(parse, said->name, said->value)->hint =
				"It must be 1 or more, or -1 for the broker's default.";
		return;
	}
	if (strncmp(property, "confluent.", 10) == 0 ||
		strncmp(property, "redpanda.", 9) == 0)
		return;
	for (i = 0; i < (int) lengthof(topic_properties); i++)
	{
		if (w2k_properties_is_closer(property, topic_properties[i],
									 &best_distance))
			closest = topic_properties[i];
	}
	if (best_distance == 0)
		return;
	problem = w2k_problem_add(&parse->problems,
							  ERRCODE_INVALID_PARAMETER_VALUE, said->name,
							  said->value,
							  "unrecognized connector property \"%s\"",
							  said->name);
	if (closest != NULL)
		problem->hint = psprintf("Perhaps you meant \"%.*s%s\".",
								 (int) (property - said->name), said->name,
								 closest);
	else
		problem->hint =
			"It must be \"partitions\", \"replication.factor\" or a property of Kafka's topics.";
}

/* Hands one property to the sender, under the name that people gave it. */
static void
add_setting(W2kConnectorConfig *conf, const W2kSaid *said)
{
	W2kSenderSetting *setting = palloc0(sizeof(W2kSenderSetting));

	setting->name = psprintf("w2k.%s", said->name);
	setting->value = pstrdup(said->value);
	conf->sender_settings = lappend(conf->sender_settings, setting);
}

void
w2k_creation_take_settings(W2kPropertyParse *parse)
{
	const char *groups = w2k_properties_said(parse, "topic.creation.groups");
	const char *const required[] = {DEFAULT_GROUP "replication.factor",
									DEFAULT_GROUP "partitions"};
	const char *p;
	bool is_used = false;
	ListCell *lc;
	int i;

	foreach(lc, parse->said)
	{
		const W2kSaid *said = (const W2kSaid *) lfirst(lc);

		if (strncmp(said->name, CREATION_PREFIX, strlen(CREATION_PREFIX)) != 0)
			continue;
		is_used = true;
		if (strcmp(said->name, "topic.creation.groups") != 0)
			check_creation_property(parse, said, groups);
		add_setting(parse->conf, said);
	}
	for (i = 0; i < (int) lengthof(required) && is_used; i++)
	{
		if (w2k_properties_said(parse, required[i]) == NULL &&
			!w2k_properties_has_problem(parse, required[i]))
			w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
							required[i], NULL,
							"connector property \"%s\" must be set with other properties of \"topic.creation\"",
							required[i])
				->hint = "-1 stands for the broker's default.";
	}
	for (p = groups; p != NULL && *p != '\0';)
	{
		const char *include;

		p += strspn(p, ", \t\n");
		if (*p == '\0')
			break;
		include = psprintf(CREATION_PREFIX "%.*s.include",
						   (int) strcspn(p, ", \t\n"), p);
		if (w2k_properties_said(parse, include) == NULL &&
			!w2k_properties_has_problem(parse, include))
			w2k_problem_add(&parse->problems, ERRCODE_INVALID_PARAMETER_VALUE,
							include, NULL,
							"connector property \"%s\" must be set for a group of \"topic.creation.groups\"",
							include);
		p += strcspn(p, ", \t\n");
	}
}
