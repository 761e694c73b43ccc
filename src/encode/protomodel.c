/*
 * protomodel.c
 *		Connect's schemas as Protobuf messages.
 *
 * As Confluent's converter does it: the package is the schema's name without
 * its last part, a struct is a message declared in the one that has it, fields
 * are numbered in their order.  Otherwise than there:
 *
 * - A column keeps its number, where one is known (schema/field_numbers); what
 *   a struct of such columns has besides is numbered from FIRST_ADDED on.
 * - An array in an array, which that converter refuses, is a message of its
 *   own with the one field "items".
 * - Messages that differ have names that differ, though their schemas have the
 *   same; a message is not called like a field beside it.
 * - scrub.invalid.names is for the package, too.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "encode/protomodel.h"

/* Above the number of any column. */
#define FIRST_ADDED 20001

/* Numbers that Protobuf keeps for itself. */
#define FIRST_FORBIDDEN 19000
#define LAST_FORBIDDEN 19999

typedef struct Maker
{
	const W2kSchemaOptions *options;
	W2kSide side;
	int nunnamed; /* schemas without a name, so far */
} Maker;

/* ---- names ---- */

static bool
is_name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		   (c >= '0' && c <= '9') || c == '_';
}

static bool
is_valid_name(const char *name)
{
	if (name[0] == '\0' || (name[0] >= '0' && name[0] <= '9'))
		return false;
	for (const char *p = name; *p != '\0'; p++)
	{
		if (!is_name_char(*p))
			return false;
	}
	return true;
}

/* Does Java's URLEncoder leave it, or make it one character that is none? */
static bool
is_single_in_url(char c)
{
	return is_name_char(c) || strchr("-.* ", c) != NULL;
}

/* As that converter makes a name valid. */
static char *
scrub(const char *name)
{
	StringInfoData scrubbed;

	initStringInfo(&scrubbed);
	if (name[0] == '\0' || name[0] == '_' || (name[0] >= '0' && name[0] <= '9'))
		appendStringInfoChar(&scrubbed, 'x');
	for (const char *p = name; *p != '\0'; p++)
	{
		if (is_name_char(*p))
			appendStringInfoChar(&scrubbed, *p);
		else if (is_single_in_url(*p))
			appendStringInfoChar(&scrubbed, '_');
		else
			appendStringInfo(&scrubbed, "_%02X", (unsigned char) *p);
	}
	return scrubbed.data;
}

static const char *
check_name(const Maker *maker, const char *what, const char *name)
{
	if (is_valid_name(name) &&
		!(maker->options->scrubs_names && name[0] == '_'))
		return name;
	if (maker->options->scrubs_names)
		return scrub(name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_NAME),
			 errmsg("%s cannot be called \"%s\" in Protobuf", what,
					pg_any_to_server(name, (int) strlen(name), PG_UTF8)),
			 errdetail("Names are of ASCII letters, digits and underscores, "
					   "and do not begin with a digit."),
			 errhint("Set \"%s.converter.scrub.invalid.names\" to \"true\", "
					 "or give it another name.",
					 maker->side == W2K_SIDE_KEY ? "key" : "value")));
}

/* The package of a full name, or NULL. */
static const char *
make_package(const Maker *maker, const char *full_name)
{
	const char *last = strrchr(full_name, '.');
	StringInfoData package;
	const char *start = full_name;

	if (last == NULL)
		return NULL;
	initStringInfo(&package);
	for (const char *p = full_name; p <= last; p++)
	{
		if (*p != '.')
			continue;
		if (package.len > 0)
			appendStringInfoChar(&package, '.');
		appendStringInfoString(&package,
							   check_name(maker, "a package",
										  pnstrdup(start, p - start)));
		start = p + 1;
	}
	return package.data;
}

/* The last part of a schema's name, or a name for it. */
static const char *
make_message_name(Maker *maker, const W2kSchema *schema)
{
	const char *last;

	if (schema->name == NULL || schema->name[0] == '\0')
		return psprintf("ConnectDefault%d", ++maker->nunnamed);
	last = strrchr(schema->name, '.');
	return check_name(maker, "a message",
					  last == NULL ? schema->name : last + 1);
}

W2kProtoField *
w2k_protomodel_find(const W2kProtoMessage *message, const char *name)
{
	for (int i = 0; i < message->nfields; i++)
	{
		if (strcmp(message->fields[i].name, name) == 0)
			return &message->fields[i];
	}
	return NULL;
}

/* ---- messages ---- */

static bool
is_same_text(const char *one, const char *other)
{
	return one == other ||
		   (one != NULL && other != NULL && strcmp(one, other) == 0);
}

/* Do two schemas make the same message? */
static bool
is_same_schema(const W2kSchema *one, const W2kSchema *other)
{
	check_stack_depth();
	if (one->type != other->type || one->nchildren != other->nchildren ||
		one->nparameters != other->nparameters ||
		one->numbers != other->numbers ||
		!is_same_text(one->name, other->name))
		return false;
	for (int i = 0; i < one->nparameters; i++)
	{
		if (strcmp(one->parameters[i].value, other->parameters[i].value) != 0)
			return false;
	}
	for (int i = 0; i < one->nchildren; i++)
	{
		const W2kSchema *child = one->children[i];
		const W2kSchema *other_child = other->children[i];

		if (child->number != other_child->number ||
			child->is_optional != other_child->is_optional ||
			!is_same_text(child->field, other_child->field) ||
			!is_same_schema(child, other_child))
			return false;
	}
	return true;
}

/* Is there something called so in a message, or the message itself? */
static bool
is_taken(const W2kProtoMessage *parent, const char *name)
{
	for (int i = 0; i < parent->nmessages; i++)
	{
		if (strcmp(parent->messages[i]->name, name) == 0)
			return true;
	}
	return strcmp(parent->name, name) == 0 ||
		   w2k_protomodel_find(parent, name) != NULL;
}

static void fill_fields(Maker *maker, W2kProtoMessage *message);
static void fill_items(Maker *maker, W2kProtoMessage *message);

static W2kProtoMessage *
declare(W2kProtoMessage *parent, const char *name, const W2kSchema *schema)
{
	W2kProtoMessage *message = palloc0(sizeof(W2kProtoMessage));
	int n = parent->nmessages;

	for (int i = 2; is_taken(parent, name); i++)
	{
		char *other = psprintf("%s%d", name, i);

		if (!is_taken(parent, other))
			name = other;
	}
	message->name = name;
	message->schema = schema;
	message->parent = parent;
	parent->messages = n == 0 ? palloc(sizeof(W2kProtoMessage *))
							  : repalloc(parent->messages,
										 sizeof(W2kProtoMessage *) * (n + 1));
	parent->messages[parent->nmessages++] = message;
	return message;
}

/* The message of a struct that is a field's value, declared where needed. */
static W2kProtoMessage *
make_struct(Maker *maker, W2kProtoMessage *parent, const W2kSchema *schema)
{
	const char *name = make_message_name(maker, schema);
	W2kProtoMessage *message;

	if (strcmp(parent->name, name) == 0 ||
		w2k_protomodel_find(parent, name) != NULL)
		name = psprintf("%sMessage", name);
	for (int i = 0; i < parent->nmessages; i++)
	{
		message = parent->messages[i];
		if (message->schema->type == W2K_CONNECT_STRUCT &&
			is_same_schema(message->schema, schema))
			return message;
	}
	message = declare(parent, name, schema);
	fill_fields(maker, message);
	return message;
}

/* ---- fields ---- */

static W2kProtoKind
kind_of(const W2kSchema *schema)
{
	static const W2kProtoKind kinds[] = {
		[W2K_CONNECT_INT8] = W2K_PROTO_INT32,
		[W2K_CONNECT_INT16] = W2K_PROTO_INT32,
		[W2K_CONNECT_INT32] = W2K_PROTO_INT32,
		[W2K_CONNECT_INT64] = W2K_PROTO_INT64,
		[W2K_CONNECT_FLOAT] = W2K_PROTO_FLOAT,
		[W2K_CONNECT_DOUBLE] = W2K_PROTO_DOUBLE,
		[W2K_CONNECT_BOOLEAN] = W2K_PROTO_BOOL,
		[W2K_CONNECT_STRING] = W2K_PROTO_STRING,
		[W2K_CONNECT_BYTES] = W2K_PROTO_BYTES,
		[W2K_CONNECT_ARRAY] = W2K_PROTO_ITEMS,
		[W2K_CONNECT_MAP] = W2K_PROTO_ENTRY,
		[W2K_CONNECT_STRUCT] = W2K_PROTO_STRUCT,
	};

	if (is_same_text(schema->name, "org.apache.kafka.connect.data.Decimal"))
		return W2K_PROTO_DECIMAL;
	if (is_same_text(schema->name, "org.apache.kafka.connect.data.Date"))
		return W2K_PROTO_DATE;
	if (is_same_text(schema->name, "org.apache.kafka.connect.data.Time"))
		return W2K_PROTO_TIME_OF_DAY;
	if (is_same_text(schema->name, "org.apache.kafka.connect.data.Timestamp"))
		return W2K_PROTO_TIMESTAMP;
	return kinds[schema->type];
}

static W2kWireType
wire_type(const W2kProtoField *field)
{
	if (field->is_wrapped || field->is_packed)
		return W2K_WIRE_BYTES;
	switch (field->kind)
	{
		case W2K_PROTO_INT32:
		case W2K_PROTO_INT64:
		case W2K_PROTO_BOOL:
			return W2K_WIRE_VARINT;
		case W2K_PROTO_FLOAT:
			return W2K_WIRE_FIXED32;
		case W2K_PROTO_DOUBLE:
			return W2K_WIRE_FIXED64;
		default:
			return W2K_WIRE_BYTES;
	}
}

static void
fill_tag(W2kProtoField *field)
{
	uint64 tag = (uint64) field->number << 3 | wire_type(field);

	field->tag_len = (int) (w2k_wire_put_varint(field->tag, tag) - field->tag);
	field->length_size = 1;
}

/* Everything of a field but its name and number. */
static void
fill_field(Maker *maker, W2kProtoMessage *parent, W2kProtoField *field,
		   const W2kSchema *schema)
{
	char *name;

	if (schema->type == W2K_CONNECT_ARRAY)
	{
		field->is_repeated = true;
		schema = schema->children[0];
		field->kind = schema->type == W2K_CONNECT_MAP ? W2K_PROTO_ITEMS
													  : kind_of(schema);
	}
	else
	{
		field->kind = kind_of(schema);
		field->is_repeated = field->kind == W2K_PROTO_ENTRY;
		field->is_optional = !field->is_repeated && schema->is_optional &&
							 maker->options->has_optional;
	}
	field->schema = schema;
	field->has_params = schema->type == W2K_CONNECT_INT8 ||
						schema->type == W2K_CONNECT_INT16 ||
						(field->kind == W2K_PROTO_DECIMAL &&
						 schema->nparameters > 0);
	field->is_wrapped = field->kind <= W2K_PROTO_BYTES &&
						schema->is_optional && maker->options->has_wrappers;
	field->is_packed = field->is_repeated &&
					   wire_type(field) != W2K_WIRE_BYTES;
	fill_tag(field);

	switch (field->kind)
	{
		case W2K_PROTO_STRUCT:
			field->message = make_struct(maker, parent, schema);
			break;
		case W2K_PROTO_ENTRY:
			name = psprintf("%sEntry", make_message_name(maker, schema));
			field->message = declare(parent, name, schema);
			fill_fields(maker, field->message);
			break;
		case W2K_PROTO_ITEMS:
			name = psprintf("%sItems", field->name);
			if (name[0] >= 'a' && name[0] <= 'z')
				name[0] += 'A' - 'a';
			field->message = declare(parent, name, schema);
			fill_items(maker, field->message);
			break;
		default:
			break;
	}
}

/* The number of a field that has none of its own. */
static int
next_number(int *last)
{
	(*last)++;
	if (*last >= FIRST_FORBIDDEN && *last <= LAST_FORBIDDEN)
		*last = LAST_FORBIDDEN + 1;
	return *last;
}

/* Fields of different structs may have been put together by transforms. */
static bool
has_same_numbers(const W2kSchema *schema)
{
	for (int i = 0; i < schema->nchildren; i++)
	{
		for (int j = 0; j < i; j++)
		{
			if (schema->children[i]->number > 0 &&
				schema->children[i]->number == schema->children[j]->number)
				return true;
		}
	}
	return false;
}

static void
number_fields(W2kProtoMessage *message)
{
	const W2kSchema *schema = message->schema;
	bool is_by_place = schema->type != W2K_CONNECT_STRUCT ||
					   has_same_numbers(schema);
	int last = !is_by_place && schema->numbers != NULL ? FIRST_ADDED - 1 : 0;

	for (int i = 0; i < message->nfields && !is_by_place; i++)
	{
		message->fields[i].number = schema->children[i]->number;
		if (schema->children[i]->number > 0)
			last = Max(schema->children[i]->number, FIRST_ADDED - 1);
	}
	for (int i = 0; i < message->nfields; i++)
	{
		if (message->fields[i].number == 0)
			message->fields[i].number = next_number(&last);
	}
}

/* A field's name in JSON, unless it is said: in camel case. */
static char *
make_json_name(const char *name)
{
	char *json = palloc(strlen(name) + 1);
	char *p = json;
	bool is_upper = false;

	for (; *name != '\0'; name++)
	{
		if (*name == '_')
		{
			is_upper = true;
			continue;
		}
		*p++ = is_upper && *name >= 'a' && *name <= 'z' ? *name + 'A' - 'a'
														: *name;
		is_upper = false;
	}
	*p = '\0';
	return json;
}

/* Names must be unique, and their forms in JSON, too. */
static void
check_names(W2kProtoMessage *message)
{
	char **json = palloc(sizeof(char *) * Max(message->nfields, 1));

	for (int i = 0; i < message->nfields; i++)
	{
		W2kProtoField *field = &message->fields[i];

		json[i] = make_json_name(field->name);
		for (int j = 0; j < i; j++)
		{
			if (strcmp(field->name, message->fields[j].name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("message \"%s\" would have two fields \"%s\" in Protobuf",
								message->name, field->name),
						 errdetail("What is no letter, digit or underscore in "
								   "a name becomes an underscore."),
						 errhint("Rename or exclude one of the columns.")));
			if (strcmp(json[i], json[j]) == 0)
			{
				field->needs_json_name = true;
				message->fields[j].needs_json_name = true;
			}
		}
	}
}

/* What a struct has in it, or a map's pair. */
static void
fill_fields(Maker *maker, W2kProtoMessage *message)
{
	static const char *const pair[] = {"key", "value"};
	const W2kSchema *schema = message->schema;
	bool is_map = schema->type == W2K_CONNECT_MAP;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	message->nfields = schema->nchildren;
	message->fields = palloc0(sizeof(W2kProtoField) * Max(message->nfields, 1));
	number_fields(message);
	/* names first: messages must not be called like them */
	for (int i = 0; i < message->nfields; i++)
		message->fields[i].name = is_map
									  ? pair[i]
									  : check_name(maker, "a field",
												   schema->children[i]->field);
	check_names(message);
	for (int i = 0; i < message->nfields; i++)
	{
		fill_field(maker, message, &message->fields[i], schema->children[i]);
		/* that converter tells nothing of a map's key and value */
		if (is_map)
			message->fields[i].has_params = false;
	}
}

/* What stands for an array, or a map, in an array. */
static void
fill_items(Maker *maker, W2kProtoMessage *message)
{
	check_stack_depth();
	message->nfields = 1;
	message->fields = palloc0(sizeof(W2kProtoField));
	message->fields[0].name = "items";
	message->fields[0].number = 1;
	fill_field(maker, message, &message->fields[0], message->schema);
}

/* ---- files ---- */

/* Would the name of one of the usual types be looked for in here? */
static bool
is_clashing(const char *name, size_t len)
{
	return (len == 6 && memcmp(name, "google", len) == 0) ||
		   (len == 9 && memcmp(name, "confluent", len) == 0);
}

static bool
has_clash(const W2kProtoMessage *message)
{
	if (is_clashing(message->name, strlen(message->name)))
		return true;
	for (int i = 0; i < message->nmessages; i++)
	{
		if (has_clash(message->messages[i]))
			return true;
	}
	return false;
}

static bool
has_clashing_package(const char *package)
{
	for (const char *start = package; start != NULL;)
	{
		const char *end = strchr(start, '.');

		if (is_clashing(start,
						end == NULL ? strlen(start) : (size_t) (end - start)))
			return true;
		start = end == NULL ? NULL : end + 1;
	}
	return false;
}

static void
make_scalar(W2kProtoFile *file, const W2kSchema *schema)
{
	W2kProtoField *field = palloc0(sizeof(W2kProtoField));

	field->kind = kind_of(schema);
	if (field->kind > W2K_PROTO_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a key or value of Connect's type %s cannot be Protobuf by itself",
						schema->type == W2K_CONNECT_ARRAY ? "array"
						: schema->type == W2K_CONNECT_MAP ? "map"
														  : schema->name),
				 errhint("Leave out the transform that takes it out of its "
						 "structure, or choose another format.")));
	field->schema = schema;
	field->number = 1;
	fill_tag(field);
	file->scalar = field;
}

W2kProtoFile *
w2k_protomodel_make(const W2kSideOptions *options, W2kSide side,
					const W2kSchema *schema)
{
	W2kProtoFile *file = palloc0(sizeof(W2kProtoFile));
	Maker maker = {&options->schema, side};
	const char *full_name;

	if (schema->type != W2K_CONNECT_STRUCT)
	{
		make_scalar(file, schema);
		return file;
	}
	file->root = palloc0(sizeof(W2kProtoMessage));
	file->root->name = make_message_name(&maker, schema);
	file->root->schema = schema;
	full_name = schema->name == NULL ? file->root->name : schema->name;
	file->package = make_package(&maker, full_name);
	file->full_name = file->package == NULL
						  ? file->root->name
						  : psprintf("%s.%s", file->package, file->root->name);
	fill_fields(&maker, file->root);
	file->has_clashing_names = has_clash(file->root) ||
							   has_clashing_package(file->package);
	return file;
}
