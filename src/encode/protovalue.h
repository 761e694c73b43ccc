/*
 * protovalue.h
 *		Values as fields of Protobuf messages.
 */
#ifndef W2K_ENCODE_PROTOVALUE_H
#define W2K_ENCODE_PROTOVALUE_H

#include "encode/envelope.h"
#include "encode/protomodel.h"

struct W2kNode;

/*
 * Appends a field with a value, nothing where it is null or, unless the field
 * tells that from null, zero.
 */
extern void w2k_protovalue_append(W2kWriter *writer, StringInfo out,
								  W2kProtoField *field, W2kValue *value,
								  W2kColumn *column);

/* The same with text that is UTF-8, or in the server's encoding. */
extern void w2k_protovalue_append_text(StringInfo out, W2kProtoField *field,
									   const char *text);
extern void w2k_protovalue_append_name(StringInfo out, W2kProtoField *field,
									   const char *name);
extern void w2k_protovalue_append_integer(StringInfo out, W2kProtoField *field,
										  int64 integer);

/* The fields of a struct that transforms have made. */
extern void w2k_protovalue_append_node(W2kWriter *writer,
									   const W2kSideOptions *side,
									   StringInfo out,
									   const W2kProtoFile *file,
									   struct W2kNode *node);

/* A message in a message: its tag and room for its length; where it begins. */
static inline int
w2k_protovalue_begin(StringInfo out, const W2kProtoField *field)
{
	w2k_buffer_append(out, field->tag, field->tag_len);
	return w2k_wire_begin(out, field->length_size);
}

static inline void
w2k_protovalue_end(StringInfo out, W2kProtoField *field, int start)
{
	w2k_wire_end(out, start, &field->length_size);
}

#endif /* W2K_ENCODE_PROTOVALUE_H */
