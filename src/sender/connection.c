/*
 * connection.c
 *		Is there a broker to talk to?
 *
 * While up, the failure of one connection means nothing: another broker
 * answers, or the same one in a moment (brokers close idle connections).
 * When librdkafka says that all are down we ask, and believe it only if no
 * answer comes for a short while.  While not up, every new kind of error is
 * worth showing once: it is why there is no connection.
 */
#include <stdio.h>
#include <string.h>

#include "sender/connection.h"

/* How long an answer may take before "all brokers are down" is believed. */
#define SUSPECT_MS 500

bool
w2k_connection_answered(W2kConnection *conn)
{
	W2kConnectionState before = conn->state;

	conn->state = W2K_CONNECTION_UP;
	conn->shown_name = NULL;
	conn->reason_name = NULL;
	return before == W2K_CONNECTION_UNKNOWN || before == W2K_CONNECTION_DOWN;
}

/* DOWN for the reason at hand; false when that is what was shown last. */
static bool
show_down(W2kConnection *conn)
{
	bool is_same = conn->state == W2K_CONNECTION_DOWN &&
				   conn->shown_name != NULL && conn->reason_name != NULL &&
				   strcmp(conn->shown_name, conn->reason_name) == 0;

	conn->state = W2K_CONNECTION_DOWN;
	conn->shown_name = conn->reason_name;
	return !is_same;
}

bool
w2k_connection_failed(W2kConnection *conn, const char *name, const char *text,
					  bool is_total, int64_t now_ms, bool *wants_probe)
{
	*wants_probe = false;

	/* "2/2 brokers are down" says less than the error before it */
	if (!is_total || conn->reason_name == NULL)
	{
		conn->reason_name = name;
		snprintf(conn->reason, sizeof(conn->reason), "%s", text);
	}

	switch (conn->state)
	{
		case W2K_CONNECTION_UP:
			if (!is_total)
				return false;
			conn->state = W2K_CONNECTION_SUSPECT;
			conn->suspect_until_ms = now_ms + SUSPECT_MS;
			*wants_probe = true;
			return false;
		case W2K_CONNECTION_SUSPECT:
			return false;
		case W2K_CONNECTION_UNKNOWN:
		case W2K_CONNECTION_DOWN:
			break;
	}
	*wants_probe = true;
	return show_down(conn);
}

/* Not connected is the worse trouble, and its reason is kept. */
bool
w2k_connection_stalled(W2kConnection *conn, const char *text)
{
	if (conn->state == W2K_CONNECTION_DOWN)
		return false;
	conn->reason_name = "stalled";
	snprintf(conn->reason, sizeof(conn->reason), "%s", text);
	return show_down(conn);
}

bool
w2k_connection_waits(W2kConnection *conn, const char *name, const char *text)
{
	bool is_news = conn->wait_name == NULL ||
				   strcmp(conn->wait_name, name) != 0;

	conn->wait_name = name;
	snprintf(conn->wait_reason, sizeof(conn->wait_reason), "%s", text);
	return is_news;
}

bool
w2k_connection_goes_on(W2kConnection *conn)
{
	bool is_news = conn->wait_name != NULL;

	conn->wait_name = NULL;
	return is_news;
}

/* No broker is the worse trouble. */
bool
w2k_connection_is_up(const W2kConnection *conn, const char **reason)
{
	*reason = "";
	if (conn->state == W2K_CONNECTION_DOWN)
		*reason = conn->reason;
	else if (conn->wait_name != NULL)
		*reason = conn->wait_reason;
	return (conn->state == W2K_CONNECTION_UP ||
			conn->state == W2K_CONNECTION_SUSPECT) &&
		   conn->wait_name == NULL;
}

bool
w2k_connection_tick(W2kConnection *conn, int64_t now_ms)
{
	if (conn->state != W2K_CONNECTION_SUSPECT ||
		now_ms < conn->suspect_until_ms)
		return false;
	return show_down(conn);
}
