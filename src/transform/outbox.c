/*
 * outbox.c
 *		EventRouter: rows of an outbox table become the messages they hold.
 *
 * An insert gives one record: its topic, key, value, headers, partition and
 * time are columns of the row.  Deletes and tombstones are how an outbox is
 * kept small and give none; anything else is not expected of it.
 *
 * Debezium reports a truncate as a failure of its own; here it is one of the
 * operations that table.op.invalid.behavior is about.
 */
#include "postgres.h"

#include "transform/payload.h"
#include "transform/step.h"

#define PAYLOAD_FIELD "payload"
#define ID_HEADER "id"
#define MAX_KEPT 64 /* schemas of a table, which rows tell the versions of */

typedef enum Placement
{
	PLACEMENT_HEADER,
	PLACEMENT_ENVELOPE,
	PLACEMENT_PARTITION
} Placement;

/* A further column, and where it goes. */
typedef struct Additional
{
	Placement placement;
	const char *field;
	const char *alias;
} Additional;

typedef struct Outbox
{
	const W2kOutboxOptions *options;
	const char *id_field;
	const char *key_field;
	const char *payload_field;
	const char *timestamp_field;
	const char *version_field;
	const char *route_by_field;
	W2kJavaRegex *topic_regex;
	List *additional; /* of Additional */
	bool has_envelope;
	W2kPayloadOptions payload;
} Outbox;

/* What the record is being made of. */
typedef struct Event
{
	const W2kNode *row;
	const W2kSchema *schema;
	W2kNode *payload;
	const W2kSchema *payload_schema;
	const char *routed_by; /* the value that tells the topic, UTF-8 */
} Event;

/* ---- fields ---- */

/* The place of a column that must be there. */
static int
find_field(const W2kStep *step, const Event *event, const char *field)
{
	int i = w2k_node_find_field(event->schema, field);

	if (i < 0)
		w2k_step_fail(step, "The row has no field \"%s\".", field);
	return i;
}

/* The integer in a column; false where it is null. */
static bool
get_integer(const W2kStep *step, const Event *event, const char *field,
			W2kConnectType type, int64 *integer)
{
	int i = find_field(step, event, field);
	const W2kNode *node = event->row->items[i];

	if (event->schema->children[i]->type != type)
		w2k_step_fail(step, "Field \"%s\" is not of type %s.", field,
					  type == W2K_CONNECT_INT32 ? "int32" : "int64");
	/* it may have no form as an integer (stored.h) */
	if (node == NULL || node->kind != W2K_NODE_SCALAR ||
		(node->value.kind != W2K_VALUE_INTEGER &&
		 node->value.kind != W2K_VALUE_CONNECT_MILLIS))
		return false;
	*integer = node->value.u.integer;
	return true;
}

/* When the event happened, in milliseconds. */
static int64
get_timestamp(const W2kStep *step, const Event *event, const W2kNode *envelope)
{
	const Outbox *outbox = step->state;
	const char *type;
	int64 time;
	int i;

	if (outbox->timestamp_field == NULL ||
		!get_integer(step, event, outbox->timestamp_field, W2K_CONNECT_INT64,
					 &time))
	{
		const W2kNode *node = w2k_node_get(envelope, "ts_ms");

		return node == NULL ? 0 : node->value.u.integer;
	}
	i = w2k_node_find_field(event->schema, outbox->timestamp_field);
	type = event->schema->children[i]->name;
	if (type != NULL && strcmp(type, "io.debezium.time.Timestamp") == 0)
		return time;
	if (type != NULL && strcmp(type, "io.debezium.time.MicroTimestamp") == 0)
		return time / 1000;
	if (type != NULL && strcmp(type, "io.debezium.time.NanoTimestamp") == 0)
		return time / 1000000;
	w2k_step_fail(step, "Field \"%s\" is not a timestamp without time zone.",
				  outbox->timestamp_field);
	return 0; /* keep compiler quiet */
}

/* ---- the value ---- */

/* A payload that is JSON becomes what it says; one that is not stays. */
static void
expand_payload(W2kStep *step, W2kTransformRecord *rec, Event *event)
{
	const Outbox *outbox = step->state;
	const char *problem = "it is not text";
	W2kNode *expanded = NULL;

	if (event->payload == NULL)
		return;
	if (w2k_node_is_text(event->payload))
		expanded = w2k_payload_parse(event->payload->value.data,
									 event->payload->value.len,
									 outbox->payload_field, &outbox->payload,
									 &problem);
	if (expanded == NULL)
	{
		if (w2k_step_should_warn(step, rec, problem))
			ereport(WARNING,
					(errmsg("payload of an outbox event was not expanded"),
					 errdetail("Reason: %s.  This is said once for a table.",
							   problem)));
		return;
	}
	event->payload = expanded;
	event->payload_schema = expanded->schema;
	rec->is_value_schema_transient = true;
}

/* "<prefix>.<schema>.<table>.Value" with the routed value before its end */
static char *
envelope_name(const Event *event)
{
	const char *name = event->schema->name;
	const char *dot = name == NULL ? NULL : strrchr(name, '.');

	if (name == NULL)
		return pstrdup(event->routed_by);
	if (dot == NULL)
		return psprintf("%s.%s", event->routed_by, name);
	return psprintf("%.*s%s.%s", (int) (dot + 1 - name), name,
					event->routed_by, dot + 1);
}

/* The schema of a payload with further fields around it. */
static W2kSchema *
get_envelope_schema(W2kStep *step, W2kTransformRecord *rec, const Event *event)
{
	const Outbox *outbox = step->state;
	const W2kSchema *input = event->payload_schema;
	MemoryContext oldcontext;
	W2kSchema *schema;
	int64 version = 0;
	ListCell *lc;

	if (outbox->version_field != NULL)
		(void) get_integer(step, event, outbox->version_field,
						   W2K_CONNECT_INT32, &version);
	schema = w2k_step_find_schema(step, rec, input, (uint32) version);
	if (schema != NULL)
		return schema;
	if (w2k_origin_count(rec->origin, step) >= MAX_KEPT)
		rec->is_value_schema_transient = true;

	oldcontext = MemoryContextSwitchTo(w2k_step_schema_context(rec));
	schema = w2k_connect_make(W2K_CONNECT_STRUCT, false);
	schema->name = envelope_name(event);
	schema->version = (int) version;
	w2k_connect_add(schema, PAYLOAD_FIELD,
					w2k_node_rename_schema(input, PAYLOAD_FIELD));
	foreach(lc, outbox->additional)
	{
		const Additional *additional = lfirst(lc);
		int i = w2k_node_find_field(event->schema, additional->field);

		if (additional->placement != PLACEMENT_ENVELOPE ||
			(i < 0 && outbox->options->ignores_missing))
			continue;
		i = find_field(step, event, additional->field);
		if (w2k_node_find_field(schema, additional->alias) >= 0)
			w2k_step_fail(step, "The value has a field \"%s\" already.",
						  additional->alias);
		w2k_connect_add(schema, additional->alias,
						w2k_node_rename_schema(event->schema->children[i],
											   additional->alias));
	}
	MemoryContextSwitchTo(oldcontext);
	w2k_step_keep_schema(step, rec, input, (uint32) version, schema);
	return schema;
}

/* Puts further columns where they go; envelope is the value around them. */
static void
place_additional(W2kStep *step, W2kTransformRecord *rec, const Event *event,
				 W2kNode *envelope)
{
	const Outbox *outbox = step->state;
	int64 partition;
	ListCell *lc;

	foreach(lc, outbox->additional)
	{
		const Additional *additional = lfirst(lc);
		int i = w2k_node_find_field(event->schema, additional->field);

		if (i < 0 && outbox->options->ignores_missing)
			continue;
		i = find_field(step, event, additional->field);
		switch (additional->placement)
		{
			case PLACEMENT_ENVELOPE:
				w2k_node_set(envelope, additional->alias, event->row->items[i]);
				break;
			case PLACEMENT_HEADER:
				w2k_step_add_header(rec, additional->alias,
									event->schema->children[i],
									event->row->items[i]);
				break;
			case PLACEMENT_PARTITION:
				if (get_integer(step, event, additional->field,
								W2K_CONNECT_INT32, &partition))
					rec->partition = (int32) partition;
				break;
		}
	}
}

/* Nothing, or nothing but blanks? */
static bool
is_empty(const W2kNode *payload)
{
	if (payload == NULL)
		return true;
	if (!w2k_node_is_text(payload))
		return false;
	for (int i = 0; i < payload->value.len; i++)
	{
		if ((unsigned char) payload->value.data[i] > ' ')
			return false;
	}
	return true;
}

static void
set_value(W2kStep *step, W2kTransformRecord *rec, Event *event)
{
	const Outbox *outbox = step->state;
	const W2kSchema *schema = event->payload_schema;
	W2kNode *value = event->payload;

	if (outbox->has_envelope)
	{
		schema = get_envelope_schema(step, rec, event);
		value = w2k_node_make_struct(schema);
		w2k_node_set(value, PAYLOAD_FIELD, event->payload);
	}
	place_additional(step, rec, event, value);
	if (outbox->options->tombstone_on_empty && is_empty(event->payload))
	{
		value = NULL;
		schema = NULL;
	}
	rec->value = value;
	rec->value_schema = schema;
}

/* ---- records ---- */

static void
set_key(W2kStep *step, W2kTransformRecord *rec, const Event *event)
{
	const Outbox *outbox = step->state;
	int i = find_field(step, event, outbox->key_field);

	rec->key = event->row->items[i];
	rec->key_schema = event->schema->children[i];
	rec->is_key_schema_transient = false;
}

static void
set_topic(W2kStep *step, W2kTransformRecord *rec, const Event *event)
{
	const Outbox *outbox = step->state;
	const char *topic;

	w2k_step_set_topic(rec, event->routed_by);
	topic = w2k_step_replace_topic(step, rec, outbox->topic_regex);
	if (topic != NULL)
		rec->topic = topic;
}

static void
set_headers(W2kStep *step, W2kTransformRecord *rec, const Event *event)
{
	const Outbox *outbox = step->state;
	int i = find_field(step, event, outbox->id_field);

	w2k_step_add_header(rec, ID_HEADER, event->schema->children[i],
						event->row->items[i]);
}

/* An update or truncate of what should only be inserted into. */
static void
refuse(W2kStep *step, W2kTransformRecord *rec)
{
	const Outbox *outbox = step->state;
	const W2kNode *source = w2k_node_get(rec->value, "source");
	char *table = w2k_node_text(w2k_node_get(source, "table"));
	const char *what = w2k_step_op(step, rec->value) == 't' ? "truncate"
															: "update";

	if (outbox->options->unexpected == W2K_UNEXPECTED_FATAL)
		w2k_step_fail(step, "There was an unexpected %s of table \"%s\".",
					  what, table);
	if (w2k_step_should_warn(step, rec, what))
		ereport(WARNING,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("skipped an unexpected %s of outbox table \"%s\"",
						what, table),
				 errdetail("This is said once for a table."),
				 errhint("Rows of an outbox are inserted and deleted only.")));
}

static bool
apply_outbox(W2kStep *step, W2kTransformRecord *rec)
{
	const Outbox *outbox = step->state;
	const W2kNode *envelope = rec->value;
	Event event = {0};
	char op;
	int i;

	if (envelope == NULL)
		return false;
	if (!w2k_node_is_envelope(rec->value_schema))
		return true;
	op = w2k_step_op(step, envelope);
	if (op == 'd')
		return false;
	if (op == 'u' || op == 't')
	{
		refuse(step, rec);
		return false;
	}

	event.row = w2k_node_get(envelope, "after");
	if (event.row == NULL || event.row->kind != W2K_NODE_STRUCT)
		w2k_step_fail(step, "The event has no row.");
	event.schema = event.row->schema;
	if (step->uses_defaults)
	{
		W2kNode *row = w2k_node_copy_struct(event.row, event.schema);

		w2k_node_fill_defaults(row, row->nitems);
		event.row = row;
	}
	i = find_field(step, &event, outbox->payload_field);
	event.payload = event.row->items[i];
	event.payload_schema = event.schema->children[i];
	i = find_field(step, &event, outbox->route_by_field);
	event.routed_by = w2k_node_text(event.row->items[i]);
	if (event.routed_by == NULL)
		w2k_step_fail(step, "Field \"%s\" is null, or not text.",
					  outbox->route_by_field);

	rec->timestamp_ms = get_timestamp(step, &event, envelope);
	if (rec->timestamp_ms < 0)
		w2k_step_fail(step, "A record cannot be older than 1970.");
	set_headers(step, rec, &event);
	if (outbox->options->expands_json)
		expand_payload(step, rec, &event);
	set_value(step, rec, &event);
	set_key(step, rec, &event);
	set_topic(step, rec, &event);
	return true;
}

static List *
parse_additional(const char *said, bool *has_envelope)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, w2k_transforms_split(said, ','))
	{
		List *parts = w2k_transforms_split(lfirst(lc), ':');
		Additional *additional = palloc0(sizeof(Additional));

		additional->field = w2k_step_utf8(linitial(parts));
		additional->alias = additional->field;
		if (list_length(parts) == 3)
			additional->alias = w2k_step_utf8(lthird(parts));
		if (pg_strcasecmp(lsecond(parts), "header") == 0)
			additional->placement = PLACEMENT_HEADER;
		else if (pg_strcasecmp(lsecond(parts), "partition") == 0)
			additional->placement = PLACEMENT_PARTITION;
		else
		{
			additional->placement = PLACEMENT_ENVELOPE;
			*has_envelope = true;
		}
		result = lappend(result, additional);
	}
	return result;
}

void
w2k_outbox_init(W2kStep *step)
{
	const W2kOutboxOptions *options = step->conf->options;
	Outbox *outbox = palloc0(sizeof(Outbox));

	outbox->options = options;
	outbox->id_field = w2k_step_utf8(options->id_field);
	outbox->key_field = w2k_step_utf8(options->key_field);
	outbox->payload_field = w2k_step_utf8(options->payload_field);
	outbox->timestamp_field = w2k_step_utf8(options->timestamp_field);
	outbox->version_field = w2k_step_utf8(options->version_field);
	outbox->route_by_field = w2k_step_utf8(options->route_by_field);
	outbox->topic_regex = w2k_javaregex_compile(options->topic_regex,
												options->topic_replacement);
	outbox->additional = parse_additional(options->placement,
										  &outbox->has_envelope);
	outbox->payload.max_depth = step->max_depth;
	outbox->payload.keeps_nulls = options->keeps_nulls;
	outbox->payload.keeps_empty_arrays = options->keeps_empty_arrays;
	step->state = outbox;
	step->apply = apply_outbox;
}
