--
-- binary.handling.mode, of bytea and of logical messages.
--
SET client_min_messages = warning;
CREATE SCHEMA json_mode_binary;
SET search_path = json_mode_binary, public;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d#>'{value,before}', d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes(
              'regress_json_mode_binary', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
CREATE PROCEDURE advance() LANGUAGE sql AS $$
    SELECT pg_replication_slot_advance('regress_json_mode_binary', pg_current_wal_lsn())
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_mode_binary', 'wal2kafka');

CREATE DOMAIN blob AS bytea;
CREATE TABLE b (id int, b bytea, d blob, a bytea[]);
INSERT INTO b VALUES (1, '\xfffefd3e3f', '\xdead', '{"\\xfb",NULL,"\\x"}'), (2, '\x', NULL, '{}'), (3, NULL, NULL, NULL);
SELECT after FROM changes();
SELECT after FROM changes('binary.handling.mode', 'base64');
SELECT after FROM changes('binary.handling.mode', 'base64-url-safe');
SELECT after FROM changes('binary.handling.mode', 'hex');
SELECT count(*) FROM changes('binary.handling.mode', 'octal');
CALL advance();
INSERT INTO b VALUES (1, decode(repeat('0123456789abcdef', 4000), 'hex'));
SELECT after->>'b' = repeat('0123456789abcdef', 4000) AS is_hex FROM changes('binary.handling.mode', 'hex');
SELECT translate(after->>'b', '-_', '+/') = translate(encode(decode(repeat('0123456789abcdef', 4000), 'hex'), 'base64'), E'\n', '') AS is_base64 FROM changes('binary.handling.mode', 'base64-url-safe');
CALL advance();
SELECT 'sent' FROM pg_logical_emit_message(true, 'p', '\xfffefd3e3f'::bytea);
CREATE FUNCTION content(mode text) RETURNS json LANGUAGE sql AS $$
    SELECT data::json#>'{value,message}' FROM pg_logical_slot_peek_changes('regress_json_mode_binary', NULL, NULL, 'binary.handling.mode', mode)
$$;
SELECT content('bytes'), content('base64'), content('base64-url-safe'), content('hex');
CALL advance();
-- NOT NULL columns that the old row's image does not hold, unchanged TOAST values
CREATE TABLE t (id int PRIMARY KEY, b bytea NOT NULL, a bytea[], i int);
ALTER TABLE t ALTER b SET STORAGE EXTERNAL, ALTER a SET STORAGE EXTERNAL;
INSERT INTO t VALUES (1, decode(repeat('ab', 3000), 'hex'), ARRAY[decode(repeat('ab', 3000), 'hex')], 1);
CALL advance();
UPDATE t SET i = 2;
DELETE FROM t;
SET client_min_messages = error;
SELECT op, before, after FROM changes('unavailable.value.placeholder', 'hex:6100ff') WHERE op <> '-';
SELECT op, before, after FROM changes('binary.handling.mode', 'base64');
SELECT op, before, after FROM changes('binary.handling.mode', 'base64-url-safe');
SELECT op, before, after FROM changes('binary.handling.mode', 'hex', 'unavailable.value.placeholder', 'gone');
RESET client_min_messages;
CALL advance();
CREATE TABLE k (b bytea PRIMARY KEY);
INSERT INTO k VALUES ('\xfb');
CALL advance();
UPDATE k SET b = '\xfc';
SELECT data::json->'key' AS key, data::json#>>'{headers,__debezium.newkey}' AS new
    FROM pg_logical_slot_peek_changes('regress_json_mode_binary', NULL, NULL, 'binary.handling.mode', 'hex') WHERE data::json->>'op' = 'd';
SELECT pg_drop_replication_slot('regress_json_mode_binary');
SET client_min_messages = warning;
DROP SCHEMA json_mode_binary CASCADE;
