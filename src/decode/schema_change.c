/*
 * schema_change.c
 *		Rows of wal2kafka.schema_change: records of schema changes.
 *
 * The event triggers have written down what a command did when it did it, so
 * nothing is asked of the catalogs here.  There are few of these records:
 * they take the way of those that go through transforms, whatever the format.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "decode/output.h"
#include "decode/own_row.h"
#include "decode/transformed.h"
#include "transform/tree.h"

void
w2k_change_write_schema_change(LogicalDecodingContext *ctx,
							   ReorderBufferTXN *txn, W2kRelation *wrel,
							   Relation relation, ReorderBufferChange *change)
{
	W2kSession *session = ctx->output_plugin_private;
	const W2kTransformedFrom from = {W2K_OP_SCHEMA_CHANGE, change->lsn,
									 InvalidOid, "", ""};
	W2kSchemaChange schema_change = {.lsn = change->lsn};
	W2kTransformRecord rec;
	Datum datum;

	if (!w2k_own_row_read(wrel, relation, change,
						  REORDER_BUFFER_CHANGE_INSERT) ||
		!w2k_own_row_is_for_us(session, wrel, "connector") ||
		w2k_own_row_get(wrel, "changes", &datum) == NULL)
		return;
	schema_change.changes = DatumGetJsonbP(datum);
	if (w2k_own_row_get(wrel, "ddl", &datum) != NULL)
		schema_change.ddl = TextDatumGetCString(datum);

	w2k_output_prepare_transaction(ctx, txn);
	schema_change.database = session->database;
	schema_change.time_ns = w2k_output_now_ns();
	w2k_tree_make_schema_change(session->tree, &schema_change,
								session->conf->topic_prefix, &rec);
	w2k_transformed_write(ctx, txn, &from, &rec);
}
