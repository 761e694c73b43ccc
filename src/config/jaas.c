/*
 * jaas.c
 *		User name and password out of a sasl.jaas.config.
 *
 * Java clients get their credentials as one entry of a JAAS login
 * configuration: the class of a login module, a control word, options, and a
 * semicolon.  librdkafka wants user name and password as properties, so the
 * two modules that hold nothing else are taken apart.  Words, quotes, escapes
 * and comments are those of java.io.StreamTokenizer as Kafka sets it up.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "parser/scansup.h"

#include "config/jaas.h"

#define MODULE_PACKAGE "org.apache.kafka.common.security."

typedef enum TokenType
{
	TOKEN_END,
	TOKEN_WORD, /* a word or a quoted string */
	TOKEN_SIGN, /* one other character */
	TOKEN_BROKEN
} TokenType;

/* Skips blanks and comments; false at an unterminated comment. */
static bool
skip_blanks(const char **p)
{
	for (;;)
	{
		while (scanner_isspace(**p))
			(*p)++;
		if ((*p)[0] == '/' && (*p)[1] == '/')
			*p += strcspn(*p, "\r\n");
		else if ((*p)[0] == '/' && (*p)[1] == '*')
		{
			const char *end = strstr(*p + 2, "*/");

			if (end == NULL)
				return false;
			*p = end + 2;
		}
		else
			return true;
	}
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		   (c >= '0' && c <= '9') || IS_HIGHBIT_SET(c) ||
		   (c != '\0' && strchr("._-$", c) != NULL);
}

/* The escape behind a backslash at *p; leaves *p behind it. */
static char
read_escape(const char **p)
{
	char c = *(*p)++;

	switch (c)
	{
		case 'a':
			return '\a';
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		case 'v':
			return '\v';
		default:
			break;
	}
	if (c >= '0' && c <= '7')
	{
		int max_digits = c <= '3' ? 2 : 1;
		int code = c - '0';

		while (max_digits-- > 0 && **p >= '0' && **p <= '7')
			code = code * 8 + (*(*p)++ - '0');
		return (char) code;
	}
	return c;
}

/* The next token, its text (without quotes) in out. */
static TokenType
next_token(const char **p, StringInfo out)
{
	char quote;

	resetStringInfo(out);
	if (!skip_blanks(p))
		return TOKEN_BROKEN;
	if (**p == '\0')
		return TOKEN_END;
	if (**p != '"' && **p != '\'')
	{
		if (!is_word_char(**p))
		{
			appendStringInfoChar(out, *(*p)++);
			return TOKEN_SIGN;
		}
		while (is_word_char(**p))
			appendStringInfoChar(out, *(*p)++);
		return TOKEN_WORD;
	}
	quote = *(*p)++;
	while (**p != quote)
	{
		char c = *(*p)++;

		if (c == '\\' && **p != '\0')
			c = read_escape(p);
		else if (c == '\0' || c == '\n' || c == '\r')
			return TOKEN_BROKEN;
		if (c == '\0')
			return TOKEN_BROKEN;
		appendStringInfoChar(out, c);
	}
	(*p)++;
	return TOKEN_WORD;
}

static bool
is_sign(TokenType type, StringInfo token, char sign)
{
	return type == TOKEN_SIGN && token->data[0] == sign;
}

const char *
w2k_jaas_parse(const char *text, W2kJaas *jaas)
{
	const char *p = text;
	StringInfoData token;
	TokenType type;

	memset(jaas, 0, sizeof(W2kJaas));
	initStringInfo(&token);

	if (next_token(&p, &token) != TOKEN_WORD)
		return "It must begin with the class of a login module.";
	if (strcmp(token.data, MODULE_PACKAGE "scram.ScramLoginModule") == 0)
		jaas->is_scram = true;
	else if (strcmp(token.data, MODULE_PACKAGE "plain.PlainLoginModule") != 0)
		return "Supported login modules are org.apache.kafka.common.security.plain.PlainLoginModule and org.apache.kafka.common.security.scram.ScramLoginModule.";

	if (next_token(&p, &token) != TOKEN_WORD ||
		(pg_strcasecmp(token.data, "required") != 0 &&
		 pg_strcasecmp(token.data, "requisite") != 0 &&
		 pg_strcasecmp(token.data, "sufficient") != 0 &&
		 pg_strcasecmp(token.data, "optional") != 0))
		return "Behind the login module there must be \"required\".";

	while ((type = next_token(&p, &token)) == TOKEN_WORD)
	{
		char **value;

		if (strcmp(token.data, "username") == 0)
			value = &jaas->username;
		else if (strcmp(token.data, "password") == 0)
			value = &jaas->password;
		else
			return "Options other than username and password are not supported.";
		type = next_token(&p, &token);
		if (!is_sign(type, &token, '='))
			return "Options must be written as name=\"value\".";
		if (next_token(&p, &token) != TOKEN_WORD)
			return "Options must be written as name=\"value\".";
		*value = pstrdup(token.data);
	}
	if (!is_sign(type, &token, ';'))
		return "It must end with a semicolon, and its quotes must be closed.";
	if (next_token(&p, &token) != TOKEN_END)
		return "There must be one login module only.";
	if (jaas->username == NULL || jaas->password == NULL)
		return "It must have the options username and password.";
	return NULL;
}
