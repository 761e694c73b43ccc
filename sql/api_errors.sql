-- Wrong calls, with the exact words.
CREATE EXTENSION wal2kafka;

-- Names
SELECT wal2kafka.create_connector(NULL, '{}');
SELECT wal2kafka.create_connector('', '{}');
SELECT wal2kafka.create_connector(repeat('x', 64), '{}');
SELECT wal2kafka.create_connector(E'two\nlines', '{}');
SELECT wal2kafka.create_connector(E'bell\x07', '{}');

-- Configurations
SELECT wal2kafka.create_connector('c', NULL);
SELECT wal2kafka.create_connector('c', '[]');
SELECT wal2kafka.create_connector('c', '"bootstrap.servers"');
SELECT wal2kafka.create_connector('c', 'null');
SELECT wal2kafka.create_connector('c', '{"bootstrap.servers": ["127.0.0.1:1"]}');
SELECT wal2kafka.create_connector('c', '{"bootstrap.servers": {"a": 1}}');

-- Documents
SELECT wal2kafka.create_connector(NULL::jsonb);
SELECT wal2kafka.create_connector('[]'::jsonb);
SELECT wal2kafka.create_connector('"c"'::jsonb);
SELECT wal2kafka.create_connector('{}'::jsonb);
SELECT wal2kafka.create_connector('{"name": "c"}');
SELECT wal2kafka.create_connector('{"config": {}}');
SELECT wal2kafka.create_connector('{"name": 1, "config": {}}');
SELECT wal2kafka.create_connector('{"name": null, "config": {}}');
SELECT wal2kafka.create_connector('{"name": "c", "config": "{}"}');
SELECT wal2kafka.create_connector('{"name": "c", "config": []}');
SELECT wal2kafka.create_connector('{"name": "c", "config": {}, "tasks": []}');
SELECT wal2kafka.create_connector('{"name": "c", "config": {}, "initial_state": "running"}');
SELECT wal2kafka.create_connector('{"name": "c", "config": {}, "initial_state": 1}');
SELECT wal2kafka.create_connector('{"name": "", "config": {}}');

-- Connectors that are not there
SELECT wal2kafka.alter_connector('nobody', '{}');
SELECT wal2kafka.patch_connector('nobody', '{}');
SELECT wal2kafka.drop_connector('nobody');
SELECT wal2kafka.pause_connector('nobody');
SELECT wal2kafka.resume_connector('nobody');
SELECT wal2kafka.stop_connector('nobody');
SELECT wal2kafka.restart_connector('nobody');
SELECT wal2kafka.alter_connector_owner('nobody', 'pg_monitor');
SELECT wal2kafka.wait_for_connector('nobody');
SELECT wal2kafka.wait_for_delivery('nobody');
SELECT wal2kafka.drain('nobody');
SELECT * FROM wal2kafka.peek('nobody');
SELECT wal2kafka.stat_reset('nobody');
SELECT wal2kafka.emit('topic', 'k', '1', connector => 'nobody');
SELECT wal2kafka.emit('topic', 'k', '1');

-- Nulls
SELECT wal2kafka.alter_connector(NULL, '{}');
SELECT wal2kafka.alter_connector('c', NULL);
SELECT wal2kafka.patch_connector(NULL, '{}');
SELECT wal2kafka.patch_connector('c', NULL);
SELECT wal2kafka.drop_connector(NULL);
SELECT wal2kafka.drop_connector('nobody', NULL);
SELECT wal2kafka.pause_connector(NULL);
SELECT wal2kafka.resume_connector(NULL);
SELECT wal2kafka.stop_connector(NULL);
SELECT wal2kafka.restart_connector(NULL);
SELECT wal2kafka.alter_connector_owner(NULL, 'pg_monitor');
SELECT wal2kafka.wait_for_connector(NULL);
SELECT wal2kafka.wait_for_delivery(NULL);
SELECT wal2kafka.drain(NULL);
SELECT * FROM wal2kafka.peek(NULL);

-- A connector to be wrong about: nothing listens there, and it is stopped
SET client_min_messages = warning;
SELECT wal2kafka.create_connector('{"name": "c", "initial_state": "STOPPED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data"}}');
RESET client_min_messages;
SELECT wal2kafka.wait_for_connector('c', 'stopped');
SELECT wal2kafka.create_connector('c', '{}');
SELECT wal2kafka.create_connector('{"name": "c", "config": {}}');
SELECT wal2kafka.alter_connector('c', '[]');
SELECT wal2kafka.patch_connector('c', '{"topic.prefix": []}');
SELECT wal2kafka.patch_connector('c', '{"slot.name": "another"}');
SELECT wal2kafka.alter_connector_owner('c', NULL);
SELECT wal2kafka.alter_connector_owner('c', 0);

-- Waiting
SELECT wal2kafka.wait_for_connector('c', 'flying');
SELECT wal2kafka.wait_for_connector('c', '');
SELECT wal2kafka.wait_for_connector('c', 'stopped', '-1 s');
SELECT wal2kafka.wait_for_delivery('c', timeout => '-1 ms');
SELECT wal2kafka.drain('c', '-1 month');
SELECT wal2kafka.wait_for_delivery('c', 'FFFFFFFF/FFFFFFFF');
SELECT wal2kafka.wait_for_delivery('c', timeout => '10 ms');
SELECT wal2kafka.drain('c', '10 ms');

-- ... in a transaction that has written
BEGIN;
CREATE TABLE written ();
SELECT wal2kafka.wait_for_connector('c', 'stopped');
ROLLBACK;
BEGIN;
CREATE TABLE written ();
SELECT wal2kafka.wait_for_delivery('c');
ROLLBACK;
BEGIN;
CREATE TABLE written ();
SELECT wal2kafka.drain('c');
ROLLBACK;
BEGIN;
CREATE TABLE written ();
SELECT * FROM wal2kafka.peek('c');
ROLLBACK;

-- Read-only transactions
BEGIN READ ONLY;
SELECT wal2kafka.create_connector('d', '{}');
ROLLBACK;
BEGIN READ ONLY;
SELECT wal2kafka.pause_connector('c');
ROLLBACK;
BEGIN READ ONLY;
SELECT wal2kafka.emit('topic', 'k', '1');
ROLLBACK;

-- Two-phase commit
BEGIN;
SELECT wal2kafka.pause_connector('c');
PREPARE TRANSACTION 'w2k';
ROLLBACK;

-- peek
SELECT * FROM wal2kafka.peek('c', 0);
SELECT * FROM wal2kafka.peek('c', -1);
SELECT * FROM wal2kafka.peek('c', NULL);

-- emit
SELECT wal2kafka.emit(NULL, 'k', '1');
SELECT wal2kafka.emit('', 'k', '1');
SELECT wal2kafka.emit('.', 'k', '1');
SELECT wal2kafka.emit('..', 'k', '1');
SELECT wal2kafka.emit('a topic', 'k', '1');
SELECT wal2kafka.emit('topic!', 'k', '1');
SELECT wal2kafka.emit(repeat('t', 250), 'k', '1');
SELECT wal2kafka.emit('topic', 'k', '1', '[]');
SELECT wal2kafka.emit('topic', 'k', '1', (SELECT jsonb_object_agg(i, 'v') FROM generate_series(1, 65536) i));
SELECT wal2kafka.emit('topic', 'k', '1', '"h"');
SELECT wal2kafka.emit('topic', 'k', '1', '{"h": 1}');
SELECT wal2kafka.emit('topic', 'k', '1', '{"h": {"a": "b"}}');

-- The trigger's function is nothing else
SELECT wal2kafka.connector_changed();
CREATE TABLE other (a int);
CREATE TRIGGER t AFTER INSERT ON other EXECUTE FUNCTION wal2kafka.connector_changed();
INSERT INTO other VALUES (1);
DROP TABLE other;

-- A connector that is going
BEGIN;
SELECT wal2kafka.drop_connector('c');
SELECT wal2kafka.drop_connector('c');
SAVEPOINT s;
SELECT wal2kafka.alter_connector('c', '{}');
ROLLBACK TO s;
SELECT wal2kafka.pause_connector('c');
ROLLBACK TO s;
SELECT wal2kafka.stop_connector('c');
ROLLBACK TO s;
SELECT wal2kafka.restart_connector('c');
ROLLBACK TO s;
SELECT wal2kafka.alter_connector_owner('c', 'pg_monitor');
ROLLBACK TO s;
SELECT wal2kafka.create_connector('c', '{}');
ROLLBACK TO s;
SELECT wal2kafka.emit('topic', 'k', '1');
ROLLBACK;

-- Unchanged by all this
SELECT name, config, desired_state, config_generation, restart_generation
	FROM wal2kafka.connector;

SELECT wal2kafka.drop_connector('c');
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
