-- Numbers of columns in Protobuf records: they keep them.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;
CREATE SCHEMA ddl;
CREATE TABLE ddl.old (id int PRIMARY KEY, v text, w text);
ALTER TABLE ddl.old DROP v;
SELECT wal2kafka.create_connector('{"name": "d", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
		"format": "protobuf-registry",
		"schema.registry.url": "http://localhost:8081", "table.include.list": "ddl[.].*",
		"column.exclude.list": "ddl[.].*[.]secret.*"}}');
CREATE VIEW ddl_numbers AS
	SELECT c.relname, string_agg(concat(field, '=', number), ' ' ORDER BY number) AS numbers
	FROM wal2kafka.connector_field f LEFT JOIN pg_class c ON c.oid = f.relid
	WHERE name = 'd' GROUP BY relid, relname ORDER BY relname;

-- The first version has the columns' positions.
SELECT * FROM ddl_numbers;
CREATE TABLE ddl.t (id int PRIMARY KEY, secret int, a int, b text);
SELECT * FROM ddl_numbers;

-- Adding, dropping, renaming.
ALTER TABLE ddl.t ADD c int;
ALTER TABLE ddl.t DROP a;
ALTER TABLE ddl.t RENAME b TO bb;
ALTER TABLE ddl.t ADD a text, ALTER c TYPE bigint;
SELECT * FROM ddl_numbers;

-- In a transaction that is rolled back, wholly or in part.
BEGIN;
ALTER TABLE ddl.t ADD never int;
SAVEPOINT s;
ALTER TABLE ddl.t ADD never2 int;
ROLLBACK TO s;
ALTER TABLE ddl.t ADD never3 int;
SELECT * FROM ddl_numbers;
ROLLBACK;
SELECT * FROM ddl_numbers;

-- A column that the filters hide keeps its number for when it comes back; one
-- that they hid is a new one when they do not any more.
SELECT wal2kafka.patch_connector('d', '{"column.exclude.list": "ddl[.].*[.]bb"}');
ALTER TABLE ddl.t ADD d int;
SELECT * FROM ddl_numbers;
SELECT wal2kafka.patch_connector('d', '{"column.exclude.list": null}');
ALTER TABLE ddl.t ADD e int;
SELECT * FROM ddl_numbers;

-- Tables: renamed, out of sight and back, begun to match, dropped.
ALTER TABLE ddl.t RENAME TO u;
ALTER TABLE ddl.u SET SCHEMA public;
ALTER TABLE u ADD f int;
SELECT * FROM ddl_numbers;
ALTER TABLE u SET SCHEMA ddl;
SELECT * FROM ddl_numbers;
CREATE TABLE later (x int, y int);
ALTER TABLE later DROP x;
ALTER TABLE later SET SCHEMA ddl;
DROP TABLE ddl.u;
SELECT * FROM ddl_numbers;

-- A type that goes takes its columns along, and a parent's go to its children.
CREATE TYPE ddl.kind AS ENUM ('a');
CREATE TABLE ddl.parent (i int, k ddl.kind);
CREATE TABLE ddl.child (c int) INHERITS (ddl.parent);
DROP TYPE ddl.kind CASCADE;
ALTER TABLE ddl.parent ADD l int;
SELECT * FROM ddl_numbers;

-- Partitions have their own, or those of their root.
CREATE TABLE ddl.part (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE ddl.part1 (b int, a int);
ALTER TABLE ddl.part ATTACH PARTITION ddl.part1 FOR VALUES FROM (0) TO (10);
SELECT * FROM ddl_numbers WHERE relname LIKE 'part%';
SELECT wal2kafka.patch_connector('d', '{"publish.via.partition.root": "true"}');
ALTER TABLE ddl.part ADD c int;
SELECT * FROM ddl_numbers WHERE relname LIKE 'part%';

-- Columns that are in keys alone have none.
SELECT wal2kafka.patch_connector('d', '{"column.exclude.list": "ddl[.]keyed[.]id"}');
CREATE TABLE ddl.keyed (id int PRIMARY KEY, v int);
SELECT * FROM ddl_numbers WHERE relname = 'keyed';

-- None of those that were recorded is left, and their numbers are not free.
CREATE TABLE ddl.swapped (a int, b int);
ALTER TABLE ddl.swapped DROP a, DROP b, ADD c int;
SELECT * FROM ddl_numbers WHERE relname = 'swapped';

-- Another format: nothing more is recorded, and what is stays.
SELECT wal2kafka.patch_connector('d', '{"format": null, "schema.registry.url": null}');
ALTER TABLE ddl.old ADD z int;
SELECT * FROM ddl_numbers WHERE relname = 'old';
SELECT wal2kafka.patch_connector('d', '{"format": "protobuf-registry",
	"schema.registry.url": "http://localhost:8081"}');
SELECT * FROM ddl_numbers WHERE relname = 'old';

DROP VIEW ddl_numbers;
SELECT wal2kafka.drop_connector('d');
DO $$
BEGIN
	FOR i IN 1..6000 LOOP
		PERFORM FROM wal2kafka.connectors;
		EXIT WHEN NOT FOUND;
		PERFORM pg_sleep(0.02);
	END LOOP;
END
$$;
SELECT count(*) FROM wal2kafka.connector_field;
DROP EXTENSION wal2kafka;
DROP SCHEMA ddl CASCADE;
