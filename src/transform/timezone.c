/*
 * timezone.c
 *		TimezoneConverter: times are converted to a time zone.
 *
 * What a field holds, its schema's name tells.  Times with a zone are the same
 * instants, written with another offset.  Times without one count from 1970
 * as if in UTC; what they show is taken for local time in the zone, and they
 * become the count of that instant, as in Debezium.  Which offset holds at a
 * local time is Java's choice: the earlier one where clocks go back, and in a
 * gap the one before it.
 */
#include "postgres.h"

#include <ctype.h>
#include <time.h>

#include "common/int.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "config/timezone.h"
#include "transform/step.h"

#define DEBEZIUM_TIME "io.debezium.time."
#define NANOS_PER_SEC INT64CONST(1000000000)

typedef enum MatchKind
{
	MATCH_TOPIC,
	MATCH_TABLE,
	MATCH_ANY /* either */
} MatchKind;

/* A table or topic that a list names, and its fields. */
typedef struct Rule
{
	MatchKind kind;
	const char *name; /* topics: in the server's encoding; else UTF-8 */
	List *fields;	  /* NIL = all */
} Rule;

typedef enum Choice
{
	CHOOSE_ALL,
	CHOOSE_LISTED,
	CHOOSE_OTHERS
} Choice;

typedef struct TimezoneConverter
{
	W2kTimezone timezone;
	bool has_include;
	bool has_exclude;
	List *rules; /* of either list */
} TimezoneConverter;

/* ---- offsets ---- */

static int64
floor_div(int64 a, int64 b)
{
	int64 quotient = a / b;

	return a % b < 0 ? quotient - 1 : quotient;
}

/* The zone's offset at an instant, in seconds. */
static int
offset_at(const W2kTimezone *timezone, int64 unix_seconds)
{
	pg_time_t time = unix_seconds;
	struct pg_tm *tm;

	if (timezone->zone == NULL)
		return timezone->offset_seconds;
	tm = pg_localtime(&time, timezone->zone);
	return tm == NULL ? 0 : (int) tm->tm_gmtoff;
}

/* The offset at a local time, given as if it were UTC. */
static int
offset_at_local(const W2kTimezone *timezone, int64 local_seconds)
{
	int before = offset_at(timezone, local_seconds - SECS_PER_DAY);
	int after;

	if (offset_at(timezone, local_seconds - before) == before)
		return before;
	after = offset_at(timezone, local_seconds + SECS_PER_DAY);
	if (offset_at(timezone, local_seconds - after) == after)
		return after;
	return before;
}

/* ---- numbers ---- */

/* A sum; what is infinite stays what it is. */
static int64
add_or_keep(int64 number, int64 difference)
{
	int64 sum;

	return pg_add_s64_overflow(number, difference, &sum) ? number : sum;
}

/* A local time in units of which there are per_second. */
static int64
shift_local(const W2kTimezone *timezone, int64 local, int64 per_second)
{
	int64 seconds = floor_div(local, per_second);

	return add_or_keep(local, -offset_at_local(timezone, seconds) * per_second);
}

/* A time of the source block: the instant, moved by its offset. */
static int64
shift_instant(const W2kTimezone *timezone, int64 instant, int64 per_second)
{
	int64 seconds = floor_div(instant, per_second);

	return add_or_keep(instant, offset_at(timezone, seconds) * per_second);
}

/* ---- text ---- */

/* Reads digits, and a character behind them unless that is zero. */
static bool
read_digits(const char **p, int64 *number, char behind)
{
	if (!isdigit((unsigned char) **p))
		return false;
	*number = 0;
	while (isdigit((unsigned char) **p))
		*number = *number * 10 + *(*p)++ - '0';
	if (behind == '\0')
		return true;
	return *(*p)++ == behind;
}

/* "10:00:00", as seconds, and its fraction in nanoseconds */
static bool
read_time(const char **p, int64 *seconds, int64 *nanos)
{
	int64 hour;
	int64 minute;
	int64 second;

	*nanos = 0;
	if (!read_digits(p, &hour, ':') || !read_digits(p, &minute, ':') ||
		!read_digits(p, &second, '\0'))
		return false;
	*seconds = (hour * 60 + minute) * 60 + second;
	if (**p == '.')
	{
		int64 unit = NANOS_PER_SEC;

		for ((*p)++; isdigit((unsigned char) **p); (*p)++)
		{
			unit /= 10;
			*nanos += (**p - '0') * unit;
		}
	}
	return true;
}

/* A fraction without the zeroes behind it, nothing where it is zero. */
static void
append_fraction(StringInfo out, int64 nanos)
{
	if (nanos == 0)
		return;
	appendStringInfo(out, ".%09lld", (long long) nanos);
	while (out->data[out->len - 1] == '0')
		out->data[--out->len] = '\0';
}

static void
append_offset(StringInfo out, int offset)
{
	int seconds = abs(offset);

	if (offset == 0)
	{
		appendStringInfoChar(out, 'Z');
		return;
	}
	appendStringInfo(out, "%c%02d:%02d", offset < 0 ? '-' : '+',
					 seconds / SECS_PER_HOUR,
					 seconds / SECS_PER_MINUTE % MINS_PER_HOUR);
	if (seconds % SECS_PER_MINUTE != 0)
		appendStringInfo(out, ":%02d", seconds % SECS_PER_MINUTE);
}

/* hh:mm:ss of a day's seconds */
static void
append_time(StringInfo out, int64 seconds, int64 nanos, int offset)
{
	appendStringInfo(out, "%02d:%02d:%02d", (int) (seconds / SECS_PER_HOUR),
					 (int) (seconds / SECS_PER_MINUTE % MINS_PER_HOUR),
					 (int) (seconds % SECS_PER_MINUTE));
	append_fraction(out, nanos);
	append_offset(out, offset);
}

/* "Z", or "+05:30" with or without seconds, at the end of a text */
static bool
read_offset(const char *p, int *offset)
{
	W2kTimezone timezone;

	*offset = 0;
	if (strcmp(p, "Z") == 0)
		return true;
	if ((*p != '+' && *p != '-') || !w2k_timezone_find(p, &timezone))
		return false;
	*offset = timezone.offset_seconds;
	return true;
}

/* A timestamp with time zone; NULL where it is none. */
static char *
convert_timestamp(const W2kTimezone *timezone, const char *text)
{
	StringInfoData out;
	const char *p = text;
	bool is_negative = *p == '-';
	int64 date[3];
	int64 seconds;
	int64 nanos;
	int64 days;
	int old_offset;
	int offset;
	int year;
	int month;
	int day;

	if (*p == '-' || *p == '+')
		p++;
	if (!read_digits(&p, &date[0], '-') || !read_digits(&p, &date[1], '-') ||
		!read_digits(&p, &date[2], 'T') || !read_time(&p, &seconds, &nanos) ||
		!read_offset(p, &old_offset))
		return NULL;
	days = date2j((int) (is_negative ? -date[0] : date[0]), (int) date[1],
				  (int) date[2]) -
		   UNIX_EPOCH_JDATE;
	seconds += days * SECS_PER_DAY;
	offset = offset_at_local(timezone, seconds);

	seconds += offset - old_offset;
	days = floor_div(seconds, SECS_PER_DAY);
	j2date((int) days + UNIX_EPOCH_JDATE, &year, &month, &day);
	initStringInfo(&out);
	if (year > 9999)
		appendStringInfo(&out, "+%d", year);
	else
		appendStringInfo(&out, "%s%04d", year < 0 ? "-" : "", abs(year));
	appendStringInfo(&out, "-%02d-%02dT", month, day);
	append_time(&out, seconds - days * SECS_PER_DAY, nanos, offset);
	return out.data;
}

/* A time with time zone, which gets the offset of now. */
static char *
convert_time(const W2kTimezone *timezone, const char *text)
{
	StringInfoData out;
	const char *p = text;
	int offset = offset_at(timezone, (int64) time(NULL));
	int old_offset;
	int64 seconds;
	int64 nanos;

	if (!read_time(&p, &seconds, &nanos) || !read_offset(p, &old_offset))
		return NULL;
	seconds = (seconds + offset - old_offset + 2 * SECS_PER_DAY) %
			  SECS_PER_DAY;
	initStringInfo(&out);
	append_time(&out, seconds, nanos, offset);
	return out.data;
}

/* ---- fields ---- */

/*
 * What becomes of what a column stores: an instant stays the same, whatever
 * the offset that it is written with.
 */
static Datum
convert_stored(const W2kTimezone *timezone, const char *type, Datum datum)
{
	const int64 shift = (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) *
						(int64) SECS_PER_DAY;

	if (strcmp(type, DEBEZIUM_TIME "Timestamp") == 0 ||
		strcmp(type, DEBEZIUM_TIME "MicroTimestamp") == 0)
	{
		Timestamp local = DatumGetTimestamp(datum);
		int64 seconds;

		if (TIMESTAMP_NOT_FINITE(local))
			return datum;
		seconds = floor_div(local, USECS_PER_SEC) + shift;
		local -= offset_at_local(timezone, seconds) * USECS_PER_SEC;
		return IS_VALID_TIMESTAMP(local) ? TimestampGetDatum(local) : datum;
	}
	else if (strcmp(type, DEBEZIUM_TIME "ZonedTime") == 0)
	{
		const TimeTzADT *old = DatumGetTimeTzADTP(datum);
		TimeTzADT *timetz = palloc(sizeof(TimeTzADT));
		int offset = offset_at(timezone, (int64) time(NULL));

		/* zones are stored as seconds west */
		timetz->zone = -offset;
		timetz->time = (old->time +
						(offset + old->zone + 2 * (int64) SECS_PER_DAY) *
							USECS_PER_SEC) %
					   USECS_PER_DAY;
		return TimeTzADTPGetDatum(timetz);
	}
	return datum;
}

/* What becomes of a value of this type; the same node where nothing does. */
static W2kNode *
convert_value(const W2kTimezone *timezone, const char *type, W2kNode *node)
{
	static const struct
	{
		const char *name;
		int64 per_second;
	} counts[] = {
		{DEBEZIUM_TIME "Timestamp", 1000},
		{DEBEZIUM_TIME "MicroTimestamp", USECS_PER_SEC},
		{DEBEZIUM_TIME "NanoTimestamp", NANOS_PER_SEC},
		{"org.apache.kafka.connect.data.Timestamp", 1000},
	};
	char *text = NULL;

	for (int i = 0; i < (int) lengthof(counts); i++)
	{
		W2kNode *shifted;

		if (strcmp(type, counts[i].name) != 0 ||
			(node->value.kind != W2K_VALUE_INTEGER &&
			 node->value.kind != W2K_VALUE_CONNECT_MILLIS))
			continue;
		shifted = w2k_node_make_integer(
			shift_local(timezone, node->value.u.integer, counts[i].per_second));
		shifted->value.kind = node->value.kind;
		return shifted;
	}
	if (!w2k_node_is_text(node))
		return node;
	if (strcmp(type, DEBEZIUM_TIME "ZonedTimestamp") == 0)
		text = convert_timestamp(timezone, w2k_node_text(node));
	else if (strcmp(type, DEBEZIUM_TIME "ZonedTime") == 0)
		text = convert_time(timezone, w2k_node_text(node));
	/* infinity is no time */
	return text == NULL ? node : w2k_node_make_text(text);
}

/* What becomes of a field of this type; the same node where nothing does. */
static W2kNode *
convert_typed(const W2kTimezone *timezone, const char *type, W2kNode *node)
{
	W2kNode *result = convert_value(timezone, type, node);
	Datum datum;

	if (node->kind != W2K_NODE_SCALAR || node->stored == W2K_STORED_NOT)
		return result;
	if (node->stored == W2K_STORED_DATUM)
	{
		datum = convert_stored(timezone, type, node->datum);
		if (result == node && datum != node->datum)
		{
			result = palloc(sizeof(W2kNode));
			*result = *node;
		}
		if (result != node)
			result->datum = datum;
	}
	if (result != node)
	{
		result->column = node->column;
		result->stored = node->stored;
	}
	return result;
}

static W2kNode *
convert_source(const W2kTimezone *timezone, const char *field, W2kNode *node)
{
	int64 per_second;

	if (strcmp(field, "ts_ms") == 0)
		per_second = 1000;
	else if (strcmp(field, "ts_us") == 0)
		per_second = USECS_PER_SEC;
	else if (strcmp(field, "ts_ns") == 0)
		per_second = NANOS_PER_SEC;
	else
		return node;
	if (node->value.kind != W2K_VALUE_INTEGER)
		return node;
	return w2k_node_make_integer(
		shift_instant(timezone, node->value.u.integer, per_second));
}

/* Is a field of before, after or source in a list? */
static bool
is_listed(List *fields, const char *parent, const char *field)
{
	static const char *const parents[] = {"before.", "after.", "source."};
	size_t len = strlen(parent);
	ListCell *lc;

	foreach(lc, fields)
	{
		const char *said = lfirst(lc);
		bool has_parent = false;

		for (int i = 0; i < (int) lengthof(parents); i++)
			has_parent = has_parent ||
						 strncmp(said, parents[i], strlen(parents[i])) == 0;
		if (has_parent && strncmp(said, parent, len) == 0 &&
			said[len] == '.' && strcmp(said + len + 1, field) == 0)
			return true;
		if (!has_parent && strcmp(parent, "source") != 0 &&
			strcmp(said, field) == 0)
			return true;
	}
	return false;
}

/* Is any field of the source block in a list? */
static bool
lists_source(List *fields)
{
	ListCell *lc;

	foreach(lc, fields)
	{
		if (strncmp(lfirst(lc), "source.", 7) == 0)
			return true;
	}
	return false;
}

static void
convert_struct(const TimezoneConverter *converter, W2kNode *envelope,
			   const char *parent, Choice choice, List *fields)
{
	const W2kNode *old = w2k_node_get(envelope, parent);
	bool is_source = strcmp(parent, "source") == 0;
	W2kNode *node;

	if (old == NULL || old->kind != W2K_NODE_STRUCT)
		return;
	node = w2k_node_copy_struct(old, old->schema);
	for (int i = 0; i < node->nitems; i++)
	{
		const W2kSchema *field = node->schema->children[i];

		if (node->items[i] == NULL)
			continue;
		if (choice != CHOOSE_ALL && is_listed(fields, parent, field->field) !=
										(choice == CHOOSE_LISTED))
			continue;
		if (is_source)
			node->items[i] = convert_source(&converter->timezone, field->field,
											node->items[i]);
		else if (field->name != NULL)
			node->items[i] = convert_typed(&converter->timezone, field->name,
										   node->items[i]);
	}
	w2k_node_set(envelope, parent, node);
}

/* ---- records ---- */

/* The rule for a record, the most particular one; NULL where there is none. */
static const Rule *
find_rule(const TimezoneConverter *converter, const char *topic,
		  const char *table)
{
	static const struct
	{
		MatchKind kind;
		bool is_topic;
	} order[] = {{MATCH_TOPIC, true},
				 {MATCH_TABLE, false},
				 {MATCH_ANY, true},
				 {MATCH_ANY, false}};

	for (int i = 0; i < (int) lengthof(order); i++)
	{
		const char *name = order[i].is_topic ? topic : table;
		ListCell *lc;

		foreach(lc, converter->rules)
		{
			const Rule *rule = lfirst(lc);

			if (rule->kind == order[i].kind && name != NULL &&
				strcmp(rule->name, name) == 0)
				return rule;
		}
	}
	return NULL;
}

static bool
apply_timezone(W2kStep *step, W2kTransformRecord *rec)
{
	const TimezoneConverter *converter = step->state;
	Choice choice = CHOOSE_ALL;
	List *fields = NIL;
	const Rule *rule;
	W2kNode *envelope;

	if (rec->value == NULL || !w2k_node_is_envelope(rec->value_schema))
		return true;
	envelope = w2k_node_copy_struct(rec->value, rec->value_schema);
	rule =
		find_rule(converter, rec->topic,
				  w2k_node_text(w2k_node_get(w2k_node_get(envelope, "source"),
											 "table")));
	if (converter->has_include && rule == NULL)
		return true;
	if (rule != NULL)
	{
		fields = rule->fields;
		if (converter->has_exclude && fields == NIL)
			return true;
		if (fields != NIL)
			choice = converter->has_include ? CHOOSE_LISTED : CHOOSE_OTHERS;
	}
	convert_struct(converter, envelope, "before", choice, fields);
	convert_struct(converter, envelope, "after", choice, fields);
	if (lists_source(fields))
		convert_struct(converter, envelope, "source", choice, fields);
	rec->value = envelope;
	return true;
}

/* ---- configuration ---- */

static void
add_rule(TimezoneConverter *converter, MatchKind kind, const char *name,
		 const char *field)
{
	Rule *rule = NULL;
	ListCell *lc;

	foreach(lc, converter->rules)
	{
		Rule *known = lfirst(lc);

		if (known->kind == kind && strcmp(known->name, name) == 0)
			rule = known;
	}
	if (rule == NULL)
	{
		rule = palloc0(sizeof(Rule));
		rule->kind = kind;
		rule->name = name;
		converter->rules = lappend(converter->rules, rule);
	}
	if (field != NULL)
		rule->fields = lappend(rule->fields, w2k_step_utf8(field));
}

/* "source:table:field,topic:topic": a prefix holds for those behind it */
static void
parse_rules(TimezoneConverter *converter, const char *list)
{
	MatchKind kind = MATCH_ANY;
	ListCell *lc;

	foreach(lc, w2k_transforms_split(list, ','))
	{
		List *parts = w2k_transforms_split(lfirst(lc), ':');
		const char *name;

		if (list_length(parts) > 1 &&
			pg_strcasecmp(linitial(parts), "topic") == 0)
			kind = MATCH_TOPIC;
		else if (list_length(parts) > 1 &&
				 pg_strcasecmp(linitial(parts), "source") == 0)
			kind = MATCH_TABLE;
		else
			parts = lcons("", parts);
		name = lsecond(parts);
		add_rule(converter, kind,
				 kind == MATCH_TABLE ? w2k_step_utf8(name) : name,
				 list_length(parts) > 2 ? lthird(parts) : NULL);
	}
}

void
w2k_timezone_init(W2kStep *step)
{
	const W2kTimezoneOptions *options = step->conf->options;
	TimezoneConverter *converter = palloc0(sizeof(TimezoneConverter));

	if (!w2k_timezone_find(options->timezone, &converter->timezone))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized time zone \"%s\"", options->timezone)));
	converter->has_include = options->include_list != NULL;
	converter->has_exclude = options->exclude_list != NULL;
	parse_rules(converter, options->include_list);
	parse_rules(converter, options->exclude_list);
	step->state = converter;
	step->apply = apply_timezone;
}
