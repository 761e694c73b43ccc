-- The extension itself: what it is made of, and how it comes and goes.

-- A schema that somebody else made beforehand is not taken over.
\set SHOW_CONTEXT never
CREATE SCHEMA wal2kafka;
CREATE EXTENSION wal2kafka;
DROP SCHEMA wal2kafka;

CREATE EXTENSION wal2kafka SCHEMA public;
CREATE EXTENSION wal2kafka;
SELECT extversion, extrelocatable FROM pg_extension WHERE extname = 'wal2kafka';
ALTER EXTENSION wal2kafka SET SCHEMA public;

-- Everything has a comment.
SELECT pg_describe_object(classid, objid, 0) AS without_comment
	FROM pg_depend
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'wal2kafka')
		AND obj_description(objid, classid::regclass::name) IS NULL
		-- a table's row type is no object of its own
		AND NOT (classid = 'pg_type'::regclass);
SELECT tgname AS without_comment FROM pg_trigger
	WHERE tgrelid = 'wal2kafka.connector'::regclass AND NOT tgisinternal
		AND obj_description(oid, 'pg_trigger') IS NULL;
SELECT polname AS without_comment FROM pg_policy
	WHERE polrelid = 'wal2kafka.connector'::regclass
		AND obj_description(oid, 'pg_policy') IS NULL;

-- Everything is in its schema.
SELECT pg_describe_object(classid, objid, 0) AS elsewhere
	FROM pg_depend
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'wal2kafka')
		AND (pg_identify_object(classid, objid, 0)).identity !~ '^"?wal2kafka[.]?'
		AND (pg_identify_object(classid, objid, 0)).schema <> 'wal2kafka';

-- Functions: their arguments are a promise.
\pset format unaligned
SELECT p.proname || '(' || pg_get_function_arguments(p.oid) || ') -> ' ||
		CASE WHEN p.proargmodes IS NULL THEN pg_get_function_result(p.oid) ELSE 'setof' END AS function,
	p.provolatile AS volatile, p.proparallel AS parallel, p.proisstrict AS strict
	FROM pg_proc p WHERE p.pronamespace = 'wal2kafka'::regnamespace
	ORDER BY p.proname COLLATE "C", p.pronargs;

\pset format aligned

-- pg_dump takes the connectors along, and nothing else.
SELECT c::regclass FROM pg_extension, unnest(extconfig) c WHERE extname = 'wal2kafka';

-- The trigger fires whatever the session's replication role is.
SELECT tgname, tgenabled FROM pg_trigger
	WHERE tgrelid = 'wal2kafka.connector'::regclass AND NOT tgisinternal;

-- Parts of it cannot go alone.
DROP TABLE wal2kafka.connector;
DROP FUNCTION wal2kafka.emit;

-- None of it goes while there are connectors: their slots would stay.
SET client_min_messages = warning;
SELECT wal2kafka.create_connector('{"name": "x", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data"}}');
SELECT wal2kafka.create_connector('{"name": "y", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data"}}');
SELECT wal2kafka.wait_for_connector('x', 'stopped');
SELECT wal2kafka.wait_for_connector('y', 'stopped');
DROP EXTENSION wal2kafka;
DROP EXTENSION wal2kafka CASCADE;
DROP SCHEMA wal2kafka CASCADE;
DROP EXTENSION IF EXISTS wal2kafka;
BEGIN;
SELECT wal2kafka.drop_connector('x');
SELECT wal2kafka.drop_connector('y');
DROP EXTENSION wal2kafka;
ROLLBACK;
SELECT name, state FROM wal2kafka.connectors;

-- Other tables of that name are nobody's business.
CREATE SCHEMA another;
CREATE TABLE another.connector (name text);
INSERT INTO another.connector VALUES ('x');
DROP TABLE another.connector;
DROP SCHEMA another;

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
SELECT slot_name FROM pg_replication_slots;
SELECT nspname AS left_behind FROM pg_namespace WHERE nspname = 'wal2kafka';

-- The role stays, for it may own connectors of other databases, and the
-- extension can come back.
SELECT rolname FROM pg_roles WHERE rolname = 'wal2kafka_admin';
CREATE EXTENSION wal2kafka;
DROP EXTENSION wal2kafka;
