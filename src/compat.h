/*
 * compat.h
 *		The only file that tests PG_VERSION_NUM.
 *
 * What differs between PostgreSQL 15 and 18, under one name.  Included after
 * postgres.h by whoever needs it.
 */
#ifndef W2K_COMPAT_H
#define W2K_COMPAT_H

#include "access/attmap.h"
#include "access/htup.h"
#include "replication/reorderbuffer.h"
#include "replication/slot.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "wal2kafka supports PostgreSQL 15, 16, 17 and 18"
#endif

/* ---- JSON ---- */

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"

/* What the parser's callbacks return. */
#if PG_VERSION_NUM >= 160000
#define W2K_JSON_RESULT JsonParseErrorType
#define W2K_JSON_GO_ON JSON_SUCCESS
#define W2K_JSON_STOP JSON_SEM_ACTION_FAILED
#else
#define W2K_JSON_RESULT void
#define W2K_JSON_GO_ON
#define W2K_JSON_STOP /* the parser goes on: later callbacks do nothing */
#endif

/* Parses UTF-8 text; what is wrong with it is a return value. */
static inline JsonParseErrorType
w2k_compat_parse_json(const char *text, int len, JsonSemAction *actions)
{
#if PG_VERSION_NUM >= 170000
	JsonLexContext *lex = makeJsonLexContextCstringLen(NULL, text, len,
													   PG_UTF8, true);
#else
	JsonLexContext *lex = makeJsonLexContextCstringLen(unconstify(char *, text),
													   len, PG_UTF8, true);
#endif

	return pg_parse_json(lex, actions);
}

/* ---- worker ---- */

/* Before the declaration, as PostgreSQL 18 writes it. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

#include "storage/condition_variable.h"
#include "storage/latch.h"

#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "utils/memutils.h"

#if PG_VERSION_NUM >= 180000
#include "storage/waiteventset.h"
#endif

/*
 * Flushed WAL broadcasts on a condition variable from 16 on, if there may be
 * walsenders at all.
 */
static inline bool
w2k_compat_has_flush_cv(void)
{
#if PG_VERSION_NUM >= 160000
	return max_wal_senders > 0;
#else
	return false;
#endif
}

static inline void
w2k_compat_prepare_flush_sleep(void)
{
#if PG_VERSION_NUM >= 160000
	ConditionVariablePrepareToSleep(&WalSndCtl->wal_flush_cv);
#endif
}

static inline WaitEventSet *
w2k_compat_create_wait_event_set(int nevents)
{
#if PG_VERSION_NUM >= 170000
	return CreateWaitEventSet(NULL, nevents);
#else
	return CreateWaitEventSet(TopMemoryContext, nevents);
#endif
}

static inline void
w2k_compat_slot_create(const char *name,
					   ReplicationSlotPersistency persistency, bool failover)
{
#if PG_VERSION_NUM >= 170000
	ReplicationSlotCreate(name, true, persistency, false, failover, false);
#else
	ReplicationSlotCreate(name, true, persistency, false);
#endif
}

static inline void
w2k_compat_slot_acquire(const char *name)
{
#if PG_VERSION_NUM >= 180000
	ReplicationSlotAcquire(name, true, true);
#else
	ReplicationSlotAcquire(name, true);
#endif
}

/* Was the slot invalidated, its WAL or rows gone?  Caller holds its mutex. */
static inline bool
w2k_compat_slot_is_lost(const ReplicationSlot *slot)
{
#if PG_VERSION_NUM >= 160000
	return slot->data.invalidated != RS_INVAL_NONE;
#else
	return !XLogRecPtrIsInvalid(slot->data.invalidated_at);
#endif
}

/*
 * A failover slot must not hand out what the standbys that will carry it do
 * not have yet (R14).
 */
static inline bool
w2k_compat_standbys_have(XLogRecPtr lsn)
{
#if PG_VERSION_NUM >= 170000
	if (MyReplicationSlot->data.failover)
		return StandbySlotsHaveCaughtup(lsn, DEBUG1);
#endif
	return true;
}

/* ---- api ---- */

#include "replication/message.h"
#include "utils/acl.h"

/* May member become role, and so make it the owner of something? */
static inline bool
w2k_compat_can_set_role(Oid member, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return member_can_set_role(member, role);
#else
	return is_member_of_role(member, role);
#endif
}

/* A non-transactional logical message; returns its end, not yet flushed. */
static inline XLogRecPtr
w2k_compat_log_message(const char *prefix, const char *message, Size len)
{
#if PG_VERSION_NUM >= 170000
	return LogLogicalMessage(prefix, message, len, false, false);
#else
	return LogLogicalMessage(prefix, message, len, false);
#endif
}

/* ---- decoding ---- */

#include "catalog/pg_attribute.h"
#include "catalog/pg_namespace.h"
#include "datatype/timestamp.h"
#include "utils/acl.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* A decoded row: a buffer round a HeapTuple before 17, a HeapTuple since. */
#if PG_VERSION_NUM >= 170000
#define W2K_CHANGE_TUPLE(tup) (tup)
#else
#define W2K_CHANGE_TUPLE(buf) ((buf) == NULL ? NULL : &(buf)->tuple)
#endif

static inline bool
w2k_compat_has_schema_usage(Oid namespaceid, Oid roleid)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(NamespaceRelationId, namespaceid, roleid,
						   ACL_USAGE) == ACLCHECK_OK;
#else
	return pg_namespace_aclcheck(namespaceid, roleid, ACL_USAGE) ==
		   ACLCHECK_OK;
#endif
}

/* Is the column's value computed when it is read, and so in no tuple? */
static inline bool
w2k_compat_is_virtual(char attgenerated)
{
#if PG_VERSION_NUM >= 180000
	return attgenerated == ATTRIBUTE_GENERATED_VIRTUAL;
#else
	return false;
#endif
}

/* Intervals may be infinite from 17 on. */
static inline bool
w2k_compat_is_infinite(const Interval *interval)
{
#if PG_VERSION_NUM >= 170000
	return INTERVAL_NOT_FINITE(interval);
#else
	return false;
#endif
}

/* ---- end of decoding ---- */

#include "utils/rel.h"

/* The file that a table's rows are in: a rewrite gives it another. */
static inline Oid
w2k_compat_filenode(Relation relation)
{
#if PG_VERSION_NUM >= 160000
	return relation->rd_locator.relNumber;
#else
	return relation->rd_node.relNode;
#endif
}

/* Attribute numbers of from, by those of to. */
static inline AttrMap *
w2k_compat_map_attributes(TupleDesc from, TupleDesc to)
{
#if PG_VERSION_NUM >= 160000
	return build_attrmap_by_name(from, to, false);
#else
	return build_attrmap_by_name(from, to);
#endif
}

#endif /* W2K_COMPAT_H */
