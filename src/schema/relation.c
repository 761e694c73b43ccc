/*
 * relation.c
 *		The cache of what decoding knows of tables.
 *
 * Entries are found by OID and hold their data in a context of their own,
 * deleted whole when an entry is rebuilt.  The server's invalidation
 * callbacks cannot be unregistered, so they are registered once for the
 * process and walk the list of living caches; a cache leaves that list by the
 * reset callback of its memory context, however its session ends.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_publication.h"
#include "commands/extension.h"
#include "lib/ilist.h"
#include "mb/pg_wchar.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "config/connector.h"
#include "config/filter.h"
#include "config/rules.h"
#include "config/signal.h"
#include "schema/adjust.h"
#include "schema/defaults.h"
#include "schema/key.h"
#include "schema/privileges.h"
#include "schema/relation.h"
#include "schema/source_type.h"
#include "schema/topic.h"

struct W2kRelationCache
{
	dlist_node node; /* in caches */
	MemoryContext context;
	HTAB *table;
	const W2kConnectorConfig *conf;
	const W2kFilter *filter;
	const W2kRules *rules;
	W2kTopicNaming *naming;
	bool has_emit;
	bool has_schemas;	  /* some record carries its schema */
	bool needs_defaults;  /* of all columns */
	bool has_chosen_keys; /* some entry has has_chosen_key */
	bool has_roots;		  /* some entry is published as another relation */
	long sweep_size;	  /* entries at which stale ones are thrown out */
	bool has_warned_of_publication;
	MemoryContextCallback reset_callback;
};

/* Fewer entries than these are never thrown out. */
#define MIN_SWEEP_SIZE 1024

/* The living caches of this process: one, or none. */
static dlist_head caches = DLIST_STATIC_INIT(caches);
static bool has_registered_callbacks = false;

/* ---- invalidation: only marks ---- */

/*
 * The catalogs say that a relation (or, with InvalidOid, any) has changed.
 * One that we do not know may be an index: renaming one, or clustering by it,
 * may change which one is the key, and says nothing of its table.
 */
static void
invalidate_relation(Datum arg, Oid relid)
{
	dlist_iter iter;

	dlist_foreach(iter, &caches)
	{
		W2kRelationCache *cache = dlist_container(W2kRelationCache, node,
												  iter.cur);
		W2kRelation *wrel;
		HASH_SEQ_STATUS status;
		bool is_table = false;

		if (OidIsValid(relid))
		{
			wrel = hash_search(cache->table, &relid, HASH_FIND, NULL);
			is_table = wrel != NULL;
			if (is_table)
				wrel->is_valid = false;
			if ((is_table || !cache->has_chosen_keys) && !cache->has_roots)
				continue;
		}
		hash_seq_init(&status, cache->table);
		while ((wrel = hash_seq_search(&status)) != NULL)
		{
			if (!OidIsValid(relid) || (wrel->has_chosen_key && !is_table) ||
				wrel->published.root == relid)
				wrel->is_valid = false;
		}
	}
}

/* A schema, a role, a publication has changed: all tables may be concerned. */
static void
invalidate_all(Datum arg, int cacheid, uint32 hashvalue)
{
	invalidate_relation(arg, InvalidOid);
}

/* A type was changed: the tables that use none but the server's are not. */
static void
invalidate_types(Datum arg, int cacheid, uint32 hashvalue)
{
	dlist_iter iter;

	dlist_foreach(iter, &caches)
	{
		W2kRelationCache *cache = dlist_container(W2kRelationCache, node,
												  iter.cur);
		W2kRelation *wrel;
		HASH_SEQ_STATUS status;

		hash_seq_init(&status, cache->table);
		while ((wrel = hash_seq_search(&status)) != NULL)
		{
			if (wrel->has_user_types)
				wrel->is_valid = false;
		}
	}
}

static void
forget_cache(void *arg)
{
	W2kRelationCache *cache = arg;

	dlist_delete(&cache->node);
}

W2kRelationCache *
w2k_relation_create_cache(const W2kConnectorConfig *conf,
						  const W2kFilter *filter, const W2kRules *rules,
						  bool has_emit)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "wal2kafka relations",
												  ALLOCSET_DEFAULT_SIZES);
	W2kRelationCache *cache = MemoryContextAllocZero(context,
													 sizeof(W2kRelationCache));
	HASHCTL ctl = {0};

	cache->context = context;
	cache->conf = conf;
	cache->filter = filter;
	cache->rules = rules;
	cache->naming = w2k_topic_create_naming(conf);
	cache->has_emit = has_emit;
	cache->has_schemas =
		conf->key_converter.has_schemas || conf->value_converter.has_schemas ||
		w2k_formats[conf->key_converter.format].needs_registry ||
		w2k_formats[conf->value_converter.format].needs_registry;
	cache->needs_defaults =
		cache->has_schemas || conf->transforms != NIL ||
		conf->key_converter.null_default != W2K_NULL_UNSAID ||
		conf->value_converter.null_default != W2K_NULL_UNSAID;
	cache->sweep_size = MIN_SWEEP_SIZE;

	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(W2kRelation);
	ctl.hcxt = context;
	cache->table = hash_create("wal2kafka relations", 128, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	if (!has_registered_callbacks)
	{
		CacheRegisterRelcacheCallback(invalidate_relation, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, invalidate_all, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHOID, invalidate_all, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, invalidate_all,
									  (Datum) 0);
		CacheRegisterSyscacheCallback(TYPEOID, invalidate_types, (Datum) 0);
		CacheRegisterSyscacheCallback(ENUMOID, invalidate_types, (Datum) 0);
		CacheRegisterSyscacheCallback(PUBLICATIONOID, invalidate_all,
									  (Datum) 0);
		CacheRegisterSyscacheCallback(PUBLICATIONRELMAP, invalidate_all,
									  (Datum) 0);
		CacheRegisterSyscacheCallback(PUBLICATIONNAMESPACEMAP, invalidate_all,
									  (Datum) 0);
		has_registered_callbacks = true;
	}

	dlist_push_head(&caches, &cache->node);
	cache->reset_callback.func = forget_cache;
	cache->reset_callback.arg = cache;
	MemoryContextRegisterResetCallback(context, &cache->reset_callback);
	return cache;
}

/* ---- columns ---- */

/* Is a column of the table part of its values? */
static bool
is_value_column(W2kRelationCache *cache, const W2kRelation *wrel,
				Form_pg_attribute att)
{
	if (wrel->capture != W2K_CAPTURE_ROWS)
		return true;
	if (att->attgenerated != '\0' && !cache->conf->include_generated_columns)
		return false;
	return w2k_filter_column(cache->filter, wrel->schema, wrel->table,
							 NameStr(att->attname));
}

static void
fill_column(W2kRelationCache *cache, W2kRelation *wrel, W2kColumn *column,
			Form_pg_attribute att)
{
	const AttrMap *map = wrel->published.map;

	column->name = pstrdup(NameStr(att->attname));
	column->field =
		w2k_adjust_field_name(pg_server_to_any(column->name,
											   (int) strlen(column->name),
											   PG_UTF8),
							  cache->conf->field_adjustment);
	column->attnum = att->attnum;
	column->index =
		(map == NULL ? att->attnum : map->attnums[att->attnum - 1]) - 1;
	column->type = w2k_types_resolve(att->atttypid, att->atttypmod,
									 &cache->conf->modes);
	column->is_varlena = att->attlen == -1;
	column->is_not_null = att->attnotnull;

	for (W2kType *type = column->type; type != NULL; type = type->element)
	{
		if (type->is_domain || type->oid >= FirstNormalObjectId)
			wrel->has_user_types = true;
		if (type->output != NULL)
			wrel->has_printed_types = true;
	}
}

/*
 * Debezium's default of a column: for its schema, for NULLs that become it,
 * and for what an old row's image may lack.
 */
static void
fill_default(W2kRelationCache *cache, W2kRelation *wrel, W2kColumn *column,
			 Relation relation)
{
	const W2kType *type = column->type;

	if (type->is_domain || !type->def->has_default ||
		type->logical == W2K_LOGICAL_VARIABLE_DECIMAL)
		return;
	if (!cache->needs_defaults && (!column->is_not_null || column->is_identity))
		return;

	switch (w2k_defaults_read(relation, column->attnum, wrel->context,
							  &column->default_value))
	{
		case W2K_DEFAULT_CONSTANT:
			column->has_constant_default = true;
			break;
		case W2K_DEFAULT_COMPUTED:
			/* there is no label that could stand for it */
			column->has_computed_default = type->logical != W2K_LOGICAL_ENUM;
			break;
		case W2K_DEFAULT_NONE:
			break;
	}
}

/*
 * The one rule of a column: whether it is cut or hidden, or tells its type.
 * They are tried in Debezium's order, and the first one that matches by name
 * decides, whatever it means for a column of that type.
 */
static void
fill_rule(W2kRelationCache *cache, W2kRelation *wrel, W2kColumn *column,
		  Relation relation)
{
	const W2kConnectorConfig *conf = cache->conf;
	const W2kMaskRule *rule = w2k_rules_find_mask(cache->rules, wrel->schema,
												  wrel->table, column->name);
	const char *type_name = NULL;
	bool is_hash = rule != NULL && (rule->kind == W2K_MASK_HASH ||
									rule->kind == W2K_MASK_HASH_V2);

	if ((rule == NULL || is_hash) && (conf->column_propagate_list != NULL ||
									  conf->datatype_propagate_list != NULL))
	{
		type_name = w2k_source_type_name(relation, column->attnum);
		if (w2k_filter_propagates(cache->filter, wrel->schema, wrel->table,
								  column->name, type_name))
			rule = NULL;
		else
			type_name = NULL;
	}
	if (type_name != NULL && cache->has_schemas)
		column->source_type = w2k_source_type_read(type_name, column->type);
	if (rule == NULL || !w2k_mask_concerns(rule, column->type))
		return;
	column->rule = rule;
	column->mask = w2k_mask_resolve(rule, column->type);
}

/*
 * Two columns may be called the same once their names are adjusted; a record
 * cannot hold both.
 */
static void
check_fields(const W2kRelation *wrel)
{
	for (int i = 0; i < wrel->ncolumns; i++)
	{
		for (int j = 0; j < i; j++)
		{
			if (strcmp(wrel->columns[i].field, wrel->columns[j].field) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("columns \"%s\" and \"%s\" of table "
								"\"%s.%s\" have the same field name",
								wrel->columns[j].name, wrel->columns[i].name,
								wrel->schema, wrel->table),
						 errdetail("Both are \"%s\" after "
								   "field.name.adjustment.mode.",
								   wrel->columns[i].field),
						 errhint("Exclude one of them with "
								 "column.exclude.list, or use the mode "
								 "\"avro_unicode\".")));
		}
	}
}

/* A column of the key: keys are not masked. */
static W2kColumn *
make_key_column(W2kColumn *column)
{
	W2kColumn *result;

	if (column->mask == NULL)
		return column;
	result = palloc(sizeof(W2kColumn));
	*result = *column;
	result->mask = NULL;
	return result;
}

/*
 * The columns of a table that are sent, in values or in keys, and the key.
 * Returns their attribute numbers.  The current context is the entry's.
 */
static Bitmapset *
fill_columns(W2kRelationCache *cache, W2kRelation *wrel, Relation relation,
			 Relation root, List *key)
{
	TupleDesc desc = RelationGetDescr(root);
	Bitmapset *identity = NULL;
	Bitmapset *result = NULL;
	ListCell *lc;

	wrel->natts = RelationGetDescr(relation)->natts;
	wrel->is_identity_full = relation->rd_rel->relreplident ==
							 REPLICA_IDENTITY_FULL;
	if (!wrel->is_identity_full)
		identity = RelationGetIdentityKeyBitmap(relation);
	wrel->nidentity = bms_num_members(identity);

	wrel->columns = palloc0(sizeof(W2kColumn) * Max(desc->natts, 1));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		W2kColumn *column = &wrel->columns[wrel->ncolumns];
		bool is_captured;

		if (att->attisdropped || w2k_compat_is_virtual(att->attgenerated))
			continue;
		if (wrel->published.columns != NULL &&
			!bms_is_member(att->attnum, wrel->published.columns))
			continue;
		is_captured = is_value_column(cache, wrel, att);
		if (!is_captured && !list_member_int(key, att->attnum))
			continue;

		fill_column(cache, wrel, column, att);
		if (column->type->logical == W2K_LOGICAL_LEFT_OUT)
			continue;
		column->is_captured = is_captured;
		column->ndims = Max(att->attndims, 1);
		column->before_ndims = column->ndims;
		if (is_captured && wrel->capture == W2K_CAPTURE_ROWS)
			fill_rule(cache, wrel, column, root);
		column->is_identity =
			wrel->is_identity_full ||
			bms_is_member(column->index + 1 -
							  FirstLowInvalidHeapAttributeNumber,
						  identity);
		fill_default(cache, wrel, column, root);
		result = bms_add_member(result, att->attnum);
		wrel->ncolumns++;
	}

	if (cache->conf->field_adjustment != W2K_ADJUST_NONE)
		check_fields(wrel);
	wrel->keys = palloc(sizeof(W2kColumn *) * Max(list_length(key), 1));
	wrel->is_key_in_identity = true;
	foreach(lc, key)
	{
		for (int i = 0; i < wrel->ncolumns; i++)
		{
			W2kColumn *column = &wrel->columns[i];

			if (column->attnum != lfirst_int(lc))
				continue;
			wrel->keys[wrel->nkeys++] = make_key_column(column);
			if (!column->is_identity)
				wrel->is_key_in_identity = false;
		}
	}
	return result;
}

/* ---- entries ---- */

/*
 * Is this a table of ours?  By what belongs to the extension, since a name
 * can be forged (R30).
 */
static bool
is_own_table(Relation relation, const char *name)
{
	Oid extension;

	if (strcmp(RelationGetRelationName(relation), name) != 0)
		return false;
	extension = get_extension_oid(W2K_NAME, true);
	return OidIsValid(extension) &&
		   getExtensionOfObject(RelationRelationId,
								RelationGetRelid(relation)) == extension;
}

static W2kCapture
decide_capture(W2kRelationCache *cache, const W2kRelation *wrel,
			   Relation relation, const char *schema)
{
	if (strcmp(schema, W2K_SCHEMA) == 0)
	{
		if (cache->has_emit && is_own_table(relation, "emitted"))
			return W2K_CAPTURE_EMIT;
		if (cache->has_emit && cache->conf->include_schema_changes &&
			is_own_table(relation, "schema_change"))
			return W2K_CAPTURE_SCHEMA_CHANGE;
		if (cache->conf->config_generation > 0 &&
			is_own_table(relation, "connector"))
			return W2K_CAPTURE_CONNECTOR;
		return W2K_CAPTURE_NONE;
	}
	if (wrel->published.operations == 0 ||
		w2k_filter_is_system_schema(schema) ||
		!w2k_filter_table(cache->filter, schema,
						  RelationGetRelationName(relation), NULL))
		return W2K_CAPTURE_NONE;
	return W2K_CAPTURE_ROWS;
}

/*
 * May the connector's owner read this?  If not, and it was asked for, that is
 * an error, unless the policy is to go on without what cannot be processed.
 */
static bool
check_owner(W2kRelationCache *cache, const W2kRelation *wrel,
			Relation relation, const Bitmapset *attnums)
{
	Oid owner = cache->conf->owner;
	const char *reason;

	if (!OidIsValid(owner) ||
		w2k_privileges_may_read(relation, owner, attnums, &reason))
		return true;
	if (!w2k_filter_is_explicit(cache->filter, wrel->schema, wrel->table) ||
		cache->conf->processing_failure == W2K_FAILURE_SKIP)
		return false;

	ereport(cache->conf->processing_failure == W2K_FAILURE_FAIL ? ERROR
																: WARNING,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("connector may not capture table \"%s.%s\"", wrel->schema,
					wrel->table),
			 errdetail("Table is in an include list, but %s at the time of "
					   "this change.",
					   reason),
			 errhint("Grant the connector's owner SELECT on the captured "
					 "columns (and BYPASSRLS where row level security is "
					 "enabled) for later changes; pass over earlier ones "
					 "with event.processing.failure.handling.mode, or take "
					 "the table off the list.")));
	return false;
}

/*
 * What is let through where there is no publication: what the one would that
 * Debezium makes.  It leaves out the operations that are said to be skipped.
 */
static void
set_unnarrowed(W2kRelationCache *cache, W2kRelation *wrel, Relation relation)
{
	bool via_root = cache->conf->publish_via_partition_root;

	wrel->published.root = RelationGetRelid(relation);
	if (relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE && !via_root)
		return;
	wrel->published.operations = W2K_PUBLISH_ALL &
								 ~cache->conf->unpublished_operations;
	if (via_root)
		w2k_publication_use_root(relation, &wrel->published);
}

/*
 * What the publication that was named lets through; all of it where there is
 * none.  The current context is the entry's.
 */
static void
read_publication(W2kRelationCache *cache, W2kRelation *wrel, Relation relation)
{
	const char *name = cache->conf->publication_name;

	set_unnarrowed(cache, wrel, relation);
	if (name == NULL || w2k_publication_read(name, relation, &wrel->published))
		return;

	set_unnarrowed(cache, wrel, relation);
	if (!cache->has_warned_of_publication && !cache->conf->is_quiet)
		ereport(WARNING, (errcode(ERRCODE_UNDEFINED_OBJECT),
						  errmsg("publication \"%s\" does not exist", name),
						  errdetail("What is captured is not narrowed by "
									"it.")));
	cache->has_warned_of_publication = true;
}

/* Names, columns and key of a captured table; the context is the entry's. */
static void
fill_relation(W2kRelationCache *cache, W2kRelation *wrel, Relation relation,
			  Relation root, const char *schema)
{
	Bitmapset *attnums;
	List *key;

	wrel->schema = pstrdup(schema);
	wrel->table = pstrdup(RelationGetRelationName(root));
	wrel->topic = w2k_topic_for_table(cache->naming, wrel->schema, wrel->table);
	wrel->schema_name = w2k_adjust_schema_name(wrel->topic,
											   cache->conf->schema_adjustment);
	key = w2k_key_find(cache->rules, root, wrel->schema, wrel->table,
					   cache->conf->include_generated_columns,
					   &wrel->has_chosen_key, &wrel->is_key_custom);
	cache->has_chosen_keys = cache->has_chosen_keys || wrel->has_chosen_key;
	attnums = fill_columns(cache, wrel, relation, root, key);
	if (wrel->capture == W2K_CAPTURE_ROWS)
		w2k_key_add_field(cache->naming, wrel);
	wrel->shape_version = palloc0(sizeof(uint32));
	wrel->old_values = palloc(sizeof(Datum) * Max(wrel->natts, 1));
	wrel->old_nulls = palloc(sizeof(bool) * Max(wrel->natts, 1));
	wrel->new_values = palloc(sizeof(Datum) * Max(wrel->natts, 1));
	wrel->new_nulls = palloc(sizeof(bool) * Max(wrel->natts, 1));

	if (wrel->capture == W2K_CAPTURE_ROWS &&
		!check_owner(cache, wrel, root, attnums))
		wrel->capture = W2K_CAPTURE_NONE;
}

/* Is it a signalling table, by its own name or by the root's? */
static bool
is_signal_table(W2kRelationCache *cache, Relation relation, Relation root)
{
	List *tables = cache->conf->signal_tables;

	if (tables == NIL)
		return false;
	return w2k_signal_is_listed(tables,
								get_namespace_name(
									RelationGetNamespace(relation)),
								RelationGetRelationName(relation)) ||
		   (root != relation &&
			w2k_signal_is_listed(tables,
								 get_namespace_name(RelationGetNamespace(root)),
								 RelationGetRelationName(root)));
}

/* Makes the entry's data anew; on error it stays invalid. */
static void
rebuild(W2kRelationCache *cache, W2kRelation *wrel, Relation relation)
{
	MemoryContext oldcontext;
	W2kRelation fresh = {.relid = wrel->relid, .topic_id = wrel->topic_id};
	Relation root = relation;
	const char *schema;

	if (wrel->context != NULL)
		MemoryContextDelete(wrel->context);
	*wrel = fresh;

	/* In place at once, so that an error below leaks nothing. */
	wrel->context = AllocSetContextCreate(cache->context, "wal2kafka relation",
										  ALLOCSET_SMALL_SIZES);
	MemoryContextCopyAndSetIdentifier(wrel->context,
									  RelationGetRelationName(relation));
	oldcontext = MemoryContextSwitchTo(wrel->context);

	if (is_publishable_relation(relation))
		read_publication(cache, wrel, relation);
	if (wrel->published.operations != 0)
		root = w2k_publication_open_root(relation, &wrel->published);
	cache->has_roots = cache->has_roots || root != relation;
	schema = get_namespace_name(RelationGetNamespace(root));
	if (schema == NULL)
		elog(ERROR, "cache lookup failed for namespace %u",
			 RelationGetNamespace(root));
	wrel->is_internal = strcmp(schema, W2K_SCHEMA) == 0;
	wrel->is_signal = is_signal_table(cache, relation, root);
	wrel->capture = decide_capture(cache, wrel, root, schema);
	if (wrel->capture != W2K_CAPTURE_NONE)
		fill_relation(cache, wrel, relation, root, schema);
	w2k_publication_close_root(relation, root);

	MemoryContextSwitchTo(oldcontext);
	if (wrel->capture == W2K_CAPTURE_NONE)
	{
		MemoryContextDelete(wrel->context);
		wrel->context = NULL;
		wrel->published.map = NULL;
		wrel->published.columns = NULL;
		wrel->published.row_filter = NULL;
		wrel->schema = NULL;
		wrel->table = NULL;
	}

	/*
	 * News that came in meanwhile is no loss: what was read is as of the
	 * change being decoded, and WAL invalidates again where that ends.
	 */
	wrel->is_valid = true;
}

/*
 * Throws out stale entries, once the cache has doubled since the last time:
 * else those of dropped tables would pile up for as long as a worker lives.
 * A table that is still there gets a new entry, and a new topic number.
 */
static void
sweep(W2kRelationCache *cache)
{
	W2kRelation *wrel;
	HASH_SEQ_STATUS status;

	hash_seq_init(&status, cache->table);
	while ((wrel = hash_seq_search(&status)) != NULL)
	{
		if (wrel->is_valid)
			continue;
		if (wrel->context != NULL)
			MemoryContextDelete(wrel->context);
		(void) hash_search(cache->table, &wrel->relid, HASH_REMOVE, NULL);
	}
	cache->sweep_size = Max(hash_get_num_entries(cache->table) * 2,
							MIN_SWEEP_SIZE);
}

W2kRelation *
w2k_relation_lookup(W2kRelationCache *cache, Relation relation)
{
	Oid relid = RelationGetRelid(relation);
	W2kRelation *wrel;
	bool is_found;

	if (hash_get_num_entries(cache->table) >= cache->sweep_size)
		sweep(cache);
	wrel = hash_search(cache->table, &relid, HASH_ENTER, &is_found);
	if (!is_found)
	{
		memset(wrel, 0, sizeof(W2kRelation));
		wrel->relid = relid;
	}
	if (!wrel->is_valid || (wrel->capture != W2K_CAPTURE_NONE &&
							wrel->natts != RelationGetDescr(relation)->natts))
		rebuild(cache, wrel, relation);
	return wrel;
}

void
w2k_relation_forget_topics(W2kRelationCache *cache)
{
	W2kRelation *wrel;
	HASH_SEQ_STATUS status;

	hash_seq_init(&status, cache->table);
	while ((wrel = hash_seq_search(&status)) != NULL)
		wrel->is_topic_announced = false;
}
