/*
 * writer_options.h
 *		What Writers are asked for.
 */
#ifndef W2K_ENCODE_WRITER_OPTIONS_H
#define W2K_ENCODE_WRITER_OPTIONS_H

#include "encode/standin.h"
#include "format.h"

/* What becomes of a value that has no form: an error, or null. */
typedef enum W2kOnUnconvertible
{
	W2K_UNCONVERTIBLE_FAIL,
	W2K_UNCONVERTIBLE_WARN, /* once for a column */
	W2K_UNCONVERTIBLE_SKIP
} W2kOnUnconvertible;

/* What keys and values may be asked for apart. */
typedef struct W2kSideOptions
{
	W2kFormat format;
	bool has_schemas;
	bool has_numeric_decimals; /* Connect's Decimal is a JSON number */
	bool replaces_nulls;	   /* by the column's default, if it has one */
	bool is_typed;			   /* a schema says how deep arrays are */
	W2kSchemaOptions schema;   /* in a registry */
} W2kSideOptions;

typedef struct W2kWriterOptions
{
	W2kSideOptions key, value;
	bool has_null_snapshot;	  /* source.snapshot is not its default */
	bool has_header_defaults; /* nulls of keys in headers are defaults */
	const char *version;
	const char *prefix;	   /* topic.prefix */
	const char *connector; /* whose numbers of fields hold; NULL = none's */
	W2kPlaceholder placeholder;
	W2kLogical binary;	  /* form of bytes that are no column */
	bool missing_as_null; /* in key-only images, instead of fallbacks */
	bool ascii_only;	  /* text for a server that is not UTF-8 */
	W2kOnUnconvertible on_unconvertible;
} W2kWriterOptions;

#endif /* W2K_ENCODE_WRITER_OPTIONS_H */
