--
-- geometry and geography of PostGIS.
--
SELECT count(*) = 0 AS is_bare FROM pg_available_extensions WHERE name = 'postgis' \gset
\if :is_bare
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION postgis SCHEMA public;
CREATE SCHEMA json_postgis;
SET search_path = json_postgis, public;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d#>'{value,before}', d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes(
              'regress_json_postgis', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
CREATE PROCEDURE advance() LANGUAGE sql AS $$
    SELECT pg_replication_slot_advance('regress_json_postgis', pg_current_wal_lsn())
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_postgis', 'wal2kafka');

CREATE TABLE g (id int PRIMARY KEY, g geometry, p geometry(Point, 4326), gg geography, a geometry[], ga geography[]);
INSERT INTO g VALUES (1, 'POINT(1 2)', 'SRID=4326;POINT(1 2)', 'POINT(3 4)', ARRAY['POINT(1 2)'::geometry, NULL, 'SRID=3187;POINT(174.9479 -36.7208)'], ARRAY['POINT(3 4)'::geography]),
    (2, 'POINT EMPTY', NULL, NULL, '{}', '{}'), (3, 'POINT ZM (1 2 3 4)', NULL, 'LINESTRING(0 0, 1 1)', NULL, NULL), (4, NULL, NULL, NULL, NULL, NULL);
SELECT after FROM changes();
-- what was sent is what is stored
SELECT bool_and(decode(x.after#>>'{g,wkb}', 'base64')::geometry = g.g) FROM changes() x JOIN g ON g.id = (x.after->>'id')::int WHERE g.id IN (1, 3);
-- its schema
SELECT f FROM pg_logical_slot_peek_changes('regress_json_postgis', NULL, NULL, 'format', 'json-with-schemas'), json_array_elements(data::json#>'{value,schema,fields,1,fields}') f
    WHERE data::json#>>'{value,payload,after,id}' = '1';
CALL advance();
CREATE TABLE t (id int PRIMARY KEY, g geometry NOT NULL, gg geography NOT NULL, i int);
ALTER TABLE t ALTER g SET STORAGE EXTERNAL, ALTER gg SET STORAGE EXTERNAL;
INSERT INTO t SELECT 1, l, l::geography, 1 FROM (SELECT ('LINESTRING(' || string_agg((i % 180) || ' ' || (i % 90), ',') || ')')::geometry AS l FROM generate_series(1, 300) i) x;
CALL advance();
UPDATE t SET i = 2;
DELETE FROM t;
SELECT op, before, after FROM changes() WHERE op <> 'x';
SELECT pg_drop_replication_slot('regress_json_postgis');
SET client_min_messages = warning;
DROP SCHEMA json_postgis CASCADE;
DROP EXTENSION postgis;
