--
-- time.precision.mode.
--
SET client_min_messages = warning;
CREATE SCHEMA json_mode_time;
SET search_path = json_mode_time, public;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d#>'{value,before}', d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes(
              'regress_json_mode_time', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
CREATE PROCEDURE advance() LANGUAGE sql AS $$
    SELECT pg_replication_slot_advance('regress_json_mode_time', pg_current_wal_lsn())
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_mode_time', 'wal2kafka');

CREATE TABLE d (id int, d date, t time, t3 time(3), z timetz, z0 timetz(0));
INSERT INTO d VALUES (1, '2023-05-06', '12:34:56.789123', '12:34:56.789', '12:34:56.789123+05:30', '01:02:03-15:59:59'), (2, '1969-12-31', '00:00', '00:00', '00:00+00', '10:00+14'),
    (3, '0044-03-15 BC', '24:00', '24:00', '24:00+00', '24:00-02'), (4, '5874897-12-31', '23:59:59.999999', '00:00:00.1', '10:00:00.5+00', NULL), (5, 'infinity', NULL, NULL, NULL, NULL),
    (6, '-infinity', '00:00:00.000001', NULL, NULL, NULL), (7, '4714-11-24 BC', NULL, NULL, NULL, NULL), (8, '10000-01-01', NULL, NULL, NULL, NULL);
SELECT after FROM changes('time.precision.mode', 'adaptive') WHERE after->>'id' < '4';
SELECT after FROM changes('time.precision.mode', 'adaptive_time_microseconds') WHERE after->>'id' < '4';
SELECT after FROM changes('time.precision.mode', 'microseconds') WHERE after->>'id' < '4';
SELECT after FROM changes('time.precision.mode', 'connect');
SELECT after FROM changes('time.precision.mode', 'isostring');
SELECT after FROM changes('time.precision.mode', 'nanoseconds');
SELECT after FROM changes('time.precision.mode', 'structured');
CALL advance();
SELECT count(*) FROM changes('time.precision.mode', 'picoseconds');
SET timezone = 'UTC';
CREATE TABLE s (id int, t timestamp, t3 timestamp(3), z timestamptz, z0 timestamptz(0));
INSERT INTO s SELECT i, v, v, v::timestamptz, v::timestamptz FROM unnest('{2023-05-06 10:34:56.789123,1969-12-31 23:59:59.999999,infinity,-infinity,0044-03-15 01:02:03 BC,2262-04-11 23:47:16.854775}'::timestamp[]) WITH ORDINALITY x (v, i);
RESET timezone;
SELECT after FROM changes('time.precision.mode', 'adaptive') WHERE after->>'id' < '3';
SELECT after FROM changes('time.precision.mode', 'adaptive_time_microseconds') WHERE after->>'id' < '3';
SELECT after FROM changes('time.precision.mode', 'microseconds');
SELECT after FROM changes('time.precision.mode', 'connect');
SELECT after FROM changes('time.precision.mode', 'isostring');
SELECT after FROM changes('time.precision.mode', 'structured');
SELECT after FROM changes('time.precision.mode', 'nanoseconds');
CALL advance();
-- the last and the first nanosecond, and beyond
INSERT INTO s (id, t) VALUES (1, '2262-04-11 23:47:16.854776'), (2, '1677-09-21 00:12:43.145225'), (3, '1677-09-21 00:12:43.145224'), (4, '294276-12-31 23:59:59');
SELECT after->'id' AS id, after->'t' AS t FROM changes('time.precision.mode', 'nanoseconds');
\set VERBOSITY terse
SELECT after->'id' AS id, after->'t' AS t FROM changes('time.precision.mode', 'nanoseconds', 'event.converting.failure.handling.mode', 'fail');
\set VERBOSITY default
SELECT after->'id' AS id, after->'t' AS t FROM changes('time.precision.mode', 'microseconds');
CALL advance();
-- arrays
CREATE TABLE a (d date[], t time[], t3 time(3)[], z timetz[], s timestamp[], sz timestamptz(0)[]);
INSERT INTO a VALUES ('{2020-01-02,infinity,NULL}', '{01:02:03.5,24:00}', '{01:02:03.5}', '{01:02:03+02}', '{2020-01-02 03:04:05.5,-infinity}', '{2020-01-02 03:04:05+02,infinity}');
SELECT after FROM changes('time.precision.mode', 'connect');
SELECT after FROM changes('time.precision.mode', 'isostring');
SELECT after FROM changes('time.precision.mode', 'nanoseconds');
SELECT after FROM changes('time.precision.mode', 'structured');
CALL advance();
-- what stands in NOT NULL columns that the old row's image does not hold
CREATE TABLE nn (id int PRIMARY KEY, d date NOT NULL, t time NOT NULL, z timetz NOT NULL, s timestamp NOT NULL, sz timestamptz(3) NOT NULL, a date[] NOT NULL,
    dd date NOT NULL DEFAULT '2020-01-02', dt time NOT NULL DEFAULT '01:02:03', ds timestamp NOT NULL DEFAULT '2020-01-02 03:04:05', dz timestamptz NOT NULL DEFAULT '2020-01-02 03:04:05+00', cd date NOT NULL DEFAULT current_date, cs timestamp NOT NULL DEFAULT localtimestamp, cz timestamptz NOT NULL DEFAULT now());
INSERT INTO nn (id, d, t, z, s, sz, a) VALUES (1, '2020-01-01', '01:00', '01:00+00', '2020-01-01', '2020-01-01', '{2020-01-01}');
CALL advance();
DELETE FROM nn;
SELECT before FROM changes('time.precision.mode', 'connect') WHERE before IS NOT NULL;
SELECT before FROM changes('time.precision.mode', 'isostring') WHERE before IS NOT NULL;
SELECT before FROM changes('time.precision.mode', 'nanoseconds') WHERE before IS NOT NULL;
SELECT before FROM changes('time.precision.mode', 'structured') WHERE before IS NOT NULL;
CALL advance();
-- unchanged TOAST values: only whole days have a placeholder
CREATE TABLE t (id int PRIMARY KEY, d date[], i int);
ALTER TABLE t ALTER d SET STORAGE EXTERNAL;
INSERT INTO t VALUES (1, array_fill('2020-01-01'::date, '{1000}'), 1);
CALL advance();
UPDATE t SET i = 2;
SELECT after FROM changes('time.precision.mode', 'nanoseconds', 'unavailable.value.placeholder', 'hex:00ff41');
SELECT after FROM changes('time.precision.mode', 'isostring');
CALL advance();
-- keys: in a header, Connect prints its dates as such
CREATE TABLE k (d date, t time, s timestamp, s0 timestamp, e timestamp, PRIMARY KEY (d, t, s, s0, e));
INSERT INTO k VALUES ('2020-01-02', '01:02:03.456789', '2020-01-02 03:04:05.678', '2020-01-02', '1970-01-01 12:00');
CALL advance();
UPDATE k SET d = '1969-12-31', e = '1969-12-31 23:00';
UPDATE k SET d = 'infinity', s = 'infinity', e = '294276-12-31 01:02:03';
UPDATE k SET d = '-infinity', s = '-infinity';
SELECT data::json->'key' AS key, data::json#>>'{headers,__debezium.newkey}' AS new, data::json#>>'{headers,__debezium.oldkey}' AS old
    FROM pg_logical_slot_peek_changes('regress_json_mode_time', NULL, NULL, 'time.precision.mode', 'connect') WHERE data::json->>'op' = 'd';
SELECT data::json->'key' AS key, data::json#>>'{headers,__debezium.newkey}' AS new
    FROM pg_logical_slot_peek_changes('regress_json_mode_time', NULL, NULL, 'time.precision.mode', 'structured') WHERE data::json->>'op' = 'd';
SELECT pg_drop_replication_slot('regress_json_mode_time');
SET client_min_messages = warning;
DROP SCHEMA json_mode_time CASCADE;
