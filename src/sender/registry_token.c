/*
 * registry_token.c
 *		A token for a Schema Registry by OAuth's grant of client credentials.
 *
 * The issuer is asked once, and again a while before its token expires, or
 * when the registry does not take it any more (registry.c).  Nothing of what
 * is secret here is in any text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sender/clock.h"
#include "sender/memory.h"
#include "sender/registry_api.h"
#include "sender/registry_token.h"

bool
w2k_token_take_settings(W2kToken *token, const W2kSettingList *settings,
						char *error, size_t error_size)
{
	const char *url = w2k_settings_find(settings, "issuer.endpoint.url");
	const char *id = w2k_settings_find(settings, "client.id");
	const char *secret = w2k_settings_find(settings, "client.secret");
	const char *scope = w2k_settings_find(settings, "scope");
	const char *buffer = w2k_settings_find(settings,
										   "cache.expiry.buffer.seconds");
	char *escaped;
	size_t size;

	if (url == NULL || url[0] == '\0')
		return true;
	/* a name and a password in it would be shown */
	if ((strncasecmp(url, "http://", 7) != 0 &&
		 strncasecmp(url, "https://", 8) != 0) ||
		strchr(url, '@') != NULL)
	{
		snprintf(error, error_size,
				 "bearer.auth.issuer.endpoint.url is not a URL that begins with http:// or https://, without a user");
		return false;
	}
	if (id == NULL || secret == NULL)
	{
		snprintf(error, error_size,
				 "bearer.auth.client.id and bearer.auth.client.secret are not set");
		return false;
	}
	token->url = w2k_memory_strdup(url);
	token->shown = w2k_memory_strndup(url, strcspn(url, "?#"));
	token->client_id = w2k_memory_strdup(id);
	token->client_secret = w2k_memory_strdup(secret);
	token->buffer_s = buffer == NULL ? 300 : strtol(buffer, NULL, 10);
	escaped = w2k_registry_escape(scope != NULL ? scope : "");
	size = strlen(escaped) + 64;
	token->form = w2k_memory_alloc(size);
	snprintf(token->form, size, "grant_type=client_credentials%s%s",
			 escaped[0] != '\0' ? "&scope=" : "", escaped);
	free(escaped);
	return true;
}

bool
w2k_token_is_fresh(const W2kToken *token)
{
	return token->token != NULL && w2k_clock_ms() < token->expiry_ms;
}

void
w2k_token_forget(W2kToken *token)
{
	free(token->token);
	token->token = NULL;
}

/* One that can stand in a header. */
static bool
is_well(const char *token)
{
	const char *p = token;

	while (*p > 0x20 && *p < 0x7f)
		p++;
	return p > token && *p == '\0';
}

bool
w2k_token_take_answer(W2kToken *token, W2kExchange *exchange)
{
	char said[200] = "";
	char *made = NULL;
	int64_t lifetime_s = -1;

	w2k_token_forget(token);
	if (!exchange->is_answered)
		snprintf(said, sizeof(said), "%.190s", exchange->text);
	else
	{
		made = w2k_registry_read_token(exchange, &lifetime_s, said,
									   sizeof(said));
		/* 400 is what OAuth has for credentials as well */
		exchange->error = exchange->status >= 200 && exchange->status < 300
							  ? W2K_REGISTRY_GARBLED
						  : exchange->status == 400
							  ? W2K_REGISTRY_UNAUTHORIZED
							  : w2k_registry_classify(exchange->status, 0);
	}
	if (exchange->is_answered && exchange->status >= 200 &&
		exchange->status < 300 && made != NULL && is_well(made))
	{
		token->token = made;
		token->expiry_ms = lifetime_s < 0
							   ? INT64_MAX
							   : w2k_clock_ms() +
									 (lifetime_s - token->buffer_s) * 1000;
		return true;
	}
	free(made);
	exchange->is_answered = false;
	snprintf(exchange->text, sizeof(exchange->text),
			 "no token from %.200s: %s", token->shown,
			 said[0] != '\0' ? said : "its answer has none");
	return false;
}
