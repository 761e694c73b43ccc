/*
 * jsonb_read.h
 *		Looking into jsonb values.
 */
#ifndef W2K_SCHEMA_JSONB_READ_H
#define W2K_SCHEMA_JSONB_READ_H

#include "utils/builtins.h"
#include "utils/jsonb.h"

static inline bool
w2k_jsonb_is_object(const JsonbValue *v)
{
	return v != NULL && v->type == jbvBinary &&
		   JsonContainerIsObject(v->val.binary.data);
}

static inline bool
w2k_jsonb_is_array(const JsonbValue *v)
{
	return v != NULL && v->type == jbvBinary &&
		   JsonContainerIsArray(v->val.binary.data);
}

/* A member of an object, or NULL. */
static inline JsonbValue *
w2k_jsonb_get(const JsonbValue *object, const char *name)
{
	return getKeyJsonValueFromContainer(object->val.binary.data, name,
										(int) strlen(name), NULL);
}

/* Of an array. */
static inline uint32
w2k_jsonb_length(const JsonbValue *array)
{
	return JsonContainerSize(array->val.binary.data);
}

static inline JsonbValue *
w2k_jsonb_item(const JsonbValue *array, uint32 i)
{
	return getIthJsonbValueFromContainer(array->val.binary.data, i);
}

/* A text as a value; an error of jsonb's where it is no JSON. */
static inline JsonbValue *
w2k_jsonb_parse(const char *text)
{
	Jsonb *jsonb = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	JsonbValue *root;

	if (JB_ROOT_IS_SCALAR(jsonb))
		return getIthJsonbValueFromContainer(&jsonb->root, 0);
	root = palloc0(sizeof(JsonbValue));
	root->type = jbvBinary;
	root->val.binary.data = &jsonb->root;
	root->val.binary.len = VARSIZE_ANY_EXHDR(jsonb);
	return root;
}

#endif /* W2K_SCHEMA_JSONB_READ_H */
