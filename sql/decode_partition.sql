--
-- Partitions: each under its own name.
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

SELECT pg_drop_replication_slot('regress_decode_partition');
SET client_min_messages = warning;
DROP SCHEMA decode_partition CASCADE;
