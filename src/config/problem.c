/*
 * problem.c
 *		What is wrong with a configuration, collected before it is raised.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "config/problem.h"

W2kProblem *
w2k_problem_add(List **problems, int sqlerrcode, const char *property,
				const char *value, const char *format, ...)
{
	W2kProblem *problem = palloc0(sizeof(W2kProblem));
	StringInfoData buf;

	initStringInfo(&buf);
	for (;;)
	{
		va_list args;
		int needed;

		va_start(args, format);
		needed = appendStringInfoVA(&buf, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&buf, needed);
	}

	problem->property = property;
	problem->value = value;
	problem->is_error = true;
	problem->sqlerrcode = sqlerrcode;
	problem->message = buf.data;
	*problems = lappend(*problems, problem);
	return problem;
}

void
w2k_problem_raise(const List *problems)
{
	ListCell *lc;

	foreach(lc, problems)
	{
		const W2kProblem *problem = (const W2kProblem *) lfirst(lc);

		if (!problem->is_error)
			continue;
		ereport(ERROR,
				(errcode(problem->sqlerrcode),
				 errmsg_internal("%s", problem->message),
				 problem->detail ? errdetail_internal("%s", problem->detail)
								 : 0,
				 problem->hint ? errhint("%s", problem->hint) : 0));
	}
}
