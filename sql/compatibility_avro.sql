-- What may follow what in a subject of Avro schemas.  test/kafka/compatibility.py
-- asks a registry the same.
SET client_min_messages = warning;
CREATE EXTENSION wal2kafka;
CREATE TEMP TABLE pair (
	id serial, what text, old_schema text, new_schema text,
	laxer text); -- the rules under which Apicurio takes what we refuse

-- A record "Value" with these fields
CREATE FUNCTION pg_temp.r(fields text, name text DEFAULT 'shop.Value')
RETURNS text LANGUAGE sql AS $$
SELECT format('{"type": "record", "name": "%s", "fields": [%s]}', name, fields)
$$;
-- One whose field "id" stays, and whose field "x" has these types
CREATE FUNCTION pg_temp.t(type text, more text DEFAULT '')
RETURNS text LANGUAGE sql AS $$
SELECT pg_temp.r(format('{"name": "id", "type": "int"}, {"name": "x", "type": %s%s}', type, more))
$$;
-- Debezium's envelope around such a record
CREATE FUNCTION pg_temp.e(fields text)
RETURNS text LANGUAGE sql AS $$
SELECT pg_temp.r(format('{"name": "before", "type": ["null", %s], "default": null},
	{"name": "after", "type": ["null", "Value"], "default": null},
	{"name": "op", "type": "string"}', pg_temp.r(fields)), 'shop.Envelope')
$$;

INSERT INTO pair (what, old_schema, new_schema) VALUES
('nothing', pg_temp.t('"int"'), pg_temp.t('"int"')),
('order of fields', pg_temp.r('{"name": "a", "type": "int"}, {"name": "b", "type": "string"}'),
	pg_temp.r('{"name": "b", "type": "string"}, {"name": "a", "type": "int"}')),
('documentation', pg_temp.t('"int"'), pg_temp.t('"int"', ', "doc": "what it is"')),
('field without a default', pg_temp.r('{"name": "id", "type": "int"}'), pg_temp.t('"int"')),
('field with a default', pg_temp.r('{"name": "id", "type": "int"}'), pg_temp.t('"int"', ', "default": 7')),
('nullable field, default null', pg_temp.r('{"name": "id", "type": "int"}'),
	pg_temp.t('["null", "string"]', ', "default": null')),
('nullable field, no default', pg_temp.r('{"name": "id", "type": "int"}'), pg_temp.t('["null", "string"]')),
('rename', pg_temp.r('{"name": "a", "type": "int"}'), pg_temp.r('{"name": "b", "type": "int"}')),
('rename with a default', pg_temp.r('{"name": "a", "type": "int", "default": 0}'),
	pg_temp.r('{"name": "b", "type": "int", "default": 0}')),
('rename with an alias', pg_temp.r('{"name": "a", "type": "int"}'),
	pg_temp.r('{"name": "b", "aliases": ["a"], "type": "int"}')),
('int to long', pg_temp.t('"int"'), pg_temp.t('"long"')),
('int to float', pg_temp.t('"int"'), pg_temp.t('"float"')),
('int to double', pg_temp.t('"int"'), pg_temp.t('"double"')),
('long to float', pg_temp.t('"long"'), pg_temp.t('"float"')),
('float to double', pg_temp.t('"float"'), pg_temp.t('"double"')),
('int to string', pg_temp.t('"int"'), pg_temp.t('"string"')),
('string to bytes', pg_temp.t('"string"'), pg_temp.t('"bytes"')),
('boolean to int', pg_temp.t('"boolean"'), pg_temp.t('"int"')),
('int to date', pg_temp.t('"int"'), pg_temp.t('{"type": "int", "logicalType": "date"}')),
('decimal scale', pg_temp.t('{"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 1}'),
	pg_temp.t('{"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}')),
('connect name', pg_temp.t('{"type": "long", "connect.name": "io.debezium.time.MicroTimestamp"}'),
	pg_temp.t('{"type": "long", "connect.name": "io.debezium.time.Timestamp"}')),
('NOT NULL dropped', pg_temp.t('"string"'), pg_temp.t('["null", "string"]', ', "default": null')),
('NOT NULL dropped, wider', pg_temp.t('"int"'), pg_temp.t('["null", "long"]', ', "default": null')),
('NOT NULL dropped, other type', pg_temp.t('"int"'), pg_temp.t('["null", "string"]', ', "default": null')),
('union wider', pg_temp.t('["null", "int"]'), pg_temp.t('["null", "int", "string"]')),
('order of a union', pg_temp.t('["null", "int"]'), pg_temp.t('["int", "null"]')),
('type in a union wider', pg_temp.t('["null", "int"]'), pg_temp.t('["null", "long"]')),
('type in a union changed', pg_temp.t('["null", "int"]'), pg_temp.t('["null", "boolean"]')),
('default changed', pg_temp.t('"int"', ', "default": 1'), pg_temp.t('"int"', ', "default": 2')),
('default dropped', pg_temp.t('"int"', ', "default": 1'), pg_temp.t('"int"')),
('array', pg_temp.t('{"type": "array", "items": "int"}'), pg_temp.t('{"type": "array", "items": "long"}')),
('array of nullable', pg_temp.t('{"type": "array", "items": "int"}'),
	pg_temp.t('{"type": "array", "items": ["null", "int"]}')),
('int to array', pg_temp.t('"int"'), pg_temp.t('{"type": "array", "items": "int"}')),
('map', pg_temp.t('{"type": "map", "values": "string"}'), pg_temp.t('{"type": "map", "values": ["null", "string"]}')),
('map to array', pg_temp.t('{"type": "map", "values": "string"}'), pg_temp.t('{"type": "array", "items": "string"}')),
('enum grows', pg_temp.t('{"type": "enum", "name": "mood", "symbols": ["sad", "ok"]}'),
	pg_temp.t('{"type": "enum", "name": "mood", "symbols": ["sad", "ok", "happy"]}')),
('enum grows, with a default', pg_temp.t('{"type": "enum", "name": "mood", "symbols": ["sad", "ok"], "default": "ok"}'),
	pg_temp.t('{"type": "enum", "name": "mood", "symbols": ["sad", "ok", "happy"], "default": "ok"}')),
('enum to string', pg_temp.t('{"type": "enum", "name": "mood", "symbols": ["sad", "ok"]}'), pg_temp.t('"string"')),
('size of fixed', pg_temp.t('{"type": "fixed", "name": "code", "size": 4}'),
	pg_temp.t('{"type": "fixed", "name": "code", "size": 8}')),
('record renamed', pg_temp.r('{"name": "id", "type": "int"}', 'shop.Value'),
	pg_temp.r('{"name": "id", "type": "int"}', 'shop.Worth')),
('namespace changed', pg_temp.r('{"name": "id", "type": "int"}', 'shop.Value'),
	pg_temp.r('{"name": "id", "type": "int"}', 'store.Value')),
('record renamed, with an alias', pg_temp.r('{"name": "id", "type": "int"}', 'shop.Value'),
	'{"type": "record", "name": "Worth", "namespace": "shop", "aliases": ["Value"], "fields": [{"name": "id", "type": "int"}]}'),
('record to int', pg_temp.r('{"name": "id", "type": "int"}'), '"int"'),
('bare type', '"int"', '{"type": "long"}'),
('struct in a field', pg_temp.t(pg_temp.r('{"name": "x", "type": "double"}', 'Point')),
	pg_temp.t(pg_temp.r('{"name": "x", "type": "double"}, {"name": "y", "type": "double"}', 'Point'))),
('envelope: nothing', pg_temp.e('{"name": "id", "type": "int"}'), pg_temp.e('{"name": "id", "type": "int"}')),
('envelope: nullable column', pg_temp.e('{"name": "id", "type": "int"}'),
	pg_temp.e('{"name": "id", "type": "int"}, {"name": "email", "type": ["null", "string"], "default": null}')),
('envelope: NOT NULL column', pg_temp.e('{"name": "id", "type": "int"}'),
	pg_temp.e('{"name": "id", "type": "int"}, {"name": "email", "type": "string"}')),
('envelope: type', pg_temp.e('{"name": "id", "type": "int"}, {"name": "n", "type": "int"}'),
	pg_temp.e('{"name": "id", "type": "int"}, {"name": "n", "type": "string"}')),
('envelope: two columns', pg_temp.e('{"name": "id", "type": "int"}, {"name": "n", "type": ["null", "int"]}'),
	pg_temp.e('{"name": "id", "type": "long"}, {"name": "n", "type": "string"}')),
('record within itself', '{"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}, {"name": "n", "type": "int"}]}',
	'{"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}, {"name": "n", "type": "long"}]}');

SELECT what, rule, coalesce(string_agg(concat_ws(': ', nullif(path, ''), problem), E'\n') FILTER (WHERE problem IS NOT NULL), 'compatible') AS answer
FROM pair CROSS JOIN unnest('{backward,forward}'::text[]) WITH ORDINALITY AS u (rule, n)
	LEFT JOIN LATERAL wal2kafka.check_compatibility('AVRO', rule, old_schema, new_schema) ON true
GROUP BY id, what, rule, n ORDER BY id, n;

-- "full" is both
SELECT count(*) AS differ FROM pair
WHERE (SELECT array_agg(c) FROM wal2kafka.check_compatibility('avro', 'full', old_schema, new_schema) c)
	IS DISTINCT FROM
	(SELECT array_agg(c) FROM (
		SELECT * FROM wal2kafka.check_compatibility('avro', 'backward_transitive', old_schema, new_schema)
		UNION ALL
		SELECT * FROM wal2kafka.check_compatibility('avro', 'forward_transitive', old_schema, new_schema)) c);
SELECT count(*) AS with_rule_none
FROM pair, wal2kafka.check_compatibility('AVRO', 'NONE', old_schema, new_schema);

-- What cannot be compared
SELECT * FROM wal2kafka.check_compatibility('XML', 'full', '"int"', '"int"');
SELECT * FROM wal2kafka.check_compatibility('AVRO', 'sideways', '"int"', '"int"');
SELECT * FROM wal2kafka.check_compatibility('AVRO', 'full', '"int"', '"integer"');
SELECT * FROM wal2kafka.check_compatibility('AVRO', 'full', '7', '"int"');
SELECT * FROM wal2kafka.check_compatibility('AVRO', 'full', 'int', '"int"');
SELECT * FROM wal2kafka.check_compatibility('AVRO', 'full', '{"type": "record", "name": "r"}', '"int"');
SELECT * FROM wal2kafka.check_compatibility('AVRO', 'full', '{"type": "record", "fields": []}', '"int"');
SELECT * FROM wal2kafka.check_compatibility('AVRO', 'full', '{"type": "fixed", "name": "f"}', '"int"');
SELECT * FROM wal2kafka.check_compatibility('AVRO', 'full', '{"type": "record", "name": "r", "fields": [1]}', '"int"');
SELECT * FROM wal2kafka.check_compatibility('AVRO', 'full', NULL, '"int"');

DROP EXTENSION wal2kafka;
