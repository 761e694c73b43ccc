/*
 * registry.c
 *		HTTP to a Schema Registry, and to who issues tokens for it; the only file
 *		that includes curl.
 *
 * A URL comes from a user and what answers there is anybody's: only http and
 * https, no redirects, no proxy or .netrc but what was set, answers bounded in
 * size and time, and nothing of an answer is believed but a status and a JSON
 * object (registry_api.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>

#include "sender/memory.h"
#include "sender/registry.h"
#include "sender/registry_token.h"
#include "wal2kafka.h"

#define CONTENT_TYPE "application/vnd.schemaregistry.v1+json"
/* A token is small. */
#define TOKEN_BYTES (64 * 1024)

typedef struct RegistryUrl
{
	char *base;		/* without user, password, trailing slash */
	char *user;		/* of this URL, or NULL */
	char *password; /* "" where a user has none */
} RegistryUrl;

struct W2kRegistry
{
	CURL *curl;
	struct curl_slist *headers;
	RegistryUrl *urls;
	int nurls;
	int current; /* the URL to ask first */
	char *identity;
	char *user, *password; /* for all URLs; NULL = each its own */
	W2kToken token;
	W2kRegistryRules rules;
	long connect_timeout_ms, read_timeout_ms;
	char *body; /* of the last answer */
	size_t body_len, body_capacity, limit;
	bool is_too_large;
	char curl_error[CURL_ERROR_SIZE];
	uint64_t requests, errors;
};

/* ---- settings ---- */

static const char *
find(const W2kSettingList *settings, const char *name)
{
	const char *value = w2k_settings_find(settings, name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool
find_boolean(const W2kSettingList *settings, const char *name, bool otherwise)
{
	const char *value = find(settings, name);

	return value == NULL ? otherwise : strcmp(value, "true") == 0;
}

static long
find_number(const W2kSettingList *settings, const char *name, long otherwise)
{
	const char *value = find(settings, name);
	long number = value == NULL ? otherwise : strtol(value, NULL, 10);

	return number > 0 ? number : otherwise;
}

/* One URL of the list; the text may hold a password and is never shown. */
static bool
add_url(W2kRegistry *registry, const char *text)
{
	CURLU *parts = curl_url();
	RegistryUrl url = {0};
	char *scheme = NULL;
	char *user = NULL;
	char *password = NULL;
	char *clean = NULL;
	size_t len;
	bool is_well;

	is_well = curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK &&
			  curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
			  (strcasecmp(scheme, "http") == 0 ||
			   strcasecmp(scheme, "https") == 0);
	if (is_well)
	{
		(void) curl_url_get(parts, CURLUPART_USER, &user, CURLU_URLDECODE);
		(void) curl_url_get(parts, CURLUPART_PASSWORD, &password,
							CURLU_URLDECODE);
		curl_url_set(parts, CURLUPART_USER, NULL, 0);
		curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
		curl_url_set(parts, CURLUPART_OPTIONS, NULL, 0);
		curl_url_set(parts, CURLUPART_QUERY, NULL, 0);
		curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
		is_well = curl_url_get(parts, CURLUPART_URL, &clean, 0) == CURLUE_OK;
	}
	if (is_well)
	{
		len = strlen(clean);
		while (len > 0 && clean[len - 1] == '/')
			len--;
		url.base = w2k_memory_strndup(clean, len);
		url.user = user != NULL ? w2k_memory_strdup(user) : NULL;
		url.password = w2k_memory_strdup(password != NULL ? password : "");
		registry->urls = w2k_memory_realloc(registry->urls,
											(size_t) (registry->nurls + 1) *
												sizeof(url));
		registry->urls[registry->nurls++] = url;
	}
	curl_free(scheme);
	curl_free(user);
	curl_free(password);
	curl_free(clean);
	curl_url_cleanup(parts);
	return is_well;
}

/* url: a list, in the order in which they are asked */
static bool
take_urls(W2kRegistry *registry, const W2kSettingList *settings, char *error,
		  size_t error_size)
{
	const char *value = find(settings, "url");
	char *list = w2k_memory_strdup(value != NULL ? value : "");
	char *rest = list;
	char *text;
	size_t len = 1;
	int n = 0;

	while ((text = strtok_r(rest, ", \t\r\n", &rest)) != NULL)
	{
		n++;
		if (strncasecmp(text, "http://", 7) != 0 &&
			strncasecmp(text, "https://", 8) != 0)
			snprintf(error, error_size,
					 "URL %d of schema.registry.url does not begin with http:// or https://",
					 n);
		else if (!add_url(registry, text))
			snprintf(error, error_size,
					 "URL %d of schema.registry.url is not valid", n);
		if (registry->nurls < n)
		{
			free(list);
			return false;
		}
		len += strlen(registry->urls[n - 1].base) + 1;
	}
	free(list);
	if (n == 0)
	{
		snprintf(error, error_size, "schema.registry.url is not set");
		return false;
	}
	registry->identity = w2k_memory_alloc(len);
	for (int i = 0; i < n; i++)
		snprintf(registry->identity + strlen(registry->identity),
				 len - strlen(registry->identity), "%s%s", i > 0 ? "," : "",
				 registry->urls[i].base);
	return true;
}

/* Who we are: user.info or sasl.*, else what stands in the URL. */
static bool
take_login(W2kRegistry *registry, const W2kSettingList *settings, char *error,
		   size_t error_size)
{
	const char *info = find(settings, "user.info");
	const char *user = find(settings, "sasl.username");
	const char *password = w2k_settings_find(settings, "sasl.password");

	if (info != NULL)
	{
		const char *colon = strchr(info, ':');

		if (colon == NULL)
		{
			snprintf(error, error_size,
					 "basic.auth.user.info is not <user>:<password>");
			return false;
		}
		registry->user = w2k_memory_strndup(info, (size_t) (colon - info));
		registry->password = w2k_memory_strdup(colon + 1);
	}
	else if (user != NULL)
	{
		registry->user = w2k_memory_strdup(user);
		registry->password = w2k_memory_strdup(password != NULL ? password
																: "");
	}
	return true;
}

/* A line of a request's head; false when it would be more than one. */
static bool
add_header(W2kRegistry *registry, const char *name, const char *value,
		   char *error, size_t error_size)
{
	size_t size = strlen(name) + strlen(value) + 3;
	char *line;

	if (strpbrk(name, ":\r\n \t") != NULL || name[0] == '\0' ||
		strpbrk(value, "\r\n") != NULL)
	{
		snprintf(error, error_size,
				 "a header for the schema registry is not valid");
		return false;
	}
	line = w2k_memory_alloc(size);
	snprintf(line, size, "%s: %s", name, value);
	registry->headers = curl_slist_append(registry->headers, line);
	free(line);
	return true;
}

static bool
take_headers(W2kRegistry *registry, const W2kSettingList *settings,
			 char *error, size_t error_size)
{
	static const char prefix[] = "header.";
	static const char *const named[][2] = {{"logical.cluster",
											"target-sr-cluster"},
										   {"identity.pool.id",
											"Confluent-Identity-Pool-Id"}};
	const char *token = find(settings, "token");

	registry->headers = curl_slist_append(NULL, "Content-Type: " CONTENT_TYPE);
	registry->headers =
		curl_slist_append(registry->headers,
						  "Accept: " CONTENT_TYPE
						  ", application/vnd.schemaregistry+json, application/json");
	registry->headers = curl_slist_append(registry->headers, "Expect:");
	if (token != NULL)
	{
		char *value = w2k_memory_alloc(strlen(token) + 8);
		bool is_well;

		snprintf(value, strlen(token) + 8, "Bearer %s", token);
		is_well = add_header(registry, "Authorization", value, error,
							 error_size);
		free(value);
		if (!is_well)
			return false;
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
	{
		const char *value = find(settings, named[i][0]);

		if (value != NULL &&
			!add_header(registry, named[i][1], value, error, error_size))
			return false;
	}
	for (int i = 0; i < settings->count; i++)
	{
		if (strncmp(settings->items[i].name, prefix, strlen(prefix)) == 0 &&
			!add_header(registry, settings->items[i].name + strlen(prefix),
						settings->items[i].value, error, error_size))
			return false;
	}
	return true;
}

/* A PEM text; curl copies it. */
static void
set_blob(CURL *curl, CURLoption option, const char *text)
{
	struct curl_blob blob;

	if (text == NULL)
		return;
	blob.data = (void *) (uintptr_t) text;
	blob.len = strlen(text);
	blob.flags = CURL_BLOB_COPY;
	curl_easy_setopt(curl, option, &blob);
}

static void
set_text(CURL *curl, CURLoption option, const char *text)
{
	if (text != NULL)
		curl_easy_setopt(curl, option, text);
}

static void
take_tls(CURL *curl, const W2kSettingList *settings)
{
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST,
					 find_boolean(settings, "ssl.verify.host", true) ? 2L : 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	set_text(curl, CURLOPT_CAINFO, find(settings, "ssl.ca.location"));
	set_blob(curl, CURLOPT_CAINFO_BLOB, find(settings, "ssl.ca.pem"));
	set_text(curl, CURLOPT_SSLCERT, find(settings, "ssl.certificate.location"));
	set_blob(curl, CURLOPT_SSLCERT_BLOB, find(settings, "ssl.certificate.pem"));
	set_text(curl, CURLOPT_SSLKEY, find(settings, "ssl.key.location"));
	set_blob(curl, CURLOPT_SSLKEY_BLOB, find(settings, "ssl.key.pem"));
	set_text(curl, CURLOPT_KEYPASSWD, find(settings, "ssl.key.password"));
	set_text(curl, CURLOPT_SSL_CIPHER_LIST,
			 find(settings, "ssl.cipher.suites"));
}

/* ---- curl ---- */

/* Takes a piece of the answer; refuses what is too much. */
static size_t
take_body(char *data, size_t size, size_t count, void *arg)
{
	W2kRegistry *registry = arg;
	size_t len = size * count;

	if (len > registry->limit - registry->body_len)
	{
		registry->is_too_large = true;
		return 0;
	}
	if (registry->body_len + len + 1 > registry->body_capacity)
	{
		registry->body_capacity = (registry->body_len + len + 1) * 2;
		registry->body = w2k_memory_realloc(registry->body,
											registry->body_capacity);
	}
	memcpy(registry->body + registry->body_len, data, len);
	registry->body_len += len;
	registry->body[registry->body_len] = '\0';
	return len;
}

/* What is the same for all requests. */
static void
set_up_curl(W2kRegistry *registry, const W2kSettingList *settings)
{
	CURL *curl = registry->curl;
	const char *proxy = find(settings, "proxy");

#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
					 (long) (CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, W2K_NAME "/" W2K_VERSION);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, registry->headers);
	/* "" keeps the environment's proxies away */
	curl_easy_setopt(curl, CURLOPT_PROXY, proxy != NULL ? proxy : "");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
					 registry->connect_timeout_ms);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
					 registry->connect_timeout_ms + registry->read_timeout_ms);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, registry);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, registry->curl_error);
	take_tls(curl, settings);
}

W2kRegistry *
w2k_registry_create(const W2kSettingList *settings, char *error,
					size_t error_size)
{
	W2kRegistry *registry = w2k_memory_alloc(sizeof(*registry));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
		(registry->curl = curl_easy_init()) == NULL)
	{
		snprintf(error, error_size, "could not initialize libcurl");
		return NULL;
	}
	registry->rules = (W2kRegistryRules){
		.registers = find_boolean(settings, "auto.register", true),
		.wants_latest = find_boolean(settings, "use.latest", false),
		.normalizes = find_boolean(settings, "normalize", false),
		.backoff_ms = (int) find_number(settings, "backoff.ms", 1000),
		.backoff_max_ms = (int) find_number(settings, "backoff.max.ms", 20000),
	};
	registry->connect_timeout_ms = find_number(settings, "connect.timeout.ms",
											   60000);
	registry->read_timeout_ms = find_number(settings, "read.timeout.ms", 60000);
	if (!take_urls(registry, settings, error, error_size) ||
		!take_login(registry, settings, error, error_size) ||
		!w2k_token_take_settings(&registry->token, settings, error,
								 error_size) ||
		!take_headers(registry, settings, error, error_size))
		return NULL; /* the session ends with it */
	set_up_curl(registry, settings);
	return registry;
}

const W2kRegistryRules *
w2k_registry_rules(const W2kRegistry *registry)
{
	return &registry->rules;
}

const char *
w2k_registry_identity(const W2kRegistry *registry)
{
	return registry->identity;
}

char *
w2k_registry_escape(const char *text)
{
	char *escaped = curl_easy_escape(NULL, text, 0);
	char *copy = w2k_memory_strdup(escaped != NULL ? escaped : "");

	curl_free(escaped);
	return copy;
}

void
w2k_registry_counts(const W2kRegistry *registry, uint64_t *requests,
					uint64_t *errors)
{
	*requests += registry->requests;
	*errors += registry->errors;
}

/* ---- exchanges ---- */

static W2kRegistryError
classify_curl(CURLcode code)
{
	switch (code)
	{
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_ISSUER_ERROR:
		case CURLE_SSL_INVALIDCERTSTATUS:
			return W2K_REGISTRY_UNTRUSTED;
		case CURLE_SSL_CERTPROBLEM:
		case CURLE_SSL_CACERT_BADFILE:
		case CURLE_SSL_CIPHER:
		case CURLE_SSL_CRL_BADFILE:
			return W2K_REGISTRY_CERTIFICATE;
		case CURLE_SSL_CONNECT_ERROR:
			return W2K_REGISTRY_TLS;
		case CURLE_URL_MALFORMAT:
		case CURLE_UNSUPPORTED_PROTOCOL:
			return W2K_REGISTRY_URL;
		case CURLE_OPERATION_TIMEDOUT:
			return W2K_REGISTRY_TIMED_OUT;
		case CURLE_WRITE_ERROR:
		case CURLE_WEIRD_SERVER_REPLY:
		case CURLE_BAD_CONTENT_ENCODING:
			return W2K_REGISTRY_GARBLED;
		default:
			return W2K_REGISTRY_UNREACHABLE;
	}
}

/* Has curl do what it is set up for; the answer is in the exchange. */
static void
perform(W2kRegistry *registry, CURL *curl, W2kExchange *exchange)
{
	char *redirect = NULL;
	CURLcode code;

	registry->body_len = 0;
	registry->is_too_large = false;
	registry->curl_error[0] = '\0';
	code = curl_easy_perform(curl);
	exchange->is_answered = code == CURLE_OK;
	exchange->status = 0;
	exchange->body = registry->body;
	exchange->body_len = registry->body_len;
	exchange->text[0] = '\0';
	if (code != CURLE_OK)
	{
		exchange->error = classify_curl(code);
		if (registry->is_too_large)
			snprintf(exchange->text, sizeof(exchange->text),
					 "the answer is larger than any answer to this can be");
		else
			snprintf(exchange->text, sizeof(exchange->text), "%s",
					 registry->curl_error[0] != '\0'
						 ? registry->curl_error
						 : curl_easy_strerror(code));
		return;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange->status);
	curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &redirect);
	if (exchange->status >= 300 && exchange->status < 400 && redirect != NULL)
		snprintf(exchange->text, sizeof(exchange->text),
				 "it redirects to %.200s", redirect);
}

/*
 * Gets a token where there is none that will do; false where there is none to
 * be had.  By the same rules as the registry is asked: TLS, proxy, times.
 */
static bool
get_token(W2kRegistry *registry, W2kExchange *exchange)
{
	W2kToken *token = &registry->token;
	size_t limit = registry->limit;
	struct curl_slist *headers;
	CURL *curl;
	bool is_there;

	if (token->url == NULL || w2k_token_is_fresh(token))
		return true;
	curl = curl_easy_duphandle(registry->curl);
	headers = curl_slist_append(NULL, "Accept: application/json");
	if (curl == NULL || headers == NULL)
		_exit(1); /* out of memory */
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_URL, token->url);
	curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long) CURLAUTH_BASIC);
	curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, NULL);
	curl_easy_setopt(curl, CURLOPT_USERNAME, token->client_id);
	curl_easy_setopt(curl, CURLOPT_PASSWORD, token->client_secret);
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
					 (curl_off_t) strlen(token->form));
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, token->form);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, registry->curl_error);
	registry->limit = TOKEN_BYTES;
	perform(registry, curl, exchange);
	registry->limit = limit;
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	is_there = w2k_token_take_answer(token, exchange);
	/* not to lie around in the buffer of answers */
	if (registry->body != NULL)
		memset(registry->body, 0, registry->body_len);
	registry->body_len = 0;
	exchange->body = registry->body;
	exchange->body_len = 0;
	return is_there;
}

/* Asks one URL. */
static void
ask_url(W2kRegistry *registry, const RegistryUrl *url, const char *path,
		const char *body, W2kExchange *exchange)
{
	CURL *curl = registry->curl;
	const char *user = registry->user != NULL ? registry->user : url->user;
	const char *password = registry->user != NULL ? registry->password
												  : url->password;
	size_t size = strlen(url->base) + strlen(path) + 1;
	char *full;

	exchange->url = url->base;
	if (!get_token(registry, exchange))
		return;
	full = w2k_memory_alloc(size);
	snprintf(full, size, "%s%s", url->base, path);
	curl_easy_setopt(curl, CURLOPT_URL, full);
	curl_easy_setopt(curl, CURLOPT_USERNAME, user);
	curl_easy_setopt(curl, CURLOPT_PASSWORD, user != NULL ? password : NULL);
	if (registry->token.token != NULL)
	{
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long) CURLAUTH_BEARER);
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, registry->token.token);
	}
	if (body != NULL)
	{
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
						 (curl_off_t) strlen(body));
	}
	else
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	registry->requests++;
	perform(registry, curl, exchange);
	free(full);
}

/* Does what came of it say that another URL may do? */
static bool
is_passing(const W2kExchange *exchange)
{
	if (!exchange->is_answered)
		/* an untrusted one may be one that was forgotten */
		return w2k_registry_is_passing(exchange->error) ||
			   exchange->error == W2K_REGISTRY_UNTRUSTED;
	return exchange->status >= 300 &&
		   w2k_registry_is_passing(w2k_registry_classify(exchange->status, 0));
}

void
w2k_registry_exchange(W2kRegistry *registry, const char *path,
					  const char *body, size_t limit, W2kExchange *exchange)
{
	bool has_passing_error = false;
	W2kExchange last = {0};

	registry->limit = limit;
	for (int i = 0; i < registry->nurls; i++)
	{
		bool had_token = registry->token.token != NULL;

		ask_url(registry, &registry->urls[registry->current], path, body,
				exchange);
		/* one that was taken back, or has expired early */
		if (had_token && exchange->is_answered && exchange->status == 401)
		{
			registry->errors++;
			w2k_token_forget(&registry->token);
			ask_url(registry, &registry->urls[registry->current], path, body,
					exchange);
		}
		if (!exchange->is_answered || exchange->status >= 300)
			registry->errors++;
		if (!is_passing(exchange))
			return;
		registry->current = (registry->current + 1) % registry->nurls;

		/* One that may come back makes it worth trying again */
		if (exchange->is_answered || w2k_registry_is_passing(exchange->error))
		{
			has_passing_error = true;
			last = *exchange;
		}
		else
		{
			last.body = NULL; /* overwritten */
			last.body_len = 0;
		}
	}
	if (has_passing_error)
		*exchange = last;
}
