--
-- Databases that are not in UTF-8: records are, lines of text are ASCII.
--
\set VERBOSITY terse
SET client_min_messages = warning;
DROP DATABASE IF EXISTS regress_latin1;
DROP DATABASE IF EXISTS regress_ascii;
CREATE DATABASE regress_latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
CREATE DATABASE regress_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
SELECT current_database() AS regress_db \gset

\c regress_latin1
SET client_encoding = 'UTF8';
SELECT 'init' FROM pg_create_logical_replication_slot('regress_latin1', 'wal2kafka');
CREATE TABLE "tä" ("ü" text PRIMARY KEY, j jsonb);
INSERT INTO "tä" VALUES ('é"ÿ', '{"ö": "ß"}'), (repeat('x', 20) || 'é', NULL);
UPDATE "tä" SET "ü" = 'ñ' WHERE j IS NOT NULL;
SELECT data::json->'topic' AS topic, data::json->'key' AS key, data::json#>'{value,after}' AS after,
       data::json#>'{headers,__debezium.oldkey}' AS oldkey, data::json#>'{value,source,table}' AS "table"
FROM pg_logical_slot_peek_changes('regress_latin1', NULL, NULL, 'topic.prefix', 'p', 'tombstones.on.delete', 'false');
-- As frames: UTF-8.
SELECT encode(substr(data, position('"after":'::bytea in data), 22), 'escape') AS after
FROM pg_logical_slot_get_binary_changes('regress_latin1', NULL, NULL, 'topic.prefix', 'p', 'framing', 'binary')
WHERE position('"after":{'::bytea in data) > 0;
SELECT pg_drop_replication_slot('regress_latin1');

\c regress_ascii
SELECT 'init' FROM pg_create_logical_replication_slot('regress_ascii', 'wal2kafka');
CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'plain'), (2, E'valid \303\244');
SELECT substring(data FROM '"after":[^}]*}') AS after
FROM pg_logical_slot_get_changes('regress_ascii', NULL, NULL);
INSERT INTO t VALUES (3, E'broken \344'), (4, 'fine');
SELECT substring(data FROM '"after":[^}]*}') AS after
FROM pg_logical_slot_peek_changes('regress_ascii', NULL, NULL);
SELECT substring(data FROM '"after":[^}]*}') AS after
FROM pg_logical_slot_get_changes('regress_ascii', NULL, NULL, 'column.exclude.list', '.*\.v');
-- A table whose name is not UTF-8 cannot be sent either, and can be passed over.
DO $$ BEGIN EXECUTE E'CREATE TABLE "b\344" (id int PRIMARY KEY)'; EXECUTE E'INSERT INTO "b\344" VALUES (1)';
    EXECUTE E'TRUNCATE "b\344"'; INSERT INTO t VALUES (5, 'after it'); END $$;
SELECT data FROM pg_logical_slot_peek_changes('regress_ascii', NULL, NULL);
SELECT substring(data FROM '"after":[^}]*}') AS after
FROM pg_logical_slot_peek_changes('regress_ascii', NULL, NULL, 'suspect.lsn', '0/1',
    'skipped.operations', 'none', 'event.processing.failure.handling.mode', 'skip');
SELECT pg_drop_replication_slot('regress_ascii');

\c :regress_db
DROP DATABASE regress_latin1;
DROP DATABASE regress_ascii;
