--
-- Which columns make a record's key, and what happens when it changes.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_keys;
SET search_path = decode_keys;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_keys', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_keys', 'wal2kafka');

-- In the order of the key's definition, not of the table.
CREATE TABLE composite (b text, v int, a int, c date, PRIMARY KEY (c, a, b));
INSERT INTO composite VALUES ('b1', 1, 1, '2020-02-29');
UPDATE composite SET v = 2;
UPDATE composite SET b = 'b2';
DELETE FROM composite;
SELECT * FROM changes();

-- A change of key: three records, with the other key in a header.
CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'a');
UPDATE t SET id = 2, v = 'b';
UPDATE t SET id = id;
SELECT data::json->>'op' AS op, data::json->'key' AS key,
       data::json#>>'{headers,__debezium.newkey}' AS newkey,
       data::json#>>'{headers,__debezium.oldkey}' AS oldkey,
       data::json->>'lsn' = lag(data::json->>'lsn') OVER () AS same_lsn
FROM pg_logical_slot_get_changes('regress_decode_keys', NULL, NULL);
BEGIN;
INSERT INTO t VALUES (10, 'x'), (11, 'y');
UPDATE t SET id = -10 WHERE id = 10;
UPDATE t SET id = 10 WHERE id = 11;
UPDATE t SET id = 11 WHERE id = -10;
COMMIT;
SELECT op, key FROM changes('tombstones.on.delete', 'false');

-- Without a primary key: the first unique index by name, but a clustered one
-- before it, and none with an expression.
CREATE TABLE uniq (a int, b int NOT NULL, c text NOT NULL, d int NOT NULL);
CREATE UNIQUE INDEX uniq_1 ON uniq (lower(c));
CREATE UNIQUE INDEX uniq_2 ON uniq (c, b) WHERE d > 0;
CREATE UNIQUE INDEX uniq_3 ON uniq (a);
CREATE INDEX uniq_0 ON uniq (d);
ALTER TABLE uniq REPLICA IDENTITY FULL;
INSERT INTO uniq VALUES (NULL, 1, 'x', 1);
UPDATE uniq SET b = 2;
SELECT op, key FROM changes();
DROP INDEX uniq_2;
UPDATE uniq SET d = 2;
SELECT op, key FROM changes();
CREATE UNIQUE INDEX uniq_9 ON uniq (d) INCLUDE (b);
UPDATE uniq SET b = 3;
ALTER TABLE uniq CLUSTER ON uniq_9;
UPDATE uniq SET b = 4;
ALTER TABLE uniq SET WITHOUT CLUSTER;
ALTER INDEX uniq_3 RENAME TO uniq_99;
UPDATE uniq SET a = 5;
ALTER TABLE uniq ADD PRIMARY KEY (b);
UPDATE uniq SET c = 'z';
SELECT op, key FROM changes();

-- Without any: no key.
CREATE TABLE keyless (a int, b text);
ALTER TABLE keyless REPLICA IDENTITY FULL;
INSERT INTO keyless VALUES (1, 'a'), (NULL, NULL);
UPDATE keyless SET b = 'b' WHERE a = 1;
DELETE FROM keyless;
SELECT * FROM changes();

-- Keys of every kind of value, as JSON and as Connect prints them in headers.
CREATE TABLE kinds (
    i int, n numeric(10,2), v numeric, neg numeric(6,-2), small numeric(20,15),
    s text, c char(4), by bytea, b bool, d date, ts timestamp, z timestamptz,
    u uuid, f float8, r real, mo money, iv interval, ar text[], e inet,
    PRIMARY KEY (i, n, v, neg, small, s, c, by, b, d, ts, z, u, f, r, mo, iv, ar, e));
INSERT INTO kinds VALUES (1, 1.5, 2.50, 12300, 1e-9, E'q" b\\ \t\x01 ä😀', 'ab', '\xdead',
    true, '2020-01-02', '2020-01-02 03:04:05.678901', '2020-01-02 03:04:05+02',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 1e7, 'NaN', 12.34, '1 day',
    '{a,"b c",NULL}', '::1');
UPDATE kinds SET i = 2, n = -0.01, v = 0, neg = 0, small = 0;
SELECT data::json->>'op' AS op, data::json->'key' AS key,
       data::json#>>'{headers,__debezium.newkey}' AS newkey,
       data::json#>>'{headers,__debezium.oldkey}' AS oldkey
FROM pg_logical_slot_get_changes('regress_decode_keys', NULL, NULL,
                                 'tombstones.on.delete', 'false');

-- Stored differently, sent alike: not another key.
CREATE TABLE alike (n numeric PRIMARY KEY, v int);
INSERT INTO alike VALUES (1.0, 1);
UPDATE alike SET n = 1.000;
UPDATE alike SET n = 1.001;
SELECT op, key FROM changes();

SELECT pg_drop_replication_slot('regress_decode_keys');
SET client_min_messages = warning;
DROP SCHEMA decode_keys CASCADE;
