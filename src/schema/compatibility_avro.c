/*
 * compatibility_avro.c
 *		Avro: may one schema read what another wrote?
 *
 * These are the rules of Avro's resolution of a writer's schema by a reader's,
 * as its Java library has them, which every registry asks: numbers may be
 * promoted, strings and bytes are one another's, a field that the writer lacks
 * has a default, a reader's union takes what one of its branches takes, a
 * writer's union needs all of its branches taken.  Named types are compared by
 * the last part of their names, or by the reader's aliases.  Logical types
 * and all other attributes are passed over.
 *
 * A text becomes a tree first.  A named type stands in it once; where it is
 * used again, and in itself, it is the same node.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "schema/compatibility.h"
#include "schema/jsonb_read.h"

typedef enum AvroType
{
	AVRO_NULL,
	AVRO_BOOLEAN,
	AVRO_INT,
	AVRO_LONG,
	AVRO_FLOAT,
	AVRO_DOUBLE,
	AVRO_BYTES,
	AVRO_STRING,
	AVRO_ARRAY,
	AVRO_MAP,
	AVRO_FIXED,
	AVRO_ENUM,
	AVRO_RECORD,
	AVRO_UNION /* last: it has no name */
} AvroType;

static const char *const type_names[] = {
	"null",	  "boolean", "int", "long",	 "float", "double", "bytes",
	"string", "array",	 "map", "fixed", "enum",  "record", "union",
};

typedef struct AvroSchema AvroSchema;

typedef struct AvroField
{
	char *name;
	List *aliases; /* of char * */
	bool has_default;
	AvroSchema *schema;
} AvroField;

struct AvroSchema
{
	AvroType type;
	char *name;		 /* the last part, of named types; else NULL */
	char *full_name; /* likewise */
	List *aliases;	 /* full names */
	List *parts;	 /* AvroField | branches | the element or value alone */
	List *symbols;	 /* of char * */
	bool has_symbol_default;
	char *size; /* of fixed, as text */
};

/* One text while it is read. */
typedef struct AvroReader
{
	List *named; /* of AvroSchema */
} AvroReader;

/* Two nodes that have been compared, or are being */
typedef struct AvroPair
{
	const AvroSchema *reader;
	const AvroSchema *writer;
	bool is_compatible; /* until the contrary is known */
	bool is_reported;	/* what is wrong has been said */
} AvroPair;

typedef struct AvroComparison
{
	W2kComparison *cmp;
	bool is_attempt; /* only the outcome counts */
	List **pairs;	 /* of AvroPair: records, which may hold themselves */
} AvroComparison;

static AvroSchema *read_schema(AvroReader *reader, const JsonbValue *v,
							   const char *space);
static void compare(AvroComparison *c, const AvroSchema *reader,
					const AvroSchema *writer);

/* ------------------------------------------------------------- reading */

static void
invalid(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid Avro schema"), errdetail("%s", what)));
}

/* A string, or an error that names what it should have been. */
static char *
get_string(const JsonbValue *v, const char *what)
{
	if (v == NULL || v->type != jbvString)
		invalid(psprintf("%s must be a string.", what));
	return pnstrdup(v->val.string.val, v->val.string.len);
}

static uint32
length_of(const JsonbValue *v, const char *what)
{
	if (!w2k_jsonb_is_array(v))
		invalid(psprintf("%s must be an array.", what));
	return w2k_jsonb_length(v);
}

static List *
read_strings(const JsonbValue *v, const char *what)
{
	List *strings = NIL;
	uint32 n = v == NULL ? 0 : length_of(v, what);

	for (uint32 i = 0; i < n; i++)
		strings = lappend(strings, get_string(w2k_jsonb_item(v, i), what));
	return strings;
}

/* A name within its namespace, unless it names its own. */
static char *
full_name(const char *name, const char *space)
{
	if (strchr(name, '.') != NULL || space[0] == '\0')
		return pstrdup(name);
	return psprintf("%s.%s", space, name);
}

static AvroSchema *
make_schema(AvroType type)
{
	AvroSchema *schema = palloc0(sizeof(AvroSchema));

	schema->type = type;
	return schema;
}

/* A primitive type, or one that was defined before. */
static AvroSchema *
read_reference(AvroReader *reader, const char *name, const char *space)
{
	char *wanted;
	ListCell *lc;

	for (int type = AVRO_NULL; type <= AVRO_STRING; type++)
	{
		if (strcmp(name, type_names[type]) == 0)
			return make_schema((AvroType) type);
	}
	wanted = full_name(name, space);
	foreach(lc, reader->named)
	{
		AvroSchema *schema = (AvroSchema *) lfirst(lc);

		if (strcmp(schema->full_name, wanted) == 0)
			return schema;
	}
	invalid(psprintf("Type \"%s\" is not defined in it.", wanted));
	return NULL;
}

static void
read_fields(AvroReader *reader, AvroSchema *schema, const JsonbValue *v,
			const char *space)
{
	uint32 n = length_of(v, "\"fields\"");

	for (uint32 i = 0; i < n; i++)
	{
		JsonbValue *item = w2k_jsonb_item(v, i);
		AvroField *field = palloc0(sizeof(AvroField));

		if (!w2k_jsonb_is_object(item))
			invalid("A field must be an object.");
		field->name = get_string(w2k_jsonb_get(item, "name"),
								 "The name of a field");
		field->aliases = read_strings(w2k_jsonb_get(item, "aliases"),
									  "\"aliases\"");
		field->has_default = w2k_jsonb_get(item, "default") != NULL;
		field->schema = read_schema(reader, w2k_jsonb_get(item, "type"), space);
		schema->parts = lappend(schema->parts, field);
	}
}

/* A record, an enum, a fixed: known by name from here on. */
static AvroSchema *
read_named(AvroReader *reader, AvroType type, const JsonbValue *v,
		   const char *space)
{
	AvroSchema *schema = make_schema(type);
	char *name = get_string(w2k_jsonb_get(v, "name"), "\"name\"");
	const JsonbValue *own_space = w2k_jsonb_get(v, "namespace");
	char *dot;
	ListCell *lc;

	if (own_space != NULL)
		space = get_string(own_space, "\"namespace\"");
	schema->full_name = full_name(name, space);
	dot = strrchr(schema->full_name, '.');
	schema->name = dot ? dot + 1 : schema->full_name;
	space = dot ? pnstrdup(schema->full_name, dot - schema->full_name) : "";
	schema->aliases = read_strings(w2k_jsonb_get(v, "aliases"), "\"aliases\"");
	foreach(lc, schema->aliases)
		lfirst(lc) = full_name((const char *) lfirst(lc), space);
	reader->named = lappend(reader->named, schema);

	if (type == AVRO_RECORD)
		read_fields(reader, schema, w2k_jsonb_get(v, "fields"), space);
	else if (type == AVRO_ENUM)
	{
		const JsonbValue *symbol = w2k_jsonb_get(v, "default");

		schema->symbols = read_strings(w2k_jsonb_get(v, "symbols"),
									   "\"symbols\"");
		schema->has_symbol_default = symbol != NULL;
	}
	else
	{
		const JsonbValue *size = w2k_jsonb_get(v, "size");

		if (size == NULL || size->type != jbvNumeric)
			invalid("\"size\" must be a number.");
		schema->size = DatumGetCString(
			DirectFunctionCall1(numeric_out,
								NumericGetDatum(size->val.numeric)));
	}
	return schema;
}

/* A type that is an object: its "type" says what it is. */
static AvroSchema *
read_object(AvroReader *reader, const JsonbValue *v, const char *space)
{
	const JsonbValue *type = w2k_jsonb_get(v, "type");
	AvroSchema *schema;
	char *name;

	if (type == NULL || type->type != jbvString)
		return read_schema(reader, type, space);
	name = get_string(type, "\"type\"");
	if (strcmp(name, "record") == 0 || strcmp(name, "error") == 0)
		return read_named(reader, AVRO_RECORD, v, space);
	if (strcmp(name, "enum") == 0)
		return read_named(reader, AVRO_ENUM, v, space);
	if (strcmp(name, "fixed") == 0)
		return read_named(reader, AVRO_FIXED, v, space);
	if (strcmp(name, "array") == 0)
	{
		schema = make_schema(AVRO_ARRAY);
		schema->parts = list_make1(
			read_schema(reader, w2k_jsonb_get(v, "items"), space));
		return schema;
	}
	if (strcmp(name, "map") == 0)
	{
		schema = make_schema(AVRO_MAP);
		schema->parts = list_make1(
			read_schema(reader, w2k_jsonb_get(v, "values"), space));
		return schema;
	}
	return read_reference(reader, name, space);
}

static AvroSchema *
read_schema(AvroReader *reader, const JsonbValue *v, const char *space)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (w2k_jsonb_is_object(v))
		return read_object(reader, v, space);
	if (w2k_jsonb_is_array(v))
	{
		AvroSchema *schema = make_schema(AVRO_UNION);
		uint32 n = w2k_jsonb_length(v);

		for (uint32 i = 0; i < n; i++)
			schema->parts =
				lappend(schema->parts,
						read_schema(reader,
									getIthJsonbValueFromContainer(v->val.binary
																	  .data,
																  i),
									space));
		return schema;
	}
	return read_reference(reader, get_string(v, "A type"), space);
}

static AvroSchema *
read_text(const char *text)
{
	AvroReader reader = {0};

	return read_schema(&reader, w2k_jsonb_parse(text), "");
}

/* ----------------------------------------------------------- comparing */

static bool
has_string(const List *strings, const char *wanted)
{
	ListCell *lc;

	foreach(lc, strings)
	{
		if (strcmp((const char *) lfirst(lc), wanted) == 0)
			return true;
	}
	return false;
}

/* What people call a type. */
static const char *
describe(const AvroSchema *schema)
{
	StringInfoData out;
	ListCell *lc;

	if (schema->name != NULL)
		return psprintf("%s \"%s\"", type_names[schema->type], schema->name);
	if (schema->type != AVRO_UNION)
		return type_names[schema->type];
	initStringInfo(&out);
	foreach(lc, schema->parts)
	{
		const AvroSchema *branch = (const AvroSchema *) lfirst(lc);

		appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "union of ",
						 branch->name ? branch->name
									  : type_names[branch->type]);
	}
	return out.data;
}

/* May a number or a string be read as another? */
static bool
is_promoted(AvroType reader, AvroType writer)
{
	switch (reader)
	{
		case AVRO_LONG:
		case AVRO_FLOAT:
		case AVRO_DOUBLE:
			return writer >= AVRO_INT && writer < reader;
		case AVRO_BYTES:
			return writer == AVRO_STRING;
		case AVRO_STRING:
			return writer == AVRO_BYTES;
		default:
			return false;
	}
}

/* Only the outcome counts. */
static bool
can_read(AvroComparison *c, const AvroSchema *reader, const AvroSchema *writer)
{
	AvroComparison attempt = {w2k_comparison_try(c->cmp), true, c->pairs};

	compare(&attempt, reader, writer);
	return attempt.cmp->found == NIL;
}

static const AvroField *
find_field(const AvroSchema *record, const char *name)
{
	ListCell *lc;

	foreach(lc, record->parts)
	{
		const AvroField *field = (const AvroField *) lfirst(lc);

		if (strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

/* The field that a reader's field takes: of its name, or of an alias. */
static const AvroField *
find_writer_field(const AvroSchema *writer, const AvroField *field)
{
	const AvroField *found = find_field(writer, field->name);
	ListCell *lc;

	foreach(lc, field->aliases)
	{
		if (found != NULL)
			break;
		found = find_field(writer, (const char *) lfirst(lc));
	}
	return found;
}

static void
compare_fields(AvroComparison *c, const AvroSchema *reader,
			   const AvroSchema *writer)
{
	ListCell *lc;

	foreach(lc, reader->parts)
	{
		const AvroField *field = (const AvroField *) lfirst(lc);
		const AvroField *other = find_writer_field(writer, field);
		int len = w2k_comparison_enter(c->cmp, field->name);

		if (other != NULL)
			compare(c, field->schema, other->schema);
		else if (!field->has_default)
			w2k_comparison_add(c->cmp, W2K_CHANGE_NO_DEFAULT, NULL, NULL);
		w2k_comparison_leave(c->cmp, len);
	}
}

static AvroPair *
find_pair(AvroComparison *c, const AvroSchema *reader, const AvroSchema *writer)
{
	ListCell *lc;

	foreach(lc, *c->pairs)
	{
		AvroPair *pair = (AvroPair *) lfirst(lc);

		if (pair->reader == reader && pair->writer == writer)
			return pair;
	}
	return NULL;
}

/*
 * Records, which are compared once: whoever uses the same two again has the
 * answer, and nothing is said twice.  A record within itself is taken to be
 * compatible while it is being compared.
 */
static void
compare_records(AvroComparison *c, const AvroSchema *reader,
				const AvroSchema *writer)
{
	AvroPair *pair = find_pair(c, reader, writer);
	int nfound = list_length(c->cmp->found);

	if (pair == NULL)
	{
		pair = palloc0(sizeof(AvroPair));
		pair->reader = reader;
		pair->writer = writer;
		pair->is_compatible = true;
		*c->pairs = lappend(*c->pairs, pair);
	}
	else if (pair->is_compatible || pair->is_reported)
		return;
	else if (c->is_attempt)
	{
		w2k_comparison_add(c->cmp, W2K_CHANGE_TYPE, "", "");
		return;
	}
	pair->is_reported = !c->is_attempt;
	compare_fields(c, reader, writer);
	pair->is_compatible = list_length(c->cmp->found) == nfound;
}

static void
compare_symbols(AvroComparison *c, const AvroSchema *reader,
				const AvroSchema *writer)
{
	StringInfoData missing;
	ListCell *lc;

	initStringInfo(&missing);
	foreach(lc, writer->symbols)
	{
		const char *symbol = (const char *) lfirst(lc);

		if (!has_string(reader->symbols, symbol))
			appendStringInfo(&missing, "%s\"%s\"", missing.len > 0 ? ", " : "",
							 symbol);
	}
	if (missing.len > 0 && !reader->has_symbol_default)
		w2k_comparison_add(c->cmp, W2K_CHANGE_SYMBOLS, missing.data, NULL);
}

static void
compare_named(AvroComparison *c, const AvroSchema *reader,
			  const AvroSchema *writer)
{
	if (strcmp(reader->name, writer->name) != 0 &&
		!has_string(reader->aliases, writer->full_name))
		w2k_comparison_add(c->cmp, W2K_CHANGE_NAME, writer->name, reader->name);
	if (reader->type == AVRO_RECORD)
		compare_records(c, reader, writer);
	else if (reader->type == AVRO_ENUM)
		compare_symbols(c, reader, writer);
	else if (strcmp(reader->size, writer->size) != 0)
		w2k_comparison_add(c->cmp, W2K_CHANGE_SIZE, writer->size, reader->size);
}

/*
 * A reader's union takes what any of its branches takes.  Where none does, but
 * one is of the writer's type, what is wrong with that one says more.
 */
static void
compare_to_branches(AvroComparison *c, const AvroSchema *reader,
					const AvroSchema *writer)
{
	const AvroSchema *nearest = NULL;
	ListCell *lc;

	foreach(lc, reader->parts)
	{
		const AvroSchema *branch = (const AvroSchema *) lfirst(lc);

		if (can_read(c, branch, writer))
			return;
		if (nearest == NULL && branch->type == writer->type)
			nearest = branch;
	}
	if (nearest != NULL)
		compare(c, nearest, writer);
	else
		w2k_comparison_add(c->cmp, W2K_CHANGE_BRANCH, describe(writer),
						   describe(writer));
}

/* A branch of a writer's union: a type that it alone has is one too many. */
static void
compare_branch(AvroComparison *c, const AvroSchema *reader,
			   const AvroSchema *branch)
{
	if (reader->type != AVRO_UNION && reader->type != branch->type &&
		!is_promoted(reader->type, branch->type))
		w2k_comparison_add(c->cmp, W2K_CHANGE_BRANCH, describe(branch),
						   describe(branch));
	else
		compare(c, reader, branch);
}

static void
compare(AvroComparison *c, const AvroSchema *reader, const AvroSchema *writer)
{
	ListCell *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (writer->type == AVRO_UNION)
	{
		foreach(lc, writer->parts)
			compare_branch(c, reader, (const AvroSchema *) lfirst(lc));
	}
	else if (reader->type == AVRO_UNION)
		compare_to_branches(c, reader, writer);
	else if (reader->type != writer->type)
	{
		if (!is_promoted(reader->type, writer->type))
			w2k_comparison_add(c->cmp, W2K_CHANGE_TYPE, describe(writer),
							   describe(reader));
	}
	else if (reader->name != NULL)
		compare_named(c, reader, writer);
	else if (reader->type == AVRO_ARRAY || reader->type == AVRO_MAP)
	{
		int len = w2k_comparison_enter(c->cmp, reader->type == AVRO_ARRAY
												   ? "items"
												   : "values");

		compare(c, (const AvroSchema *) linitial(reader->parts),
				(const AvroSchema *) linitial(writer->parts));
		w2k_comparison_leave(c->cmp, len);
	}
}

void
w2k_compatibility_avro(W2kComparison *cmp, const char *old_text,
					   const char *new_text)
{
	List *pairs = NIL;
	AvroComparison c = {cmp, false, &pairs};

	compare(&c, read_text(new_text), read_text(old_text));
}
