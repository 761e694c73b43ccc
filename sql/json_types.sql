--
-- The other types, alone and in arrays.
--
SET client_min_messages = warning;
CREATE SCHEMA json_types;
SET search_path = json_types;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_json_types', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_types', 'wal2kafka');

CREATE TYPE mood AS ENUM ('sad', 'a,b "c"', 'Ünhappy');
CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE DOMAIN posint2 AS posint;
CREATE DOMAIN price AS numeric(8,2);
CREATE DOMAIN ints AS int[];
CREATE TYPE comp AS (a int, b text);
CREATE TABLE s (b bool, c char(5), v varchar(5), t text, "ch" "char", na name, by bytea, j json, jb jsonb, u uuid, e mood,
    b1 bit, b3 bit(3), b20 bit(20), vb varbit, vb1 varbit(1), vb9 varbit(9));
INSERT INTO s VALUES (true, 'ab', 'abc', 'text', 'x', 'a name', '\x00ff10', '{"a" : [1, 2.50,null]}', '{"b": [1, 2.50, null], "a": "ä\"\\"}',
    'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a,b "c"', '1', '110', '00000001000000010000', '101', '1', '000000001'),
    (false, '', '', '', '', '', '', 'null', 'null', '00000000-0000-0000-0000-000000000000', 'Ünhappy', '0', '000', repeat('1', 20)::bit(20), '', '0', '100000000'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (true, 'ü', 'ü', 'ü', E'\\200', 'ü', '\xdeadbeef01', '"x"', '[]', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'sad', '1', '001', '00000000000000000001', repeat('10', 40)::varbit, '', '1');
SELECT c.key AS "column", c.value FROM changes() x, json_each(x.after) c;
CREATE TABLE net (i inet, c cidr, m macaddr, m8 macaddr8);
INSERT INTO net VALUES ('192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05'), ('::1', '2001:db8::/32', NULL, NULL);
SELECT after FROM changes();
CREATE TABLE r (i4 int4range, i8 int8range, n numrange, d daterange, mr int4multirange);
INSERT INTO r VALUES ('[1,10)', 'empty', '(1.5,2.50]', '[2020-01-01,2020-02-01)', '{[1,2),[5,7)}'), (NULL, '(,)', NULL, NULL, '{}');
SELECT after FROM changes();
CREATE TABLE o (p point, l line, ls lseg, b box, pa path, po polygon, c circle, tv tsvector, tq tsquery, xid xid, x8 xid8, cid cid, tid tid, rc regclass, rt regtype, rp regproc,
    lsn pg_lsn, ps pg_snapshot, jp jsonpath, comp comp, ca comp[], acl aclitem, dom posint, d2 posint2, pr price, di ints, da posint[], rf refcursor, iv int2vector, ov oidvector);
INSERT INTO o VALUES ('(1.5,2)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '((0,0),(1,1))', '((0,0),(1,1),(1,0))', '<(0,0),1>', 'a fat cat', 'fat & cat', '123', '5000000000', '1', '(1,2)',
    'pg_class', 'int', 'now', '0/16B3748', '10:20:10,14', '$.a', ROW(1, 'x "y"'), ARRAY[ROW(1, 'x')::comp, NULL], '=r/postgres', 5, 6, 1.5, '{1,2}', '{7,8}', 'cur', '1 2 3', '1 4294967295');
SELECT c.key AS "column", c.value FROM changes() x, json_each(x.after) c;
CREATE TABLE a (b bool[], s smallint[], i int[], l bigint[], r real[], d float8[], n numeric(5,2)[], nv numeric[], m money[], t text[], c char(3)[], v varchar(4)[], na name[], by bytea[], da date[],
    ti time(3)[], t6 time[], tz timetz[], ts timestamp(3)[], t6s timestamp[], tsz timestamptz(0)[], iv interval[], u uuid[], j json[], jb jsonb[], e mood[], ip inet[], ra int4range[], bi bit(3)[], vb varbit[], dm price[]);
INSERT INTO a VALUES ('{t,f,NULL}', '{1,NULL}', '{1,2}', '{5000000000}', '{1.5,NaN}', '{1e7,-Infinity}', '{1.5,-0.01,NULL}', '{1.50,100}', '{1.5}', '{a,"b \"q\"",NULL,""}', '{a,bcd}', '{ab}', '{n}', '{"\\x00ff",NULL}', '{2020-01-01,infinity}',
    '{01:02:03.5}', '{01:02:03.5}', '{01:02:03+02}', '{2020-01-01 00:00:00.5}', '{2020-01-01}', '{2020-01-01 00:00:00+02}', '{1 day,NULL}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{"{\"a\": 1}"}', '{"{\"a\": 1}",NULL}',
    '{sad,NULL}', '{::1}', '{"[1,2)"}', '{101,010}', '{101,1}', '{1.5}');
INSERT INTO a (i, t) VALUES ('{}', '{}'), ('[5:6]={1,2}', '[0:1][3:3]={{a},{NULL}}'), ('{{1,2},{3,NULL}}', '{{{a,b},{c,d}},{{e,f},{g,h}}}');
INSERT INTO a DEFAULT VALUES;
SELECT c.key AS "column", c.value FROM (SELECT after FROM changes()) x, json_each(x.after) c WHERE c.value::text <> 'null';

SELECT pg_drop_replication_slot('regress_json_types');
SET client_min_messages = warning;
DROP SCHEMA json_types CASCADE;
