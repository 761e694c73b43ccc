--
-- A connector captures only what its owner may read.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_privileges;
SET search_path = decode_privileges;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_privileges', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_privileges', 'wal2kafka');

SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_reader, regress_group;
RESET client_min_messages;
CREATE ROLE regress_reader;
CREATE ROLE regress_group;
CREATE TABLE open (id int PRIMARY KEY, v text);
CREATE TABLE shut (id int PRIMARY KEY, v text);
CREATE TABLE partly (id int PRIMARY KEY, v text, secret text);
CREATE TABLE guarded (id int PRIMARY KEY, v text);
CREATE TABLE part (id int PRIMARY KEY, v text) PARTITION BY LIST (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA decode_privileges TO regress_reader;
GRANT SELECT ON open, guarded, part TO regress_reader;
GRANT SELECT (id, v) ON partly TO regress_reader;
INSERT INTO open VALUES (1, 'open');
INSERT INTO shut VALUES (1, 'shut');
INSERT INTO partly VALUES (1, 'partly', 'secret');
INSERT INTO guarded VALUES (1, 'guarded');
INSERT INTO part VALUES (1, 'part');
SELECT oid AS reader FROM pg_roles WHERE rolname = 'regress_reader' \gset
SELECT oid AS super FROM pg_roles WHERE rolname = current_user \gset
CREATE FUNCTION peek(VARIADIC options text[]) RETURNS TABLE (topic text, after json)
LANGUAGE sql AS $$
    SELECT data::json->>'topic', data::json#>'{value,after}'
    FROM pg_logical_slot_peek_changes('regress_decode_privileges', NULL, NULL,
        VARIADIC ARRAY['topic.prefix', 'p'] || options)
$$;
-- Under the default of all tables, what may not be read is left out.
SELECT * FROM peek('owner', :'super');
SELECT * FROM peek('owner', :'reader');
SELECT * FROM peek('owner', :'reader', 'table.exclude.list', '.*\.open');
-- Asked for by name, it is an error; in words.
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT * FROM peek('owner', :'reader', 'table.include.list', 'decode_privileges\.(open|shut)');
SELECT * FROM peek('owner', :'reader', 'table.include.list', 'decode_privileges\.guarded');
SELECT * FROM peek('owner', :'reader', 'table.include.list', 'decode_privileges\.partly');
SELECT * FROM peek('owner', :'reader', 'schema.include.list', 'decode_privileges');
-- Unless the policy is to go on without.
SELECT * FROM peek('owner', :'reader', 'table.include.list', 'decode_privileges\.(open|shut)',
    'event.processing.failure.handling.mode', 'warn');
SELECT * FROM peek('owner', :'reader', 'table.include.list', 'decode_privileges\.(open|shut)',
    'event.processing.failure.handling.mode', 'skip');
-- Without the secret column it may be read.
SELECT * FROM peek('owner', :'reader', 'table.include.list', 'decode_privileges\.partly',
    'column.exclude.list', '.*\.secret');
SELECT count(*) FROM changes();

-- As of the change: grants, memberships and attributes count from their commit.
INSERT INTO shut VALUES (2, 'before the grant');
GRANT SELECT ON shut TO regress_group;
INSERT INTO shut VALUES (3, 'granted to a group');
GRANT regress_group TO regress_reader;
INSERT INTO shut VALUES (4, 'a member');
REVOKE regress_group FROM regress_reader;
INSERT INTO shut VALUES (5, 'no member');
ALTER ROLE regress_reader BYPASSRLS;
INSERT INTO guarded VALUES (2, 'bypassed');
ALTER ROLE regress_reader NOBYPASSRLS;
INSERT INTO guarded VALUES (3, 'no more');
REVOKE USAGE ON SCHEMA decode_privileges FROM regress_reader;
INSERT INTO open VALUES (2, 'schema closed');
ALTER ROLE regress_reader SUPERUSER;
INSERT INTO shut VALUES (6, 'superuser');
SELECT topic, after FROM changes('owner', :'reader');
DROP OWNED BY regress_reader, regress_group;
DROP ROLE regress_reader, regress_group;
INSERT INTO open VALUES (3, 'nobody');
SELECT topic, after FROM changes('owner', :'reader');

SELECT pg_drop_replication_slot('regress_decode_privileges');
SET client_min_messages = warning;
DROP SCHEMA decode_privileges CASCADE;
