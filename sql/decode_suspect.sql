--
-- A change that cannot be encoded: an error, or left out by policy.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_suspect;
SET search_path = decode_suspect;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_suspect', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_suspect', 'wal2kafka');

CREATE TABLE t (id int PRIMARY KEY, v int);
INSERT INTO t VALUES (1, 1);
INSERT INTO t VALUES (2, 2);
SELECT op, key FROM changes();
CREATE TABLE bad (id int PRIMARY KEY, n numeric(4,1)[]);
BEGIN;
INSERT INTO t VALUES (3, 3);
INSERT INTO bad VALUES (1, '{1.5,NaN}');
INSERT INTO t VALUES (4, 4);
COMMIT;
\set VERBOSITY terse
-- The policy of conversions makes it an error; another one says what then.
SELECT op, topic, key FROM changes('event.converting.failure.handling.mode', 'fail');
SELECT lsn AS suspect FROM pg_logical_slot_peek_changes('regress_decode_suspect', NULL, NULL)
WHERE data::json->>'topic' LIKE '%bad' \gset
CREATE FUNCTION peek(VARIADIC options text[]) RETURNS TABLE (op text, topic text, key json)
LANGUAGE sql AS $$
    SELECT data::json->>'op', data::json->>'topic', data::json->'key'
    FROM pg_logical_slot_peek_changes('regress_decode_suspect', NULL, NULL,
        VARIADIC ARRAY['topic.prefix', 'p', 'event.converting.failure.handling.mode', 'fail'] || options)
$$;
-- Not skipped unless it is the one suspected, or comes after it, and the
-- policy is to go on.
SELECT * FROM peek('suspect.lsn', :'suspect');
SELECT * FROM peek('suspect.lsn', 'FFFFFFFF/0', 'event.processing.failure.handling.mode', 'skip');
SELECT * FROM peek('suspect.lsn', :'suspect', 'event.processing.failure.handling.mode', 'skip');
-- It is no event of its transaction either, be it the first change of one or not.
SELECT regexp_replace(data::json->>'topic', '.*\.', '') AS topic, data::json#>>'{value,status}' AS status,
    data::json#>>'{value,transaction,total_order}' AS total, data::json#>>'{value,data_collections}' AS counts
FROM pg_logical_slot_peek_changes('regress_decode_suspect', NULL, NULL, 'topic.prefix', 'p',
    'event.converting.failure.handling.mode', 'fail', 'event.processing.failure.handling.mode', 'skip',
    'suspect.lsn', :'suspect', 'provide.transaction.metadata', 'true');
-- What the server's log says of it.
DO $$
DECLARE
    s text := (SELECT lsn::text FROM pg_logical_slot_peek_changes('regress_decode_suspect', NULL, NULL)
               WHERE data::json->>'topic' LIKE '%bad');
    col text; ctx text; state text;
BEGIN
    PERFORM * FROM peek('framing', 'text');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS col = COLUMN_NAME, ctx = PG_EXCEPTION_CONTEXT, state = RETURNED_SQLSTATE;
    RAISE NOTICE '% % %', state, col, replace(split_part(ctx, E'\n', 1), s, 'X/X');
END $$;
-- As frames: the rest of the transaction is whole.
SELECT count(*), string_agg(substring(data FROM 1 FOR 2), '' ORDER BY n)
FROM (SELECT row_number() OVER () AS n, data
      FROM pg_logical_slot_peek_binary_changes('regress_decode_suspect', NULL, NULL, 'framing', 'binary',
          'event.converting.failure.handling.mode', 'fail',
          'suspect.lsn', :'suspect', 'event.processing.failure.handling.mode', 'skip')) x;
-- With a warning, in text.
SET client_min_messages = error;
SELECT * FROM peek('suspect.lsn', :'suspect', 'event.processing.failure.handling.mode', 'warn');
RESET client_min_messages;
SELECT count(*) FROM changes('suspect.lsn', :'suspect');

-- A topic's number is given away once, whatever became of the record.
CREATE TABLE bad2 (id int PRIMARY KEY, n numeric(4,1)[]);
CREATE TABLE other (id int PRIMARY KEY);
BEGIN;
INSERT INTO bad2 VALUES (1, '{NaN}');
INSERT INTO other VALUES (1);
INSERT INTO bad2 VALUES (2, '{1}');
INSERT INTO other VALUES (2);
COMMIT;
SELECT lsn AS suspect2 FROM pg_logical_slot_peek_changes('regress_decode_suspect', NULL, NULL)
WHERE data::json->>'topic' LIKE '%bad2' LIMIT 1 \gset
CREATE FUNCTION u32(b bytea, at int) RETURNS int IMMUTABLE LANGUAGE sql AS
'SELECT get_byte(b, at) + (get_byte(b, at + 1) << 8) + (get_byte(b, at + 2) << 16) + (get_byte(b, at + 3) << 24)';
WITH RECURSIVE stream AS (
    SELECT string_agg(data, '') AS b
    FROM pg_logical_slot_peek_binary_changes('regress_decode_suspect', NULL, NULL, 'framing', 'binary',
        'event.converting.failure.handling.mode', 'fail', 'table.include.list', 'decode_suspect.(bad2|other)',
        'suspect.lsn', :'suspect2', 'event.processing.failure.handling.mode', 'skip')),
frame AS (
    SELECT 0 AS at FROM stream
    UNION ALL
    SELECT at + 8 + u32(b, at + 4) FROM frame, stream WHERE at + 8 + u32(b, at + 4) < length(b))
SELECT u32(b, at + 8) AS topic, convert_from(substring(b FROM at + 21 FOR u32(b, at + 16)), 'UTF8') AS name
FROM frame, stream WHERE get_byte(b, at + 1) = ascii('T');

-- Where it is the first change of a transaction, that begins all the same.
SELECT count(*) >= 0 FROM changes();
BEGIN;
INSERT INTO bad VALUES (7, '{1.5,NaN}');
INSERT INTO t VALUES (7, 7);
COMMIT;
SELECT m[1] AS said
FROM pg_logical_slot_get_binary_changes('regress_decode_suspect', NULL, NULL, 'framing', 'binary',
    'event.converting.failure.handling.mode', 'fail', 'event.processing.failure.handling.mode', 'skip',
    'suspect.lsn', '0/1', 'provide.transaction.metadata', 'true'),
    regexp_matches(encode(data, 'escape'), '("status":"[A-Z]*"|"total_order":\d+|"event_count":\d[^}]*)', 'g') m;
SELECT pg_drop_replication_slot('regress_decode_suspect');
SET client_min_messages = warning;
DROP SCHEMA decode_suspect CASCADE;
