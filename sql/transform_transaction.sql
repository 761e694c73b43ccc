-- Transforms and the metadata of transactions: places of events, and the
-- records of the transaction topic.
SELECT 'made' AS slot FROM pg_create_logical_replication_slot('regress_transform_transaction', 'wal2kafka');
CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE FUNCTION records(VARIADIC options text[]) RETURNS TABLE (topic text, key text, value text)
LANGUAGE sql AS $$
	SELECT data::json->>'topic',
		regexp_replace(data::json->>'key', '"id":"\d+:\d+"', '"id":"?"'),
		regexp_replace(regexp_replace(data::json->>'value', '"id":"\d+:\d+"', '"id":"?"'), '"ts_ms":\d+', '"ts_ms":0')
	FROM pg_logical_slot_peek_changes('regress_transform_transaction', NULL, NULL,
		VARIADIC options || '{table.include.list,public.t,topic.prefix,p,provide.transaction.metadata,true,tombstones.on.delete,false}'::text[])
$$;
BEGIN;
INSERT INTO t VALUES (1, 'a'), (2, 'b');
DELETE FROM t WHERE id = 1;
COMMIT;

-- Begins and ends are routed, too, and otherwise left as they are.
SELECT * FROM records('transforms', 'unwrap,route',
	'transforms.unwrap.type', 'io.debezium.transforms.ExtractNewRecordState',
	'transforms.unwrap.add.fields', 'transaction.total_order,transaction.data_collection_order',
	'transforms.route.type', 'org.apache.kafka.connect.transforms.RegexRouter',
	'transforms.route.regex', 'p\.(.*)', 'transforms.route.replacement', 'q.$1');

-- The same with schemas.
SELECT topic, value::json->'schema'->>'name' AS schema, value::json->'payload'->>'status' AS status,
	value::json->'payload'->>'event_count' AS events, value::json->'payload'->>'data_collections' AS collections
FROM records('value.converter', 'org.apache.kafka.connect.json.JsonConverter',
	'transforms', 'route', 'transforms.route.type', 'org.apache.kafka.connect.transforms.RegexRouter',
	'transforms.route.regex', 'p\.(.*)', 'transforms.route.replacement', 'q.$1');

-- As without transforms, byte for byte.
SELECT count(*) AS records, count(*) FILTER (WHERE a.value = b.value AND a.key = b.key) AS equal
FROM (SELECT row_number() OVER () AS n, * FROM records('value.converter', 'org.apache.kafka.connect.json.JsonConverter')) a
FULL JOIN (SELECT row_number() OVER () AS n, * FROM records('value.converter', 'org.apache.kafka.connect.json.JsonConverter',
	'transforms', 'route', 'transforms.route.type', 'org.apache.kafka.connect.transforms.RegexRouter',
	'transforms.route.regex', 'none', 'transforms.route.replacement', 'none')) b USING (n)
WHERE a.topic = 'p.transaction';
DROP FUNCTION records;
DROP TABLE t;
SELECT 'gone' AS slot FROM pg_drop_replication_slot('regress_transform_transaction');
