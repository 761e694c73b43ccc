--
-- Defaults of columns, in schemas and in place of NULL.
--
SET client_min_messages = warning;
CREATE SCHEMA json_defaults;
SET search_path = json_defaults;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (n bigint, d json)
LANGUAGE sql AS $$
    SELECT row_number() OVER (), data::json
    FROM pg_logical_slot_get_changes('regress_json_defaults', NULL, NULL,
                                     VARIADIC ARRAY['topic.prefix', 'p'] || options)
$$;
RESET client_min_messages;
\pset format unaligned
\pset tuples_only on
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_defaults', 'wal2kafka');
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN posint AS int;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';

-- Constants.
CREATE TABLE c (b bool DEFAULT 'yes', s smallint DEFAULT 7, i int DEFAULT -42, l bigint DEFAULT 5000000000, r real DEFAULT 1.5, d float8 DEFAULT 1e300, nan float8 DEFAULT 'NaN', n2 numeric(6,2) DEFAULT 3.5, n0 numeric(6) DEFAULT 100, c char(3) DEFAULT 'x', v varchar(9) DEFAULT 'dflt', t text DEFAULT 'it''s "q" \ ä😀', te text DEFAULT '', ti text DEFAULT 5,
    b1 bit DEFAULT B'1', b4 bit(4) DEFAULT B'1010', vb varbit DEFAULT B'11', da date DEFAULT '2020-02-03', t3 time(3) DEFAULT '01:02:03.5', t6 time DEFAULT '01:02:03.5', ts3 timestamp(3) DEFAULT '2020-01-02 03:04:05.25', ts timestamp DEFAULT '2020-01-02 03:04:05.000001', tsd timestamp DEFAULT date '2020-01-01', tsz timestamptz DEFAULT '2020-01-02 03:04:05+00', iv interval DEFAULT '1 year 2 mons',
    u uuid DEFAULT 'A0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', j json DEFAULT '{"a": 1}', jb jsonb DEFAULT '{"a":1}', e mood DEFAULT 'ok', par int DEFAULT (5), e8 bigint DEFAULT '12'::bigint,
    -- none: another type, a struct, a number that must be rounded
    n numeric DEFAULT 1.50, by bytea DEFAULT '\x01', tz timetz DEFAULT '01:02:03+00', ip inet DEFAULT '::1', m money DEFAULT 1.5, ia int[] DEFAULT '{1}', o oid DEFAULT 9, dp posint DEFAULT 3, q "char" DEFAULT 'q', nul int DEFAULT NULL, rnd numeric(5,2) DEFAULT 1.239, ri int DEFAULT 3.7, nn numeric(5,2) DEFAULT 'NaN');
INSERT INTO c DEFAULT VALUES;
SELECT f->>'field', f->'default' FROM changes('format', 'json-with-schemas'), json_array_elements(d#>'{value,schema,fields,1,fields}') f;

-- Computed ones: what Debezium takes for a call of a function.
CREATE TABLE f (id serial PRIMARY KEY, ident int GENERATED ALWAYS AS IDENTITY, i int DEFAULT f(), r real DEFAULT random(), n2 numeric(6,2) DEFAULT random(), b bool DEFAULT pg_is_in_recovery(), t text DEFAULT md5('x'), v varchar(60) DEFAULT current_user, cs text DEFAULT current_schema, cat char(70) DEFAULT current_catalog, j json DEFAULT json_build_object('a', 1), u uuid DEFAULT gen_random_uuid(), ut text DEFAULT gen_random_uuid()::text,
    da date DEFAULT current_date, dn date DEFAULT now()::date, ti time DEFAULT localtime, ts timestamp DEFAULT now(), tsd timestamp DEFAULT current_date, tsz timestamptz DEFAULT now(), tsz0 timestamptz(0) DEFAULT now(), iv interval DEFAULT make_interval(days => 1), plus timestamp DEFAULT now() + interval '7 days', mul int DEFAULT random() * 10, at timestamp DEFAULT (now() AT TIME ZONE 'UTC'), co text DEFAULT coalesce('a', 'b'), gr int DEFAULT greatest(1, 2), nu int DEFAULT nullif(1, 2), ex int DEFAULT extract(year FROM now()), bo bool DEFAULT (1 = 1), b4 bit(4) DEFAULT f()::bit(4),
    -- none
    cast2 int DEFAULT (random() * 10)::int, d1 date DEFAULT current_date + 1, lit int DEFAULT 1 + f(), neg int DEFAULT -f(), e mood DEFAULT enum_first(NULL::mood), at2 date DEFAULT (now() AT TIME ZONE 'UTC')::date, cs2 int DEFAULT CASE WHEN true THEN 1 END, ar int[] DEFAULT array_fill(1, ARRAY[2]), cat2 text DEFAULT 'a' || 'b');
INSERT INTO f DEFAULT VALUES;
SELECT f->>'field', f->'default' FROM changes('format', 'json-with-schemas'), json_array_elements(d#>'{value,schema,fields,1,fields}') f;
-- What generates a column is no default.
CREATE TABLE g (i int DEFAULT 2, t int GENERATED ALWAYS AS (abs(i)) STORED);
INSERT INTO g VALUES (1);
SELECT d#>'{value,schema,fields,1,fields}' FROM changes('format', 'json-with-schemas', 'include.generated.columns', 'true');

-- Unsaid, no NULL is touched, and source.snapshot says "false".
CREATE TABLE n (id int PRIMARY KEY DEFAULT 3, i int DEFAULT 5, t text NOT NULL DEFAULT 'd', u text, e int DEFAULT 1 + 2, d numeric(4,1) DEFAULT 1.5);
CREATE TABLE k (a int DEFAULT 3, b int NOT NULL, UNIQUE (a, b));
ALTER TABLE k REPLICA IDENTITY FULL;
CREATE FUNCTION work() RETURNS void LANGUAGE sql AS $$
    INSERT INTO n VALUES (1, NULL, 'x', NULL, NULL, NULL);
    UPDATE n SET id = 2;
    DELETE FROM n;
    INSERT INTO k VALUES (NULL, 1);
    UPDATE k SET a = 3;
    DELETE FROM k;
$$;
SELECT work();
SELECT d->>'op', d->'key', d->'headers'->'__debezium.newkey', d->'headers'->'__debezium.oldkey', d#>'{value,before}', d#>'{value,after}', d#>'{value,source,snapshot}' FROM changes() ORDER BY n;
-- True: as Kafka Connect's default has it.
SELECT work();
SELECT d->>'op', d->'key', d->'headers'->'__debezium.newkey', d->'headers'->'__debezium.oldkey', d#>'{value,before}', d#>'{value,after}', d#>'{value,source,snapshot}'
FROM changes('key.converter.replace.null.with.default', 'true', 'value.converter.replace.null.with.default', 'true') ORDER BY n;
-- False: source.snapshot is null as well; a header still has the default.
SELECT work();
SELECT d->>'op', d->'key', d->'headers'->'__debezium.newkey', d->'headers'->'__debezium.oldkey', d#>'{value,before}', d#>'{value,after}', d#>'{value,source,snapshot}'
FROM changes('key.converter.replace.null.with.default', 'false', 'value.converter.replace.null.with.default', 'false') ORDER BY n;
-- For one side only, with schemas, and with our own null for what is unknown.
SELECT work();
SELECT d->>'op', d->'key', d#>'{value,payload,before}', d#>'{value,payload,after}'
FROM changes('value.converter.schemas.enable', 'true', 'value.converter.replace.null.with.default', 'true') ORDER BY n;
SELECT work();
SELECT d->>'op', d->'key', d#>'{value,before}', d#>'{value,after}'
FROM changes('before.unknown.values', 'null', 'value.converter.replace.null.with.default', 'true') ORDER BY n;

SELECT pg_drop_replication_slot('regress_json_defaults');
SET client_min_messages = warning;
DROP SCHEMA json_defaults CASCADE;
