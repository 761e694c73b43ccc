--
-- What transforms make in format=protobuf, and schema changes.  What libraries
-- make of them is tested with those (test/kafka/formats.py).
--
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;
CREATE SCHEMA protobuf_transforms;
SET search_path = protobuf_transforms;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_protobuf_transforms', 'wal2kafka');

\getenv srcdir PG_ABS_SRCDIR
\set include :srcdir /sql/include/protobuf_fields.sql
\set ECHO none
\i :include
\set ECHO all
-- The records of the changes so far: what differs from run to run is left out.
CREATE FUNCTION records(options jsonb DEFAULT '{}')
RETURNS TABLE (n int, op text, key bytea, value bytea, headers int) LANGUAGE plpgsql AS $$
DECLARE args text[]; msg record; at int; len int; p bytea; klen bigint; vlen bigint;
BEGIN
    n := 0;
    SELECT array_agg(a ORDER BY o, i) INTO args
    FROM jsonb_each_text('{"framing": "binary", "topic.prefix": "p", "format": "protobuf", "extended.headers.enabled": false, "skipped.operations": "none"}' || options)
            WITH ORDINALITY AS e(k, v, o), LATERAL (VALUES (1, k), (2, v)) AS p(i, a);
    FOR msg IN SELECT data FROM pg_logical_slot_peek_binary_changes('regress_protobuf_transforms', NULL, NULL, VARIADIC args) LOOP
        at := 0;
        WHILE at < length(msg.data) LOOP
            len := u32(msg.data, at + 4);
            IF chr(get_byte(msg.data, at + 1)) = 'R' THEN
                p := substr(msg.data, at + 9, len);
                n := n + 1;
                SELECT chr(get_byte(p, 38)), u32(p, 24), u32(p, 28), get_byte(p, 36) INTO op, klen, vlen, headers;
                key := CASE WHEN klen < 4294967295 THEN substr(p, 40 + 1, klen::int) END;
                value := CASE WHEN vlen < 4294967295 THEN substr(p, 40 + 1 + mod(klen, 4294967295)::int, vlen::int) END;
                RETURN NEXT;
            END IF;
            at := at + 8 + len;
        END LOOP;
    END LOOP;
END $$;
-- A Value, and those in it.
CREATE FUNCTION show(value bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE f record; name text; said text;
    kinds text[] := ARRAY['integer', 'text', 'boolean', 'double', 'real', 'decimal', 'timestamp', 'timestamptz', 'date', 'binary', 'uuid', 'json', 'array', 'null',
            'unavailable', 'time', 'timetz', 'interval', 'infinite', 'bits', 'point', 'map', 'floats', 'ewkb', 'structure'];
BEGIN
    FOR f IN SELECT * FROM fields(value) LOOP
        IF f.field = 1 THEN name := convert_from(f.data, 'UTF8') || '='; CONTINUE; END IF;
        said := kinds[f.field - 1] || ':' ||
            CASE WHEN f.field IN (2, 10) THEN (CASE WHEN f.num % 2 = 0 THEN div(f.num, 2) ELSE -div(f.num + 1, 2) END)::text
                 WHEN f.field IN (3, 7, 13) THEN convert_from(f.data, 'UTF8')
                 WHEN f.field IN (8, 9) THEN (timestamp 'epoch' + (u32(f.data, 0) + u32(f.data, 4) * 4294967296) * interval '1 us')::text
                 WHEN f.field IN (14, 26) THEN '[' || all_of(f.data) || ']'
                 WHEN f.num IS NOT NULL THEN f.num::text
                 ELSE f.data::text END;
    END LOOP;
    RETURN coalesce(name, '') || said;
END $$;
CREATE FUNCTION all_of(bytes bytea, number int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(show(f.data), ' ' ORDER BY f.n), '') FROM fields(bytes) f WHERE f.field = number
$$;
-- A value's parts, each on its own: rows, what is instead of them, what was added.
CREATE FUNCTION parts(bytes bytea) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(CASE field WHEN 1 THEN 'before [' || all_of(data) || ']' WHEN 2 THEN 'after [' || all_of(data) || ']'
            WHEN 3 THEN 'source' || coalesce(' + ' || nullif(all_of(data, 14), ''), '')
            WHEN 4 THEN 'op ' || num WHEN 8 THEN show(data) WHEN 9 THEN '+ ' || show(data) WHEN 7 THEN 'message' END, ' ' ORDER BY n)
    FROM fields(bytes) f
$$;
-- What of a value stays the same: not when it was made.
CREATE FUNCTION lasting(bytes bytea) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(field || ':' || coalesce(num::text, data::text), ' ' ORDER BY n) FROM fields(bytes) f WHERE field <> 5
$$;

\pset format unaligned
\pset tuples_only on
SET timezone = 'UTC';
CREATE TYPE comp AS (a int, b text);
CREATE TABLE every (
    id int PRIMARY KEY, b bool, l bigint, o oid, r real, d float8, n numeric(12,2), nv numeric DEFAULT 1.5, m money, t text DEFAULT 'none', na name, by bytea, j json, u uuid,
    vb varbit, da date, ti time, tz timetz, ts timestamp, t3 timestamp(3), tsz timestamptz DEFAULT now(), iv interval, p point, ci circle, ip inet, co comp, ai int[], am text[],
    big text, secret text);
ALTER TABLE every ALTER big SET STORAGE EXTERNAL;
INSERT INTO every VALUES (1, true, -5, 4294967295, 'NaN', '-Infinity', 1.50, 'NaN', '-12.34', 'ä', 'a name', '\x00ff', '{"a" : 1}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    '101', 'infinity', '24:00', '01:02:03+05:30', 'infinity', '2024-07-01 10:00:00.5', '294276-12-31 23:59:59.999999+00', '1 year -2 days', '(1.5,0)', '<(0,0.1),1>', '::1', ROW(1, 'x'),
    '{{1,NULL},{3,4}}', '[5:6]={a,NULL}', repeat('big', 1000), 'secret');
INSERT INTO every (id, nv, t, tsz) VALUES (2, NULL, NULL, NULL);
UPDATE every SET t = 'new' WHERE id = 1;
UPDATE every SET id = 3 WHERE id = 2;
DELETE FROM every WHERE id = 1;
TRUNCATE every;
SELECT 'sent' FROM pg_logical_emit_message(true, 'pfx', '\x00ff'::bytea);

-- An envelope that a transform leaves is the same bytes.
CREATE TEMP TABLE plain AS SELECT * FROM records('{"provide.transaction.metadata": true}');
SELECT count(*), count(value) FROM plain;
CREATE FUNCTION same(options jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s of %s', count(*) FILTER (WHERE r.key IS NOT DISTINCT FROM p.key AND lasting(r.value) IS NOT DISTINCT FROM lasting(p.value)), count(*))
    FROM records('{"provide.transaction.metadata": true}' || options) r FULL JOIN plain p USING (n)
$$;
SELECT same('{"transforms": "r", "transforms.r.type": "RegexRouter", "transforms.r.regex": "(.*)", "transforms.r.replacement": "x.$1"}');
SELECT same('{"transforms": "l", "transforms.l.type": "ByLogicalTableRouter", "transforms.l.topic.regex": "(.*)every", "transforms.l.topic.replacement": "$1all", "transforms.l.key.enforce.uniqueness": false}');
SELECT same('{"transforms": "z", "transforms.z.type": "TimezoneConverter", "transforms.z.converted.timezone": "+00:00", "transforms.z.exclude.list": "source:every:tz"}');
-- with masks, and keys that are not the table's
SELECT same FROM (SELECT format('%s of %s', count(*) FILTER (WHERE r.key IS NOT DISTINCT FROM p.key AND lasting(r.value) IS NOT DISTINCT FROM lasting(p.value)), count(*)) AS same
    FROM records('{"column.mask.with.3.chars": ".*[.](secret|t|u|n|tsz)", "column.truncate.to.1.chars": ".*[.]na", "message.key.columns": ".*every:id,b"}') p
    FULL JOIN records('{"column.mask.with.3.chars": ".*[.](secret|t|u|n|tsz)", "column.truncate.to.1.chars": ".*[.]na", "message.key.columns": ".*every:id,b",
        "transforms": "r", "transforms.r.type": "RegexRouter", "transforms.r.regex": "(.*)", "transforms.r.replacement": "x.$1"}') r USING (n)) s;
-- a key with one field more
SELECT DISTINCT all_of(r.key) FROM records('{"transforms": "l", "transforms.l.type": "ByLogicalTableRouter", "transforms.l.topic.regex": "(.*)every", "transforms.l.topic.replacement": "$1all"}') r WHERE key IS NOT NULL ORDER BY 1;

-- The row alone, with what is added to it; ways to handle deletes.
\set unwrap '{"transforms": "u", "transforms.u.type": "ExtractNewRecordState", "column.include.list": ".*[.]every[.](id|t|tsz|nv|big)"}'
SELECT n, op, all_of(key), replace(parts(value), repeat('big', 1000), 'all of it') FROM records(:'unwrap'::jsonb || '{"provide.transaction.metadata": true, "transforms.u.add.fields": "op,source.table,data_collection_order,before.t", "transforms.u.add.headers": "op"}') WHERE op <> 'n';
SELECT n, op, all_of(key), replace(parts(value), repeat('big', 1000), 'all of it') FROM records(:'unwrap'::jsonb || '{"transforms.u.delete.tombstone.handling.mode": "rewrite"}');
SELECT n, op, all_of(key), replace(parts(value), repeat('big', 1000), 'all of it') FROM records(:'unwrap'::jsonb || '{"transforms.u.delete.tombstone.handling.mode": "rewrite-with-tombstone", "transforms.u.replace.null.with.default": false}') WHERE op <> 'c';
SELECT n, op, all_of(key), replace(parts(value), repeat('big', 1000), 'all of it') FROM records(:'unwrap'::jsonb || '{"transforms.u.delete.tombstone.handling.mode": "delete-to-tombstone"}') WHERE op <> 'c';
-- all types, unwrapped, are as they were
WITH whole AS MATERIALIZED (SELECT all_of(key) AS k, op, all_of(f.data) AS row_of FROM plain, fields(value) f WHERE op IN ('c', 'u') AND f.field = 2),
    alone AS MATERIALIZED (SELECT all_of(key) AS k, op, all_of(s.data) AS row_of FROM records('{"transforms": "u", "transforms.u.type": "ExtractNewRecordState", "transforms.u.delete.tombstone.handling.mode": "drop"}') r,
        fields(r.value) v, fields(v.data) s WHERE v.field = 8 AND s.field = 26)
SELECT count(*), count(*) FILTER (WHERE whole.row_of = alone.row_of) FROM whole FULL JOIN alone USING (k, op);

-- Times in a zone: the count of a local time changes, an instant is the same.
\set zone '{"transforms": "z", "transforms.z.type": "TimezoneConverter", "column.include.list": ".*[.]every[.](id|ts|t3|tsz|am)"}'
SELECT parts(value) FROM records(:'zone'::jsonb || '{"transforms.z.converted.timezone": "+02:00"}') WHERE op = 'c' OR op = 'd';
SELECT parts(value) = 'after [' || all_of(data) || '] source op 2' FROM records(:'zone'::jsonb || '{"transforms.z.converted.timezone": "+02:00"}') r, fields(r.value) f WHERE op = 'c' AND f.field = 2;
-- times of the source block that differ from one another
SELECT DISTINCT regexp_replace(parts(value), 'integer:\d+', 'integer:0', 'g') FROM records(:'zone'::jsonb || '{"transforms.z.converted.timezone": "+02:00", "transforms.z.include.list": "source:every:source.ts_ms", "column.include.list": ".*[.]every[.]id"}') WHERE op = 'u';
SELECT DISTINCT regexp_replace(parts(value), 'integer:\d+', 'integer:0', 'g') FROM records(:'zone'::jsonb || '{"transforms.z.converted.timezone": "+02:00", "transforms.z.include.list": "every:source.ts_ms,every:source.ts_us,every:source.ts_ns", "column.include.list": ".*[.]every[.]id"}') WHERE op = 'u';
-- a time with a zone gets another offset
SELECT convert_from(f.data, 'UTF8'), t.n, t.field, t.num FROM records(:'zone'::jsonb || '{"transforms.z.converted.timezone": "-01:00", "column.include.list": ".*[.]every[.](id|tz)"}') r, fields(r.value) a, fields(a.data) c, fields(c.data) f, fields(c.data) k, fields(k.data) t
WHERE r.n = 1 AND a.field = 2 AND f.field = 1 AND k.field = 18;

-- Headers become fields: of the envelope, of what is in it, of no place there is.
\set header '{"transforms": "v", "transforms.v.type": "HeaderToValue", "transforms.v.operation": "copy", "extended.headers.enabled": true, "column.include.list": ".*[.]every[.]id"}'
SELECT n, op, parts(value) FROM records(:'header'::jsonb || '{"transforms.v.headers": "__debezium.context.taskId,__debezium.newkey,__debezium.context.connectorName", "transforms.v.fields": "task,new,after.made"}');
SELECT DISTINCT op, parts(value) FROM records(:'header'::jsonb || '{"transforms.v.headers": "__debezium.context.taskId,__debezium.context.connectorName,__debezium.context.connectorLogicalName", "transforms.v.fields": "source.task,made.here,op"}') WHERE op = 'u';
SELECT DISTINCT op, parts(value) FROM records(:'header'::jsonb || '{"transforms.v.headers": "__debezium.context.taskId,__debezium.context.connectorName", "transforms.v.fields": "source.sequence,source.snapshot"}') WHERE op = 'u';

-- A key that is no structure, and values of all kinds: the outbox.
SELECT 'read' FROM pg_logical_slot_get_binary_changes('regress_protobuf_transforms', NULL, NULL, 'framing', 'binary', 'format', 'protobuf') LIMIT 1;
CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype text, aggregateid text, n bigint, at timestamp, ver int, payload jsonb, body text, raw bytea, price numeric, tags text[], place point);
INSERT INTO outbox VALUES
    ('00000000-0000-0000-0000-000000000001', 'Order', '17', 17, '2024-07-01 10:00:00.123456', 1, '{"id": 17, "l": 5000000000, "d": 1.5, "n": null, "e": [], "s": {"t": true, "a": [{"x": 1}, {"y": "z"}]}, "m": [[1], [2, 3]]}', '{"b": 1}', '\x00ff', 12.50, '{a,NULL}', '(1,2)'),
    ('00000000-0000-0000-0000-000000000002', 'Order', NULL, NULL, '294276-12-31 23:59:59', NULL, NULL, 'no JSON', NULL, 'NaN', NULL, NULL);
DELETE FROM outbox;
\set outbox '{"transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"}'
CREATE FUNCTION routed(options jsonb) RETURNS TABLE (n int, key text, value text) LANGUAGE sql AS $$
    SELECT r.n, CASE WHEN f.field = 2 THEN show(f.data) ELSE r.key::text END, parts(r.value)
    FROM records('{"transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"}' || options) r LEFT JOIN LATERAL fields(r.key) f ON true ORDER BY r.n
$$;
SELECT * FROM routed('{}');
SELECT * FROM routed('{"transforms.o.table.expand.json.payload": true}');
SELECT * FROM routed('{"transforms.o.table.expand.json.payload": true, "transforms.o.table.json.payload.null.behavior": "optional_bytes",
    "transforms.o.table.fields.additional.placement": "price:envelope,place:envelope:at,tags:envelope,ver:header:version", "transforms.o.table.field.event.key": "n"}');
SELECT * FROM routed('{"transforms.o.table.field.event.payload": "raw", "transforms.o.table.field.event.key": "raw"}');
SELECT * FROM routed('{"transforms.o.table.field.event.payload": "price", "transforms.o.table.field.event.key": "tags"}');
SELECT * FROM routed('{"transforms.o.table.field.event.payload": "body", "transforms.o.table.field.event.key": "place", "transforms.o.route.tombstone.on.empty.payload": true}');
-- a time that is none of the record's falls back to the event's
SELECT * FROM routed('{"transforms.o.table.field.event.timestamp": "at", "transforms.o.table.field.event.payload": "at"}');
-- What readers would refuse to read stays text.
SELECT 'read' FROM pg_logical_slot_get_binary_changes('regress_protobuf_transforms', NULL, NULL, 'framing', 'binary', 'format', 'protobuf') LIMIT 1;
INSERT INTO outbox (id, aggregatetype, aggregateid, body) VALUES ('00000000-0000-0000-0000-000000000003', 'Order', 'deep', repeat('{"a":', 40) || '1' || repeat('}', 40)),
    ('00000000-0000-0000-0000-000000000004', 'Order', 'deeper', repeat('{"a":', 41) || '1' || repeat('}', 41));
SELECT key, left(value, 40) FROM routed('{"transforms.o.table.expand.json.payload": true, "transforms.o.table.field.event.payload": "body"}');

-- Schema changes
SELECT 'read' FROM pg_logical_slot_get_binary_changes('regress_protobuf_transforms', NULL, NULL, 'framing', 'binary', 'format', 'protobuf') LIMIT 1;
SELECT wal2kafka.create_connector('{"name": "pt", "initial_state": "STOPPED", "config": {"bootstrap.servers": "127.0.0.1:1", "topic.prefix": "p", "snapshot.mode": "no_data",
    "include.schema.changes": true, "format": "protobuf", "schema.include.list": "protobuf_transforms"}}');
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE changed (id serial PRIMARY KEY, v varchar(10) NOT NULL DEFAULT 'x', n numeric(8, 2), m mood);
ALTER TABLE changed DROP v;
DROP TABLE changed;
-- fields that are text or numbers, jdbc_type as it is on the wire
CREATE FUNCTION said(bytes bytea) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(field || ':' || CASE WHEN num IS NULL THEN convert_from(data, 'UTF8') WHEN field = 3 AND num > 16384 THEN 'oid' ELSE num::text END, ' ' ORDER BY n) FROM fields(bytes)
$$;
CREATE VIEW schema_changes AS
    SELECT r.n, all_of(r.key) AS key, parts.n AS part, parts.field,
        CASE parts.field WHEN 1 THEN 'source of ' || (SELECT string_agg(convert_from(f.data, 'UTF8'), '.' ORDER BY f.n) FROM fields(parts.data) f WHERE f.field IN (11, 12))
            WHEN 2 THEN 'ts_ms' WHEN 7 THEN show(parts.data) WHEN 6 THEN
                (SELECT string_agg(CASE c.field WHEN 1 THEN c.num::text WHEN 2 THEN convert_from(c.data, 'UTF8')
                    ELSE (SELECT string_agg(chr(10) || '  ' || CASE t.field WHEN 3 THEN said(t.data) ELSE 'key ' || convert_from(t.data, 'UTF8') END, '' ORDER BY t.n) FROM fields(c.data) t) END, ' ' ORDER BY c.n)
                    FROM fields(parts.data) c)
            ELSE convert_from(parts.data, 'UTF8') END AS said
    FROM records('{"connector": "pt", "include.schema.changes": true, "schema.include.list": "protobuf_transforms", "extended.headers.enabled": true,
            "transforms": "v", "transforms.v.type": "HeaderToValue", "transforms.v.operation": "copy", "transforms.v.headers": "__debezium.context.taskId", "transforms.v.fields": "task"}') r, fields(r.value) parts;
SELECT n, key, field, said FROM schema_changes ORDER BY n, part;
-- without transforms but for what was added
SELECT count(*), bool_and(s.key = all_of(r.key)), bool_and(CASE s.field WHEN 5 THEN s.said = convert_from(f.data, 'UTF8') ELSE true END)
FROM records('{"connector": "pt", "include.schema.changes": true, "schema.include.list": "protobuf_transforms"}') r, fields(r.value) f, schema_changes s WHERE s.n = r.n AND s.part = f.n AND s.field = f.field;

\pset format aligned
\pset tuples_only off
SELECT wal2kafka.drop_connector('pt');
DO $$
BEGIN
    FOR i IN 1..1000 LOOP
        PERFORM FROM wal2kafka.connectors;
        EXIT WHEN NOT FOUND;
        PERFORM pg_sleep(0.02);
    END LOOP;
END
$$;
SELECT 'drop' FROM pg_drop_replication_slot('regress_protobuf_transforms');
SET client_min_messages = warning;
DROP SCHEMA protobuf_transforms CASCADE;
DROP EXTENSION wal2kafka;
