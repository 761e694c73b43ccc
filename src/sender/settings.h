/*
 * settings.h
 *		What the sender was told: the CONFIG frame, or the file of --config.
 *
 * Names without prefix are librdkafka's own; the producer gives them to it in
 * order.  Ours begin with "w2k.".  Some of librdkafka's are refused here,
 * whoever set them, because they load code, run commands, or would have
 * records acknowledged that are not on Kafka.
 */
#ifndef W2K_SENDER_SETTINGS_H
#define W2K_SENDER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct W2kSetting
{
	char *name;
	char *value;
} W2kSetting;

typedef struct W2kSettingList
{
	W2kSetting *items;
	int count;
	int capacity;
} W2kSettingList;

typedef struct W2kSettings
{
	W2kSettingList kafka;	 /* librdkafka's, in order */
	W2kSettingList creation; /* w2k.topic.creation.*, without that prefix */
	W2kSettingList signal_consumer; /* w2k.signal.consumer.*, likewise */
	/* w2k.registry.value.* and w2k.registry.key.*, likewise */
	W2kSettingList registry[2];
	char *signal_topic;			/* w2k.signal.topic; NULL = no signals */
	char *signal_key;			/* w2k.signal.key, of the records for us */
	char *connector;			/* w2k.connector, for the client id */
	bool skips_records;			/* w2k.on.record.error = skip */
	int statistics_interval_ms; /* 0 = no statistics */
} W2kSettings;

/* A property of librdkafka's that we set; a list ends with a NULL name. */
typedef struct W2kFixedSetting
{
	const char *name;
	const char *value;
	bool is_optional; /* may be missing from the library */
} W2kFixedSetting;

/* Before what the user says, and in spite of it. */
extern const W2kFixedSetting w2k_settings_defaults[];
extern const W2kFixedSetting w2k_settings_forced[];

extern void w2k_settings_init(W2kSettings *settings);

/*
 * Adds one setting.  False when it is refused, with the reason in error; a
 * value that may be secret is never part of it.
 */
extern bool w2k_settings_add(W2kSettings *settings, const char *name,
							 const char *value, char *error,
							 size_t error_size);

/* Adds the settings of a file; an error names the file and the line. */
extern bool w2k_settings_load(W2kSettings *settings, const char *path,
							  char *error, size_t error_size);

/* Must this setting's value never be shown? */
extern bool w2k_settings_is_secret(const char *name);

/* The last value given to a setting of the list, or NULL. */
extern const char *w2k_settings_find(const W2kSettingList *list,
									 const char *name);

#endif /* W2K_SENDER_SETTINGS_H */
