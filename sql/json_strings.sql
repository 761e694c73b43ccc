--
-- Text in JSON: what is escaped, and how.
--
SET client_min_messages = warning;
CREATE SCHEMA json_strings;
SET search_path = json_strings;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_json_strings', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_strings', 'wal2kafka');

CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, ''), (2, 'plain'), (3, '"'), (4, '\'), (5, '/'),
    (6, E'\b\t\n\f\r'), (7, E'\x01\x02\x07\x0b\x0e\x1f'), (8, E'\x7f'), (9, 'äöü€ Ж 漢'),
    (10, U&'\2028\2029\FEFF\00A0'), (11, '😀'), (12, 'a😀b𐍈c'), (13, U&'\+010000\+10FFFF'), (14, U&'\FFFF\D7FF\E000'),
    (15, '''$\"'), (16, '{"json": ["a\nb"]}');
SELECT key->'id' AS id, after->'v' AS v FROM changes();
-- At every place of a word, and around its ends.
INSERT INTO t SELECT 100 + l * 20 + p, overlay(repeat('x', l) placing c from p for 1)
FROM generate_series(1, 18) l, generate_series(1, l) p, (VALUES (E'"')) v(c);
SELECT count(*), bool_and(after->>'v' = (SELECT v FROM t WHERE id = (key->>'id')::int)
    AND (after->'v')::text = to_json((SELECT v FROM t WHERE id = (key->>'id')::int))::text)
FROM changes();
DELETE FROM t;
INSERT INTO t SELECT l * 1000 + p * 10 + n, overlay(repeat('é', l) placing c from p for 1)
FROM generate_series(1, 18) l, generate_series(1, l) p,
    (VALUES (1, '😀'), (2, E'\\'), (3, E'\n'), (4, E'\x1e'), (5, '€'), (6, E'\x7f'), (7, ' '), (8, '!'), (9, '[')) v(n, c);
SELECT op, count(*), bool_and(op IN ('d', 'x') OR after->>'v' = (SELECT v FROM t WHERE id = (key->>'id')::int))
FROM changes() GROUP BY 1 ORDER BY 1;
-- Every character of the basic plane.
TRUNCATE t;
INSERT INTO t SELECT i, string_agg(chr(i * 256 + j), '' ORDER BY j)
FROM generate_series(0, 255) i, generate_series(0, 255) j
WHERE i * 256 + j > 0 AND i * 256 + j NOT BETWEEN 55296 AND 57343 GROUP BY i;
SELECT count(*), bool_and((after->>'v') COLLATE "C" = (SELECT v FROM t WHERE id = (key->>'id')::int))
FROM changes();
TRUNCATE t;
-- Long ones.
INSERT INTO t VALUES (1, repeat('x"', 100000)), (2, repeat('x', 1000000)), (3, repeat('😀', 50000));
SELECT key->'id' AS id, length((after->'v')::text), after->>'v' = (SELECT v FROM t WHERE id = (key->>'id')::int) AS same
FROM changes();

SELECT pg_drop_replication_slot('regress_json_strings');
SET client_min_messages = warning;
DROP SCHEMA json_strings CASCADE;
