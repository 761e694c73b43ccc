/*
 * compatibility_protobuf.c
 *		Protobuf: may one .proto follow another?
 *
 * Apicurio asks far more than Protobuf's encoding would need: a field keeps
 * its number, its name, its type and its label, and stays; what is reserved
 * stays reserved, and in the same words.  Confluent's registry asks less, but
 * that no message goes, not even an empty one.  Fields are known by name
 * within a message, and messages by the names that they are nested in.
 *
 * What is read is the language as far as schemas of tables go: messages within
 * messages, fields, maps, reserved names and numbers.  Whatever else a file
 * may have is refused by name; options are passed over.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "schema/compatibility.h"

typedef struct ProtoField
{
	const char *name;
	const char *type;
	const char *label; /* "optional", "repeated", "required", "singular" */
	int32 number;
} ProtoField;

/* Numbers from low to high, or a name */
typedef struct ProtoReserved
{
	const char *name; /* NULL = numbers */
	int32 low;
	int32 high;
} ProtoReserved;

typedef struct ProtoMessage
{
	const char *path; /* "Envelope.Value" */
	List *fields;	  /* of ProtoField */
	List *reserved;	  /* of ProtoReserved */
} ProtoMessage;

typedef struct ProtoFile
{
	const char *package;
	List *messages; /* of ProtoMessage, those within others included */
} ProtoFile;

/* A text while it is read; token is the one ahead, "" at the end. */
typedef struct ProtoReader
{
	const char *next;
	const char *token;
	bool is_string; /* it stood between quotation marks */
	int line;
	ProtoFile *file;
} ProtoReader;

#define MAX_FIELD_NUMBER 536870911

static void read_message(ProtoReader *reader, const char *outer);

/* ------------------------------------------------------------- reading */

static void
invalid(const ProtoReader *reader, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid Protobuf schema"),
			 reader->token[0] == '\0' && !reader->is_string
				 ? errdetail("Line %d: expected %s.", reader->line, expected)
				 : errdetail("Line %d: expected %s, found \"%s\".",
							 reader->line, expected, reader->token)));
}

static void
unfinished(ProtoReader *reader, const char *expected)
{
	reader->token = "";
	reader->is_string = false;
	invalid(reader, expected);
}

static void
unsupported(const ProtoReader *reader, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("Protobuf schemas with \"%s\" cannot be compared", what),
			 errdetail("It is in line %d.", reader->line)));
}

/* Blanks and comments. */
static void
skip_blanks(ProtoReader *reader)
{
	for (;;)
	{
		const char *p = reader->next;
		const char *end;

		if (*p == '\n')
			reader->line++;
		if (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
			end = p + 1;
		else if (p[0] == '/' && p[1] == '/')
			end = p + strcspn(p, "\n");
		else if (p[0] == '/' && p[1] == '*')
		{
			end = strstr(p + 2, "*/");
			if (end == NULL)
				unfinished(reader, "the end of a comment");
			for (; p < end; p++)
				reader->line += *p == '\n';
			end += 2;
		}
		else
			return;
		reader->next = end;
	}
}

static void
advance(ProtoReader *reader)
{
	static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							   "abcdefghijklmnopqrstuvwxyz"
							   "0123456789_.-+";
	const char *p;
	size_t len;

	skip_blanks(reader);
	p = reader->next;
	reader->is_string = *p == '"' || *p == '\'';
	if (reader->is_string)
	{
		for (len = 1; p[len] != *p && p[len] != '\0'; len++)
			len += p[len] == '\\' && p[len + 1] != '\0';
		if (p[len] == '\0')
			unfinished(reader, "the end of a string");
		reader->token = pnstrdup(p + 1, len - 1);
		reader->next = p + len + 1;
		return;
	}
	len = strspn(p, word);
	if (len == 0 && *p != '\0')
		len = 1;
	reader->token = pnstrdup(p, len);
	reader->next = p + len;
}

static bool
is_next(const ProtoReader *reader, const char *token)
{
	return !reader->is_string && strcmp(reader->token, token) == 0;
}

static bool
take(ProtoReader *reader, const char *token)
{
	if (!is_next(reader, token))
		return false;
	advance(reader);
	return true;
}

static void
require(ProtoReader *reader, const char *token)
{
	if (!take(reader, token))
		invalid(reader, psprintf("\"%s\"", token));
}

static const char *
take_name(ProtoReader *reader)
{
	const char *name = reader->token;

	if (reader->is_string || !(isalpha((unsigned char) name[0]) ||
							   name[0] == '_' || name[0] == '.'))
		invalid(reader, "a name");
	advance(reader);
	return name;
}

static int32
take_number(ProtoReader *reader)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(reader->token, &end, 0);
	if (reader->is_string || reader->token[0] == '\0' || *end != '\0' ||
		errno != 0 || number < 1 || number > MAX_FIELD_NUMBER)
		invalid(reader, "a field number");
	advance(reader);
	return (int32) number;
}

/* Options of a field, or up to the end of a statement: what they say does not
 * matter here. */
static void
skip_to(ProtoReader *reader, const char *closing)
{
	int depth = 0;

	while (depth > 0 || !is_next(reader, closing))
	{
		if (reader->token[0] == '\0' && !reader->is_string)
			invalid(reader, psprintf("\"%s\"", closing));
		if (is_next(reader, "{") || is_next(reader, "["))
			depth++;
		else if (is_next(reader, "}") || is_next(reader, "]"))
			depth--;
		advance(reader);
	}
	advance(reader);
}

/* map<key, value>, or a name. */
static const char *
take_type(ProtoReader *reader)
{
	const char *type = take_name(reader);
	const char *key;

	if (strcmp(type, "map") != 0 || !take(reader, "<"))
		return type;
	key = take_name(reader);
	require(reader, ",");
	type = psprintf("map<%s, %s>", key, take_name(reader));
	require(reader, ">");
	return type;
}

static void
read_field(ProtoReader *reader, ProtoMessage *message)
{
	static const char *const labels[] = {"optional", "repeated", "required"};
	ProtoField *field = palloc0(sizeof(ProtoField));

	field->label = "singular";
	for (int i = 0; i < (int) lengthof(labels); i++)
	{
		if (take(reader, labels[i]))
		{
			field->label = labels[i];
			break;
		}
	}
	field->type = take_type(reader);
	field->name = take_name(reader);
	require(reader, "=");
	field->number = take_number(reader);
	if (take(reader, "["))
		skip_to(reader, "]");
	require(reader, ";");
	message->fields = lappend(message->fields, field);
}

/* reserved 2, 5 to 7; or reserved "a", "b"; */
static void
read_reserved(ProtoReader *reader, ProtoMessage *message)
{
	do
	{
		ProtoReserved *reserved = palloc0(sizeof(ProtoReserved));

		if (reader->is_string)
		{
			reserved->name = reader->token;
			advance(reader);
		}
		else
		{
			reserved->low = reserved->high = take_number(reader);
			if (take(reader, "to"))
				reserved->high = take(reader, "max") ? MAX_FIELD_NUMBER
													 : take_number(reader);
		}
		message->reserved = lappend(message->reserved, reserved);
	} while (take(reader, ","));
	require(reader, ";");
}

/* What follows "{" up to "}". */
static void
read_body(ProtoReader *reader, ProtoMessage *message)
{
	static const char *const refused[] = {"enum", "oneof", "group", "extend",
										  "extensions"};

	while (!take(reader, "}"))
	{
		for (int i = 0; i < (int) lengthof(refused); i++)
		{
			if (is_next(reader, refused[i]))
				unsupported(reader, refused[i]);
		}
		if (take(reader, "message"))
			read_message(reader, message->path);
		else if (take(reader, "option"))
			skip_to(reader, ";");
		else if (take(reader, "reserved"))
			read_reserved(reader, message);
		else if (!take(reader, ";"))
			read_field(reader, message);
	}
}

static void
read_message(ProtoReader *reader, const char *outer)
{
	ProtoMessage *message = palloc0(sizeof(ProtoMessage));
	const char *name = take_name(reader);

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	message->path = outer ? psprintf("%s.%s", outer, name) : name;
	reader->file->messages = lappend(reader->file->messages, message);
	require(reader, "{");
	read_body(reader, message);
}

static ProtoFile *
read_file(const char *text)
{
	ProtoFile *file = palloc0(sizeof(ProtoFile));
	ProtoReader reader = {.next = text, .line = 1, .file = file};

	advance(&reader);
	require(&reader, "syntax");
	require(&reader, "=");
	if (!reader.is_string || strcmp(reader.token, "proto3") != 0)
		unsupported(&reader, psprintf("syntax = %s", reader.token));
	advance(&reader);
	require(&reader, ";");
	while (reader.token[0] != '\0' || reader.is_string)
	{
		if (take(&reader, "package"))
		{
			file->package = take_name(&reader);
			require(&reader, ";");
		}
		else if (take(&reader, "import") || take(&reader, "option"))
			skip_to(&reader, ";");
		else if (take(&reader, "message"))
			read_message(&reader, NULL);
		else if (!take(&reader, ";"))
			unsupported(&reader, reader.token);
	}
	return file;
}

/* ----------------------------------------------------------- comparing */

/* A type without the file's package in front. */
static const char *
bare_type(const ProtoFile *file, const char *type)
{
	size_t len;

	if (type[0] != '.')
		return type;
	type++;
	len = file->package ? strlen(file->package) : 0;
	if (len > 0 && strncmp(type, file->package, len) == 0 && type[len] == '.')
		return type + len + 1;
	return type;
}

static const ProtoMessage *
find_message(const ProtoFile *file, const char *path)
{
	ListCell *lc;

	foreach(lc, file->messages)
	{
		const ProtoMessage *message = (const ProtoMessage *) lfirst(lc);

		if (strcmp(message->path, path) == 0)
			return message;
	}
	return NULL;
}

static const ProtoField *
find_field(const ProtoMessage *message, const char *name)
{
	ListCell *lc;

	foreach(lc, message->fields)
	{
		const ProtoField *field = (const ProtoField *) lfirst(lc);

		if (strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

static const ProtoField *
find_number(const ProtoMessage *message, int32 number)
{
	ListCell *lc;

	foreach(lc, message->fields)
	{
		const ProtoField *field = (const ProtoField *) lfirst(lc);

		if (field->number == number)
			return field;
	}
	return NULL;
}

/* In the very same words: "2 to 3" is not "2, 3". */
static bool
is_reserved(const ProtoMessage *message, const ProtoReserved *wanted)
{
	ListCell *lc;

	foreach(lc, message->reserved)
	{
		const ProtoReserved *item = (const ProtoReserved *) lfirst(lc);

		if (wanted->name != NULL)
		{
			if (item->name != NULL && strcmp(item->name, wanted->name) == 0)
				return true;
		}
		else if (item->name == NULL && item->low == wanted->low &&
				 item->high == wanted->high)
			return true;
	}
	return false;
}

/* A field that both have, by its name. */
static void
compare_field(W2kComparison *cmp, const ProtoFile *old_file,
			  const ProtoField *old, const ProtoFile *new_file,
			  const ProtoField *new)
{
	const char *old_type = bare_type(old_file, old->type);
	const char *new_type = bare_type(new_file, new->type);

	if (old->number != new->number)
		w2k_comparison_add(cmp, W2K_CHANGE_NUMBER, psprintf("%d", old->number),
						   psprintf("%d", new->number));
	if (strcmp(old_type, new_type) != 0)
		w2k_comparison_add(cmp, W2K_CHANGE_TYPE, old_type, new_type);
	if (strcmp(old->label, new->label) != 0)
		w2k_comparison_add(cmp, W2K_CHANGE_LABEL, old->label, new->label);
}

static const char *
describe(const ProtoReserved *reserved)
{
	if (reserved->name != NULL)
		return psprintf("\"%s\"", reserved->name);
	if (reserved->low == reserved->high)
		return psprintf("number %d", reserved->low);
	return psprintf("number %d to %d", reserved->low, reserved->high);
}

static void
compare_reserved(W2kComparison *cmp, const ProtoMessage *old,
				 const ProtoMessage *new)
{
	ListCell *lc;

	foreach(lc, old->reserved)
	{
		const ProtoReserved *item = (const ProtoReserved *) lfirst(lc);
		const char *what = describe(item);
		ListCell *other;

		if (!is_reserved(new, item))
			w2k_comparison_add(cmp, W2K_CHANGE_RESERVED_GONE, what, what);
		foreach(other, new->fields)
		{
			const ProtoField *field = (const ProtoField *) lfirst(other);
			int len;

			if (item->name ? strcmp(item->name, field->name) != 0
						   : (field->number < item->low ||
							  field->number > item->high))
				continue;
			len = w2k_comparison_enter(cmp, field->name);
			w2k_comparison_add(cmp, W2K_CHANGE_RESERVED_USED, what, what);
			w2k_comparison_leave(cmp, len);
		}
	}
}

static void
compare_messages(W2kComparison *cmp, const ProtoFile *old_file,
				 const ProtoMessage *old, const ProtoFile *new_file,
				 const ProtoMessage *new)
{
	ListCell *lc;

	foreach(lc, old->fields)
	{
		const ProtoField *field = (const ProtoField *) lfirst(lc);
		const ProtoField *other = find_field(new, field->name);
		const ProtoField *heir = find_number(new, field->number);
		int len = w2k_comparison_enter(cmp, field->name);

		if (other != NULL)
			compare_field(cmp, old_file, field, new_file, other);
		else if (heir != NULL)
			w2k_comparison_add(cmp, W2K_CHANGE_NAME, field->name, heir->name);
		else
			w2k_comparison_add(cmp, W2K_CHANGE_FIELD, NULL, NULL);
		w2k_comparison_leave(cmp, len);
	}
	compare_reserved(cmp, old, new);
}

void
w2k_compatibility_protobuf(W2kComparison *cmp, const char *old_text,
						   const char *new_text)
{
	const ProtoFile *old_file = read_file(old_text);
	const ProtoFile *new_file = read_file(new_text);
	ListCell *lc;

	foreach(lc, old_file->messages)
	{
		const ProtoMessage *old = (const ProtoMessage *) lfirst(lc);
		const ProtoMessage *new = find_message(new_file, old->path);
		int len = w2k_comparison_enter(cmp, old->path);

		if (new != NULL)
			compare_messages(cmp, old_file, old, new_file, new);
		else
			w2k_comparison_add(cmp, W2K_CHANGE_MESSAGE, NULL, NULL);
		w2k_comparison_leave(cmp, len);
	}
}
