--
-- Avro: schemas as Confluent's converter derives them, and bytes.
--
SET client_min_messages = warning;
CREATE SCHEMA registry_avro;
SET search_path = registry_avro;
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
    SELECT * FROM stream_of('regress_registry_avro', false, stream_options('avro', options))
$$;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_registry_avro', 'wal2kafka');
\set unwrap '''transforms'', ''u'', ''transforms.u.type'', ''io.debezium.transforms.ExtractNewRecordState'''

-- The envelope, and the key
CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL DEFAULT 'd', n numeric(6,2) DEFAULT 1.5, s smallint, dec numeric, e bytea);
INSERT INTO t VALUES (1, 'a', NULL, -2, 1.50, '\x00ff');
SELECT what, subject, data FROM stream() WHERE what NOT LIKE 'record%';
-- The bytes of a row, and of its key
SELECT what, subject, data FROM stream(:unwrap);
-- A key that values leave out
SELECT what, CASE WHEN what ~ '^record' THEN subject ELSE data END FROM stream('column.exclude.list', '.*t.id') WHERE what !~ '^values';
-- Tables whose schemas are made anew have the references that they had
ALTER TABLE t SET (fillfactor = 50);
DELETE FROM t;
SELECT what, subject FROM stream();
SELECT pg_replication_slot_advance('regress_registry_avro', pg_current_wal_lsn()) IS NOT NULL;

-- Every kind of schema: arrays, maps, records by name, semantic types
CREATE TABLE k (b bool, i8 bigint, r real, d float8 DEFAULT 1e7, nan float8 DEFAULT 'NaN', da date, ti time(3), ts timestamp, tz timestamptz, u uuid, j jsonb, p point NOT NULL DEFAULT '(0,0)', p2 point, c circle,
    m money DEFAULT 2, small numeric(2,4), vb varbit(9), a int[], aa text[], iv interval);
ALTER TABLE k REPLICA IDENTITY FULL;
INSERT INTO k VALUES (true, -1, 1.5, -0.5, 0, '2020-01-01', '01:02:03', '2020-01-01', '2020-01-01 00:00+00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[1]', '(1,2)', '(3,4)', '<(0,0),1>', -1.5, 0.0012, '101', '{1,NULL}', '{{a,b},{c,d}}', '1 day');
SELECT what, subject, data FROM stream(:unwrap);
SELECT what, subject, data FROM stream(:unwrap, 'time.precision.mode', 'connect', 'decimal.handling.mode', 'double', 'value.converter.connect.meta.data', 'false');
-- Both images of a row are of one schema, which follows its arrays
UPDATE k SET aa = '{a}';
SELECT what, subject FROM stream();
-- So they are where transforms have made the record
SELECT what, subject FROM stream('transforms', 'r', 'transforms.r.type', 'io.debezium.transforms.ByLogicalTableRouter', 'transforms.r.topic.regex', '(.*)[.]k', 'transforms.r.topic.replacement', '$1.routed') WHERE what LIKE 'record%';
UPDATE k SET aa = NULL;
SELECT what, subject FROM stream('event.converting.failure.handling.mode', 'skip');
SELECT pg_replication_slot_advance('regress_registry_avro', pg_current_wal_lsn()) IS NOT NULL;

-- Names
CREATE TABLE "odd-name" (id int PRIMARY KEY, "a b" int, "ü" int);
INSERT INTO "odd-name" VALUES (1, 2, 3);
SELECT * FROM stream();
SELECT * FROM stream('schema.name.adjustment.mode', 'avro');
SELECT subject, data FROM stream('schema.name.adjustment.mode', 'avro', 'field.name.adjustment.mode', 'avro_unicode', 'key.converter.connect.meta.data', 'false', 'value.converter.connect.meta.data', 'false') WHERE what NOT LIKE 'record%';
SELECT subject, data FROM stream(:unwrap, 'key.converter.scrub.invalid.names', 'true', 'value.converter.scrub.invalid.names', 'true') WHERE what NOT LIKE 'record%';
-- Subjects
SELECT subject FROM stream('schema.name.adjustment.mode', 'avro', 'field.name.adjustment.mode', 'avro', 'key.subject.name.strategy', 'RecordNameStrategy', 'value.subject.name.strategy', 'io.confluent.kafka.serializers.subject.TopicRecordNameStrategy') WHERE what NOT LIKE 'record%';
SELECT pg_replication_slot_advance('regress_registry_avro', pg_current_wal_lsn()) IS NOT NULL;

-- Nulls: of a column with a default, and where the schema has none
CREATE TABLE nulls (id int PRIMARY KEY, d int DEFAULT 5, iv interval NOT NULL);
INSERT INTO nulls VALUES (1, NULL, '0');
SELECT what, data FROM stream(:unwrap, 'value.converter.ignore.default.for.nullables', 'true');
SELECT what, data FROM stream(:unwrap, 'value.converter.ignore.default.for.nullables', 'false') WHERE what LIKE 'record%';
UPDATE nulls SET iv = '178000000 years';
SELECT what FROM stream('event.converting.failure.handling.mode', 'skip');
SELECT what FROM stream('before.unknown.values', 'null');
SELECT pg_replication_slot_advance('regress_registry_avro', pg_current_wal_lsn()) IS NOT NULL;

-- Records that are no row's
CREATE TABLE x (id int PRIMARY KEY);
BEGIN;
INSERT INTO x VALUES (1);
SELECT 'message' FROM pg_logical_emit_message(true, 'pre', 'content');
COMMIT;
SELECT what, subject, data FROM stream('provide.transaction.metadata', 'true', 'value.converter.connect.meta.data', 'false') WHERE what NOT LIKE 'record%' AND what NOT LIKE '%.x';
-- Of a side alone; the other is JSON
SELECT what, subject FROM stream('key.converter', 'AvroConverter') WHERE what NOT LIKE 'record m%';
-- Frames only
SELECT count(*) FROM pg_logical_slot_peek_changes('regress_registry_avro', NULL, NULL, 'format', 'avro');

SELECT pg_drop_replication_slot('regress_registry_avro');
DROP SCHEMA registry_avro CASCADE;
