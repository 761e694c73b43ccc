/*
 * config_functions.c
 *		SQL functions that tell about configurations and change nothing.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "config/connector.h"
#include "config/kafka.h"
#include "config/properties.h"
#include "config/secrets.h"
#include "config/transforms.h"

/* Columns that a row of these functions may have. */
#define MAX_COLUMNS 9

PG_FUNCTION_INFO_V1(wal2kafka_validate_config);
PG_FUNCTION_INFO_V1(wal2kafka_connector_properties);
PG_FUNCTION_INFO_V1(wal2kafka_connector_plugins);
PG_FUNCTION_INFO_V1(wal2kafka_kafka_settings);

/* Appends a row of texts, NULL for null, and of the flags behind them. */
static void
put_row(ReturnSetInfo *rsinfo, int ntexts, const char *const *texts,
		int nflags, const bool *is_set)
{
	Datum values[MAX_COLUMNS] = {0};
	bool nulls[MAX_COLUMNS] = {0};
	int i;

	if (ntexts + nflags != rsinfo->setDesc->natts)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg(
					 "extension \"wal2kafka\" and its library are of different versions"),
				 errhint(
					 "Run ALTER EXTENSION wal2kafka UPDATE, and restart the server.")));
	for (i = 0; i < ntexts; i++)
	{
		nulls[i] = texts[i] == NULL;
		if (!nulls[i])
			values[i] = CStringGetTextDatum(texts[i]);
	}
	for (i = 0; i < nflags; i++)
		values[ntexts + i] = BoolGetDatum(is_set[i]);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* The connector's name, where the document repeats it; it may be a default. */
static const char *
get_name(Jsonb *config)
{
	JsonbValue v;

	if (!JB_ROOT_IS_OBJECT(config) ||
		getKeyJsonValueFromContainer(&config->root, "name", 4, &v) == NULL ||
		v.type != jbvString)
		return NULL;
	return pnstrdup(v.val.string.val, v.val.string.len);
}

/*
 * validate_config(config) -> property, value, problem, severity, hint
 *
 * What create_connector() would say of it, all at once.  Secrets are masked.
 */
Datum
wal2kafka_validate_config(PG_FUNCTION_ARGS)
{
	Jsonb *config = PG_GETARG_JSONB_P(0);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	W2kPropertyParse *parse;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);

	parse = w2k_connector_check(get_name(config), &config->root, superuser(),
								true);

	foreach(lc, parse->problems)
	{
		const W2kProblem *problem = (const W2kProblem *) lfirst(lc);
		const char *hint = problem->hint ? problem->hint : problem->detail;
		const char *texts[5];

		if (problem->hint != NULL && problem->detail != NULL)
			hint = psprintf("%s %s", problem->detail, problem->hint);
		texts[0] = problem->property;
		texts[1] = problem->value;
		texts[2] = problem->message;
		texts[3] = problem->is_error ? "error" : "notice";
		texts[4] = hint;
		put_row(rsinfo, 5, texts, 0, NULL);
	}
	foreach(lc, parse->ignored)
	{
		const W2kSaid *said = (const W2kSaid *) lfirst(lc);
		const char *texts[5];

		texts[0] = said->name;
		texts[1] = w2k_properties_show(said->name, said->value);
		texts[2] = w2k_properties_support(said->prop);
		texts[3] = "notice";
		texts[4] = NULL;
		put_row(rsinfo, 5, texts, 0, NULL);
	}
	return (Datum) 0;
}

/* The property table's rows. */
static void
put_properties(ReturnSetInfo *rsinfo)
{
	int i;

	for (i = 0; i < w2k_nproperties; i++)
	{
		const W2kProperty *prop = &w2k_properties[i];
		const char *texts[7];
		bool is_set[2];

		texts[0] = prop->name;
		texts[1] = w2k_properties_type_name(prop->type);
		texts[2] = prop->default_value;
		texts[3] = w2k_properties_range(prop);
		texts[4] = prop->support == W2K_NO_EFFECT ? NULL : prop->text;
		texts[5] = w2k_properties_support(prop);
		texts[6] = prop->category;
		is_set[0] = (prop->flags & W2K_PROP_SECRET) != 0;
		is_set[1] = (prop->flags & W2K_PROP_SUPERUSER) != 0;
		put_row(rsinfo, 7, texts, 2, is_set);
	}
}

/* The options of classes of transforms, or of predicates. */
static void
put_options(ReturnSetInfo *rsinfo, const char *family, const char *what,
			const W2kTransformClass *classes, int nclasses)
{
	for (int i = 0; i < nclasses; i++)
	{
		const W2kTransformClass *class = &classes[i];
		const char *short_name = strrchr(class->name, '.') + 1;

		for (int j = 0; j < class->noptions; j++)
		{
			const W2kProperty *prop = &class->options[j];
			const char *texts[7];
			const bool is_set[2] = {false, false};

			texts[0] = psprintf("%s.<%s>.%s", family, short_name, prop->name);
			texts[1] = w2k_properties_type_name(prop->type);
			texts[2] = prop->default_value;
			texts[3] = w2k_properties_range(prop);
			texts[4] = prop->support == W2K_NO_EFFECT ? NULL : prop->text;
			texts[5] = w2k_properties_support(prop);
			texts[6] = psprintf("%s %s", what, short_name);
			put_row(rsinfo, 7, texts, 2, is_set);
		}
	}
}

/* The Kafka client's, below producer.override. */
static void
put_client_properties(ReturnSetInfo *rsinfo)
{
	W2kClientDescription about;
	int i;

	for (i = 0; w2k_kafka_describe(i, &about); i++)
	{
		const char *texts[7];
		bool is_set[2];

		texts[0] = about.name;
		texts[1] = about.type;
		texts[2] = about.default_value;
		texts[3] = about.range;
		texts[4] = about.text;
		texts[5] = about.support;
		texts[6] = "Kafka client";
		is_set[0] = about.is_secret;
		is_set[1] = about.is_superuser;
		put_row(rsinfo, 7, texts, 2, is_set);
	}
}

/*
 * connector_properties -> name, type, default, range, description, support,
 * category, is_secret, superuser_only
 */
Datum
wal2kafka_connector_properties(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	put_properties(rsinfo);
	put_options(rsinfo, "transforms", "Transform", w2k_transform_classes,
				w2k_ntransform_classes);
	put_options(rsinfo, "predicates", "Predicate", w2k_predicate_classes,
				w2k_npredicate_classes);
	put_client_properties(rsinfo);
	return (Datum) 0;
}

static void
put_plugin(ReturnSetInfo *rsinfo, const char *class, const char *type)
{
	const char *texts[3] = {class, type, W2K_VERSION};

	put_row(rsinfo, 3, texts, 0, NULL);
}

/* connector_plugins() -> class, type, version: as Connect's resource */
Datum
wal2kafka_connector_plugins(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const char *const classes[] = {W2K_DEBEZIUM_CLASS, W2K_NAME};
	int i;

	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < (int) lengthof(classes); i++)
		put_plugin(rsinfo, classes[i], "source");
	for (i = 0; i < w2k_ntransform_classes; i++)
		put_plugin(rsinfo, w2k_transform_classes[i].name, "transformation");
	for (i = 0; i < w2k_npredicate_classes; i++)
		put_plugin(rsinfo, w2k_predicate_classes[i].name, "predicate");
	return (Datum) 0;
}

/*
 * kafka_settings(config) -> name, value
 *
 * What the sender would be told: librdkafka's properties by its own names,
 * and ours.  Raises what is wrong with the configuration.  Secrets are masked;
 * ${file:..} and the like are not resolved here.
 */
Datum
wal2kafka_kafka_settings(PG_FUNCTION_ARGS)
{
	Jsonb *config = PG_GETARG_JSONB_P(0);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	W2kConnectorConfig *conf;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	conf = w2k_connector_parse(get_name(config), &config->root, superuser(),
							   true);
	foreach(lc, conf->sender_settings)
	{
		const W2kSenderSetting *setting = (const W2kSenderSetting *) lfirst(lc);
		const char *texts[2];

		texts[0] = setting->name;
		texts[1] = setting->is_secret ? W2K_MASK : setting->value;
		put_row(rsinfo, 2, texts, 0, NULL);
	}
	return (Datum) 0;
}
