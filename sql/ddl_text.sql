-- Schema changes: the text of the command, and nothing of what is around it.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;
CREATE SCHEMA ddl;
CREATE SCHEMA ddl_hidden;
SELECT wal2kafka.create_connector('{"name": "d", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
		"include.schema.changes": true, "schema.include.list": "ddl"}}');
SELECT 'init' FROM pg_create_logical_replication_slot('ddl_slot', 'wal2kafka');
CREATE VIEW ddl_hidden.texts AS
	SELECT r #> '{value,ddl}' AS ddl, r #>> '{value,tableChanges,0,type}' AS type
	FROM (SELECT data::jsonb AS r FROM pg_logical_slot_get_changes('ddl_slot', NULL, NULL,
		'connector', 'd', 'include.schema.changes', 'true', 'schema.include.list', 'ddl')) records
	WHERE r ->> 'op' = 's';

-- One of several statements.
CREATE ROLE ddl_secret PASSWORD 'secret1'\; CREATE TABLE ddl.t (i int)\;   ALTER TABLE ddl.t ADD v text DEFAULT 'a;b'  \; ALTER ROLE ddl_secret PASSWORD 'secret2';
SELECT * FROM ddl_hidden.texts;

-- Over several lines, with a comment.
ALTER TABLE ddl.t -- of it
	ADD w int; -- behind
SELECT * FROM ddl_hidden.texts;

-- In DO blocks, functions and procedures.
DO $$
BEGIN
	-- a secret of the block: secret3
	CREATE TABLE ddl.d (i int);
	EXECUTE 'ALTER TABLE ddl.d ADD v int; ALTER TABLE ddl.d ADD w int';
END $$;
CREATE FUNCTION ddl_hidden.f() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER TABLE ddl.d ADD %I int', 'x y');
	BEGIN
		DROP TABLE ddl.d;
		RAISE EXCEPTION 'undone';
	EXCEPTION WHEN raise_exception THEN
		ALTER TABLE ddl.d ADD z int;
	END;
END $$;
CREATE FUNCTION ddl_hidden.g() RETURNS void LANGUAGE sql AS
	'ALTER TABLE ddl.d DROP z; ALTER TABLE ddl.d DROP w';
CREATE PROCEDURE ddl_hidden.p() LANGUAGE plpgsql AS $$
BEGIN
	ALTER TABLE ddl.d DROP v;
	COMMIT;
	ALTER TABLE ddl.d DROP i;
	ROLLBACK;
	DROP TABLE ddl.d;
END $$;
SELECT ddl_hidden.f();
SELECT ddl_hidden.g();
CALL ddl_hidden.p();
SELECT * FROM ddl_hidden.texts;

-- Prepared, from a cursor of text, and in the scripts of extensions.
PREPARE make AS SELECT 1 AS one;
CREATE TABLE ddl.made AS EXECUTE make;
SELECT format('CREATE TABLE ddl.%I (i int)', 'gexec') \gexec
CREATE UNIQUE INDEX CONCURRENTLY made_one ON ddl.made (one);
REINDEX INDEX CONCURRENTLY ddl.made_one;
DROP INDEX CONCURRENTLY ddl.made_one;
SELECT * FROM ddl_hidden.texts;

-- Inside another event trigger, before and after ours.
CREATE FUNCTION ddl_hidden.other() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	IF to_regclass('ddl.inner') IS NULL THEN
		CREATE TABLE ddl.inner (i int);
	ELSE
		DROP TABLE ddl.inner;
	END IF;
END $$;
CREATE EVENT TRIGGER a_first ON ddl_command_end WHEN TAG IN ('ALTER TABLE')
	EXECUTE FUNCTION ddl_hidden.other();
ALTER TABLE ddl.t DROP w;
DROP EVENT TRIGGER a_first;
CREATE EVENT TRIGGER z_last ON sql_drop WHEN TAG IN ('ALTER TABLE')
	EXECUTE FUNCTION ddl_hidden.other();
ALTER TABLE ddl.t DROP v;
DROP EVENT TRIGGER z_last;
SELECT * FROM ddl_hidden.texts;

SELECT pg_drop_replication_slot('ddl_slot');
SELECT wal2kafka.drop_connector('d');
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
DROP SCHEMA ddl, ddl_hidden CASCADE;
DROP ROLE ddl_secret;
