/*
 * session.h
 *		What the frames mean: from a stream of them to records in Kafka.
 *
 * The session takes frames one by one, hands records to the producer, follows
 * them to their acknowledgement and answers.  It never blocks: a frame that
 * cannot be taken now (the queue is full, a topic is being created) is
 * refused and offered again later, so order needs no second queue.
 */
#ifndef W2K_SENDER_SESSION_H
#define W2K_SENDER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/ackwindow.h"
#include "sender/answers.h"
#include "sender/connection.h"
#include "sender/flusher.h"
#include "sender/idmap.h"
#include "sender/logfilter.h"
#include "sender/producer.h"
#include "sender/schemas.h"
#include "sender/settings.h"
#include "sender/topics.h"
#include "wire/frame.h"

#define W2K_MAX_FLUSHES 64

typedef struct W2kPendingFlush
{
	uint32_t request_id;
	uint64_t sequence; /* to be acknowledged */
} W2kPendingFlush;

typedef enum W2kSessionEnd
{
	W2K_SESSION_RUNS,
	W2K_SESSION_FAILED /* the ERROR frame is among the answers */
} W2kSessionEnd;

typedef struct W2kSession
{
	bool is_alone;
	int wake_fd;
	W2kSessionEnd end;
	bool has_hello;
	W2kSettings settings;
	W2kAnswers *answers;
	W2kProducer *producer;			 /* NULL until configured */
	struct W2kSignalReader *signals; /* NULL = not asked for */
	W2kTopics topics;
	W2kIdMap topic_ids;	  /* id -> W2kTopic */
	W2kIdMap header_sets; /* id -> struct rd_kafka_headers_s */
	W2kSchemas schemas;
	W2kAckWindow window;
	W2kFlusher flusher;
	uint64_t shown_acked; /* the last sequence given to the answers, */
	int64_t shown_ms;	  /* and when */
	W2kPendingFlush flushes[W2K_MAX_FLUSHES];
	int nflushes;
	W2kConnection connection;
	int64_t last_progress_ms; /* a delivery, or nothing was in flight */
	bool is_stalled;		  /* and that was shown */
	W2kLogFilter log_filter;
} W2kSession;

typedef enum W2kTaken
{
	W2K_TAKEN,
	W2K_NOT_NOW /* offer the frame again after w2k_session_poll */
} W2kTaken;

extern void w2k_session_init(W2kSession *session, W2kAnswers *answers,
							 bool is_alone, int wake_fd);

/* Starts the producer with the settings at hand; failure ends the session. */
extern void w2k_session_start(W2kSession *session);

/* One frame. */
extern W2kTaken w2k_session_take(W2kSession *session, uint8_t type,
								 W2kCursor payload);

/*
 * The beginning of a RECORD frame of payload_len bytes that is not all there
 * yet.  A record larger than any Kafka record may be is dealt with as the
 * policy says, and its bytes need not be read into memory.
 */
typedef enum W2kHuge
{
	W2K_NOT_HUGE,	 /* or not known to be: read all of it */
	W2K_HUGE_DROP,	 /* dealt with; or the session has ended */
	W2K_HUGE_NOT_NOW /* offer it again after w2k_session_poll */
} W2kHuge;

extern W2kHuge w2k_session_offer_huge(W2kSession *session, W2kCursor head,
									  uint64_t payload_len);

/* Takes what the producer has to say, and answers. */
extern void w2k_session_poll(W2kSession *session, int64_t now_ms);

#endif /* W2K_SENDER_SESSION_H */
