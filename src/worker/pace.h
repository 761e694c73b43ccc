/*
 * pace.h
 *		How fast tables are read beside a stream.
 */
#ifndef W2K_WORKER_PACE_H
#define W2K_WORKER_PACE_H

#include "access/xlogdefs.h"
#include "datatype/timestamp.h"

#include "status/counters.h"

/* What W2kPace does with the time. */
typedef enum W2kPaceTask
{
	W2K_PACE_READING,
	W2K_PACE_SETTLING, /* nothing is read, but its traces are not gone yet */
	W2K_PACE_LISTENING /* to what the stream is like by itself */
} W2kPaceTask;

/* All zero but for counters is where it begins. */
typedef struct W2kPace
{
	W2kCounters *counters; /* of the connector */
	XLogRecPtr sent_lsn;   /* of the stream, when last looked at ... */
	TimestampTz sent_time; /* ... and when that had changed; 0 = never */
	W2kPaceTask task;
	TimestampTz until;	/* nothing is read before; 0 = now */
	TimestampTz period; /* when reading began after the last listening */
	W2kLatencySum mark; /* latencies when the present task began */
	W2kLatencySum beside, alone; /* since the last judgement */
	int slower;					 /* steps below the fastest pace, see pace.c */
	int64 took;					 /* by the last slice, in microseconds */
} W2kPace;

/* May rows be read, or sent, now? */
extern bool w2k_pace_allows(W2kPace *pace);

/* If not: for how long at least, in milliseconds, rounded up. */
extern long w2k_pace_left_ms(const W2kPace *pace);

/* Bytes that may be sent at a time; 0 = as many as one likes. */
extern int w2k_pace_bytes(const W2kPace *pace);

/* Rows are on Kafka, so many microseconds after they were sent. */
extern void w2k_pace_add(W2kPace *pace, int64 took);

#endif /* W2K_WORKER_PACE_H */
