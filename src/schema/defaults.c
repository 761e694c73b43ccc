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
#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
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

/* DEFAULT 5 of a text column: prints the same whatever the settings. */
static bool
is_text_of_number(Node *node)
{
	Oid typid = exprType((Node *) ((CoerceViaIO *) node)->arg);

	return exprType(node) < FirstNormalObjectId &&
		   (typid == INT4OID || typid == INT8OID || typid == NUMERICOID);
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
		else if (IsA(node, CoerceViaIO) && is_text_of_number(node))
			node = (Node *) ((CoerceViaIO *) node)->arg;
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

static bool
is_at_time_zone(const FuncExpr *func)
{
	const char *name = get_func_name(func->funcid);

	return name != NULL && strcmp(name, "timezone") == 0 &&
		   list_length(func->args) == 2;
}

/*
 * Does the expression's text begin with the call of a function, behind one
 * parenthesis at most?  That is what Debezium looks for: f(), f()::date,
 * f() + 1.  A cast that was written, or an operator, is one more parenthesis.
 */
static bool
begins_with_call(Node *node)
{
	int nparentheses = 0;

	while (node != NULL && nparentheses <= 1)
	{
		switch (nodeTag(node))
		{
			case T_RelabelType:
				if (((RelabelType *) node)->relabelformat !=
					COERCE_IMPLICIT_CAST)
					nparentheses++;
				node = (Node *) ((RelabelType *) node)->arg;
				break;
			case T_CoerceViaIO:
				if (((CoerceViaIO *) node)->coerceformat !=
					COERCE_IMPLICIT_CAST)
					nparentheses++;
				node = (Node *) ((CoerceViaIO *) node)->arg;
				break;
			case T_OpExpr:
				/* a prefix operator stands in front of its only argument */
				if (list_length(((OpExpr *) node)->args) != 2)
					return false;
				nparentheses++;
				node = linitial(((OpExpr *) node)->args);
				break;
			case T_FuncExpr:
				switch (((FuncExpr *) node)->funcformat)
				{
					case COERCE_EXPLICIT_CALL:
						return true;
					case COERCE_SQL_SYNTAX:
						/* all look like a call but AT TIME ZONE */
						if (!is_at_time_zone((FuncExpr *) node))
							return true;
						nparentheses++;
						node = lsecond(((FuncExpr *) node)->args);
						continue;
					case COERCE_EXPLICIT_CAST:
						nparentheses++;
						break;
					case COERCE_IMPLICIT_CAST:
						break;
				}
				node = linitial(((FuncExpr *) node)->args);
				break;
			case T_CoalesceExpr:
			case T_MinMaxExpr:
			case T_NullIfExpr:
			case T_XmlExpr:
				return true;
			default:
				return false;
		}
	}
	return false;
}

/* Words without an argument: Debezium takes some for values themselves. */
static const char *
find_word(const Node *node)
{
	if (!IsA(node, SQLValueFunction))
		return NULL;
	switch (((const SQLValueFunction *) node)->op)
	{
		case SVFOP_CURRENT_ROLE:
			return "CURRENT_ROLE";
		case SVFOP_CURRENT_USER:
			return "CURRENT_USER";
		case SVFOP_USER:
			return "USER";
		case SVFOP_SESSION_USER:
			return "SESSION_USER";
		case SVFOP_CURRENT_CATALOG:
			return "CURRENT_CATALOG";
		case SVFOP_CURRENT_SCHEMA:
			return "CURRENT_SCHEMA";
		default:
			return NULL;
	}
}

static Const *
make_word(const char *word, Oid typid)
{
	return makeConst(typid, -1, DEFAULT_COLLATION_OID, -1,
					 CStringGetTextDatum(word), false, false);
}

bool
w2k_defaults_is_serial(Relation relation, AttrNumber attnum)
{
	Node *expr = find_expression(RelationGetDescr(relation), attnum);
	bool is_safe;
	Node *core = expr == NULL ? NULL : strip_casts(expr, &is_safe);

	return core != NULL && IsA(core, FuncExpr) &&
		   ((FuncExpr *) core)->funcid == F_NEXTVAL;
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

/*
 * Did the column's type make another number of the one that was written?
 * Debezium takes none then, nor one with a fraction for an integer.
 */
static bool
is_rounded(const Const *written, const Const *constant)
{
	if (written->consttype != NUMERICOID || written->constisnull)
		return false;
	if (constant->consttype == NUMERICOID)
		return !DatumGetBool(DirectFunctionCall2(numeric_eq,
												 written->constvalue,
												 constant->constvalue));
	if (constant->consttype != INT2OID && constant->consttype != INT4OID &&
		constant->consttype != INT8OID)
		return false;
	return strchr(DatumGetCString(
					  DirectFunctionCall1(numeric_out, written->constvalue)),
				  '.') != NULL;
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
	const char *word;
	bool is_safe;

	/* an identity column has none, and what generates a column is none */
	if (att->attgenerated != '\0')
		return W2K_DEFAULT_NONE;
	expr = find_expression(desc, attnum);
	if (expr == NULL)
		return W2K_DEFAULT_NONE;

	core = strip_casts(expr, &is_safe);
	word = find_word(core);
	if (word != NULL &&
		(att->atttypid == TEXTOID || att->atttypid == VARCHAROID ||
		 att->atttypid == BPCHAROID))
		constant = make_word(word, att->atttypid);
	else if (IsA(core, SQLValueFunction) || begins_with_call(expr) ||
			 (att->atttypid == BOOLOID && !IsA(core, Const)))
		return W2K_DEFAULT_COMPUTED;
	else if (!IsA(core, Const) || !is_safe)
		return W2K_DEFAULT_NONE;
	else if (att->atttypid == BPCHAROID)
		constant = (Const *) core; /* as written, without the padding */
	else
		constant = (Const *) cast_constant(expr);

	if (constant == NULL || !IsA(constant, Const) || constant->constisnull ||
		constant->consttype != att->atttypid ||
		(IsA(core, Const) && is_rounded((Const *) core, constant)))
		return W2K_DEFAULT_NONE;

	oldcontext = MemoryContextSwitchTo(result_context);
	*value = datumCopy(constant->constvalue, constant->constbyval,
					   constant->constlen);
	MemoryContextSwitchTo(oldcontext);
	return W2K_DEFAULT_CONSTANT;
}
