-- Geometric types, those of extensions, and what modes change about TOAST
-- values, fallbacks and keys.
CREATE EXTENSION IF NOT EXISTS hstore SCHEMA public;
CREATE EXTENSION IF NOT EXISTS isn SCHEMA public;
SET search_path = typ, public;
CREATE TABLE typ.shapes (id int PRIMARY KEY, p point, l line, s lseg, b box, pa path, po polygon, c circle);
INSERT INTO typ.shapes VALUES (1, '(1.5,2)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '((0,0),(1,1),(2,0))', '((0,0),(1,1),(1,0))', '<(0,0),1>'),
	(2, '(-1e300,1e-300)', '{0.5,-1,1e10}', '[(1.5,-2.5),(3e7,0.001)]', '(3,4),(-1,-2)', '[(0,0),(1,1),(2,0)]', '((0,0),(4,0),(4,4),(0,4))', '<(1.5,-2.5),0.25>'),
	(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (4, '(0,-0)', '{1,-1,0}', '[(0,0),(0,0)]', '(0,0),(0,0)', '((1,1))', '((1,1))', '<(0,0),0>'),
	(5, '(Infinity,NaN)', '{0,1,Infinity}', '[(Infinity,1),(1,-Infinity)]', '(Infinity,1),(0,0)', '[(1,1)]', '((0,0),(1,1),(1,0),(0,0))', '<(0,0),Infinity>'),
	(6, '(1e7,1234567.891)', '{1,1,1}', '[(1e7,1234567.891),(1e-5,1)]', '(1,2),(3,4)', '((0,0),(1,1),(0,0))', '((0.1,0.2),(0.3,0.4))', '<(1e7,1e-7),12345678>');
UPDATE typ.shapes SET p = '(9,9)' WHERE id = 1;
DELETE FROM typ.shapes WHERE id = 1;
CREATE TABLE typ.shape_arrays (id int PRIMARY KEY, p point[], l line[], s lseg[], b box[], pa path[], po polygon[], c circle[]);
INSERT INTO typ.shape_arrays VALUES (1, '{"(1.5,2)",NULL}', '{"{1,2,3}"}', '{"[(0,0),(1,1)]"}', '{(1,1),(0,0);(2,2),(1,1)}', '{"((0,0),(1,1))"}', '{"((0,0),(1,1))"}', '{"<(0,0),1>"}'), (2, '{}', '{}', '{}', '{}', '{}', '{}', '{}');
INSERT INTO typ.shape_arrays (id) VALUES (3);
-- sync
CREATE TABLE typ.ext (id int PRIMARY KEY, h public.hstore, i public.isbn, i13 public.isbn13, e public.ean13, lt public.ltree, lq public.lquery, ci public.citext, ts tsvector, mr int4multirange, nr nummultirange);
INSERT INTO typ.ext VALUES (1, 'a=>1, "b x"=>NULL', '978-0-393-04002-9', '978-0-393-04002-9', '978-0-393-04002-9', 'a.b', 'a.*', 'Ci', 'a b', '{[1,2),[5,7)}', '{}'), (2, '', NULL, NULL, NULL, '', NULL, '', '', '{}', NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(4, '"q\"t"=>"b\\s/é😀", n=>"1.5", "k\t"=>"null"', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{[1.5,2.5]}'), (5, '"one"=>"two"', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
DELETE FROM typ.ext WHERE id = 1;
CREATE TABLE typ.ext_arrays (id int PRIMARY KEY, h public.hstore[], i public.isbn[], lt public.ltree[], ci public.citext[], ts tsvector[], r int4range[], dr daterange[], mr int4multirange[], nr numrange[], tr tsrange[], tzr tstzrange[], m8 macaddr8[], ls pg_lsn[]);
INSERT INTO typ.ext_arrays VALUES (1, ARRAY['a=>1', 'b=>NULL', NULL]::public.hstore[], '{978-0-393-04002-9}', '{a.b,NULL}', '{Ci,NULL}', '{"a b"}', '{"[1,2)",NULL,empty}', '{"[2020-01-01,2020-02-01)"}', '{"{[1,2)}"}', '{"(1.5,)"}', '{"[2020-01-01,2020-02-01)"}', '{"[2020-01-01 00:00+00,2020-02-01 00:00+00)"}', '{08:00:2b:01:02:03:04:05}', '{0/16B3748}'), (2, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}');
INSERT INTO typ.ext_arrays (id) VALUES (3);
CREATE DOMAIN typ.place AS point;
CREATE DOMAIN typ.tags AS public.hstore;
CREATE DOMAIN typ.blob AS bytea;
CREATE DOMAIN typ.span AS interval;
CREATE DOMAIN typ.int_list AS int[];
CREATE DOMAIN typ.more_ints AS typ.int_list;
CREATE TABLE typ.more_domains (id int PRIMARY KEY, p typ.place, h typ.tags, b typ.blob, s typ.span, ia typ.int_list, ib typ.more_ints);
INSERT INTO typ.more_domains VALUES (1, '(1,2)', 'a=>1', '\xdead', '1 day', '{1,2}', '{3,NULL}'), (2, NULL, NULL, NULL, NULL, NULL, NULL);
-- sync
CREATE TABLE typ.more_notnull (id int PRIMARY KEY, p point NOT NULL, l line NOT NULL, s lseg NOT NULL, b box NOT NULL, pa path NOT NULL, po polygon NOT NULL, c circle NOT NULL, h public.hstore NOT NULL, i public.isbn NOT NULL, lt public.ltree NOT NULL, by bytea NOT NULL, iv interval NOT NULL, m money NOT NULL, n numeric NOT NULL, n2 numeric(5,2) NOT NULL, d date NOT NULL, t time NOT NULL, t3 time(3) NOT NULL, ts timestamp NOT NULL, ts3 timestamp(3) NOT NULL, tz timetz NOT NULL, tsz timestamptz NOT NULL,
	na numeric[] NOT NULL, da date[] NOT NULL, ba bytea[] NOT NULL, ha public.hstore[] NOT NULL, dn numeric(5,2) NOT NULL DEFAULT 1.5, dnv numeric NOT NULL DEFAULT 2.50, dd date NOT NULL DEFAULT '2020-01-02', dt time NOT NULL DEFAULT '01:02:03', dts timestamp NOT NULL DEFAULT '2020-01-02 03:04:05', dtz timestamptz NOT NULL DEFAULT '2020-01-02 03:04:05+00', di interval NOT NULL DEFAULT '1 day', cd date NOT NULL DEFAULT current_date, cts timestamp NOT NULL DEFAULT now(), ctz timestamptz NOT NULL DEFAULT now(), ct time NOT NULL DEFAULT localtime, cn numeric(5,2) NOT NULL DEFAULT random(), cnv numeric NOT NULL DEFAULT random(), cf float8 NOT NULL DEFAULT random());
INSERT INTO typ.more_notnull VALUES (1, '(1,2)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '((0,0),(1,1))', '((0,0),(1,1))', '<(0,0),1>', 'a=>1', '978-0-393-04002-9', 'a', '\x01', '1 day', 1, 1, 1, '2020-01-01', '01:02', '01:02', '2020-01-01', '2020-01-01', '01:02+00', '2020-01-01 00:00+00', '{1}', '{2020-01-01}', '{"\\x01"}', '{a=>1}');
UPDATE typ.more_notnull SET id = 2;
DELETE FROM typ.more_notnull;
-- sync
-- What fits nanoseconds: Debezium's task fails at a null in a NOT NULL column.
CREATE TABLE typ.nanos (id int PRIMARY KEY, t timestamp, t3 timestamp(3), d date, ti time, t0 time(0), tn timestamp NOT NULL);
INSERT INTO typ.nanos VALUES (1, '2023-05-06 10:34:56.789123', '2023-05-06 10:34:56.789', '2023-05-06', '10:34:56.789123', '24:00', '2262-04-11 23:47:16.854775'), (2, 'infinity', '-infinity', 'infinity', '24:00', '00:00', '1677-09-22 00:00:00'), (3, '2262-04-11 23:47:16.854776', '1677-09-21 00:12:43.145', '-infinity', '00:00', NULL, '1969-12-31 23:59:59.999999'), (4, '1677-09-21 00:12:43.145225', '1677-09-21 00:12:43.146', NULL, NULL, NULL, 'infinity');
-- sync
-- TOAST values that a change does not touch.
CREATE TABLE typ.more_toast (id int PRIMARY KEY, h public.hstore, ts tsvector, lt public.ltree, ci public.citext, by bytea, n numeric, n2 numeric(1000,2), vb varbit, pa path, po polygon, hn public.hstore NOT NULL, pn polygon NOT NULL,
	na numeric[], n2a numeric(5,2)[], da date[], tsa timestamp[], tza timestamptz[], ba bytea[], ha public.hstore[], ca public.citext[], ja json[], tia time[], iva interval[], ea typ.mood[], small int);
ALTER TABLE typ.more_toast ALTER h SET STORAGE EXTERNAL, ALTER ts SET STORAGE EXTERNAL, ALTER lt SET STORAGE EXTERNAL, ALTER ci SET STORAGE EXTERNAL, ALTER by SET STORAGE EXTERNAL, ALTER n SET STORAGE EXTERNAL, ALTER n2 SET STORAGE EXTERNAL, ALTER vb SET STORAGE EXTERNAL, ALTER pa SET STORAGE EXTERNAL, ALTER po SET STORAGE EXTERNAL, ALTER hn SET STORAGE EXTERNAL, ALTER pn SET STORAGE EXTERNAL,
	ALTER na SET STORAGE EXTERNAL, ALTER n2a SET STORAGE EXTERNAL, ALTER da SET STORAGE EXTERNAL, ALTER tsa SET STORAGE EXTERNAL, ALTER tza SET STORAGE EXTERNAL, ALTER ba SET STORAGE EXTERNAL, ALTER ha SET STORAGE EXTERNAL, ALTER ca SET STORAGE EXTERNAL, ALTER ja SET STORAGE EXTERNAL, ALTER tia SET STORAGE EXTERNAL, ALTER iva SET STORAGE EXTERNAL, ALTER ea SET STORAGE EXTERNAL;
INSERT INTO typ.more_toast SELECT 1, public.hstore('k', repeat('v', 3000)), repeat('word ', 600)::tsvector || to_tsvector('simple', (SELECT string_agg('w' || i, ' ') FROM generate_series(1, 600) i)), (repeat('a.', 1500) || 'z')::public.ltree, repeat('c', 3000), decode(repeat('ab', 3000), 'hex'), (repeat('9', 6000))::numeric, repeat('9', 990)::numeric, repeat('10', 12000)::varbit,
	(SELECT '(' || string_agg('(' || i || ',1)', ',') || ')' FROM generate_series(1, 200) i)::path, (SELECT '(' || string_agg('(' || i || ',1)', ',') || ')' FROM generate_series(1, 200) i)::polygon, public.hstore('k', repeat('v', 3000)), (SELECT '(' || string_agg('(' || i || ',1)', ',') || ')' FROM generate_series(1, 200) i)::polygon,
	array_fill(1.5::numeric, '{600}'), array_fill(1.5::numeric, '{600}'), array_fill('2020-01-01'::date, '{1000}'), array_fill('2020-01-01'::timestamp, '{600}'), array_fill('2020-01-01'::timestamptz, '{600}'), ARRAY[decode(repeat('ab', 3000), 'hex')], ARRAY[public.hstore('k', repeat('v', 3000))], ARRAY[repeat('c', 3000)::public.citext], ARRAY[('"' || repeat('c', 3000) || '"')::json], array_fill('01:02'::time, '{600}'), array_fill('1 day'::interval, '{600}'), array_fill('ok'::typ.mood, '{1000}'), 1;
UPDATE typ.more_toast SET small = 2;
-- sync
-- Keys of types that modes or structs change: their headers, too.
CREATE TABLE typ.more_keys (by bytea, iv interval, d date, t time(3), ts timestamp(3), z timestamptz, tz timetz, m money, n numeric, n2 numeric(10,2), h public.hstore, b8 bit(8), cir circle, v int, PRIMARY KEY (by, iv, d, t, ts, z, tz, m, n, n2, h, b8));
INSERT INTO typ.more_keys VALUES ('\xdeff', '1 day 2.5 s', '2020-01-02', '01:02:03.5', '2020-01-02 03:04:05.678', '2020-01-02 03:04:05+02', '01:02:03.5+02', 12.34, 2.50, 2.5, 'a=>1', '10000001', '<(1,2),3>', 1);
UPDATE typ.more_keys SET v = 2;
UPDATE typ.more_keys SET n2 = 3.5;
DELETE FROM typ.more_keys;
-- sync
SELECT pg_logical_emit_message(true, 'modes', '\xfffefd3e3f'::bytea);
-- sync
SELECT count(*) > 0 AS has_postgis FROM pg_available_extensions WHERE name = 'postgis' \gset
\if :has_postgis
CREATE EXTENSION postgis SCHEMA public;
CREATE TABLE typ.geo (id int PRIMARY KEY, g public.geometry, g2 public.geometry(Point, 4326), gg public.geography, gp public.geography(Point), gn public.geometry NOT NULL, ggn public.geography NOT NULL);
INSERT INTO typ.geo VALUES (1, 'POINT(1 2)', 'SRID=4326;POINT(1 2)', 'POINT(1 2)', 'POINT(3 4)', 'LINESTRING(0 0, 1 1)', 'POINT(5 6)'), (2, NULL, NULL, NULL, NULL, 'SRID=3187;POINT(174.9479 -36.7208)', 'SRID=4326;LINESTRING(0 0, 1 1)'),
	(3, 'POINT EMPTY', NULL, NULL, NULL, 'POLYGON((0 0, 1 0, 1 1, 0 0))', 'POINT(0 0)'), (4, 'GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1))', NULL, NULL, NULL, 'POINT Z (1 2 3)', 'POINT M (1 2 3)');
UPDATE typ.geo SET id = 11 WHERE id = 1;
DELETE FROM typ.geo WHERE id = 2;
CREATE TABLE typ.geo_arrays (id int PRIMARY KEY, g public.geometry[], gg public.geography[]);
INSERT INTO typ.geo_arrays VALUES (1, ARRAY['POINT(1 2)'::public.geometry, NULL, 'SRID=4326;POINT(1 2)'::public.geometry], ARRAY['POINT(3 4)'::public.geography]), (2, '{}', '{}'), (3, NULL, NULL);
CREATE TABLE typ.geo_toast (id int PRIMARY KEY, g public.geometry, gg public.geography, gn public.geometry NOT NULL, ga public.geometry[], small int);
ALTER TABLE typ.geo_toast ALTER g SET STORAGE EXTERNAL, ALTER gg SET STORAGE EXTERNAL, ALTER gn SET STORAGE EXTERNAL, ALTER ga SET STORAGE EXTERNAL;
INSERT INTO typ.geo_toast SELECT 1, l.g, l.g::public.geography, l.g, ARRAY[l.g], 1 FROM (SELECT ('LINESTRING(' || string_agg((i % 180) || ' ' || (i % 90), ',') || ')')::public.geometry AS g FROM generate_series(1, 300) i) l;
UPDATE typ.geo_toast SET small = 2;
\endif
-- sync
-- Debian has pgvector for 17, not for 15.
SELECT count(*) > 0 AS has_vector FROM pg_available_extensions WHERE name = 'vector' \gset
\if :has_vector
CREATE EXTENSION vector SCHEMA public;
CREATE TABLE typ.vectors (id int PRIMARY KEY, v public.vector, v3 public.vector(3), h public.halfvec, h2 public.halfvec(2), s public.sparsevec, s5 public.sparsevec(5));
INSERT INTO typ.vectors VALUES (1, '[1,2.5,-0.1]', '[1,2,3]', '[1.5,0.1,-2]', '[1,2]', '{1:1.5,3:2}/5', '{5:-0.1}/5'), (2, '[1e-10,3.4e38,-1e-45]', '[0,-0,1e20]', '[65504,-65504,6e-8]', NULL, '{}/3', NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL), (4, '[16777216,0.3333333,1e7]', NULL, '[0.3333]', NULL, '{1:1e-10,2:1e10,32767:1}/32767', NULL);
UPDATE typ.vectors SET v = '[7]' WHERE id = 1;
UPDATE typ.vectors SET id = 11 WHERE id = 1;
DELETE FROM typ.vectors WHERE id = 11;
ALTER TABLE typ.vectors REPLICA IDENTITY FULL;
UPDATE typ.vectors SET h = '[1]' WHERE id = 4;
\endif
-- sync
\if :has_vector
-- Debezium's task fails where a delete has no value for a sparsevec that is NOT
-- NULL, and where any of the three types is and was not touched.
CREATE TABLE typ.sparse_notnull (id int PRIMARY KEY, s public.sparsevec NOT NULL);
INSERT INTO typ.sparse_notnull VALUES (1, '{2:0.5}/2');
CREATE TABLE typ.vectors_notnull (id int PRIMARY KEY, v public.vector NOT NULL, h public.halfvec NOT NULL, s public.sparsevec, d public.vector DEFAULT '[1,2]', i int);
INSERT INTO typ.vectors_notnull SELECT 1, '[1]', '[1]', '{}/1', '[3]', 1;
UPDATE typ.vectors_notnull SET i = 2;
DELETE FROM typ.vectors_notnull WHERE id = 1;
CREATE TABLE typ.vectors_toast (id int PRIMARY KEY, v public.vector, h public.halfvec, s public.sparsevec, i int);
INSERT INTO typ.vectors_toast SELECT 2, v, v::public.halfvec, v::public.sparsevec, 1 FROM (SELECT ('[' || string_agg((i / 7.0)::text, ',') || ']')::public.vector AS v FROM generate_series(1, 1500) i) x;
UPDATE typ.vectors_toast SET i = 2;
CREATE TABLE typ.vector_arrays (id int PRIMARY KEY, v public.vector[], h public.halfvec[], s public.sparsevec[]);
INSERT INTO typ.vector_arrays VALUES (1, ARRAY['[1,2]']::public.vector[], ARRAY['[1]']::public.halfvec[], ARRAY['{1:1}/2']::public.sparsevec[]), (2, '{}', '{}', '{}'), (3, NULL, NULL, NULL);
\endif
-- sync
RESET search_path;
