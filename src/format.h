/*
 * format.h
 *		The formats that keys and values may have.
 *
 * What every area may know of a format; who makes its Writer is known to
 * encode/writer alone.
 */
#ifndef W2K_FORMAT_H
#define W2K_FORMAT_H

/* A record's two sides, each of which has a format of its own. */
typedef enum W2kSide
{
	W2K_SIDE_KEY,
	W2K_SIDE_VALUE
} W2kSide;

#define W2K_SIDES 2

/* How the subjects of a registry's schemas are named: *.subject.name.strategy */
typedef enum W2kSubjectStrategy
{
	W2K_SUBJECT_TOPIC,		 /* <topic>-key, <topic>-value */
	W2K_SUBJECT_RECORD,		 /* the record's full name */
	W2K_SUBJECT_TOPIC_RECORD /* <topic>-<the record's full name> */
} W2kSubjectStrategy;

/* What a converter is told of the schemas that it registers. */
typedef struct W2kSchemaOptions
{
	W2kSubjectStrategy subject_strategy;
	bool has_no_metadata; /* Avro: nothing of Connect's beside the types */
	bool scrubs_names;	  /* makes names legal that are not */
	bool has_optional;	  /* Protobuf: fields may be labelled "optional" */
	bool has_wrappers;	 /* Protobuf: and scalars wrapped, which may be null */
	bool forbids_others; /* JSON: no members but those that are known */
} W2kSchemaOptions;

typedef enum W2kFormat
{
	W2K_FORMAT_JSON,
	W2K_FORMAT_JSON_SCHEMAS, /* a schema in every record */
	W2K_FORMAT_PROTOBUF,	 /* proto/envelope.proto */
	W2K_FORMAT_JSON_REGISTRY,
	W2K_FORMAT_AVRO,
	W2K_FORMAT_PROTOBUF_REGISTRY
} W2kFormat;

#define W2K_FORMAT_COUNT (W2K_FORMAT_PROTOBUF_REGISTRY + 1)

typedef struct W2kFormatInfo
{
	const char *name;	   /* a value of the property "format" */
	const char *converter; /* its class in Kafka Connect; NULL = none */
	bool is_built;		   /* else it is refused by name */
	bool is_text;
	bool needs_registry;
	int max_depth; /* of JSON that is expanded; 0 = that of its parser */
} W2kFormatInfo;

extern const W2kFormatInfo w2k_formats[W2K_FORMAT_COUNT];

#endif /* W2K_FORMAT_H */
