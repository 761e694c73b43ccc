/*
 * newcomers.c
 *		snapshot.new.tables: tables that begin to match, whose rows are to be
 *		read.
 *
 * Whatever makes a table match is a transaction that changes a catalog: the
 * table was renamed, moved, granted, published, attached; or it changes our
 * row of wal2kafka.connector, and then the filters are others.  The WAL says
 * of a transaction which relations its changes concern, before its first one
 * is decoded.  So each of them is looked at twice, as the catalogs were before
 * the transaction and as they are at its end.  Where that is not told by
 * single relations (a schema, a role, a publication of everything), all tables
 * are.  Transactions that change no catalog cost nothing.
 *
 * A table that was not there before is none of these: all its rows are
 * streamed.  But if it was filled before it matched, in the same transaction,
 * they are not.
 *
 * What is found becomes a signal in the stream.  The slot does not move past
 * it before it is written down; and since it depends on nothing but the WAL,
 * it is the same signal when the transaction is decoded once more.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "storage/sinval.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "config/properties.h"
#include "config/rules.h"
#include "config/signal.h"
#include "decode/newcomers.h"
#include "decode/output.h"

/* A relation that the transaction concerns. */
typedef struct Newcomer
{
	Oid relid;		 /* hash key: first */
	bool was_there;	 /* before the transaction */
	Oid root;		 /* what it was published as then; 0 = not at all */
	bool has_missed; /* changes of it were not captured */
} Newcomer;

/* A table for whose rows a signal has been left. */
typedef struct Told
{
	Oid relid; /* hash key: first */
	Oid root;
} Told;

/* Which tables a configuration captures; in a context of its own. */
typedef struct View
{
	W2kFilter *filter;
	W2kRelationCache *relations;
} View;

struct W2kNewcomers
{
	View view;
	W2kPatterns *included; /* snapshot.include.collection.list; NULL = all */
	HTAB *told;

	/* The present transaction */
	MemoryContext context; /* reset at its begin */
	HTAB *concerned; /* Newcomer; NULL = it changes no catalog that matters */
	bool is_wide;	 /* all tables may be concerned */
	View *old_view;	 /* the configuration was another; NULL = it was not */
};

/* ---- one table ---- */

/*
 * What may not be read is not captured, and no error: it becomes one with the
 * first change that cannot be sent.
 */
static void
make_view(View *view, const W2kConnectorConfig *conf, Oid owner)
{
	W2kConnectorConfig *lenient = palloc(sizeof(W2kConnectorConfig));

	*lenient = *conf;
	lenient->owner = owner;
	lenient->processing_failure = W2K_FAILURE_SKIP;
	/* nor what only goes wrong with names of fields */
	lenient->field_adjustment = W2K_ADJUST_NONE;
	lenient->topic_key_unique = false;
	view->filter = w2k_filter_compile(lenient);
	view->relations = w2k_relation_create_cache(lenient, view->filter,
												w2k_rules_compile(lenient),
												false);
}

/*
 * What inserts into a table are published as by the catalogs of the moment; 0
 * where they are not captured.
 */
static Oid
find_root(const View *view, Oid relid)
{
	Relation relation = RelationIdGetRelation(relid);
	const W2kRelation *wrel;
	Oid root = InvalidOid;

	if (!RelationIsValid(relation))
		return InvalidOid;
	if (relation->rd_rel->relkind == RELKIND_RELATION &&
		relation->rd_rel->relpersistence == RELPERSISTENCE_PERMANENT)
	{
		wrel = w2k_relation_lookup(view->relations, relation);
		if (wrel->capture == W2K_CAPTURE_ROWS &&
			(wrel->published.operations & W2K_PUBLISH_INSERT) != 0)
			root = wrel->published.root;
	}
	RelationClose(relation);
	return root;
}

/* ---- before the transaction ---- */

static HTAB *
make_table(const char *name, Size entry_size, MemoryContext context)
{
	HASHCTL ctl = {.keysize = sizeof(Oid),
				   .entrysize = entry_size,
				   .hcxt = context};

	return hash_create(name, 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* The transaction concerns a relation, and its partitions with it. */
static void
note_relation(W2kNewcomers *newcomers, Oid relid)
{
	Newcomer *newcomer;
	bool is_found;
	char relkind;

	newcomer = hash_search(newcomers->concerned, &relid, HASH_ENTER, &is_found);
	if (is_found)
		return;
	relkind = get_rel_relkind(relid);
	newcomer->was_there = relkind != '\0';
	newcomer->has_missed = false;
	newcomer->root = relkind == RELKIND_RELATION
						 ? find_root(&newcomers->view, relid)
						 : InvalidOid;
	if (relkind == RELKIND_PARTITIONED_TABLE)
	{
		ListCell *lc;

		foreach(lc, find_all_inheritors(relid, NoLock, NULL))
			note_relation(newcomers, lfirst_oid(lc));
	}
}

/*
 * The tables there are, by pg_class: of a view, those whose names it does not
 * rule out.
 */
static List *
list_tables(const View *view)
{
	Relation rel = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0,
										  NULL);
	HeapTuple tuple;
	List *relids = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
		char *schema;

		if (form->relkind != RELKIND_RELATION ||
			form->relpersistence != RELPERSISTENCE_PERMANENT)
			continue;
		schema = get_namespace_name(form->relnamespace);
		if (schema == NULL || w2k_filter_is_system_schema(schema) ||
			(!form->relispartition &&
			 !w2k_filter_table(view->filter, schema, NameStr(form->relname),
							   NULL)))
			continue;
		relids = lappend_oid(relids, form->oid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return relids;
}

/* Does a message say that any table may match now? */
static bool
concerns_all(const SharedInvalidationMessage *msg)
{
	if (msg->id == SHAREDINVALRELCACHE_ID)
		return !OidIsValid(msg->rc.relId);
	return msg->id == NAMESPACEOID || msg->id == AUTHOID ||
		   msg->id == AUTHMEMROLEMEM || msg->id == PUBLICATIONOID;
}

void
w2k_newcomers_begin(W2kSession *session, const ReorderBufferTXN *txn)
{
	W2kNewcomers *newcomers = session->newcomers;
	MemoryContext oldcontext;
	ListCell *lc;

	if (newcomers == NULL)
		return;
	newcomers->concerned = NULL;
	newcomers->is_wide = false;
	newcomers->old_view = NULL;
	MemoryContextReset(newcomers->context);
	if (txn->ninvalidations == 0)
		return;
	oldcontext = MemoryContextSwitchTo(newcomers->context);
	newcomers->concerned = make_table("wal2kafka newcomers", sizeof(Newcomer),
									  newcomers->context);
	for (uint32 i = 0; i < txn->ninvalidations; i++)
	{
		const SharedInvalidationMessage *msg = &txn->invalidations[i];

		if (concerns_all(msg))
			newcomers->is_wide = true;
		else if (msg->id == SHAREDINVALRELCACHE_ID &&
				 msg->rc.dbId == MyDatabaseId)
			note_relation(newcomers, msg->rc.relId);
	}
	if (newcomers->is_wide)
	{
		/* those that are none by their names now may be some in the end */
		foreach(lc, list_tables(&newcomers->view))
			note_relation(newcomers, lfirst_oid(lc));
	}
	MemoryContextSwitchTo(oldcontext);
}

/* ---- in the transaction ---- */

void
w2k_newcomers_note_missed(W2kSession *session, Oid relid)
{
	Newcomer *newcomer;

	if (session->newcomers == NULL || session->newcomers->concerned == NULL)
		return;
	newcomer = hash_search(session->newcomers->concerned, &relid, HASH_FIND,
						   NULL);
	if (newcomer != NULL)
		newcomer->has_missed = true;
}

/* A column of an old row, which is in the WAL with all of them. */
static Datum
get_value(Relation relation, HeapTuple row, const char *column)
{
	bool is_null;
	Datum value = heap_getattr(row,
							   get_attnum(RelationGetRelid(relation), column),
							   RelationGetDescr(relation), &is_null);

	if (is_null)
		elog(ERROR, "column \"%s\" of a connector is missing in the WAL",
			 column);
	return value;
}

void
w2k_newcomers_note_renewed(W2kSession *session, Relation relation,
						   HeapTuple old_row, int64 generation)
{
	W2kNewcomers *newcomers = session->newcomers;
	MemoryContext oldcontext;
	W2kPropertyParse *parse;
	Jsonb *config;
	Oid owner;

	/* what came first is what there was before */
	if (newcomers == NULL || newcomers->old_view != NULL || old_row == NULL ||
		DatumGetInt64(get_value(relation, old_row, "config_generation")) ==
			generation)
		return;
	oldcontext = MemoryContextSwitchTo(newcomers->context);
	config = DatumGetJsonbP(get_value(relation, old_row, "config"));
	owner = DatumGetObjectId(get_value(relation, old_row, "owner"));
	/* problems are none of ours: it was in force */
	parse = w2k_connector_check(session->conf->connector, &config->root, true,
								false);
	newcomers->old_view = palloc(sizeof(View));
	make_view(newcomers->old_view, parse->conf, owner);
	MemoryContextSwitchTo(oldcontext);
}

/* ---- after the transaction ---- */

/*
 * Notes that its rows are to be read as what it is published as; false where
 * that is known.  (A transaction that began earlier may not have seen that it
 * matched already.)
 */
static bool
note_told(W2kNewcomers *newcomers, Oid relid, Oid root)
{
	Told *told;
	bool is_found;

	told = hash_search(newcomers->told, &relid, HASH_ENTER, &is_found);
	if (is_found && told->root == root)
		return false;
	told->root = root;
	return true;
}

/* Are there rows that have not been sent? */
static bool
is_newcomer(W2kNewcomers *newcomers, Oid relid, Oid root)
{
	const Newcomer *before;

	if (newcomers->old_view != NULL &&
		find_root(newcomers->old_view, relid) != root)
		return true;
	before = hash_search(newcomers->concerned, &relid, HASH_FIND, NULL);
	/* one that its name ruled out: what was made since has an entry */
	if (before == NULL)
		return newcomers->is_wide;
	return before->was_there ? before->root != root : before->has_missed;
}

/* snapshot.include.collection.list, by the name that it is published as */
static bool
is_included(const W2kNewcomers *newcomers, Oid root)
{
	return newcomers->included == NULL ||
		   w2k_filter_matches(newcomers->included,
							  psprintf("%s.%s",
									   get_namespace_name(
										   get_rel_namespace(root)),
									   get_rel_name(root)));
}

/* The tables that may be newcomers, by OID: the same order each time. */
static List *
list_concerned(W2kNewcomers *newcomers)
{
	HASH_SEQ_STATUS status;
	Newcomer *newcomer;
	List *relids = NIL;
	ListCell *lc;

	if (newcomers->is_wide || newcomers->old_view != NULL)
		relids = list_tables(&newcomers->view);
	hash_seq_init(&status, newcomers->concerned);
	while ((newcomer = hash_seq_search(&status)) != NULL)
		relids = lappend_oid(relids, newcomer->relid);
	/* a root that matches now brings its partitions */
	foreach(lc, list_copy(relids))
	{
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_PARTITIONED_TABLE)
			relids = list_concat(relids, find_all_inheritors(lfirst_oid(lc),
															 NoLock, NULL));
	}
	list_sort(relids, list_oid_cmp);
	list_deduplicate_oid(relids);
	return relids;
}

/* data of the signal; the names are for people, and for the order */
static char *
make_data(List *relids)
{
	StringInfoData names;
	StringInfoData oids;
	ListCell *lc;

	initStringInfo(&names);
	initStringInfo(&oids);
	foreach(lc, relids)
	{
		Oid relid = lfirst_oid(lc);
		char *name =
			w2k_signal_quote(get_namespace_name(get_rel_namespace(relid)),
							 get_rel_name(relid));

		appendStringInfo(&oids, "%s\"%u\"", oids.len > 0 ? "," : "", relid);
		if (names.len > 0)
			appendStringInfoChar(&names, ',');
		escape_json(&names, name);
	}
	return psprintf("{\"type\":\"incremental\",\"data-collections\":[%s],"
					"\"" W2K_SIGNAL_RELIDS "\":[%s]}",
					names.data, oids.data);
}

void
w2k_newcomers_end(LogicalDecodingContext *ctx, const ReorderBufferTXN *txn,
				  XLogRecPtr commit_lsn)
{
	W2kSession *session = ctx->output_plugin_private;
	W2kNewcomers *newcomers = session->newcomers;
	MemoryContext oldcontext;
	List *found = NIL;
	char *id = NULL;
	char *data = NULL;
	ListCell *lc;

	if (newcomers == NULL ||
		(newcomers->concerned == NULL && newcomers->old_view == NULL))
		return;
	oldcontext = MemoryContextSwitchTo(newcomers->context);
	if (newcomers->concerned == NULL)
		newcomers->concerned = make_table("wal2kafka newcomers",
										  sizeof(Newcomer),
										  newcomers->context);
	foreach(lc, list_concerned(newcomers))
	{
		Oid relid = lfirst_oid(lc);
		Oid root = find_root(&newcomers->view, relid);

		if (!OidIsValid(root))
			(void) hash_search(newcomers->told, &relid, HASH_REMOVE, NULL);
		else if (is_newcomer(newcomers, relid, root) &&
				 is_included(newcomers, root) &&
				 note_told(newcomers, relid, root))
			found = lappend_oid(found, relid);
	}
	if (found != NIL)
	{
		id = psprintf(W2K_SIGNAL_NEW_TABLES "%X-%X",
					  LSN_FORMAT_ARGS(commit_lsn));
		data = make_data(found);
	}
	MemoryContextSwitchTo(oldcontext);
	if (found != NIL)
		w2k_output_signal(ctx, id, "execute-snapshot", data);
}

W2kNewcomers *
w2k_newcomers_create(const W2kConnectorConfig *conf)
{
	W2kNewcomers *newcomers;

	/* only a worker is there to take a signal */
	if (conf->snapshot_new_tables == 0 || conf->config_generation == 0)
		return NULL;
	newcomers = palloc0(sizeof(W2kNewcomers));
	make_view(&newcomers->view, conf, conf->owner);
	if (conf->snapshot_include_list != NULL)
		newcomers->included =
			w2k_filter_compile_patterns("snapshot.include.collection.list",
										conf->snapshot_include_list);
	newcomers->told = make_table("wal2kafka tables told", sizeof(Told),
								 CurrentMemoryContext);
	newcomers->context = AllocSetContextCreate(CurrentMemoryContext,
											   "wal2kafka newcomers",
											   ALLOCSET_SMALL_SIZES);
	return newcomers;
}
