-- Who may do what.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;
CREATE ROLE regress_w2k_alice IN ROLE wal2kafka_admin;
CREATE ROLE regress_w2k_bob IN ROLE wal2kafka_admin;
CREATE ROLE regress_w2k_team ROLE regress_w2k_alice;
CREATE ROLE regress_w2k_monitor IN ROLE pg_monitor;
CREATE ROLE regress_w2k_nobody;
CREATE ROLE regress_w2k_writer IN ROLE pg_write_all_data, pg_read_all_data;

-- Nothing is for everybody.
SELECT p.oid::regprocedure AS executable_by_public
	FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
	WHERE p.pronamespace = 'wal2kafka'::regnamespace AND a.grantee = 0;
SELECT c.oid::regclass AS open_to_public
	FROM pg_class c, aclexplode(c.relacl) a
	WHERE c.relnamespace = 'wal2kafka'::regnamespace AND a.grantee = 0;
SELECT a.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) a
	WHERE n.nspname = 'wal2kafka' AND a.grantee = 0;
SELECT p.proname AS definer FROM pg_proc p
	WHERE p.pronamespace = 'wal2kafka'::regnamespace AND p.prosecdef;
SELECT rolname, rolsuper, rolcanlogin, rolcreaterole, rolreplication
	FROM pg_roles WHERE rolname = 'wal2kafka_admin';

SET ROLE regress_w2k_nobody;
SELECT wal2kafka.create_connector('n', '{}');
SELECT * FROM wal2kafka.connectors;
RESET ROLE;
GRANT USAGE ON SCHEMA wal2kafka TO regress_w2k_nobody;
SET ROLE regress_w2k_nobody;
SELECT wal2kafka.create_connector('n', '{}');
SELECT wal2kafka.emit('topic', 'k', '1');
SELECT * FROM wal2kafka.get_connectors();
SELECT * FROM wal2kafka.connectors;
SELECT * FROM wal2kafka.connector;
SELECT * FROM wal2kafka.emitted;
RESET ROLE;

-- Nor for those who may write and read all data: no forged record, no
-- connector led to another's slot.
SET ROLE regress_w2k_writer;
INSERT INTO wal2kafka.emitted VALUES ('alices', 'topic', 'k', '1');
INSERT INTO wal2kafka.connector_progress VALUES ('alices', 'not_yours', 'ready', NULL, '', 0);
INSERT INTO wal2kafka.connector (name, owner, config, desired_state, system_identifier, database_oid)
	VALUES ('forged', 'pg_read_all_data', '{}', 'running', '', 0);
SELECT wal2kafka.emit('topic', 'k', '1');
RESET ROLE;

-- An administrator makes connectors and is their owner.
SET ROLE regress_w2k_alice;
SELECT wal2kafka.create_connector('{"name": "alices", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
		"producer.override.sasl.mechanism": "PLAIN",
		"producer.override.security.protocol": "SASL_PLAINTEXT",
		"producer.override.sasl.username": "app",
		"producer.override.sasl.password": "alices secret"}}');
SELECT wal2kafka.wait_for_connector('alices', 'stopped');
SELECT name, owner, state, config FROM wal2kafka.connectors;
-- The table behind shows its owner all.
SELECT name, config ->> 'producer.override.sasl.password' AS password
	FROM wal2kafka.connector;
-- ... to read.
INSERT INTO wal2kafka.connector (name, owner, config, desired_state, system_identifier, database_oid)
	VALUES ('forged', 'pg_read_all_data', '{}', 'running', '', 0);
UPDATE wal2kafka.connector SET owner = 'pg_read_all_data';
DELETE FROM wal2kafka.connector;
SELECT * FROM wal2kafka.connector_progress;
SELECT * FROM wal2kafka.emitted;
INSERT INTO wal2kafka.emitted VALUES ('alices', 'topic', 'k', '1');
SELECT wal2kafka.connector_changed();
-- Files, the server's environment and what runs code are not for everybody.
SELECT wal2kafka.patch_connector('alices',
	'{"producer.override.sasl.password": "${file:/etc/passwd:root}"}');
SELECT wal2kafka.patch_connector('alices',
	'{"producer.override.ssl.ca.location": "/etc/passwd"}');
RESET ROLE;

-- It is the owner who must be a superuser for that, whoever asks.
SELECT wal2kafka.patch_connector('alices',
	'{"producer.override.ssl.ca.location": "/etc/passwd"}');
SELECT wal2kafka.create_connector('{"name": "boss", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
		"producer.override.ssl.ca.location": "/etc/passwd"}}');
SELECT wal2kafka.wait_for_connector('boss', 'stopped');
SELECT wal2kafka.alter_connector_owner('boss', 'regress_w2k_alice');
SELECT wal2kafka.drop_connector('boss');
DO $$
BEGIN
	FOR i IN 1..6000 LOOP
		PERFORM FROM wal2kafka.connectors WHERE name = 'boss';
		EXIT WHEN NOT FOUND;
		PERFORM pg_sleep(0.02);
	END LOOP;
END
$$;

-- A slot of our plugin that somebody made for something else.
SELECT slot_name FROM pg_create_logical_replication_slot('not_yours', 'wal2kafka');
SET ROLE regress_w2k_alice;
SELECT wal2kafka.create_connector('thief',
	'{"bootstrap.servers": "127.0.0.1:1", "slot.name": "not_yours"}');
RESET ROLE;
SELECT pg_drop_replication_slot('not_yours');

-- Another administrator sees nothing of it and cannot touch it.
SET ROLE regress_w2k_bob;
SELECT name FROM wal2kafka.connectors;
SELECT name FROM wal2kafka.stat_connector;
SELECT name FROM wal2kafka.stat_connector_table;
SELECT name FROM wal2kafka.stat_kafka;
SELECT name FROM wal2kafka.connector;
SELECT wal2kafka.alter_connector('alices', '{}');
SELECT wal2kafka.patch_connector('alices', '{}');
SELECT wal2kafka.pause_connector('alices');
SELECT wal2kafka.resume_connector('alices');
SELECT wal2kafka.stop_connector('alices');
SELECT wal2kafka.restart_connector('alices');
SELECT wal2kafka.drop_connector('alices');
SELECT wal2kafka.drop_connector('alices', true);
SELECT wal2kafka.alter_connector_owner('alices', 'regress_w2k_bob');
SELECT wal2kafka.wait_for_connector('alices', 'stopped');
SELECT wal2kafka.wait_for_delivery('alices');
SELECT wal2kafka.drain('alices');
SELECT * FROM wal2kafka.peek('alices');
SELECT wal2kafka.emit('topic', 'k', '1', connector => 'alices');
SELECT wal2kafka.stat_reset('alices');
SELECT wal2kafka.stat_reset();
RESET ROLE;

-- One who monitors sees all, changes nothing and reads no secret.
SET ROLE regress_w2k_monitor;
SELECT name, state, config ->> 'producer.override.sasl.password' AS password
	FROM wal2kafka.connectors;
SELECT name, state FROM wal2kafka.stat_connector;
SELECT count(*) > 100 AS properties FROM wal2kafka.connector_properties;
SELECT wal2kafka.wait_for_connector('alices', 'stopped');
SELECT * FROM wal2kafka.connector;
SELECT wal2kafka.pause_connector('alices');
SELECT wal2kafka.create_connector('m', '{}');
RESET ROLE;

-- Ownership moves to a role that one could become, and to no other.
SET ROLE regress_w2k_alice;
SELECT wal2kafka.alter_connector_owner('alices', 'regress_w2k_bob');
SELECT wal2kafka.alter_connector_owner('alices', 'pg_read_all_data');
SELECT wal2kafka.alter_connector_owner('alices', 'regress_w2k_team');
-- A member of the owner is like the owner.
SELECT name, owner FROM wal2kafka.connectors;
SELECT wal2kafka.pause_connector('alices');
RESET ROLE;

-- A function of the owner's may emit for others.
CREATE FUNCTION publish(k text) RETURNS boolean LANGUAGE sql SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	AS $$ SELECT wal2kafka.emit('events', k, '{}', connector => 'alices') > '0/0' $$;
SET ROLE regress_w2k_nobody;
SELECT publish('k');
RESET ROLE;
DROP FUNCTION publish;

-- Functions step up to the superuser for nothing but their own statement:
-- what a caller puts into its search_path is not found, and it is itself
-- again afterwards.
CREATE SCHEMA regress_w2k_evil AUTHORIZATION regress_w2k_alice;
SET ROLE regress_w2k_alice;
CREATE FUNCTION regress_w2k_evil.plus(bigint, integer) RETURNS bigint LANGUAGE plpgsql
	AS $$ BEGIN RAISE WARNING 'called as %', current_user; RETURN 0; END $$;
CREATE OPERATOR regress_w2k_evil.+ (FUNCTION = regress_w2k_evil.plus, LEFTARG = bigint, RIGHTARG = integer);
CREATE FUNCTION regress_w2k_evil.same(text, text) RETURNS boolean LANGUAGE plpgsql
	AS $$ BEGIN RAISE WARNING 'called as %', current_user; RETURN true; END $$;
CREATE OPERATOR regress_w2k_evil.= (FUNCTION = regress_w2k_evil.same, LEFTARG = text, RIGHTARG = text);
CREATE TEMP TABLE connector (name text);
SET search_path = pg_temp, regress_w2k_evil, pg_catalog;
SELECT wal2kafka.restart_connector('alices');
SELECT wal2kafka.patch_connector('alices', '{"tasks.max": 1}');
SELECT wal2kafka.stop_connector('alices');
SELECT name FROM wal2kafka.connectors;
SELECT wal2kafka.wait_for_connector('alices', 'stopped');
SELECT current_user, current_setting('search_path');
SELECT wal2kafka.patch_connector('alices', '{"slot.name": "x"}');
SELECT current_user, current_setting('search_path');
DO $$
BEGIN
	PERFORM wal2kafka.patch_connector('alices', '{"slot.name": "x"}');
EXCEPTION WHEN feature_not_supported THEN
	RAISE WARNING 'caught as %', current_user;
END
$$;
SELECT topic, key_text, value_text FROM wal2kafka.peek('alices');
SELECT current_user, current_setting('search_path');
RESET search_path;
DROP TABLE pg_temp.connector;
RESET ROLE;
DROP SCHEMA regress_w2k_evil CASCADE;

-- A role goes before its connector: the row stays and says who it was.
SELECT wal2kafka.alter_connector_owner('alices', 'regress_w2k_bob');
DROP ROLE regress_w2k_bob;
SELECT owner::text ~ '^[0-9]+$' AS is_number FROM wal2kafka.connectors;
SET ROLE regress_w2k_alice;
SELECT name FROM wal2kafka.connectors;
SELECT wal2kafka.pause_connector('alices');
RESET ROLE;

SELECT wal2kafka.drop_connector('alices');
DO $$
BEGIN
	FOR i IN 1..6000 LOOP
		PERFORM FROM wal2kafka.connectors;
		EXIT WHEN NOT FOUND;
		PERFORM pg_sleep(0.02);
	END LOOP;
END
$$;
REVOKE USAGE ON SCHEMA wal2kafka FROM regress_w2k_nobody;
DROP EXTENSION wal2kafka;
DROP ROLE regress_w2k_team, regress_w2k_alice, regress_w2k_monitor,
	regress_w2k_nobody, regress_w2k_writer;
