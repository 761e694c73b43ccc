/*
 * failure.c
 *		What a failure means for the session: skip a record, or end.
 *
 * The one place that decides between the severities of an ERROR frame.  A
 * session ends once; what fails after that is not reported.
 */
#include <inttypes.h>
#include <stdio.h>

#include "sender/failure.h"

void
w2k_failure_end(W2kSession *session, W2kSeverity severity,
				const W2kResult *result, uint64_t sequence, uint64_t lsn,
				const char *topic, const char *text)
{
	if (session->end != W2K_SESSION_RUNS)
		return;
	session->end = W2K_SESSION_FAILED;
	w2k_answers_error(session->answers, severity, result->code, sequence, lsn,
					  topic, result->name, text);
}

/* Ended by what we were given, not by Kafka. */
void
w2k_failure_refuse(W2kSession *session, const char *text)
{
	static const W2kResult refused = {.code = -1, .name = "INVALID_INPUT"};

	w2k_failure_end(session, W2K_SEVERITY_FATAL, &refused, 0, 0, "", text);
}

void
w2k_failure_malformed(W2kSession *session, const char *what)
{
	char text[256];

	snprintf(text, sizeof(text),
			 "malformed %s after record %" PRIu64
			 ": what feeds wal2kafka-sender does not write the frame protocol, version %d",
			 what, session->window.last, W2K_FRAME_VERSION);
	w2k_failure_refuse(session, text);
}

W2kSeverity
w2k_failure_severity(const W2kErrorInfo *info)
{
	return info->error_class == W2K_CLASS_FATAL ||
				   info->error_class == W2K_CLASS_RECORD
			   ? W2K_SEVERITY_FATAL
			   : W2K_SEVERITY_RETRY;
}

/*
 * A batch that failed as a whole is never skipped: the broker says nothing
 * about which of its records is to blame, and the others must not go with it.
 */
bool
w2k_failure_is_skipped(const W2kSession *session, const W2kResult *result,
					   uint32_t batch_records)
{
	return session->settings.skips_records && batch_records == 1 &&
		   w2k_delivery_classify(result->name)->error_class ==
			   W2K_CLASS_RECORD;
}

bool
w2k_failure_record(W2kSession *session, const W2kResult *result,
				   const W2kFailedRecord *failed)
{
	const W2kErrorInfo *info = w2k_delivery_classify(result->name);
	W2kErrorPlace place = {.topic = failed->topic->name,
						   .record_bytes = failed->bytes,
						   .batch_records = failed->batch_records};
	char text[1024];

	w2k_delivery_describe(text, sizeof(text), info, result->text, &place);
	if (w2k_failure_is_skipped(session, result, failed->batch_records))
	{
		w2k_answers_error(session->answers, W2K_SEVERITY_SKIPPED, result->code,
						  failed->sequence, failed->lsn, failed->topic->name,
						  result->name, text);
		return true;
	}
	w2k_failure_end(session, w2k_failure_severity(info), result,
					failed->sequence, failed->lsn, failed->topic->name, text);
	return false;
}
