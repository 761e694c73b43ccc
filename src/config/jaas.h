/*
 * jaas.h
 *		User name and password out of a sasl.jaas.config.
 */
#ifndef W2K_CONFIG_JAAS_H
#define W2K_CONFIG_JAAS_H

typedef struct W2kJaas
{
	char *username;
	char *password;
	bool is_scram; /* ScramLoginModule; else PlainLoginModule */
} W2kJaas;

/*
 * Reads "module required username="..." password="...";" into *jaas.  Returns
 * NULL, or what is wrong with it as a hint that repeats nothing secret.
 */
extern const char *w2k_jaas_parse(const char *text, W2kJaas *jaas);

#endif /* W2K_CONFIG_JAAS_H */
