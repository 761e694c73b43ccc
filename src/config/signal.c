/*
 * signal.c
 *		What a signal asks for: Debezium's types, and their data.
 *
 * See reference section 5.4 of Debezium.  What it ignores is ignored here:
 * members that mean nothing, conditions for tables that are not asked for.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "parser/parser.h"

#include "config/javaregex.h"
#include "config/signal.h"

static const struct
{
	const char *name;
	W2kSignalAction action;
} types[] = {
	{"execute-snapshot", W2K_SIGNAL_EXECUTE},
	{"stop-snapshot", W2K_SIGNAL_STOP},
	{"pause-snapshot", W2K_SIGNAL_PAUSE},
	{"resume-snapshot", W2K_SIGNAL_RESUME},
	{"log", W2K_SIGNAL_LOG},
	{"schema-changes", W2K_SIGNAL_NOTHING},
	{"snapshot-window-open", W2K_SIGNAL_NOTHING},
	{"snapshot-window-close", W2K_SIGNAL_NOTHING},
};

struct W2kSignalPattern
{
	char *schema; /* of a quoted name */
	char *table;
	W2kJavaRegex *regex; /* NULL = a quoted name */
};

/* ---- members of the data ---- */

static const JsonbValue *
find_member(JsonbContainer *object, const char *name)
{
	JsonbValue *v = getKeyJsonValueFromContainer(object, name,
												 (int) strlen(name), NULL);

	return v == NULL || v->type == jbvNull ? NULL : v;
}

/* A string; NULL where it is missing, or is something else: a problem. */
static char *
read_string(W2kSignal *signal, JsonbContainer *object, const char *name)
{
	const JsonbValue *v = find_member(object, name);

	if (v == NULL)
		return NULL;
	if (v->type != jbvString)
	{
		signal->problem = psprintf("member \"%s\" must be a string", name);
		return NULL;
	}
	return pnstrdup(v->val.string.val, v->val.string.len);
}

/* The elements of an array, JsonbValues; NIL where it is missing. */
static List *
read_array(W2kSignal *signal, JsonbContainer *object, const char *name)
{
	const JsonbValue *v = find_member(object, name);
	List *elements = NIL;

	if (v == NULL)
		return NIL;
	if (v->type != jbvBinary || !JsonContainerIsArray(v->val.binary.data) ||
		JsonContainerIsScalar(v->val.binary.data))
	{
		signal->problem = psprintf("member \"%s\" must be an array", name);
		return NIL;
	}
	for (uint32 i = 0; i < JsonContainerSize(v->val.binary.data); i++)
		elements = lappend(elements,
						   getIthJsonbValueFromContainer(v->val.binary.data,
														 i));
	return elements;
}

/* data-collections */
static void
read_collections(W2kSignal *signal, JsonbContainer *data)
{
	ListCell *lc;

	foreach(lc, read_array(signal, data, "data-collections"))
	{
		JsonbValue *v = lfirst(lc);
		char *collection;
		char *problem;

		if (v->type != jbvString)
		{
			signal->problem =
				"member \"data-collections\" must be an array of strings";
			return;
		}
		collection = pnstrdup(v->val.string.val, v->val.string.len);
		problem = w2k_signal_collection_problem(collection);
		if (problem != NULL)
		{
			signal->problem =
				psprintf("\"%s\" among \"data-collections\" cannot be used: %s",
						 collection, problem);
			return;
		}
		signal->collections = lappend(signal->collections, collection);
	}
}

/* relids, strings of numbers; no hand writes them */
static void
read_relids(W2kSignal *signal, JsonbContainer *data)
{
	ListCell *lc;

	foreach(lc, read_array(signal, data, W2K_SIGNAL_RELIDS))
	{
		JsonbValue *v = lfirst(lc);

		if (v->type == jbvString)
			signal->relids = lappend_oid(signal->relids,
										 strtoul(pnstrdup(v->val.string.val,
														  v->val.string.len),
												 NULL, 10));
	}
}

static void
add_condition(W2kSignal *signal, char *collection, char *filter)
{
	W2kSignalCondition *condition = palloc(sizeof(W2kSignalCondition));

	condition->collection = collection;
	condition->filter = filter;
	signal->conditions = lappend(signal->conditions, condition);
}

/* additional-conditions, and the one of old, which was for all tables */
static void
read_conditions(W2kSignal *signal, JsonbContainer *data)
{
	char *filter = read_string(signal, data, "additional-condition");
	ListCell *lc;

	foreach(lc, read_array(signal, data, "additional-conditions"))
	{
		JsonbValue *v = lfirst(lc);
		char *collection = NULL;
		char *condition = NULL;

		if (v->type == jbvBinary && JsonContainerIsObject(v->val.binary.data))
		{
			collection = read_string(signal, v->val.binary.data,
									 "data-collection");
			condition = read_string(signal, v->val.binary.data, "filter");
		}
		if (collection == NULL || condition == NULL ||
			w2k_signal_collection_problem(collection) != NULL)
		{
			signal->problem =
				"member \"additional-conditions\" must be an array of objects with a \"data-collection\" and a \"filter\"";
			return;
		}
		if (condition[strspn(condition, " \t\r\n")] != '\0')
			add_condition(signal, collection, condition);
	}
	if (filter != NULL && filter[strspn(filter, " \t\r\n")] != '\0')
		add_condition(signal, pstrdup(".*"), filter);
}

/* type: incremental unless it says otherwise */
static void
read_kind(W2kSignal *signal, JsonbContainer *data)
{
	char *kind = read_string(signal, data, "type");

	if (kind == NULL || pg_strcasecmp(kind, "incremental") == 0)
		return;
	if (pg_strcasecmp(kind, "blocking") == 0)
		signal->is_blocking = true;
	else
		signal->problem =
			"member \"type\" must be \"incremental\" or \"blocking\"";
}

/* The first member that is none of these; NULL where there is none. */
static const char *
find_unrecognized(JsonbContainer *data, const char *const *known)
{
	JsonbIterator *it = JsonbIteratorInit(data);
	JsonbIteratorToken token;
	JsonbValue v;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		char *name;
		bool is_known = false;

		if (token != WJB_KEY)
			continue;
		name = pnstrdup(v.val.string.val, v.val.string.len);
		for (int i = 0; known[i] != NULL && !is_known; i++)
			is_known = strcmp(name, known[i]) == 0;
		if (!is_known)
			return name;
	}
	return NULL;
}

static void
read_data(W2kSignal *signal, JsonbContainer *data)
{
	static const char *const log_members[] = {"message", NULL};
	static const char *const snapshot_members[] = {"data-collections",
												   "type",
												   "additional-conditions",
												   "additional-condition",
												   "surrogate-key",
												   NULL};

	if (signal->action == W2K_SIGNAL_LOG)
	{
		signal->unrecognized = find_unrecognized(data, log_members);
		signal->message = read_string(signal, data, "message");
		if (signal->message == NULL && signal->problem == NULL)
			signal->problem = "member \"message\" must be a string";
		return;
	}
	signal->unrecognized = find_unrecognized(data, snapshot_members);
	read_kind(signal, data);
	read_collections(signal, data);
	read_relids(signal, data);
	signal->surrogate_key = read_string(signal, data, "surrogate-key");
	if (signal->action != W2K_SIGNAL_EXECUTE)
		return;
	read_conditions(signal, data);
	if (signal->collections == NIL && signal->problem == NULL)
		signal->problem =
			"member \"data-collections\" must name at least one table";
}

W2kSignal *
w2k_signal_read(const char *type, Jsonb *data)
{
	W2kSignal *signal = palloc0(sizeof(W2kSignal));

	for (size_t i = 0; i < lengthof(types) && !signal->is_type_known; i++)
	{
		if (strcmp(types[i].name, type) != 0)
			continue;
		signal->is_type_known = true;
		signal->action = types[i].action;
	}
	if (!signal->is_type_known)
		signal->problem = psprintf("unrecognized type \"%s\"", type);
	else if (data != NULL && !JB_ROOT_IS_OBJECT(data))
		signal->problem = "data must be a JSON object";
	else if (signal->action == W2K_SIGNAL_LOG ||
			 signal->action == W2K_SIGNAL_EXECUTE ||
			 (signal->action == W2K_SIGNAL_STOP && data != NULL))
	{
		if (data == NULL)
			signal->problem = "data must be a JSON object";
		else
			read_data(signal, &data->root);
	}
	return signal;
}

/* ---- names of tables ---- */

/*
 * One part of a quoted name at p, unquoted into buf (of the text's size).
 * Returns the byte behind it, NULL where there is none.
 */
static const char *
read_part(const char *p, char *buf)
{
	if (*p != '"')
	{
		size_t len = strcspn(p, ".\"");

		memcpy(buf, p, len);
		buf[len] = '\0';
		return len > 0 ? p + len : NULL;
	}
	for (p++; *p != '\0'; p++)
	{
		if (*p == '"' && p[1] != '"')
			break;
		if (*p == '"')
			p++;
		*buf++ = *p;
	}
	*buf = '\0';
	return *p == '"' ? p + 1 : NULL;
}

/* schema.table, each part quoted or not; false where it is not that. */
static bool
read_name(const char *name, char **schema, char **table)
{
	size_t size = strlen(name) + 1;
	const char *p;

	*schema = palloc(size);
	*table = palloc(size);
	p = read_part(name, *schema);
	if (p == NULL || *p != '.')
		return false;
	p = read_part(p + 1, *table);
	return p != NULL && *p == '\0';
}

/* The same with a quote at least, so that it is no regular expression. */
static bool
read_quoted(const char *collection, char **schema, char **table)
{
	return strchr(collection, '"') != NULL &&
		   read_name(collection, schema, table);
}

bool
w2k_signal_is_name(const char *name)
{
	char *schema;
	char *table;

	return read_name(name, &schema, &table);
}

bool
w2k_signal_is_listed(List *names, const char *schema, const char *table)
{
	ListCell *lc;

	foreach(lc, names)
	{
		char *listed_schema;
		char *listed_table;

		if (read_name(lfirst(lc), &listed_schema, &listed_table) &&
			strcmp(listed_schema, schema) == 0 &&
			strcmp(listed_table, table) == 0)
			return true;
	}
	return false;
}

W2kSignalPattern *
w2k_signal_compile(const char *collection)
{
	W2kSignalPattern *pattern = palloc0(sizeof(W2kSignalPattern));

	if (!read_quoted(collection, &pattern->schema, &pattern->table))
		pattern->regex = w2k_javaregex_compile(collection, NULL);
	return pattern;
}

bool
w2k_signal_matches(const W2kSignalPattern *pattern, const char *schema,
				   const char *table)
{
	char *name;
	bool is_match;

	if (pattern->regex == NULL)
		return strcmp(pattern->schema, schema) == 0 &&
			   strcmp(pattern->table, table) == 0;
	name = psprintf("%s.%s", schema, table);
	is_match = w2k_javaregex_matches(pattern->regex, name);
	pfree(name);
	return is_match;
}

bool
w2k_signal_matches_name(const W2kSignalPattern *pattern, const char *name)
{
	if (pattern->regex == NULL)
		return strcmp(psprintf("%s.%s", pattern->schema, pattern->table),
					  name) == 0;
	return w2k_javaregex_matches(pattern->regex, name);
}

char *
w2k_signal_collection_problem(const char *collection)
{
	char *schema;
	char *table;

	if (collection[0] == '\0')
		return pstrdup("it is empty");
	if (read_quoted(collection, &schema, &table))
		return NULL;
	return w2k_javaregex_problem(collection);
}

static void
append_quoted(StringInfo buf, const char *name)
{
	appendStringInfoChar(buf, '"');
	for (; *name != '\0'; name++)
	{
		if (*name == '"')
			appendStringInfoChar(buf, '"');
		appendStringInfoChar(buf, *name);
	}
	appendStringInfoChar(buf, '"');
}

char *
w2k_signal_quote(const char *schema, const char *table)
{
	StringInfoData buf;

	initStringInfo(&buf);
	append_quoted(&buf, schema);
	appendStringInfoChar(&buf, '.');
	append_quoted(&buf, table);
	return buf.data;
}

/* ---- filters ---- */

/* The position of a syntax error is in our query, not in the user's. */
static void
move_error(void *arg)
{
	const char *query = arg;
	int position = geterrposition();

	if (position <= 0)
		return;
	errposition(0);
	internalerrposition(position);
	internalerrquery(query);
}

/* Is a query with the filter what it was without, but for the WHERE? */
static bool
is_plain(const char *query)
{
	List *statements = raw_parser(query, RAW_PARSE_DEFAULT);
	SelectStmt *select;

	if (list_length(statements) != 1)
		return false;
	select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	return IsA(select, SelectStmt) && select->op == SETOP_NONE &&
		   select->whereClause != NULL && select->groupClause == NIL &&
		   select->havingClause == NULL && select->windowClause == NIL &&
		   select->sortClause == NIL && select->limitOffset == NULL &&
		   select->limitCount == NULL && select->lockingClause == NIL;
}

void
w2k_signal_check_filter(const char *filter)
{
	/* With parentheses and without: else "a) OR (b" would pass. */
	static const char *const formats[] = {"SELECT WHERE %s",
										  "SELECT WHERE (%s\n)"};
	ErrorContextCallback callback = {.callback = move_error,
									 .previous = error_context_stack};
	bool is_expression = true;

	error_context_stack = &callback;
	for (size_t i = 0; i < lengthof(formats) && is_expression; i++)
	{
		callback.arg = psprintf(formats[i], filter);
		is_expression = is_plain(callback.arg);
	}
	error_context_stack = callback.previous;
	if (!is_expression)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("filter must be one SQL expression")));
}
