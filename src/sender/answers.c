/*
 * answers.c
 *		Frames up the pipe, without ever waiting for the reader.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sender/answers.h"
#include "sender/memory.h"
#include "sender/schemas.h"

/* Above this many unwritten bytes log lines and statistics are dropped. */
#define DROP_BYTES (256 * 1024)

/* Above this many the loop stops reading records. */
#define CONGESTED_BYTES (1024 * 1024)

/* An ACK frame's payload: sequence, records, bytes. */
#define ACK_PAYLOAD 24

void
w2k_answers_init(W2kAnswers *answers, int fd)
{
	*answers = (W2kAnswers){.fd = fd};
}

/* Alone there is a person, not a worker: text on standard error. */
static void
say(const char *what, const char *text)
{
	fprintf(stderr, "wal2kafka-sender: %s: %s\n", what, text);
}

static size_t
unwritten(const W2kAnswers *answers)
{
	return answers->end - answers->start;
}

/*
 * Makes room for one frame and writes its header; the caller fills exactly
 * payload_len bytes from there on.
 */
static char *
begin_frame(W2kAnswers *answers, uint8_t type, size_t payload_len)
{
	size_t len = W2K_FRAME_HEADER_SIZE + payload_len;
	char *p;

	if (answers->start > 0 && answers->end + len > answers->capacity)
	{
		memmove(answers->data, answers->data + answers->start,
				unwritten(answers));
		answers->end -= answers->start;
		answers->start = 0;
	}
	if (answers->end + len > answers->capacity)
	{
		answers->capacity = (answers->end + len) * 2;
		answers->data = w2k_memory_realloc(answers->data, answers->capacity);
	}
	p = answers->data + answers->end;
	answers->end += len;
	return w2k_put_frame_header(p, type, (uint32_t) payload_len);
}

static char *
put_text(char *p, const char *text)
{
	return w2k_put_string(p, text, (uint32_t) strlen(text));
}

/* Bytes of a string on the wire. */
static size_t
text_size(const char *text)
{
	return 4 + strlen(text);
}

void
w2k_answers_hello(W2kAnswers *answers, const char *version,
				  const char *library_version)
{
	char *p;

	if (answers->fd < 0)
		return;
	p = begin_frame(answers, W2K_FRAME_HELLO,
					4 + text_size(version) + text_size(library_version));
	p = w2k_put_u16(p, W2K_FRAME_VERSION);
	p = w2k_put_u16(p, 0);
	p = put_text(p, version);
	put_text(p, library_version);
}

/* Only remembered: it becomes a frame when the pipe takes one. */
void
w2k_answers_ack(W2kAnswers *answers, uint64_t sequence, uint64_t records,
				uint64_t bytes)
{
	if (answers->fd < 0)
		return;
	answers->has_ack = true;
	answers->ack_sequence = sequence;
	answers->ack_records = records;
	answers->ack_bytes = bytes;
}

static void
put_ack(W2kAnswers *answers)
{
	char *p = begin_frame(answers, W2K_FRAME_ACK, ACK_PAYLOAD);

	p = w2k_put_u64(p, answers->ack_sequence);
	p = w2k_put_u64(p, answers->ack_records);
	w2k_put_u64(p, answers->ack_bytes);
	answers->has_ack = false;
}

void
w2k_answers_status(W2kAnswers *answers, bool is_connected, const char *text)
{
	char *p;

	if (answers->fd < 0)
	{
		say("Kafka", is_connected ? "connected" : text);
		return;
	}
	p = begin_frame(answers, W2K_FRAME_STATUS, 1 + text_size(text));
	p = w2k_put_u8(p, is_connected ? 1 : 0);
	put_text(p, text);
}

/* What was acknowledged before the error goes before it. */
void
w2k_answers_error(W2kAnswers *answers, W2kSeverity severity, int32_t code,
				  uint64_t sequence, uint64_t lsn, const char *topic,
				  const char *name, const char *text)
{
	char *p;

	if (answers->fd < 0)
	{
		say(severity == W2K_SEVERITY_SKIPPED	? "skipped"
			: severity == W2K_SEVERITY_RETRYING ? "warning"
												: "error",
			text);
		return;
	}
	if (answers->has_ack)
		put_ack(answers);
	p = begin_frame(answers, W2K_FRAME_ERROR,
					1 + 4 + 8 + 8 + text_size(topic) + text_size(name) +
						text_size(text));
	p = w2k_put_u8(p, (uint8_t) severity);
	p = w2k_put_u32(p, (uint32_t) code);
	p = w2k_put_u64(p, sequence);
	p = w2k_put_u64(p, lsn);
	p = put_text(p, topic);
	p = put_text(p, name);
	put_text(p, text);
}

static void
put_log(W2kAnswers *answers, int level, const char *facility, const char *text)
{
	char *p = begin_frame(answers, W2K_FRAME_LOG,
						  1 + text_size(facility) + text_size(text));

	p = w2k_put_u8(p, (uint8_t) level);
	p = put_text(p, facility);
	put_text(p, text);
}

void
w2k_answers_log(W2kAnswers *answers, int level, const char *facility,
				const char *text)
{
	if (answers->fd < 0)
		return;
	if (unwritten(answers) > DROP_BYTES)
	{
		answers->dropped++;
		return;
	}
	if (answers->dropped > 0)
	{
		char note[96];

		snprintf(note, sizeof(note),
				 "%llu log lines were dropped while nobody read them",
				 (unsigned long long) answers->dropped);
		answers->dropped = 0;
		put_log(answers, 4, "LOG", note);
	}
	put_log(answers, level, facility, text);
}

/* Behind a JSON object whose brace p is at; NULL when it does not end. */
static const char *
skip_object(const char *p)
{
	bool in_string = false;
	int depth = 0;

	for (; *p != '\0'; p++)
	{
		if (in_string)
		{
			if (*p == '\\' && p[1] != '\0')
				p++;
			else if (*p == '"')
				in_string = false;
		}
		else if (*p == '"')
			in_string = true;
		else if (*p == '{')
			depth++;
		else if (*p == '}' && --depth == 0)
			return p + 1;
	}
	return NULL;
}

/*
 * Only what comes up to the brokers, and of them not their partitions: with
 * thousands of topics the whole document is tens of megabytes, every time.
 * librdkafka writes the topics behind the brokers.
 */
void
w2k_answers_statistics(W2kAnswers *answers, const char *json)
{
	static const char partitions[] = "\"toppars\":";
	const char *brokers = strstr(json, "\"brokers\":");
	const char *from = brokers != NULL ? strchr(brokers, '{') : NULL;
	const char *end = from != NULL ? skip_object(from) : NULL;
	char *text;
	char *p;
	size_t len = 0;

	if (answers->fd < 0 || unwritten(answers) > DROP_BYTES || end == NULL)
		return;
	from = json;
	text = w2k_memory_realloc(NULL, (size_t) (end - from) + 2);
	while (from < end)
	{
		const char *cut = strstr(from, partitions);
		const char *brace = cut != NULL && cut < end ? strchr(cut, '{') : NULL;
		const char *rest = brace != NULL ? skip_object(brace) : NULL;

		if (rest == NULL || rest > end)
			brace = rest = end;
		memcpy(text + len, from, brace - from);
		len += brace - from;
		if (brace < end)
		{
			memcpy(text + len, "{}", 2);
			len += 2;
		}
		from = rest;
	}
	text[len++] = '}';
	text[len] = '\0';
	p = begin_frame(answers, W2K_FRAME_STATS, text_size(text));
	put_text(p, text);
	free(text);
}

/* The acknowledgement it stands for goes before it. */
void
w2k_answers_flushed(W2kAnswers *answers, uint32_t request_id, uint64_t sequence)
{
	char *p;

	if (answers->fd < 0)
		return;
	if (answers->has_ack)
		put_ack(answers);
	p = begin_frame(answers, W2K_FRAME_FLUSHED, 12);
	p = w2k_put_u32(p, request_id);
	w2k_put_u64(p, sequence);
}

void
w2k_answers_registered(W2kAnswers *answers, const W2kSchema *schema)
{
	const W2kSchemaText *asked = &schema->question.text;
	char *p;

	if (answers->fd < 0)
	{
		fprintf(stderr,
				"wal2kafka-sender: subject \"%s\": schema id %u, version %u\n",
				asked->subject, schema->id, schema->answer.version);
		return;
	}
	p = begin_frame(answers, W2K_FRAME_REGISTERED,
					12 + text_size(schema->topic) + text_size(asked->subject) +
						text_size(schema->fingerprint) +
						text_size(asked->schema));
	p = w2k_put_u8(p, schema->is_key ? 1 : 0);
	p = w2k_put_u8(p, schema->question.type);
	p = w2k_put_u16(p, 0);
	p = w2k_put_u32(p, schema->id);
	p = w2k_put_u32(p, schema->answer.version);
	p = put_text(p, schema->topic);
	p = put_text(p, asked->subject);
	p = put_text(p, schema->fingerprint);
	put_text(p, asked->schema);
}

void
w2k_answers_registry(W2kAnswers *answers, uint64_t requests, uint64_t errors,
					 uint32_t assumed)
{
	char *p;

	if (answers->fd < 0)
		return;
	p = begin_frame(answers, W2K_FRAME_REGISTRY, 20);
	p = w2k_put_u64(p, requests);
	p = w2k_put_u64(p, errors);
	w2k_put_u32(p, assumed);
}

void
w2k_answers_signal(W2kAnswers *answers, uint64_t offset, const char *value,
				   uint32_t len)
{
	char *p;

	if (answers->fd < 0)
		return;
	p = begin_frame(answers, W2K_FRAME_SIGNAL, 12 + len);
	p = w2k_put_u64(p, offset);
	w2k_put_string(p, value, len);
}

bool
w2k_answers_write(W2kAnswers *answers)
{
	/* One ACK behind what is there, and none behind an older one */
	if (answers->has_ack && unwritten(answers) < ACK_PAYLOAD)
		put_ack(answers);

	while (unwritten(answers) > 0)
	{
		ssize_t written = write(answers->fd, answers->data + answers->start,
								unwritten(answers));

		if (written < 0)
		{
			if (errno == EINTR)
				continue;
			return errno == EAGAIN;
		}
		answers->start += (size_t) written;
		if (answers->start == answers->end)
		{
			answers->start = answers->end = 0;
			if (answers->has_ack)
				put_ack(answers);
		}
	}
	return true;
}

bool
w2k_answers_is_pending(const W2kAnswers *answers)
{
	return unwritten(answers) > 0 || answers->has_ack;
}

bool
w2k_answers_is_congested(const W2kAnswers *answers)
{
	return unwritten(answers) > CONGESTED_BYTES;
}
