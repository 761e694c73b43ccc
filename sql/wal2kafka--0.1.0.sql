\echo Use "CREATE EXTENSION wal2kafka" to load this file. \quit

-- Bodies and defaults are qualified to the operator, so that nothing in a
-- caller's search_path can take part in what runs here.

-- A member of the extension, so that it goes with it; one that somebody made
-- beforehand, with whatever is in it, is refused.
CREATE SCHEMA wal2kafka;
COMMENT ON SCHEMA wal2kafka IS
'wal2kafka: ships committed row changes to Kafka';

-- Those who may manage connectors of their own.  Roles belong to the cluster:
-- it may be there already, two databases may make it at once, and DROP
-- EXTENSION leaves it alone.
DO $$
BEGIN
	IF NOT EXISTS (
		SELECT FROM pg_catalog.pg_roles
		WHERE rolname OPERATOR(pg_catalog.=) 'wal2kafka_admin')
	THEN
		CREATE ROLE wal2kafka_admin NOLOGIN;
	END IF;
EXCEPTION
	WHEN duplicate_object OR unique_violation THEN
		NULL;
END
$$;

-- ---------------------------------------------------------------- tables

-- Intent.  Dumped by pg_dump, replicated to standbys.  Nobody writes it by
-- hand: the functions below do.
CREATE TABLE wal2kafka.connector (
	name pg_catalog.text COLLATE pg_catalog."C" PRIMARY KEY,
	owner pg_catalog.regrole NOT NULL,
	config pg_catalog.jsonb NOT NULL,
	desired_state pg_catalog.text NOT NULL
		CHECK (desired_state OPERATOR(pg_catalog.=) ANY
			('{running,paused,stopped,dropping}'::pg_catalog.text[])),
	config_generation pg_catalog.int8 NOT NULL DEFAULT 1,
	restart_generation pg_catalog.int8 NOT NULL DEFAULT 1,
	system_identifier pg_catalog.text NOT NULL,
	database_oid pg_catalog.oid NOT NULL,
	created pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()
);
-- Who decodes a change of it is to know what it was before.
ALTER TABLE wal2kafka.connector REPLICA IDENTITY FULL;
COMMENT ON TABLE wal2kafka.connector IS
'connectors as they were asked for; managed by the functions, read through the view connectors';

SELECT pg_catalog.pg_extension_config_dump('wal2kafka.connector', '');

-- An owner may read the configuration it gave, secrets included.
ALTER TABLE wal2kafka.connector ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_connectors ON wal2kafka.connector FOR SELECT
	TO wal2kafka_admin
	USING (pg_catalog.pg_has_role(owner::pg_catalog.oid, 'USAGE'));
COMMENT ON POLICY own_connectors ON wal2kafka.connector IS
'a connector''s configuration is for its owner';

-- Fact that a restart must know.  Written by the workers alone; not dumped,
-- because a restored copy has no slot.
CREATE TABLE wal2kafka.connector_progress (
	name pg_catalog.text COLLATE pg_catalog."C" PRIMARY KEY,
	slot_name pg_catalog.name NOT NULL,
	state pg_catalog.text NOT NULL
		CHECK (state OPERATOR(pg_catalog.=) ANY
			('{creating,ready}'::pg_catalog.text[])),
	consistent_point pg_catalog.pg_lsn,
	system_identifier pg_catalog.text NOT NULL,
	database_oid pg_catalog.oid NOT NULL,
	snapshot pg_catalog.text
		CHECK (snapshot OPERATOR(pg_catalog.=) ANY
			('{none,running,completed}'::pg_catalog.text[])),
	snapshot_generation pg_catalog.int8,
	snapshot_paused pg_catalog.bool NOT NULL DEFAULT false,
	updated pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()
);
-- Without a policy: to keep out pg_write_all_data, whose members could have a
-- connector take over, or drop, another's slot.
ALTER TABLE wal2kafka.connector_progress ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE wal2kafka.connector_progress IS
'what a connector''s worker must find again after a restart; written by the workers alone';

-- Tables to be read, or that have been: a row for each one of each snapshot.
CREATE TABLE wal2kafka.connector_snapshot (
	name pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
	snapshot_id pg_catalog.int8 NOT NULL,
	ordinal pg_catalog.int4 NOT NULL,
	kind pg_catalog.text NOT NULL
		CHECK (kind OPERATOR(pg_catalog.=) ANY
			('{initial,incremental,blocking}'::pg_catalog.text[])),
	signal_id pg_catalog.text,
	relid pg_catalog.oid NOT NULL,
	schemaname pg_catalog.text NOT NULL,
	relname pg_catalog.text NOT NULL,
	collection pg_catalog.text NOT NULL,
	filter pg_catalog.text,
	state pg_catalog.text NOT NULL DEFAULT 'waiting'
		CHECK (state OPERATOR(pg_catalog.=) ANY
			('{waiting,reading,done,failed,skipped,stopped}'::pg_catalog.text[])),
	next_block pg_catalog.int8 NOT NULL DEFAULT 0,
	total_blocks pg_catalog.int8,
	filenode pg_catalog.oid,
	first_tid pg_catalog.tid,
	last_tid pg_catalog.tid,
	is_incomplete pg_catalog.bool NOT NULL DEFAULT false,
	rows_estimated pg_catalog.int8,
	rows_read pg_catalog.int8 NOT NULL DEFAULT 0,
	bytes_read pg_catalog.int8 NOT NULL DEFAULT 0,
	error pg_catalog.text,
	created pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
	started pg_catalog.timestamptz,
	finished pg_catalog.timestamptz,
	PRIMARY KEY (name, snapshot_id, ordinal)
);
-- As connector_progress.
ALTER TABLE wal2kafka.connector_snapshot ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE wal2kafka.connector_snapshot IS
'tables that snapshots read, and how far they are; written by the workers alone';

-- Signals that a worker has not taken up yet.
CREATE TABLE wal2kafka.connector_signal (
	id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
	signal_id pg_catalog.text NOT NULL,
	type pg_catalog.text NOT NULL,
	data pg_catalog.jsonb,
	created pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()
);
ALTER TABLE wal2kafka.connector_signal ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE wal2kafka.connector_signal IS
'signals by function on their way to a worker; see signal()';

-- Schemas that a registry has given an id.  A fingerprint stands for side,
-- type, subject, schema, references and the registry's URLs.
CREATE TABLE wal2kafka.connector_schema (
	name pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
	is_key pg_catalog.bool NOT NULL,
	subject pg_catalog.text NOT NULL,
	type pg_catalog.text NOT NULL
		CHECK (type OPERATOR(pg_catalog.=) ANY
			('{AVRO,JSON,PROTOBUF}'::pg_catalog.text[])),
	fingerprint pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
	topic pg_catalog.text NOT NULL,
	schema pg_catalog.text NOT NULL,
	schema_id pg_catalog.int8 NOT NULL,
	version pg_catalog.int4,
	registered pg_catalog.timestamptz NOT NULL,
	confirmed pg_catalog.timestamptz NOT NULL,
	PRIMARY KEY (name, fingerprint)
);
-- Written by the workers alone, as connector_progress is; a connector's owner
-- may read what is its own.
ALTER TABLE wal2kafka.connector_schema ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_schemas ON wal2kafka.connector_schema FOR SELECT
	TO wal2kafka_admin
	USING (EXISTS (SELECT FROM wal2kafka.connector AS c
		WHERE c.name OPERATOR(pg_catalog.=) connector_schema.name
			AND pg_catalog.pg_has_role(c.owner::pg_catalog.oid, 'USAGE')));
COMMENT ON POLICY own_schemas ON wal2kafka.connector_schema IS
'a connector''s schemas are for its owner';
COMMENT ON TABLE wal2kafka.connector_schema IS
'schemas that a schema registry knows, with their ids; written by the workers alone';
COMMENT ON COLUMN wal2kafka.connector_schema.fingerprint IS
'stands for the side, type, subject, schema, what it refers to, and the registry''s URLs';
COMMENT ON COLUMN wal2kafka.connector_schema.registered IS
'when the registry first told its id';
COMMENT ON COLUMN wal2kafka.connector_schema.confirmed IS
'when the registry last told its id: the newest of a subject is in force';

COMMENT ON SEQUENCE wal2kafka.connector_signal_id_seq IS
'the order of signals';

-- Where emit() leaves a record for the WAL: a row inserted and deleted at
-- once, recognized by its relation, which nobody else can write to.
CREATE TABLE wal2kafka.emitted (
	connector pg_catalog.text NOT NULL,
	topic pg_catalog.text NOT NULL,
	key pg_catalog.text,
	value pg_catalog.jsonb,
	headers pg_catalog.jsonb
) WITH (user_catalog_table = true);
-- The same here: their rows would be records of any connector.
ALTER TABLE wal2kafka.emitted ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE wal2kafka.emitted IS
'records of emit() on their way through the WAL; always empty to a reader';

-- Tables that connectors with include.schema.changes capture, by the names
-- they are published as: what a dropped table was is asked when it is gone.
CREATE TABLE wal2kafka.connector_table (
	name pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
	relid pg_catalog.oid NOT NULL,
	schemaname pg_catalog.text NOT NULL,
	relname pg_catalog.text NOT NULL,
	PRIMARY KEY (name, relid)
);
ALTER TABLE wal2kafka.connector_table ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE wal2kafka.connector_table IS
'tables whose schema changes are records of a connector; written by the event triggers';

-- A column's number in Protobuf records.  Read while decoding, as of the
-- change; a row stays when its column goes, so that its number is not used
-- again.  Not dumped, like all that goes by OIDs.
CREATE TABLE wal2kafka.connector_field (
	name pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
	relid pg_catalog.oid NOT NULL,
	attnum pg_catalog.int2 NOT NULL,
	field pg_catalog.text NOT NULL,
	number pg_catalog.int4 NOT NULL,
	PRIMARY KEY (name, relid, attnum),
	UNIQUE (name, relid, number)
) WITH (user_catalog_table = true);
ALTER TABLE wal2kafka.connector_field ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE wal2kafka.connector_field IS
'numbers of columns in Protobuf records, which they keep; written by the event triggers';

-- What the schemas of tables' records became by the last command, where a
-- connector has schema.compatibility: the next one is told from what was there
-- before it, and records may have had them though no registry was told yet.
CREATE TABLE wal2kafka.connector_accepted (
	name pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
	relid pg_catalog.oid NOT NULL,
	is_key pg_catalog.bool NOT NULL,
	subject pg_catalog.text NOT NULL,
	type pg_catalog.text NOT NULL,
	schema pg_catalog.text NOT NULL,
	committed pg_catalog.text,
	PRIMARY KEY (name, relid, is_key)
);
ALTER TABLE wal2kafka.connector_accepted ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE wal2kafka.connector_accepted IS
'schemas of tables as DDL last left them, by schema.compatibility; written by the event triggers';
COMMENT ON COLUMN wal2kafka.connector_accepted.committed IS
'the schema before the transaction that wrote the row; null where that is not known';

-- Where the event triggers leave a schema change for the WAL, as emit() does.
CREATE TABLE wal2kafka.schema_change (
	connector pg_catalog.text NOT NULL,
	ddl pg_catalog.text,
	changes pg_catalog.jsonb NOT NULL
);
ALTER TABLE wal2kafka.schema_change ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE wal2kafka.schema_change IS
'schema changes on their way through the WAL; always empty to a reader';

-- Workers learn of a change when its transaction commits.
CREATE FUNCTION wal2kafka.connector_changed() RETURNS pg_catalog.trigger
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_connector_changed';
COMMENT ON FUNCTION wal2kafka.connector_changed() IS
'trigger: tells the launcher, at commit, that connectors have changed';

CREATE TRIGGER connector_changed
	AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON wal2kafka.connector
	FOR EACH STATEMENT EXECUTE FUNCTION wal2kafka.connector_changed();
ALTER TABLE wal2kafka.connector ENABLE ALWAYS TRIGGER connector_changed;
COMMENT ON TRIGGER connector_changed ON wal2kafka.connector IS
'tells the launcher, at commit, that connectors have changed';

-- ------------------------------------------------------------- connectors

CREATE FUNCTION wal2kafka.create_connector(
	name pg_catalog.text, config pg_catalog.jsonb)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_create_connector';
COMMENT ON FUNCTION wal2kafka.create_connector(pg_catalog.text, pg_catalog.jsonb) IS
'creates a connector from Kafka Connect connector properties; it starts when the transaction commits';

CREATE FUNCTION wal2kafka.create_connector(document pg_catalog.jsonb)
	RETURNS pg_catalog.text
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_create_connector_document';
COMMENT ON FUNCTION wal2kafka.create_connector(pg_catalog.jsonb) IS
'creates a connector from the document that one posts to Kafka Connect, and returns its name';

CREATE FUNCTION wal2kafka.alter_connector(
	name pg_catalog.text, config pg_catalog.jsonb)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_alter_connector';
COMMENT ON FUNCTION wal2kafka.alter_connector(pg_catalog.text, pg_catalog.jsonb) IS
'replaces a connector''s configuration; it goes on from where it is';

CREATE FUNCTION wal2kafka.patch_connector(
	name pg_catalog.text, config pg_catalog.jsonb)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_patch_connector';
COMMENT ON FUNCTION wal2kafka.patch_connector(pg_catalog.text, pg_catalog.jsonb) IS
'sets some properties of a connector; a JSON null removes one';

CREATE FUNCTION wal2kafka.drop_connector(
	name pg_catalog.text, if_exists pg_catalog.bool DEFAULT false)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_drop_connector';
COMMENT ON FUNCTION wal2kafka.drop_connector(pg_catalog.text, pg_catalog.bool) IS
'stops a connector and drops its replication slot and itself';

CREATE FUNCTION wal2kafka.pause_connector(name pg_catalog.text)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_pause_connector';
COMMENT ON FUNCTION wal2kafka.pause_connector(pg_catalog.text) IS
'pauses a connector, which keeps holding its replication slot';

CREATE FUNCTION wal2kafka.resume_connector(name pg_catalog.text)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_resume_connector';
COMMENT ON FUNCTION wal2kafka.resume_connector(pg_catalog.text) IS
'lets a paused, stopped or failed connector run; one that was restored from another database or cluster is made this one''s';

CREATE FUNCTION wal2kafka.stop_connector(name pg_catalog.text)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_stop_connector';
COMMENT ON FUNCTION wal2kafka.stop_connector(pg_catalog.text) IS
'stops a connector, which lets go of its replication slot but keeps its place';

CREATE FUNCTION wal2kafka.restart_connector(name pg_catalog.text)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_restart_connector';
COMMENT ON FUNCTION wal2kafka.restart_connector(pg_catalog.text) IS
'starts a connector''s worker again, a failed one too';

CREATE FUNCTION wal2kafka.alter_connector_owner(
	name pg_catalog.text, role pg_catalog.regrole)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_alter_connector_owner';
COMMENT ON FUNCTION wal2kafka.alter_connector_owner(pg_catalog.text, pg_catalog.regrole) IS
'gives a connector to another role, whose privileges then decide what it captures';

-- --------------------------------------------------------------- properties

CREATE FUNCTION wal2kafka.validate_config(
	config pg_catalog.jsonb,
	OUT property pg_catalog.text, OUT value pg_catalog.text,
	OUT problem pg_catalog.text, OUT severity pg_catalog.text,
	OUT hint pg_catalog.text)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED ROWS 10
	AS 'MODULE_PATHNAME', 'wal2kafka_validate_config';
COMMENT ON FUNCTION wal2kafka.validate_config(pg_catalog.jsonb) IS
'lists what is wrong with connector properties, and changes nothing';

CREATE FUNCTION wal2kafka.connector_plugins(
	OUT class pg_catalog.text, OUT type pg_catalog.text,
	OUT version pg_catalog.text)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c STABLE PARALLEL SAFE ROWS 2
	AS 'MODULE_PATHNAME', 'wal2kafka_connector_plugins';
COMMENT ON FUNCTION wal2kafka.connector_plugins() IS
'lists the values of connector.class that are understood';

CREATE FUNCTION wal2kafka.get_connector_properties(
	OUT name pg_catalog.text, OUT type pg_catalog.text,
	OUT "default" pg_catalog.text, OUT range pg_catalog.text,
	OUT description pg_catalog.text, OUT support pg_catalog.text,
	OUT category pg_catalog.text, OUT is_secret pg_catalog.bool,
	OUT superuser_only pg_catalog.bool)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c STABLE PARALLEL SAFE ROWS 200
	AS 'MODULE_PATHNAME', 'wal2kafka_connector_properties';
COMMENT ON FUNCTION wal2kafka.get_connector_properties() IS
'rows of the view connector_properties';

CREATE FUNCTION wal2kafka.kafka_settings(
	config pg_catalog.jsonb,
	OUT name pg_catalog.text, OUT value pg_catalog.text)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED ROWS 20
	AS 'MODULE_PATHNAME', 'wal2kafka_kafka_settings';
COMMENT ON FUNCTION wal2kafka.kafka_settings(pg_catalog.jsonb) IS
'lists what connector properties tell the Kafka client, in its own words';

-- ------------------------------------------------------- waiting and looking

CREATE FUNCTION wal2kafka.wait_for_connector(
	name pg_catalog.text, state pg_catalog.text DEFAULT 'streaming',
	timeout pg_catalog.interval DEFAULT '30 s')
	RETURNS pg_catalog.bool
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_wait_for_connector';
COMMENT ON FUNCTION wal2kafka.wait_for_connector(pg_catalog.text, pg_catalog.text, pg_catalog.interval) IS
'waits until a connector is in a state; false when the time is over, without limit for a null timeout';

CREATE FUNCTION wal2kafka.wait_for_delivery(
	name pg_catalog.text, lsn pg_catalog.pg_lsn DEFAULT NULL,
	timeout pg_catalog.interval DEFAULT '30 s')
	RETURNS pg_catalog.bool
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_wait_for_delivery';
COMMENT ON FUNCTION wal2kafka.wait_for_delivery(pg_catalog.text, pg_catalog.pg_lsn, pg_catalog.interval) IS
'waits until Kafka has acknowledged everything up to an LSN, or everything committed before the call; false when the time is over';

CREATE FUNCTION wal2kafka.drain(
	name pg_catalog.text, timeout pg_catalog.interval DEFAULT '60 s')
	RETURNS pg_catalog.bool
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_drain';
COMMENT ON FUNCTION wal2kafka.drain(pg_catalog.text, pg_catalog.interval) IS
'waits until everything committed before the call is delivered and the replication slot saved; false when the time is over';

CREATE FUNCTION wal2kafka.peek(
	name pg_catalog.text, max_records pg_catalog.int4 DEFAULT 10,
	OUT lsn pg_catalog.pg_lsn, OUT topic pg_catalog.text,
	OUT key pg_catalog.bytea, OUT value pg_catalog.bytea,
	OUT headers pg_catalog.jsonb, OUT key_text pg_catalog.text,
	OUT value_text pg_catalog.text)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10
	AS 'MODULE_PATHNAME', 'wal2kafka_peek';
COMMENT ON FUNCTION wal2kafka.peek(pg_catalog.text, pg_catalog.int4) IS
'shows the records a connector would send next; moves nothing';

CREATE FUNCTION wal2kafka.emit(
	topic pg_catalog.text, key pg_catalog.text, value pg_catalog.jsonb,
	headers pg_catalog.jsonb DEFAULT NULL,
	connector pg_catalog.text DEFAULT NULL)
	RETURNS pg_catalog.pg_lsn
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_emit';
COMMENT ON FUNCTION wal2kafka.emit(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.text) IS
'sends a record with this transaction, without a table; returns its place in the WAL';

CREATE FUNCTION wal2kafka.check_compatibility(
	schema_type pg_catalog.text, rule pg_catalog.text,
	old_schema pg_catalog.text, new_schema pg_catalog.text,
	OUT path pg_catalog.text, OUT problem pg_catalog.text)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 5
	AS 'MODULE_PATHNAME', 'wal2kafka_check_compatibility';
COMMENT ON FUNCTION wal2kafka.check_compatibility(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
'what keeps a schema (AVRO, JSON or PROTOBUF) from following another under a rule of schema.compatibility; no row when it may';

CREATE FUNCTION wal2kafka.table_schemas(
	name pg_catalog.text, relation pg_catalog.regclass,
	OUT is_key pg_catalog.bool, OUT subject pg_catalog.text,
	OUT type pg_catalog.text, OUT schema pg_catalog.text)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c STABLE STRICT PARALLEL UNSAFE ROWS 2
	AS 'MODULE_PATHNAME', 'wal2kafka_table_schemas';
COMMENT ON FUNCTION wal2kafka.table_schemas(pg_catalog.text, pg_catalog.regclass) IS
'the schemas that a connector would register with the next record of a table, key and value';

-- ----------------------------------------------------------------- snapshots

CREATE FUNCTION wal2kafka.signal(
	name pg_catalog.text, type pg_catalog.text,
	data pg_catalog.jsonb DEFAULT NULL, id pg_catalog.text DEFAULT NULL)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_signal';
COMMENT ON FUNCTION wal2kafka.signal(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.text) IS
'signals to a connector, as by Debezium''s signalling table: execute-snapshot, stop-snapshot, pause-snapshot, resume-snapshot, log';

CREATE FUNCTION wal2kafka.start_snapshot(
	name pg_catalog.text, tables pg_catalog.regclass[] DEFAULT NULL,
	filter pg_catalog.text DEFAULT NULL)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_start_snapshot';
COMMENT ON FUNCTION wal2kafka.start_snapshot(pg_catalog.text, pg_catalog.regclass[], pg_catalog.text) IS
'sends the existing rows of tables, all captured ones unless said, while streaming goes on';

CREATE FUNCTION wal2kafka.stat_reset(name pg_catalog.text DEFAULT NULL)
	RETURNS pg_catalog.void
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_stat_reset';
COMMENT ON FUNCTION wal2kafka.stat_reset(pg_catalog.text) IS
'zeroes the statistics of a connector, or of all that the caller may manage';

-- --------------------------------------------------------------------- views

-- A view's functions run as whoever reads the view: each looks for itself at
-- what that role may see.

CREATE FUNCTION wal2kafka.get_connectors(
	OUT name pg_catalog.text, OUT owner pg_catalog.regrole,
	OUT state pg_catalog.text, OUT plugin pg_catalog.text,
	OUT config pg_catalog.jsonb, OUT slot_name pg_catalog.name,
	OUT database pg_catalog.name, OUT pid pg_catalog.int4,
	OUT sender_pid pg_catalog.int4, OUT last_error pg_catalog.text,
	OUT last_error_time pg_catalog.timestamptz,
	OUT desired_state pg_catalog.text,
	OUT state_time pg_catalog.timestamptz,
	OUT start_time pg_catalog.timestamptz,
	OUT next_start_time pg_catalog.timestamptz,
	OUT created_time pg_catalog.timestamptz)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c VOLATILE PARALLEL RESTRICTED ROWS 10
	AS 'MODULE_PATHNAME', 'wal2kafka_get_connectors';
COMMENT ON FUNCTION wal2kafka.get_connectors() IS
'rows of the view connectors';

CREATE VIEW wal2kafka.connectors AS
	SELECT name, owner, state, plugin, config, slot_name, database, pid,
		sender_pid, last_error, last_error_time, desired_state, state_time,
		start_time, next_start_time, created_time
	FROM wal2kafka.get_connectors();
COMMENT ON VIEW wal2kafka.connectors IS
'connectors of this database, what they were asked to be and what they are';

CREATE VIEW wal2kafka.connector_properties AS
	SELECT name, type, "default", range, description, support, category,
		is_secret, superuser_only
	FROM wal2kafka.get_connector_properties();
COMMENT ON VIEW wal2kafka.connector_properties IS
'every property that a connector''s configuration may name';

CREATE FUNCTION wal2kafka.stat_get_connector(
	OUT name pg_catalog.text, OUT pid pg_catalog.int4,
	OUT state pg_catalog.text, OUT read_lsn pg_catalog.pg_lsn,
	OUT sent_lsn pg_catalog.pg_lsn, OUT acked_lsn pg_catalog.pg_lsn,
	OUT confirmed_flush_lsn pg_catalog.pg_lsn, OUT lag_bytes pg_catalog.int8,
	OUT retained_bytes pg_catalog.int8, OUT lag_ms pg_catalog.float8,
	OUT last_commit_time pg_catalog.timestamptz,
	OUT total_transactions pg_catalog.int8,
	OUT total_records pg_catalog.int8, OUT total_bytes pg_catalog.int8,
	OUT queue_records pg_catalog.int8, OUT queue_bytes pg_catalog.int8,
	OUT retries pg_catalog.int8, OUT errors pg_catalog.int8,
	OUT latency_p50_ms pg_catalog.float8,
	OUT latency_p95_ms pg_catalog.float8,
	OUT latency_p99_ms pg_catalog.float8,
	OUT stats_reset pg_catalog.timestamptz,
	OUT skipped_records pg_catalog.int8)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c VOLATILE PARALLEL RESTRICTED ROWS 10
	AS 'MODULE_PATHNAME', 'wal2kafka_stat_get_connector';
COMMENT ON FUNCTION wal2kafka.stat_get_connector() IS
'rows of the view stat_connector';

CREATE VIEW wal2kafka.stat_connector AS
	SELECT name, pid, state, read_lsn, sent_lsn, acked_lsn,
		confirmed_flush_lsn, lag_bytes, retained_bytes, lag_ms,
		last_commit_time, total_transactions, total_records, total_bytes,
		queue_records, queue_bytes, retries, errors, latency_p50_ms,
		latency_p95_ms, latency_p99_ms, stats_reset, skipped_records
	FROM wal2kafka.stat_get_connector();
COMMENT ON VIEW wal2kafka.stat_connector IS
'positions, lag, totals and latencies of the connectors of this database';

CREATE FUNCTION wal2kafka.stat_get_connector_table(
	OUT name pg_catalog.text, OUT relid pg_catalog.oid,
	OUT schemaname pg_catalog.name, OUT relname pg_catalog.name,
	OUT topic pg_catalog.text, OUT captured pg_catalog.bool,
	OUT reason pg_catalog.text, OUT total_inserts pg_catalog.int8,
	OUT total_updates pg_catalog.int8, OUT total_deletes pg_catalog.int8,
	OUT total_truncates pg_catalog.int8, OUT total_reads pg_catalog.int8,
	OUT total_bytes pg_catalog.int8)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c VOLATILE PARALLEL RESTRICTED ROWS 100
	AS 'MODULE_PATHNAME', 'wal2kafka_stat_get_connector_table';
COMMENT ON FUNCTION wal2kafka.stat_get_connector_table() IS
'rows of the view stat_connector_table';

CREATE VIEW wal2kafka.stat_connector_table AS
	SELECT name, relid, schemaname, relname, topic, captured, reason,
		total_inserts, total_updates, total_deletes, total_truncates,
		total_reads, total_bytes
	FROM wal2kafka.stat_get_connector_table();
COMMENT ON VIEW wal2kafka.stat_connector_table IS
'for each connector and table of this database: captured or why not, its topic, and totals';

CREATE FUNCTION wal2kafka.stat_get_kafka(
	OUT name pg_catalog.text, OUT broker_id pg_catalog.int4,
	OUT broker pg_catalog.text, OUT state pg_catalog.text,
	OUT total_requests pg_catalog.int8, OUT total_sent_bytes pg_catalog.int8,
	OUT total_errors pg_catalog.int8, OUT total_retries pg_catalog.int8,
	OUT total_timeouts pg_catalog.int8,
	OUT total_responses pg_catalog.int8,
	OUT total_received_bytes pg_catalog.int8,
	OUT queue_records pg_catalog.int8, OUT inflight_records pg_catalog.int8,
	OUT rtt_p50_ms pg_catalog.float8, OUT rtt_p99_ms pg_catalog.float8,
	OUT total_connects pg_catalog.int8,
	OUT total_disconnects pg_catalog.int8)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c VOLATILE PARALLEL RESTRICTED ROWS 10
	AS 'MODULE_PATHNAME', 'wal2kafka_stat_get_kafka';
COMMENT ON FUNCTION wal2kafka.stat_get_kafka() IS
'rows of the view stat_kafka';

CREATE VIEW wal2kafka.stat_kafka AS
	SELECT name, broker_id, broker, state, total_requests, total_sent_bytes,
		total_errors, total_retries, total_timeouts, total_responses,
		total_received_bytes, queue_records, inflight_records, rtt_p50_ms,
		rtt_p99_ms, total_connects, total_disconnects
	FROM wal2kafka.stat_get_kafka();
COMMENT ON VIEW wal2kafka.stat_kafka IS
'what the senders of this database''s connectors report of each Kafka broker';

CREATE FUNCTION wal2kafka.stat_get_snapshot(
	OUT name pg_catalog.text, OUT snapshot_id pg_catalog.int8,
	OUT kind pg_catalog.text, OUT signal_id pg_catalog.text,
	OUT schemaname pg_catalog.text, OUT relname pg_catalog.text,
	OUT collection pg_catalog.text, OUT state pg_catalog.text,
	OUT rows_estimated pg_catalog.int8, OUT rows_read pg_catalog.int8,
	OUT bytes_read pg_catalog.int8, OUT rows_per_second pg_catalog.float8,
	OUT percent pg_catalog.float8, OUT remaining pg_catalog.interval,
	OUT blocks_done pg_catalog.int8, OUT blocks_total pg_catalog.int8,
	OUT error pg_catalog.text, OUT created_time pg_catalog.timestamptz,
	OUT start_time pg_catalog.timestamptz,
	OUT finish_time pg_catalog.timestamptz,
	OUT relid pg_catalog.oid, OUT filter pg_catalog.text)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c VOLATILE PARALLEL RESTRICTED ROWS 100
	AS 'MODULE_PATHNAME', 'wal2kafka_stat_get_snapshot';
COMMENT ON FUNCTION wal2kafka.stat_get_snapshot() IS
'rows of the view stat_snapshot';

CREATE VIEW wal2kafka.stat_snapshot AS
	SELECT name, snapshot_id, kind, signal_id, schemaname, relname,
		collection, state, rows_estimated, rows_read, bytes_read,
		rows_per_second, percent, remaining, blocks_done, blocks_total,
		error, created_time, start_time, finish_time, relid, filter
	FROM wal2kafka.stat_get_snapshot();
COMMENT ON VIEW wal2kafka.stat_snapshot IS
'for each snapshot of the connectors of this database, and each of its tables: how far it is';

CREATE FUNCTION wal2kafka.stat_get_registry(
	OUT name pg_catalog.text, OUT total_requests pg_catalog.int8,
	OUT total_errors pg_catalog.int8, OUT waits_for pg_catalog.text,
	OUT assumed_schemas pg_catalog.int8)
	RETURNS SETOF pg_catalog.record
	LANGUAGE c VOLATILE PARALLEL RESTRICTED ROWS 10
	AS 'MODULE_PATHNAME', 'wal2kafka_stat_get_registry';
COMMENT ON FUNCTION wal2kafka.stat_get_registry() IS
'rows of the view stat_registry';

-- What others may not see is kept from functions in a reader's query, too.
CREATE VIEW wal2kafka.stat_registry WITH (security_barrier) AS
	SELECT r.name, r.total_requests, r.total_errors, r.waits_for,
		s.schemas, s.subjects, s.last_registered_time, r.assumed_schemas
	FROM wal2kafka.stat_get_registry() AS r,
		LATERAL (SELECT pg_catalog.count(*) AS schemas,
				pg_catalog.count(DISTINCT c.subject) AS subjects,
				pg_catalog.max(c.registered) AS last_registered_time
			FROM wal2kafka.connector_schema AS c
			WHERE c.name OPERATOR(pg_catalog.=) r.name) AS s
	WHERE r.total_requests OPERATOR(pg_catalog.>) 0
		OR r.waits_for IS NOT NULL
		OR s.schemas OPERATOR(pg_catalog.>) 0;
COMMENT ON VIEW wal2kafka.stat_registry IS
'for each connector with a schema registry: requests to it, those of no use, what it waits for, how many schemas it has there, and of how many records are written with an id known before since the registry is away';

CREATE VIEW wal2kafka.registered_schemas WITH (security_barrier) AS
	SELECT c.name, c.is_key, c.topic, c.subject, c.version, c.schema_id,
		c.type, c.schema, c.registered AS registered_time,
		c.confirmed AS confirmed_time
	FROM wal2kafka.stat_get_registry() AS r
	JOIN wal2kafka.connector_schema AS c
		ON c.name OPERATOR(pg_catalog.=) r.name;
COMMENT ON VIEW wal2kafka.registered_schemas IS
'schemas that connectors of this database have in a schema registry';

-- --------------------------------------------------------------- DDL commands

CREATE FUNCTION wal2kafka.ddl_dropped() RETURNS pg_catalog.event_trigger
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_ddl_dropped';
COMMENT ON FUNCTION wal2kafka.ddl_dropped() IS
'event trigger: remembers what a command drops, for ddl_ended()';

CREATE FUNCTION wal2kafka.ddl_ended() RETURNS pg_catalog.event_trigger
	LANGUAGE c VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'wal2kafka_ddl_ended';
COMMENT ON FUNCTION wal2kafka.ddl_ended() IS
'event trigger: what a command has done to captured tables';

CREATE EVENT TRIGGER wal2kafka_ddl_dropped ON sql_drop
	EXECUTE FUNCTION wal2kafka.ddl_dropped();
ALTER EVENT TRIGGER wal2kafka_ddl_dropped ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER wal2kafka_ddl_dropped IS
'what DDL commands drop, for connectors that want to know';

CREATE EVENT TRIGGER wal2kafka_ddl_ended ON ddl_command_end
	EXECUTE FUNCTION wal2kafka.ddl_ended();
ALTER EVENT TRIGGER wal2kafka_ddl_ended ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER wal2kafka_ddl_ended IS
'what DDL commands do to captured tables, for connectors that want to know';

-- ---------------------------------------------------------------- privileges

REVOKE ALL ON ALL TABLES IN SCHEMA wal2kafka FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA wal2kafka FROM PUBLIC;

GRANT USAGE ON SCHEMA wal2kafka TO wal2kafka_admin, pg_monitor;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA wal2kafka TO wal2kafka_admin;
REVOKE ALL ON FUNCTION wal2kafka.connector_changed(),
	wal2kafka.ddl_dropped(), wal2kafka.ddl_ended() FROM wal2kafka_admin;

GRANT SELECT ON wal2kafka.connector, wal2kafka.connector_schema
	TO wal2kafka_admin;

GRANT SELECT ON wal2kafka.connectors, wal2kafka.connector_properties,
	wal2kafka.stat_connector, wal2kafka.stat_connector_table,
	wal2kafka.stat_kafka, wal2kafka.stat_snapshot,
	wal2kafka.stat_registry, wal2kafka.registered_schemas
	TO wal2kafka_admin, pg_monitor;
GRANT EXECUTE ON FUNCTION wal2kafka.get_connectors(),
	wal2kafka.get_connector_properties(), wal2kafka.stat_get_connector(),
	wal2kafka.stat_get_connector_table(), wal2kafka.stat_get_kafka(),
	wal2kafka.stat_get_snapshot(), wal2kafka.stat_get_registry(),
	wal2kafka.connector_plugins(), wal2kafka.wait_for_connector(
		pg_catalog.text, pg_catalog.text, pg_catalog.interval)
	TO pg_monitor;

GRANT EXECUTE ON FUNCTION wal2kafka.check_compatibility(
	pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text)
	TO pg_monitor;
