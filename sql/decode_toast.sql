--
-- Values stored out of line: sent when they change, a placeholder when not.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_toast;
SET search_path = decode_toast;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_toast', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_toast', 'wal2kafka');

CREATE FUNCTION short(j json) RETURNS TABLE (name text, value text) LANGUAGE sql AS $$
    SELECT key, CASE WHEN length(value::text) > 100
                     THEN left(value::text, 12) || '...' || length(value::text)
                          || ' ' || md5(value::text)
                     ELSE value::text END
    FROM json_each(CASE WHEN json_typeof(j) = 'object' THEN j ELSE '{}' END)
$$;
CREATE TABLE t (id int PRIMARY KEY, t text, tn text NOT NULL, v varchar, c char(3000),
    b bytea, j jsonb, js json, n numeric, ns numeric(900,2), bi varbit,
    r int4range, small int);
ALTER TABLE t ALTER t SET STORAGE EXTERNAL, ALTER tn SET STORAGE EXTERNAL,
    ALTER v SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL,
    ALTER js SET STORAGE EXTERNAL, ALTER j SET STORAGE EXTERNAL,
    ALTER n SET STORAGE EXTERNAL, ALTER ns SET STORAGE EXTERNAL, ALTER bi SET STORAGE EXTERNAL;
INSERT INTO t SELECT 1, s, s, s, 'c', decode(s, 'hex'), to_jsonb(s), to_json(s),
    (repeat('123456789', 1000) || '.5')::numeric,
    repeat('9', 890)::numeric, repeat('1', 30000)::varbit, '[1,2)', 0
FROM (SELECT string_agg(md5(i::text), '') AS s FROM generate_series(1, 400) i) x;
SELECT s.* FROM changes(), short(after) s;
-- The values are the table's.
UPDATE t SET small = 1;
UPDATE t SET t = 'short now', id = 2;
SELECT op, s.* FROM changes(), short(after) s WHERE op <> 'd';
INSERT INTO t SELECT 3, t, repeat(tn, 2), v, c, b || b, j, js, n + 1, ns, bi, r FROM t;
SELECT (after->>'tn') = repeat((SELECT tn FROM t WHERE id = 2), 2) AS tn,
       decode(replace(after->>'b', E'\n', ''), 'base64') = (SELECT b FROM t WHERE id = 3) AS b,
       (after->>'j')::jsonb = (SELECT j FROM t WHERE id = 3) AS j
FROM changes();
DELETE FROM t;
SELECT op, s.* FROM changes(), short(before) s WHERE key->>'id' = '3';

-- Compressed inline values are whole.
CREATE TABLE inline (id int PRIMARY KEY, v text);
INSERT INTO inline VALUES (1, repeat('abc', 2000));
UPDATE inline SET id = 2;
SELECT op, key, length(after->>'v') FROM changes();

-- FULL: the old row has what did not change.
CREATE TABLE f (id int PRIMARY KEY, t text, b bytea, small int);
ALTER TABLE f REPLICA IDENTITY FULL;
ALTER TABLE f ALTER t SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL;
INSERT INTO f VALUES (1, repeat('x', 3000), decode(repeat('ab', 3000), 'hex'), 0);
UPDATE f SET small = 1;
UPDATE f SET t = 'short', id = 2;
DELETE FROM f;
SELECT op, s.* FROM changes(), short(before) s;
-- A key out of line: the old row has it.
CREATE TABLE k (k text PRIMARY KEY, v text, small int);
ALTER TABLE k ALTER k SET STORAGE EXTERNAL, ALTER v SET STORAGE EXTERNAL;
INSERT INTO k VALUES (repeat('k', 2100), repeat('v', 3000), 0);
UPDATE k SET small = 1;
UPDATE k SET k = repeat('l', 2100);
DELETE FROM k;
SELECT op, 'key' AS part, s.* FROM changes() c, short(c.key) s;
INSERT INTO k VALUES (repeat('k', 2100), repeat('v', 3000), 0);
UPDATE k SET small = 1;
SELECT op, s.* FROM changes() c, short(c.after) s;

-- Placeholders of arrays, and of other kinds of placeholder.
CREATE TABLE a (id int PRIMARY KEY, ta text[], va varchar[], ca char(2)[], ia int[], ba bigint[],
    da date[], ua uuid[], ja jsonb[], ya bytea[], sa smallint[], na numeric[], small int);
DO $$
BEGIN
    EXECUTE (SELECT 'ALTER TABLE a ' || string_agg(format('ALTER %I SET STORAGE EXTERNAL', attname), ', ')
             FROM pg_attribute WHERE attrelid = 'a'::regclass AND attnum > 0 AND attlen = -1);
END $$;
INSERT INTO a SELECT 1, array_agg(i::text), array_agg(i::varchar), array_agg(i::char(2)), array_agg(i),
    array_agg(i::bigint), array_agg('2000-01-01'::date + i), array_agg(md5(i::text)::uuid),
    array_agg(to_jsonb(i)), array_agg(i::text::bytea), array_agg(i::smallint), array_agg(i::numeric), 0
FROM generate_series(1, 2000) i;
SELECT op FROM changes();
UPDATE a SET small = 1;
SELECT s.* FROM changes('unavailable.value.placeholder', 'gone "ä"') c, json_each(c.after) s;
UPDATE a SET small = 2;
SELECT s.* FROM changes('unavailable.value.placeholder', 'hex:41C3a4ff') c, json_each(c.after) s
WHERE s.key IN ('ia', 'ua', 'ya', 'ta');
UPDATE a SET small = 3;
\set VERBOSITY terse
SELECT * FROM changes('unavailable.value.placeholder', 'hex:0');
SELECT * FROM changes('event.converting.failure.handling.mode', 'fail');
\set VERBOSITY default
SELECT s.* FROM changes('event.converting.failure.handling.mode', 'skip') c, json_each(c.after) s
WHERE s.key IN ('sa', 'na', 'small');

SELECT pg_drop_replication_slot('regress_decode_toast');
SET client_min_messages = warning;
DROP SCHEMA decode_toast CASCADE;
