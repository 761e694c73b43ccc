--
-- Names of topics: topic.naming.strategy, and what a topic's name may hold.
--
SET client_min_messages = warning;
CREATE SCHEMA decode_topics;
RESET client_min_messages;
SET search_path = decode_topics;
CREATE FUNCTION topics(strategy text, VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (topic text, length int)
LANGUAGE sql AS $$
    SELECT DISTINCT data::json->>'topic' COLLATE "C", length(data::json->>'topic')
    FROM pg_logical_slot_peek_changes('regress_decode_topics', NULL, NULL, VARIADIC ARRAY['topic.prefix', 'a_b-c',
        'topic.naming.strategy', 'io.debezium.schema.' || strategy] || options)
    ORDER BY 1
$$;
SELECT 'init' FROM pg_create_logical_replication_slot('regress_decode_topics', 'wal2kafka');
CREATE TABLE plain (id int);
CREATE TABLE under_score (id int);
CREATE TABLE "Odd näme €" (id int);
CREATE TABLE U&"smile\+01F600" (id int);
INSERT INTO plain VALUES (1);
INSERT INTO under_score VALUES (1);
INSERT INTO "Odd näme €" VALUES (1);
INSERT INTO U&"smile\+01F600" VALUES (1);
SELECT 'sent' FROM pg_logical_emit_message(true, 'p', 'x');
SELECT * FROM topics('SchemaTopicNamingStrategy');
SELECT * FROM topics('DefaultTopicNamingStrategy');
-- Spelled out: rows only, and the underscore as well.
SELECT * FROM topics('SchemaUnicodeTopicNamingStrategy', 'provide.transaction.metadata', 'true');
SELECT * FROM topics('DefaultUnicodeTopicNamingStrategy', 'topic.delimiter', '_');
-- At most 249 characters.
CREATE TABLE "ääääääääääääääääääääääääääääää" (id int);
INSERT INTO "ääääääääääääääääääääääääääääää" VALUES (1);
SELECT max(length) FROM topics('SchemaUnicodeTopicNamingStrategy', 'topic.delimiter', '____________');
\set VERBOSITY terse
SELECT * FROM topics('MyOwn');
-- Replaced by an expression, and what keys say then.
SELECT * FROM topics('SchemaRegexTopicNamingStrategy');
SELECT * FROM topics('SchemaRegexTopicNamingStrategy', 'topic.regex', 'a');
SELECT * FROM topics('SchemaRegexTopicNamingStrategy', 'topic.replacement', 'a');
SELECT * FROM topics('SchemaRegexTopicNamingStrategy', 'topic.regex', '(a)', 'topic.replacement', '$2');
SELECT * FROM topics('SchemaRegexTopicNamingStrategy', 'topic.regex', '(a', 'topic.replacement', 'a');
SELECT * FROM topics('SchemaRegexTopicNamingStrategy', 'topic.regex', 'a', 'topic.replacement', 'a', 'topic.key.field.regex', 'a');
SELECT * FROM topics('DefaultTopicNamingStrategy', 'topic.regex', '.*', 'topic.replacement', 'all');
SELECT * FROM topics('SchemaRegexTopicNamingStrategy', 'topic.regex', '(.*)\.(?<what>plain|under)(_score)?', 'topic.replacement', 'x.${what}');
SELECT * FROM topics('DefaultRegexTopicNamingStrategy', 'topic.regex', '(a_b-c)\.(.).*', 'topic.replacement', '$1.$2');
-- Nothing left of a name leaves it as it is.
SELECT * FROM topics('DefaultRegexTopicNamingStrategy', 'topic.regex', '(x?)a_b-c.(plain|.*__)', 'topic.replacement', '$1');
CREATE TABLE keyed (id int, tbl text, PRIMARY KEY (id, tbl));
SELECT 'read' FROM pg_logical_slot_get_changes('regress_decode_topics', NULL, NULL) LIMIT 1;
CREATE FUNCTION keys(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (op text, topic text, key text, headers text)
LANGUAGE sql AS $$
    SELECT data::json->>'op', data::json->>'topic', data::json->>'key', data::json->>'headers'
    FROM pg_logical_slot_peek_changes('regress_decode_topics', NULL, NULL, VARIADIC ARRAY['topic.prefix', 'p', 'extended.headers.enabled', 'false',
        'topic.naming.strategy', 'io.debezium.schema.SchemaRegexTopicNamingStrategy', 'topic.regex', '(p).*', 'topic.replacement', '$1.all'] || options)
$$;
INSERT INTO keyed VALUES (1, 'a');
UPDATE keyed SET tbl = 'b"\';
DELETE FROM keyed;
INSERT INTO "Odd näme €" VALUES (2);
SELECT * FROM keys();
SELECT * FROM keys('topic.key.field.name', 'the "table"', 'topic.key.field.regex', 'p\.(.*)\.(.*)', 'topic.key.field.replacement', '$2 of $1') LIMIT 2;
SELECT * FROM keys('topic.key.enforce.uniqueness', 'false');
SELECT key FROM keys('key.converter', 'org.apache.kafka.connect.json.JsonConverter') WHERE op = 'c';
SELECT * FROM keys('topic.key.field.name', 'tbl');
-- The same through transforms
SELECT * FROM keys('transforms', 'u', 'transforms.u.type', 'io.debezium.transforms.ExtractNewRecordState', 'transforms.u.delete.tombstone.handling.mode', 'rewrite-with-tombstone');
SELECT key FROM keys('key.converter', 'org.apache.kafka.connect.json.JsonConverter', 'transforms', 'u', 'transforms.u.type', 'io.debezium.transforms.ExtractNewRecordState') WHERE op = 'c';
SELECT pg_drop_replication_slot('regress_decode_topics');
SET client_min_messages = warning;
DROP SCHEMA decode_topics CASCADE;
