--
-- hstore, and hstore.handling.mode.
--
SELECT count(*) = 0 AS is_bare FROM pg_available_extensions WHERE name = 'hstore' \gset
\if :is_bare
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS hstore SCHEMA public;
CREATE SCHEMA json_mode_hstore;
SET search_path = json_mode_hstore, public;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d#>'{value,before}', d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes(
              'regress_json_mode_hstore', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
CREATE PROCEDURE advance() LANGUAGE sql AS $$
    SELECT pg_replication_slot_advance('regress_json_mode_hstore', pg_current_wal_lsn())
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_mode_hstore', 'wal2kafka');

CREATE DOMAIN tags AS hstore;
CREATE TABLE h (id int, h hstore, d tags, a hstore[]);
INSERT INTO h VALUES (1, 'a=>1, "b c"=>NULL', 'x=>y', ARRAY['a=>1', NULL, '']::hstore[]), (2, '', NULL, '{}'), (3, NULL, NULL, NULL),
    (4, hstore(ARRAY['q"t', E'b\\s', E'\x01\t\n\x1f\x7f', 'é😀', 'null', '=>', ',', ''], ARRAY['"', E'\\', E'\r\b\f', 'ü', NULL, '=>', ', "a"=>"b"', 'NULL']), NULL, NULL);
SELECT after FROM changes();
SELECT after FROM changes('hstore.handling.mode', 'map');
-- the text within holds the same pairs
SELECT (SELECT hstore(array_agg(j.key), array_agg(j.value)) FROM json_each_text((x.after->>'h')::json) j) = h.h AS is_equal
    FROM changes() x JOIN h ON h.id = (x.after->>'id')::int WHERE h.id IN (1, 4);
SELECT (SELECT hstore(array_agg(j.key), array_agg(j.value)) FROM json_each_text(x.after->'h') j) = h.h AS is_equal
    FROM changes('hstore.handling.mode', 'map') x JOIN h ON h.id = (x.after->>'id')::int WHERE h.id IN (1, 4);
-- its schema
SELECT f FROM pg_logical_slot_peek_changes('regress_json_mode_hstore', NULL, NULL, 'format', 'json-with-schemas', 'hstore.handling.mode', 'map'), json_array_elements(data::json#>'{value,schema,fields,1,fields}') f
    WHERE data::json#>>'{value,payload,after,id}' = '1';
SELECT f FROM pg_logical_slot_peek_changes('regress_json_mode_hstore', NULL, NULL, 'format', 'json-with-schemas'), json_array_elements(data::json#>'{value,schema,fields,1,fields}') f
    WHERE data::json#>>'{value,payload,after,id}' = '1';
SELECT count(*) FROM changes('hstore.handling.mode', 'list');
CALL advance();
-- NOT NULL columns that the old row's image does not hold, unchanged TOAST values
CREATE TABLE t (id int PRIMARY KEY, h hstore NOT NULL, a hstore[], i int);
ALTER TABLE t ALTER h SET STORAGE EXTERNAL, ALTER a SET STORAGE EXTERNAL;
INSERT INTO t VALUES (1, hstore('k', repeat('v', 3000)), ARRAY[hstore('k', repeat('v', 3000))], 1);
CALL advance();
UPDATE t SET i = 2;
DELETE FROM t;
SET client_min_messages = error;
SELECT op, before, after FROM changes('unavailable.value.placeholder', 'hex:2200') WHERE op <> 'x';
SELECT op, before, after FROM changes('hstore.handling.mode', 'map') WHERE op <> 'x';
RESET client_min_messages;
CALL advance();
CREATE TABLE k (h hstore PRIMARY KEY);
INSERT INTO k VALUES ('a=>"1\"", b=>NULL');
CALL advance();
UPDATE k SET h = '';
SELECT data::json->'key' AS key, data::json#>>'{headers,__debezium.oldkey}' AS old
    FROM pg_logical_slot_peek_changes('regress_json_mode_hstore', NULL, NULL, 'hstore.handling.mode', 'map');
-- a type of that name that is not the extension's
CALL advance();
CREATE TYPE json_mode_hstore.hstore AS (a int);
CREATE TABLE other (h json_mode_hstore.hstore);
INSERT INTO other VALUES (ROW(1));
SELECT after FROM changes();
SELECT pg_drop_replication_slot('regress_json_mode_hstore');
SET client_min_messages = warning;
DROP SCHEMA json_mode_hstore CASCADE;
