-- Numbers of columns in Protobuf records, of tables of which none is recorded:
-- somebody had them locked when the connector was made, or made them before
-- that was committed.  They have the positions, and keep them.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;
CREATE SCHEMA dn;
CREATE TABLE dn.t (a int PRIMARY KEY, b text, hidden text, g int GENERATED ALWAYS AS (a) STORED, c text, d text);
SELECT wal2kafka.create_connector('{"name": "dn", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
		"schema.registry.url": "http://127.0.0.1:1", "format": "protobuf-registry",
		"schema.include.list": "dn", "column.exclude.list": "dn[.].*[.]hidden"}}');
CREATE FUNCTION dn.numbers() RETURNS TABLE (fields text) LANGUAGE sql AS $$
SELECT string_agg(format('%s %s=%s', attnum, field, number), ', ' ORDER BY attnum)
FROM wal2kafka.connector_field WHERE name = 'dn' AND relid = 'dn.t'::regclass
$$;
SELECT * FROM dn.numbers();

-- What a command drops, whatever else it does.
BEGIN;
DELETE FROM wal2kafka.connector_field;
ALTER TABLE dn.t DROP COLUMN b;
SELECT * FROM dn.numbers();
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
DELETE FROM wal2kafka.connector_field;
ALTER TABLE dn.t ADD COLUMN e int, DROP COLUMN hidden, DROP COLUMN g, DROP COLUMN c;
SELECT * FROM dn.numbers();
ROLLBACK;

-- In a function, and in the same transaction as another command.
BEGIN;
DELETE FROM wal2kafka.connector_field;
DO $$ BEGIN ALTER TABLE dn.t ADD COLUMN e int; DELETE FROM wal2kafka.connector_field; ALTER TABLE dn.t DROP COLUMN b; END $$;
SELECT * FROM dn.numbers();
ROLLBACK;

-- What had gone before has no number.
ALTER TABLE dn.t DROP COLUMN b;
DELETE FROM wal2kafka.connector_field;
ALTER TABLE dn.t DROP COLUMN d;
SELECT * FROM dn.numbers();

SELECT wal2kafka.drop_connector('dn');
DO $$
BEGIN
	FOR i IN 1 .. 1200 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM wal2kafka.connectors);
		PERFORM pg_sleep(0.1);
	END LOOP;
END
$$;
DROP EXTENSION wal2kafka;
DROP SCHEMA dn CASCADE;
