-- Schema changes: which tables a command concerns that does not name them.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;
CREATE SCHEMA ddl;
CREATE SCHEMA ddl_hidden;
SELECT wal2kafka.create_connector('{"name": "d", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
		"include.schema.changes": true, "schema.include.list": "ddl"}}');
SELECT 'init' FROM pg_create_logical_replication_slot('ddl_slot', 'wal2kafka');
CREATE VIEW ddl_hidden.changes AS
	SELECT r #>> '{value,ddl}' AS ddl,
		(SELECT string_agg(concat_ws(' ', c ->> 'type', split_part(c ->> 'id', '.', 3),
				(SELECT string_agg(f ->> 'name', ',' ORDER BY (f ->> 'position')::int)
					FROM jsonb_array_elements(c #> '{table,columns}') f),
				(SELECT f ->> 'enumValues' FROM jsonb_array_elements(c #> '{table,columns}') f
					WHERE f -> 'enumValues' <> 'null'),
				(SELECT 'default ' || (f ->> 'defaultValueExpression')
					FROM jsonb_array_elements(c #> '{table,columns}') f
					WHERE f -> 'defaultValueExpression' <> 'null')), '; ' ORDER BY c ->> 'id')
			FROM jsonb_array_elements(r #> '{value,tableChanges}') e(c)) AS changes
	FROM (SELECT data::jsonb AS r FROM pg_logical_slot_get_changes('ddl_slot', NULL, NULL,
		'connector', 'd', 'include.schema.changes', 'true', 'schema.include.list', 'ddl')) records
	WHERE r ->> 'op' = 's';

-- Types: enums, domains over domains, composite types, arrays and ranges.
CREATE TYPE ddl_hidden.mood AS ENUM ('sad');
CREATE DOMAIN ddl_hidden.feeling AS ddl_hidden.mood;
CREATE DOMAIN ddl_hidden.deep AS ddl_hidden.feeling;
CREATE TYPE ddl_hidden.pair AS (m ddl_hidden.mood, i int);
CREATE TYPE ddl_hidden.moods AS RANGE (subtype = ddl_hidden.mood);
CREATE TABLE ddl.e (m ddl_hidden.mood);
CREATE TABLE ddl.d (d ddl_hidden.deep);
CREATE TABLE ddl.p (p ddl_hidden.pair);
CREATE TABLE ddl.a (a ddl_hidden.feeling[]);
CREATE TABLE ddl.r (r ddl_hidden.moods, s ddl_hidden.moods[]);
CREATE TABLE ddl.none (i int);
SELECT count(*) FROM ddl_hidden.changes;
ALTER TYPE ddl_hidden.mood ADD VALUE 'glad';
ALTER TYPE ddl_hidden.mood RENAME VALUE 'glad' TO 'happy';
ALTER DOMAIN ddl_hidden.feeling SET DEFAULT 'sad';
ALTER DOMAIN ddl_hidden.deep SET NOT NULL;
ALTER TYPE ddl_hidden.pair ADD ATTRIBUTE j int;
ALTER TYPE ddl_hidden.moods RENAME TO ranges;
SELECT * FROM ddl_hidden.changes;
DROP TYPE ddl_hidden.pair CASCADE;
DROP DOMAIN ddl_hidden.deep CASCADE;
SELECT * FROM ddl_hidden.changes;
DROP TYPE ddl_hidden.mood CASCADE;
SELECT * FROM ddl_hidden.changes;

-- Defaults and constraints that go with something else.
CREATE SEQUENCE ddl_hidden.seq;
CREATE FUNCTION ddl_hidden.one() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE ddl.s (i int DEFAULT nextval('ddl_hidden.seq'), f int);
CREATE TABLE ddl.f (i int DEFAULT ddl_hidden.one());
DROP SEQUENCE ddl_hidden.seq CASCADE;
DROP FUNCTION ddl_hidden.one CASCADE;
SELECT * FROM ddl_hidden.changes;

-- Inheritance and partitions.
CREATE TABLE ddl.parent (i int);
CREATE TABLE ddl.child () INHERITS (ddl.parent);
CREATE TABLE ddl.part (i int PRIMARY KEY) PARTITION BY RANGE (i);
CREATE TABLE ddl.part1 PARTITION OF ddl.part FOR VALUES FROM (0) TO (10);
CREATE TABLE ddl.part2 (i int NOT NULL);
ALTER TABLE ddl.part ATTACH PARTITION ddl.part2 FOR VALUES FROM (10) TO (20);
SELECT * FROM ddl_hidden.changes;
ALTER TABLE ddl.parent ADD v int;
ALTER TABLE ddl.parent RENAME i TO j;
ALTER TABLE ddl.part ADD v int;
ALTER TABLE ddl.part DETACH PARTITION ddl.part2;
ALTER TABLE ddl.part ADD w int;
ALTER TABLE ddl.child NO INHERIT ddl.parent;
DROP TABLE ddl.part;
SELECT * FROM ddl_hidden.changes;

-- Partitions that are published as their root: it alone has records.
SELECT wal2kafka.patch_connector('d', '{"publish.via.partition.root": "true"}');
CREATE TABLE ddl.part (i int PRIMARY KEY) PARTITION BY RANGE (i);
CREATE TABLE ddl.part1 PARTITION OF ddl.part FOR VALUES FROM (0) TO (10);
ALTER TABLE ddl.part ADD v int;
DROP TABLE ddl.part;
SELECT * FROM ddl_hidden.changes;
SELECT wal2kafka.patch_connector('d', '{"publish.via.partition.root": null}');

-- Schemas, and what is owned.
CREATE SCHEMA ddl2 CREATE TABLE t (i int) CREATE TABLE u (i int);
ALTER SCHEMA ddl RENAME TO ddl3;
ALTER SCHEMA ddl2 RENAME TO ddl;
SELECT * FROM ddl_hidden.changes;
DROP SCHEMA ddl CASCADE;
ALTER SCHEMA ddl3 RENAME TO ddl;
SELECT count(*) FROM ddl_hidden.changes;
CREATE ROLE ddl_owner;
CREATE TABLE ddl.owned (i int);
ALTER TABLE ddl.owned OWNER TO ddl_owner;
DROP OWNED BY ddl_owner;
SELECT * FROM ddl_hidden.changes;

-- What may be captured changes without DDL on the table: no record, but it is
-- known from then on.
CREATE TABLE ddl.granted (i int);
GRANT wal2kafka_admin TO ddl_owner;
SELECT wal2kafka.alter_connector_owner('d', 'ddl_owner');
SELECT relname FROM wal2kafka.connector_table;
GRANT USAGE ON SCHEMA ddl TO ddl_owner;
GRANT SELECT ON ddl.granted, ddl.none TO ddl_owner;
SELECT relname FROM wal2kafka.connector_table ORDER BY 1;
ALTER TABLE ddl.granted ADD v int;
ALTER TABLE ddl.parent ADD w int;
REVOKE SELECT ON ddl.granted FROM ddl_owner;
ALTER TABLE ddl.none ENABLE ROW LEVEL SECURITY;
SELECT relname FROM wal2kafka.connector_table ORDER BY 1;
ALTER TABLE ddl.granted ADD w int;
DROP TABLE ddl.granted;
SELECT * FROM ddl_hidden.changes;
RESET ROLE;
SELECT wal2kafka.alter_connector_owner('d', current_user::text::regrole);
SELECT wal2kafka.patch_connector('d', '{"publication.name": "pub"}');
CREATE PUBLICATION pub FOR TABLE ddl.none;
SELECT relname FROM wal2kafka.connector_table ORDER BY 1;
ALTER PUBLICATION pub ADD TABLE ddl.parent (j);
SELECT relname FROM wal2kafka.connector_table ORDER BY 1;
ALTER TABLE ddl.parent ADD x int;
ALTER TABLE ddl.child ADD x int;
DROP TABLE ddl.none;
SELECT relname FROM wal2kafka.connector_table ORDER BY 1;
ALTER PUBLICATION pub DROP TABLE ddl.parent;
SELECT relname FROM wal2kafka.connector_table ORDER BY 1;
DROP PUBLICATION pub;
SELECT count(*) FROM wal2kafka.connector_table;
SELECT * FROM ddl_hidden.changes;

SELECT pg_drop_replication_slot('ddl_slot');
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
DROP EXTENSION wal2kafka;
DROP SCHEMA ddl, ddl_hidden CASCADE;
DROP ROLE ddl_owner;
