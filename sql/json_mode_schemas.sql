--
-- Schemas of the forms that modes choose, and of geometric types.
--
SET client_min_messages = warning;
CREATE SCHEMA json_mode_schemas;
SET search_path = json_mode_schemas;
-- A schema's fields, one in a line: what is equal in most of them is left out.
CREATE FUNCTION fields(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (field text) LANGUAGE sql AS $$
    SELECT f->>'field' || ': ' || replace(replace(replace(replace(f::text, ',"field":' || (f->'field')::text || '}', '}'),
        ',"optional":false', ''), '"optional":true', '?'), '"io.debezium.', '"i.d.')
    FROM pg_logical_slot_peek_changes('regress_json_mode_schemas', NULL, NULL,
             VARIADIC ARRAY['topic.prefix', 'p', 'format', 'json-with-schemas'] || options),
         json_array_elements(data::json#>'{value,schema,fields,1,fields}') f
    WHERE f->>'field' <> 'id'
$$;
CREATE PROCEDURE advance() LANGUAGE sql AS $$
    SELECT pg_replication_slot_advance('regress_json_mode_schemas', pg_current_wal_lsn())
$$;
RESET client_min_messages;
\pset format unaligned
\pset tuples_only on
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_mode_schemas', 'wal2kafka');

CREATE TABLE t (id int, d date NOT NULL, t time, t3 time(3), z timetz, s timestamp, s3 timestamp(3) DEFAULT '2020-01-02', sz timestamptz DEFAULT '2020-01-02 03:04:05+00', i interval DEFAULT '1 day', a date[], sa timestamp[]);
INSERT INTO t (d) VALUES ('2020-01-01');
SELECT fields('time.precision.mode', 'adaptive_time_microseconds');
SELECT fields('time.precision.mode', 'connect');
SELECT fields('time.precision.mode', 'isostring', 'interval.handling.mode', 'string');
SELECT fields('time.precision.mode', 'microseconds');
SELECT fields('time.precision.mode', 'nanoseconds');
SELECT fields('time.precision.mode', 'structured');
CALL advance();
CREATE TABLE n (id int, n numeric, p numeric(6,2) NOT NULL DEFAULT 1.5, m money, a numeric[], b bytea NOT NULL, ba bytea[], c pg_lsn, ca pg_lsn[], tv tsvector[]);
INSERT INTO n (b) VALUES ('');
SELECT fields('decimal.handling.mode', 'double', 'binary.handling.mode', 'base64', 'include.unknown.datatypes', 'true');
SELECT fields('decimal.handling.mode', 'string', 'binary.handling.mode', 'hex', 'include.unknown.datatypes', 'false');
SELECT fields('money.fraction.digits', '5', 'include.unknown.datatypes', 'true');
CALL advance();
CREATE TABLE g (id int, p point NOT NULL, l line NOT NULL, s lseg NOT NULL, c circle, pa point[], ba box[]);
INSERT INTO g VALUES (1, '(1,2)', '{1,2,3}', '[(0,0),(1,1)]');
SELECT fields();
CALL advance();
SELECT 'sent' FROM pg_logical_emit_message(true, 'p', 'x');
SELECT data::json#>'{value,schema,fields,4}' FROM pg_logical_slot_peek_changes('regress_json_mode_schemas', NULL, NULL, 'format', 'json-with-schemas', 'binary.handling.mode', 'hex');
SELECT data::json#>'{value,schema,fields,4}' FROM pg_logical_slot_peek_changes('regress_json_mode_schemas', NULL, NULL, 'format', 'json-with-schemas');
SELECT 'dropped' FROM pg_drop_replication_slot('regress_json_mode_schemas');
SET client_min_messages = warning;
DROP SCHEMA json_mode_schemas CASCADE;
