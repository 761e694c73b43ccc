/*
 * secrets.h
 *		Which values are secret, and where they come from.
 *
 * A configuration is shown in views, errors and logs; a secret in it never
 * is.  A value may also stand elsewhere, as in Connect: ${file:/path:key}
 * takes it from a properties file, ${env:NAME} from the server's environment.
 * Both read what the server's account may read, so they are for superusers'
 * connectors only, and are replaced only in the connector's worker.
 */
#ifndef W2K_CONFIG_SECRETS_H
#define W2K_CONFIG_SECRETS_H

#include "utils/jsonb.h"

#include "config/problem.h"

/* What is shown in place of a secret. */
#define W2K_MASK "********"

/* May the value of a property never be shown?  By the table and by its name. */
extern bool w2k_secrets_is_secret(const char *property, const char *value);

/* A copy of a configuration with every secret replaced by W2K_MASK. */
extern Jsonb *w2k_connector_mask_secrets(JsonbContainer *config);

/* Is there a ${provider:...} in the value? */
extern bool w2k_secrets_has_reference(const char *value);

/*
 * What is wrong with the references of a value, as a hint: a provider that
 * does not exist, a relative path.  NULL where they are fine.
 */
extern const char *w2k_secrets_reference_problem(const char *value);

/*
 * The settings of a sender (W2kConnectorConfig.sender_settings) with all
 * references replaced and sasl.jaas.config taken apart: what a CONFIG frame
 * carries.  Only in the worker.  Raises UNDEFINED_FILE or
 * INVALID_PARAMETER_VALUE, never with a secret in it.
 */
extern List *w2k_connector_resolve_settings(const List *settings);

#endif /* W2K_CONFIG_SECRETS_H */
