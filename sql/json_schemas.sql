--
-- JSON with schemas, as Connect's JsonConverter writes them.
--
SET client_min_messages = warning;
CREATE SCHEMA json_schemas;
SET search_path = json_schemas;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (n bigint, d json)
LANGUAGE sql AS $$
    SELECT row_number() OVER (), data::json
    FROM pg_logical_slot_get_changes('regress_json_schemas', NULL, NULL,
                                     VARIADIC ARRAY['topic.prefix', 'p'] || options)
$$;
-- A schema's fields, one in a line: what is equal in all of them is left out.
CREATE FUNCTION fields(schema json) RETURNS SETOF text
LANGUAGE sql AS $$
    SELECT f->>'field' || ': ' ||
           replace(replace(f::text, ',"field":' || (f->'field')::text, ''), '"optional":true', '?')
    FROM json_array_elements(schema->'fields') f
$$;
RESET client_min_messages;
\pset format unaligned
\pset tuples_only on
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_schemas', 'wal2kafka');

-- Whole records, every byte but the times and positions.
CREATE FUNCTION masked(part json) RETURNS text
LANGUAGE sql AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(part::text,
        '("(ts_ms|ts_us|ts_ns|txId|lsn)":)\d+', '\1N', 'g'),
        '("sequence":)"[^ ]*\]"', '\1"S"'), '("db":)"[^"]*"', '\1"D"')
$$;
CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, email text);
INSERT INTO customer VALUES (7, 'Ada', NULL);
DELETE FROM customer;
TRUNCATE customer;
CREATE TABLE keyless (a int);
INSERT INTO keyless VALUES (1);
SELECT 'sent' FROM pg_logical_emit_message(true, 'pfx', 'content');
CREATE TEMP TABLE seen AS
    SELECT * FROM changes('format', 'json-with-schemas', 'skipped.operations', 'none');
SELECT masked(d->'key') FROM seen WHERE n = 1;
SELECT masked(d->'value') FROM seen WHERE n = 1;
SELECT d->>'op', d->'key'->'payload', d#>'{value,payload,before}', d#>'{value,payload,after}',
       md5(d#>>'{value,schema}') = (SELECT md5(d#>>'{value,schema}') FROM seen WHERE n = 1),
       json_typeof(d->'value')
FROM seen ORDER BY n;
SELECT masked(d->'key') FROM seen WHERE d->>'op' = 'm';
SELECT masked(d->'value') FROM seen WHERE d->>'op' = 'm';
DROP TABLE seen, keyless;

-- Keys and values apart.
INSERT INTO customer VALUES (1, 'x');
SELECT d->'key', d#>'{value,after}' FROM changes('key.converter.schemas.enable', 'true');
INSERT INTO customer VALUES (2, 'x');
SELECT d->'key', d#>'{value,payload,after}' FROM changes('value.converter', 'org.apache.kafka.connect.json.JsonConverter');
INSERT INTO customer VALUES (3, 'x');
SELECT d->'key', d#>'{value,payload,after}' FROM changes('format', 'json-with-schemas', 'key.converter.schemas.enable', 'false');

-- Every type, alone and in an array.
CREATE TYPE mood AS ENUM ('sad', 'a,b', 'Ünhappy "q"');
CREATE DOMAIN price AS numeric(8,2);
CREATE DOMAIN prices AS price;
CREATE TYPE comp AS (a int, b text);
CREATE TABLE t (b bool, s smallint, i int, l bigint NOT NULL, o oid, r real, d float8, n numeric, n52 numeric(5,2), n5 numeric(5), neg numeric(3,-2), m money,
    c char(5), v varchar(5), t text, ch "char", na name, u uuid, j json, jb jsonb, x xml, e mood NOT NULL, ts tsvector,
    by bytea, b1 bit, b3 bit(3), vb varbit, vb9 varbit(9), da date, t3 time(3), t6 time, tz timetz, ts3 timestamp(3), t6s timestamp, tsz timestamptz, iv interval,
    ip inet, ra int4range, mr int4multirange, p price, pp prices, co comp, pl pg_lsn, tq tsquery);
INSERT INTO t (l, e) VALUES (1, 'sad');
SELECT fields(d#>'{value,schema,fields,1}') FROM changes('format', 'json-with-schemas');
CREATE TABLE a (b bool[], i int[] NOT NULL, l bigint[], n numeric[], n52 numeric(5,2)[], m money[], t text[], u uuid[], j jsonb[], e mood[], by bytea[], b3 bit(3)[], da date[], t3 time(3)[], tsz timestamptz[], iv interval[], p price[], co comp[], iv2 int2vector, ov oidvector);
INSERT INTO a (i) VALUES ('{}');
SELECT fields(d#>'{value,schema,fields,1}') FROM changes('format', 'json-with-schemas');

-- A schema says how deep an array is, and follows the values.
CREATE TABLE deep (id int PRIMARY KEY, a int[], b text[][]);
ALTER TABLE deep REPLICA IDENTITY FULL;
ALTER TABLE deep ALTER a SET STORAGE EXTERNAL;
INSERT INTO deep VALUES (1, '{1,2}', '{{a}}'), (2, '{{1,2},{3,NULL}}', '{b}'), (3, '{}', NULL), (4, '{{{5}}}', '{}'), (5, '{6}', '{{c},{d}}');
SELECT (d#>'{value,schema,fields,1,fields,1}')::text, (d#>'{value,schema,fields,1,fields,2}')::text, d#>'{value,payload,after}'
FROM changes('format', 'json-with-schemas');
-- Each of an update's two rows has its own schema; where only one of them says how deep it is, so is the other's.
UPDATE deep SET a = '{{7}}' WHERE id = 5;
UPDATE deep SET a = '{8}', b = NULL WHERE id = 5;
UPDATE deep SET a = '{}', b = '{{{e}}}' WHERE id = 5;
DELETE FROM deep WHERE id = 5;
SELECT (d#>'{value,schema,fields,0,fields,1,items}')::text, d#>'{value,payload,before,a}', (d#>'{value,schema,fields,1,fields,1,items}')::text, d#>'{value,payload,after,a}',
       (d#>'{value,schema,fields,0,fields,2,items}')::text, d#>'{value,payload,before,b}', (d#>'{value,schema,fields,1,fields,2,items}')::text, d#>'{value,payload,after,b}'
FROM changes('format', 'json-with-schemas') WHERE d->>'value' IS NOT NULL;
ALTER TABLE deep REPLICA IDENTITY DEFAULT;
INSERT INTO deep SELECT 6, array_agg(ARRAY[i, i]) FROM generate_series(1, 1000) i;
UPDATE deep SET b = '{x}' WHERE id = 6;
SELECT (d#>'{value,schema,fields,1,fields,1}')::text, d#>'{value,payload,after,a,0}', d#>'{value,payload,after,b}'
FROM changes('format', 'json-with-schemas');
-- Debezium says that these have no null elements, and fails where they do.
CREATE TABLE required (e mood[], ts tsvector[]);
INSERT INTO required VALUES ('{sad}', '{a}'), ('{sad,NULL}', '{}'), ('{sad}', NULL);
SELECT d#>'{value,schema,fields,1,fields,0,items,optional}', d#>'{value,schema,fields,1,fields,1,items,optional}', d#>'{value,payload,after}'
FROM changes('format', 'json-with-schemas');

-- Decimals as numbers, in keys and values.
CREATE TABLE dec (k numeric(5,2) PRIMARY KEY, n numeric(30,10), v numeric, m money, d numeric(5,1) DEFAULT 1.5);
INSERT INTO dec VALUES (1.5, 0.0000000001, 1.50, 2, 3), (-1, 12345678901234567890, 0, -0.01, NULL), (0, 0, NULL, NULL, 0);
CREATE TEMP TABLE seen AS
    SELECT * FROM changes('format', 'json-with-schemas', 'value.converter.decimal.format', 'NUMERIC', 'key.converter.decimal.format', 'numeric');
SELECT d#>'{key,payload}', d#>'{value,payload,after}', d#>'{value,schema,fields,1,fields,4,default}' FROM seen ORDER BY n;
DROP TABLE seen;
UPDATE dec SET k = 2 WHERE k = 0;
SELECT d->>'op', d->'key', d#>'{value,after}', d->'headers'->'__debezium.newkey' FROM changes('key.converter.decimal.format', 'NUMERIC');

-- Names that Avro would not take.
CREATE TABLE "odd.Näme 1" ("1st" int PRIMARY KEY, "a-b" int, "ü_x" int, "e😀" text, ok_1 int);
INSERT INTO "odd.Näme 1" VALUES (1, 2, 3, 'x', 4);
SELECT d->>'topic', d#>'{key}', d#>'{value,schema,name}', d#>'{value,schema,fields,0,name}', d#>'{value,payload,after}', d#>'{value,schema,fields,2,name}'
FROM changes('format', 'json-with-schemas', 'schema.name.adjustment.mode', 'avro', 'field.name.adjustment.mode', 'avro');
UPDATE "odd.Näme 1" SET "1st" = 2;
SELECT d->>'topic', d#>'{key}', d#>'{value,schema,name}', d#>'{value,payload,after}', d->'headers'->'__debezium.newkey'
FROM changes('format', 'json-with-schemas', 'schema.name.adjustment.mode', 'avro_unicode', 'field.name.adjustment.mode', 'avro_unicode');
UPDATE "odd.Näme 1" SET "a-b" = 3;
SELECT d->'key', d#>'{value,after}' FROM changes('field.name.adjustment.mode', 'avro');
CREATE TABLE clash ("a-b" int, "a b" int);
INSERT INTO clash VALUES (1, 2);
\set VERBOSITY terse
SELECT d#>'{value,after}' FROM changes('field.name.adjustment.mode', 'avro');
\set VERBOSITY default
SELECT d#>'{value,after}' FROM changes('field.name.adjustment.mode', 'avro_unicode');

-- What the database calls a type.
CREATE TABLE src (id serial PRIMARY KEY, b bigserial, s smallserial, i int, t text, v varchar(9), c char(3), n numeric, n52 numeric(5,2), r real, d float8, bo bool, o oid, da date, t0 time(0), t1 time(1), ti time,
    tz timetz(3), ts timestamp(3), tsz timestamptz, iv interval, iv0 interval(0), b3 bit(3), vb varbit, by bytea, m money, e mood, p price, a int[], va varchar(4)[], "Odd ""n" int);
INSERT INTO src DEFAULT VALUES;
CREATE TEMP TABLE seen AS
    SELECT * FROM changes('format', 'json-with-schemas', 'column.propagate.source.type', '.*\.SRC\..*');
SELECT f->'parameters' FROM seen, json_array_elements(d#>'{value,schema,fields,1,fields}') f;
SELECT d#>'{key,schema}' FROM seen;
DROP TABLE seen;
INSERT INTO src DEFAULT VALUES;
SELECT f->>'field' FROM changes('format', 'json-with-schemas', 'column.propagate.source.type', 'json_schemas\.src\.(i|da)', 'datatype.propagate.source.type', '.+\.(SERIAL|_int4),.*\.src\.price'),
       json_array_elements(d#>'{value,schema,fields,1,fields}') f
WHERE f->'parameters'->'__debezium.source.column.type' IS NOT NULL;

-- Of a key's column that values leave out little is known, as with Debezium.
CREATE TABLE left_out (id serial PRIMARY KEY, v text);
INSERT INTO left_out (v) VALUES ('x');
SELECT d#>'{key,schema,fields}', d#>'{key,payload}' FROM changes('format', 'json-with-schemas');
INSERT INTO left_out (v) VALUES ('y');
SELECT d#>'{key,schema,fields}', d#>'{key,payload}' FROM changes('format', 'json-with-schemas', 'column.exclude.list', '.*left_out.id');

-- A schema is that of the commit, and of the place in a transaction.
CREATE TABLE ddl (id int PRIMARY KEY, e mood, v text);
BEGIN;
INSERT INTO ddl VALUES (1, 'sad', 'x');
ALTER TABLE ddl ADD COLUMN w int NOT NULL DEFAULT 5, DROP COLUMN v;
INSERT INTO ddl VALUES (2, 'sad', 6);
COMMIT;
ALTER TYPE mood ADD VALUE 'new' BEFORE 'a,b';
INSERT INTO ddl VALUES (3, 'new', 6);
ALTER TYPE mood RENAME VALUE 'new' TO 'newer';
ALTER TABLE ddl ALTER w SET DEFAULT 7;
INSERT INTO ddl VALUES (4, 'newer');
ALTER TABLE ddl ALTER w DROP DEFAULT, ALTER w DROP NOT NULL;
INSERT INTO ddl VALUES (5, 'newer');
ALTER TABLE ddl DROP COLUMN w;
SELECT d#>>'{key,payload}', (SELECT string_agg(f, ' ') FROM fields(d#>'{value,schema,fields,1}') f) FROM changes('format', 'json-with-schemas') ORDER BY n;

SELECT pg_drop_replication_slot('regress_json_schemas');
SET client_min_messages = warning;
DROP SCHEMA json_schemas CASCADE;
