--
-- Records in format=protobuf, taken apart field by field.  What libraries
-- make of them is tested with those (test/kafka/formats.py).
--
SET client_min_messages = warning;
CREATE SCHEMA protobuf_types;
SET search_path = protobuf_types;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_protobuf', 'wal2kafka');

\getenv srcdir PG_ABS_SRCDIR
\set include :srcdir /sql/include/protobuf_fields.sql
\set ECHO none
\i :include
\set ECHO all
-- Keys and values of the records that there are.
CREATE FUNCTION records(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (n int, topic bigint, op text, key bytea, value bytea) LANGUAGE plpgsql AS $$
DECLARE msg record; at int; len int; p bytea; klen bigint; vlen bigint;
BEGIN
    n := 0;
    FOR msg IN SELECT data FROM pg_logical_slot_get_binary_changes('regress_protobuf', NULL, NULL,
            VARIADIC ARRAY['framing', 'binary', 'topic.prefix', 'p', 'format', 'protobuf'] || options) LOOP
        at := 0;
        WHILE at < length(msg.data) LOOP
            len := u32(msg.data, at + 4);
            IF chr(get_byte(msg.data, at + 1)) = 'R' THEN
                p := substr(msg.data, at + 9, len);
                n := n + 1; topic := u32(p, 16);
                SELECT chr(get_byte(p, 38)), u32(p, 24), u32(p, 28) INTO op, klen, vlen;
                key := CASE WHEN klen < 4294967295 THEN substr(p, 40 + 1, klen::int) END;
                value := CASE WHEN vlen < 4294967295 THEN substr(p, 40 + 1 + mod(klen, 4294967295)::int, vlen::int) END;
                RETURN NEXT;
            END IF;
            at := at + 8 + len;
        END LOOP;
    END LOOP;
END $$;
-- Values of a Row or a Key: name, kind, and what it holds.
CREATE FUNCTION columns(row_bytes bytea) RETURNS TABLE (n int, name text, kind text, holds text) LANGUAGE sql AS $$
    SELECT c.n, convert_from((SELECT f.data FROM fields(c.data) f WHERE f.field = 1), 'UTF8'),
        (ARRAY['integer', 'text', 'boolean', 'double', 'real', 'decimal', 'timestamp', 'timestamptz', 'date', 'binary', 'uuid', 'json', 'array', 'null',
            'unavailable', 'time', 'timetz', 'interval', 'infinite', 'bits', 'point', 'map', 'floats', 'ewkb'])[k.field - 1],
        CASE WHEN k.field IN (2, 10) THEN (CASE WHEN k.num % 2 = 0 THEN div(k.num, 2) ELSE -div(k.num + 1, 2) END)::text
             WHEN k.field IN (3, 7, 13) THEN convert_from(k.data, 'UTF8')
             WHEN k.num IS NOT NULL THEN k.num::text
             ELSE k.data::text END
    FROM fields(row_bytes) c, LATERAL (SELECT * FROM fields(c.data) f WHERE f.field > 1) k
    WHERE c.field = 1 ORDER BY c.n
$$;
CREATE FUNCTION part(value bytea, field int) RETURNS bytea LANGUAGE sql AS $$
    SELECT f.data FROM fields(value) f WHERE f.field = part.field
$$;

CREATE TYPE mood AS ENUM ('sad', 'Ünhappy');
CREATE TYPE comp AS (a int, b text);
CREATE TABLE s (id int PRIMARY KEY, b bool, s smallint, l bigint, o oid, r real, d float8, n numeric(12,2), nv numeric, m money, c char(5), t text, ch "char", na name, by bytea, j json, jb jsonb, u uuid, e mood,
    b1 bit, b20 bit(20), vb varbit);
INSERT INTO s VALUES (1, true, -32768, 9223372036854775807, 4294967295, 1.5, -2.5, 1.50, 12345678901234567890.000100, '-12.34', 'ab', 'ä', 'x', 'a name', '\x00ff', '{"a" : 1}', '{"b":2, "a":1}',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'Ünhappy', '1', '00000001000000010000', '101'),
    (-2, false, 0, -9223372036854775808, 0, 'NaN', '-Infinity', -0.01, 'NaN', '0', '', '', '', '', '', 'null', '[]', '00000000-0000-0000-0000-000000000000', 'sad', '0', repeat('1', 20)::bit(20), '');
INSERT INTO s (id, nv) VALUES (3, NULL), (4, 'Infinity'), (5, '-Infinity'), (6, 0.00001), (7, 10000), (8, 1e-20), (9, 0), (10, 0.000), (11, -1e25), (12, 123456.789), (13, 99990000.5), (14, 1e1000);
CREATE TEMP TABLE r AS SELECT * FROM records();
SELECT r.n, c.* FROM r, columns(key) c WHERE r.n <= 2;
SELECT r.n, c.* FROM r, columns(part(value, 2)) c WHERE r.n <= 2;
-- numeric is printed as the server prints it.
SELECT s.id, c.kind, c.holds = s.nv::text AS same, left(c.holds, 40) FROM r, columns(key) k, columns(part(value, 2)) c, s
WHERE k.holds::int = s.id AND c.name = 'nv' AND s.nv IS NOT NULL ORDER BY s.id DESC;
CREATE TABLE numbers (id int PRIMARY KEY, nv numeric);
INSERT INTO numbers SELECT i, (CASE WHEN i % 2 = 0 THEN -1 ELSE 1 END * (i * 7919 % 10007)::numeric * 10::numeric ^ (i % 41 - 20))::numeric FROM generate_series(1, 300) i;
INSERT INTO numbers SELECT 1000 + i, round((i * 7919 % 10007)::numeric / 1234567 * 10::numeric ^ (i % 13 - 6), i % 11) FROM generate_series(1, 300) i;
SELECT count(*), count(*) FILTER (WHERE c.holds = s.nv::text) AS same FROM records() r, columns(part(r.value, 2)) k, columns(part(r.value, 2)) c, numbers s
WHERE k.name = 'id' AND k.holds::int = s.id AND c.name = 'nv';

-- times
CREATE TABLE times (id int PRIMARY KEY, da date, ti time, tz timetz, ts timestamp, tsz timestamptz, iv interval);
INSERT INTO times VALUES (1, '2020-02-29', '01:02:03.000004', '01:02:03+05:30', '2020-01-01 00:00:00.5', '2020-01-01 00:00:00+02', '1 year -2 days 03:00:00.000001'),
    (2, 'infinity', '24:00', '24:00-01', 'infinity', '-infinity', '0'), (3, '0044-03-15 BC', '00:00', '00:00+00', '0044-03-15 BC', '294276-12-31 23:59:59.999999+00', '-1 month'),
    (4, '-infinity', NULL, NULL, '-infinity', 'infinity', NULL), (5, '5874897-12-31', '00:00', NULL, '294276-12-31 23:59:59.999999', '1970-01-01 00:00:00+00', NULL);
SELECT r.n, c.* FROM records() r, columns(part(value, 2)) c WHERE c.kind <> 'null' AND c.name <> 'id';

-- arrays and the rest
CREATE TABLE o (id int PRIMARY KEY, p point, ci circle, bo box, tv tsvector, ra int4range, ip inet, co comp, lsn pg_lsn, iv int2vector, i int[], t text[], f float8[], cs comp[]);
INSERT INTO o VALUES (1, '(1.5,0)', '<(0,0.1),1>', '(1,1),(0,0)', 'a fat cat', '[1,10)', '::1', ROW(1, 'x "y"'), '0/16B3748', '1 2', '{1,NULL,-3}', '{a,"b \"q\"",NULL,""}', '{1.5,NaN}', ARRAY[ROW(1, 'x')::comp, NULL]),
    (2, '(0,0)', NULL, NULL, '', 'empty', NULL, NULL, NULL, NULL, '{}', '[0:1][3:3]={{a},{NULL}}', NULL, NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[5:6]={1,2}', NULL, NULL, NULL);
CREATE TEMP TABLE ro AS SELECT * FROM records('include.unknown.datatypes', 'true');
SELECT r.n, c.* FROM ro r, columns(part(value, 2)) c WHERE c.kind <> 'null';
-- an array's elements and dimensions
SELECT r.n, c.name, f.n, f.field, f.data FROM ro r, fields(part(value, 2)) v, columns('\x0a' || substr(set_byte('\x00', 0, length(v.data)) || v.data, 1)) c, fields(c.holds::bytea) f
WHERE c.kind = 'array' AND length(v.data) < 128 ORDER BY r.n, c.name, f.n;

-- What the WAL does not hold, and deletes, tombstones, truncates.
CREATE TABLE big (id int PRIMARY KEY, v text NOT NULL, w text, n int NOT NULL);
ALTER TABLE big ALTER v SET STORAGE EXTERNAL;
INSERT INTO big VALUES (1, repeat('x', 4000), NULL, 5);
UPDATE big SET n = 6;
DELETE FROM big;
TRUNCATE big;
CREATE TEMP TABLE rb AS SELECT * FROM records('column.truncate.to.3.chars', 'protobuf_types\.big\.w', 'skipped.operations', 'none');
SELECT r.n, op, key, f.field, f.num FROM rb r LEFT JOIN LATERAL fields(value) f ON true ORDER BY r.n, f.n;
SELECT r.n, image, c.n, c.name, c.kind, left(c.holds, 10) FROM rb r, generate_series(1, 2) image, columns(part(value, image)) c ORDER BY r.n, image, c.n;
-- Masks
INSERT INTO big VALUES (2, 'abcdef', 'ghi', 1), (3, '', NULL, 1);
SELECT r.n, c.name, c.kind, c.holds FROM records('column.truncate.to.3.chars', 'protobuf_types\.big\.v', 'column.mask.with.4.chars', 'protobuf_types\.big\.w') r, columns(part(value, 2)) c;

-- The source block, transactions and messages
SELECT 'message' FROM pg_logical_emit_message(true, 'prefix', '\x00ff'::bytea);
CREATE TEMP TABLE rm AS SELECT * FROM records('provide.transaction.metadata', 'true');
SELECT r.n, op, f.field, CASE WHEN f.num < 1000 THEN f.num END FROM rm r, fields(value) f ORDER BY r.n, f.n;
SELECT r.n, f.field, CASE WHEN f.field IN (1, 2, 3, 4, 11, 12) THEN convert_from(f.data, 'UTF8') ELSE (f.num <> 0 OR length(f.data) = 8)::text END FROM rm r, fields(part(value, 3)) f WHERE op = 'm' ORDER BY r.n, f.n;
SELECT f.field, f.data FROM rm r, fields(part(value, 7)) f WHERE op = 'm';
SELECT c.name, c.kind, c.holds ~ '^([0-9]+:[0-9]+|prefix)$' AS ok FROM rm r, columns(key) c ORDER BY r.n;

-- No lines of text, and no JSON's options.
SELECT data FROM pg_logical_slot_get_changes('regress_protobuf', NULL, NULL, 'format', 'protobuf');
SELECT data FROM pg_logical_slot_get_binary_changes('regress_protobuf', NULL, NULL, 'format', 'protobuf', 'framing', 'binary', 'decimal.handling.mode', 'string');

SELECT pg_drop_replication_slot('regress_protobuf');
SET client_min_messages = warning;
DROP SCHEMA protobuf_types CASCADE;
