-- The views: their columns, what they say without a worker, and copies of
-- connectors that were made elsewhere.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;

-- Columns are a promise: new ones come behind these.
SELECT c.relname AS view, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) AS columns
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE c.relnamespace = 'wal2kafka'::regnamespace AND c.relkind = 'v'
	GROUP BY c.relname ORDER BY c.relname;

SELECT * FROM wal2kafka.connectors;
SELECT * FROM wal2kafka.stat_connector;
SELECT * FROM wal2kafka.stat_connector_table;
SELECT * FROM wal2kafka.stat_kafka;
SELECT * FROM wal2kafka.connector_plugins();
SELECT name, type, "default", support FROM wal2kafka.connector_properties
	WHERE name IN ('bootstrap.servers', 'topic.prefix', 'slot.name', 'tasks.max', 'database.hostname')
	ORDER BY name;

-- Tables: captured, or why not.
CREATE ROLE regress_w2k_reader IN ROLE wal2kafka_admin;
CREATE SCHEMA sales;
GRANT USAGE ON SCHEMA sales TO regress_w2k_reader;
CREATE TABLE sales.orders (id int PRIMARY KEY, secret text);
CREATE TABLE sales.parts (id int PRIMARY KEY);
CREATE TABLE sales."Odd.Name" (id int PRIMARY KEY);
CREATE TABLE sales.hidden (id int PRIMARY KEY);
CREATE UNLOGGED TABLE sales.unlogged (id int PRIMARY KEY);
CREATE TEMP TABLE temporary (id int PRIMARY KEY);
CREATE TABLE sales.parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE sales.parted_1 PARTITION OF sales.parted FOR VALUES FROM (1) TO (10);
CREATE TABLE public.elsewhere (id int PRIMARY KEY);
GRANT SELECT ON ALL TABLES IN SCHEMA sales TO regress_w2k_reader;
REVOKE SELECT ON sales.hidden FROM regress_w2k_reader;
SELECT wal2kafka.create_connector('{"name": "v", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "topic.prefix": "shop",
		"snapshot.mode": "no_data", "schema.include.list": "sales", "table.exclude.list": "sales[.]parts"}}');
SELECT wal2kafka.alter_connector_owner('v', 'regress_w2k_reader');
SELECT wal2kafka.wait_for_connector('v', 'stopped');
SELECT name, relid::regclass = format('%I.%I', schemaname, relname)::regclass AS same,
	schemaname, relname, topic, captured, reason,
	total_inserts + total_updates + total_deletes + total_truncates + total_reads + total_bytes AS totals
	FROM wal2kafka.stat_connector_table ORDER BY schemaname, relname;

-- Columns without SELECT.
REVOKE SELECT ON sales.orders FROM regress_w2k_reader;
GRANT SELECT (id) ON sales.orders TO regress_w2k_reader;
SELECT relname, captured, reason FROM wal2kafka.stat_connector_table WHERE relname = 'orders';
SELECT wal2kafka.patch_connector('v', '{"column.exclude.list": "sales[.]orders[.]secret"}');
SELECT relname, captured, reason FROM wal2kafka.stat_connector_table WHERE relname = 'orders';

-- Partitions as the partitioned table.
SELECT wal2kafka.patch_connector('v', '{"publish.via.partition.root": true}');
SELECT relname, captured, reason, topic FROM wal2kafka.stat_connector_table
WHERE reason LIKE '%partition%' OR relid IN (SELECT partrelid FROM pg_partitioned_table) ORDER BY 1;
SELECT wal2kafka.patch_connector('v', '{"publish.via.partition.root": null}');

-- A key is sent whatever the column lists say.
REVOKE SELECT (id) ON sales.orders FROM regress_w2k_reader;
GRANT SELECT (secret) ON sales.orders TO regress_w2k_reader;
SELECT wal2kafka.patch_connector('v', '{"column.exclude.list": "sales[.]orders[.]id"}');
SELECT relname, captured, reason FROM wal2kafka.stat_connector_table WHERE relname = 'orders';

-- A stopped connector's positions are its slot's.
SELECT name, pid, state, read_lsn, sent_lsn, acked_lsn,
	confirmed_flush_lsn = (SELECT confirmed_flush_lsn FROM pg_replication_slots) AS confirmed,
	lag_bytes >= 0 AS lag, retained_bytes >= lag_bytes AS retained, last_commit_time,
	total_transactions, total_records, total_bytes, queue_records, queue_bytes, errors,
	latency_p50_ms, latency_p95_ms, latency_p99_ms, stats_reset IS NOT NULL AS has_reset, skipped_records
	FROM wal2kafka.stat_connector;
SELECT stats_reset FROM wal2kafka.stat_connector \gset
SELECT wal2kafka.stat_reset('v');
SELECT stats_reset > :'stats_reset' AS later FROM wal2kafka.stat_connector;
SELECT wal2kafka.stat_reset();

-- A row from a dump of another cluster is a copy: it does not run by itself.
SELECT wal2kafka.drop_connector('v');
DO $$
BEGIN
	FOR i IN 1..6000 LOOP
		PERFORM FROM wal2kafka.connectors;
		EXIT WHEN NOT FOUND;
		PERFORM pg_sleep(0.02);
	END LOOP;
END
$$;
COPY wal2kafka.connector (name, owner, config, desired_state, system_identifier, database_oid) FROM stdin;
copied	regress_w2k_reader	{"bootstrap.servers": "127.0.0.1:1"}	running	1	1
dropped	regress_w2k_reader	{"bootstrap.servers": "127.0.0.1:1"}	running	1	1
\.
INSERT INTO wal2kafka.connector_progress (name, slot_name, state, system_identifier, database_oid)
	VALUES ('copied', 'slot_of_the_other', 'ready', '1', 1);
SELECT wal2kafka.wait_for_connector('copied', 'stopped');
SELECT name, state, slot_name, last_error, desired_state FROM wal2kafka.connectors;
SELECT * FROM wal2kafka.peek('copied');
SELECT wal2kafka.emit('topic', 'k', '1', connector => 'copied');
SELECT wal2kafka.create_connector('copied', '{}');
SELECT wal2kafka.wait_for_delivery('copied', timeout => '10 ms');
SELECT slot_name FROM pg_replication_slots;
-- It can be dropped, and what is not ours is left alone; or made ours.
SET client_min_messages = notice;
SELECT wal2kafka.drop_connector('dropped');
SET client_min_messages = warning;
BEGIN;
SELECT wal2kafka.resume_connector('copied');
SELECT name, state, last_error, desired_state,
	slot_name = 'wal2kafka_' || current_database() || '_copied' AS has_default_slot
	FROM wal2kafka.connectors;
SELECT * FROM wal2kafka.connector_progress;
SELECT wal2kafka.stop_connector('copied');
COMMIT;
SELECT wal2kafka.wait_for_connector('copied', 'stopped');
SELECT name, state, last_error, desired_state FROM wal2kafka.connectors;
SELECT c.system_identifier = s.system_identifier::text AS our_cluster, d.datname = current_database() AS our_database
	FROM wal2kafka.connector c, pg_control_system() s, pg_database d WHERE d.oid = c.database_oid;

SELECT wal2kafka.drop_connector('copied');
DO $$
BEGIN
	FOR i IN 1..6000 LOOP
		PERFORM FROM wal2kafka.connectors;
		EXIT WHEN NOT FOUND;
		PERFORM pg_sleep(0.02);
	END LOOP;
END
$$;
DROP EXTENSION wal2kafka;
DROP SCHEMA sales CASCADE;
DROP TABLE public.elsewhere;
DROP ROLE regress_w2k_reader;
