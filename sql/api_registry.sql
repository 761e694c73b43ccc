-- Schemas that a registry knows: who sees them, and when they go.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;
CREATE ROLE regress_w2k_alice IN ROLE wal2kafka_admin;
CREATE ROLE regress_w2k_bob IN ROLE wal2kafka_admin;
CREATE ROLE regress_w2k_monitor IN ROLE pg_monitor;
CREATE ROLE regress_w2k_writer IN ROLE pg_write_all_data, pg_read_all_data;

SELECT * FROM wal2kafka.stat_registry;
SELECT * FROM wal2kafka.registered_schemas;

SET ROLE regress_w2k_alice;
SELECT wal2kafka.create_connector('{"name": "alices", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data"}}');
SET ROLE regress_w2k_bob;
SELECT wal2kafka.create_connector('{"name": "bobs", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data"}}');
RESET ROLE;
SELECT wal2kafka.wait_for_connector('alices', 'stopped'),
	wal2kafka.wait_for_connector('bobs', 'stopped');

-- As their workers would.
INSERT INTO wal2kafka.connector_schema
	(name, is_key, subject, type, fingerprint, topic, schema, schema_id,
	version, registered, confirmed)
SELECT name, side = 'key', 'shop.public.t-' || side, 'AVRO', md5(side || n), 'shop.public.t',
	format('{"name": "%s%s"}', side, n), n * 10, n, '2026-01-01'::timestamptz + n * interval '1 day',
	'2026-02-01'
	FROM unnest('{alices,bobs}'::text[]) AS name, unnest('{key,value}'::text[]) AS side,
		generate_series(1, 2) AS n
	WHERE name = 'alices' OR side = 'value';
INSERT INTO wal2kafka.connector_schema VALUES
	('bobs', false, 's', 'XML', 'f', 't', '', 1, 1, '2026-01-01', '2026-01-01');

SELECT name, total_requests, total_errors, waits_for, schemas, subjects,
	last_registered_time = '2026-01-03' AS is_newest, assumed_schemas
	FROM wal2kafka.stat_registry ORDER BY name;
SELECT name, is_key, topic, subject, version, schema_id, type, schema
	FROM wal2kafka.registered_schemas ORDER BY name, is_key, version;

-- An owner sees its own, monitors all, and nobody writes.
SET ROLE regress_w2k_alice;
SELECT name, schemas FROM wal2kafka.stat_registry;
SELECT DISTINCT name FROM wal2kafka.registered_schemas;
SELECT DISTINCT name FROM wal2kafka.connector_schema;
UPDATE wal2kafka.connector_schema SET schema_id = 1;
-- nor does a function of its own, called before the view knows whose they are
CREATE FUNCTION pg_temp.regress_w2k_leak(text) RETURNS bool LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
	RAISE WARNING 'seen: %', $1;
	RETURN true;
END $$;
SELECT count(*) FROM wal2kafka.registered_schemas WHERE pg_temp.regress_w2k_leak(name);
DROP FUNCTION pg_temp.regress_w2k_leak;
SET ROLE regress_w2k_monitor;
SELECT name, schemas FROM wal2kafka.stat_registry ORDER BY name;
SELECT DISTINCT name FROM wal2kafka.registered_schemas ORDER BY name;
SELECT name FROM wal2kafka.connector_schema;
SET ROLE regress_w2k_writer;
INSERT INTO wal2kafka.connector_schema VALUES
	('alices', false, 's', 'AVRO', 'f', 't', '', 1, 1, now(), now());
SELECT count(*) FROM wal2kafka.connector_schema;
DELETE FROM wal2kafka.connector_schema;
RESET ROLE;

-- They go with their connector.
SELECT wal2kafka.drop_connector('alices');
DO $$
BEGIN
	FOR i IN 1 .. 1200 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM wal2kafka.connector WHERE name = 'alices');
		PERFORM pg_sleep(0.1);
	END LOOP;
END
$$;
SELECT name, count(*) FROM wal2kafka.connector_schema GROUP BY name;
SELECT wal2kafka.drop_connector('bobs');
DO $$
BEGIN
	FOR i IN 1 .. 1200 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM wal2kafka.connector);
		PERFORM pg_sleep(0.1);
	END LOOP;
END
$$;
SELECT count(*) FROM wal2kafka.connector_schema;

-- Not dumped: ids are for the registry that gave them.
SELECT count(*) FROM pg_extension, unnest(extconfig) AS c
	WHERE extname = 'wal2kafka' AND c = 'wal2kafka.connector_schema'::regclass;
DROP EXTENSION wal2kafka;
DROP ROLE regress_w2k_alice, regress_w2k_bob, regress_w2k_monitor, regress_w2k_writer;
