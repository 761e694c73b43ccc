--
-- TimezoneConverter.
--
SELECT 'init' FROM pg_create_logical_replication_slot('regress_transform_timezone', 'wal2kafka');
SET regress.slot = 'regress_transform_timezone';
\getenv srcdir PG_ABS_SRCDIR
\set include :srcdir /sql/include/transformed.sql
\set ECHO none
\i :include
\set ECHO all
\pset format unaligned
\pset tuples_only on
SET timezone = 'UTC';
CREATE TABLE times (
	id int PRIMARY KEY,
	at timestamp,
	at3 timestamp(3),
	atz timestamptz,
	clockz timetz,
	day date,
	clock time,
	many timestamp[],
	text text
);
ALTER TABLE times REPLICA IDENTITY FULL;
INSERT INTO times VALUES
	(1, '2024-07-01 10:00:00', '2024-01-01 10:00:00.5', '2024-07-01 10:00:00.120+00', '10:00:00.5+00', '2024-07-01', '10:00', '{2024-07-01 10:00:00}', '10:00'),
	-- a gap, and an hour that comes twice
	(2, '2024-03-10 02:30:00', '2024-11-03 01:30:00', '2024-03-10 07:30:00+00', '23:59:59+00', NULL, NULL, NULL, NULL),
	(3, '1969-12-31 23:59:59.999999', '1900-01-01 00:00:00.001', '1850-06-01 00:00:00+00', '00:00:00.000001+00', NULL, NULL, NULL, NULL),
	(4, 'infinity', '9999-12-31 23:59:59', '9999-12-31 23:59:59+00', '12:00:00+05:30', NULL, NULL, NULL, NULL),
	(5, NULL, NULL, 'infinity', NULL, NULL, NULL, NULL, NULL),
	(6, NULL, NULL, '0044-03-15 12:00:00+00 BC', NULL, NULL, NULL, NULL, NULL);
UPDATE times SET text = 'new' WHERE id = 1;

\set zone '{"transforms": "z,u", "transforms.z.type": "io.debezium.transforms.TimezoneConverter", "transforms.u.type": "ExtractNewRecordState"}'
SELECT regexp_replace(value, '"clockz":"[^"]*"', '"clockz":now') FROM transformed(:'zone'::jsonb || '{"transforms.z.converted.timezone": "America/New_York"}');
SELECT value FROM transformed(:'zone'::jsonb || '{"transforms.z.converted.timezone": "+05:30"}');
SELECT value FROM transformed(:'zone'::jsonb || '{"transforms.z.converted.timezone": "-01:02:03"}') WHERE key ~ '1';
-- Other forms of times: Connect's are converted, those in text are not.
SELECT value FROM transformed(:'zone'::jsonb || '{"transforms.z.converted.timezone": "+05:30", "time.precision.mode": "connect"}') WHERE key ~ '[13]';
SELECT value FROM transformed(:'zone'::jsonb || '{"transforms.z.converted.timezone": "+05:30", "time.precision.mode": "isostring"}') WHERE key ~ '[13]';
SELECT value FROM transformed(:'zone'::jsonb || '{"transforms.z.converted.timezone": "+05:30", "time.precision.mode": "nanoseconds"}') WHERE key ~ '[13]';
-- What is listed, and what is not
\set one '{"transforms": "z", "transforms.z.type": "TimezoneConverter", "transforms.z.converted.timezone": "+01:00", "skipped.operations": "c"}'
CREATE FUNCTION changed(value text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', k, v->>'at', v->>'at3', v->>'atz', v->>'ts_ms'), ' | ' ORDER BY k)
	FROM json_each(value::json) AS e(k, v) WHERE k IN ('before', 'after')
$$;
SELECT l, changed(value) FROM (VALUES
	('{"transforms.z.include.list": "source:times"}'),
	('{"transforms.z.include.list": "source:times:at"}'),
	('{"transforms.z.include.list": "topic:p.public.times:at,p.public.times:after.atz"}'),
	('{"transforms.z.include.list": "times:before.at3"}'),
	('{"transforms.z.include.list": "source:other:at,times"}'),
	('{"transforms.z.include.list": "topic:times"}'),
	('{"transforms.z.exclude.list": "times:at,times:before.at3"}'),
	('{"transforms.z.exclude.list": "topic:p.public.times"}'),
	('{"transforms.z.exclude.list": "source:other"}')) AS t(l),
	transformed(:'one'::jsonb || l::jsonb) AS r;
-- Fields of the source block only when they are named: these are moved.
SELECT (s.v->'source'->>'ts_us')::bigint - (s.v->'source'->>'ts_ms')::bigint * 1000 BETWEEN -3600000000 AND -3600000000 + 999
FROM (SELECT (data::json)->'value' AS v FROM pg_logical_slot_peek_changes('regress_transform_timezone', NULL, NULL,
	'transforms', 'z', 'transforms.z.type', 'TimezoneConverter', 'transforms.z.converted.timezone', '+01:00',
	'transforms.z.include.list', 'times:source.ts_ms')) AS s;

SELECT 'drop' FROM pg_drop_replication_slot('regress_transform_timezone');
DROP TABLE times;
DROP FUNCTION transformed, changed;
