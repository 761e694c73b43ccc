--
-- Changes of tables between changes of rows: a record shows its own time.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_ddl;
SET search_path = decode_ddl;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_ddl', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_ddl', 'wal2kafka');

CREATE TABLE t (id int PRIMARY KEY, a text, b int);
INSERT INTO t VALUES (1, 'one', 1);
ALTER TABLE t ADD COLUMN c text DEFAULT 'added';
INSERT INTO t VALUES (2, 'two', 2);
UPDATE t SET b = 10 WHERE id = 1;
ALTER TABLE t DROP COLUMN b;
INSERT INTO t VALUES (3, 'three');
ALTER TABLE t RENAME COLUMN a TO renamed;
INSERT INTO t VALUES (4, 'four');
ALTER TABLE t ALTER renamed TYPE varchar(40);
ALTER TABLE t ADD COLUMN b numeric(5,1) NOT NULL DEFAULT 1;
INSERT INTO t VALUES (5, 'five');
ALTER TABLE t ALTER b TYPE int USING b * 2;
INSERT INTO t VALUES (6, 'six');
ALTER TABLE t RENAME TO t2;
INSERT INTO t2 VALUES (7, 'seven');
ALTER SCHEMA decode_ddl RENAME TO decode_ddl_2;
INSERT INTO decode_ddl_2.t2 VALUES (8, 'eight');
ALTER SCHEMA decode_ddl_2 RENAME TO decode_ddl;
CREATE SCHEMA decode_ddl_other;
ALTER TABLE t2 SET SCHEMA decode_ddl_other;
INSERT INTO decode_ddl_other.t2 VALUES (9, 'nine');
ALTER TABLE decode_ddl_other.t2 SET SCHEMA decode_ddl;
ALTER TABLE t2 DROP CONSTRAINT t_pkey;
INSERT INTO t2 VALUES (10, 'ten');
ALTER TABLE t2 ADD PRIMARY KEY (renamed, id);
INSERT INTO t2 VALUES (11, 'eleven');
SELECT op, topic, key, after FROM changes();
DROP SCHEMA decode_ddl_other;

-- In one transaction, with savepoints.
BEGIN;
CREATE TABLE born (id int PRIMARY KEY, v int);
INSERT INTO born VALUES (1, 1);
ALTER TABLE born ADD COLUMN w text;
INSERT INTO born VALUES (2, 2, 'w');
SAVEPOINT s;
ALTER TABLE born DROP COLUMN v;
INSERT INTO born VALUES (3, 'three');
ROLLBACK TO s;
INSERT INTO born VALUES (4, 4, 'four');
ALTER TABLE born RENAME COLUMN v TO x;
UPDATE born SET x = x + 1;
ALTER TABLE born ALTER id TYPE bigint;
INSERT INTO born VALUES (5, 5, 'five');
ALTER TABLE born REPLICA IDENTITY FULL;
DELETE FROM born WHERE id = 5;
COMMIT;
SELECT op, key, before, after FROM changes();

-- Gone before it is read.
CREATE TYPE color AS ENUM ('red', 'green');
CREATE DOMAIN two AS numeric(8,2);
CREATE TABLE gone (id int PRIMARY KEY, c color, d two, ca color[], comp born);
INSERT INTO gone VALUES (1, 'red', 1.5, '{green,red}', ROW(1, 2, 'x'));
ALTER TYPE color RENAME VALUE 'red' TO 'crimson';
INSERT INTO gone VALUES (2, 'crimson', 2.5, NULL, NULL);
ALTER TYPE color ADD VALUE 'blue' BEFORE 'green';
INSERT INTO gone VALUES (3, 'blue', 3.5, '{blue}');
ALTER TABLE gone ALTER c TYPE text;
INSERT INTO gone VALUES (4, 'now text', 4.5);
ALTER TABLE gone DROP COLUMN d;
DROP DOMAIN two;
INSERT INTO gone VALUES (5, 'five');
DROP TABLE gone;
DROP TYPE color;
DROP TABLE born;
CREATE TABLE gone (other text);
INSERT INTO gone VALUES ('another table');
TRUNCATE gone;
INSERT INTO gone VALUES ('after truncation');
SELECT op, key, after FROM changes();

-- Rewritten by DDL: its rows are no changes.
ALTER TABLE gone ADD COLUMN r float8 DEFAULT random();
ALTER TABLE gone SET UNLOGGED;
INSERT INTO gone VALUES ('unlogged');
ALTER TABLE gone SET LOGGED;
VACUUM FULL gone;
INSERT INTO gone VALUES ('logged', 0.5);
SELECT op, key, after FROM changes();

-- A column dropped and another of its name.
CREATE TABLE d (id int PRIMARY KEY, a int, b int, c int);
ALTER TABLE d DROP COLUMN a, DROP COLUMN c;
ALTER TABLE d ADD COLUMN a text;
INSERT INTO d VALUES (1, 2, 'a');
ALTER TABLE d REPLICA IDENTITY FULL;
UPDATE d SET b = 3;
ALTER TABLE d ADD COLUMN fast int NOT NULL DEFAULT 42;
UPDATE d SET b = 4;
SELECT op, key, before, after FROM changes();
-- A column of the key dropped: no key any more.
ALTER TABLE d DROP COLUMN id;
DELETE FROM d;
SELECT op, key, before FROM changes();

-- Odd names.
CREATE TABLE "Tab le.x" ("Id" int PRIMARY KEY, "quo""te" text, "dot.ted" text, "ümlaut" text,
    "back\slash" text, "tab	here" text, "emoji😀" text);
INSERT INTO "Tab le.x" VALUES (1, 'a', 'b', 'c', 'd', 'e', 'f');
UPDATE "Tab le.x" SET "Id" = 2;
CREATE TABLE "tä😀/ble" ("from" int);
INSERT INTO "tä😀/ble" VALUES (1);
SELECT data::json->>'op' AS op, data::json->'topic' AS topic, data::json->'key' AS key,
       data::json#>'{value,source,table}' AS "table", data::json#>'{value,after}' AS after,
       data::json#>'{headers,__debezium.oldkey}' AS oldkey
FROM pg_logical_slot_get_changes('regress_decode_ddl', NULL, NULL);

-- No columns, and as many as there can be.
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
DO $$
BEGIN
    EXECUTE (SELECT 'CREATE TABLE wide (' || string_agg(format('c%s int', i), ', ') || ')'
             FROM generate_series(1, 1600) i);
END $$;
INSERT INTO wide (c1, c1600) VALUES (1, 1600);
SELECT op, key, length(after::text), after->'c1' AS c1, after->'c1600' AS c1600 FROM changes();

-- Tables that come and go by the thousand; those that stay are not forgotten.
CREATE TABLE stays (id int PRIMARY KEY);
INSERT INTO stays VALUES (1);
DO $$
BEGIN
    FOR i IN 1..2200 LOOP
        EXECUTE format('CREATE TABLE goes%s (id int)', i);
        EXECUTE format('INSERT INTO goes%s VALUES (1)', i);
        EXECUTE format('DROP TABLE goes%s', i);
        IF i % 100 = 0 THEN
            INSERT INTO stays VALUES (i);
            COMMIT;
        END IF;
    END LOOP;
END $$;
SELECT count(*) AS records, count(DISTINCT data::json->>'topic') AS topics,
       count(*) FILTER (WHERE data::json->>'topic' LIKE '%stays') AS stays
FROM pg_logical_slot_get_changes('regress_decode_ddl', NULL, NULL);

SELECT pg_drop_replication_slot('regress_decode_ddl');
SET client_min_messages = warning;
DROP SCHEMA decode_ddl CASCADE;
