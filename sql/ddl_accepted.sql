-- schema.compatibility: a command answers for what it does, not for what it
-- finds.
SET client_min_messages = warning;
CREATE EXTENSION wal2kafka;
CREATE SCHEMA da;
CREATE SCHEMA da_hidden;
SELECT wal2kafka.create_connector('{"name": "avro", "initial_state": "STOPPED", "config": {
	"bootstrap.servers": "127.0.0.1:1", "topic.prefix": "shop", "snapshot.mode": "no_data",
	"schema.include.list": "da", "schema.registry.url": "http://127.0.0.1:1",
	"format": "avro", "schema.compatibility": "backward"}}');
-- As a worker does when the registry has given ids to what a table is now.
CREATE FUNCTION da_hidden.register("table" regclass, version int)
RETURNS void LANGUAGE sql AS $$
INSERT INTO wal2kafka.connector_schema
	(name, is_key, subject, type, fingerprint, topic, schema, schema_id,
	version, registered, confirmed)
SELECT 'avro', s.is_key, s.subject, s.type, md5(s::text), '', s.schema, 1,
	version, now(), clock_timestamp()
FROM wal2kafka.table_schemas('avro', "table") s
ON CONFLICT (name, fingerprint) DO UPDATE SET confirmed = excluded.confirmed
$$;
CREATE FUNCTION da_hidden.names(schema text, is_key bool) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(n #>> '{}', ',') FROM jsonb_path_query(schema::jsonb, (CASE WHEN is_key
	THEN '$.fields[*].name' ELSE '$.fields[0].type[1].fields[*].name' END)::jsonpath) n
$$;
CREATE VIEW da_hidden.kept AS
	SELECT c.relname, k.is_key, da_hidden.names(schema, is_key) AS schema,
		da_hidden.names(committed, is_key) AS committed
	FROM wal2kafka.connector_accepted k LEFT JOIN pg_class c ON c.oid = k.relid
	ORDER BY 1, 2;

-- Nothing is kept before something is registered, nor where nothing changes.
CREATE TABLE da.t (id int PRIMARY KEY, name text NOT NULL, n int);
ALTER TABLE da.t ADD COLUMN a int;
SELECT da_hidden.register('da.t', 1);
ALTER TABLE da.t ADD CHECK (name <> '');
SELECT * FROM da_hidden.kept;

-- What was allowed once is not asked again; what comes on top is.
ALTER TABLE da.t ADD COLUMN x int NOT NULL;
SET wal2kafka.allow_incompatible_ddl = on;
ALTER TABLE da.t ADD COLUMN x int NOT NULL, ALTER n TYPE text;
RESET wal2kafka.allow_incompatible_ddl;
SELECT * FROM da_hidden.kept;
ALTER TABLE da.t ADD COLUMN y int;
ALTER TABLE da.t DROP COLUMN y;
COMMENT ON TABLE da.t IS 'harmless';
ALTER TABLE da.t ALTER x SET DEFAULT 1;
ALTER TABLE da.t ADD COLUMN z int NOT NULL;
ALTER TABLE da.t ALTER n TYPE bool USING true;
ALTER TABLE da.t ALTER a TYPE text;
-- back to what is registered: that is no new version
ALTER TABLE da.t DROP COLUMN x, ALTER n TYPE int USING 1;
ALTER TABLE da.t ALTER n TYPE text;

-- In one transaction: each command from the one before it.
BEGIN;
SET LOCAL wal2kafka.allow_incompatible_ddl = on;
ALTER TABLE da.t ADD COLUMN x int NOT NULL;
SET LOCAL wal2kafka.allow_incompatible_ddl = off;
ALTER TABLE da.t ADD COLUMN y int;
SELECT * FROM da_hidden.kept;
SAVEPOINT s;
ALTER TABLE da.t ADD COLUMN z int NOT NULL;
ROLLBACK TO s;
ALTER TABLE da.t ALTER x TYPE text;
ROLLBACK TO s;
ALTER TABLE da.t DROP COLUMN x;
SELECT * FROM da_hidden.kept;
ALTER TABLE da.t ADD COLUMN x int NOT NULL;
ROLLBACK;
-- What is rolled back was never allowed.
SELECT * FROM da_hidden.kept;
ALTER TABLE da.t ADD COLUMN x int NOT NULL;
BEGIN;
SAVEPOINT s;
SET LOCAL wal2kafka.allow_incompatible_ddl = on;
ALTER TABLE da.t ADD COLUMN x int NOT NULL;
ROLLBACK TO s;
ALTER TABLE da.t ADD COLUMN x int NOT NULL;
ROLLBACK;

-- Commands with no record in between.  Each could follow the one before it,
-- but not what is registered: there may never be a record.
ALTER TABLE da.t DROP COLUMN n;
ALTER TABLE da.t ADD COLUMN n text;
-- Each could follow what is registered, but not the one before it: there may
-- have been one; but for what came within the transaction.
ALTER TABLE da.t ADD COLUMN w int;
ALTER TABLE da.t ALTER w TYPE text;
BEGIN;
ALTER TABLE da.t ADD COLUMN v int;
ALTER TABLE da.t ALTER v TYPE text;
ALTER TABLE da.t ALTER w TYPE text;
ROLLBACK;
-- It may go, and come back as it was
ALTER TABLE da.t DROP COLUMN w;
ALTER TABLE da.t ADD COLUMN w text;
-- When the registry has it, that alone counts, until the next command.
SELECT da_hidden.register('da.t', 2);
ALTER TABLE da.t ADD COLUMN n text;
SELECT wal2kafka.patch_connector('avro', '{"schema.compatibility": "backward_transitive"}');
ALTER TABLE da.t ADD COLUMN m int;
ALTER TABLE da.t ADD COLUMN k int NOT NULL;
SELECT wal2kafka.patch_connector('avro', '{"schema.compatibility": "none"}');
SELECT count(*) FROM wal2kafka.connector_accepted;

-- A rule that is set later finds the table as it is.
ALTER TABLE da.t DROP COLUMN name, ADD COLUMN b int NOT NULL;
SELECT wal2kafka.patch_connector('avro', '{"schema.compatibility": "full"}');
SELECT * FROM da_hidden.kept;
ALTER TABLE da.t ADD COLUMN c int;
ALTER TABLE da.t ADD COLUMN d int NOT NULL;
ALTER TABLE da.t DROP COLUMN c;
SELECT wal2kafka.patch_connector('avro', '{"schema.compatibility": "backward"}');

-- The key.
SELECT da_hidden.register('da.t', 3);
SET wal2kafka.allow_incompatible_ddl = on;
ALTER TABLE da.t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id, b);
RESET wal2kafka.allow_incompatible_ddl;
SELECT * FROM da_hidden.kept;
ALTER TABLE da.t ADD COLUMN e int;
ALTER TABLE da.t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id, b, e);
ALTER TABLE da.t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id);

-- Serializable, and texts that are toasted.
SELECT da_hidden.register('da.t', 4);
DO $$
BEGIN
	EXECUTE (SELECT 'ALTER TABLE da.t ' || string_agg(format('ADD COLUMN %I int', 'c' || md5(i::text)), ', ')
		FROM generate_series(1, 300) i);
END $$;
SELECT is_key, length(schema) > 20000 AS long FROM wal2kafka.connector_accepted ORDER BY 1;
BEGIN ISOLATION LEVEL SERIALIZABLE;
ALTER TABLE da.t ADD COLUMN f int;
ALTER TABLE da.t ADD COLUMN g int NOT NULL;
ROLLBACK;

-- Another subject: what the table was under the old one does not matter.
ALTER TABLE da.t RENAME TO r;
ALTER TABLE da.r ADD COLUMN g int NOT NULL;
ALTER TABLE da.r RENAME TO t;
ALTER TABLE da.r DROP COLUMN g;
ALTER TABLE da.r RENAME TO t;
-- Not captured, or gone.
ALTER TABLE da.t SET SCHEMA da_hidden;
SELECT count(*) FROM wal2kafka.connector_accepted;
ALTER TABLE da_hidden.t SET SCHEMA da;
CREATE TABLE da.v (id int PRIMARY KEY);
SELECT da_hidden.register('da.v', 1);
ALTER TABLE da.v ADD COLUMN f int;
SELECT count(*) FROM wal2kafka.connector_accepted;
DROP TABLE da.v;
SELECT count(*) FROM wal2kafka.connector_accepted;
CREATE ROLE da_writer;
GRANT pg_write_all_data TO da_writer;
SET ROLE da_writer;
INSERT INTO wal2kafka.connector_accepted VALUES ('avro', 1, true, 'a', 'b', 'c');
RESET ROLE;
DROP ROLE da_writer;
CREATE TABLE da.v (id int PRIMARY KEY);
SELECT da_hidden.register('da.v', 1);
ALTER TABLE da.v ADD COLUMN h int;
SELECT count(*) FROM wal2kafka.connector_accepted;
SELECT wal2kafka.drop_connector('avro');
DO $$
BEGIN
	FOR i IN 1 .. 600 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM wal2kafka.connectors);
		PERFORM pg_sleep(0.1);
	END LOOP;
END
$$;
SELECT count(*) FROM wal2kafka.connector_accepted;
DROP SCHEMA da, da_hidden CASCADE;
DROP EXTENSION wal2kafka;
