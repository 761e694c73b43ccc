/*
 * signal.c
 *		Rows of Debezium's signalling table (signal.data.collection).
 *
 * Whether the table is captured or not, an insert is a signal to the worker,
 * which must have it before the slot moves past the transaction.  As Debezium
 * does, the columns are taken by their order: id, type, data.
 *
 * Who may insert there may signal; filters in signals run as the connector's
 * owner.  So the owner must be able to read the table, as any other.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "decode/output.h"
#include "schema/privileges.h"

#define SIGNAL_COLUMNS 3

/* Says once why rows of the table are no signals. */
static void
warn(W2kSession *session, Relation relation, const char *reason)
{
	if (!session->has_warned_of_signals)
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rows of table \"%s.%s\" are not taken for signals: %s",
						get_namespace_name(RelationGetNamespace(relation)),
						RelationGetRelationName(relation), reason)));
	session->has_warned_of_signals = true;
}

/* A column's text; NULL where it is null. */
static char *
read_text(Form_pg_attribute att, Datum value, bool is_null)
{
	Oid output;
	bool is_varlena;

	if (is_null)
		return NULL;
	getTypeOutputInfo(getBaseType(att->atttypid), &output, &is_varlena);
	return OidOutputFunctionCall(output, value);
}

/* Can its text be had without anybody's functions? */
static bool
is_built_in(Form_pg_attribute att)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(getBaseType(att->atttypid), &output, &is_varlena);
	return output < FirstNormalObjectId;
}

void
w2k_change_write_signal(LogicalDecodingContext *ctx, Relation relation,
						ReorderBufferChange *change)
{
	W2kSession *session = ctx->output_plugin_private;
	HeapTuple tuple = W2K_CHANGE_TUPLE(change->data.tp.newtuple);
	TupleDesc desc = RelationGetDescr(relation);
	Datum *values;
	bool *nulls;
	char *texts[SIGNAL_COLUMNS] = {NULL};
	int ncolumns = 0;
	Bitmapset *attnums = NULL;
	const char *reason;

	/* only a worker is there to take it */
	if (change->action != REORDER_BUFFER_CHANGE_INSERT || tuple == NULL ||
		session->conf->config_generation == 0)
		return;
	values = palloc(sizeof(Datum) * Max(desc->natts, 1));
	nulls = palloc(sizeof(bool) * Max(desc->natts, 1));
	heap_deform_tuple(tuple, desc, values, nulls);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (att->attisdropped)
			continue;
		attnums = bms_add_member(attnums, att->attnum);
		if (!is_built_in(att))
		{
			warn(session, relation, "a column is not of a plain type");
			return;
		}
		if (ncolumns < SIGNAL_COLUMNS)
			texts[ncolumns] = read_text(att, values[i], nulls[i]);
		ncolumns++;
	}
	if (ncolumns != SIGNAL_COLUMNS)
		warn(session, relation,
			 "it must have exactly three columns, for id, type and data");
	else if (OidIsValid(session->conf->owner) &&
			 !w2k_privileges_may_read(relation, session->conf->owner, attnums,
									  &reason))
		warn(session, relation, reason);
	else
		w2k_output_signal(ctx, texts[0] != NULL ? texts[0] : "",
						  texts[1] != NULL ? texts[1] : "", texts[2]);
}
