/*
 * defaults.c
 *		Column defaults, as Debezium knows them.
 *
 * It reads the default's text: a literal (with whatever casts) has a value, a
 * call of a function stands for "something computed", and any other
 * expression for no default at all.  We look at the expression instead of its
 * text, to the same end.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/tupdesc.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/primnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "schema/defaults.h"

/* The stored expression of a column's default, or NULL. */
static Node *
find_expression(TupleDesc desc, AttrNumber attnum)
{
	if (desc->constr == NULL)
		return NULL;
	for (int i = 0; i < desc->constr->num_defval; i++)
	{
		AttrDefault *def = &desc->constr->defval[i];

		if (def->adnum == attnum)
			return def->adbin == NULL ? NULL : stringToNode(def->adbin);
	}
	return NULL;
}

/*
 * What is under the casts of an expression.  *is_safe tells that all of them
 * are the server's own, which read no table of a user.
 */
static Node *
strip_casts(Node *node, bool *is_safe)
{
	*is_safe = true;
	while (node != NULL)
	{
		if (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, FuncExpr))
		{
			FuncExpr *func = (FuncExpr *) node;

			if ((func->funcformat != COERCE_IMPLICIT_CAST &&
				 func->funcformat != COERCE_EXPLICIT_CAST) ||
				func->args == NIL)
				return node;
			if (func->funcid >= FirstNormalObjectId)
				*is_safe = false;
			node = linitial(func->args);
		}
		else
			return node;
	}
	return NULL;
}

/* CURRENT_USER and its like: Debezium takes the word itself for the value. */
static bool
is_role_name(const Node *node)
{
	const SQLValueFunction *func = (const SQLValueFunction *) node;

	return IsA(node, SQLValueFunction) &&
		   (func->op == SVFOP_CURRENT_ROLE || func->op == SVFOP_CURRENT_USER ||
			func->op == SVFOP_USER || func->op == SVFOP_SESSION_USER);
}

static Const *
make_role_name(const SQLValueFunction *func)
{
	const char *word = func->op == SVFOP_CURRENT_ROLE	? "CURRENT_ROLE"
					   : func->op == SVFOP_CURRENT_USER ? "CURRENT_USER"
					   : func->op == SVFOP_USER			? "USER"
														: "SESSION_USER";

	return makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1,
					 CStringGetTextDatum(word), false, false);
}

/*
 * Casts a constant as the default says; NULL where that fails.  Nobody needs
 * to have inserted such a default yet (DEFAULT 99999999999 of an integer), so
 * it must not fail the table's other rows: hence the subtransaction.
 */
static Node *
cast_constant(Node *expr)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	Node *volatile result = NULL;

	if (IsA(expr, Const))
		return expr;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(oldcontext);
	PG_TRY();
	{
		result = eval_const_expressions(NULL, expr);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		int category;

		MemoryContextSwitchTo(oldcontext);
		category = ERRCODE_TO_CATEGORY(geterrcode());
		if (category == ERRCODE_OPERATOR_INTERVENTION ||
			category == ERRCODE_INSUFFICIENT_RESOURCES)
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		result = NULL;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(oldcontext);
	CurrentResourceOwner = oldowner;
	return result;
}

W2kDefault
w2k_defaults_read(Relation relation, AttrNumber attnum,
				  MemoryContext result_context, Datum *value)
{
	TupleDesc desc = RelationGetDescr(relation);
	Form_pg_attribute att = TupleDescAttr(desc, attnum - 1);
	MemoryContext oldcontext;
	Node *expr;
	Node *core;
	Const *constant;
	bool is_safe;

	/* the next value of an identity column is not in pg_attrdef */
	if (att->attidentity != '\0')
		return W2K_DEFAULT_COMPUTED;

	expr = find_expression(desc, attnum);
	if (expr == NULL)
		return W2K_DEFAULT_NONE;

	core = strip_casts(expr, &is_safe);
	if (is_role_name(core) && att->atttypid == TEXTOID)
		constant = make_role_name((SQLValueFunction *) core);
	else if (IsA(core, FuncExpr) || IsA(core, SQLValueFunction))
		return W2K_DEFAULT_COMPUTED;
	else if (!IsA(core, Const) || !is_safe)
		return W2K_DEFAULT_NONE;
	else if (att->atttypid == BPCHAROID)
		constant = (Const *) core; /* as written, without the padding */
	else
		constant = (Const *) cast_constant(expr);

	if (constant == NULL || !IsA(constant, Const) || constant->constisnull ||
		constant->consttype != att->atttypid)
		return W2K_DEFAULT_NONE;

	oldcontext = MemoryContextSwitchTo(result_context);
	*value = datumCopy(constant->constvalue, constant->constbyval,
					   constant->constlen);
	MemoryContextSwitchTo(oldcontext);
	return W2K_DEFAULT_CONSTANT;
}
