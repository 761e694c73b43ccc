--
-- decimal.handling.mode and money.fraction.digits.
--
SET client_min_messages = warning;
CREATE SCHEMA json_mode_decimal;
SET search_path = json_mode_decimal, public;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d#>'{value,before}', d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes(
              'regress_json_mode_decimal', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
CREATE PROCEDURE advance() LANGUAGE sql AS $$
    SELECT pg_replication_slot_advance('regress_json_mode_decimal', pg_current_wal_lsn())
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_mode_decimal', 'wal2kafka');

CREATE TABLE d (id int PRIMARY KEY, n numeric, p numeric(10,2), w numeric(5), neg numeric(3,-2), m money, a numeric[], ap numeric(5,2)[]);
INSERT INTO d VALUES (1, 123.4500, 123.45, 12345, 12345, 1234.56, '{1.50,NULL,100}', '{1.5,NaN}'), (2, 0, 0, 0, 0, 0, '{}', '{}'), (3, 'NaN', 'NaN', 'NaN', 'NaN', NULL, NULL, NULL),
    (4, 'Infinity', NULL, NULL, NULL, '-0.01', '{Infinity,-Infinity,NaN}', NULL), (5, '-Infinity', -0.01, -1, -99900, '-92233720368547758.08', NULL, NULL),
    (6, 1e400, 99999999.99, 99999, 0, '92233720368547758.07', NULL, NULL), (7, 1e-400, 0.10, 7, -100, '0.125', NULL, NULL), (8, -12345678901234567890.123456789, NULL, NULL, NULL, '0.995', NULL, NULL);
SELECT after FROM changes('decimal.handling.mode', 'double');
SELECT left(after::text, 400) FROM changes('decimal.handling.mode', 'string');
SELECT after FROM changes('decimal.handling.mode', 'Precise') WHERE after->>'id' IN ('1', '2');
CALL advance();
-- money rounds half up to the digits asked for; other modes do not look at them
CREATE TABLE m (m money);
INSERT INTO m VALUES ('1234.56'), ('-0.01'), ('0.50'), ('-0.50'), ('92233720368547758.07'), ('-92233720368547758.08');
SELECT after FROM changes('money.fraction.digits', '0');
SELECT after FROM changes('money.fraction.digits', '1');
SELECT after FROM changes('money.fraction.digits', '20');
SELECT after FROM changes('money.fraction.digits', '0', 'decimal.handling.mode', 'string');
CALL advance();
SELECT count(*) FROM changes('money.fraction.digits', '21');
SELECT count(*) FROM changes('money.fraction.digits', 'many');
SELECT count(*) FROM changes('decimal.handling.mode', 'exact');
-- what stands in NOT NULL columns that the old row's image does not hold
CREATE TABLE nn (id int PRIMARY KEY, n numeric NOT NULL, p numeric(6,2) NOT NULL, w numeric(5) NOT NULL, m money NOT NULL, a numeric[] NOT NULL,
    dn numeric NOT NULL DEFAULT 2.50, dp numeric(6,2) NOT NULL DEFAULT 3.5, cn numeric NOT NULL DEFAULT random(), cp numeric(6,2) NOT NULL DEFAULT random());
INSERT INTO nn (id, n, p, w, m, a) VALUES (1, 1, 1, 1, 1, '{1}');
CALL advance();
DELETE FROM nn;
SELECT before FROM changes('decimal.handling.mode', 'double') WHERE before IS NOT NULL;
SELECT before FROM changes('decimal.handling.mode', 'string') WHERE before IS NOT NULL;
SELECT before FROM changes() WHERE before IS NOT NULL;
CALL advance();
-- unchanged TOAST values
CREATE TABLE t (id int PRIMARY KEY, n numeric, a numeric[], i int);
ALTER TABLE t ALTER n SET STORAGE EXTERNAL, ALTER a SET STORAGE EXTERNAL;
INSERT INTO t VALUES (1, repeat('9', 8000)::numeric, array_fill(1.5::numeric, '{600}'), 1);
CALL advance();
UPDATE t SET i = 2;
SET client_min_messages = error;
SELECT after FROM changes('decimal.handling.mode', 'double');
SELECT after FROM changes('decimal.handling.mode', 'string');
SELECT after FROM changes('decimal.handling.mode', 'string', 'unavailable.value.placeholder', 'gone');
SELECT after FROM changes();
RESET client_min_messages;
CALL advance();
-- keys, and their headers
CREATE TABLE k (n numeric, p numeric(6,2), m money, PRIMARY KEY (n, p, m));
INSERT INTO k VALUES (2.50, 1.5, 12.34);
CALL advance();
UPDATE k SET n = 3.0;
SELECT data::json->'key' AS key, data::json#>'{headers,__debezium.newkey}' AS new, data::json#>'{headers,__debezium.oldkey}' AS old
    FROM pg_logical_slot_peek_changes('regress_json_mode_decimal', NULL, NULL, 'decimal.handling.mode', 'string');
SELECT data::json->'key' AS key, data::json#>'{headers,__debezium.newkey}' AS new, data::json#>'{headers,__debezium.oldkey}' AS old
    FROM pg_logical_slot_peek_changes('regress_json_mode_decimal', NULL, NULL, 'decimal.handling.mode', 'double');
SELECT pg_drop_replication_slot('regress_json_mode_decimal');
SET client_min_messages = warning;
DROP SCHEMA json_mode_decimal CASCADE;
