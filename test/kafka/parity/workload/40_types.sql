-- Types in Debezium's default modes, with their edges.
CREATE TYPE typ.mood AS ENUM ('sad', 'ok', 'hap,py', 'qu"ote');
CREATE DOMAIN typ.posint AS int CHECK (VALUE > 0);
CREATE DOMAIN typ.amount AS numeric(10,2);
CREATE DOMAIN typ.small_amount AS typ.amount;
CREATE DOMAIN typ.word AS varchar(10);
CREATE DOMAIN typ.mooddom AS typ.mood;
CREATE DOMAIN typ.ts3 AS timestamp(3);
CREATE TABLE typ.ints (
	id int PRIMARY KEY, b bool, s smallint, i int, l bigint, o oid);
INSERT INTO typ.ints VALUES (1, true, 1, 1, 1, 1), (2, false, 0, 0, 0, 0), (3, NULL, NULL, NULL, NULL, NULL),
	(4, 't', 32767, 2147483647, 9223372036854775807, 4294967295),
	(5, 'f', -32768, -2147483648, -9223372036854775808, 2147483648);
DELETE FROM typ.ints;
CREATE TABLE typ.floats (id int PRIMARY KEY, r real, d double precision);
INSERT INTO typ.floats VALUES (1, 1.1, 1.1), (2, 'NaN', 'NaN'), (3, 'Infinity', 'Infinity'), (4, '-Infinity', '-Infinity'),
	(5, '-0', '-0'), (6, 0, 0), (7, 1e7, 1e7), (8, 9999999, 9999999), (9, 0.001, 0.001), (10, 0.0009, 0.0009), (11, 2e-4, 2e-4),
	(12, 3.4028235e38, 1.7976931348623157e308), (13, 1.17549435e-38, 2.2250738585072014e-308), (14, 1e-45, 5e-324),
	(15, NULL, NULL), (16, 100, 100), (17, 1::real/3, 1::float8/3), (18, 123456.789, 123456.789012345), (19, 16777216, 9007199254740993),
	(20, 1e10, 1e23), (21, -1.5, -1.5), (22, 0.1, 0.1), (23, 1e-5, 1e-300), (24, 3.3e-7, 12345678.9), (25, 33554432, 99999999999999);
CREATE TABLE typ.numerics (
	id int PRIMARY KEY, n numeric, n10_2 numeric(10,2), n5 numeric(5), n38_10 numeric(38,10), n3_3 numeric(3,3), n1000 numeric(1000,500));
INSERT INTO typ.numerics VALUES (1, 123.4500, 123.45, 12345, 1.0000000001, 0.123, 1), (2, 0, 0, 0, 0, 0, 0),
	(3, NULL, NULL, NULL, NULL, NULL, NULL), (4, -1, -1, -1, -1, -0.001, -1), (5, 'NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN'),
	(6, 'Infinity', NULL, NULL, NULL, NULL, NULL), (7, '-Infinity', NULL, NULL, NULL, NULL, NULL),
	(8, 1000000, 1.27, 127, 12.7, 0.127, 1e100), (9, 1e100, 1.28, 128, 12.8, 0.128, -1e100), (10, 1e-100, -1.28, -128, -12.8, -0.128, 1e-100),
	(11, 0.000, -1.29, -129, -12.9, -0.129, -1e-100), (12, 255, 2.55, 255, 25.5, 0.255, 12345678901234567890.5), (13, 256, 2.56, 256, 25.6, 0.256, 99999999999999999999999999999999999999),
	(14, 0.10, 655.35, 65535, 6553.5, 0.999, 0.1), (15, -0.000100, 99999999.99, 99999, 9999999999999999999999999999.9999999999, -0.999, 18446744073709551616),
	(16, 12345678901234567890123456789012345678901234567890.123456789, -99999999.99, -99999, -9999999999999999999999999999.9999999999, 0.5, 18446744073709551615),
	(17, 9223372036854775807, 327.67, 32767, 32767, 0.001, 9223372036854775808), (18, -9223372036854775808, 327.68, 32768, 32768, 0, -9223372036854775808),
	(19, 10000, 100, 10000, 10000, 0.1, 10000), (20, 100000000, 10000000, 1000, 1e20, 0.01, 1e400), (21, -9223372036854775809, -327.68, -32768, 0.0000000001, -0.5, 1e-400);
UPDATE typ.numerics SET id = id + 100 WHERE id < 3;
CREATE TABLE typ.moneys (id int PRIMARY KEY, m money, mn money NOT NULL);
INSERT INTO typ.moneys VALUES (1, '1234.56', '0'), (2, '-0.01', '-1234.56'), (3, NULL, '92233720368547758.07'), (4, '-92233720368547758.08', '0.99');
DELETE FROM typ.moneys WHERE id = 1;
CREATE TABLE typ.texts (id int PRIMARY KEY, c char(5), v varchar(20), t text, q "char", ci public.citext, c1 char, lt public.ltree, ts tsvector);
INSERT INTO typ.texts VALUES (1, 'ab', 'vc', 'text', 'x', 'CiText', 'y', 'a.b.c', 'the fat cat'), (2, '', '', '', '', '', '', '', ''),
	(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (4, 'äöü', 'ß€😀', E'a"b\\c/d\b\t\n\f\r\x01\x1f\x7f', '"', E'\u2028\u2029', '"', 'x', 'a:1A b:2'),
	(5, 'abcde', repeat('z', 20), E'\U0001F600\U00010348\uFFFD\uFEFF\u00A0', E'\\', '</script>&', '''', 'Top.Sub', '''quo''''ted''');
CREATE TABLE typ.bytes (id int PRIMARY KEY, b bytea, bn bytea NOT NULL);
INSERT INTO typ.bytes VALUES (1, '\x', '\x00'), (2, '\x01', '\x0102'), (3, '\x010203', '\xfffefd'), (4, NULL, '\xdeadbeefdeadbeef'), (5, 'text', '\x5c');
DELETE FROM typ.bytes WHERE id = 1;
CREATE TABLE typ.bits (id int PRIMARY KEY, b bit, b1 bit(1), b8 bit(8), b3 bit(3), b20 bit(20), vb varbit, vb1 varbit(1), vb10 varbit(10), bn bit(5) NOT NULL);
INSERT INTO typ.bits VALUES (1, '1', '0', '10000001', '110', x'01010'::bit(20), '101', '1', '1111', '10101'), (2, '0', '1', '00000000', '000', x'00000'::bit(20), '', '', '', '00000'),
	(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '11111'), (4, '1', '1', '11111111', '001', x'fffff'::bit(20), repeat('10', 40)::varbit, '0', '0000000001', '00001'),
	(5, '0', '0', '00000001', '100', x'80000'::bit(20), '0000000000000001', '1', '1000000000', '10000');
DELETE FROM typ.bits WHERE id = 1;
CREATE TABLE typ.dates (id int PRIMARY KEY, d date, dn date NOT NULL);
INSERT INTO typ.dates VALUES (1, '1970-01-01', '2024-02-29'), (2, '1969-12-31', 'infinity'), (3, NULL, '-infinity'), (4, '0044-03-15 BC', '5874897-12-31'),
	(5, '0001-01-01', '4714-11-24 BC'), (6, '9999-12-31', '10000-01-01'), (7, '1582-10-04', '1582-10-15');
DELETE FROM typ.dates WHERE id = 1;
CREATE TABLE typ.times (id int PRIMARY KEY, t time, t0 time(0), t1 time(1), t3 time(3), t4 time(4), t6 time(6), z timetz, z0 timetz(0), z3 timetz(3));
INSERT INTO typ.times VALUES (1, '12:34:56.789123', '12:34:56.789123', '12:34:56.789123', '12:34:56.789123', '12:34:56.789123', '12:34:56.789123', '12:34:56.789123+02', '12:34:56.789123+05:30', '12:34:56.789123-03'),
	(2, '00:00', '00:00', '00:00', '00:00', '00:00', '00:00', '00:00+00', '00:00+14', '00:00-12'), (3, '24:00', '24:00', '24:00', '24:00', '24:00', '24:00', '23:59:59.999999+00', '23:59:59+00', '23:59:59.9-11'),
	(4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (5, '23:59:59.999999', '23:59:59.4', '23:59:59.94', '23:59:59.9994', '23:59:59.99994', '00:00:00.000001', '08:00+00', '08:00:01+01:23:45', '10:00:00.5+00'),
	(6, '00:00:00.1', '00:00:01', '00:00:00.1', '00:00:00.001', '00:00:00.0001', '00:00:00.1', '10:00:00.120+00', '01:02:03-15:59:59', '00:00:00.010+00');
CREATE TABLE typ.timetz24 (id int PRIMARY KEY, z timetz);
INSERT INTO typ.timetz24 VALUES (1, '24:00+00'), (2, '24:00+02'), (3, '24:00-02');
CREATE TABLE typ.timestamps (id int PRIMARY KEY, t timestamp, t0 timestamp(0), t3 timestamp(3), t6 timestamp(6), z timestamptz, z0 timestamptz(0), z3 timestamptz(3), tn timestamp NOT NULL, zn timestamptz NOT NULL);
SET timezone = 'UTC';
INSERT INTO typ.timestamps SELECT i, v::timestamp, v::timestamp, v::timestamp, v::timestamp, v::timestamptz, v::timestamptz, v::timestamptz, CASE WHEN v::timestamp BETWEEN '1700-01-01' AND '2200-01-01' OR NOT isfinite(v::timestamp) THEN v::timestamp ELSE '2001-02-03' END, v::timestamptz
	FROM unnest(ARRAY['2023-05-06 10:34:56.789123', '1970-01-01', '1969-12-31 23:59:59.999999', 'infinity', '-infinity', '0044-03-15 01:02:03 BC', '10000-01-01', '294276-12-31 23:59:59.999999',
	'4714-11-24 00:00:00 BC', '0001-01-01', '2023-05-06 10:34:05', '2023-05-06 10:34:05.1', '9999-12-31 23:59:59.999999', '1582-10-10 12:00', '1969-12-31 23:59:59.5', '0001-12-31 BC', '2023-05-06 10:34:05.120']) WITH ORDINALITY x (v, i);
INSERT INTO typ.timestamps VALUES (50, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2000-01-01', '2000-01-01 00:00:00+05:30');
SET timezone = 'America/New_York';
SET datestyle = 'German, DMY';
SET intervalstyle = 'iso_8601';
SET bytea_output = 'escape';
SET extra_float_digits = 0;
INSERT INTO typ.timestamps (id, tn, z, zn) VALUES (51, '01.02.2000', '01.02.2000 12:00', '05.11.2023 01:30');
INSERT INTO typ.floats VALUES (51, 1.1, 1.1);
INSERT INTO typ.bytes VALUES (51, '\xff', '\x00');
RESET ALL;
DELETE FROM typ.timestamps WHERE id < 3;
CREATE TABLE typ.intervals (id int PRIMARY KEY, i interval, i0 interval(0), ym interval year to month, n interval NOT NULL);
INSERT INTO typ.intervals VALUES (1, '1 year 2 mons 3 days 04:05:06.789012', '1.5 s', '1 year 2 mons', '0'), (2, '-1 year 1.5 s ago', '0', '-1 mon', '1 mon'),
	(3, '100000 hours', '1 day', '0', '-178000000 years'), (4, NULL, NULL, NULL, '178000000 years'), (5, '1 mon -1 day', '00:00:00.4', '12 mons', '1 us'), (6, '-00:00:00.000001', '-1 day', '5 mons', '7 mons 13 days 00:00:00.333333'),
	(7, '11 mons', '1 mon', '1 mon', '1 day'), (8, '290000 years', '1 year', '1 year', '2000000:00:54.775807');
DELETE FROM typ.intervals WHERE id = 1;
CREATE TABLE typ.others (id int PRIMARY KEY, u uuid, j json, jb jsonb, x xml, e typ.mood, i inet, c cidr, m macaddr, m8 macaddr8);
INSERT INTO typ.others VALUES (1, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{"b": 1,  "a":[1, 2.50,null]}', '{"b": 1,  "a":[1, 2.50,null], "ä": "😀\u0001"}', '<a b="c">d &amp; e</a>', 'ok', '192.168.1.5', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05'),
	(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, '00000000-0000-0000-0000-000000000000', 'null', 'null', '<a/>', 'hap,py', '192.168.1.5/24', '::1/128', 'ffffffffffff', 'ffffffffffffffff'),
	(4, '00000000-0000-0000-0000-000000000001', '"x"', '1e5', '<?xml version="1.0"?><a>ä</a>', 'qu"ote', '2001:db8::1/64', '192.168.0.0/16', '00:00:00:00:00:00', '08:00:2b:01:02:03'),
	(5, 'ffffffff-ffff-ffff-ffff-ffffffffffff', E'{"a":\n\t1}', '[]', 'plain', 'sad', '::ffff:1.2.3.4', '2001:db8::/32', '01-02-03-04-05-06', '01-02-03-04-05-06');
DELETE FROM typ.others WHERE id = 1;
CREATE TABLE typ.ranges (id int PRIMARY KEY, i4 int4range, i8 int8range, n numrange, t tsrange, tz tstzrange, d daterange);
INSERT INTO typ.ranges VALUES (1, '[1,10)', '(1,10]', '[1.5,2.5]', '[2020-01-01,2020-02-01)', '[2020-01-01 00:00+00,2020-02-01 00:00+00)', '[2020-01-01,2020-02-01]'), (2, 'empty', '(,)', '(,5)', '(,)', 'empty', '[2020-01-01,)');
CREATE TABLE typ.domains (id int PRIMARY KEY, p typ.posint, a typ.amount, s typ.small_amount, w typ.word, m typ.mooddom, t typ.ts3, an typ.amount NOT NULL);
INSERT INTO typ.domains VALUES (1, 5, 1.5, 2.25, 'word', 'ok', '2020-01-02 03:04:05.678', 3.75), (2, NULL, NULL, NULL, NULL, NULL, NULL, 0);
DELETE FROM typ.domains WHERE id = 1;
CREATE TABLE typ.domain_key (k typ.posint PRIMARY KEY, v int);
INSERT INTO typ.domain_key VALUES (1, 1);
UPDATE typ.domain_key SET k = 2;
-- sync
CREATE TABLE typ.arrays (id int PRIMARY KEY, b bool[], s smallint[], i int[], l bigint[], r real[], d float8[], t text[], v varchar(5)[], c char(3)[], n numeric(10,2)[], nu numeric[], dt date[], ti time[], t3 time(3)[], tz timetz[], ts timestamp[], ts3 timestamp(3)[], tsz timestamptz[], u uuid[], j json[], jb jsonb[], by bytea[], ine inet[], ci cidr[], ma macaddr[], e typ.mood[], o oid[]);
INSERT INTO typ.arrays (id) VALUES (1);
INSERT INTO typ.arrays VALUES (2, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}');
INSERT INTO typ.arrays VALUES (3, '{t,f,NULL}', '{1,-2,NULL}', '{1,-2,NULL}', '{1,-9223372036854775808,NULL}', '{1.1,-0.5,NULL}', '{1.1,1e300,NULL}', '{a,"b\"c",NULL,"NULL","ä😀",""}', '{ab,NULL}', '{a,bcd,NULL}', '{1.50,-0.01,NULL}', '{1.50,100,NULL}',
	'{2020-01-02,0044-03-15 BC,NULL}', '{12:34:56.789123,NULL}', '{12:34:56.789,NULL}', '{12:34:56.5+02,NULL}', '{2020-01-02 03:04:05.678901,NULL}', '{2020-01-02 03:04:05.678,NULL}', '{2020-01-02 03:04:05.678901+02,NULL}',
	'{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11,NULL}', ARRAY['{"a": 1}', NULL]::json[], ARRAY['{"a":  1}', NULL]::jsonb[], '{"\\xdead",NULL,"\\x"}', '{10.0.0.1,10.0.0.0/8,NULL}', '{10.0.0.0/8,NULL}', '{08:00:2b:01:02:03,NULL}', '{sad,ok}', '{1,4294967295,NULL}');
UPDATE typ.arrays SET i = '{7}' WHERE id = 3;
INSERT INTO typ.arrays (id, i, t) VALUES (4, '[5:6]={1,2}', '[0:1]={a,b}');
DELETE FROM typ.arrays;
-- sync
-- NOT NULL everywhere: what a key-only before image says.
CREATE TABLE typ.notnull (id int PRIMARY KEY, b bool NOT NULL, s smallint NOT NULL, i int NOT NULL, l bigint NOT NULL, o oid NOT NULL, r real NOT NULL, d float8 NOT NULL, n numeric NOT NULL, n2 numeric(6,2) NOT NULL, c char(3) NOT NULL, v varchar(9) NOT NULL, t text NOT NULL, by bytea NOT NULL, b1 bit NOT NULL, b4 bit(4) NOT NULL, vb varbit NOT NULL, da date NOT NULL, t3 time(3) NOT NULL, t6 time NOT NULL, tz timetz NOT NULL, ts3 timestamp(3) NOT NULL, ts timestamp NOT NULL, tsz timestamptz NOT NULL, iv interval NOT NULL, u uuid NOT NULL, j json NOT NULL, jb jsonb NOT NULL, x xml NOT NULL, e typ.mood NOT NULL, ine inet NOT NULL, ci cidr NOT NULL, ma macaddr NOT NULL, m money NOT NULL, ia int[] NOT NULL, ta text[] NOT NULL, dp typ.posint NOT NULL, cit public.citext NOT NULL, rg int4range NOT NULL, tsv tsvector NOT NULL, q "char" NOT NULL);
INSERT INTO typ.notnull VALUES (1, true, 1, 1, 1, 1, 1, 1, 1, 1, 'a', 'a', 'a', '\x01', '1', '1010', '101', '2020-01-01', '01:02:03', '01:02:03', '01:02:03+00', '2020-01-01', '2020-01-01', '2020-01-01 00:00+00', '1 day', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{}', '{}', '<a/>', 'ok', '::1', '::1', '08:00:2b:01:02:03', 1, '{1}', '{a}', 1, 'a', '[1,2)', 'a', 'x');
UPDATE typ.notnull SET id = 2;
DELETE FROM typ.notnull;
-- sync
-- Defaults, literal and not: they fill NOT NULL columns of a before image.
CREATE TABLE typ.defaults (id serial PRIMARY KEY, b bool NOT NULL DEFAULT true, s smallint NOT NULL DEFAULT 7, i int NOT NULL DEFAULT -42, l bigint NOT NULL DEFAULT 5000000000, r real NOT NULL DEFAULT 1.5, d float8 NOT NULL DEFAULT 2.5, n numeric NOT NULL DEFAULT 1.50, n2 numeric(6,2) NOT NULL DEFAULT 3.5, c char(3) NOT NULL DEFAULT 'x', v varchar(9) NOT NULL DEFAULT 'dflt', t text NOT NULL DEFAULT 'it''s "q"', by bytea NOT NULL DEFAULT '\x01', b1 bit NOT NULL DEFAULT B'1', b4 bit(4) NOT NULL DEFAULT B'1010', vb varbit NOT NULL DEFAULT B'11', da date NOT NULL DEFAULT '2020-02-03', t3 time(3) NOT NULL DEFAULT '01:02:03.5', t6 time NOT NULL DEFAULT '01:02:03.5', tz timetz NOT NULL DEFAULT '01:02:03+00', ts3 timestamp(3) NOT NULL DEFAULT '2020-01-02 03:04:05', ts timestamp NOT NULL DEFAULT '2020-01-02 03:04:05', tsz timestamptz NOT NULL DEFAULT '2020-01-02 03:04:05+00', iv interval NOT NULL DEFAULT '1 day', u uuid NOT NULL DEFAULT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', j json NOT NULL DEFAULT '{"a": 1}', jb jsonb NOT NULL DEFAULT '{"a": 1}', x xml NOT NULL DEFAULT '<a/>', e typ.mood NOT NULL DEFAULT 'ok', ine inet NOT NULL DEFAULT '::1', m money NOT NULL DEFAULT 1.5, ia int[] NOT NULL DEFAULT '{1}', o oid NOT NULL DEFAULT 9, dp typ.posint NOT NULL DEFAULT 3,
	ni int DEFAULT 5, nt text DEFAULT 'nullable');
INSERT INTO typ.defaults DEFAULT VALUES;
INSERT INTO typ.defaults (ni, nt) VALUES (NULL, NULL);
UPDATE typ.defaults SET id = 100 WHERE id = 1;
DELETE FROM typ.defaults;
-- sync
CREATE FUNCTION typ.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE typ.computed (id bigserial PRIMARY KEY, i int NOT NULL DEFAULT typ.f(), n numeric NOT NULL DEFAULT random(), n2 numeric(6,2) NOT NULL DEFAULT random(), b bool NOT NULL DEFAULT pg_is_in_recovery(), t text NOT NULL DEFAULT current_user, v varchar(60) NOT NULL DEFAULT md5('x'), j json NOT NULL DEFAULT json_build_object('a', 1), u uuid NOT NULL DEFAULT gen_random_uuid(), d date NOT NULL DEFAULT current_date, ti time NOT NULL DEFAULT localtime, ts timestamp NOT NULL DEFAULT localtimestamp, ts3 timestamp(3) NOT NULL DEFAULT now(), tsz timestamptz NOT NULL DEFAULT now(), tsz3 timestamptz(3) NOT NULL DEFAULT now(), e1 int NOT NULL DEFAULT 1 + 2, e2 text NOT NULL DEFAULT 'a' || 'b', e3 bool NOT NULL DEFAULT (1 = 1), e4 text NOT NULL DEFAULT 'two
lines', e5 timestamp NOT NULL DEFAULT now() + interval '1 day', nul int DEFAULT NULL, neg numeric(5,1) NOT NULL DEFAULT -1.5, e6 float8 NOT NULL DEFAULT random(), ident int GENERATED BY DEFAULT AS IDENTITY, e7 real NOT NULL DEFAULT '1.25'::real, e8 bigint NOT NULL DEFAULT '12'::bigint, e9 typ.mood NOT NULL DEFAULT ('sad')::typ.mood, iv interval NOT NULL DEFAULT '00:00:01'::interval * 2);
INSERT INTO typ.computed DEFAULT VALUES;
UPDATE typ.computed SET id = 100;
DELETE FROM typ.computed;
-- sync
-- Keys of many types.
CREATE TABLE typ.keys (u uuid, n numeric(10,2), nu numeric, d date, ts timestamp, z timestamptz, by bytea, b bool, c char(4), e typ.mood, l bigint, i inet, ti time, iv interval, v int, PRIMARY KEY (u, n, nu, d, ts, z, by, b, c, e, l, i, ti, iv));
INSERT INTO typ.keys VALUES ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 1.5, 2.50, '2020-01-02', '2020-01-02 03:04:05.678901', '2020-01-02 03:04:05+02', '\xdead', true, 'ab', 'ok', 5, '::1', '01:02:03', '1 day', 1);
UPDATE typ.keys SET v = 2;
UPDATE typ.keys SET n = 2.5, nu = 100;
DELETE FROM typ.keys;
CREATE TABLE typ.text_key (k text PRIMARY KEY, v int);
INSERT INTO typ.text_key VALUES ('a"b\c/ä😀', 1), ('', 2), (E'\x01\t', 3), ('x y', 4);
UPDATE typ.text_key SET k = k || '"';
-- sync
