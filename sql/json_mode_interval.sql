--
-- interval.handling.mode, and intervals of time.precision.mode=structured.
--
SET client_min_messages = warning;
CREATE SCHEMA json_mode_interval;
SET search_path = json_mode_interval, public;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d#>'{value,before}', d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes(
              'regress_json_mode_interval', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
CREATE PROCEDURE advance() LANGUAGE sql AS $$
    SELECT pg_replication_slot_advance('regress_json_mode_interval', pg_current_wal_lsn())
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_mode_interval', 'wal2kafka');

CREATE TABLE i (id int, i interval, i0 interval(0), ym interval year to month, a interval[]);
INSERT INTO i VALUES (1, '1 year 2 mons 3 days 04:05:06.789012', '1.5 s', '1 year 2 mons', '{1 day,NULL,-00:00:00.5}'), (2, '-1 year -14 mons -3 days -04:05:06.5', '0', '-1 mon', '{}'), (3, '0', NULL, NULL, NULL), (4, '-00:00:00.000001', '1 day', '0', NULL),
    (5, '100000 hours', NULL, NULL, NULL), (6, '178000000 years', NULL, NULL, NULL), (7, '2562047788:00:54.775807', NULL, NULL, NULL), (8, '1 mon -1 day 00:00:10', NULL, NULL, NULL);
SELECT after FROM changes('interval.handling.mode', 'numeric') WHERE after->>'id' < '4';
SELECT after FROM changes('interval.handling.mode', 'string');
SELECT after FROM changes('time.precision.mode', 'structured');
SELECT after FROM changes('time.precision.mode', 'structured', 'interval.handling.mode', 'string') WHERE after->>'id' = '1';
SELECT count(*) FROM changes('interval.handling.mode', 'text');
CALL advance();
CREATE TABLE nn (id int PRIMARY KEY, i interval NOT NULL, d interval NOT NULL DEFAULT '1 day');
INSERT INTO nn (id, i) VALUES (1, '1 day');
CALL advance();
DELETE FROM nn;
SELECT before FROM changes('interval.handling.mode', 'string') WHERE before IS NOT NULL;
SELECT before FROM changes('time.precision.mode', 'structured') WHERE before IS NOT NULL;
SELECT pg_drop_replication_slot('regress_json_mode_interval');
SET client_min_messages = warning;
DROP SCHEMA json_mode_interval CASCADE;
