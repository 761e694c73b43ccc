-- Signals and incremental snapshots, as far as they go without Kafka: nothing
-- listens on the port.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;

CREATE SCHEMA "a.b";
CREATE TABLE orders(id int PRIMARY KEY, total numeric);
CREATE TABLE parts(id int PRIMARY KEY);
CREATE TABLE "a.b"."Odd ""Name""(x" (id int PRIMARY KEY);
CREATE TABLE left_out(id int PRIMARY KEY);
CREATE TABLE events(id int, day date) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE VIEW a_view AS SELECT * FROM orders;

SELECT wal2kafka.create_connector(
	'{"name": "shop", "initial_state": "STOPPED",
	  "config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data",
		"table.exclude.list": "public.left_out"}}');
SELECT wal2kafka.wait_for_connector('shop', 'stopped');

CREATE VIEW signals AS
	SELECT name, signal_id, type, data FROM wal2kafka.connector_signal ORDER BY id;

-- What is wrong with a signal is said at once.
SELECT wal2kafka.signal('nobody', 'pause-snapshot');
SELECT wal2kafka.signal(NULL, 'pause-snapshot');
SELECT wal2kafka.signal('shop', NULL);
SELECT wal2kafka.signal('shop', 'execute_snapshot');
SELECT wal2kafka.signal('shop', 'execute-snapshot');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '[]');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{}');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections": []}');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections": "public.orders"}');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections": [1]}');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections": ["public.(orders"]}');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections": [""]}');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections": ["a"], "type": "full"}');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections": ["a"], "type": 1}');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collection": ["a"]}');
SELECT wal2kafka.signal('shop', 'execute-snapshot',
	'{"data-collections": ["a"], "data-collection": ["a"]}');
SELECT wal2kafka.signal('shop', 'execute-snapshot',
	'{"data-collections": ["a"], "additional-conditions": [{"data-collection": "a"}]}');
SELECT wal2kafka.signal('shop', 'execute-snapshot',
	'{"data-collections": ["a"], "additional-conditions": [{"data-collection": "a", "filter": "id >"}]}');
SELECT wal2kafka.signal('shop', 'log');
SELECT wal2kafka.signal('shop', 'log', '{"text": "hello"}');
SELECT wal2kafka.signal('shop', 'schema-changes', '{}');
SELECT wal2kafka.signal('shop', 'stop-snapshot', '{"type": "all"}');

SELECT wal2kafka.start_snapshot('nobody');
SELECT wal2kafka.start_snapshot('shop', '{}');
SELECT wal2kafka.start_snapshot('shop', ARRAY[NULL]::regclass[]);
SELECT wal2kafka.start_snapshot('shop', '{left_out}');
SELECT wal2kafka.start_snapshot('shop', '{a_view}');
SELECT wal2kafka.start_snapshot('shop', ARRAY[1]::regclass[]);
SELECT wal2kafka.start_snapshot('shop', '{orders}', ' ');
SELECT wal2kafka.start_snapshot('shop', '{orders}', 'total > ');
SELECT wal2kafka.start_snapshot('shop', '{orders}', 'true; DROP TABLE orders');
SELECT wal2kafka.start_snapshot('shop', '{orders}', 'true) OR (true');
SELECT wal2kafka.start_snapshot('shop', '{orders}', 'true ORDER BY 1');
SELECT wal2kafka.start_snapshot('shop', '{orders}', 'true UNION SELECT');
SELECT * FROM signals;

-- Only for those who manage the connector; PUBLIC may not even try.
CREATE ROLE w2k_snapshot_other IN ROLE wal2kafka_admin;
CREATE ROLE w2k_snapshot_nobody;
SET ROLE w2k_snapshot_other;
SELECT wal2kafka.signal('shop', 'pause-snapshot');
SELECT wal2kafka.start_snapshot('shop');
SELECT * FROM wal2kafka.connector_signal;
RESET ROLE;
SET ROLE w2k_snapshot_nobody;
SELECT wal2kafka.signal('shop', 'pause-snapshot');
RESET ROLE;
DROP ROLE w2k_snapshot_other, w2k_snapshot_nobody;

-- A signal waits for its worker, in order, and only if its transaction
-- commits.
BEGIN;
SELECT wal2kafka.signal('shop', 'resume-snapshot', id => 'rolled back');
ROLLBACK;
BEGIN;
SELECT wal2kafka.signal('shop', 'resume-snapshot', id => 'prepared');
PREPARE TRANSACTION 'signal';
SELECT wal2kafka.start_snapshot('shop', ARRAY['orders', '"a.b"."Odd ""Name""(x"']::regclass[],
	$$total > 10 -- not all
	$$);
SELECT wal2kafka.start_snapshot('shop', '{events}');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections":
	["public\\.events_.*", "\"a.b\".\"Odd \"\"Name\"\"(x\"", "public.none", "public.left_out"],
	"type": "INCREMENTAL", "surrogate-key": "id",
	"additional-conditions": [{"data-collection": "public.events_2", "filter": "id % 2 = 0"},
		{"data-collection": "public.*", "filter": "id > 1"}]}', 'both');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections": ["public.parts"],
	"type": "blocking", "additional-conditions":
	[{"data-collection": "public.parts", "filter": "SELECT * FROM parts WHERE id < 5"}]}', 'blocking');
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections": ["PUBLIC.parts"]}', 'case counts');
SELECT wal2kafka.signal('shop', 'pause-snapshot', id => 'pause');
SELECT wal2kafka.signal('shop', 'log', '{"message": "we are at {}"}', 'log');
SELECT name, CASE WHEN signal_id LIKE '________-%-%' THEN 'uuid' ELSE signal_id END AS signal_id, type, data
	FROM signals;

-- The worker takes them up.
SELECT wal2kafka.resume_connector('shop');
DO $$
BEGIN
	FOR i IN 1..1200 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM wal2kafka.connector_signal);
		PERFORM pg_sleep(0.1);
		COMMIT;
	END LOOP;
END
$$;
SELECT * FROM signals;
SELECT snapshot_id, ordinal, kind, CASE WHEN signal_id LIKE '________-%-%' THEN 'uuid' ELSE signal_id END AS signal_id,
	relid::regclass, schemaname, relname, collection, filter
	FROM wal2kafka.connector_snapshot ORDER BY snapshot_id, ordinal;
SELECT snapshot_paused FROM wal2kafka.connector_progress;

-- One that comes from elsewhere, and makes no sense, stops nobody.
INSERT INTO wal2kafka.connector_signal(name, signal_id, type, data) VALUES
	('shop', 'nonsense', 'execute-snapshot', '{"data-collections": ["[z-a]"]}'),
	('shop', 'nonsense too', 'reboot', NULL),
	('shop', 'windows', 'snapshot-window-open', '{}');
SELECT wal2kafka.signal('shop', 'stop-snapshot', '{"data-collections": ["public.orders", "\"public\".\"events_1\""]}', 'stop');
DO $$
BEGIN
	FOR i IN 1..1200 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM wal2kafka.connector_signal);
		PERFORM pg_sleep(0.1);
		COMMIT;
	END LOOP;
END
$$;
SELECT snapshot_id, relid::regclass, kind FROM wal2kafka.connector_snapshot
	WHERE state = 'stopped' ORDER BY snapshot_id, ordinal;
SELECT wal2kafka.signal('shop', 'stop-snapshot', id => 'stop all');
SELECT wal2kafka.signal('shop', 'stop-snapshot', '{"type": "blocking"}', id => 'stop blocking');
SELECT wal2kafka.signal('shop', 'stop-snapshot', id => 'nothing left');
DO $$
BEGIN
	FOR i IN 1..1200 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM wal2kafka.connector_signal);
		PERFORM pg_sleep(0.1);
		COMMIT;
	END LOOP;
END
$$;
SELECT DISTINCT state, finished IS NOT NULL AS has_finished FROM wal2kafka.connector_snapshot;

-- Debezium's signalling table: not captured, and owned by whoever likes.
CREATE TABLE "sig.nal"(id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
CREATE TABLE sent(LIKE orders);
SELECT wal2kafka.patch_connector('shop', $${"signal.data.collection": "public.\"sig.nal\"",
	"signal.enabled.channels": "source,jmx", "table.exclude.list": "public\\.(left_out|sig\\.nal|sent)"}$$);
DELETE FROM wal2kafka.connector_snapshot;
BEGIN;
INSERT INTO "sig.nal" VALUES ('rolled back', 'execute-snapshot', '{"data-collections": ["public.parts"]}');
ROLLBACK;
BEGIN;
INSERT INTO sent VALUES (1, 2);
INSERT INTO "sig.nal" VALUES ('t1', 'execute-snapshot', '{"data-collections": ["public.parts"]}'),
	('t2', 'execute-snapshot', '{not JSON}'), ('t3', 'pause-snapshot', '{}'), ('t4', 'resume-snapshot', NULL),
	('t5', 'snapshot-window-open', '{"openWindowTimestamp": "2026-01-01T00:00:00.123Z"}');
UPDATE "sig.nal" SET type = 'execute-snapshot' WHERE id = 't3';
DELETE FROM "sig.nal";
COMMIT;
DO $$
BEGIN
	FOR i IN 1..1200 LOOP
		EXIT WHEN EXISTS (SELECT FROM wal2kafka.connector_snapshot WHERE signal_id = 't1');
		PERFORM pg_sleep(0.1);
		COMMIT;
	END LOOP;
END
$$;
-- A captured one is a signal, too; its columns count by their order.
SELECT wal2kafka.patch_connector('shop', '{"signal.data.collection": "a.a, public.signals , b.b"}');
CREATE TABLE signals_3(what jsonb, id text, gone int, kind text, d jsonb);
ALTER TABLE signals_3 DROP COLUMN gone, DROP COLUMN what;
DROP VIEW signals;
ALTER TABLE signals_3 RENAME TO signals;
INSERT INTO signals VALUES ('captured', 'execute-snapshot', '{"data-collections": ["public.signals", "public.parts"]}');
ALTER TABLE signals ADD COLUMN four int;
INSERT INTO signals VALUES ('four columns', 'execute-snapshot', '{"data-collections": ["public.signals"]}', 4);
ALTER TABLE signals DROP COLUMN four;
INSERT INTO signals VALUES ('last', 'execute-snapshot', '{"data-collections": ["public.orders"]}');
DO $$
BEGIN
	FOR i IN 1..1200 LOOP
		EXIT WHEN EXISTS (SELECT FROM wal2kafka.connector_snapshot WHERE signal_id = 'last');
		PERFORM pg_sleep(0.1);
		COMMIT;
	END LOOP;
END
$$;
SELECT signal_id, ordinal, kind, relid::regclass FROM wal2kafka.connector_snapshot ORDER BY snapshot_id, ordinal;
SELECT count(*) FROM wal2kafka.connector_signal;

-- Of what is over, the last 20 snapshots stay.
INSERT INTO wal2kafka.connector_snapshot(name, snapshot_id, ordinal, kind, relid, schemaname, relname, collection, state)
	SELECT 'shop', i, 1, 'incremental', 1, 'public', 'old', 'public.old', 'done' FROM generate_series(10, 30) i;
SELECT wal2kafka.signal('shop', 'execute-snapshot', '{"data-collections": ["public.orders"]}', 'newest');
DO $$
BEGIN
	FOR i IN 1..1200 LOOP
		EXIT WHEN EXISTS (SELECT FROM wal2kafka.connector_snapshot WHERE signal_id = 'newest');
		PERFORM pg_sleep(0.1);
		COMMIT;
	END LOOP;
END
$$;
SELECT state = 'done' AS is_done, min(snapshot_id), max(snapshot_id), count(DISTINCT snapshot_id)
	FROM wal2kafka.connector_snapshot GROUP BY 1 ORDER BY 1;

-- The view: what is written down, and what follows from it.
BEGIN;
DELETE FROM wal2kafka.connector_snapshot;
UPDATE wal2kafka.connector_progress SET snapshot_paused = false;
INSERT INTO wal2kafka.connector_snapshot(name, snapshot_id, ordinal, kind, relid, schemaname, relname, collection,
	state, next_block, total_blocks, rows_estimated, rows_read, bytes_read, error, started, finished) VALUES
	('shop', 2, 3, 'incremental', 1, 'public', 'c', 'public.c', 'waiting', 0, NULL, NULL, 0, 0, NULL, NULL, NULL),
	('shop', 2, 2, 'incremental', 1, 'public', 'b', 'public.b', 'reading', 25, 100, 1000, 250, 10000, NULL,
		now() - interval '100 s', NULL),
	('shop', 2, 1, 'incremental', 1, 'public', 'a', 'public.a', 'done', 10, 10, 100, 120, 5000, NULL,
		'2026-01-01 00:00:00', '2026-01-01 00:01:00'),
	('shop', 1, 1, 'initial', 1, 'public', 'empty', 'public.empty', 'done', 0, 0, 0, 0, 0, NULL,
		'2026-01-01 00:00:00', '2026-01-01 00:00:00'),
	('shop', 1, 2, 'initial', 1, 'public', 'gone', 'public.gone', 'failed', 1, 3, 10, 3, 30, 'the table was dropped',
		'2026-01-01 00:00:00', '2026-01-01 00:00:02'),
	('nobody', 1, 1, 'initial', 1, 'public', 'a', 'public.a', 'done', 0, 0, 0, 0, 0, NULL, NULL, NULL);
SELECT name, snapshot_id AS id, kind, collection, state, rows_estimated, rows_read, bytes_read,
	CASE WHEN state = 'reading' THEN rows_per_second BETWEEN 2 AND 3 ELSE rows_per_second = 2 END AS rate_is_right,
	percent, remaining BETWEEN '300 s' AND '310 s' AS remaining_is_right, blocks_done, blocks_total, error
	FROM wal2kafka.stat_snapshot;
UPDATE wal2kafka.connector_progress SET snapshot_paused = true;
SET ROLE pg_monitor;
SELECT snapshot_id, relname, state, remaining FROM wal2kafka.stat_snapshot;
RESET ROLE;
SET ROLE wal2kafka_admin;
SELECT count(*) FROM wal2kafka.stat_snapshot;
RESET ROLE;
ROLLBACK;

-- What was written down of a connector goes with it.
SELECT wal2kafka.drop_connector('shop');
DO $$
BEGIN
	FOR i IN 1..1200 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM wal2kafka.connector);
		PERFORM pg_sleep(0.1);
		COMMIT;
	END LOOP;
END
$$;
SELECT count(*) FROM wal2kafka.connector_snapshot;
SELECT count(*) FROM wal2kafka.connector_signal;
DROP EXTENSION wal2kafka;
DROP TABLE "sig.nal", sent, signals, orders, parts, "a.b"."Odd ""Name""(x", left_out, events CASCADE;
DROP SCHEMA "a.b";
