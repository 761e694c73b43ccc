--
-- Records as frames.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_framing;
SET search_path = decode_framing;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_decode_framing', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_framing', 'wal2kafka');

-- Splits the frames of all messages: type, and its payload.
CREATE FUNCTION frames(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (n int, message int, type text, payload bytea) LANGUAGE plpgsql AS $$
DECLARE
    msg record; at int; len int;
BEGIN
    n := 0;
    FOR msg IN SELECT row_number() OVER () AS i, data FROM pg_logical_slot_get_binary_changes('regress_decode_framing',
            NULL, NULL, VARIADIC ARRAY['framing', 'binary', 'topic.prefix', 'p', 'run.id', 'r'] || options) LOOP
        at := 0;
        WHILE at < length(msg.data) LOOP
            ASSERT get_byte(msg.data, at) = 87 AND get_byte(msg.data, at + 2) = 0 AND get_byte(msg.data, at + 3) = 0;
            len := get_byte(msg.data, at + 4) + 256 * (get_byte(msg.data, at + 5) + 256 * (get_byte(msg.data, at + 6) + 256 * get_byte(msg.data, at + 7)));
            n := n + 1; message := msg.i; type := chr(get_byte(msg.data, at + 1));
            payload := substr(msg.data, at + 9, len);
            ASSERT length(payload) = len;
            RETURN NEXT;
            at := at + 8 + len;
        END LOOP;
    END LOOP;
END $$;
CREATE FUNCTION u32(b bytea, at int) RETURNS bigint LANGUAGE sql AS $$
    SELECT get_byte(b, at) + 256::bigint * (get_byte(b, at + 1) + 256::bigint * (get_byte(b, at + 2) + 256::bigint * get_byte(b, at + 3)))
$$;
CREATE FUNCTION i32(b bytea, at int) RETURNS bigint LANGUAGE sql AS $$
    SELECT CASE WHEN v > 2147483647 THEN v - 4294967296 ELSE v END FROM u32(b, at) v
$$;
CREATE FUNCTION txt(b bytea, at int, len bigint) RETURNS text LANGUAGE sql AS $$
    SELECT convert_from(substr(b, at + 1, len::int), 'UTF8')
$$;
CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE TABLE u (id int);
INSERT INTO t VALUES (1, 'ä'), (2, 'b');
BEGIN;
UPDATE t SET id = 3 WHERE id = 1;
INSERT INTO u VALUES (1);
DELETE FROM t WHERE id = 2;
COMMIT;
CREATE TEMP TABLE f AS SELECT * FROM frames();
-- One session, its topics and headers said once; one message for a change.
SELECT message, string_agg(type, '' ORDER BY n) FROM f GROUP BY 1 ORDER BY 1;
SELECT n, u32(payload, 0) AS version, txt(payload, 8, u32(payload, 4)) AS program,
       txt(payload, 21, u32(payload, 17)) AS connector FROM f WHERE type = 'H';
SELECT u32(payload, 0) AS id, txt(payload, 12, u32(payload, 8)) AS topic FROM f WHERE type = 'T';
SELECT u32(payload, 0) AS id, encode(substr(payload, 5), 'escape') AS headers FROM f WHERE type = 'D';
SELECT chr(get_byte(payload, 38)) AS op, u32(payload, 16) AS topic, u32(payload, 20) AS header_set,
       i32(payload, 24) AS key_len, i32(payload, 28) > 0 AS has_value, i32(payload, 32) AS partition,
       get_byte(payload, 36) AS headers, get_byte(payload, 39) AS flags,
       CASE WHEN i32(payload, 24) > 0 THEN txt(payload, 40, i32(payload, 24)) END AS key,
       length(payload) = 40 + greatest(i32(payload, 24), 0) + greatest(i32(payload, 28), 0)
           + CASE WHEN get_byte(payload, 36) = 1 THEN 4 + 17 + 4 + 8 ELSE 0 END AS length_is,
       nullif(convert_from(substr(payload, 41 + greatest(i32(payload, 24), 0)::int,
           greatest(i32(payload, 28), 0)::int), 'UTF8'), '')::json->'after' AS after
FROM f WHERE type = 'R' ORDER BY n;
SELECT u32(payload, 24) AS records FROM f WHERE type = 'K' ORDER BY n;
DROP TABLE f;
-- A table that changes is announced again, under the same number.
INSERT INTO t VALUES (5, 'x');
ALTER TABLE t RENAME TO t2;
INSERT INTO t2 VALUES (6, 'x');
ALTER TABLE t2 ADD COLUMN w int;
INSERT INTO t2 VALUES (7, 'x', 1);
SELECT u32(payload, 0) AS id, txt(payload, 12, u32(payload, 8)) AS topic FROM frames() WHERE type = 'T';
-- What has no record leaves no frame.
CREATE TABLE none (id int);
INSERT INTO none VALUES (1);
SELECT * FROM frames('table.exclude.list', '.*none');

SELECT pg_drop_replication_slot('regress_decode_framing');
SET client_min_messages = warning;
DROP SCHEMA decode_framing CASCADE;
