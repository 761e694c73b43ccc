--
-- Values that are cut or hidden: column.truncate.*, column.mask.*.
--
\set VERBOSITY terse
CREATE SCHEMA decode_masks;
SET search_path = decode_masks, public;
CREATE FUNCTION after(VARIADIC options text[]) RETURNS SETOF json
LANGUAGE sql AS $$
    SELECT CASE WHEN d#>>'{value,after}' IS NULL THEN d#>'{value,before}' ELSE d#>'{value,after}' END
    FROM (SELECT data::json AS d FROM pg_logical_slot_peek_changes(
              'regress_decode_masks', NULL, NULL,
              VARIADIC options || ARRAY['tombstones.on.delete', 'false'])) r
$$;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN short AS varchar(10);
CREATE TABLE t (id int PRIMARY KEY, tx text, vc varchar(20), bp char(8), ch "char", na name,
    mo mood, sh short, js json, ta text[], ts timestamptz, by bytea, nu numeric, nn text NOT NULL,
    df text NOT NULL DEFAULT 'preset');
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_masks', 'wal2kafka');
INSERT INTO t VALUES (1, U&'h\00E4\+01F600x', 'varchar', 'bpchar', 'c', 'name', 'happy', 'domain',
    '{"a": 1}', '{abc,d}', '2020-01-01 00:00:00+00', '\x0102030405', 123.45, 'nn');
INSERT INTO t (id, nn) VALUES (2, '');
DELETE FROM t WHERE id = 1;

-- Cut: text of any type, and bytea; not numbers, not arrays.
SELECT after('column.truncate.to.3.chars', 'decode_masks\.t\..*');
SELECT after('column.truncate.to.0.chars', 'decode_masks\.t\.(tx|by|nu)', 'column.include.list', '.*\.(tx|by|nu)');
-- In UTF-16 units, but never half a character.
SELECT after('column.truncate.to.' || n || '.chars', '.*', 'column.include.list', '.*\.tx') FROM generate_series(2, 5) n;

-- Replaced by asterisks: character types only, but any value, even null.
SELECT after('column.mask.with.4.chars', '.*');
SELECT after('column.mask.with.0.chars', '.*tx', 'column.include.list', '.*\.tx');

-- Replaced by a hash, cut to the column's length; a null is no secret.
SELECT after('column.mask.hash.v2.SHA-256.with.salt.abc', '.*');
-- Every algorithm, and salts with dots; what we must get, by the server's own functions.
CREATE TABLE h (id int PRIMARY KEY, v text);
INSERT INTO h VALUES (1, U&'x\00E4\+01F600'), (2, repeat('y', 65535)), (3, repeat('y', 65536));
CREATE FUNCTION hashes(property text) RETURNS TABLE (id int, v text)
LANGUAGE sql AS $$ SELECT (a->>'id')::int, a->>'v' FROM decode_masks.after(property, '.*h\.v', 'table.include.list', '.*\.h') a $$;
SELECT p.id, (SELECT v FROM hashes('column.mask.hash.v2.md5.with.salt.a.b') o WHERE o.id = p.id) = md5(convert_to('a.b' || p.v, 'UTF8')) AS md5,
    (SELECT v FROM hashes('column.mask.hash.v2.SHA-224.with.salt.s') o WHERE o.id = p.id) = encode(sha224(convert_to('s' || p.v, 'UTF8')), 'hex') AS sha224,
    (SELECT v FROM hashes('column.mask.hash.v2.Sha256.with.salt.s') o WHERE o.id = p.id) = encode(sha256(convert_to('s' || p.v, 'UTF8')), 'hex') AS sha256,
    (SELECT v FROM hashes('column.mask.hash.v2.SHA-384.with.salt.s') o WHERE o.id = p.id) = encode(sha384(convert_to('s' || p.v, 'UTF8')), 'hex') AS sha384,
    (SELECT v FROM hashes('column.mask.hash.v2.SHA-512.with.salt.s') o WHERE o.id = p.id) = encode(sha512(convert_to('s' || p.v, 'UTF8')), 'hex') AS sha512
FROM h p ORDER BY 1;
SELECT * FROM hashes('column.mask.hash.v2.SHA-1.with.salt.abc') WHERE id = 1;
-- The older one: of the string as Java serializes it.
SELECT p.id, (SELECT v FROM hashes('column.mask.hash.SHA-256.with.salt.abc') o WHERE o.id = p.id) =
    encode(sha256('abc'::bytea || '\xaced0005' || java.v), 'hex') AS sha256
FROM h p, LATERAL (SELECT CASE p.id
    WHEN 1 THEN '\x740009'::bytea || '\x78c3a4eda0bdedb880'
    WHEN 2 THEN '\x74ffff'::bytea || convert_to(p.v, 'UTF8')
    ELSE '\x7c0000000000010000'::bytea || convert_to(p.v, 'UTF8') END AS v) java
ORDER BY 1;

-- The first kind that matches decides, whatever the order of the options.
SELECT after('column.mask.hash.SHA-256.with.salt.abc', '.*', 'column.mask.with.2.chars', '.*\.(tx|vc)',
             'column.truncate.to.1.chars', '.*\.tx', 'column.include.list', '.*\.(tx|vc|mo)');
-- A value that is not in the WAL is hidden like any other.
CREATE TABLE large (id int PRIMARY KEY, doc text, n int, raw bytea);
ALTER TABLE large ALTER doc SET STORAGE EXTERNAL, ALTER raw SET STORAGE EXTERNAL;
INSERT INTO large VALUES (1, repeat('x', 5000), 1, decode(repeat('00', 5000), 'hex'));
UPDATE large SET n = 2;
SELECT after('column.truncate.to.10.chars', '.*(doc|raw)', 'table.include.list', '.*large');
-- What stands for it as bytes is not cut, as text it is.
SELECT after('column.truncate.to.10.chars', '.*raw', 'table.include.list', '.*large', 'column.include.list', '.*raw', 'binary.handling.mode', 'hex');

-- Not where no value is longer than what is left, as the type goes; an array is what its elements are.
SELECT f->>'field' AS field, f#>>'{parameters,truncateLength}' AS cut
FROM pg_logical_slot_peek_changes('regress_decode_masks', NULL, NULL, 'format', 'json-with-schemas',
    'column.truncate.to.8.chars', '.*', 'table.include.list', '.*\.t') WITH ORDINALITY x (lsn, xid, data, n),
    json_array_elements(data::json#>'{value,schema,fields,1,fields}') f
WHERE x.n = 1;

-- Keys are what they are.
SELECT data::json->'key' AS key, data::json#>'{value,after,nn}' AS value
FROM pg_logical_slot_peek_changes('regress_decode_masks', NULL, NULL, 'message.key.columns', '.*\.t:nn',
    'column.mask.with.5.chars', '.*', 'table.include.list', '.*\.t') LIMIT 1;

-- What cannot be.
SELECT after('column.truncate.to.-1.chars', '.*');
SELECT after('column.mask.with.two.chars', '.*');
SELECT after('column.truncate.to.99999999999.chars', '.*');
SELECT after('column.mask.hash.SHA3-256.with.salt.geheim', '.*');
SELECT after('column.mask.hash.MD2.with.salt.geheim', '.*');
SELECT after('column.mask.hash.SHA-256.with.salt.geheim', '(');
SELECT after('column.mask.hash.SHA-256.with.salt.', '.*');

SELECT pg_drop_replication_slot('regress_decode_masks');
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA decode_masks CASCADE;
