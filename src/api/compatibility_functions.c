/*
 * compatibility_functions.c
 *		SQL function that compares two schemas, as schema.compatibility does.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/result_row.h"
#include "schema/compatibility.h"

PG_FUNCTION_INFO_V1(wal2kafka_check_compatibility);

/* The number of a name; what is the argument's. */
static int
find_name(const char *what, const text *argument, const char *const *names,
		  int count)
{
	char *wanted = text_to_cstring(argument);
	StringInfoData valid;

	for (int i = 0; i < count; i++)
	{
		if (pg_strcasecmp(wanted, names[i]) == 0)
			return i;
	}
	initStringInfo(&valid);
	for (int i = 0; i < count; i++)
		appendStringInfo(&valid, "%s\"%s\"",
						 i == 0			  ? ""
						 : i == count - 1 ? " and "
										  : ", ",
						 names[i]);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unrecognized %s: \"%s\"", what, wanted),
					errhint("Valid values are %s.", valid.data)));
	return -1;
}

/*
 * check_compatibility(schema_type, rule, old_schema, new_schema)
 *	-> path, problem
 *
 * No row where the new schema may follow the old one.
 */
Datum
wal2kafka_check_compatibility(PG_FUNCTION_ARGS)
{
	int language = find_name("schema type", PG_GETARG_TEXT_PP(0),
							 w2k_language_names, W2K_LANGUAGES);
	int rule = find_name("rule of compatibility", PG_GETARG_TEXT_PP(1),
						 w2k_compatibility_names, W2K_COMPATIBILITIES);
	char *old_text = text_to_cstring(PG_GETARG_TEXT_PP(2));
	char *new_text = text_to_cstring(PG_GETARG_TEXT_PP(3));
	List *found;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	found = w2k_compatibility_check((W2kSchemaLanguage) language,
									(W2kCompatibility) rule, old_text,
									new_text);
	foreach(lc, found)
	{
		const W2kIncompatibility *item = (const W2kIncompatibility *) lfirst(
			lc);
		W2kResultRow row = {0};

		w2k_result_add_text(&row, item->path);
		w2k_result_add_text(&row, item->problem);
		w2k_result_put(fcinfo, &row);
	}
	return (Datum) 0;
}
