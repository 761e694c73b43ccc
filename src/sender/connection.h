/*
 * connection.h
 *		Is there a broker to talk to?
 *
 * librdkafka reports errors of single connections, over and over; people want
 * to know when "Kafka is there" changes, and why.  Pure state, no clock and no
 * librdkafka of its own.
 */
#ifndef W2K_SENDER_CONNECTION_H
#define W2K_SENDER_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

typedef enum W2kConnectionState
{
	W2K_CONNECTION_UNKNOWN, /* just started */
	W2K_CONNECTION_UP,
	W2K_CONNECTION_SUSPECT, /* was up; a probe is asking */
	W2K_CONNECTION_DOWN
} W2kConnectionState;

typedef struct W2kConnection
{
	W2kConnectionState state;
	int64_t suspect_until_ms; /* SUSPECT: then it is DOWN */
	const char *shown_name;	  /* the error last shown while DOWN */
	const char *reason_name;  /* the last error that says something */
	char reason[1024];
	const char *wait_name; /* a registry is away: the error last shown */
	char wait_reason[2048];
} W2kConnection;

/*
 * Each returns true when the state people see, or the reason, has changed:
 * then show it.
 */

/* An answer came: a delivery or a probe's. */
extern bool w2k_connection_answered(W2kConnection *conn);

/*
 * An error of connection class.  is_total: no broker is left.  *wants_probe
 * is set when somebody should ask whether that is so.
 */
extern bool w2k_connection_failed(W2kConnection *conn, const char *name,
								  const char *text, bool is_total,
								  int64_t now_ms, bool *wants_probe);

/* Connected, but no record gets through; only an answer ends it. */
extern bool w2k_connection_stalled(W2kConnection *conn, const char *text);

/* A schema registry is away, so that records wait; and it is back. */
extern bool w2k_connection_waits(W2kConnection *conn, const char *name,
								 const char *text);
extern bool w2k_connection_goes_on(W2kConnection *conn);

/* What people see: connected, or *reason why not. */
extern bool w2k_connection_is_up(const W2kConnection *conn,
								 const char **reason);

/* Time passes. */
extern bool w2k_connection_tick(W2kConnection *conn, int64_t now_ms);

#endif /* W2K_SENDER_CONNECTION_H */
