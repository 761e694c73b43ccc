-- emit(): records without a table, as peek() shows them.
CREATE EXTENSION wal2kafka;
SET client_min_messages = warning;
SELECT wal2kafka.create_connector('{"name": "e", "initial_state": "PAUSED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "topic.prefix": "p",
		"snapshot.mode": "no_data", "table.include.list": "public.emit_table"}}');
SELECT wal2kafka.wait_for_connector('e', 'paused');
CREATE VIEW peeked AS
	SELECT topic, key_text, value_text, headers -> 'h' AS h, headers -> 'n' AS n,
		headers ? 'n' AS has_n, key IS NULL AS no_key, value IS NULL AS no_value
	FROM wal2kafka.peek('e', 100);

-- Alone, with everything, and with nothing but a topic.
SELECT wal2kafka.emit('orders', 'k1', '{"b": 1, "a": [true, null, "x"]}') > '0/0' AS ok;
SELECT wal2kafka.emit('orders', 'k2', '"text"', '{"h": "v", "n": null}') > '0/0' AS ok;
SELECT wal2kafka.emit('orders', NULL, NULL) > '0/0' AS ok;
SELECT wal2kafka.emit(topic => 'A.b_c-9', key => '', value => 'null', headers => '{}') > '0/0' AS ok;
SELECT * FROM peeked;

-- The LSN is the record's.
SELECT wal2kafka.emit('orders', 'lsn', '1') AS lsn \gset
SELECT lsn = :'lsn' AS same FROM wal2kafka.peek('e', 100) WHERE key_text = 'lsn';

-- The table behind is empty to every reader, in the same transaction too.
BEGIN;
SELECT wal2kafka.emit('orders', 'k', '1') > '0/0' AS ok;
SELECT count(*) FROM wal2kafka.emitted;
ROLLBACK;
SELECT count(*) FROM wal2kafka.emitted;

-- With its transaction, in order with the rows around it, and not without.
CREATE TABLE emit_table (id int PRIMARY KEY, v text);
SELECT count(*) AS before FROM peeked \gset
BEGIN;
INSERT INTO emit_table VALUES (1, 'first');
SELECT wal2kafka.emit('events', 'in between', '2') > '0/0' AS ok;
INSERT INTO emit_table VALUES (3, 'third');
SAVEPOINT s;
SELECT wal2kafka.emit('events', 'never', '0') > '0/0' AS ok;
ROLLBACK TO s;
SELECT wal2kafka.emit('events', 'last', '4') > '0/0' AS ok;
COMMIT;
SELECT topic, key_text FROM peeked OFFSET :before;

-- Values of any size; many in one transaction.
SELECT count(*) AS before FROM peeked \gset
SELECT count(wal2kafka.emit('big', 'k', to_jsonb(repeat('0123456789', 100000)),
	jsonb_build_object('h', repeat('x', 10000))));
SELECT count(wal2kafka.emit('many', i::text, to_jsonb(i))) FROM generate_series(1, 50) i;
SELECT topic, count(*), min(length(value_text)), max(length(value_text)), max(length(h #>> '{}')) AS h
	FROM (SELECT * FROM peeked OFFSET :before) p GROUP BY topic ORDER BY topic;

-- peek stops where it is told to, in the middle of a transaction as well, and
-- leaves nothing behind.
SELECT count(*) FROM wal2kafka.peek('e');
SELECT count(*) FROM wal2kafka.peek('e', 1);
SELECT count(*) FROM wal2kafka.peek('e', 30);
SELECT slot_name LIKE 'wal2kafka_peek%' AS peeking FROM pg_replication_slots;
BEGIN;
SELECT count(*) FROM wal2kafka.peek('e', 3);
SELECT count(*) FROM wal2kafka.peek('e', 3);
SAVEPOINT s;
SELECT count(*) FROM wal2kafka.peek('e', 3), generate_series(1, 2) WHERE 1 / (generate_series - 1) > 0;
ROLLBACK TO s;
SELECT count(*) FROM wal2kafka.peek('e', 3);
COMMIT;
SELECT slot_name LIKE 'wal2kafka_peek%' AS peeking FROM pg_replication_slots;

-- A publication of everything does not mind.
CREATE PUBLICATION all_tables FOR ALL TABLES;
SELECT wal2kafka.emit('orders', 'published', '1') > '0/0' AS ok;
DROP PUBLICATION all_tables;

-- Which connector: the only one, else it must be said.
SELECT wal2kafka.create_connector('{"name": "f", "initial_state": "PAUSED",
	"config": {"bootstrap.servers": "127.0.0.1:1", "snapshot.mode": "no_data"}}');
SELECT wal2kafka.wait_for_connector('f', 'paused');
SELECT wal2kafka.emit('orders', 'whose', '1');
SELECT wal2kafka.emit('only.f', 'k', '1', connector => 'f') > '0/0' AS ok;
SELECT wal2kafka.emit('only.e', 'k', '1', connector => 'e') > '0/0' AS ok;
SELECT topic FROM wal2kafka.peek('f', 100);
SELECT topic FROM wal2kafka.peek('e', 1000) WHERE topic LIKE 'only%';

DROP VIEW peeked;
DROP TABLE emit_table;
SELECT wal2kafka.drop_connector(name) FROM wal2kafka.connectors;
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
