/*
 * registry_token.h
 *		A token for a Schema Registry by OAuth's grant of client credentials.
 *
 * Runs on the thread of schemas.c, as registry.c does.
 */
#ifndef W2K_SENDER_REGISTRY_TOKEN_H
#define W2K_SENDER_REGISTRY_TOKEN_H

#include "sender/registry.h"

typedef struct W2kToken
{
	char *url;	 /* NULL = there is no issuer to ask */
	char *shown; /* the same, without a query */
	char *client_id, *client_secret;
	char *form; /* what it is sent */
	long buffer_s;
	char *token; /* NULL = none yet */
	int64_t expiry_ms;
} W2kToken;

/* False, with the reason in error, where the settings make no sense. */
extern bool w2k_token_take_settings(W2kToken *token,
									const W2kSettingList *settings,
									char *error, size_t error_size);

/* Is there a token that will do for a while? */
extern bool w2k_token_is_fresh(const W2kToken *token);

/* It is of no use any more. */
extern void w2k_token_forget(W2kToken *token);

/*
 * Takes what the issuer has answered: false, with exchange->error and text,
 * where that is no token.
 */
extern bool w2k_token_take_answer(W2kToken *token, W2kExchange *exchange);

#endif /* W2K_SENDER_REGISTRY_TOKEN_H */
