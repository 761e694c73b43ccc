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
SELECT * FROM topics('SchemaRegexTopicNamingStrategy');
SELECT * FROM topics('MyOwn');
SELECT pg_drop_replication_slot('regress_decode_topics');
SET client_min_messages = warning;
DROP SCHEMA decode_topics CASCADE;
