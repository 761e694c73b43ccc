-- What may follow what in a subject of Protobuf schemas.
-- test/kafka/compatibility.py asks a registry the same.
SET client_min_messages = warning;
CREATE EXTENSION wal2kafka;
CREATE TEMP TABLE pair (
	id serial, what text, old_schema text, new_schema text,
	laxer text); -- the rules under which Apicurio takes what we refuse

-- A file with a message "Value" that has this in it
CREATE FUNCTION pg_temp.m(body text, name text DEFAULT 'Value', package text DEFAULT 'shop')
RETURNS text LANGUAGE sql AS $$
SELECT format(E'syntax = "proto3";\npackage %s;\n\nmessage %s {\n  %s\n}\n', package, name, body)
$$;
-- Debezium's envelope around such a message
CREATE FUNCTION pg_temp.e(body text)
RETURNS text LANGUAGE sql AS $$
SELECT format(E'syntax = "proto3";\npackage shop;\n\nimport "google/protobuf/timestamp.proto";\n\nmessage Envelope {\n  optional Value before = 1;\n  optional Value after = 2;\n  string op = 5;\n\n  message Value {\n    %s\n  }\n}\n', body)
$$;

INSERT INTO pair (what, old_schema, new_schema) VALUES
('nothing', pg_temp.m('int32 id = 1;'), pg_temp.m('int32 id = 1;')),
('blanks and comments', pg_temp.m('int32 id = 1;'), pg_temp.m(E'// the key\n  int32  id=1 ; /* of\n it */')),
('options', pg_temp.m('int32 id = 1;'), pg_temp.m('int32 id = 1 [json_name = "Id", deprecated = true]; option deprecated = true;')),
('field', pg_temp.m('int32 id = 1;'), pg_temp.m('int32 id = 1; string x = 2;')),
('optional field', pg_temp.m('int32 id = 1;'), pg_temp.m('int32 id = 1; optional string x = 2;')),
('field dropped', pg_temp.m('int32 id = 1; string x = 2;'), pg_temp.m('int32 id = 1;')),
('field dropped, number reserved', pg_temp.m('int32 id = 1; string x = 2;'), pg_temp.m('int32 id = 1; reserved 2;')),
('field dropped, name reserved', pg_temp.m('int32 id = 1; string x = 2;'), pg_temp.m('int32 id = 1; reserved "x";')),
('field dropped, both reserved', pg_temp.m('int32 id = 1; string x = 2;'), pg_temp.m('int32 id = 1; reserved 2; reserved "x";')),
('two dropped, all reserved', pg_temp.m('int32 id = 1; string x = 2; string y = 3;'), pg_temp.m('int32 id = 1; reserved 2 to 3; reserved "x", "y";')),
('one dropped, one added', pg_temp.m('int32 id = 1; string x = 2;'), pg_temp.m('int32 id = 1; string y = 3; reserved 2; reserved "x";')),
('one dropped, its number used', pg_temp.m('int32 id = 1; string x = 2;'), pg_temp.m('int32 id = 1; string y = 2;')),
('rename', pg_temp.m('int32 a = 1;'), pg_temp.m('int32 b = 1;')),
('rename, name reserved', pg_temp.m('int32 a = 1;'), pg_temp.m('int32 b = 1; reserved "a";')),
('number changed', pg_temp.m('int32 a = 1;'), pg_temp.m('int32 a = 2;')),
('numbers exchanged', pg_temp.m('int32 a = 1; int32 b = 2;'), pg_temp.m('int32 a = 2; int32 b = 1;')),
('order of fields', pg_temp.m('int32 a = 1; int32 b = 2;'), pg_temp.m('int32 b = 2; int32 a = 1;')),
('int32 to int64', pg_temp.m('int32 a = 1;'), pg_temp.m('int64 a = 1;')),
('int32 to string', pg_temp.m('int32 a = 1;'), pg_temp.m('string a = 1;')),
('string to bytes', pg_temp.m('string a = 1;'), pg_temp.m('bytes a = 1;')),
('float to double', pg_temp.m('float a = 1;'), pg_temp.m('double a = 1;')),
('int32 to sint32', pg_temp.m('int32 a = 1;'), pg_temp.m('sint32 a = 1;')),
('becomes optional', pg_temp.m('int32 a = 1;'), pg_temp.m('optional int32 a = 1;')),
('becomes repeated', pg_temp.m('int32 a = 1;'), pg_temp.m('repeated int32 a = 1;')),
('string becomes repeated', pg_temp.m('string a = 1;'), pg_temp.m('repeated string a = 1;')),
('optional to repeated', pg_temp.m('optional int32 a = 1;'), pg_temp.m('repeated int32 a = 1;')),
('map: nothing', pg_temp.m('map<string, string> a = 1;'), pg_temp.m('map<string,string> a = 1;')),
('map: values', pg_temp.m('map<string, string> a = 1;'), pg_temp.m('map<string, int32> a = 1;')),
('map to repeated', pg_temp.m('map<string, string> a = 1;'), pg_temp.m('repeated string a = 1;')),
('reserved kept', pg_temp.m('int32 a = 1; reserved 2, 4 to 6; reserved "b";'), pg_temp.m('int32 a = 1; reserved 2, 4 to 5, 6; reserved "b";')),
('reserved grows', pg_temp.m('int32 a = 1; reserved 2;'), pg_temp.m('int32 a = 1; reserved 2, 3;')),
('reserved shrinks', pg_temp.m('int32 a = 1; reserved 2 to 4;'), pg_temp.m('int32 a = 1; reserved 2;')),
('reserved number used', pg_temp.m('int32 a = 1; reserved 2;'), pg_temp.m('int32 a = 1; int32 b = 2;')),
('reserved number used, still reserved name', pg_temp.m('int32 a = 1; reserved 2 to 3; reserved "c";'), pg_temp.m('int32 a = 1; int32 b = 2; reserved 3; reserved "c";')),
('reserved name used', pg_temp.m('int32 a = 1; reserved 2; reserved "b";'), pg_temp.m('int32 a = 1; int32 b = 3; reserved 2;')),
('package', pg_temp.m('int32 a = 1; .shop.Value b = 2;'), pg_temp.m('int32 a = 1; .store.Value b = 2;', 'Value', 'store')),
('type written otherwise', pg_temp.m('int32 a = 1; .shop.Value b = 2;'), pg_temp.m('int32 a = 1; Value b = 2;')),
('type of the message', pg_temp.m('A a = 1; message A { int32 n = 1; } message B { int32 n = 1; }'), pg_temp.m('B a = 1; message A { int32 n = 1; } message B { int32 n = 1; }')),
('timestamp', pg_temp.m('google.protobuf.Timestamp a = 1;'), pg_temp.m('int64 a = 1;')),
('message renamed', pg_temp.m('int32 a = 1;', 'Value'), pg_temp.m('int32 a = 1;', 'Worth')),
('message added', pg_temp.m('int32 a = 1;'), pg_temp.m('int32 a = 1; message B { int32 n = 1; }')),
('message dropped', pg_temp.m('int32 a = 1; message B { int32 n = 1; }'), pg_temp.m('int32 a = 1;')),
('empty message dropped', pg_temp.m('int32 a = 1; message B { }'), pg_temp.m('int32 a = 1;')),
('message without fields gets one', pg_temp.m(''), pg_temp.m('int32 a = 1;')),
('message loses its only field', pg_temp.m('int32 a = 1;'), pg_temp.m('reserved 1; reserved "a";')),
('envelope: nothing', pg_temp.e('int32 id = 1;'), pg_temp.e('int32 id = 1;')),
('envelope: column', pg_temp.e('int32 id = 1;'), pg_temp.e('int32 id = 1; optional string email = 2;')),
('envelope: column dropped', pg_temp.e('int32 id = 1; string email = 2;'), pg_temp.e('int32 id = 1; reserved 2; reserved "email";')),
('envelope: type', pg_temp.e('int32 id = 1;'), pg_temp.e('int64 id = 1;')),
('envelope: NOT NULL dropped', pg_temp.e('int32 id = 1; string email = 2;'), pg_temp.e('int32 id = 1; optional string email = 2;'));

-- Confluent's registry lets no message go
UPDATE pair SET laxer = 'full' WHERE what IN ('message added', 'message dropped');
UPDATE pair SET laxer = 'backward,full' WHERE what = 'empty message dropped';
-- Apicurio has no look at the names in a message without fields
UPDATE pair SET laxer = 'backward,full' WHERE what = 'message loses its only field';

SELECT what, rule, coalesce(string_agg(concat_ws(': ', nullif(path, ''), problem), E'\n') FILTER (WHERE problem IS NOT NULL), 'compatible') AS answer
FROM pair CROSS JOIN unnest('{backward,forward,full}'::text[]) WITH ORDINALITY AS u (rule, n)
	LEFT JOIN LATERAL wal2kafka.check_compatibility('PROTOBUF', rule, old_schema, new_schema) ON true
GROUP BY id, what, rule, n ORDER BY id, n;

-- What cannot be compared
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', pg_temp.m('enum Mood { SAD = 0; }'), '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', pg_temp.m('oneof a { int32 b = 1; }'), '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', pg_temp.m('extensions 7 to 9;'), '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', pg_temp.m('int32 a = 1;') || 'service s { }', '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', 'syntax = "proto2";', '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', 'message m { }', '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', pg_temp.m('int32 a = 0;'), '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', pg_temp.m('int32 a;'), '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', pg_temp.m('int32 = 1;'), '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', pg_temp.m('int32 a = 1 [deprecated = true;'), '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', pg_temp.m('reserved "a;'), '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', pg_temp.m('/* int32 a = 1;'), '');
SELECT * FROM wal2kafka.check_compatibility('PROTOBUF', 'full', '', '');

DROP EXTENSION wal2kafka;
