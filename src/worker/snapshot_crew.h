/*
 * snapshot_crew.h
 *		The readers of a connector's worker: starts them, asks them, listens.
 */
#ifndef W2K_WORKER_SNAPSHOT_CREW_H
#define W2K_WORKER_SNAPSHOT_CREW_H

#include "nodes/pg_list.h"

#include "config/connector.h"
#include "worker/snapshot_link.h"

/* A process that reads for us. */
typedef struct W2kCrewMember W2kCrewMember;

/*
 * Starts reader number, or finds the holder of a snapshot that is there
 * already; waits until it can be asked, and where there are no processes left
 * until there is one.  Ends the attempt where that is to end.
 */
extern W2kCrewMember *w2k_crew_start(int number);

/* The same for one that can be done without: NULL where there are none. */
extern W2kCrewMember *w2k_crew_start_another(int number);

/*
 * The same in steps that never wait: asks for the process; has it come, so that
 * it can be asked?  Raises an error where there are no processes left.
 */
extern W2kCrewMember *w2k_crew_launch(int number);
extern bool w2k_crew_is_ready(W2kCrewMember *member);

/* Is there a holder of this connector's initial snapshot? */
extern bool w2k_crew_has_holder(void);

/* Ends whatever reads for this connector, and waits until it has gone. */
extern void w2k_crew_end_all(void);

/*
 * Says what is read for, and waits for the plan: a list of W2kPlanTable.
 * head->consistent_point is that of a slot that was made.
 */
extern List *w2k_crew_open(W2kCrewMember *member, W2kReaderMode mode,
						   const W2kConnectorConfig *conf,
						   const char *slot_name, List *options,
						   const char *snapshot_id, W2kPlanHead *head);

/* Only says what is read for; the plan comes as a message. */
extern void w2k_crew_send_open(W2kCrewMember *member, W2kReaderMode mode,
							   const W2kConnectorConfig *conf,
							   const char *slot_name, List *options,
							   const char *snapshot_id);

/* Asks for a chunk; filter and query may be NULL. */
extern void w2k_crew_ask(W2kCrewMember *member, W2kChunkRequest *request,
						 const char *filter, const char *query);

/* The next message, if there is one.  Raises an error when the reader died. */
extern bool w2k_crew_receive(W2kCrewMember *member, char *type,
							 const char **body, Size *len);

/* It has done its work, and ends. */
extern void w2k_crew_dismiss(W2kCrewMember *member);

/* Lets go of it; unless it holds an initial snapshot, that ends it. */
extern void w2k_crew_release(W2kCrewMember *member);

#endif /* W2K_WORKER_SNAPSHOT_CREW_H */
