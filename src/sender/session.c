/*
 * session.c
 *		What the frames mean: from a stream of them to records in Kafka.
 *
 * Each RECORD gets the next sequence number, goes to librdkafka with that
 * number as its opaque, and stands in the acknowledgement window until its
 * delivery report.  What is in flight is bounded here, by bytes that include
 * what a record costs beyond its own, because librdkafka counts values only.
 *
 * The end of a session is an ERROR frame of severity RETRY or FATAL; the loop
 * in main.c sees session->end, writes out the answers and leaves.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sender/clock.h"
#include "sender/delivery.h"
#include "sender/failure.h"
#include "sender/memory.h"
#include "sender/registering.h"
#include "sender/session.h"
#include "sender/signals.h"
#include "wal2kafka.h"

/* syslog's level, as librdkafka and LOG frames use it. */
#define LEVEL_WARNING 4

/*
 * What a record costs beyond its bytes: librdkafka's message, its headers,
 * and malloc.  Small records would else take several times the bound.
 */
#define RECORD_OVERHEAD 512

/* How often to say what is in flight while nothing is acknowledged. */
#define SHOW_QUEUE_MS 1000

/* Without any acknowledgement for this long, people are told. */
#define STALL_MS 10000

void
w2k_session_init(W2kSession *session, W2kAnswers *answers, bool is_alone,
				 int wake_fd)
{
	*session = (W2kSession){.answers = answers,
							.is_alone = is_alone,
							.wake_fd = wake_fd};
	w2k_settings_init(&session->settings);
	w2k_ackwindow_init(&session->window);
}

/* ---- frames ---- */

/*
 * A record that never reached librdkafka's queue, of that many bytes.  Where
 * that ends the session, the records before it are waited for first: else a
 * restart, which meets the same record again, might never get them through.
 */
static W2kTaken
refuse_record(W2kSession *session, const W2kResult *result,
			  const W2kTopic *topic, uint64_t lsn, uint64_t bytes)
{
	W2kFailedRecord failed = {.sequence = session->window.last + 1,
							  .lsn = lsn,
							  .topic = topic,
							  .bytes = bytes,
							  .batch_records = 1};

	if (session->window.records > 0 &&
		!w2k_failure_is_skipped(session, result, 1))
		return W2K_NOT_NOW;
	if (w2k_failure_record(session, result, &failed))
		w2k_ackwindow_ack(&session->window,
						  w2k_ackwindow_add(&session->window, lsn,
											topic->index, 0));
	return W2K_TAKEN;
}

static W2kTaken
take_hello(W2kSession *session, W2kCursor *cur)
{
	uint16_t version = w2k_get_u16(cur);
	uint32_t len;
	const char *program;
	uint32_t program_len;

	w2k_get_u16(cur);
	program = w2k_get_string(cur, &program_len);
	w2k_get_string(cur, &len);
	if (cur->is_malformed)
		w2k_failure_malformed(session, "HELLO frame");
	else if (version != W2K_FRAME_VERSION)
	{
		char text[512];

		snprintf(text, sizeof(text),
				 "\"%.*s\" speaks version %u of the frame protocol, wal2kafka-sender %s speaks %u; install both of one version and restart the server",
				 (int) (program_len > 64 ? 64 : program_len), program, version,
				 W2K_VERSION, W2K_FRAME_VERSION);
		w2k_failure_refuse(session, text);
	}

	/* A new session of the plugin: it will define its ids anew */
	session->has_hello = true;
	w2k_idmap_clear(&session->topic_ids);
	for (uint32_t i = 0; i < session->header_sets.capacity; i++)
		w2k_producer_free_headers(session->header_sets.entries[i].value);
	w2k_idmap_clear(&session->header_sets);
	w2k_schemas_forget_references(&session->schemas);
	return W2K_TAKEN;
}

static W2kTaken
take_config(W2kSession *session, W2kCursor *cur)
{
	uint32_t count = w2k_get_u32(cur);
	char error[1024];

	if (!session->has_hello || session->producer != NULL)
	{
		w2k_failure_malformed(session, session->has_hello
										   ? "stream (a second CONFIG frame)"
										   : "stream (CONFIG before HELLO)");
		return W2K_TAKEN;
	}
	for (uint32_t i = 0; i < count && !cur->is_malformed; i++)
	{
		uint32_t name_len;
		uint32_t value_len;
		const char *name = w2k_get_string(cur, &name_len);
		const char *value = w2k_get_string(cur, &value_len);
		char *name_z = w2k_memory_strndup(name, name_len);
		char *value_z = w2k_memory_strndup(value, value_len);
		bool ok = cur->is_malformed ||
				  w2k_settings_add(&session->settings, name_z, value_z, error,
								   sizeof(error));

		free(name_z);
		free(value_z);
		if (!ok)
		{
			w2k_failure_refuse(session, error);
			return W2K_TAKEN;
		}
	}
	if (cur->is_malformed || cur->p != cur->end)
		w2k_failure_malformed(session, "CONFIG frame");
	else
		w2k_session_start(session);
	return W2K_TAKEN;
}

static W2kTaken
take_topic(W2kSession *session, W2kCursor *cur)
{
	uint32_t id = w2k_get_u32(cur);
	uint32_t name_len;
	uint32_t len;
	const char *name;

	w2k_get_u32(cur);
	name = w2k_get_string(cur, &name_len);
	w2k_get_string(cur, &len);
	w2k_get_string(cur, &len);
	if (cur->is_malformed || cur->p != cur->end || name_len == 0 ||
		memchr(name, '\0', name_len) != NULL)
		w2k_failure_malformed(session, "TOPIC frame");
	else
		w2k_idmap_put(&session->topic_ids, id,
					  w2k_topics_get(&session->topics, name, name_len));
	return W2K_TAKEN;
}

/* Reads count headers from the cursor. */
static struct rd_kafka_headers_s *
read_headers(W2kCursor *cur, uint16_t count)
{
	struct rd_kafka_headers_s *headers = w2k_producer_new_headers(count);

	for (uint16_t i = 0; i < count && !cur->is_malformed; i++)
	{
		uint32_t name_len;
		const char *value;
		int32_t value_len;
		const char *name = w2k_get_header(cur, &name_len, &value, &value_len);

		if (!cur->is_malformed)
			w2k_producer_add_header(headers, name, name_len, value, value_len);
	}
	return headers;
}

static W2kTaken
take_headers(W2kSession *session, W2kCursor *cur)
{
	uint32_t id = w2k_get_u32(cur);
	uint16_t count = w2k_get_u16(cur);
	struct rd_kafka_headers_s *headers = read_headers(cur, count);

	if (cur->is_malformed || cur->p != cur->end || id == 0)
	{
		w2k_producer_free_headers(headers);
		w2k_failure_malformed(session, "HEADERS frame");
	}
	else
		w2k_producer_free_headers(
			w2k_idmap_put(&session->header_sets, id, headers));
	return W2K_TAKEN;
}

/* Log line about a topic, from a step that did not simply succeed. */
static bool
heed_step(W2kSession *session, W2kTopicStep step, const W2kTopic *topic,
		  const W2kResult *result)
{
	char text[1024];
	const W2kErrorInfo *info;
	W2kErrorPlace place = {.topic = topic->name};

	if (step == W2K_TOPIC_STEP_DONE)
		return true;
	if (step == W2K_TOPIC_STEP_NOTE)
	{
		snprintf(text, sizeof(text), "topic \"%s\": %s%s", topic->name,
				 result->text,
				 topic->state == W2K_TOPIC_READY
					 ? "; left to the brokers' auto-creation"
					 : "; will be asked for again");
		w2k_answers_log(session->answers, LEVEL_WARNING, "TOPIC", text);
		return true;
	}
	info = w2k_delivery_classify(result->name);
	if (topic->state == W2K_TOPIC_CREATING)
		snprintf(text, sizeof(text), "could not create topic \"%s\": %s%s%s",
				 topic->name, result->text, info->advice ? "; " : "",
				 info->advice ? info->advice : "");
	else
		w2k_delivery_describe(text, sizeof(text), info, result->text, &place);
	w2k_failure_end(session, w2k_failure_severity(info), result, 0, 0,
					topic->name, text);
	return false;
}

/* Is the topic open?  If not, something is done about it. */
static bool
is_ready(W2kSession *session, W2kTopic *topic)
{
	W2kResult result;
	W2kTopicStep step;

	if (topic->state == W2K_TOPIC_READY)
		return true;
	step = w2k_topics_prepare(&session->topics, topic, session->producer,
							  w2k_clock_ms(), &result);
	return heed_step(session, step, topic, &result) &&
		   topic->state == W2K_TOPIC_READY;
}

/* Is there room for a record of that weight?  One always fits. */
static bool
has_room(const W2kSession *session, uint64_t weight)
{
	const W2kAckWindow *win = &session->window;

	return win->records == 0 ||
		   (win->bytes + weight <=
				w2k_producer_limits(session->producer)->queue_bytes &&
			win->records <
				w2k_producer_limits(session->producer)->queue_records);
}

/*
 * The parts of a record behind its fixed part.  False when the frame is not
 * what it should be.  Own headers precede the set's.
 */
static bool
read_record(W2kSession *session, W2kCursor *cur, const W2kRecordFrame *rec,
			W2kOutgoing *out)
{
	const struct rd_kafka_headers_s *set = NULL;

	if (rec->header_set_id != 0)
	{
		set = w2k_idmap_get(&session->header_sets, rec->header_set_id);
		if (set == NULL)
			return false;
	}
	if (rec->key_len >= 0)
		out->key = w2k_get_bytes(cur, (uint32_t) rec->key_len);
	if (rec->value_len >= 0)
		out->value = w2k_get_bytes(cur, (uint32_t) rec->value_len);
	out->key_len = rec->key_len > 0 ? (size_t) rec->key_len : 0;
	out->value_len = rec->value_len > 0 ? (size_t) rec->value_len : 0;
	out->shared_headers = set;
	if (rec->header_count > 0)
	{
		out->own_headers = read_headers(cur, rec->header_count);
		if (set != NULL)
			w2k_producer_append_headers(out->own_headers, set);
	}
	if (!cur->is_malformed && cur->p == cur->end)
		return true;
	w2k_producer_free_headers(out->own_headers);
	return false;
}

static W2kTaken
take_record(W2kSession *session, W2kCursor *cur)
{
	W2kRecordFrame rec;
	W2kOutgoing out = {0};
	W2kResult result;
	W2kTopic *topic;
	W2kIdPatch patch; /* of a record with flags */
	uint64_t weight;

	w2k_get_record_fixed(cur, &rec);
	weight = (uint64_t) (cur->end - cur->p) + RECORD_OVERHEAD;
	topic = w2k_idmap_get(&session->topic_ids, rec.topic_id);
	if (cur->is_malformed || topic == NULL || session->producer == NULL)
	{
		w2k_failure_malformed(session, "RECORD frame");
		return W2K_TAKEN;
	}
	if (!is_ready(session, topic) || !has_room(session, weight) ||
		w2k_answers_is_congested(session->answers))
		return W2K_NOT_NOW;
	if (rec.flags != 0 && (w2k_registering_prepare(session, cur, &rec, topic,
												   &patch) == W2K_NOT_NOW ||
						   session->end != W2K_SESSION_RUNS))
		return session->end != W2K_SESSION_RUNS ? W2K_TAKEN : W2K_NOT_NOW;
	if (!read_record(session, cur, &rec, &out))
	{
		w2k_failure_malformed(session, "RECORD frame");
		return W2K_TAKEN;
	}

	out.topic = topic->handle;
	out.partition = rec.partition;
	out.timestamp_ms = rec.timestamp_ms;
	out.sequence = session->window.last + 1;
	if (rec.flags != 0)
		w2k_registering_apply(&patch);
	switch (w2k_producer_enqueue(session->producer, &out, &result))
	{
		case W2K_ENQUEUED:
			w2k_ackwindow_add(&session->window, rec.lsn, topic->index,
							  weight > W2K_INFLIGHT_MAX_BYTES
								  ? W2K_INFLIGHT_MAX_BYTES
								  : (uint32_t) weight);
			return W2K_TAKEN;
		case W2K_ENQUEUE_FULL:
			if (rec.flags != 0)
				w2k_registering_undo(&patch);
			w2k_producer_free_headers(out.own_headers);
			return W2K_NOT_NOW;
		case W2K_ENQUEUE_FAILED:
			break;
	}
	if (rec.flags != 0)
		w2k_registering_undo(&patch);
	w2k_producer_free_headers(out.own_headers);
	return refuse_record(session, &result, topic, rec.lsn,
						 out.key_len + out.value_len);
}

W2kHuge
w2k_session_offer_huge(W2kSession *session, W2kCursor head,
					   uint64_t payload_len)
{
	W2kResult result = {.code = 10, .name = "MSG_SIZE_TOO_LARGE"};
	W2kTopic *topic;
	uint64_t lsn;
	uint64_t max;

	if (session->producer == NULL || payload_len < W2K_RECORD_FIXED_SIZE)
		return W2K_NOT_HUGE;
	max = w2k_producer_limits(session->producer)->record_bytes;
	lsn = w2k_get_u64(&head);
	w2k_get_u64(&head);
	topic = w2k_idmap_get(&session->topic_ids, w2k_get_u32(&head));
	payload_len -= W2K_RECORD_FIXED_SIZE;

	/* librdkafka checks exactly; this is only about memory */
	if (head.is_malformed || topic == NULL || payload_len <= max)
		return W2K_NOT_HUGE;
	snprintf(result.text, sizeof(result.text),
			 "it is larger than message.max.bytes (%" PRIu64 ")", max);
	if (w2k_answers_is_congested(session->answers) ||
		refuse_record(session, &result, topic, lsn, payload_len) == W2K_NOT_NOW)
		return W2K_HUGE_NOT_NOW;
	return W2K_HUGE_DROP;
}

static W2kTaken
take_flush(W2kSession *session, W2kCursor *cur)
{
	W2kPendingFlush flush = {.request_id = w2k_get_u32(cur),
							 .sequence = session->window.last};

	if (cur->is_malformed || cur->p != cur->end)
	{
		w2k_failure_malformed(session, "FLUSH frame");
		return W2K_TAKEN;
	}
	if (session->nflushes == W2K_MAX_FLUSHES)
		return W2K_NOT_NOW;
	session->flushes[session->nflushes++] = flush;
	return W2K_TAKEN;
}

/* The worker has written a signal down. */
static W2kTaken
take_signalled(W2kSession *session, W2kCursor *cur)
{
	int64_t offset = (int64_t) w2k_get_u64(cur);

	if (cur->is_malformed || session->signals == NULL)
		w2k_failure_malformed(session, "SIGNALLED frame");
	else
		w2k_signals_done(session->signals, offset);
	return W2K_TAKEN;
}

W2kTaken
w2k_session_take(W2kSession *session, uint8_t type, W2kCursor payload)
{
	switch (type)
	{
		case W2K_FRAME_RECORD:
			return take_record(session, &payload);
		case W2K_FRAME_BEGIN:
		case W2K_FRAME_COMMIT:
		case W2K_FRAME_SKIPPED:
		case W2K_FRAME_RENEWED:
		case W2K_FRAME_SIGNAL:
			/* Transactions are the worker's concern: it knows their LSNs */
			return W2K_TAKEN;
		case W2K_FRAME_TOPIC:
			return take_topic(session, &payload);
		case W2K_FRAME_HEADERS:
			return take_headers(session, &payload);
		case W2K_FRAME_SCHEMA:
			w2k_registering_define(session, &payload);
			return W2K_TAKEN;
		case W2K_FRAME_KNOWN:
			w2k_registering_know(session, &payload);
			return W2K_TAKEN;
		case W2K_FRAME_SIGNALLED:
			return take_signalled(session, &payload);
		case W2K_FRAME_FLUSH:
			return take_flush(session, &payload);
		case W2K_FRAME_HELLO:
			return take_hello(session, &payload);
		case W2K_FRAME_CONFIG:
			return take_config(session, &payload);
		default:
			w2k_failure_malformed(session, "frame type");
			return W2K_TAKEN;
	}
}

void
w2k_session_start(W2kSession *session)
{
	W2kResult result = {0};
	char error[1024];

	if (!w2k_topics_configure(&session->topics, &session->settings.creation,
							  error, sizeof(error)))
	{
		w2k_failure_refuse(session, error);
		return;
	}
	if (!w2k_schemas_start(&session->schemas, &session->settings,
						   session->wake_fd, error, sizeof(error)))
	{
		w2k_failure_refuse(session, error);
		return;
	}
	session->producer = w2k_producer_create(&session->settings,
											session->wake_fd, &result);
	if (session->producer == NULL ||
		!w2k_flusher_start(&session->flusher, session->producer, &result))
	{
		w2k_failure_end(session,
						result.is_retriable ? W2K_SEVERITY_RETRY
											: W2K_SEVERITY_FATAL,
						&result, 0, 0, "", result.text);
		return;
	}
	if (!w2k_signals_start(&session->settings, session->wake_fd,
						   &session->signals, &result))
	{
		w2k_failure_end(session, W2K_SEVERITY_FATAL, &result, 0, 0, "",
						result.text);
		return;
	}
	session->last_progress_ms = w2k_clock_ms();
	w2k_producer_probe(session->producer);
}

/* ---- events ---- */

static void
show_connection(W2kSession *session)
{
	const char *reason;
	bool is_up = w2k_connection_is_up(&session->connection, &reason);

	if (is_up)
		w2k_logfilter_reset(&session->log_filter);
	w2k_answers_status(session->answers, is_up, reason);
}

static void
answered(W2kSession *session)
{
	if (w2k_connection_answered(&session->connection))
		show_connection(session);
}

/*
 * The delivery reports of one event.  Those with an error are one batch with
 * one error, so the first is reported and the rest counted.
 */
static void
take_deliveries(W2kSession *session, int64_t now_ms)
{
	uint64_t sequence;
	bool is_delivered;
	W2kResult result;
	W2kResult first_result = {0};
	W2kFailedRecord failed = {0};

	while (w2k_producer_next_delivery(session->producer, &sequence,
									  &is_delivered, &result))
	{
		const W2kInflight *record;

		if (is_delivered)
		{
			w2k_ackwindow_ack(&session->window, sequence);
			session->last_progress_ms = now_ms;
			continue;
		}
		record = w2k_ackwindow_find(&session->window, sequence);
		if (record == NULL)
			continue;

		/* Where the broker says which one was to blame, name that one */
		if (failed.batch_records++ == 0 ||
			strcmp(first_result.name, "_INVALID_DIFFERENT_RECORD") == 0)
		{
			failed.sequence = sequence;
			failed.lsn = record->lsn;
			failed.topic = session->topics.items[record->topic];
			failed.bytes = record->bytes - RECORD_OVERHEAD;
			first_result = result;
		}
	}
	if (failed.batch_records > 0)
	{
		if (w2k_failure_record(session, &first_result, &failed))
			w2k_ackwindow_ack(&session->window, failed.sequence);
	}
	else
		answered(session);
}

/* An error of the client as a whole. */
static void
take_error(W2kSession *session, const W2kResult *result, int64_t now_ms)
{
	const W2kErrorInfo *info = w2k_delivery_classify_client(result->name);
	bool wants_probe = false;
	char text[1024];

	snprintf(text, sizeof(text), "%s%s%s", result->text,
			 info->advice ? "; " : "", info->advice ? info->advice : "");
	if (result->is_fatal)
		w2k_failure_end(session, w2k_failure_severity(info), result, 0, 0, "",
						text);
	else if (info->error_class == W2K_CLASS_CONNECTION)
	{
		if (w2k_connection_failed(&session->connection, result->name, text,
								  strcmp(result->name, "_ALL_BROKERS_DOWN") ==
									  0,
								  now_ms, &wants_probe))
			show_connection(session);
		if (wants_probe)
			w2k_producer_probe(session->producer);
	}
	else
	{
		uint32_t suppressed;

		if (w2k_logfilter_pass(&session->log_filter, result->name, text,
							   now_ms, &suppressed))
			w2k_answers_error(session->answers, W2K_SEVERITY_RETRYING,
							  result->code, 0, 0, "", result->name, text);
	}
}

static void
take_log(W2kSession *session, const W2kEvent *event, int64_t now_ms)
{
	uint32_t suppressed;

	if (!w2k_logfilter_pass(&session->log_filter, event->facility, event->text,
							now_ms, &suppressed))
		return;
	if (suppressed > 0)
	{
		char text[1024];

		snprintf(text, sizeof(text), "%s (%" PRIu32 " like it not shown)",
				 event->text, suppressed);
		w2k_answers_log(session->answers, event->level, event->facility, text);
	}
	else
		w2k_answers_log(session->answers, event->level, event->facility,
						event->text);
}

static void
take_topic_event(W2kSession *session, const W2kEvent *event, int64_t now_ms)
{
	W2kTopic *topic = session->topics.current;
	W2kResult result;

	if (topic != NULL)
		heed_step(session,
				  w2k_topics_event(&session->topics, session->producer, event,
								   now_ms, &result),
				  topic, &result);
}

/* Acknowledgements, or now and then how much waits; flushes that came true. */
static void
answer_progress(W2kSession *session, int64_t now_ms)
{
	const W2kAckWindow *win = &session->window;
	int done = 0;

	if (win->acked != session->shown_acked ||
		(win->records > 0 && now_ms - session->shown_ms >= SHOW_QUEUE_MS))
	{
		session->shown_acked = win->acked;
		session->shown_ms = now_ms;
		w2k_answers_ack(session->answers, win->acked, win->records,
						win->bytes - win->records * RECORD_OVERHEAD);
	}
	while (done < session->nflushes &&
		   session->flushes[done].sequence <= win->acked)
	{
		w2k_answers_flushed(session->answers,
							session->flushes[done].request_id,
							session->flushes[done].sequence);
		done++;
	}
	if (done > 0)
	{
		session->nflushes -= done;
		memmove(session->flushes, session->flushes + done,
				(size_t) session->nflushes * sizeof(session->flushes[0]));
	}
}

/*
 * Records in flight and no acknowledgement for long, though librdkafka
 * reports no error (a frozen broker, a partition without a leader, too few
 * replicas): as good as no connection, until the next delivery.
 */
static void
check_stall(W2kSession *session, int64_t now_ms)
{
	char text[512];
	const W2kInflight *oldest;

	if (session->window.records == 0)
		session->last_progress_ms = now_ms;
	if (now_ms - session->last_progress_ms < STALL_MS)
	{
		session->is_stalled = false;
		return;
	}
	if (session->is_stalled)
		return;
	session->is_stalled = true;
	oldest = w2k_ackwindow_find(&session->window, session->window.acked + 1);
	snprintf(text, sizeof(text),
			 "no broker has acknowledged a record for %d seconds, the oldest is for topic \"%s\"; check that the topic exists and that its partitions have leaders and enough replicas in sync",
			 STALL_MS / 1000,
			 oldest ? session->topics.items[oldest->topic]->name : "?");
	if (w2k_connection_stalled(&session->connection, text))
		show_connection(session);
}

/* Signals go to the worker as they come. */
static void
pass_signals(W2kSession *session)
{
	W2kSignalItem item;

	while (session->signals != NULL &&
		   !w2k_answers_is_congested(session->answers) &&
		   w2k_signals_next(session->signals, &item))
	{
		if (item.offset < 0)
			w2k_answers_log(session->answers, LEVEL_WARNING, "SIGNALS",
							item.text);
		else
			w2k_answers_signal(session->answers, (uint64_t) item.offset,
							   item.text, item.len);
		free(item.text);
	}
}

void
w2k_session_poll(W2kSession *session, int64_t now_ms)
{
	W2kEvent event;

	if (session->producer == NULL)
		return;
	while (session->end == W2K_SESSION_RUNS &&
		   w2k_producer_poll(session->producer, &event))
	{
		switch (event.kind)
		{
			case W2K_EVENT_DELIVERIES:
				take_deliveries(session, now_ms);
				break;
			case W2K_EVENT_ERROR:
				take_error(session, &event.result, now_ms);
				break;
			case W2K_EVENT_LOG:
				take_log(session, &event, now_ms);
				break;
			case W2K_EVENT_STATISTICS:
				w2k_answers_statistics(session->answers, event.text);
				break;
			case W2K_EVENT_CONNECTED:
				answered(session);
				break;
			case W2K_EVENT_TOPIC_FOUND:
			case W2K_EVENT_TOPIC_MISSING:
			case W2K_EVENT_TOPIC_UNKNOWN:
			case W2K_EVENT_TOPIC_CREATED:
				take_topic_event(session, &event, now_ms);
				break;
		}
	}
	if (w2k_connection_tick(&session->connection, now_ms))
		show_connection(session);
	check_stall(session, now_ms);
	if (w2k_registering_poll(session, now_ms))
		show_connection(session);
	pass_signals(session);
	answer_progress(session, now_ms);
}
