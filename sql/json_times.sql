--
-- Dates, times and intervals.
--
SET client_min_messages = warning;
CREATE SCHEMA json_times;
SET search_path = json_times;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_json_times', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_times', 'wal2kafka');

SET timezone = 'America/New_York';
SET datestyle = 'German';
SET intervalstyle = 'iso_8601';
CREATE TABLE d (d date);
INSERT INTO d VALUES ('1970-01-01'), ('1969-12-31'), ('2024-02-29'), ('0044-03-15 BC'), ('0001-01-01'), ('4714-11-24 BC'),
    ('5874897-12-31'), ('infinity'), ('-infinity'), (NULL), ('1582-10-15');
SELECT after FROM changes();
CREATE TABLE t (t time, t0 time(0), t3 time(3), t4 time(4), z timetz, z0 timetz(0));
INSERT INTO t VALUES ('12:34:56.789123', '12:34:56.789123', '12:34:56.789123', '12:34:56.789123', '12:34:56.789123+02', '12:34:56.789123+05:30'),
    ('00:00', '00:00', '00:00', '00:00', '00:00+00', '00:00-12'), ('24:00', '24:00', '24:00', '24:00', '24:00+00', '24:00+02'),
    ('00:00:00.000001', '00:00:01', '00:00:00.001', '00:00:00.0001', '10:00:00.5+00', '01:02:03-15:59:59'),
    (NULL, NULL, NULL, NULL, NULL, NULL), ('23:59:59.999999', '23:59:59', '23:59:59.999', '23:59:59.9999', '24:00-02', '08:00:01+01:23:45');
SELECT after FROM changes();
CREATE TABLE ts (id int PRIMARY KEY, t timestamp, t0 timestamp(0), t3 timestamp(3), t4 timestamp(4), z timestamptz, z0 timestamptz(0), z3 timestamptz(3));
INSERT INTO ts SELECT row_number() OVER (), v::timestamp, v::timestamp(0), v::timestamp(3), v::timestamp(4), (v || '+00')::timestamptz,
    (v || '+00')::timestamptz(0), (v || '+00')::timestamptz(3)
FROM (VALUES ('1970-01-01 00:00:00'), ('1969-12-31 23:59:59.999999'), ('2023-05-06 12:34:56.789123'), ('2024-02-29 23:59:59.5'),
    ('0001-01-01 00:00:00'), ('9999-12-31 23:59:59'), ('10000-01-01 00:00:00'), ('294246-12-31 23:59:59.999999')) x(v);
INSERT INTO ts VALUES (20, '0044-03-15 01:02:03 BC', '0001-12-31 00:00:00 BC', '4713-01-01 00:00:00 BC', 'epoch',
        '0044-03-15 01:02:03+00 BC', '0001-12-31 00:00:00+00 BC', '4713-01-01 00:00:00+00 BC'),
    (21, 'infinity', 'infinity', 'infinity', 'infinity', 'infinity', 'infinity', 'infinity'),
    (22, '-infinity', '-infinity', '-infinity', '-infinity', '-infinity', '-infinity', '-infinity'),
    (23, NULL, NULL, NULL, NULL, '2023-05-06 12:34:56.7+02', '2023-05-06 12:34:56.7-12', '2023-05-06 12:34:56.7-12'),
    (24, '294276-12-31 23:59:59', '294276-12-31 23:59:59', '294276-12-31 23:59:59', '294276-12-31 23:59:59', '294276-12-31 23:59:59+00', NULL, NULL);
SELECT after FROM changes();
CREATE TABLE i (i interval);
INSERT INTO i VALUES ('0'), ('1 year'), ('1 mon'), ('1 day'), ('1 hour'), ('1 microsecond'), ('-1 year -2 mon -3 days -04:05:06.789'),
    ('1 year 2 mons 3 days 4 hours 5 mins 6.789012 secs'), ('1 mon -1 day'), ('178000000 years'), (NULL), ('292471 years'),
    ('106751991 days'), ('106751992 days'), ('2147483647 days'), ('-2147483648 days');
SELECT after FROM changes();
-- Inside ranges and composites they are text, in ISO form and in UTC.
CREATE TABLE r (r tstzrange, s tsrange, d daterange, c d, i interval[]);
INSERT INTO r VALUES ('[2020-01-01 00:00:00+00,2020-02-01 00:00:00.5+02)', '(,2020-01-01 01:02:03]', '[2020-01-01,)', ROW('2020-02-03'), '{1 day,NULL}');
SELECT after FROM changes();
SHOW timezone;

SELECT pg_drop_replication_slot('regress_json_times');
SET client_min_messages = warning;
DROP SCHEMA json_times CASCADE;
