/*
 * sender_link.c
 *		Feeds the sender, reads its answers, turns sequences into positions.
 *
 * Records have no number on the wire: the sender and we count them alike.
 * At each COMMIT frame the count so far is kept beside the commit's end LSN;
 * when the sender says that all records up to some number are acknowledged,
 * the commits up to it are delivered, in order, and the newest of them is the
 * position that the slot may be moved to.  This is the one place that decides
 * what is delivered, so it is kept free of anything else.
 *
 * The ring of commits is bounded.  When it is full a new commit is merged
 * into the last entry, which then stands for both: it becomes delivered when
 * the later one is, which is late but never wrong.
 */
#include "postgres.h"

#include <unistd.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "worker/arrived.h"
#include "worker/broker_stats.h"
#include "worker/own_frames.h"
#include "worker/schema_catalog.h"
#include "worker/sender_link.h"

/* Above this the caller is asked to wait for the pipe. */
#define UNSENT_LIMIT (256 * 1024)

/* Below this frames are gathered for one write; the loop flushes when it has
 * caught up, and every so often. */
#define WRITE_CHUNK (64 * 1024)

#define PENDING_MIN 256
#define PENDING_MAX 65536

/* Of a line on the sender's stderr. */
#define LOG_LINE_MAX 2000

/* Reads a string of a frame to where it must end in a zero. */
static void
get_text(W2kCursor *cur, char *to, size_t size)
{
	uint32 len;
	const char *from = w2k_get_string(cur, &len);

	len = from == NULL ? 0
					   : (uint32) pg_mbcliplen(from, (int) len,
											   (int) Min(len, size - 1));
	if (len > 0)
		memcpy(to, from, len);
	to[len] = '\0';
}

/* ---- down ---- */

void
w2k_sender_link_init(W2kSenderLink *sender, int slot_index)
{
	memset(sender, 0, sizeof(*sender));
	sender->process.down = sender->process.up = sender->process.log = -1;
	sender->slot_index = slot_index;
	sender->counters = &w2k_shared->slots[slot_index].counters;
}

void
w2k_sender_link_open(W2kSenderLink *sender, const char *connector,
					 const char *lock_path, List *settings)
{
	initStringInfo(&sender->out);
	initStringInfo(&sender->in);
	initStringInfo(&sender->log);
	sender->pending_size = PENDING_MIN;
	sender->pending = palloc(sizeof(W2kPendingCommit) * PENDING_MIN);
	sender->tables_size = 64;
	sender->tables = palloc0(sizeof(W2kTableStat *) * sender->tables_size);
	pg_atomic_write_u64(&sender->counters->pending_commit_time, 0);
	sender->heard_time = GetCurrentTimestamp();
	w2k_sender_process_start(&sender->process, connector, lock_path);
	w2k_own_frames_hello(&sender->out, connector);
	w2k_own_frames_config(&sender->out, settings);
	sender->counted = sender->out.len;
	(void) w2k_sender_link_feed(sender);
}

void
w2k_sender_link_close(W2kSenderLink *sender, int grace_ms)
{
	w2k_sender_process_end(&sender->process, grace_ms);
	pg_atomic_write_u64(&sender->counters->queue_records, 0);
	pg_atomic_write_u64(&sender->counters->queue_bytes, 0);
}

/* An entry of read_tables. */
typedef struct ReadTable
{
	uint32 topic_id; /* hash key: first */
	W2kTableStat *stat;
} ReadTable;

/* Readers of snapshots have high numbers, each a range of its own. */
static void
put_read_table(W2kSenderLink *sender, uint32 topic_id, W2kTableStat *stat)
{
	ReadTable *table;

	if (sender->read_tables == NULL)
	{
		HASHCTL ctl = {.keysize = sizeof(uint32),
					   .entrysize = sizeof(ReadTable),
					   .hcxt = TopMemoryContext};

		sender->read_tables =
			hash_create("wal2kafka tables of readers", 64, &ctl,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	table = hash_search(sender->read_tables, &topic_id, HASH_ENTER, NULL);
	table->stat = stat;
}

static W2kTableStat *
get_table(const W2kSenderLink *sender, uint32 topic_id)
{
	const ReadTable *table = NULL;

	if (likely(topic_id < sender->tables_size))
		return sender->tables[topic_id];
	if (topic_id >= W2K_READER_FIRST_TOPIC && sender->read_tables != NULL)
		table = hash_search(sender->read_tables, &topic_id, HASH_FIND, NULL);
	return table == NULL ? NULL : table->stat;
}

/* A topic id now stands for a table of ours. */
static void
note_topic(W2kSenderLink *sender, W2kCursor *cur)
{
	uint32 topic_id = w2k_get_u32(cur);
	Oid relid = w2k_get_u32(cur);
	W2kTableStat *stat = NULL;
	char topic[256];

	get_text(cur, topic, sizeof(topic));
	if (cur->is_malformed ||
		(topic_id > 10000000 && topic_id < W2K_READER_FIRST_TOPIC))
		elog(ERROR, "malformed topic frame from the output plugin");
	if (OidIsValid(relid))
		stat = w2k_slots_table(sender->slot_index, relid, topic);
	if (topic_id >= W2K_READER_FIRST_TOPIC)
	{
		put_read_table(sender, topic_id, stat);
		return;
	}
	if (topic_id >= sender->tables_size)
	{
		uint32 size = Max(topic_id + 1, sender->tables_size * 2);

		sender->tables = repalloc(sender->tables,
								  sizeof(W2kTableStat *) * size);
		memset(sender->tables + sender->tables_size, 0,
			   sizeof(W2kTableStat *) * (size - sender->tables_size));
		sender->tables_size = size;
	}
	sender->tables[topic_id] = stat;
}

static void
note_record(W2kSenderLink *sender, W2kCursor *cur)
{
	W2kRecordFrame rec;
	W2kTableStat *stat;
	uint64 bytes;

	w2k_get_record_fixed(cur, &rec);
	if (cur->is_malformed)
		return;
	sender->sequence++;
	bytes = (uint64) Max(rec.key_len, 0) + (uint64) Max(rec.value_len, 0);
	pg_atomic_write_u64(&sender->counters->total_bytes,
						pg_atomic_read_u64(&sender->counters->total_bytes) +
							bytes);
	stat = get_table(sender, rec.topic_id);
	if (stat == NULL)
		return;
	pg_atomic_write_u64(&stat->bytes, pg_atomic_read_u64(&stat->bytes) + bytes);
	switch (rec.op)
	{
		case W2K_OP_CREATE:
			pg_atomic_fetch_add_u64(&stat->inserts, 1);
			break;
		case W2K_OP_UPDATE:
			pg_atomic_fetch_add_u64(&stat->updates, 1);
			break;
		case W2K_OP_DELETE:
			pg_atomic_fetch_add_u64(&stat->deletes, 1);
			break;
		case W2K_OP_TRUNCATE:
			pg_atomic_fetch_add_u64(&stat->truncates, 1);
			break;
		case W2K_OP_READ:
			pg_atomic_fetch_add_u64(&stat->reads, 1);
			break;
		default:
			break;
	}
}

static W2kPendingCommit *
pending_at(W2kSenderLink *sender, int i)
{
	return &sender->pending[(sender->pending_first + i) % sender->pending_size];
}

static void
grow_pending(W2kSenderLink *sender)
{
	int size = sender->pending_size * 2;
	W2kPendingCommit *pending =
		MemoryContextAlloc(GetMemoryChunkContext(sender->pending),
						   sizeof(W2kPendingCommit) * size);

	for (int i = 0; i < sender->pending_count; i++)
		pending[i] = *pending_at(sender, i);
	pfree(sender->pending);
	sender->pending = pending;
	sender->pending_size = size;
	sender->pending_first = 0;
}

/* For lag_ms: since when the oldest commit on its way has waited. */
static void
show_oldest_commit(W2kSenderLink *sender)
{
	pg_atomic_write_u64(&sender->counters->pending_commit_time,
						sender->pending_count > 0
							? (uint64) pending_at(sender, 0)->commit_time
							: 0);
}

/* Commits all of whose records are acknowledged leave the ring. */
static void
take_delivered(W2kSenderLink *sender)
{
	W2kCounters *counters = sender->counters;
	TimestampTz now = 0;

	while (sender->pending_count > 0)
	{
		W2kPendingCommit *commit = pending_at(sender, 0);

		if (commit->sequence > sender->acked)
			break;
		if (now == 0)
			now = GetCurrentTimestamp();
		w2k_counters_add_latency(counters, now - commit->commit_time);
		pg_atomic_fetch_add_u64(&counters->total_transactions,
								commit->transactions);
		pg_atomic_write_u64(&counters->last_commit_time,
							(uint64) commit->commit_time);
		sender->delivered_lsn = commit->end_lsn;
		sender->pending_first = (sender->pending_first + 1) %
								sender->pending_size;
		sender->pending_count--;
		show_oldest_commit(sender);
	}
}

static void
note_commit(W2kSenderLink *sender, W2kCursor *cur)
{
	W2kPendingCommit *commit;
	XLogRecPtr end_lsn;
	TimestampTz commit_time;

	(void) w2k_get_u64(cur); /* commit_lsn */
	end_lsn = w2k_get_u64(cur);
	commit_time = (int64) w2k_get_u64(cur) -
				  ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)) *
					  USECS_PER_DAY;
	if (cur->is_malformed)
		return;

	pg_atomic_write_u64(&sender->counters->sent_lsn, end_lsn);
	if (sender->pending_count == sender->pending_size &&
		sender->pending_size < PENDING_MAX)
		grow_pending(sender);
	if (sender->pending_count == sender->pending_size)
	{
		commit = pending_at(sender, sender->pending_count - 1);
		commit->transactions++;
	}
	else
	{
		commit = pending_at(sender, sender->pending_count++);
		commit->commit_time = commit_time;
		commit->transactions = 1;
	}
	commit->sequence = sender->sequence;
	commit->end_lsn = end_lsn;
	if (sender->pending_count == 1)
		show_oldest_commit(sender);
	/* Its records may all be there already: no answer would follow. */
	if (sender->acked == sender->sequence)
		take_delivered(sender);
}

/* Looks at the frames that are new in out. */
static void
count_frames(W2kSenderLink *sender)
{
	while (sender->counted < sender->out.len)
	{
		uint8 type;
		W2kCursor payload;
		size_t used;
		size_t needed;

		if (w2k_frame_parse(sender->out.data + sender->counted,
							sender->out.len - sender->counted, false, &type,
							&payload, &used, &needed) != W2K_PARSE_FRAME)
			elog(ERROR, "malformed frame from the output plugin");
		if (type == W2K_FRAME_RENEWED)
		{
			sender->renewed_xid = w2k_get_u32(&payload);
			used = 0; /* the rest is not for this attempt */
			sender->out.len = sender->counted;
		}
		sender->counted += (int) used;
		if (type == W2K_FRAME_RECORD)
			note_record(sender, &payload);
		else if (type == W2K_FRAME_COMMIT)
			note_commit(sender, &payload);
		else if (type == W2K_FRAME_TOPIC)
			note_topic(sender, &payload);
		else if (type == W2K_FRAME_SIGNAL)
			sender->signals = w2k_arrived_add(sender->signals, &payload);
		else if (type == W2K_FRAME_SKIPPED)
			pg_atomic_fetch_add_u64(&sender->counters->skipped, 1);
		if (payload.is_malformed)
			elog(ERROR,
				 "malformed frame of type \"%c\" from the output plugin",
				 type);
	}
}

int
w2k_sender_link_unsent(const W2kSenderLink *sender)
{
	return sender->out.len - sender->sent;
}

/* Writes what the pipe takes. */
static void
write_out(W2kSenderLink *sender)
{
	while (sender->sent < sender->out.len)
	{
		ssize_t n = write(sender->process.down,
						  sender->out.data + sender->sent,
						  sender->out.len - sender->sent);

		if (n > 0)
			sender->sent += (int) n;
		else if (errno == EINTR)
			continue;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			break;
		else
		{
			/* EPIPE: its answers, or their end, say why. */
			if (!sender->has_failed)
				w2k_sender_link_read(sender);
			break;
		}
	}
	/* Whole buffers mostly go out at once, so that moving is rare; a huge
	 * one that goes out a pipe at a time is moved when half is gone. */
	if (sender->sent > 0 && sender->sent >= sender->out.len / 2)
	{
		int rest = sender->out.len - sender->sent;

		if (rest > 0)
			memmove(sender->out.data, sender->out.data + sender->sent, rest);
		sender->out.len = rest;
		sender->out.data[rest] = '\0';
		sender->counted -= sender->sent;
		sender->sent = 0;
	}
	/* One huge record must not leave a huge buffer for ever */
	if (sender->out.len == 0 && sender->out.maxlen > 4 * UNSENT_LIMIT)
	{
		sender->out.data = repalloc(sender->out.data, UNSENT_LIMIT);
		sender->out.maxlen = UNSENT_LIMIT;
	}
}

bool
w2k_sender_link_feed(W2kSenderLink *sender)
{
	count_frames(sender);
	if (w2k_sender_link_unsent(sender) < WRITE_CHUNK)
		return true;
	write_out(sender);
	return w2k_sender_link_unsent(sender) < UNSENT_LIMIT;
}

void
w2k_sender_link_flush(W2kSenderLink *sender)
{
	if (sender->out.len > 0)
		write_out(sender);
}

/* ---- up ---- */

static void
on_ack(W2kSenderLink *sender, W2kCursor *cur)
{
	uint64 sequence = w2k_get_u64(cur);
	uint64 bytes;
	W2kCounters *counters = sender->counters;

	(void) w2k_get_u64(cur); /* its queue; ours counts the pipe as well */
	bytes = w2k_get_u64(cur);
	if (sequence < sender->acked || sequence > sender->sequence)
		ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
						errmsg("the sender acknowledged record " UINT64_FORMAT
							   " of " UINT64_FORMAT,
							   sequence, sender->sequence)));
	pg_atomic_fetch_add_u64(&counters->total_records,
							(int64) (sequence - sender->acked));
	sender->acked = sequence;
	pg_atomic_write_u64(&counters->queue_bytes, bytes);

	take_delivered(sender);
}

static void
on_status(W2kSenderLink *sender, W2kCursor *cur)
{
	bool is_connected = w2k_get_u8(cur) != 0;

	sender->has_status = true;
	sender->is_connected = is_connected;
	get_text(cur, sender->status, sizeof(sender->status));
}

static void
on_error(W2kSenderLink *sender, W2kCursor *cur)
{
	uint8 severity = w2k_get_u8(cur);
	uint64 lsn;
	char topic[256];
	char code[64];
	char text[W2K_ERROR_LEN];
	char where[W2K_ERROR_LEN];

	(void) w2k_get_u32(cur); /* librdkafka's number; its name says more */
	(void) w2k_get_u64(cur); /* sequence */
	lsn = w2k_get_u64(cur);
	get_text(cur, topic, sizeof(topic));
	get_text(cur, code, sizeof(code));
	get_text(cur, text, sizeof(text));

	where[0] = '\0';
	if (lsn != 0)
		snprintf(where, sizeof(where),
				 "record at %X/%X for topic \"%s\": ", LSN_FORMAT_ARGS(lsn),
				 topic);
	else if (topic[0] != '\0')
		snprintf(where, sizeof(where), "topic \"%s\": ", topic);

	if (severity == W2K_SEVERITY_RETRYING)
	{
		ereport(LOG,
				(errmsg("wal2kafka sender: %s%s (%s)", where, text, code)));
		return;
	}
	if (severity == W2K_SEVERITY_SKIPPED)
	{
		pg_atomic_fetch_add_u64(&sender->counters->skipped, 1);
		ereport(WARNING,
				(errmsg("wal2kafka gave up a record"),
				 errdetail("%s%s (%s)", where, text, code),
				 errhint(
					 "Property \"event.processing.failure.handling.mode\" says to skip it.")));
		return;
	}
	sender->has_failed = true;
	sender->is_fatal = severity == W2K_SEVERITY_FATAL;
	snprintf(sender->failure, sizeof(sender->failure), "%s%s (%s)", where,
			 text, code);
}

static void
on_log(W2kCursor *cur)
{
	uint8 level = w2k_get_u8(cur);
	char facility[64];
	char text[LOG_LINE_MAX];

	get_text(cur, facility, sizeof(facility));
	get_text(cur, text, sizeof(text));
	ereport(level <= 6 ? LOG : DEBUG1,
			(errmsg("wal2kafka sender: %s: %s", facility, text)));
}

static void
on_frame(W2kSenderLink *sender, uint8 type, W2kCursor *cur)
{
	switch (type)
	{
		case W2K_FRAME_HELLO:
		{
			uint16 version = w2k_get_u16(cur);

			if (version != W2K_FRAME_VERSION)
				ereport(ERROR,
						(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						 errmsg("the sender program speaks frame version %d, the library version %d",
								version, W2K_FRAME_VERSION),
						 errhint(
							 "Restart the server after upgrading wal2kafka.")));
			break;
		}
		case W2K_FRAME_ACK:
			on_ack(sender, cur);
			break;
		case W2K_FRAME_STATUS:
			on_status(sender, cur);
			break;
		case W2K_FRAME_ERROR:
			on_error(sender, cur);
			break;
		case W2K_FRAME_LOG:
			on_log(cur);
			break;
		case W2K_FRAME_SIGNAL:
			sender->kafka_signals =
				w2k_arrived_add_kafka(sender->kafka_signals, cur);
			break;
		case W2K_FRAME_REGISTERED:
			sender->registered = w2k_schema_catalog_add(sender->registered,
														cur);
			break;
		case W2K_FRAME_REGISTRY:
			w2k_schema_catalog_count(sender->counters, cur);
			break;
		case W2K_FRAME_STATS:
		{
			uint32 len;
			const char *json = w2k_get_string(cur, &len);

			if (json != NULL)
				w2k_broker_stats_store(sender->slot_index, json, len);
			break;
		}
		default:
			/* A newer sender's: the version says that it is harmless. */
			break;
	}
	if (cur->is_malformed)
		ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
						errmsg("malformed frame of type \"%c\" from the sender",
							   type)));
}

/* Reads what is there; false at the end of the pipe. */
static bool
read_some(int fd, StringInfo buf)
{
	for (;;)
	{
		ssize_t n;

		enlargeStringInfo(buf, 8192);
		n = read(fd, buf->data + buf->len, buf->maxlen - buf->len - 1);
		if (n > 0)
		{
			buf->len += (int) n;
			buf->data[buf->len] = '\0';
			if (buf->len < 65536)
				continue;
			return true;
		}
		if (n == 0)
			return false;
		if (errno == EINTR)
			continue;
		return errno == EAGAIN || errno == EWOULDBLOCK;
	}
}

/* Drops the first n bytes. */
static void
consume(StringInfo buf, size_t n)
{
	memmove(buf->data, buf->data + n, buf->len - n);
	buf->len -= (int) n;
	buf->data[buf->len] = '\0';
}

/* What it wrote on stderr, line by line. */
static void
read_log(W2kSenderLink *sender)
{
	char *eol;

	if (sender->process.log < 0)
		return;
	(void) read_some(sender->process.log, &sender->log);
	while ((eol = strchr(sender->log.data, '\n')) != NULL ||
		   sender->log.len >= LOG_LINE_MAX)
	{
		size_t len = eol != NULL ? (size_t) (eol - sender->log.data)
								 : (size_t) sender->log.len;

		ereport(LOG, (errmsg("wal2kafka sender: %.*s",
							 (int) Min(len, LOG_LINE_MAX), sender->log.data)));
		consume(&sender->log, len + (eol != NULL ? 1 : 0));
	}
	/* No line can be found past a zero byte. */
	if (strlen(sender->log.data) != (size_t) sender->log.len)
		consume(&sender->log, sender->log.len);
}

/*
 * Reads and obeys what is there.  A sender that has ended is noted, not
 * raised: its last words may be among the answers.
 */
static void
read_answers(W2kSenderLink *sender)
{
	bool is_open;
	size_t done = 0;
	int before = sender->in.len;

	if (sender->process.up < 0)
		return;
	is_open = read_some(sender->process.up, &sender->in);
	if (sender->in.len > before)
		sender->heard_time = GetCurrentTimestamp();
	for (;;)
	{
		uint8 type;
		W2kCursor payload;
		size_t used;
		size_t needed;
		W2kParse rc = w2k_frame_parse(sender->in.data + done,
									  sender->in.len - done, false, &type,
									  &payload, &used, &needed);

		if (rc == W2K_PARSE_MALFORMED)
			ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
							errmsg("malformed answer from the sender")));
		if (rc == W2K_PARSE_MORE)
			break;
		done += used;
		on_frame(sender, type, &payload);
	}
	if (done > 0)
		consume(&sender->in, done);
	read_log(sender);
	if (!is_open && !sender->has_failed)
	{
		sender->has_failed = true;
		snprintf(sender->failure, sizeof(sender->failure),
				 "the sender process ended unexpectedly: %s",
				 w2k_sender_process_fate(&sender->process));
	}
}

void
w2k_sender_link_read(W2kSenderLink *sender)
{
	read_answers(sender);
	pg_atomic_write_u64(&sender->counters->queue_records,
						sender->sequence - sender->acked);
}
void
w2k_sender_link_raise(W2kSenderLink *sender)
{
	ereport(ERROR, (errcode(sender->is_fatal
								? ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
								: ERRCODE_CONNECTION_FAILURE),
					errmsg("%s", sender->failure)));
}

bool
w2k_sender_link_is_idle(const W2kSenderLink *sender)
{
	return sender->acked == sender->sequence && sender->out.len == 0;
}
