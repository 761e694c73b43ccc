/*
 * prototext.h
 *		A model's text: the .proto that a registry keeps.
 */
#ifndef W2K_ENCODE_PROTOTEXT_H
#define W2K_ENCODE_PROTOTEXT_H

#include "encode/protomodel.h"

/* In the current memory context; the same model has the same text. */
extern char *w2k_prototext_make(const W2kProtoFile *file);

/* Appends which of the text's messages a record is. */
extern void w2k_prototext_append_index(StringInfo out,
									   const W2kProtoFile *file);

#endif /* W2K_ENCODE_PROTOTEXT_H */
