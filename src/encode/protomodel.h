/*
 * protomodel.h
 *		Connect's schemas as Protobuf messages.
 *
 * The messages are those that Confluent's ProtobufConverter derives, except
 * where it has none or an invalid one; protomodel.c says where.  A schema's
 * text (encode/prototext) and its records (encode/protovalue) are both written
 * by this model, so that one cannot differ from the other.
 */
#ifndef W2K_ENCODE_PROTOMODEL_H
#define W2K_ENCODE_PROTOMODEL_H

#include "encode/protowire.h"
#include "encode/writer_options.h"
#include "schema/connect.h"

typedef enum W2kProtoKind
{
	W2K_PROTO_INT32,
	W2K_PROTO_INT64,
	W2K_PROTO_FLOAT,
	W2K_PROTO_DOUBLE,
	W2K_PROTO_BOOL,
	W2K_PROTO_STRING,
	W2K_PROTO_BYTES,
	W2K_PROTO_DECIMAL, /* these four are messages that are known to all */
	W2K_PROTO_DATE,
	W2K_PROTO_TIME_OF_DAY,
	W2K_PROTO_TIMESTAMP,
	W2K_PROTO_STRUCT, /* and these are the schema's own */
	W2K_PROTO_ENTRY,  /* a pair of a map */
	W2K_PROTO_ITEMS	  /* an array, or a map, in an array */
} W2kProtoKind;

#define W2K_PROTO_KIND_COUNT (W2K_PROTO_ITEMS + 1)

#define W2K_PROTO_TAG_SIZE 5

typedef struct W2kProtoMessage W2kProtoMessage;

typedef struct W2kProtoField
{
	const char *name;
	int number;
	W2kProtoKind kind;
	bool is_repeated;
	bool is_optional;		  /* has a label of its own */
	bool is_wrapped;		  /* google.protobuf.Int32Value and the like */
	bool is_packed;			  /* repeated, and all in one */
	W2kProtoMessage *message; /* of kinds that are the schema's own */
	const W2kSchema *schema;  /* of the value, or of the element */
	bool has_params;		  /* what kind leaves out is told */
	bool needs_json_name;	  /* the usual one would not be unique */
	char tag[W2K_PROTO_TAG_SIZE];
	int tag_len;
	int length_size; /* see protowire.h */
} W2kProtoField;

struct W2kProtoMessage
{
	const char *name;
	const W2kSchema *schema;
	W2kProtoMessage *parent; /* that it is declared in, or NULL */
	int nfields;
	W2kProtoField *fields;
	int nmessages; /* declared in it */
	W2kProtoMessage **messages;
};

/* What a schema's file has in it. */
typedef struct W2kProtoFile
{
	const char *package;	 /* NULL = none */
	const char *full_name;	 /* of the message */
	W2kProtoMessage *root;	 /* NULL = a scalar, in scalar */
	W2kProtoField *scalar;	 /* in the message that google.protobuf has */
	bool has_clashing_names; /* so the usual types need a dot in front */
} W2kProtoFile;

/*
 * The model of a schema, in the current memory context.  Names that cannot be
 * are an error, unless the options say to change them.
 */
extern W2kProtoFile *w2k_protomodel_make(const W2kSideOptions *options,
										 W2kSide side,
										 const W2kSchema *schema);

/* A member of a message; NULL = it has none of this name. */
extern W2kProtoField *w2k_protomodel_find(const W2kProtoMessage *message,
										  const char *name);

#endif /* W2K_ENCODE_PROTOMODEL_H */
