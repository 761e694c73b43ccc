/*
 * table_definition.c
 *		A captured table as schema change events describe it.
 *
 * The columns are those that records of the table have, in values or keys:
 * what column.exclude.list hides, or the connector's owner may not see, is
 * not told here either.  Types are what the JDBC driver says of them, as
 * Debezium has it: names and sizes as column.propagate.source.type tells
 * them, and the numbers of java.sql.Types.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "schema/defaults.h"
#include "schema/source_type.h"
#include "schema/table_definition.h"

/* java.sql.Types */
#define JDBC_BIT (-7)
#define JDBC_BIGINT (-5)
#define JDBC_BINARY (-2)
#define JDBC_CHAR 1
#define JDBC_NUMERIC 2
#define JDBC_INTEGER 4
#define JDBC_SMALLINT 5
#define JDBC_REAL 7
#define JDBC_DOUBLE 8
#define JDBC_VARCHAR 12
#define JDBC_DATE 91
#define JDBC_TIME 92
#define JDBC_TIMESTAMP 93
#define JDBC_OTHER 1111
#define JDBC_STRUCT 2002
#define JDBC_ARRAY 2003
#define JDBC_SQLXML 2009
#define JDBC_REF_CURSOR 2012

/* What the driver makes of the server's own types; JDBC_OTHER of the rest. */
static int
jdbc_type(Oid typid)
{
	switch (typid)
	{
		case BOOLOID:
		case BITOID:
			return JDBC_BIT;
		case INT2OID:
			return JDBC_SMALLINT;
		case INT4OID:
			return JDBC_INTEGER;
		case INT8OID:
		case OIDOID:
			return JDBC_BIGINT;
		case FLOAT4OID:
			return JDBC_REAL;
		case FLOAT8OID:
		case MONEYOID:
			return JDBC_DOUBLE;
		case NUMERICOID:
			return JDBC_NUMERIC;
		case CHAROID:
		case BPCHAROID:
			return JDBC_CHAR;
		case TEXTOID:
		case VARCHAROID:
		case NAMEOID:
			return JDBC_VARCHAR;
		case BYTEAOID:
			return JDBC_BINARY;
		case DATEOID:
			return JDBC_DATE;
		case TIMEOID:
		case TIMETZOID:
			return JDBC_TIME;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return JDBC_TIMESTAMP;
		case XMLOID:
			return JDBC_SQLXML;
		case REFCURSOROID:
			return JDBC_REF_CURSOR;
		default:
			break;
	}
	if (OidIsValid(get_element_type(typid)))
		return JDBC_ARRAY;
	switch (get_typtype(typid))
	{
		case TYPTYPE_ENUM:
			return JDBC_VARCHAR;
		case TYPTYPE_COMPOSITE:
			return JDBC_STRUCT;
		default:
			return JDBC_OTHER;
	}
}

static void
push_key(JsonbParseState **state, const char *name)
{
	JsonbValue v = {.type = jbvString};

	v.val.string.val = pstrdup(name);
	v.val.string.len = (int) strlen(name);
	(void) pushJsonbValue(state, WJB_KEY, &v);
}

static void
push_text(JsonbParseState **state, JsonbIteratorToken token, const char *text)
{
	JsonbValue v = {.type = jbvString};

	v.val.string.val = pstrdup(text);
	v.val.string.len = (int) strlen(text);
	(void) pushJsonbValue(state, token, &v);
}

static void
push_integer(JsonbParseState **state, const char *name, int64 integer)
{
	JsonbValue v = {.type = jbvNumeric};

	push_key(state, name);
	v.val.numeric = int64_to_numeric(integer);
	(void) pushJsonbValue(state, WJB_VALUE, &v);
}

static void
push_boolean(JsonbParseState **state, const char *name, bool boolean)
{
	JsonbValue v = {.type = jbvBool};

	push_key(state, name);
	v.val.boolean = boolean;
	(void) pushJsonbValue(state, WJB_VALUE, &v);
}

/* The labels of an enum, in their order. */
static void
push_labels(JsonbParseState **state, Oid typid)
{
	CatCList *list = SearchSysCacheList1(ENUMTYPOIDNAME,
										 ObjectIdGetDatum(typid));
	int nlabels = list->n_members;
	Form_pg_enum *labels = palloc(sizeof(Form_pg_enum) * Max(nlabels, 1));

	/* few, and almost always in order already */
	for (int i = 0; i < nlabels; i++)
	{
		Form_pg_enum label = (Form_pg_enum) GETSTRUCT(&list->members[i]->tuple);
		int at = i;

		while (at > 0 && labels[at - 1]->enumsortorder > label->enumsortorder)
		{
			labels[at] = labels[at - 1];
			at--;
		}
		labels[at] = label;
	}
	push_key(state, "enumValues");
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < nlabels; i++)
		push_text(state, WJB_ELEM, NameStr(labels[i]->enumlabel));
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
	ReleaseCatCacheList(list);
}

/* The expression of a column's default; NULL without one. */
static char *
get_default(Relation relation, AttrNumber attnum)
{
	const TupleConstr *constr = RelationGetDescr(relation)->constr;

	for (int i = 0; constr != NULL && i < constr->num_defval; i++)
	{
		if (constr->defval[i].adnum == attnum)
			return TextDatumGetCString(
				DirectFunctionCall2(pg_get_expr,
									CStringGetTextDatum(
										constr->defval[i].adbin),
									ObjectIdGetDatum(
										RelationGetRelid(relation))));
	}
	return NULL;
}

static void
push_column(JsonbParseState **state, const W2kColumn *column,
			Relation relation, int position)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation),
										  column->attnum - 1);
	const char *type_name = w2k_source_type_name(relation, column->attnum);
	W2kSourceType *source = w2k_source_type_read(type_name, column->type);
	bool is_generated = att->attgenerated != '\0';
	char *expression = is_generated ? NULL
									: get_default(relation, column->attnum);

	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_key(state, "name");
	push_text(state, WJB_VALUE, column->name);
	push_integer(state, "jdbcType", jdbc_type(column->type->oid));
	push_integer(state, "nativeType", column->type->oid);
	push_key(state, "typeName");
	push_text(state, WJB_VALUE, type_name);
	push_key(state, "typeExpression");
	push_text(state, WJB_VALUE, type_name);
	if (source->length >= 0)
		push_integer(state, "length", source->length);
	push_integer(state, "scale", source->scale);
	push_integer(state, "position", position);
	push_boolean(state, "optional", !column->is_not_null);
	push_boolean(state, "autoIncremented",
				 att->attidentity != '\0' ||
					 w2k_defaults_is_serial(relation, column->attnum));
	push_boolean(state, "generated", is_generated);
	if (expression != NULL)
	{
		push_key(state, "defaultValueExpression");
		push_text(state, WJB_VALUE, expression);
	}
	if (get_typtype(column->type->oid) == TYPTYPE_ENUM)
		push_labels(state, column->type->oid);
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/*
 * The object {"primaryKeyColumnNames": [...], "columns": [{...}, ...]}, with
 * the names of io.debezium.connector.schema.Table and Column; what is null is
 * left out.
 */
static void
push_definition(JsonbParseState **state, const W2kRelation *wrel,
				Relation relation)
{
	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_key(state, "primaryKeyColumnNames");
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < wrel->nkeys; i++)
		push_text(state, WJB_ELEM, wrel->keys[i]->name);
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);

	push_key(state, "columns");
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < wrel->ncolumns; i++)
		push_column(state, &wrel->columns[i], relation, i + 1);
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

void
w2k_table_definition_push_change(JsonbParseState **state, const char *type,
								 const char *schema, const char *table,
								 const W2kRelation *wrel, Relation relation)
{
	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_key(state, "type");
	push_text(state, WJB_VALUE, type);
	push_key(state, "schema");
	push_text(state, WJB_VALUE, schema);
	push_key(state, "name");
	push_text(state, WJB_VALUE, table);
	if (relation != NULL)
	{
		push_key(state, "table");
		push_definition(state, wrel, relation);
	}
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}
