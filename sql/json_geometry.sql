--
-- The server's geometric types, as structs with well-known binary.
--
SET client_min_messages = warning;
CREATE SCHEMA json_geometry;
SET search_path = json_geometry, public;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d#>'{value,before}', d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes(
              'regress_json_geometry', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
CREATE PROCEDURE advance() LANGUAGE sql AS $$
    SELECT pg_replication_slot_advance('regress_json_geometry', pg_current_wal_lsn())
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_geometry', 'wal2kafka');

CREATE DOMAIN place AS point;
CREATE TABLE g (id int PRIMARY KEY, p point, l line, s lseg, b box, pa path, po polygon, c circle, d place);
INSERT INTO g VALUES (1, '(1.5,2)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '((0,0),(1,1),(2,0))', '((0,0),(1,1),(1,0))', '<(0,0),1>', '(3,4)'),
    (2, '(Infinity,NaN)', '{0,1,Infinity}', '[(Infinity,1),(1,-Infinity)]', '(Infinity,1),(0,0)', '[(1,1)]', '((0,0),(1,1),(1,0),(0,0))', '<(0,0),Infinity>', NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, '(-0,1e7)', '{1,-1,0}', '[(0,0),(0,0)]', '(0,0),(0,0)', '((1,1))', '((1,1))', '<(1,2),0>', NULL);
SELECT c.key AS "column", c.value FROM changes() x, json_each(x.after) c WHERE c.value::text <> 'null';
-- what is in the binary, PostgreSQL's own way: order, kind, rings, points, coordinates
SELECT after->>'id' AS id, encode(decode(after#>>'{po,wkb}', 'base64'), 'hex') AS polygon FROM changes() WHERE after->>'id' < '3';
CALL advance();
CREATE TABLE a (p point[], l line[], s lseg[], b box[], pa path[], po polygon[], c circle[]);
INSERT INTO a VALUES ('{"(1,2)",NULL}', '{"{1,2,3}"}', '{"[(0,0),(1,1)]"}', '{(1,1),(0,0);(2,2),(1,1)}', '{"((0,0),(1,1))"}', '{"((0,0),(1,1))"}', '{"<(0,0),1>"}'), ('{}', '{}', '{}', '{}', '{}', '{}', '{}');
INSERT INTO a (p) VALUES ('{{"(1,2)","(3,4)"},{NULL,"(5,6)"}}');
SELECT c.key AS "column", c.value FROM changes() x, json_each(x.after) c WHERE c.value::text <> 'null';
CALL advance();
CREATE TABLE nn (id int PRIMARY KEY, p point NOT NULL, l line NOT NULL, s lseg NOT NULL, b box NOT NULL, pa path NOT NULL, po polygon NOT NULL, c circle NOT NULL);
INSERT INTO nn SELECT id, p, l, s, b, pa, po, c FROM g WHERE id = 1;
CALL advance();
DELETE FROM nn;
SELECT c.key AS "column", c.value FROM changes() x, json_each(x.before) c;
CALL advance();
CREATE TABLE t (id int PRIMARY KEY, pa path, po polygon, i int);
INSERT INTO t SELECT 1, p::path, p::polygon, 1 FROM (SELECT '(' || string_agg('(' || sqrt(i) || ',' || ln(i) || ')', ',') || ')' AS p FROM generate_series(1, 600) i) x;
CALL advance();
UPDATE t SET i = 2;
SELECT after FROM changes();
SELECT pg_drop_replication_slot('regress_json_geometry');
SET client_min_messages = warning;
DROP SCHEMA json_geometry CASCADE;
