-- Schema changes: tables that move with the extension they belong to.
SELECT count(*) = 0 AS is_bare FROM pg_available_extensions WHERE name = 'hstore' \gset
\if :is_bare
\quit
\endif
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;
CREATE SCHEMA ddl;
CREATE SCHEMA ddl_hidden;
SELECT wal2kafka.create_connector('{"name": "d", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
		"include.schema.changes": true, "schema.include.list": "ddl"}}');
SELECT 'init' FROM pg_create_logical_replication_slot('ddl_slot', 'wal2kafka');
CREATE EXTENSION hstore SCHEMA ddl;
CREATE TABLE ddl.member (i int);
ALTER EXTENSION hstore ADD TABLE ddl.member;
ALTER EXTENSION hstore SET SCHEMA ddl_hidden;
ALTER EXTENSION hstore SET SCHEMA ddl;
ALTER EXTENSION hstore DROP TABLE ddl.member;
DROP EXTENSION hstore;
DROP TABLE ddl.member;
SELECT data::jsonb #>> '{value,ddl}' AS ddl, c ->> 'type' AS type, split_part(c ->> 'id', '.', 2) AS schema
FROM pg_logical_slot_get_changes('ddl_slot', NULL, NULL,
	'connector', 'd', 'include.schema.changes', 'true', 'schema.include.list', 'ddl') WITH ORDINALITY x (lsn, xid, data, n),
	jsonb_array_elements(data::jsonb #> '{value,tableChanges}') e(c)
WHERE data::jsonb ->> 'op' = 's' ORDER BY n;
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
