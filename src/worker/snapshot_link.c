/*
 * snapshot_link.c
 *		Between a connector's worker and a reader of its snapshots.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/proc.h"
#include "storage/shm_mq.h"
#include "utils/memutils.h"

#include "worker/snapshot_link.h"

#define MAGIC 0x57324b53 /* "W2KS" */
#define DOWN_SIZE ((Size) 64 * 1024)
#define UP_SIZE ((Size) 1024 * 1024)

/* At the start of the segment; the queues follow. */
typedef struct Head
{
	uint32 magic;
	pg_atomic_uint32 is_cancelled;
} Head;

#define DOWN_OFFSET MAXALIGN(sizeof(Head))
#define UP_OFFSET (DOWN_OFFSET + DOWN_SIZE)
#define SEGMENT_SIZE (UP_OFFSET + UP_SIZE)

struct W2kSnapshotLink
{
	dsm_segment *segment;
	Head *head;
	shm_mq_handle *in;
	shm_mq_handle *out;
};

static shm_mq *
queue_at(dsm_segment *segment, Size offset)
{
	return (shm_mq *) ((char *) dsm_segment_address(segment) + offset);
}

W2kSnapshotLink *
w2k_snapshot_link_create(dsm_handle *handle)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(TopMemoryContext);
	W2kSnapshotLink *link = palloc0(sizeof(W2kSnapshotLink));
	shm_mq *down;
	shm_mq *up;

	link->segment = dsm_create(SEGMENT_SIZE, 0);
	dsm_pin_mapping(link->segment);
	link->head = dsm_segment_address(link->segment);
	link->head->magic = MAGIC;
	pg_atomic_init_u32(&link->head->is_cancelled, 0);
	down = shm_mq_create(queue_at(link->segment, DOWN_OFFSET), DOWN_SIZE);
	up = shm_mq_create(queue_at(link->segment, UP_OFFSET), UP_SIZE);
	shm_mq_set_receiver(down, MyProc);
	shm_mq_set_sender(up, MyProc);
	link->in = shm_mq_attach(down, link->segment, NULL);
	link->out = shm_mq_attach(up, link->segment, NULL);
	*handle = dsm_segment_handle(link->segment);
	MemoryContextSwitchTo(oldcontext);
	return link;
}

W2kSnapshotLink *
w2k_snapshot_link_attach(dsm_handle handle)
{
	MemoryContext oldcontext;
	W2kSnapshotLink *link;
	dsm_segment *segment = dsm_attach(handle);
	Head *head;

	if (segment == NULL)
		return NULL;
	dsm_pin_mapping(segment);
	head = dsm_segment_address(segment);
	/* its queues have a place for one worker only */
	if (dsm_segment_map_length(segment) < SEGMENT_SIZE ||
		head->magic != MAGIC ||
		shm_mq_get_sender(queue_at(segment, DOWN_OFFSET)) != NULL)
	{
		dsm_detach(segment);
		return NULL;
	}
	oldcontext = MemoryContextSwitchTo(TopMemoryContext);
	link = palloc0(sizeof(W2kSnapshotLink));
	link->segment = segment;
	link->head = head;
	shm_mq_set_sender(queue_at(segment, DOWN_OFFSET), MyProc);
	shm_mq_set_receiver(queue_at(segment, UP_OFFSET), MyProc);
	link->out = shm_mq_attach(queue_at(segment, DOWN_OFFSET), segment, NULL);
	link->in = shm_mq_attach(queue_at(segment, UP_OFFSET), segment, NULL);
	MemoryContextSwitchTo(oldcontext);
	return link;
}

bool
w2k_snapshot_link_send(W2kSnapshotLink *link, char type, const void *first,
					   Size first_len, const void *second, Size second_len)
{
	uint64 head = (uint64) type; /* so that what follows is aligned */
	shm_mq_iovec pieces[3] = {{(const char *) &head, sizeof(head)},
							  {first, first_len},
							  {second, second_len}};
	shm_mq_result result = shm_mq_sendv(link->out, pieces,
										second_len > 0 ? 3 : 2, false, true);

	return result == SHM_MQ_SUCCESS;
}

W2kLinkResult
w2k_snapshot_link_receive(W2kSnapshotLink *link, char *type, const char **body,
						  Size *len)
{
	void *data;
	shm_mq_result result = shm_mq_receive(link->in, len, &data, true);

	if (result == SHM_MQ_WOULD_BLOCK)
		return W2K_LINK_EMPTY;
	if (result != SHM_MQ_SUCCESS || *len < sizeof(uint64))
		return W2K_LINK_GONE;
	*type = (char) *(const uint64 *) data;
	*body = (const char *) data + sizeof(uint64);
	*len -= sizeof(uint64);
	return W2K_LINK_MESSAGE;
}

void
w2k_snapshot_link_cancel(W2kSnapshotLink *link)
{
	pg_atomic_write_u32(&link->head->is_cancelled, 1);
}

bool
w2k_snapshot_link_is_cancelled(W2kSnapshotLink *link)
{
	return pg_atomic_read_u32(&link->head->is_cancelled) != 0;
}

void
w2k_snapshot_link_close(W2kSnapshotLink *link)
{
	if (link == NULL)
		return;
	shm_mq_detach(link->in);
	shm_mq_detach(link->out);
	dsm_detach(link->segment);
	pfree(link);
}
