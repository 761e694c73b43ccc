--
-- Numbers: integers, floats as Java prints them, exact decimals.
--
SET client_min_messages = warning;
CREATE SCHEMA json_numbers;
SET search_path = json_numbers;
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (op text, topic text, key json, before json, after json)
LANGUAGE sql AS $$
    SELECT d->>'op', d->>'topic', d->'key', d#>'{value,before}',
           d#>'{value,after}'
    FROM (SELECT data::json AS d FROM pg_logical_slot_get_changes(
              'regress_json_numbers', NULL, NULL,
              VARIADIC ARRAY['topic.prefix', 'p'] || options)) x
$$;
RESET client_min_messages;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_json_numbers', 'wal2kafka');

CREATE FUNCTION unscaled(t text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    b bytea := decode(t, 'base64'); n numeric := 0;
BEGIN
    FOR i IN 0 .. length(b) - 1 LOOP n := n * 256 + get_byte(b, i); END LOOP;
    IF get_byte(b, 0) > 127 THEN n := n - 256::numeric ^ length(b); END IF;
    RETURN n;
END $$;
CREATE TABLE i (s smallint, i int, b bigint, o oid);
INSERT INTO i VALUES (0, 0, 0, 0), (-32768, -2147483648, -9223372036854775808, 4294967295),
    (32767, 2147483647, 9223372036854775807, 2147483648), (NULL, NULL, NULL, NULL), (-1, -10, -100, 1);
SELECT after FROM changes();
CREATE TABLE f (d float8, r real);
INSERT INTO f VALUES (0, 0), ('-0', '-0'), (1, 1), (-1.5, -1.5), (100, 100), (9999999, 9999999), (1e7, 1e7),
    (12345678.9, 12345678.9), (0.001, 0.001), (0.00099999, 0.00099999), (0.002, 0.002), (2e-4, 2e-4), (1e-7, 1e-7),
    (1e300, 1e30), (123456.789, 123456.789), (0.1, 0.1), (1.1, 1.1), (3.4028235e38, 3.4028235e38),
    (1.7976931348623157e308, 1.17549435e-38), (4.9e-324, 1.4e-45), (2.2250738585072014e-308, 3e-45), (1e-323, 1e-44),
    ('NaN', 'NaN'), ('Infinity', 'Infinity'), ('-Infinity', '-Infinity'), (NULL, NULL), (1234567, 1234567),
    (0.5, 0.25), (1e22, 1e10), (9007199254740993, 16777217), (5e-5, 5e-5), (10, 10), (1000000, 1000000), (0.01, 0.01);
SELECT after->'d' AS d, after->'r' AS r FROM changes();
-- They read back as the same number.
CREATE TABLE f2 (id int PRIMARY KEY, d float8, r real);
INSERT INTO f2 SELECT i, (random() - 0.5) * 10 ^ (random() * 40 - 20)::int, (random() - 0.5) * 10 ^ (random() * 40 - 20)::int
FROM generate_series(1, 1000) i;
INSERT INTO f2 SELECT 1000 + i, i / 1000.0, i / 100.0 FROM generate_series(1, 1000) i;
SELECT count(*), bool_and((after->>'d')::float8 = d AND (after->>'r')::real = r) AS same,
       bool_and((after->>'d') ~ '^-?(0|[1-9]\d{0,6})\.(0|\d*[1-9])$|^-?[1-9]\.(0|\d*[1-9])E-?[1-9]\d*$') AS form
FROM changes() JOIN f2 ON id = (key->>'id')::int;
CREATE TABLE n (id serial PRIMARY KEY, n numeric(10,2), z numeric(6), neg numeric(5,-2), small numeric(3,6), v numeric, m money);
INSERT INTO n (n, z, neg, small, v, m) VALUES (0, 0, 0, 0, 0, 0), (1, 1, 100, 0.000001, 1, 1), (-1, -1, -100, -0.000001, -1, -1),
    (1.27, 127, 12700, 0.000127, 127, 1.27), (1.28, 128, 12800, 0.000128, 128, 1.28), (-1.28, -128, -12800, -0.000128, -128, -1.28),
    (-1.29, -129, -12900, -0.000129, -129, -1.29), (2.55, 255, 25500, 0.000255, 255, 2.55), (2.56, 256, 25600, 0.000256, 256, 2.56),
    (99999999.99, 999999, 9999900, 0.000999, 123.4500, 92233720368547758.07), (-99999999.99, -999999, -9999900, -0.000999, 1000000, -92233720368547758.08),
    (NULL, NULL, NULL, NULL, 0.00000000010, NULL);
SELECT after FROM changes();
INSERT INTO n (v) VALUES (1e40), (-1e40), ('1e-40'), (12345678901234567890.12345678901234567890), ('1e500'), ('123e-500'), (10000), (0.0001), (0.00010), (9999.9999), (100000000.00000001);
SELECT left((after->'v')::text, 100) AS v,
       unscaled(after#>>'{v,value}') = v * 10::numeric ^ (after#>>'{v,scale}')::int
           OR unscaled(after#>>'{v,value}') / 10::numeric ^ (after#>>'{v,scale}')::int = v AS same
FROM changes(), LATERAL (SELECT v FROM n WHERE n.id = (key->>'id')::int) n;
-- The largest there are.
CREATE TABLE big (v numeric, w numeric(1000,500));
INSERT INTO big VALUES ((repeat('9', 131072) || '.' || repeat('9', 16383))::numeric, (repeat('8', 500) || '.' || repeat('7', 500))::numeric);
SELECT after#>'{v,scale}' AS scale, length(after#>>'{v,value}') AS len,
       left(encode(decode(after#>>'{v,value}', 'base64'), 'hex'), 20) AS head,
       unscaled(after->>'w') = (SELECT w * 10::numeric ^ 500 FROM big) AS w
FROM changes();
-- No numbers: null, said once for a column; or an error.
INSERT INTO n (n, v) VALUES ('NaN', 'NaN'), ('NaN', 'Infinity'), (1, '-Infinity');
SELECT after->'n' AS n, after->'v' AS v FROM changes();
INSERT INTO n (v) VALUES ('NaN');
SELECT after->'v' AS v FROM changes('event.converting.failure.handling.mode', 'skip');
INSERT INTO n (v) VALUES ('NaN');
\set VERBOSITY terse
SELECT after->'v' AS v FROM changes('event.converting.failure.handling.mode', 'fail');

SELECT pg_drop_replication_slot('regress_json_numbers');
SET client_min_messages = warning;
DROP SCHEMA json_numbers CASCADE;
