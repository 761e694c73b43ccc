--
-- Schemas of records with transforms follow the arrays, as those without do.
--
SELECT 'init' FROM pg_create_logical_replication_slot('regress_transform_arrays', 'wal2kafka');
\pset format unaligned
\pset tuples_only on
-- Records without their schemas, but for those of the columns that are arrays.
CREATE FUNCTION shapes(options jsonb, OUT key json, OUT key_schema json,
	OUT value json, OUT value_schema json)
RETURNS SETOF record LANGUAGE sql AS $$
	SELECT coalesce(k->'payload', k),
		(SELECT json_agg(f->'items') FROM json_array_elements(k->'schema'->'fields') AS f WHERE f->>'type' = 'array'),
		coalesce(v->'payload', v)->'after',
		(SELECT json_agg(f->'items') FROM json_array_elements(v->'schema'->'fields'->1->'fields') AS f WHERE f->>'type' = 'array')
	FROM (SELECT (data::json->>'key')::json, (data::json->>'value')::json
		FROM pg_logical_slot_peek_changes('regress_transform_arrays', NULL, NULL, VARIADIC
			(SELECT array_agg(a ORDER BY n, i) FROM jsonb_each_text('{"topic.prefix": "p", "key.converter": "JsonConverter"}' || options)
				WITH ORDINALITY AS o(k, v, n), LATERAL (VALUES (1, k), (2, v)) AS p(i, a)))) AS d(k, v)
$$;
CREATE TABLE arrays (id int PRIMARY KEY, tags text[]);
ALTER TABLE arrays REPLICA IDENTITY FULL;
CREATE TABLE array_keys (tags text[] PRIMARY KEY);
\set router '{"transforms": "r", "transforms.r.type": "RegexRouter", "transforms.r.regex": "none", "transforms.r.replacement": "x", "value.converter": "JsonConverter"}'

-- Comparing the two images of an update sees the new shape first.
INSERT INTO arrays VALUES (1, '{a}');
UPDATE arrays SET tags = '{{a,b}}';
UPDATE arrays SET tags = '{c}';
SELECT value, value_schema FROM shapes('{"value.converter": "JsonConverter", "skip.messages.without.change": true}');
SELECT value, value_schema FROM shapes(:'router'::jsonb || '{"skip.messages.without.change": true}');
-- Each of the two has its own.
SELECT v#>'{payload,before,tags}', v#>'{schema,fields,0,fields,1,items}', v#>'{payload,after,tags}', v#>'{schema,fields,1,fields,1,items}'
FROM (SELECT (data::json->>'value')::json FROM pg_logical_slot_peek_changes('regress_transform_arrays', NULL, NULL, 'topic.prefix', 'p', 'value.converter', 'JsonConverter',
	'transforms', 'r', 'transforms.r.type', 'RegexRouter', 'transforms.r.regex', 'none', 'transforms.r.replacement', 'x')) AS d(v);

-- Keys with schemas, values without
SELECT 'read' FROM pg_logical_slot_get_changes('regress_transform_arrays', NULL, NULL) LIMIT 1;
INSERT INTO array_keys VALUES ('{a}'), ('{{b,c}}'), ('{d}');
UPDATE array_keys SET tags = '{{e,f}}' WHERE tags = '{d}';
SELECT key, key_schema FROM shapes('{}');
SELECT key, key_schema FROM shapes(:'router'::jsonb - 'value.converter');

SELECT 'drop' FROM pg_drop_replication_slot('regress_transform_arrays');
DROP TABLE arrays, array_keys;
DROP FUNCTION shapes;
