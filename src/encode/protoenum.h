/*
 * protoenum.h
 *		The enums of proto/envelope.proto whose values Debezium has as text.
 */
#ifndef W2K_ENCODE_PROTOENUM_H
#define W2K_ENCODE_PROTOENUM_H

typedef enum W2kProtoEnum
{
	W2K_PROTOENUM_OPERATION,
	W2K_PROTOENUM_SNAPSHOT,
	W2K_PROTOENUM_STATUS,
	W2K_PROTOENUM_CHANGE
} W2kProtoEnum;

/* The number of a value, or -1. */
extern int w2k_protoenum_find(W2kProtoEnum kind, const char *text, int len);

/* The same of a value that must have one. */
extern int w2k_protoenum_get(W2kProtoEnum kind, const char *text);

#endif /* W2K_ENCODE_PROTOENUM_H */
