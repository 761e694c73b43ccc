--
-- Truncation: left out unless asked for.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_truncate;
SET search_path = decode_truncate;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_truncate', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_truncate', 'wal2kafka');

CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a);
CREATE TABLE c (id int);
INSERT INTO a VALUES (1);
INSERT INTO b VALUES (1, 1);
BEGIN;
INSERT INTO a VALUES (2);
TRUNCATE a CASCADE;
INSERT INTO a VALUES (3);
COMMIT;
TRUNCATE c, b RESTART IDENTITY;
CREATE FUNCTION peek(VARIADIC options text[]) RETURNS TABLE (op text, topic text, key json, before json, after json, "table" text)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}', d#>'{value,after}', d#>>'{value,source,table}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes('regress_decode_truncate', NULL, NULL,
              VARIADIC options)) x
$$;
SELECT * FROM peek('topic.prefix', 'p');
SELECT * FROM peek('topic.prefix', 'p', 'skipped.operations', 'none');
SELECT count(DISTINCT data::json->>'lsn')
FROM pg_logical_slot_peek_changes('regress_decode_truncate', NULL, NULL, 'skipped.operations', 'c');
SELECT * FROM peek('topic.prefix', 'p', 'skipped.operations', 'none', 'table.include.list', '.*\.[bc]');
SELECT count(*) FROM changes();

SELECT pg_drop_replication_slot('regress_decode_truncate');
SET client_min_messages = warning;
DROP SCHEMA decode_truncate CASCADE;
