--
-- What a record says of the old row, by replica identity.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_identity;
SET search_path = decode_identity;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_identity', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_identity', 'wal2kafka');

CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL, region int NOT NULL, v text);
CREATE UNIQUE INDEX t_code ON t (region, code);

-- DEFAULT: the primary key.
INSERT INTO t VALUES (1, 'a', 10, 'v');
UPDATE t SET v = 'w';
UPDATE t SET code = 'b';
UPDATE t SET id = 2;
DELETE FROM t;
SELECT op, key, before, after FROM changes();

-- FULL: all of it.
ALTER TABLE t REPLICA IDENTITY FULL;
INSERT INTO t VALUES (1, 'a', 10, NULL);
UPDATE t SET v = 'w';
UPDATE t SET v = v;
UPDATE t SET id = 2;
DELETE FROM t;
SELECT op, key, before, after FROM changes();
-- Updates that change nothing can be left out.
INSERT INTO t VALUES (1, 'a', 10, 'v');
UPDATE t SET v = v;
UPDATE t SET v = 'x';
SELECT op, after FROM changes('skip.messages.without.change', 'true');
DELETE FROM t;
SELECT op FROM changes();

-- USING INDEX that holds the key.
CREATE UNIQUE INDEX t_id_code ON t (id, code);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_id_code;
INSERT INTO t VALUES (1, 'a', 10, 'v');
UPDATE t SET v = 'w';
UPDATE t SET code = 'b';
UPDATE t SET id = 2;
DELETE FROM t;
SELECT op, key, before, after FROM changes();

-- USING INDEX that does not: the key of an old row is not known.  As Debezium
-- does it, with a warning; or with nulls.
ALTER TABLE t REPLICA IDENTITY USING INDEX t_code;
INSERT INTO t VALUES (1, 'a', 10, 'v');
UPDATE t SET v = 'w';
UPDATE t SET code = 'b';
UPDATE t SET id = 2;
SELECT op, key, before, after
FROM (SELECT data::json->>'op' AS op, data::json->'key' AS key,
             data::json#>'{value,before}' AS before, data::json#>'{value,after}' AS after
      FROM pg_logical_slot_peek_changes('regress_decode_identity', NULL, NULL)) x;
DELETE FROM t;
SELECT op, key, before, after FROM changes('before.unknown.values', 'null');
-- Left out of values, it has nothing to fall back on, as with Debezium.
INSERT INTO t VALUES (3, 'c', 10, 'v');
DELETE FROM t;
SELECT op, key, before FROM changes('column.exclude.list', '.*[.]t[.]id');

-- NOTHING, or no identity: updates come without the old row; a delete cannot
-- be told, so it is an error unless the connector may go on.
ALTER TABLE t REPLICA IDENTITY NOTHING;
INSERT INTO t VALUES (1, 'a', 10, 'v');
UPDATE t SET v = 'w';
UPDATE t SET id = 2;
SELECT op, key, before, after FROM changes();
DELETE FROM t;
INSERT INTO t VALUES (3, 'c', 30, 'after');
\set VERBOSITY terse
DO $$
DECLARE
    msg text; detail text; hint text; tab text;
BEGIN
    PERFORM * FROM pg_logical_slot_peek_changes('regress_decode_identity', NULL, NULL);
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    GET STACKED DIAGNOSTICS msg = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT, tab = TABLE_NAME;
    RAISE NOTICE '% | % | % | %', regexp_replace(msg, '0/[0-9A-F]+', 'X/X'), detail, hint, tab;
END $$;
SET client_min_messages = error;
SELECT op, key FROM pg_logical_slot_peek_changes('regress_decode_identity', NULL, NULL,
    'event.processing.failure.handling.mode', 'warn') s,
    LATERAL (SELECT s.data::json->>'op' AS op, s.data::json->'key' AS key) x;
RESET client_min_messages;
SELECT op, key FROM changes('event.processing.failure.handling.mode', 'skip');
CREATE TABLE keyless (a int);
INSERT INTO keyless VALUES (1);
UPDATE keyless SET a = 2;
SELECT op, key, before, after FROM changes();

-- What stands for a NOT NULL column that the image lacks.
CREATE TABLE fallbacks (
    id int PRIMARY KEY, nullable int,
    s smallint NOT NULL, i int NOT NULL, l bigint NOT NULL, o oid NOT NULL,
    f real NOT NULL, d float8 NOT NULL, b bool NOT NULL, b1 bit NOT NULL,
    b8 bit(8) NOT NULL, vb varbit NOT NULL, n numeric NOT NULL,
    n2 numeric(6,2) NOT NULL, m money NOT NULL, t text NOT NULL,
    v varchar(3) NOT NULL, c char(3) NOT NULL, na name NOT NULL,
    "ch" "char" NOT NULL, j json NOT NULL, jb jsonb NOT NULL,
    u uuid NOT NULL, by bytea NOT NULL, da date NOT NULL, t3 time(3) NOT NULL,
    t6 time NOT NULL, tz timetz NOT NULL, ts3 timestamp(3) NOT NULL,
    ts timestamp NOT NULL, tsz timestamptz NOT NULL, iv interval NOT NULL,
    e mood NOT NULL, ip inet NOT NULL, r int4range NOT NULL, ia int[] NOT NULL,
    ta text[] NOT NULL, dom posint NOT NULL, p point NOT NULL);
INSERT INTO fallbacks SELECT 1, 5, 1, 1, 1, 1, 1, 1, true, '1', '00000001', '1', 1, 1, 1,
    'x', 'x', 'x', 'x', 'x', '1', '1', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'x', '2020-01-01', '01:00', '01:00', '01:00+00', '2020-01-01', '2020-01-01',
    '2020-01-01 00:00+00', '1 day', 'ok', '::1', '[1,2]', '{1}', '{x}', 5, '(1,2)';
UPDATE fallbacks SET id = 2;
DELETE FROM fallbacks;
SELECT c.key AS "column", c.value FROM changes() x, json_each(before) c
WHERE op = 'd' AND x.key->>'id' = '1';

-- Its default stands there, where it is a constant; where it is computed, what
-- Debezium takes instead.
CREATE TABLE defaults (
    id serial PRIMARY KEY, b bool NOT NULL DEFAULT true, s smallint NOT NULL DEFAULT 7,
    i int NOT NULL DEFAULT -42, l bigint NOT NULL DEFAULT 5, r real NOT NULL DEFAULT 1.5,
    d float8 NOT NULL DEFAULT 2.5, n numeric NOT NULL DEFAULT 1.50,
    n2 numeric(6,2) NOT NULL DEFAULT 3.5, c char(3) NOT NULL DEFAULT 'x',
    v varchar(9) NOT NULL DEFAULT 'dflt', t text NOT NULL DEFAULT 'it''s "q"',
    by bytea NOT NULL DEFAULT '\x01', b1 bit NOT NULL DEFAULT B'1',
    b4 bit(4) NOT NULL DEFAULT B'1010', da date NOT NULL DEFAULT '2020-02-03',
    t3 time(3) NOT NULL DEFAULT '01:02:03.5', tz timetz NOT NULL DEFAULT '01:02:03+00',
    ts timestamp NOT NULL DEFAULT '2020-01-02 03:04:05',
    tsz timestamptz NOT NULL DEFAULT '2020-01-02 03:04:05+00',
    iv interval NOT NULL DEFAULT '1 day',
    u uuid NOT NULL DEFAULT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    j json NOT NULL DEFAULT '{"a": 1}', jb jsonb NOT NULL DEFAULT '{"a":1}',
    e mood NOT NULL DEFAULT 'ok', ip inet NOT NULL DEFAULT '::1',
    ia int[] NOT NULL DEFAULT '{1}', dom posint NOT NULL DEFAULT 3,
    ct timestamptz(3) NOT NULL DEFAULT now(), cd date NOT NULL DEFAULT current_date,
    cu uuid NOT NULL DEFAULT gen_random_uuid(), cj json NOT NULL DEFAULT json_build_array(1),
    cn numeric(6,2) NOT NULL DEFAULT random(), cw text NOT NULL DEFAULT current_user,
    ci int GENERATED ALWAYS AS IDENTITY, cx int NOT NULL DEFAULT 1 + 2,
    nul int DEFAULT 5);
INSERT INTO defaults DEFAULT VALUES;
DELETE FROM defaults;
SELECT c.key AS "column", c.value FROM changes() x, json_each(before) c
WHERE op = 'd';
ALTER TABLE defaults ALTER i SET DEFAULT 43, ALTER s SET DEFAULT 8;
INSERT INTO defaults DEFAULT VALUES;
DELETE FROM defaults;
SELECT op, before->'i' AS i, before->'s' AS s FROM changes();
INSERT INTO defaults DEFAULT VALUES;
DELETE FROM defaults;
SELECT op, before->'i' AS i, before->'t' AS t, before->'b' AS b FROM changes('before.unknown.values', 'null');
-- One that cannot be computed does not keep rows from being sent.
CREATE TABLE misfits (id int PRIMARY KEY, i int NOT NULL DEFAULT 99999999999,
    v varchar(3) NOT NULL DEFAULT 'abcdef', n numeric(3,1) NOT NULL DEFAULT 12345,
    ok varchar(3) NOT NULL DEFAULT 'abc');
INSERT INTO misfits VALUES (1, 2, 'x', 3);
DELETE FROM misfits;
SELECT op, before, after FROM changes();

SELECT pg_drop_replication_slot('regress_decode_identity');
SET client_min_messages = warning;
DROP SCHEMA decode_identity CASCADE;
