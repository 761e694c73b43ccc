/*
 * javaregex.h
 *		One Java regular expression and its replacement, as transforms have
 *		them.
 *
 * The expressions are those of filter.h, but for names of groups, which are
 * allowed, and case, which counts unless the expression begins with "(?i)".
 * Text is in the server's encoding.
 */
#ifndef W2K_CONFIG_JAVAREGEX_H
#define W2K_CONFIG_JAVAREGEX_H

typedef struct W2kJavaRegex W2kJavaRegex;

/* What is wrong with an expression, a sentence; NULL where it is fine. */
extern char *w2k_javaregex_problem(const char *regex);

/* What is wrong with the replacement of a valid expression, likewise. */
extern char *w2k_javaregex_replacement_problem(const char *regex,
											   const char *replacement);

/*
 * Compiles an expression, and its replacement unless that is NULL, into the
 * current memory context, with which it ends.  Raises
 * INVALID_PARAMETER_VALUE where one is not valid.
 */
extern W2kJavaRegex *w2k_javaregex_compile(const char *regex,
										   const char *replacement);

/* Does it match the whole text? */
extern bool w2k_javaregex_matches(W2kJavaRegex *regex, const char *text);

/* The replacement, where it matches the whole text; else NULL. */
extern char *w2k_javaregex_replace(W2kJavaRegex *regex, const char *text);

#endif /* W2K_CONFIG_JAVAREGEX_H */
