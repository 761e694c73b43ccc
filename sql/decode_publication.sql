--
-- A publication that is named: tables, operations, columns, rows.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_publication;
SET search_path = decode_publication;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_publication', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_publication', 'wal2kafka');

CREATE TABLE a (id int PRIMARY KEY, v text, w text);
CREATE TABLE b (id int PRIMARY KEY, v text);
CREATE TABLE p (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE p_eu PARTITION OF p FOR VALUES IN ('eu');
SET client_min_messages = error;
CREATE PUBLICATION regress_pub FOR TABLE a;
RESET client_min_messages;
-- Tables, as of the change.
INSERT INTO a VALUES (1, 'v', 'w');
INSERT INTO b VALUES (1, 'v');
INSERT INTO p VALUES (1, 'eu');
ALTER PUBLICATION regress_pub ADD TABLE b, p;
INSERT INTO b VALUES (2, 'v');
INSERT INTO p VALUES (2, 'eu');
ALTER PUBLICATION regress_pub DROP TABLE a;
INSERT INTO a VALUES (2, 'v', 'w');
ALTER PUBLICATION regress_pub ADD TABLES IN SCHEMA decode_publication;
INSERT INTO a VALUES (3, 'v', 'w');
ALTER PUBLICATION regress_pub SET TABLE a;
INSERT INTO b VALUES (3, 'v');
SELECT op, topic, key FROM changes('publication.name', 'regress_pub');
-- Filters narrow further.
INSERT INTO a VALUES (4, 'v', 'w');
SELECT op, topic, key FROM changes('publication.name', 'regress_pub', 'table.exclude.list', '.*\.a');
-- Operations.
ALTER PUBLICATION regress_pub SET (publish = 'update, truncate');
INSERT INTO a VALUES (5, 'v', 'w');
UPDATE a SET v = 'u' WHERE id = 5;
UPDATE a SET id = 6 WHERE id = 5;
DELETE FROM a WHERE id = 6;
TRUNCATE a;
ALTER PUBLICATION regress_pub SET (publish = 'insert, delete');
INSERT INTO a VALUES (7, 'v', 'w');
UPDATE a SET v = 'u' WHERE id = 7;
DELETE FROM a WHERE id = 7;
TRUNCATE a;
SELECT op, topic, key FROM changes('publication.name', 'regress_pub', 'skipped.operations', 'none', 'tombstones.on.delete', 'false');
-- Columns.
ALTER PUBLICATION regress_pub SET (publish = 'insert, update, delete');
ALTER PUBLICATION regress_pub SET TABLE a (id, w);
INSERT INTO a VALUES (8, 'hidden', 'w');
UPDATE a SET w = 'x';
UPDATE a SET id = 9;
SELECT op, key, before, after FROM changes('publication.name', 'regress_pub', 'tombstones.on.delete', 'false');
-- Rows; an update may move them in and out.
ALTER TABLE a REPLICA IDENTITY FULL;
ALTER TABLE a ALTER w SET STORAGE EXTERNAL;
ALTER PUBLICATION regress_pub SET TABLE a WHERE (v = 'in' AND length(w) > 0), b;
TRUNCATE a;
INSERT INTO a VALUES (1, 'in', repeat('w', 3000)), (2, 'out', 'w'), (3, NULL, 'w');
UPDATE a SET v = 'in' WHERE id = 2;
UPDATE a SET v = 'out' WHERE id = 1;
UPDATE a SET v = 'still out' WHERE id = 1;
UPDATE a SET v = v || '' WHERE id = 2;
UPDATE a SET id = 20 WHERE id = 2;
UPDATE a SET v = 'in' WHERE id = 1;
DELETE FROM a WHERE id = 3;
DELETE FROM a WHERE id = 20;
INSERT INTO b VALUES (9, 'no filter');
SELECT op, topic, key, left(before::text, 30) AS before, left(after::text, 30) AS after, length(after->>'w') AS w
FROM changes('publication.name', 'regress_pub', 'tombstones.on.delete', 'false');
-- "sequence" counts the commits that such a reader sees.
INSERT INTO b VALUES (10, 'first');
SELECT pg_current_wal_insert_lsn() - '0/0' AS end_of_first \gset
INSERT INTO p VALUES (10, 'eu');
INSERT INTO b VALUES (11, 'second');
SELECT data::json#>>'{key,id}' AS id,
       ((data::json#>>'{value,source,sequence}')::json->>0)::bigint
           BETWEEN lag((data::json#>>'{value,source,lsn}')::bigint) OVER () AND :end_of_first AS follows_the_one_shown
FROM pg_logical_slot_get_changes('regress_decode_publication', NULL, NULL, 'publication.name', 'regress_pub');
-- All tables; none; one that is not there.
SET client_min_messages = error;
CREATE PUBLICATION regress_all FOR ALL TABLES;
CREATE PUBLICATION regress_none;
RESET client_min_messages;
INSERT INTO a VALUES (30, 'a', 'w');
CREATE FUNCTION peek(publication text) RETURNS TABLE (op text, topic text) LANGUAGE sql AS $$
    SELECT data::json->>'op', data::json->>'topic'
    FROM pg_logical_slot_peek_changes('regress_decode_publication', NULL, NULL,
        'topic.prefix', 'p', 'publication.name', publication)
$$;
SELECT * FROM peek('regress_all');
SELECT * FROM peek('regress_none');
SELECT * FROM peek('regress_no_such');
DROP PUBLICATION regress_pub, regress_all, regress_none;

SELECT pg_drop_replication_slot('regress_decode_publication');
SET client_min_messages = warning;
DROP SCHEMA decode_publication CASCADE;
