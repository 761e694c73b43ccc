-- A connector's life, by the functions and as its row shows it.  No Kafka
-- here: nothing listens on the port.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;

CREATE VIEW rows AS
	SELECT name, owner = current_user::regrole AS mine, config, desired_state, config_generation AS configs,
		restart_generation AS restarts
	FROM wal2kafka.connector ORDER BY name;

-- From properties.  Numbers and booleans become strings, as in Kafka Connect;
-- nulls are left out.
BEGIN;
SELECT wal2kafka.create_connector('orders',
	'{"bootstrap.servers": "127.0.0.1:1", "tasks.max": 1,
	  "tombstones.on.delete": false, "table.include.list": "public.orders",
	  "column.exclude.list": null}');
SELECT name, state, desired_state, plugin FROM wal2kafka.connectors;
SELECT * FROM rows;

-- A call takes effect when its transaction commits, and not otherwise.
ROLLBACK;
SELECT * FROM rows;

-- From the very document one posts to Kafka Connect.
SELECT wal2kafka.create_connector(
	'{"name": "orders",
	  "config": {"connector.class": "io.debezium.connector.postgresql.PostgresConnector",
		"bootstrap.servers": "127.0.0.1:1", "topic.prefix": "shop",
		"snapshot.mode": "no_data"},
	  "initial_state": "STOPPED"}');
SELECT wal2kafka.create_connector(
	'{"name": "parts", "initial_state": "PAUSED",
	  "config": {"bootstrap.servers": "127.0.0.1:1", "slot.name": "parts_slot",
		"snapshot.mode": "no_data"}}');
SELECT * FROM rows;
SELECT wal2kafka.wait_for_connector('orders', 'stopped');
SELECT wal2kafka.wait_for_connector('parts', 'paused');
SELECT name, state, plugin, slot_name, database = current_database() AS here,
	pid IS NOT NULL AS has_worker, sender_pid, last_error
	FROM wal2kafka.connectors;

-- The slot is there from the first, whatever the initial state; a paused
-- connector holds it and a stopped one does not.
SELECT slot_name, plugin, active FROM pg_replication_slots ORDER BY 1;
SELECT name, slot_name, state FROM wal2kafka.connector_progress ORDER BY 1;

-- alter replaces, patch merges and a null removes.
SELECT wal2kafka.alter_connector('orders',
	'{"bootstrap.servers": "127.0.0.1:1", "topic.prefix": "shop2",
	  "snapshot.mode": "no_data", "tasks.max": "1"}');
SELECT wal2kafka.patch_connector('orders',
	'{"tasks.max": null, "tombstones.on.delete": false, "heartbeat.interval.ms": null}');
SELECT * FROM rows WHERE name = 'orders';

-- The slot cannot be changed, its name may be said.
SELECT wal2kafka.patch_connector('orders', '{"slot.name": "other"}');
SELECT wal2kafka.patch_connector('parts', '{"slot.name": null}');
SELECT wal2kafka.patch_connector('orders',
	jsonb_build_object('slot.name', 'wal2kafka_' || current_database() || '_orders'));
SELECT wal2kafka.patch_connector('parts', '{"slot.name": "parts_slot"}');

-- Two connectors cannot share a slot.
SELECT wal2kafka.create_connector('parts2', '{"bootstrap.servers": "127.0.0.1:1", "slot.name": "parts_slot"}');
SELECT wal2kafka.create_connector('parts2', jsonb_build_object(
	'bootstrap.servers', '127.0.0.1:1',
	'slot.name', 'wal2kafka_' || current_database() || '_orders'));

-- Up and down.
SELECT wal2kafka.stop_connector('parts');
SELECT wal2kafka.wait_for_connector('parts', 'stopped');
SELECT slot_name, active FROM pg_replication_slots ORDER BY 1;
SELECT wal2kafka.pause_connector('orders');
SELECT wal2kafka.wait_for_connector('orders', 'paused');
SELECT slot_name, active FROM pg_replication_slots ORDER BY 1;
SELECT wal2kafka.restart_connector('orders');
SELECT wal2kafka.wait_for_connector('orders', 'paused');
SELECT name, desired_state, configs, restarts FROM rows;
BEGIN;
SELECT wal2kafka.resume_connector('orders');
SELECT name, desired_state, restarts FROM rows WHERE name = 'orders';
ROLLBACK;

-- A wait that cannot end well ends in time.
SELECT wal2kafka.wait_for_connector('orders', 'streaming', '50 ms');
SELECT wal2kafka.wait_for_connector('orders', 'streaming', '0');

-- Another owner.
CREATE ROLE regress_w2k_owner IN ROLE wal2kafka_admin;
SELECT wal2kafka.alter_connector_owner('orders', 'regress_w2k_owner');
SELECT name, owner FROM wal2kafka.connectors WHERE name = 'orders';
SELECT name, mine, configs FROM rows WHERE name = 'orders';

-- A named slot of another plugin is left alone.
SELECT slot_name FROM pg_create_logical_replication_slot('debezium', 'pgoutput');
SET client_min_messages = notice;
SELECT wal2kafka.create_connector(
	'{"name": "takeover", "initial_state": "STOPPED",
	  "config": {"bootstrap.servers": "127.0.0.1:1", "slot.name": "debezium",
		"snapshot.mode": "no_data"}}');
SET client_min_messages = warning;
SELECT wal2kafka.wait_for_connector('takeover', 'stopped');
SELECT name, slot_name = 'wal2kafka_' || current_database() || '_takeover'
	FROM wal2kafka.connectors WHERE name = 'takeover';
SELECT slot_name, plugin FROM pg_replication_slots WHERE plugin = 'pgoutput';
SELECT pg_drop_replication_slot('debezium');

-- Going: asked for in the row, done by the worker.
BEGIN;
SELECT wal2kafka.drop_connector('orders');
SELECT name, state, desired_state FROM wal2kafka.connectors WHERE name = 'orders';
SELECT wal2kafka.patch_connector('orders', '{"tasks.max": 1}');
ROLLBACK;
BEGIN;
SELECT wal2kafka.drop_connector('orders');
SELECT wal2kafka.resume_connector('orders');
ROLLBACK;
SELECT wal2kafka.drop_connector(name) FROM wal2kafka.connectors;
SET client_min_messages = notice;
SELECT wal2kafka.drop_connector('no such connector', if_exists => true);
SET client_min_messages = warning;

-- The rows go when the slots are gone.
DO $$
BEGIN
	FOR i IN 1..6000 LOOP
		PERFORM FROM wal2kafka.connectors;
		EXIT WHEN NOT FOUND;
		PERFORM pg_sleep(0.02);
	END LOOP;
END
$$;
SELECT name, state, last_error FROM wal2kafka.connectors;
SELECT name FROM wal2kafka.connector_progress;
SELECT slot_name FROM pg_replication_slots;

DROP VIEW rows;
DROP EXTENSION wal2kafka;
DROP ROLE regress_w2k_owner;
