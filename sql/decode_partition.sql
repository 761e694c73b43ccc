--
-- Partitions: each under its own name, or under the partitioned table's.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_partition;
SET search_path = decode_partition;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_partition', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_partition', 'wal2kafka');

CREATE TABLE p (id int, region text NOT NULL, v text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE p_eu PARTITION OF p FOR VALUES IN ('eu');
CREATE TABLE p_us (v text, gone int, region text NOT NULL, id int, PRIMARY KEY (id, region));
ALTER TABLE p_us DROP COLUMN gone;
ALTER TABLE p ATTACH PARTITION p_us FOR VALUES IN ('us');
CREATE TABLE p_rest PARTITION OF p DEFAULT PARTITION BY RANGE (id);
CREATE TABLE p_rest_low PARTITION OF p_rest FOR VALUES FROM (0) TO (100);
INSERT INTO p VALUES (1, 'eu', 'a'), (2, 'us', 'b'), (3, 'xx', 'c');
UPDATE p SET v = v || '!';
UPDATE p SET region = 'us' WHERE id = 1;
UPDATE p SET id = 33 WHERE id = 3;
INSERT INTO p_eu VALUES (9, 'eu', 'direct');
DELETE FROM p WHERE id = 2;
SELECT op, topic, key, before, after FROM changes();
TRUNCATE p;
SELECT op, topic, key FROM changes('skipped.operations', 'none');
ALTER TABLE p DETACH PARTITION p_eu;
INSERT INTO p_eu VALUES (10, 'free', 'alone');
INSERT INTO p VALUES (11, 'eu', 'default now');
SELECT op, topic, key FROM changes();
-- Inheritance: likewise.
CREATE TABLE base (id int PRIMARY KEY, v text);
CREATE TABLE derived (extra int, PRIMARY KEY (id)) INHERITS (base);
INSERT INTO base VALUES (1, 'base');
INSERT INTO derived VALUES (2, 'derived', 5);
UPDATE base SET v = v || '+';
SELECT op, topic, after FROM changes();

-- As the partitioned table: its name, its order of columns, its key.
ALTER TABLE p_rest REPLICA IDENTITY FULL;
ALTER TABLE p_rest_low REPLICA IDENTITY FULL;
INSERT INTO p VALUES (1, 'us', 'a'), (2, 'xx', 'b');
UPDATE p SET v = v || '!' WHERE id < 3;
UPDATE p SET region = 'us' WHERE id = 2;
UPDATE p SET id = 4 WHERE id = 1;
INSERT INTO p_us VALUES ('direct', 'us', 9);
DELETE FROM p WHERE id = 4;
TRUNCATE p;
TRUNCATE p_us;
TRUNCATE p_rest;
CREATE TEMP TABLE via_root AS SELECT *, row_number() OVER () AS n
FROM pg_logical_slot_get_changes('regress_decode_partition', NULL, NULL, 'topic.prefix', 'p',
    'publish.via.partition.root', 'true', 'skipped.operations', 'none', 'provide.transaction.metadata', 'true');
SELECT d->>'op' AS op, d->>'topic' AS topic, d->'key' AS key, d#>'{value,before}' AS before, d#>'{value,after}' AS after,
    d#>>'{value,source,table}' AS source
FROM via_root, LATERAL (SELECT data::json) j(d) WHERE d->>'op' <> 'n' ORDER BY n;
SELECT DISTINCT d#>>'{value,data_collections}' AS counts FROM via_root, LATERAL (SELECT data::json) j(d)
WHERE d->>'op' = 'n' AND d#>>'{value,status}' = 'END' ORDER BY 1;
-- Expressions are matched with its name, and its changes are noticed.
INSERT INTO p VALUES (20, 'us', 'x');
ALTER TABLE p RENAME TO q;
INSERT INTO q VALUES (21, 'us', 'y');
ALTER TABLE q ADD more int NOT NULL DEFAULT 7;
INSERT INTO p_us VALUES ('z', 'us', 22);
SELECT op, topic, key, after FROM changes('publish.via.partition.root', 'true', 'table.include.list', '.*\.(p|q)',
    'column.mask.with.2.chars', '.*\.q\.v', 'message.key.columns', '.*\.q:v,id');
ALTER TABLE q RENAME TO p;
-- By a publication: the topmost table that is in it.
CREATE PUBLICATION decode_partition FOR TABLE p_rest, p (id, region, v) WHERE (id > 100) WITH (publish_via_partition_root);
INSERT INTO p VALUES (101, 'us', 'in'), (99, 'us', 'out'), (102, 'us', 'in');
UPDATE p SET id = 98 WHERE id = 102;
SELECT op, topic, key, before, after FROM changes('publication.name', 'decode_partition', 'publish.via.partition.root', 'false');
ALTER PUBLICATION decode_partition SET TABLE p_rest;
INSERT INTO p VALUES (50, 'yy', 'in'), (51, 'us', 'not in');
SELECT op, topic, key FROM changes('publication.name', 'decode_partition');
ALTER PUBLICATION decode_partition SET (publish_via_partition_root = false);
INSERT INTO p VALUES (52, 'yy', 'in');
TRUNCATE p_rest;
SELECT op, topic, key FROM changes('publication.name', 'decode_partition', 'skipped.operations', 'none',
    'publish.via.partition.root', 'true');
CREATE PUBLICATION decode_partition_all FOR ALL TABLES WITH (publish_via_partition_root);
INSERT INTO p VALUES (53, 'yy', 'in');
SELECT op, topic, key FROM changes('publication.name', 'decode_partition_all');
SET client_min_messages = warning;
DROP PUBLICATION decode_partition, decode_partition_all;
RESET client_min_messages;

SELECT pg_drop_replication_slot('regress_decode_partition');
SET client_min_messages = warning;
DROP SCHEMA decode_partition CASCADE;
