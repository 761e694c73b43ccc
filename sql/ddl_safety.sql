-- The event triggers: they break no DDL, and lend nobody their rights.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;
CREATE SCHEMA ddl;
SELECT evtname, evtevent, evtenabled, evtowner::regrole = current_user::text::regrole AS ours
	FROM pg_event_trigger ORDER BY 1;

-- Without a connector, or with none that asks.
CREATE TABLE ddl.t (id int PRIMARY KEY);
SELECT wal2kafka.create_connector('{"name": "quiet", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data"}}');
ALTER TABLE ddl.t ADD v int;
SELECT count(*) FROM wal2kafka.connector_table;
SELECT wal2kafka.create_connector('{"name": "d", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
		"include.schema.changes": true, "format": "json-with-schemas", "field.name.adjustment.mode": "avro"}}');
SELECT 'init' FROM pg_create_logical_replication_slot('ddl_slot', 'wal2kafka');
CREATE VIEW ddl.texts AS
	SELECT r #>> '{value,ddl}' AS ddl
	FROM (SELECT data::jsonb AS r FROM pg_logical_slot_get_changes('ddl_slot', NULL, NULL,
		'connector', 'd', 'include.schema.changes', 'true')) records
	WHERE r ->> 'op' = 's';

-- They are the extension's, and not for calling.
DROP EVENT TRIGGER wal2kafka_ddl_ended;
DROP FUNCTION wal2kafka.ddl_dropped;
SELECT wal2kafka.ddl_ended();
CREATE FUNCTION wal2kafka_call() RETURNS int LANGUAGE c AS 'wal2kafka', 'wal2kafka_ddl_ended';
SELECT wal2kafka_call();
CREATE OR REPLACE FUNCTION wal2kafka_call() RETURNS int LANGUAGE c AS 'wal2kafka', 'wal2kafka_ddl_dropped';
SELECT wal2kafka_call();
DROP FUNCTION wal2kafka_call;

-- Whoever runs DDL needs no right on anything of ours, and gets none.
CREATE ROLE ddl_user;
CREATE SCHEMA ddl_user AUTHORIZATION ddl_user;
SET ROLE ddl_user;
CREATE TABLE ddl_user.mine (id int PRIMARY KEY);
ALTER TABLE ddl_user.mine ADD v text DEFAULT 'x';
CREATE TYPE ddl_user.kind AS ENUM ('a');
ALTER TABLE ddl_user.mine ADD k ddl_user.kind;
SELECT * FROM wal2kafka.schema_change;
INSERT INTO wal2kafka.schema_change VALUES ('d', 'DROP TABLE everything', '[]');
INSERT INTO wal2kafka.connector_table VALUES ('d', 1, 'a', 'b');
INSERT INTO wal2kafka.connector_field VALUES ('d', 1, 1, 'a', 1);
SELECT wal2kafka.ddl_ended();
RESET ROLE;
GRANT pg_write_all_data TO ddl_user;
SET ROLE ddl_user;
INSERT INTO wal2kafka.schema_change VALUES ('d', 'DROP TABLE everything', '[]');
INSERT INTO wal2kafka.connector_table VALUES ('d', 1, 'a', 'b');
INSERT INTO wal2kafka.connector_field VALUES ('d', 1, 1, 'a', 1);
RESET ROLE;
SELECT * FROM ddl.texts;

-- Operators, functions, tables and settings of the user's do not matter.
SET ROLE ddl_user;
CREATE FUNCTION ddl_user.evil(text, text) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'evil ran as %', current_user;
END $$;
CREATE OPERATOR ddl_user.= (LEFTARG = text, RIGHTARG = text, FUNCTION = ddl_user.evil);
CREATE TABLE ddl_user.schema_change (connector text, ddl text, changes jsonb);
CREATE FUNCTION ddl_user.pg_event_trigger_ddl_commands() RETURNS int LANGUAGE sql AS 'SELECT 1 / 0';
SET search_path = ddl_user, pg_catalog;
SET default_transaction_isolation = 'serializable';
SET row_security = off;
SET bytea_output = 'escape';
SET DateStyle = 'German';
SET check_function_bodies = on;
ALTER TABLE mine ADD d date DEFAULT '2024-02-01';
ALTER TABLE mine ADD evil bool DEFAULT evil('a', 'b');
CREATE FUNCTION ddl_user.cast_evil(ddl_user.kind) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RAISE EXCEPTION 'the cast ran as %', current_user;
END $$;
CREATE CAST (ddl_user.kind AS int) WITH FUNCTION ddl_user.cast_evil(ddl_user.kind) AS ASSIGNMENT;
CREATE DOMAIN ddl_user.checked AS text CHECK (ddl_user.evil(VALUE, 'x'));
ALTER TABLE mine ADD c int NOT NULL, ADD e ddl_user.checked;
ALTER TABLE mine ALTER c SET DEFAULT 'a'::ddl_user.kind;
ALTER TABLE mine ALTER e SET DEFAULT 'x';
RESET ALL;
RESET ROLE;
SET client_min_messages = warning;
INSERT INTO ddl_user.schema_change VALUES ('d', 'forged', '[]');
SELECT count(*) FROM pg_logical_emit_message(true, 'wal2kafka', 'forged');
SELECT * FROM ddl.texts;

-- What fails of ours is a warning; the command is done, and the rest goes on.
CREATE TABLE ddl.same ("a b" int, "a-b" int);
ALTER TABLE ddl.same ADD v int;
ALTER TABLE ddl.t ADD w int;
ALTER TABLE ddl.same DROP "a-b";
SELECT * FROM ddl.texts;

-- Triggers do not fire for a replica, these do.
SET session_replication_role = replica;
ALTER TABLE ddl.t ADD x int;
DROP TABLE ddl.same;
RESET session_replication_role;
SELECT * FROM ddl.texts;

-- A table of ours that somebody alters is none of theirs.
BEGIN;
ALTER TABLE wal2kafka.emitted ADD v int;
ROLLBACK;

-- A copy of another database's connector, one on its way out, and one whose
-- configuration is not accepted any more ask for nothing.
UPDATE wal2kafka.connector SET database_oid = 1 WHERE name = 'd';
ALTER TABLE ddl.t ADD y1 int;
UPDATE wal2kafka.connector SET config = config || '{"no.such.property": "1"}', database_oid =
	(SELECT oid FROM pg_database WHERE datname = current_database()) WHERE name = 'd';
ALTER TABLE ddl.t ADD y2 int;
UPDATE wal2kafka.connector SET config = config - 'no.such.property' WHERE name = 'd';
ALTER TABLE ddl.t ADD y3 int;
SELECT * FROM ddl.texts;

-- The connector's owner is gone: it captures nothing.
CREATE ROLE ddl_gone;
UPDATE wal2kafka.connector SET owner = 'ddl_gone' WHERE name = 'd';
DROP ROLE ddl_gone;
ALTER TABLE ddl.t ADD z int;
UPDATE wal2kafka.connector SET owner = current_user::text::regrole WHERE name = 'd';

-- The extension goes only when its connectors have.
DROP EXTENSION wal2kafka;
SELECT pg_drop_replication_slot('ddl_slot');
SELECT wal2kafka.drop_connector(name) FROM wal2kafka.connectors;
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
SELECT count(*) FROM pg_event_trigger;
CREATE EXTENSION wal2kafka;
DROP SCHEMA wal2kafka CASCADE;
DROP EXTENSION wal2kafka;
ALTER TABLE ddl.t ADD q int;
DROP SCHEMA ddl, ddl_user CASCADE;
DROP OWNED BY ddl_user;
DROP ROLE ddl_user;
