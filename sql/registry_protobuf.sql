--
-- Protobuf: schemas as Confluent's converter derives them, and bytes.
--
SET client_min_messages = warning;
CREATE SCHEMA registry_protobuf;
SET search_path = registry_protobuf;
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never
\getenv srcdir PG_ABS_SRCDIR
\set include :srcdir /sql/include/registry_stream.sql
\set ECHO none
\i :include
\set ECHO all
CREATE FUNCTION stream(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (what text, subject text, data text) LANGUAGE sql AS $$
    SELECT * FROM stream_of('regress_registry_protobuf', false, stream_options('protobuf-registry', options))
$$;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_registry_protobuf', 'wal2kafka');
\set unwrap '''transforms'', ''u'', ''transforms.u.type'', ''io.debezium.transforms.ExtractNewRecordState'''
\set scrub '''key.converter.scrub.invalid.names'', ''true'', ''value.converter.scrub.invalid.names'', ''true'''
\set advance 'SELECT pg_replication_slot_advance(''regress_registry_protobuf'', pg_current_wal_lsn()) IS NOT NULL;'

-- The envelope, and the key
CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL DEFAULT 'd', n numeric(6,2) DEFAULT 1.5, s smallint, dec numeric, e bytea);
INSERT INTO t VALUES (1, 'a', NULL, -2, 1.50, '\x00ff');
SELECT what, subject, data FROM stream() WHERE what NOT LIKE 'record%';
-- The bytes of a row, and of its key; zeros are left out, where nulls have no label
INSERT INTO t VALUES (0, '', 0, 0, 0, '');
SELECT what, subject, data FROM stream(:unwrap) WHERE what LIKE 'record%';
SELECT what, subject, data FROM stream(:unwrap, 'value.converter.optional.for.nullables', 'true', 'key.converter.optional.for.nullables', 'true');
SELECT what, subject, data FROM stream(:unwrap, 'value.converter.wrapper.for.nullables', 'true', 'time.precision.mode', 'connect') WHERE what NOT LIKE 'keys%';
-- A null of a column with a default
SELECT data FROM stream(:unwrap, 'value.converter.ignore.default.for.nullables', 'false') WHERE what LIKE 'record%';
-- Tables whose schemas are made anew have the references that they had
ALTER TABLE t SET (fillfactor = 50);
DELETE FROM t;
SELECT what, subject FROM stream();
:advance

-- Every kind of schema
CREATE TABLE k (b bool, i8 bigint, r real, d float8, da date, ti time(3), ts timestamp(3), tz timestamptz, u uuid, j jsonb, p point NOT NULL DEFAULT '(0,0)', p2 point, c circle, g polygon,
    m money, small numeric(2,4), vb varbit(9), a int[], aa text[], n numeric(3,1)[], pp point[], iv interval);
ALTER TABLE k REPLICA IDENTITY FULL;
INSERT INTO k VALUES (true, -1, 1.5, -0.5, '2020-02-29', '01:02:03.004', '1969-12-31 23:59:59.999', '2020-01-01 00:00+00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[1]', '(1,2)', '(3,4)', '<(0,0),1>', '((0,0),(1,1))',
    -1.5, 0.0012, '101', '{1,-1}', '{{a,b},{c,d}}', '{1.5,0}', '{"(0,0)","(1,0)"}', '1 day');
SELECT what, subject, data FROM stream(:unwrap);
SELECT what, subject, data FROM stream(:unwrap, 'time.precision.mode', 'connect', 'decimal.handling.mode', 'double');
SELECT data FROM stream(:unwrap, 'time.precision.mode', 'structured', 'value.converter.optional.for.nullables', 'true') WHERE what NOT LIKE 'record%';
-- Images whose arrays are of different shapes have messages of their own
UPDATE k SET aa = '{a}';
SELECT substr(data, 1, strpos(data, 'after') + 10) FROM stream() WHERE what NOT LIKE 'record%';
SELECT count(*), count(DISTINCT name[1]) FROM stream() s, regexp_matches(data, 'message (Value\d*) ', 'g') AS name WHERE what NOT LIKE 'record%';
-- No null stands in an array
UPDATE k SET a = '{1,NULL}';
SELECT what FROM stream();
SELECT what FROM stream('event.converting.failure.handling.mode', 'skip');
:advance

-- Names
CREATE TABLE "odd-name" (id int PRIMARY KEY, "a b" int, "ü.x" int, _u int, "1st" int);
INSERT INTO "odd-name" VALUES (1, 2, 3, 4, 5);
SELECT what FROM stream();
SELECT what FROM stream('schema.name.adjustment.mode', 'avro');
SELECT what, data FROM stream(:unwrap, :scrub) WHERE what NOT LIKE 'record%';
:advance
CREATE TABLE clash ("a-b" int, a_b int);
INSERT INTO clash VALUES (1, 2);
SELECT what FROM stream(:scrub);
:advance
CREATE TABLE google (google point, "Point" point, "Value" int, a_b int, "aB" int, string text, message int, int32 int, reserved date);
INSERT INTO google VALUES ('(0,0)', '(1,1)', 1, 2, 3, 's', 4, 5, '2020-01-01');
SELECT data FROM stream('time.precision.mode', 'connect') WHERE what NOT LIKE 'record%';
SELECT subject FROM stream('key.subject.name.strategy', 'RecordNameStrategy', 'value.subject.name.strategy', 'io.confluent.kafka.serializers.subject.TopicRecordNameStrategy') WHERE what NOT LIKE 'record%';
:advance

-- Records that are not a row's
BEGIN;
SELECT 'message' FROM pg_logical_emit_message(true, 'note', 'hi');
TRUNCATE t;
COMMIT;
SELECT what, subject, data FROM stream('provide.transaction.metadata', 'true', 'skipped.operations', 'none') WHERE what NOT LIKE 'record%';
SELECT what FROM stream('provide.transaction.metadata', 'true', 'skipped.operations', 'none') WHERE what LIKE 'record%';
:advance

-- What is no structure is one of google.protobuf's messages
CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text NOT NULL, type text, payload text);
INSERT INTO outbox VALUES ('00000000-0000-0000-0000-000000000001', 'order', '7', 'made', 'hello');
SELECT what, subject, data FROM stream('transforms', 'o', 'transforms.o.type', 'io.debezium.transforms.outbox.EventRouter');
-- One side alone
SELECT what, data FROM stream('key.converter', 'io.confluent.connect.protobuf.ProtobufConverter', 'value.converter', 'JsonConverter', 'value.converter.schemas.enable', 'false', :unwrap) WHERE what NOT LIKE 'record%';

SELECT pg_drop_replication_slot('regress_registry_protobuf');
SET client_min_messages = warning;
DROP SCHEMA registry_protobuf CASCADE;
