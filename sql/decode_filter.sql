--
-- Which tables and columns are captured.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_filter;
SET search_path = decode_filter;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_filter', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_filter', 'wal2kafka');

CREATE TABLE a (id int PRIMARY KEY, v text, w text);
CREATE TABLE b (id int PRIMARY KEY, v text, g int GENERATED ALWAYS AS (id * 2) STORED);
INSERT INTO a VALUES (1, 'v', 'w');
INSERT INTO b VALUES (1, 'v');
UPDATE a SET id = 2;
CREATE FUNCTION peek(VARIADIC options text[]) RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT data::json->>'op', data::json->>'topic', data::json->'key',
           data::json#>'{value,before}', data::json#>'{value,after}'
    FROM pg_logical_slot_peek_changes('regress_decode_filter', NULL, NULL,
        VARIADIC ARRAY['topic.prefix', 'p', 'tombstones.on.delete', 'false'] || options)
$$;
SELECT * FROM peek('table.include.list', 'decode_filter.a');
SELECT * FROM peek('table.exclude.list', 'decode_filter.a');
SELECT * FROM peek('schema.exclude.list', 'decode_.*');
SELECT * FROM peek('schema.include.list', 'public');
-- Columns of values; never of keys.
SELECT * FROM peek('column.exclude.list', 'decode_filter\..*\.(id|w)');
SELECT * FROM peek('column.include.list', 'decode_filter\.a\.v');
SELECT * FROM peek('column.include.list', 'none');
-- Generated columns: only where asked for.
SELECT * FROM peek('include.generated.columns', 'true', 'table.include.list', '.*\.b');
-- Names of topics.
SELECT DISTINCT topic FROM peek('topic.delimiter', '-') ORDER BY 1;
SELECT count(*) FROM changes();
-- Never our own schema, whatever the filters.
CREATE SCHEMA wal2kafka;
CREATE TABLE wal2kafka.regress_own (id int);
INSERT INTO wal2kafka.regress_own VALUES (1);
DROP TABLE wal2kafka.regress_own;
DROP SCHEMA wal2kafka;
SELECT * FROM changes('schema.include.list', 'wal2kafka', 'connector', 'x');
\set VERBOSITY terse
SELECT * FROM peek('no.such.option', '1');
SELECT * FROM peek('framing', 'html');
SELECT * FROM peek('framing', 'binary');

SELECT pg_drop_replication_slot('regress_decode_filter');
SET client_min_messages = warning;
DROP SCHEMA decode_filter CASCADE;
