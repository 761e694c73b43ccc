--
-- RegexRouter, ToLogicalTopicRouter, ByLogicalTableRouter and predicates.
--
SELECT 'init' FROM pg_create_logical_replication_slot('regress_transform_router', 'wal2kafka');
SET regress.slot = 'regress_transform_router';
\getenv srcdir PG_ABS_SRCDIR
\set include :srcdir /sql/include/transformed.sql
\set ECHO none
\i :include
\set ECHO all
\pset format unaligned
\pset tuples_only on
CREATE TABLE order_1 (a text, id int, PRIMARY KEY (id, a));
CREATE TABLE order_2 (LIKE order_1 INCLUDING ALL);
CREATE TABLE keyless (v text);
INSERT INTO order_1 VALUES ('x', 1);
INSERT INTO order_2 VALUES ('x', 1);
UPDATE order_2 SET id = 2;
DELETE FROM order_1;
INSERT INTO keyless VALUES ('y');
SELECT 'sent' FROM pg_logical_emit_message(true, 'pfx', 'a message');

-- Topics: groups by number and name, a name that does not match, several steps
\set regex '{"transforms": "r", "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter"}'
SELECT topic, key FROM transformed(:'regex'::jsonb || '{"transforms.r.regex": "p\\.(?<schema>\\w+)\\.(order)_(\\d)(x)?", "transforms.r.replacement": "$2s.${schema}\\$-$3$4.$11"}');
SELECT topic FROM transformed(:'regex'::jsonb || '{"transforms.r.regex": "P.*", "transforms.r.replacement": "none"}');
SELECT topic FROM transformed(:'regex'::jsonb || '{"transforms.r.regex": "(?i)P\\.([a-z]*?)\\.(.*)", "transforms.r.replacement": "$2.$1"}');
SELECT topic FROM transformed('{"transforms": "a,b", "transforms.a.type": "RegexRouter", "transforms.a.regex": ".*(order).*", "transforms.a.replacement": "$1",
	"transforms.b.type": "RegexRouter", "transforms.b.regex": "order", "transforms.b.replacement": "again"}');
-- Nothing else changes.
SELECT value, headers FROM transformed(:'regex'::jsonb || '{"transforms.r.regex": ".*order_2", "transforms.r.replacement": "x", "table.include.list": "public.order_2"}');

-- Tables that share a topic: the key tells them apart.
\set shared '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.ToLogicalTopicRouter", "transforms.r.topic.regex": "(.*)\\\\.(order_.|message)", "transforms.r.topic.replacement": "$1.all"}'
SELECT topic, key, value IS NULL AS dead, headers FROM transformed(:'shared');
SELECT topic, key FROM transformed(:'shared'::jsonb || '{"transforms.r.type": "io.debezium.transforms.ByLogicalTableRouter", "transforms.r.key.field.regex": ".*_(1)", "transforms.r.key.field.replacement": "number $1"}');
SELECT topic, key FROM transformed(:'shared'::jsonb || '{"transforms.r.key.enforce.uniqueness": false}');
SELECT topic, key FROM transformed(:'shared'::jsonb || '{"transforms.r.topic.regex": ".*", "transforms.r.topic.replacement": "$0", "transforms.r.key.field.name": "from"}');
-- Schemas are named for the new topic.
SELECT (key::json)->'schema' AS key, d->>'name' AS envelope, d->'fields'->0->>'name' AS before, d->'fields'->1->>'name' AS after
FROM transformed(:'shared'::jsonb || '{"key.converter": "JsonConverter", "value.converter": "JsonConverter", "transforms.r.topic.replacement": "a-b.all",
	"transforms.r.schema.name.adjustment.mode": "avro", "table.include.list": "public.order_2"}') AS t,
	LATERAL (SELECT (t.value::json)->'schema' AS d) AS s WHERE t.value IS NOT NULL;

-- Predicates
\set chosen '{"transforms": "r", "transforms.r.type": "RegexRouter", "transforms.r.regex": ".*", "transforms.r.replacement": "chosen", "predicates": "q", "transforms.r.predicate": "q"}'
SELECT topic, value IS NULL AS dead FROM transformed(:'chosen'::jsonb || '{"predicates.q.type": "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone"}');
SELECT topic, headers FROM transformed(:'chosen'::jsonb || '{"predicates.q.type": "org.apache.kafka.connect.transforms.predicates.HasHeaderKey", "predicates.q.name": "__debezium.newkey"}');
SELECT topic FROM transformed(:'chosen'::jsonb || '{"predicates.q.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches", "predicates.q.pattern": ".*[12]", "transforms.r.negate": true}');

-- A name that is no topic's, and a key that has the field already
\set SHOW_CONTEXT never
SELECT * FROM transformed(:'regex'::jsonb || '{"transforms.r.regex": "(.*order.*)", "transforms.r.replacement": "$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1"}');
SELECT * FROM transformed(:'shared'::jsonb || '{"transforms.r.key.field.name": "id"}');

-- As frames: topics are announced by name, for their table.
SELECT count(*) > 0 FROM pg_logical_slot_peek_binary_changes('regress_transform_router', NULL, NULL, 'framing', 'binary',
	'transforms', 'r', 'transforms.r.type', 'RegexRouter', 'transforms.r.regex', '.*', 'transforms.r.replacement', 'one')
WHERE encode(data, 'escape') ~ 'one.*public.*order_1';

SELECT 'drop' FROM pg_drop_replication_slot('regress_transform_router');
DROP TABLE order_1, order_2, keyless;
DROP FUNCTION transformed;
