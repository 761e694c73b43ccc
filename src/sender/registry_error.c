/*
 * registry_error.c
 *		What an error of a Schema Registry means, and what to do about it.
 *
 * A wrong FATAL stops a connector for a passing trouble, a wrong retry hides
 * one that only a person can mend.  What the registry itself said with a 4xx
 * is the latter; what says nothing of the schema (no connection, 5xx, 429, an
 * answer that is no answer) is the former.
 */
#include "sender/registry_error.h"

#define CHECK_ADDRESS                                                         \
	"check schema.registry.url and that the registry is reachable from this host"
#define CHECK_API                                                             \
	"check schema.registry.url: it must be the base of Confluent's Schema Registry API, with its path where it has one"
#define CHECK_LOGIN                                                           \
	"check basic.auth.credentials.source and basic.auth.user.info, or bearer.auth.token"

static const W2kErrorInfo errors[] = {
	[W2K_REGISTRY_UNREACHABLE] = {"REGISTRY_UNREACHABLE", W2K_CLASS_CONNECTION,
								  CHECK_ADDRESS},
	[W2K_REGISTRY_TIMED_OUT] =
		{"REGISTRY_TIMED_OUT", W2K_CLASS_CONNECTION,
		 "check the registry, or raise http.connect.timeout.ms and http.read.timeout.ms"},
	[W2K_REGISTRY_UNAVAILABLE] =
		{"REGISTRY_UNAVAILABLE", W2K_CLASS_CONNECTION,
		 "check the registry and what stands before it"},
	[W2K_REGISTRY_GARBLED] = {"REGISTRY_GARBLED", W2K_CLASS_CONNECTION,
							  CHECK_API},
	[W2K_REGISTRY_TLS] =
		{"REGISTRY_TLS", W2K_CLASS_CONNECTION,
		 "check that schema.registry.url names a port that speaks TLS, and schema.registry.ssl.*"},
	[W2K_REGISTRY_UNTRUSTED] =
		{"REGISTRY_UNTRUSTED", W2K_CLASS_FATAL,
		 "have schema.registry.ssl.truststore.location name a PEM file with the authority that signed the registry's certificate, and have schema.registry.url name a host that the certificate is for"},
	[W2K_REGISTRY_CERTIFICATE] =
		{"REGISTRY_CERTIFICATE", W2K_CLASS_FATAL,
		 "check the files and texts of schema.registry.ssl.*"},
	[W2K_REGISTRY_URL] = {"REGISTRY_URL", W2K_CLASS_FATAL,
						  "check schema.registry.url"},
	[W2K_REGISTRY_REDIRECT] =
		{"REGISTRY_REDIRECT", W2K_CLASS_FATAL,
		 "redirects are not followed: have schema.registry.url name the registry itself"},
	[W2K_REGISTRY_UNAUTHORIZED] = {"REGISTRY_UNAUTHORIZED", W2K_CLASS_FATAL,
								   CHECK_LOGIN},
	[W2K_REGISTRY_FORBIDDEN] =
		{"REGISTRY_FORBIDDEN", W2K_CLASS_FATAL,
		 "grant the connector's user of the registry READ and WRITE on the subject, or register the schema and set auto.register.schemas to false"},
	[W2K_REGISTRY_NO_API] = {"REGISTRY_NO_API", W2K_CLASS_FATAL, CHECK_API},
	[W2K_REGISTRY_NOT_FOUND] =
		{"REGISTRY_NOT_FOUND", W2K_CLASS_FATAL,
		 "register the schema under the subject, or set auto.register.schemas to true"},
	[W2K_REGISTRY_NOT_LATEST] =
		{"REGISTRY_NOT_LATEST", W2K_CLASS_FATAL,
		 "records are written by the table's own schema: register it as the latest version, or set use.latest.version to false"},
	[W2K_REGISTRY_INCOMPATIBLE] =
		{"REGISTRY_INCOMPATIBLE", W2K_CLASS_FATAL,
		 "change the table so that its schema is compatible, or the subject's compatibility level in the registry (PUT /config/<subject>), and restart the connector; schema.compatibility refuses such an ALTER where it is made"},
	[W2K_REGISTRY_INVALID] =
		{"REGISTRY_INVALID", W2K_CLASS_FATAL,
		 "see what the registry says of the schema: names that its format cannot have are changed by schema.name.adjustment.mode and field.name.adjustment.mode"},
	[W2K_REGISTRY_READ_ONLY] =
		{"REGISTRY_READ_ONLY", W2K_CLASS_FATAL,
		 "have the registry's mode for the subject be READWRITE (PUT /mode/<subject>), or register the schema where it may be and set auto.register.schemas to false"},
	[W2K_REGISTRY_REFUSED] = {"REGISTRY_REFUSED", W2K_CLASS_FATAL, NULL},
};

const W2kErrorInfo *
w2k_registry_error(W2kRegistryError error)
{
	return &errors[error];
}

W2kRegistryError
w2k_registry_classify(long status, long error_code)
{
	switch (status)
	{
		case 401:
			return W2K_REGISTRY_UNAUTHORIZED;
		case 403:
			return W2K_REGISTRY_FORBIDDEN;
		case 404:
			/* subject, version, schema not found */
			return error_code >= 40401 && error_code <= 40403
					   ? W2K_REGISTRY_NOT_FOUND
					   : W2K_REGISTRY_NO_API;
		case 405:
		case 406:
		case 415:
			return W2K_REGISTRY_NO_API;
		case 408:
		case 429:
			return W2K_REGISTRY_UNAVAILABLE;
		case 409:
			return W2K_REGISTRY_INCOMPATIBLE;
		case 422:
			return error_code == 42205 ? W2K_REGISTRY_READ_ONLY
									   : W2K_REGISTRY_INVALID;
		default:
			break;
	}
	if (status >= 500)
		return W2K_REGISTRY_UNAVAILABLE;
	if (status >= 400)
		return W2K_REGISTRY_REFUSED;
	if (status >= 300)
		return W2K_REGISTRY_REDIRECT;
	return W2K_REGISTRY_GARBLED;
}

bool
w2k_registry_is_passing(W2kRegistryError error)
{
	return errors[error].error_class == W2K_CLASS_CONNECTION;
}
