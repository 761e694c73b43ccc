--
-- include.unknown.datatypes: unsaid, true, false.
--
SET client_min_messages = warning;
CREATE SCHEMA json_mode_unknown;
SET search_path = json_mode_unknown, public;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d#>'{value,before}', d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes(
              'regress_json_mode_unknown', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
CREATE PROCEDURE advance() LANGUAGE sql AS $$
    SELECT pg_replication_slot_advance('regress_json_mode_unknown', pg_current_wal_lsn())
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_mode_unknown', 'wal2kafka');

CREATE TYPE pair AS (a int, b text);
CREATE TYPE span AS RANGE (subtype = float8);
CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE DOMAIN mypair AS pair;
CREATE TABLE u (id int PRIMARY KEY, c pair, ca pair[], s span, mr int4multirange, l pg_lsn, q tsquery, rc regclass, x xid8, j jsonpath, da posint[], md mypair,
    -- known, though printed
    i inet, r int4range, rr daterange[], n name, d posint);
INSERT INTO u VALUES (1, ROW(1, 'x "y"'), ARRAY[ROW(1, 'x')::pair, NULL], '[1,2)', '{[1,2),[5,7)}', '0/16B3748', 'fat & cat', 'pg_class', '5000000000', '$.a', '{1,2}', ROW(2, NULL), '10.0.0.1', '[1,10)', '{"[2020-01-01,2020-02-01)"}', 'n', 5);
SELECT c.key AS "column", c.value FROM changes() x, json_each(x.after) c;
SELECT c.key AS "column", c.value FROM changes('include.unknown.datatypes', 'false') x, json_each(x.after) c;
SELECT c.key AS "column", c.value FROM changes('include.unknown.datatypes', 'true') x, json_each(x.after) c;
SELECT after->'c' AS c, after->'da' AS da, after->'i' AS i FROM changes('include.unknown.datatypes', 'true', 'binary.handling.mode', 'hex');
SELECT after->'c' AS c, after->'da' AS da, after->'i' AS i FROM changes('include.unknown.datatypes', 'true', 'binary.handling.mode', 'base64');
SELECT after->'c' AS c, after->'da' AS da, after->'i' AS i FROM changes('include.unknown.datatypes', 'true', 'binary.handling.mode', 'base64-url-safe');
SELECT count(*) FROM changes('include.unknown.datatypes', 'perhaps');
CALL advance();
-- fallbacks, and unchanged TOAST values
CREATE TABLE t (id int PRIMARY KEY, c pair NOT NULL, i int);
ALTER TABLE t ALTER c SET STORAGE EXTERNAL;
INSERT INTO t VALUES (1, ROW(1, repeat('x', 3000)), 1);
CALL advance();
UPDATE t SET i = 2;
DELETE FROM t;
SELECT op, before, after FROM changes();
SELECT op, before, after FROM changes('include.unknown.datatypes', 'false');
SELECT op, before, after FROM changes('include.unknown.datatypes', 'true');
SELECT op, before, after FROM changes('include.unknown.datatypes', 'true', 'binary.handling.mode', 'hex');
CALL advance();
-- a key of a type that is left out
CREATE TABLE k (x xid8 PRIMARY KEY, v int);
INSERT INTO k VALUES ('7', 1);
SELECT data::json->'key' AS key, data::json#>'{value,after}' AS after FROM pg_logical_slot_peek_changes('regress_json_mode_unknown', NULL, NULL, 'include.unknown.datatypes', 'false');
SELECT data::json->'key' AS key, data::json#>'{value,after}' AS after FROM pg_logical_slot_peek_changes('regress_json_mode_unknown', NULL, NULL, 'include.unknown.datatypes', 'true');
SELECT pg_drop_replication_slot('regress_json_mode_unknown');
SET client_min_messages = warning;
DROP SCHEMA json_mode_unknown CASCADE;
