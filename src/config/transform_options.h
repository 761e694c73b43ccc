/*
 * transform_options.h
 *		What each class of transforms may be told.
 *
 * Filled through the tables of transform_table.c.  Text is as it was said, in
 * the server's encoding; NULL = it was not, and there is no default.
 */
#ifndef W2K_CONFIG_TRANSFORM_OPTIONS_H
#define W2K_CONFIG_TRANSFORM_OPTIONS_H

#include "config/connector.h"

typedef struct W2kRegexRouterOptions
{
	char *regex;
	char *replacement;
} W2kRegexRouterOptions;

typedef enum W2kDeleteHandling
{
	W2K_DELETE_TOMBSTONE, /* a null value that has a schema */
	W2K_DELETE_DROP,
	W2K_DELETE_REWRITE,
	W2K_DELETE_REWRITE_WITH_TOMBSTONE,
	W2K_DELETE_TO_TOMBSTONE
} W2kDeleteHandling;

typedef struct W2kUnwrapOptions
{
	W2kDeleteHandling delete_handling;
	char *add_fields;
	char *add_fields_prefix;
	char *add_headers;
	char *add_headers_prefix;
	char *route_by_field;
	char *drop_fields_header;
	bool drop_fields_from_key;
	bool drop_fields_keep_compatible;
	bool replace_null_with_default;
	bool says_replace_null; /* else it goes by the converters' */
} W2kUnwrapOptions;

typedef enum W2kUnexpectedOperation
{
	W2K_UNEXPECTED_WARN,
	W2K_UNEXPECTED_ERROR, /* the same at Debezium's level "error" */
	W2K_UNEXPECTED_FATAL
} W2kUnexpectedOperation;

typedef struct W2kOutboxOptions
{
	char *id_field;
	char *key_field;
	char *payload_field;
	char *timestamp_field;
	char *version_field;
	char *route_by_field;
	char *topic_regex;
	char *topic_replacement;
	char *placement; /* "column:header|envelope|partition[:alias],..." */
	/* an int is the field of an enum, where a bool would do */
	int ignores_missing;
	int keeps_nulls;
	int keeps_empty_arrays;
	bool expands_json;
	bool tombstone_on_empty;
	W2kUnexpectedOperation unexpected;
} W2kOutboxOptions;

typedef struct W2kLogicalRouterOptions
{
	char *topic_regex;
	char *topic_replacement;
	bool enforces_uniqueness;
	char *key_field;
	char *key_regex;
	char *key_replacement;
	W2kAdjustment adjustment; /* of schemas' names */
} W2kLogicalRouterOptions;

typedef struct W2kHeaderToValueOptions
{
	char *headers;
	char *fields;
	int is_move; /* an enum's field */
} W2kHeaderToValueOptions;

typedef struct W2kTimezoneOptions
{
	char *timezone;
	char *include_list;
	char *exclude_list;
} W2kTimezoneOptions;

typedef struct W2kPredicateOptions
{
	char *text; /* a pattern, or a header's name */
} W2kPredicateOptions;

#endif /* W2K_CONFIG_TRANSFORM_OPTIONS_H */
