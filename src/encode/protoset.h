/*
 * protoset.h
 *		Ways to say what a Value of proto/envelope.proto holds.
 */
#ifndef W2K_ENCODE_PROTOSET_H
#define W2K_ENCODE_PROTOSET_H

#include "encode/protoitem.h"

static inline void
w2k_proto_set_number(W2kProtoItem *item, int kind, int wire, uint64 number)
{
	item->tag = W2K_WIRE_TAG(kind, wire);
	item->number = number;
}

static inline void
w2k_proto_set_varint(W2kProtoItem *item, int kind, uint64 number)
{
	w2k_proto_set_number(item, kind, W2K_WIRE_VARINT, number);
}

static inline void
w2k_proto_set_bytes(W2kProtoItem *item, int kind, const char *data, int len)
{
	item->tag = W2K_WIRE_TAG(kind, W2K_WIRE_BYTES);
	item->data = data;
	item->len = len;
}

#endif /* W2K_ENCODE_PROTOSET_H */
