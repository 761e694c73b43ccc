--
-- provide.transaction.metadata: the block "transaction", and the topic of
-- begins and ends.
--
\set VERBOSITY terse
CREATE SCHEMA decode_transactions;
SET search_path = decode_transactions;
CREATE TABLE a (id int PRIMARY KEY, v text);
CREATE TABLE b (id int PRIMARY KEY, v text);
CREATE TABLE other (id int PRIMARY KEY);
CREATE FUNCTION records(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (topic text, op text, key text, id_is text, place text, ending text)
LANGUAGE sql AS $$
    -- The id is a number, and the LSN of the record itself.
    SELECT regexp_replace(d->>'topic', '^.*\.', ''), d->>'op',
           CASE WHEN d->>'op' <> 'n' THEN d->>'key' END,
           CASE WHEN id IS NULL THEN NULL
                WHEN id = (xid::text || ':' || (lsn - '0/0')) THEN 'xid:lsn'
                WHEN id LIKE xid::text || ':%' THEN 'xid:' || (lsn - '0/0' - split_part(id, ':', 2)::numeric)
                ELSE 'wrong: ' || id END,
           CASE WHEN d#>>'{value,transaction}' IS NOT NULL
                THEN concat_ws(' ', d#>>'{value,transaction,total_order}', d#>>'{value,transaction,data_collection_order}') END,
           CASE WHEN d->>'op' = 'n'
                THEN concat_ws(' ', d#>>'{value,status}', d#>>'{value,event_count}', d#>>'{value,data_collections}') END
    FROM (SELECT data::json AS d, lsn, xid FROM pg_logical_slot_get_changes(
              'regress_decode_transactions', NULL, NULL, VARIADIC
              ARRAY['provide.transaction.metadata', 'true'] || options)) r,
         LATERAL (SELECT coalesce(d#>>'{value,transaction,id}', d#>>'{value,id}')) i(id)
$$;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_transactions', 'wal2kafka');

BEGIN;
INSERT INTO a VALUES (1, 'x'), (2, 'y');
INSERT INTO b VALUES (1, 'x');
UPDATE a SET v = 'z' WHERE id = 1;
-- A change of key is two events, and tombstones are none.
UPDATE a SET id = 3 WHERE id = 2;
DELETE FROM b;
COMMIT;
SELECT * FROM records();

-- Fields, and the key.
INSERT INTO a VALUES (4);
SELECT data FROM (SELECT regexp_replace(regexp_replace(data, '"0/[0-9A-F]+"', '"0/N"'), '\d{2,}', 'N', 'g') FROM pg_logical_slot_peek_changes('regress_decode_transactions', NULL, NULL,
    'provide.transaction.metadata', 'true', 'topic.transaction', 'tx', 'topic.delimiter', '_', 'topic.prefix', 'p')) r(data)
WHERE data LIKE '{"topic":"p_tx"%';
SELECT string_agg(k, ' ') FROM pg_logical_slot_peek_changes('regress_decode_transactions', NULL, NULL, 'provide.transaction.metadata', 'on'),
    json_object_keys(data::json#>'{value,transaction}') k WHERE data::json#>>'{key,id}' = '4';
-- Not asked for.
SELECT data::json->>'op' AS op, data::json#>'{value,transaction}' AS transaction
FROM pg_logical_slot_get_changes('regress_decode_transactions', NULL, NULL);

-- Transactions of which nothing is captured begin and end all the same, but
-- not those that change no table.
INSERT INTO other VALUES (1);
BEGIN; INSERT INTO other VALUES (2); INSERT INTO b VALUES (5); COMMIT;
CREATE TABLE later (id int);
BEGIN; INSERT INTO a VALUES (99); ROLLBACK;
SELECT * FROM records('table.exclude.list', '.*other');
-- As far as a publication lets them through.
CREATE PUBLICATION decode_transactions FOR TABLE a WHERE (id > 10), b WITH (publish = 'insert');
INSERT INTO other VALUES (3);
INSERT INTO a VALUES (5), (6);
DELETE FROM b;
BEGIN; INSERT INTO a VALUES (7); INSERT INTO a VALUES (11); COMMIT;
SELECT * FROM records('publication.name', 'decode_transactions');
-- Operations that are skipped: Debezium does not publish them, except for the
-- truncates that it skips by default.
UPDATE a SET v = 'q' WHERE id = 5;
BEGIN; UPDATE a SET v = 'q' WHERE id = 6; DELETE FROM a WHERE id = 6; COMMIT;
UPDATE a SET id = 60 WHERE id = 5;
TRUNCATE b;
SELECT * FROM records('skipped.operations', 'u,t');
TRUNCATE b;
SELECT * FROM records();

-- Messages are events, too, if they belong to the transaction.
BEGIN;
SELECT 'sent' FROM pg_logical_emit_message(true, 'p', '1');
INSERT INTO a VALUES (70);
SELECT 'sent' FROM pg_logical_emit_message(false, 'p', 'alone');
SELECT 'sent' FROM pg_logical_emit_message(true, 'p', '2');
COMMIT;
BEGIN; SELECT 'sent' FROM pg_logical_emit_message(true, 'hidden', '3'); COMMIT;
SELECT * FROM records('message.prefix.exclude.list', 'hidden');

-- A transaction of more than is kept in memory, with subtransactions.
BEGIN;
INSERT INTO a SELECT i, repeat('x', 1000) FROM generate_series(1001, 1500) i;
SAVEPOINT s;
INSERT INTO b SELECT i FROM generate_series(1, 10) i;
ROLLBACK TO s;
INSERT INTO b SELECT i FROM generate_series(11, 30) i;
COMMIT;
SET logical_decoding_work_mem = '64kB';
SELECT topic, op, count(*), max(split_part(place, ' ', 1)::int) AS total, max(split_part(place, ' ', 2)::int) AS of_table, max(ending) AS ending
FROM records() WITH ORDINALITY r(topic, op, key, id_is, place, ending, n) GROUP BY topic, op, ending ORDER BY min(n);
RESET logical_decoding_work_mem;

-- The tables of wal2kafka itself do not count.
CREATE EXTENSION wal2kafka;
SELECT count(*) FROM records();
INSERT INTO wal2kafka.emitted (connector, topic) VALUES ('x', 'y');
SELECT * FROM records('connector', 'x');
DROP EXTENSION wal2kafka;

-- With an origin pgoutput's begin has no LSN.
SELECT 'made' FROM pg_replication_origin_create('regress_decode_transactions');
SELECT 'set up' FROM pg_replication_origin_session_setup('regress_decode_transactions');
INSERT INTO a VALUES (80);
SELECT 'reset' FROM pg_replication_origin_session_reset();
SELECT data::json->>'key' LIKE '{"id":"%:0"}' AS has_no_lsn, data::json#>>'{value,status}' AS status
FROM pg_logical_slot_get_changes('regress_decode_transactions', NULL, NULL, 'provide.transaction.metadata', 'true')
WHERE data::json->>'op' = 'n';
SELECT 'dropped' FROM pg_replication_origin_drop('regress_decode_transactions');

SELECT * FROM records('topic.transaction', 'a b');
SELECT pg_drop_replication_slot('regress_decode_transactions');
DROP PUBLICATION decode_transactions;
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA decode_transactions CASCADE;
