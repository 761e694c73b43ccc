--
-- message.key.columns: a key of other columns than the primary key's.
--
\set VERBOSITY terse
CREATE SCHEMA decode_key_columns;
SET search_path = decode_key_columns;
CREATE FUNCTION changes(VARIADIC options text[])
RETURNS TABLE (op text, key json, before json, after json, newkey text, oldkey text)
LANGUAGE sql AS $$
    SELECT d->>'op', d->'key', d#>'{value,before}', d#>'{value,after}',
           d#>>'{headers,__debezium.newkey}', d#>>'{headers,__debezium.oldkey}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_key_columns', NULL, NULL, VARIADIC options)) r
$$;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_key_columns', 'wal2kafka');

-- In the order of the expressions; a column that several match comes once.
CREATE TABLE orders (id int PRIMARY KEY, region text, code int NOT NULL, note text);
INSERT INTO orders VALUES (1, 'eu', 7, 'a'), (2, NULL, 8, 'b');
SELECT op, key FROM changes('message.key.columns', 'decode_key_columns.orders:region,ID,.*i.*');
-- An expression for many tables, other tables keep their keys, and the case
-- of letters does not matter.
CREATE TABLE plain (id int PRIMARY KEY, code int);
CREATE TABLE "Order Lines" (id int PRIMARY KEY, code int NOT NULL);
INSERT INTO orders VALUES (3, 'us', 9, 'c');
INSERT INTO plain VALUES (1, 2);
INSERT INTO "Order Lines" VALUES (1, 2);
SELECT op, key FROM changes('message.key.columns', '  (.*).ORDER.*: code ;nothing.at.all:x;');

-- The old key is not in the WAL: an update is an update, and a delete has
-- what Debezium puts there.
UPDATE orders SET code = 70, region = 'xx' WHERE id = 1;
DELETE FROM orders WHERE id = 2;
SELECT * FROM changes('message.key.columns', 'decode_key_columns.orders:code,region');
-- It is partly there: the rest is filled in on both sides.
UPDATE orders SET id = 10 WHERE id = 1;
SELECT * FROM changes('message.key.columns', 'decode_key_columns.orders:code,id');
UPDATE orders SET id = 1 WHERE id = 10;
SELECT * FROM changes('message.key.columns', 'decode_key_columns.orders:code,id',
                      'before.unknown.values', 'null');
-- All of it.
ALTER TABLE orders REPLICA IDENTITY FULL;
UPDATE orders SET note = 'same key' WHERE id = 1;
UPDATE orders SET code = 71 WHERE id = 1;
DELETE FROM orders WHERE id = 1;
SELECT * FROM changes('message.key.columns', 'decode_key_columns.orders:code');

-- Columns that are not sent as values may be a key, but not generated ones.
CREATE TABLE derived (id int PRIMARY KEY, a int, g int GENERATED ALWAYS AS (a * 2) STORED);
INSERT INTO derived VALUES (1, 2);
SELECT op, key, after FROM changes('message.key.columns', 'decode_key_columns.derived:a,g',
                                   'column.exclude.list', '.*derived.a');
INSERT INTO derived VALUES (2, 3);
SELECT op, key, after FROM changes('message.key.columns', 'decode_key_columns.derived:g',
                                   'include.generated.columns', 'true');

-- A large value that an update did not touch would be no key.
CREATE TABLE large (id int PRIMARY KEY, doc text, n int);
ALTER TABLE large ALTER doc SET STORAGE EXTERNAL;
INSERT INTO large VALUES (1, repeat('x', 5000), 1);
SELECT op, length(key->>'doc') FROM changes('message.key.columns', 'decode_key_columns.large:doc');
UPDATE large SET n = 2;
DO $$
BEGIN
    PERFORM * FROM decode_key_columns.changes('message.key.columns', 'decode_key_columns.large:doc');
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RAISE NOTICE '%', regexp_replace(SQLERRM, 'LSN [0-9A-F/]+', 'LSN');
END $$;
SET client_min_messages = error;
SELECT op FROM changes('message.key.columns', 'decode_key_columns.large:doc',
                       'event.processing.failure.handling.mode', 'warn');
RESET client_min_messages;
ALTER TABLE large REPLICA IDENTITY FULL;
UPDATE large SET n = 3;
SELECT op, length(key->>'doc') FROM changes('message.key.columns', 'decode_key_columns.large:doc');

-- What cannot be read.
SELECT * FROM changes('message.key.columns', 'decode_key_columns.orders');
SELECT * FROM changes('message.key.columns', 'decode_key_columns.orders:');
SELECT * FROM changes('message.key.columns', 'orders:a:b');
SELECT * FROM changes('message.key.columns', 'orders:a,,b');
SELECT * FROM changes('message.key.columns', ';');
SELECT * FROM changes('message.key.columns', 'orders:a;;orders:b');
SELECT * FROM changes('message.key.columns', 'orders:a(');

SELECT pg_drop_replication_slot('regress_decode_key_columns');
\set VERBOSITY default
DROP SCHEMA decode_key_columns CASCADE;
