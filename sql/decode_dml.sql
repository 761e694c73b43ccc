--
-- Inserts, updates and deletes, and which transactions are seen.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_dml;
SET search_path = decode_dml;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_dml', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_dml', 'wal2kafka');

CREATE TABLE t (id int PRIMARY KEY, v text, n int NOT NULL);
INSERT INTO t VALUES (1, 'one', 10), (2, NULL, 20);
UPDATE t SET v = 'uno' WHERE id = 1;
UPDATE t SET v = v;
DELETE FROM t WHERE id = 2;
SELECT * FROM changes();

-- The whole record: names, order, and form of every field.
INSERT INTO t VALUES (3, 'three', 30);
DELETE FROM t WHERE id = 3;
SELECT regexp_replace(regexp_replace(
           regexp_replace(data, '"ts_ns":\d+000(,"schema")', '"ts_ns":T000\1'),
           '("(ts_ms|ts_us|ts_ns|txId|lsn)":)\d+', '\1N', 'g'),
           '\\"\d+\\"|0/[0-9A-F]+|[0-9a-f]{8}-[0-9a-f-]{27}', 'N', 'g') AS line
FROM pg_logical_slot_get_changes('regress_decode_dml', NULL, NULL,
                                 'topic.prefix', 'p');

-- What the source block says.
BEGIN;
INSERT INTO t VALUES (4, 'four', 40);
INSERT INTO t VALUES (5, 'five', 50);
COMMIT;
INSERT INTO t VALUES (6, 'six', 60);
CREATE TEMP TABLE seen AS
    SELECT row_number() OVER () AS n, lsn, xid, data::json AS d,
           data::json#>'{value,source}' AS s
    FROM pg_logical_slot_get_changes('regress_decode_dml', NULL, NULL,
                                     'topic.prefix', 'p');
SELECT n,
       (s->>'lsn')::bigint = lsn - '0/0'::pg_lsn AS lsn_is_the_row_s,
       (s->>'txId')::bigint = xid::text::bigint AS xid_is,
       (s->>'sequence')::json->0 IS NULL
           OR (s->>'sequence')::json->>0 IS NULL AS is_first,
       ((s->>'sequence')::json->>1)::bigint = (s->>'lsn')::bigint AS second_is_lsn,
       (s->>'ts_us')::bigint / 1000 = (s->>'ts_ms')::bigint
           AND (s->>'ts_us')::bigint * 1000 = (s->>'ts_ns')::bigint AS times_agree,
       (d#>>'{value,ts_ns}')::bigint / 1000000
           = (d#>>'{value,ts_ms}')::bigint AS event_times_agree,
       abs((s->>'ts_us')::bigint / 1e6 - extract(epoch FROM now())) < 3600 AS time_is_now,
       s->>'db' = current_database() AS db
FROM seen ORDER BY n;
-- The commit before: the same within a transaction, then a later one.
SELECT a.n, b.n, (a.s->>'sequence')::json->>0 IS NOT DISTINCT FROM
                 (b.s->>'sequence')::json->>0 AS same_commit_before,
       (b.s->>'lsn')::bigint <= ((b.s->>'sequence')::json->>0)::bigint AS follows
FROM seen a, seen b WHERE b.n = a.n + 1 ORDER BY 1;
DROP TABLE seen;

-- Rolled back, whole or in part, does not count.
BEGIN;
INSERT INTO t VALUES (10, 'never', 0);
ROLLBACK;
BEGIN;
INSERT INTO t VALUES (11, 'kept', 0);
SAVEPOINT a;
INSERT INTO t VALUES (12, 'never', 0);
SAVEPOINT b;
INSERT INTO t VALUES (13, 'never', 0);
RELEASE b;
ROLLBACK TO a;
INSERT INTO t VALUES (14, 'kept', 0);
SAVEPOINT c;
UPDATE t SET v = 'kept too' WHERE id = 14;
RELEASE c;
COMMIT;
SELECT op, key, after FROM changes();

-- Speculative insertion, MERGE, COPY.
INSERT INTO t VALUES (11, 'again', 0) ON CONFLICT (id) DO UPDATE SET n = t.n + 1;
INSERT INTO t VALUES (11, 'again', 0) ON CONFLICT DO NOTHING;
INSERT INTO t VALUES (20, 'spec', 0) ON CONFLICT DO NOTHING;
MERGE INTO t USING (VALUES (11, NULL), (14, 140), (15, 150)) s (id, n) ON t.id = s.id
    WHEN MATCHED AND s.n IS NULL THEN DELETE
    WHEN MATCHED THEN UPDATE SET n = s.n
    WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'merged', s.n);
COPY t FROM stdin;
30	copied	1
31	\N	2
\.
SELECT op, key, after FROM changes();

-- Two-phase commit: at COMMIT PREPARED, and not at ROLLBACK PREPARED.
BEGIN;
INSERT INTO t VALUES (40, 'prepared', 0);
PREPARE TRANSACTION 'regress_decode_dml_1';
SELECT op, key, after FROM changes();
COMMIT PREPARED 'regress_decode_dml_1';
BEGIN;
INSERT INTO t VALUES (41, 'never', 0);
PREPARE TRANSACTION 'regress_decode_dml_2';
ROLLBACK PREPARED 'regress_decode_dml_2';
SELECT op, key, after FROM changes();

-- Where a transaction came from.
SELECT 'made' FROM pg_replication_origin_create('regress "elsewhere"');
SELECT pg_replication_origin_session_setup('regress "elsewhere"');
BEGIN;
SELECT pg_replication_origin_xact_setup('0/ABCDEF0', '2024-05-06 07:08:09+00');
INSERT INTO t VALUES (50, 'from elsewhere', 0);
COMMIT;
INSERT INTO t VALUES (51, 'without an LSN', 0);
SELECT pg_replication_origin_session_reset();
INSERT INTO t VALUES (52, 'from here', 0);
SELECT data::json->'key' AS key, data::json#>'{value,source,origin}' AS origin,
       data::json#>'{value,source,origin_lsn}' AS origin_lsn,
       CASE WHEN data::json#>>'{key,id}' = '50'
            THEN data::json#>'{value,source,ts_us}' END AS ts_us
FROM pg_logical_slot_get_changes('regress_decode_dml', NULL, NULL);
SELECT pg_replication_origin_drop('regress "elsewhere"');

-- What is no table's row leaves no trace: temporary and unlogged tables,
-- materialized views, catalogs.
CREATE TEMP TABLE mine (id int PRIMARY KEY);
INSERT INTO mine VALUES (1);
CREATE UNLOGGED TABLE u (id int PRIMARY KEY);
INSERT INTO u VALUES (1);
CREATE MATERIALIZED VIEW m AS SELECT id FROM t WITH NO DATA;
REFRESH MATERIALIZED VIEW m;
CREATE SEQUENCE s;
SELECT nextval('s');
VACUUM FULL t;
CLUSTER t USING t_pkey;
SELECT 'sent' FROM pg_logical_emit_message(true, 'wal2kafka', 'not ours');
SELECT * FROM changes();

-- Operations left out, tombstones left out.
INSERT INTO t VALUES (60, 'a', 0);
UPDATE t SET v = 'b' WHERE id = 60;
UPDATE t SET id = 61 WHERE id = 60;
DELETE FROM t WHERE id = 61;
CREATE FUNCTION peek(VARIADIC options text[]) RETURNS TABLE (op text, key json)
LANGUAGE sql AS $$
    SELECT data::json->>'op', data::json->'key'
    FROM pg_logical_slot_peek_changes('regress_decode_dml', NULL, NULL,
                                      VARIADIC options)
$$;
SELECT string_agg(op || key, ' ') FROM peek('tombstones.on.delete', 'false');
SELECT string_agg(op || key, ' ') FROM peek('skipped.operations', 'c');
SELECT string_agg(op || key, ' ') FROM peek('skipped.operations', 'u');
SELECT string_agg(op || key, ' ') FROM peek('skipped.operations', 'd');
SELECT string_agg(op || key, ' ') FROM peek('skipped.operations', 'c,u,d');
SELECT string_agg(op || key, ' ') FROM changes();

-- Context headers, and without them.
INSERT INTO t VALUES (70, 'a', 0);
SELECT data::json->'headers' AS headers
FROM pg_logical_slot_peek_changes('regress_decode_dml', NULL, NULL,
    'topic.prefix', 'p', 'run.id', 'this run');
SELECT data::json->'headers' AS headers
FROM pg_logical_slot_peek_changes('regress_decode_dml', NULL, NULL,
    'extended.headers.enabled', 'false');
-- The prefix is the slot's name when none is said.
SELECT data::json->'topic' AS topic
FROM pg_logical_slot_get_changes('regress_decode_dml', NULL, NULL);

SELECT pg_drop_replication_slot('regress_decode_dml');
SET client_min_messages = warning;
DROP SCHEMA decode_dml CASCADE;
