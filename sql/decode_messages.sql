--
-- Logical decoding messages: records with op "m".
--
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_messages', 'wal2kafka');
CREATE TABLE decode_messages (id int PRIMARY KEY);
SELECT 'sent' FROM pg_logical_emit_message(true, 'pfx', 'transactional "text" ä');
BEGIN;
INSERT INTO decode_messages VALUES (1);
SELECT 'sent' FROM pg_logical_emit_message(true, 'b"in', '\x00ff10'::bytea);
SELECT 'sent' FROM pg_logical_emit_message(true, '', '');
INSERT INTO decode_messages VALUES (2);
COMMIT;
BEGIN;
SELECT 'sent' FROM pg_logical_emit_message(true, 'pfx', 'rolled back');
ROLLBACK;
-- Not transactional: at once, whatever becomes of the transaction.
BEGIN;
INSERT INTO decode_messages VALUES (3);
SELECT 'sent' FROM pg_logical_emit_message(false, 'pfx', 'at once');
ROLLBACK;
INSERT INTO decode_messages VALUES (4);
-- Never our own markers.
SELECT 'sent' FROM pg_logical_emit_message(false, 'wal2kafka', 'not sent');
SELECT 'sent' FROM pg_logical_emit_message(true, 'wal2kafka', 'not sent');
CREATE TEMP TABLE seen AS
    SELECT row_number() OVER () AS n, lsn, data::json AS d, data::json->'value' AS v
    FROM pg_logical_slot_peek_changes('regress_decode_messages', NULL, NULL, 'topic.prefix', 'p.x',
                                      'topic.delimiter', '_');
SELECT d->>'topic' AS topic, d->'key' AS key, v->'op' AS op, v->'message' AS message,
       d->'headers'->>'__debezium.context.taskId' AS header
FROM seen ORDER BY n;
-- The names of the fields, in their order.
SELECT string_agg(k, ' ') FROM seen, json_object_keys(v) k WHERE n = 1;
SELECT string_agg(k, ' ') FROM seen, json_object_keys(v->'source') k WHERE n = 1;
-- The source: of the transaction, or of none.
SELECT n, (v->'source'->>'lsn')::bigint = lsn - '0/0'::pg_lsn AS lsn_is, v->'source'->>'schema' AS schema,
       v->'source'->>'txId' IS NULL AS no_txid,
       (v->'source'->>'sequence')::json->>0 = v->'source'->>'lsn' AS sequence_repeats_lsn,
       v->'source'->>'ts_us' = lag(v->'source'->>'ts_us') OVER (ORDER BY n) AS same_time
FROM seen ORDER BY n;
SELECT (v->'source'->>'sequence')::json->>0 =
       (SELECT v->'source'->>'lsn' FROM seen WHERE v->'source'->>'txId' IS NULL) AS follows_the_message
FROM seen WHERE d#>>'{key,id}' = '4';
-- Only for an owner who may read the WAL.
CREATE ROLE regress_reader;
CREATE ROLE regress_replicator REPLICATION;
GRANT SELECT ON decode_messages TO regress_reader, regress_replicator;
INSERT INTO decode_messages VALUES (5);
SELECT oid AS reader FROM pg_roles WHERE rolname = 'regress_reader' \gset
SELECT oid AS replicator FROM pg_roles WHERE rolname = 'regress_replicator' \gset
SELECT count(*) FILTER (WHERE data::json->>'op' = 'm') AS messages
FROM pg_logical_slot_peek_changes('regress_decode_messages', NULL, NULL, 'owner', :'reader');
SELECT 'sent' FROM pg_logical_emit_message(false, 'later', '1');
SELECT 'sent' FROM pg_logical_emit_message(true, 'later', '2');
SELECT data::json#>>'{key,prefix}' AS prefix
FROM pg_logical_slot_peek_changes('regress_decode_messages', NULL, NULL, 'owner', :'replicator')
WHERE data::json->>'op' = 'm';
-- By their prefixes.
SELECT data::json#>>'{key,prefix}' AS prefix, data::json->>'op' AS op
FROM pg_logical_slot_peek_changes('regress_decode_messages', NULL, NULL,
    'message.prefix.include.list', 'PF.,b.*', 'table.exclude.list', '.*');
SELECT data::json#>>'{key,prefix}' AS prefix, data::json->>'op' AS op
FROM pg_logical_slot_peek_changes('regress_decode_messages', NULL, NULL,
    'message.prefix.exclude.list', 'pf,b,pfx|later', 'table.exclude.list', '.*');
-- One that is left out counts as processed all the same.
SELECT (data::json#>>'{value,source,sequence}')::json->>0 =
       (SELECT v->'source'->>'lsn' FROM seen WHERE v->'source'->>'txId' IS NULL) AS follows_the_message
FROM pg_logical_slot_peek_changes('regress_decode_messages', NULL, NULL,
    'message.prefix.exclude.list', '.*')
WHERE data::json#>>'{key,id}' = '4';
SELECT * FROM pg_logical_slot_peek_changes('regress_decode_messages', NULL, NULL,
    'message.prefix.exclude.list', 'a', 'message.prefix.include.list', 'a');
-- Its time is that of the last change that is published, captured or not.
CREATE TABLE decode_messages_other (id int PRIMARY KEY);
INSERT INTO decode_messages VALUES (6);
INSERT INTO decode_messages_other VALUES (6);
SELECT 'sent' FROM pg_logical_emit_message(false, 'after another', '');
-- which nothing flushes by itself
INSERT INTO decode_messages_other VALUES (7);
CREATE TEMP TABLE times AS
SELECT n, data::json#>>'{value,source,ts_us}' AS ts, data::json#>>'{key,prefix}' AS prefix, data::json#>>'{key,id}' AS id
FROM pg_logical_slot_peek_changes('regress_decode_messages', NULL, NULL) WITH ORDINALITY x (lsn, xid, data, n)
UNION ALL
SELECT 1000 + n, data::json#>>'{value,source,ts_us}', data::json#>>'{key,prefix}', 'one table'
FROM pg_logical_slot_peek_changes('regress_decode_messages', NULL, NULL,
    'table.include.list', '.*\.decode_messages') WITH ORDINALITY x (lsn, xid, data, n);
SELECT count(*) AS messages, count(DISTINCT ts) AS times FROM times WHERE prefix = 'after another';
DROP TABLE times, decode_messages_other;
-- As frames: one outside a transaction is a transaction of its own.
SELECT string_agg(chr(get_byte(data, 1)), '' ORDER BY n)
FROM (SELECT row_number() OVER () AS n, data FROM pg_logical_slot_get_binary_changes('regress_decode_messages', NULL, NULL,
    'framing', 'binary', 'table.exclude.list', '.*')) x;
DROP TABLE seen, decode_messages;
DROP ROLE regress_reader, regress_replicator;
SELECT pg_drop_replication_slot('regress_decode_messages');
