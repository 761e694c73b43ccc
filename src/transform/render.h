/*
 * render.h
 *		Connect data -> what a record is written as.
 */
#ifndef W2K_TRANSFORM_RENDER_H
#define W2K_TRANSFORM_RENDER_H

#include "encode/record.h"
#include "encode/writer.h"
#include "transform/node.h"

/*
 * Appends what a record says, between w2k_record_begin and w2k_record_end: key
 * and value as JsonConverter writes them, headers as SimpleHeaderConverter.
 */
extern void w2k_render_record(const W2kWriters *writers,
							  W2kRecordWriter *records, StringInfo out,
							  const W2kTransformRecord *rec);

#endif /* W2K_TRANSFORM_RENDER_H */
