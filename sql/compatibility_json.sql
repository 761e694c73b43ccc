-- What may follow what in a subject of JSON Schemas.  test/kafka/compatibility.py
-- asks a registry the same.
SET client_min_messages = warning;
CREATE EXTENSION wal2kafka;
CREATE TEMP TABLE pair (
	id serial, what text, old_schema text, new_schema text,
	laxer text); -- the rules under which Apicurio takes what we refuse

-- An object with these properties, of an open content model unless more is said
CREATE FUNCTION pg_temp.o(properties text, more text DEFAULT '')
RETURNS text LANGUAGE sql AS $$
SELECT format('{"type": "object", "title": "shop.Value", "properties": {%s}%s}', properties, more)
$$;
-- One whose property "id" stays, and whose property "x" is this
CREATE FUNCTION pg_temp.p(x text)
RETURNS text LANGUAGE sql AS $$
SELECT pg_temp.o(format('"id": {"type": "integer", "connect.index": 0, "connect.type": "int32"}, "x": %s', x))
$$;
-- Debezium's envelope around such an object
CREATE FUNCTION pg_temp.e(properties text)
RETURNS text LANGUAGE sql AS $$
SELECT pg_temp.o(format('"before": {"connect.index": 0, "oneOf": [{"type": "null"}, %1$s]},
	"after": {"connect.index": 1, "oneOf": [{"type": "null"}, %1$s]},
	"op": {"type": "string", "connect.index": 2}', pg_temp.o(properties)))
$$;

INSERT INTO pair (what, old_schema, new_schema) VALUES
('nothing', pg_temp.p('{"type": "integer"}'), pg_temp.p('{"type": "integer"}')),
('annotations', pg_temp.p('{"type": "integer", "connect.index": 1}'),
	pg_temp.p('{"type": "integer", "connect.index": 2, "title": "t", "description": "d", "default": 7}')),
('property, open', pg_temp.o('"id": {"type": "integer"}'), pg_temp.p('{"type": "string"}')),
('nullable property, open', pg_temp.o('"id": {"type": "integer"}'),
	pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "string"}]}')),
('property, closed', pg_temp.o('"id": {"type": "integer"}', ', "additionalProperties": false'),
	pg_temp.o('"id": {"type": "integer"}, "x": {"type": "string"}', ', "additionalProperties": false')),
('required property, closed', pg_temp.o('"id": {"type": "integer"}', ', "additionalProperties": false'),
	pg_temp.o('"id": {"type": "integer"}, "x": {"type": "string"}', ', "additionalProperties": false, "required": ["x"]')),
('opened', pg_temp.o('"id": {"type": "integer"}', ', "additionalProperties": false'), pg_temp.o('"id": {"type": "integer"}')),
('opened to strings', pg_temp.o('"id": {"type": "integer"}', ', "additionalProperties": false'),
	pg_temp.o('"id": {"type": "integer"}', ', "additionalProperties": {"type": "string"}')),
('opened from strings', pg_temp.o('"id": {"type": "integer"}', ', "additionalProperties": {"type": "string"}'),
	pg_temp.o('"id": {"type": "integer"}')),
('other properties wider', pg_temp.o('"id": {"type": "integer"}', ', "additionalProperties": {"type": "integer"}'),
	pg_temp.o('"id": {"type": "integer"}', ', "additionalProperties": {"type": "number"}')),
('property of the others'' type', pg_temp.o('"id": {"type": "integer"}', ', "additionalProperties": {"type": "string"}'),
	pg_temp.o('"id": {"type": "integer"}, "x": {"type": "string"}', ', "additionalProperties": {"type": "string"}')),
('property of another type', pg_temp.o('"id": {"type": "integer"}', ', "additionalProperties": {"type": "string"}'),
	pg_temp.o('"id": {"type": "integer"}, "x": {"type": "integer"}', ', "additionalProperties": {"type": "string"}')),
('rename', pg_temp.o('"a": {"type": "integer"}'), pg_temp.o('"b": {"type": "integer"}')),
('rename, closed', pg_temp.o('"a": {"type": "integer"}', ', "additionalProperties": false'),
	pg_temp.o('"b": {"type": "integer"}', ', "additionalProperties": false')),
('required', pg_temp.p('{"type": "integer"}'),
	pg_temp.o('"id": {"type": "integer"}, "x": {"type": "integer"}', ', "required": ["x"]')),
('another required', pg_temp.o('"a": {"type": "integer"}, "b": {"type": "integer"}', ', "required": ["a"]'),
	pg_temp.o('"a": {"type": "integer"}, "b": {"type": "integer"}', ', "required": ["b"]')),
('integer to number', pg_temp.p('{"type": "integer"}'), pg_temp.p('{"type": "number"}')),
('connect type', pg_temp.p('{"type": "integer", "connect.type": "int32"}'), pg_temp.p('{"type": "integer", "connect.type": "int64"}')),
('integer to string', pg_temp.p('{"type": "integer"}'), pg_temp.p('{"type": "string"}')),
('integer to boolean', pg_temp.p('{"type": "integer"}'), pg_temp.p('{"type": "boolean"}')),
('string to anything', pg_temp.p('{"type": "string"}'), pg_temp.p('{}')),
('string to true', pg_temp.p('{"type": "string"}'), pg_temp.p('true')),
('string to nothing', pg_temp.p('{"type": "string"}'), pg_temp.p('false')),
('integer becomes nullable', pg_temp.p('{"type": "integer"}'),
	pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "integer"}]}')),
('string becomes nullable', pg_temp.p('{"type": "string"}'),
	pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "string"}]}')),
('string becomes nullable, by a list', pg_temp.p('{"type": "string"}'), pg_temp.p('{"type": ["null", "string"]}')),
('integer becomes nullable, by a list', pg_temp.p('{"type": "integer"}'), pg_temp.p('{"type": ["null", "integer"]}')),
('nullable: nothing', pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "integer"}]}'),
	pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "integer"}]}')),
('nullable integer to number', pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "integer"}]}'),
	pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "number"}]}')),
('nullable integer to string', pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "integer"}]}'),
	pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "string"}]}')),
('nullable gets a type', pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "integer"}]}'),
	pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "integer"}, {"type": "string"}]}')),
('oneOf to anyOf', pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "integer"}]}'),
	pg_temp.p('{"anyOf": [{"type": "null"}, {"type": "integer"}]}')),
('oneOf to anyOf of another', pg_temp.p('{"oneOf": [{"type": "null"}, {"type": "integer"}]}'),
	pg_temp.p('{"anyOf": [{"type": "null"}, {"type": "string"}]}')),
('allOf grows', pg_temp.p('{"allOf": [{"type": "integer"}]}'),
	pg_temp.p('{"allOf": [{"type": "integer"}, {"maximum": 7}]}')),
('allOf of one to that', pg_temp.p('{"allOf": [{"type": "integer"}, {"type": "string"}]}'), pg_temp.p('{"type": "integer"}')),
('string gets a length', pg_temp.p('{"type": "string"}'), pg_temp.p('{"type": "string", "maxLength": 5}')),
('string gets longer', pg_temp.p('{"type": "string", "maxLength": 5}'), pg_temp.p('{"type": "string", "maxLength": 9}')),
('string gets a least length', pg_temp.p('{"type": "string", "minLength": 1}'), pg_temp.p('{"type": "string", "minLength": 2}')),
('pattern', pg_temp.p('{"type": "string", "pattern": "a*"}'), pg_temp.p('{"type": "string", "pattern": "b*"}')),
('encoding', pg_temp.p('{"type": "string"}'), pg_temp.p('{"type": "string", "contentEncoding": "base64"}')),
('format', pg_temp.p('{"type": "string"}'), pg_temp.p('{"type": "string", "format": "date-time"}')),
('number gets a maximum', pg_temp.p('{"type": "number"}'), pg_temp.p('{"type": "number", "maximum": 100}')),
('minimum', pg_temp.p('{"type": "integer", "minimum": -128}'), pg_temp.p('{"type": "integer", "minimum": -32768}')),
('array', pg_temp.p('{"type": "array", "items": {"type": "integer"}}'), pg_temp.p('{"type": "array", "items": {"type": "number"}}')),
('array of nullable', pg_temp.p('{"type": "array", "items": {"type": "integer"}}'),
	pg_temp.p('{"type": "array", "items": {"oneOf": [{"type": "null"}, {"type": "integer"}]}}')),
('array gets items', pg_temp.p('{"type": "array"}'), pg_temp.p('{"type": "array", "items": {"type": "integer"}}')),
('unique items', pg_temp.p('{"type": "array", "uniqueItems": false}'), pg_temp.p('{"type": "array", "uniqueItems": true}')),
('integer to array', pg_temp.p('{"type": "integer"}'), pg_temp.p('{"type": "array", "items": {"type": "integer"}}')),
('map', pg_temp.p('{"type": "object", "additionalProperties": {"type": "string"}}'),
	pg_temp.p('{"type": "object", "additionalProperties": {"oneOf": [{"type": "null"}, {"type": "string"}]}}')),
('enum grows', pg_temp.p('{"enum": ["sad", "ok"]}'), pg_temp.p('{"enum": ["sad", "ok", "happy"]}')),
('enum with a type', pg_temp.p('{"type": "string", "enum": ["sad", "ok"]}'), pg_temp.p('{"type": "string", "enum": ["sad", "ok", "happy"]}')),
('enum to string', pg_temp.p('{"enum": ["sad", "ok"]}'), pg_temp.p('{"type": "string"}')),
('labels in parameters', pg_temp.p('{"type": "string", "connect.parameters": {"allowed": "sad,ok"}}'),
	pg_temp.p('{"type": "string", "connect.parameters": {"allowed": "sad,ok,happy"}}')),
('definitions: nothing', pg_temp.o('"x": {"$ref": "#/definitions/a"}', ', "definitions": {"a": {"type": "integer"}}'),
	pg_temp.o('"x": {"$ref": "#/definitions/b"}', ', "definitions": {"b": {"type": "integer"}}')),
('definitions: type', pg_temp.o('"x": {"$ref": "#/definitions/a"}', ', "definitions": {"a": {"type": "integer"}}'),
	pg_temp.o('"x": {"$ref": "#/definitions/a"}', ', "definitions": {"a": {"type": "string"}}')),
('definition to the same in place', pg_temp.o('"x": {"$ref": "#/definitions/a"}', ', "definitions": {"a": {"type": "integer"}}'),
	pg_temp.o('"x": {"type": "integer"}')),
('schema within itself', pg_temp.o('"next": {"$ref": "#"}, "n": {"type": "integer"}'),
	pg_temp.o('"next": {"$ref": "#"}, "n": {"type": "number"}')),
('envelope: nothing', pg_temp.e('"id": {"type": "integer"}'), pg_temp.e('"id": {"type": "integer"}')),
('envelope: column', pg_temp.e('"id": {"type": "integer"}'),
	pg_temp.e('"id": {"type": "integer"}, "email": {"oneOf": [{"type": "null"}, {"type": "string"}]}')),
('envelope: type', pg_temp.e('"id": {"type": "integer"}'), pg_temp.e('"id": {"type": "string"}')),
('envelope: wider', pg_temp.e('"id": {"type": "integer"}'), pg_temp.e('"id": {"type": "number"}')),
('envelope: two columns', pg_temp.e('"id": {"type": "integer"}, "n": {"type": "integer"}'),
	pg_temp.e('"id": {"type": "number"}, "n": {"type": "string"}'));

-- Apicurio looks no further where oneOf becomes anyOf
UPDATE pair SET laxer = 'backward' WHERE what = 'oneOf to anyOf of another';

SELECT what, rule, coalesce(string_agg(concat_ws(': ', nullif(path, ''), problem), E'\n') FILTER (WHERE problem IS NOT NULL), 'compatible') AS answer
FROM pair CROSS JOIN unnest('{backward,forward}'::text[]) WITH ORDINALITY AS u (rule, n)
	LEFT JOIN LATERAL wal2kafka.check_compatibility('JSON', rule, old_schema, new_schema) ON true
GROUP BY id, what, rule, n ORDER BY id, n;

-- What cannot be compared
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"not": {"type": "null"}}', '{}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"patternProperties": {}}', '{}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"type": "array", "items": [{}]}', '{"type": "array"}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"type": "text"}', '{}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"type": 7}', '{}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '7', '{}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"enum": 7}', '{}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"oneOf": 7}', '{}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"$ref": "#/definitions/a"}', '{"type": "null"}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"$ref": "other.json"}', '{"type": "null"}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"type": "string", "maxLength": "7"}', '{"type": "string", "maxLength": 7}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"required": ["a"]}', '{"required": [["a"]]}');
SELECT * FROM wal2kafka.check_compatibility('JSON', 'full', '{"type": }', '{}');

DROP EXTENSION wal2kafka;
