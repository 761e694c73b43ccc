/*
 * snapshots.c
 *		What a configuration says of snapshots: snapshot.*.
 */
#include "postgres.h"

#include "config/problem.h"
#include "config/snapshots.h"

#define OVERRIDES "snapshot.select.statement.overrides"

const char *
w2k_snapshots_override(const W2kConnectorConfig *conf, const char *collection)
{
	ListCell *lc;
	const char *query = NULL;

	foreach(lc, conf->snapshot_overrides)
	{
		const W2kSelectOverride *override = lfirst(lc);

		if (strcmp(override->table, collection) == 0)
			query = override->query;
	}
	return query;
}

bool
w2k_snapshots_wants_data(const W2kConnectorConfig *conf)
{
	if (conf->start_after_lsn != InvalidXLogRecPtr)
		return false;
	switch (conf->snapshot_mode)
	{
		case W2K_SNAPSHOT_NO_DATA:
			return false;
		case W2K_SNAPSHOT_CONFIGURATION_BASED:
			return conf->snapshot_by_configuration;
		case W2K_SNAPSHOT_INITIAL:
		case W2K_SNAPSHOT_ALWAYS:
		case W2K_SNAPSHOT_INITIAL_ONLY:
		case W2K_SNAPSHOT_WHEN_NEEDED:
			return true;
	}
	return true; /* keep compiler quiet */
}

bool
w2k_snapshots_wants_stream(const W2kConnectorConfig *conf)
{
	if (conf->snapshot_mode == W2K_SNAPSHOT_CONFIGURATION_BASED)
		return conf->stream_by_configuration;
	return conf->snapshot_mode != W2K_SNAPSHOT_INITIAL_ONLY;
}

bool
w2k_snapshots_begins_anew(const W2kConnectorConfig *conf)
{
	return conf->snapshot_mode == W2K_SNAPSHOT_WHEN_NEEDED ||
		   (conf->snapshot_mode == W2K_SNAPSHOT_CONFIGURATION_BASED &&
			conf->anew_by_configuration);
}

void
w2k_snapshots_apply_override(W2kPropertyParse *parse, const W2kProperty *prop,
							 const char *name, const char *value)
{
	W2kSelectOverride *override = palloc(sizeof(W2kSelectOverride));

	override->table = pstrdup(name + strlen(OVERRIDES "."));
	override->query = pstrdup(value);
	parse->conf->snapshot_overrides = lappend(parse->conf->snapshot_overrides,
											  override);
}

/* Each table of the list has its query, as in Debezium. */
static void
check_overrides(W2kPropertyParse *parse)
{
	const char *list = w2k_properties_said(parse, OVERRIDES);
	char *copy;
	char *at;
	char *table;

	if (list == NULL)
		return;
	copy = pstrdup(list);
	for (table = strtok_r(copy, ",", &at); table != NULL;
		 table = strtok_r(NULL, ",", &at))
	{
		char *name;

		while (*table == ' ')
			table++;
		for (char *end = table + strlen(table); end > table && end[-1] == ' ';
			 end--)
			end[-1] = '\0';
		if (*table == '\0')
			continue;
		name = psprintf(OVERRIDES ".%s", table);
		if (w2k_properties_said(parse, name) == NULL)
			w2k_properties_invalid(parse, OVERRIDES, list)->hint =
				psprintf("Set connector property \"%s\" to a SELECT.", name);
	}
}

void
w2k_snapshots_check(W2kPropertyParse *parse)
{
	const W2kConnectorConfig *conf = parse->conf;

	check_overrides(parse);
	if (conf->snapshot_mode == W2K_SNAPSHOT_CONFIGURATION_BASED &&
		!conf->snapshot_by_configuration && !conf->stream_by_configuration)
		w2k_properties_invalid(parse, "snapshot.mode", "configuration_based")
			->hint =
			"Set snapshot.mode.configuration.based.snapshot.data or snapshot.mode.configuration.based.start.stream to true.";
}
