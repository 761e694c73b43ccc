/*
 * problem.h
 *		What is wrong with a configuration, collected before it is raised.
 *
 * create_connector() must fail at the first problem, validate_config() must
 * show all of them, and both must say the same.  So nothing that reads a
 * configuration raises an error by itself: it adds a problem to a list.
 */
#ifndef W2K_CONFIG_PROBLEM_H
#define W2K_CONFIG_PROBLEM_H

#include "nodes/pg_list.h"

typedef struct W2kProblem
{
	const char *property;
	const char *value; /* what may be shown of it, or NULL */
	bool is_error;	   /* else worth a NOTICE */
	int sqlerrcode;
	const char *message; /* these three as in ereport */
	const char *detail;
	const char *hint;
} W2kProblem;

/*
 * Appends an error to *problems.  property and value are kept, not copied;
 * the caller may go on to set detail and hint, or clear is_error.
 */
extern W2kProblem *w2k_problem_add(List **problems, int sqlerrcode,
								   const char *property, const char *value,
								   const char *format, ...)
	pg_attribute_printf(5, 6);

/* Raises the first error of the list, if there is any. */
extern void w2k_problem_raise(const List *problems);

#endif /* W2K_CONFIG_PROBLEM_H */
