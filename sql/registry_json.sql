--
-- JSON with a registry: schemas as Confluent's converter derives them.
--
SET client_min_messages = warning;
CREATE SCHEMA registry_json;
SET search_path = registry_json;
\pset format unaligned
\set SHOW_CONTEXT never
\pset tuples_only on
\getenv srcdir PG_ABS_SRCDIR
\set include :srcdir /sql/include/registry_stream.sql
\set ECHO none
\i :include
\set ECHO all
CREATE FUNCTION stream(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (what text, subject text, data text) LANGUAGE sql AS $$
    SELECT * FROM stream_of('regress_registry_json', true, stream_options('json-registry', options))
$$;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_registry_json', 'wal2kafka');
\set unwrap '''transforms'', ''u'', ''transforms.u.type'', ''io.debezium.transforms.ExtractNewRecordState'''

-- The envelope, and the key
CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL DEFAULT 'd', n numeric(6,2) DEFAULT 1.5, s smallint, dec numeric, e bytea);
INSERT INTO t VALUES (1, 'a', NULL, -2, 1.50, '\x00ff');
SELECT what, subject, data FROM stream() WHERE what NOT LIKE 'record%';
SELECT what, subject, data FROM stream(:unwrap);
SELECT what, subject, data FROM stream(:unwrap, 'value.converter.decimal.format', 'NUMERIC', 'value.converter.object.additional.properties', 'false', 'value.converter.ignore.default.for.nullables', 'false');
DELETE FROM t;
SELECT what, subject FROM stream();
-- What transforms leave of a delete is a null, and not the word
SELECT what, subject, left(data, 40) FROM stream(:unwrap) WHERE what LIKE 'record%';
SELECT pg_replication_slot_advance('regress_registry_json', pg_current_wal_lsn()) IS NOT NULL;

-- Every kind of schema
CREATE TABLE k (b bool, i8 bigint, r real, d float8 DEFAULT 1e7, da date, ts timestamp, u uuid, j jsonb, p point NOT NULL, c circle, vb varbit(9), a int[], aa text[]);
INSERT INTO k VALUES (true, -1, 1.5, -0.5, '2020-01-01', '2020-01-01', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[1]', '(1,2)', '<(0,0),1>', '101', '{1,NULL}', '{{a,b},{c,d}}');
SELECT what, subject, data FROM stream(:unwrap);
-- Names are what they are; subjects
CREATE TABLE "odd-name" (id int PRIMARY KEY, "a b" int);
INSERT INTO "odd-name" VALUES (1, 2);
SELECT subject FROM stream('table.include.list', 'registry_json.odd-name', 'key.subject.name.strategy', 'RecordNameStrategy', 'value.subject.name.strategy', 'TopicRecordNameStrategy') WHERE what NOT LIKE 'record%';
SELECT pg_replication_slot_advance('regress_registry_json', pg_current_wal_lsn()) IS NOT NULL;

-- Records that are no row's
CREATE TABLE x (id int PRIMARY KEY);
BEGIN;
INSERT INTO x VALUES (1);
SELECT 'message' FROM pg_logical_emit_message(true, 'pre', 'content');
COMMIT;
SELECT what, subject, data FROM stream('provide.transaction.metadata', 'true') WHERE what NOT LIKE 'record%' AND what NOT LIKE '%.x';
-- Frames only
SELECT count(*) FROM pg_logical_slot_peek_changes('regress_registry_json', NULL, NULL, 'format', 'json-registry');

SELECT pg_drop_replication_slot('regress_registry_json');
DROP SCHEMA registry_json CASCADE;
