--
-- EventRouter: the outbox.
--
SELECT 'init' FROM pg_create_logical_replication_slot('regress_transform_outbox', 'wal2kafka');
-- The records of the changes so far, through transforms; what differs from
-- run to run is 0.
CREATE FUNCTION transformed(options jsonb, OUT topic text, OUT key text,
	OUT value text, OUT headers text, OUT rest text)
RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
	args text[];
	d json;
BEGIN
	SELECT array_agg(a ORDER BY n, i) INTO args
	FROM jsonb_each_text('{"topic.prefix": "p", "extended.headers.enabled": false}'
			|| options) WITH ORDINALITY AS o(k, v, n),
		LATERAL (VALUES (1, k), (2, v)) AS p(i, a);
	FOR d IN SELECT data::json FROM pg_logical_slot_peek_changes(
		'regress_transform_outbox', NULL, NULL, VARIADIC args)
	LOOP
		topic := d->>'topic';
		key := d->'key';
		value := regexp_replace(regexp_replace(d->>'value',
			'("(__|meta_)?(ts_.s|source_ts_ms|lsn|txId)":)\d+', '\10', 'g'),
			'"sequence":"[^:]*"\]"', '"sequence":0');
		headers := regexp_replace(d->>'headers', '("__?lsn":)"\d+"', '\10');
		rest := concat_ws(' ', d->>'partition',
			CASE WHEN (d->>'timestamp')::bigint > 1730000000000 THEN 'now' ELSE d->>'timestamp' END);
		RETURN NEXT;
	END LOOP;
END $$;
\pset format unaligned
\pset tuples_only on
CREATE TABLE outbox (
	id uuid PRIMARY KEY,
	aggregatetype text NOT NULL,
	aggregateid text,
	type text,
	payload jsonb,
	body text,
	at timestamp,
	ver int,
	part int
);
INSERT INTO outbox VALUES
	('00000000-0000-0000-0000-000000000001', 'Order', '17', 'made', '{"id": 17, "n": null, "e": []}', '{"b": 1, "a": [1, 2], "a": "twice"}', '2024-07-01 10:00:00.123456', 1, 3),
	('00000000-0000-0000-0000-000000000002', 'Über mut', NULL, 'ge"lb', NULL, ' ', NULL, NULL, NULL);
UPDATE outbox SET type = 'changed';
DELETE FROM outbox;
TRUNCATE outbox;
SELECT 'sent' FROM pg_logical_emit_message(true, 'pfx', 'a message');

\set outbox '{"transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter", "skipped.operations": "none"}'
SELECT * FROM transformed(:'outbox'::jsonb || '{"table.include.list": "public.outbox"}') WHERE topic !~ 'message';
-- What is asked for of every column
SELECT * FROM transformed(:'outbox'::jsonb || '{
	"transforms.o.table.field.event.key": "type", "transforms.o.table.field.event.timestamp": "at",
	"transforms.o.route.by.field": "type", "transforms.o.route.topic.regex": "(.)(.*)",
	"transforms.o.route.topic.replacement": "t.$2$1",
	"transforms.o.table.fields.additional.placement": "ver:header:version, part:partition,aggregateid:header,at:envelope:time,none:header",
	"transforms.o.table.field.additional.missing": "ignore"}') WHERE topic !~ 'message';
SELECT topic, value FROM transformed(:'outbox'::jsonb || '{"transforms.o.table.field.event.payload": "body",
	"transforms.o.route.tombstone.on.empty.payload": true}') WHERE topic !~ 'message';

-- JSON that is expanded: the order stays, a name said twice counts once.
SELECT 'read' FROM pg_logical_slot_get_changes('regress_transform_outbox', NULL, NULL) LIMIT 1;
INSERT INTO outbox (id, aggregatetype, aggregateid, body)
SELECT ('00000000-0000-0000-0000-0000000000' || n)::uuid, 'T', n, body
FROM (VALUES
	(10, '{"b": 1, "a": [1, 2], "x": {"y": {"z": "\u00e4\n\"\\"}}, "f": 1.50, "g": 1e3, "t": true, "big": 3000000000, "a": "twice"}'),
	(11, '{"n": null, "e": [], "o": {}, "nn": [null], "s": ["a", null]}'),
	(12, '{"items": [{"p": 1}, {"q": "x", "p": null}, null, {"p": 2, "r": {"s": 1}}]}'),
	(13, '{"aa": [[1], [2, 3], []], "bb": [[{"c": 1}]]}'),
	(14, '[1, 2]'), (15, 'plain'), (16, '"text"'), (17, '{"broken": '), (18, '{"m": [1, "a"]}'),
	(19, '{"m": [1, 2.5]}'), (20, '{"m": [{"a": 1}, {"a": "x"}]}'), (21, '{"h": 123456789012345678901234567890}'), (22, '{}'), (23, NULL)) AS t(n, body);
\set expand '{"transforms.o.table.field.event.payload": "body", "transforms.o.table.expand.json.payload": true}'
SELECT key, value FROM transformed(:'outbox'::jsonb || :'expand') WITH ORDINALITY ORDER BY ordinality;
SET client_min_messages = error;
SELECT key, value FROM transformed(:'outbox'::jsonb || :'expand' || '{"transforms.o.table.json.payload.null.behavior": "optional_bytes", "transforms.o.table.json.payload.empty.array.behavior": "optional_string"}');
-- whatever else is said of payloads, and wherever
SELECT count(*), count(value) AS not_empty FROM transformed(:'outbox'::jsonb || :'expand' || '{"transforms.o.table.json.payload.null.behavior": "optional_bytes", "transforms.o.table.json.payload.empty.array.behavior": "optional_string", "transforms.o.route.tombstone.on.empty.payload": true, "transforms.o.table.field.additional.missing": "ignore"}')
WHERE key ~ '2[23]' AND topic !~ 'message';
-- and its schema
SELECT key, value FROM transformed(:'outbox'::jsonb || :'expand' || '{"value.converter": "JsonConverter", "transforms.o.table.fields.additional.placement": "aggregateid:envelope"}') WHERE key ~ '1[0-5]';
RESET client_min_messages;

-- What a row does not allow
\set SHOW_CONTEXT never
SELECT * FROM transformed(:'outbox'::jsonb || '{"transforms.o.table.field.event.id": "nid"}');
SELECT * FROM transformed(:'outbox'::jsonb || '{"transforms.o.table.fields.additional.placement": "none:header"}');
SELECT * FROM transformed(:'outbox'::jsonb || '{"transforms.o.table.field.event.timestamp": "body"}');
SELECT * FROM transformed(:'outbox'::jsonb || '{"transforms.o.route.by.field": "part"}');
SELECT * FROM transformed(:'outbox'::jsonb || '{"transforms.o.route.topic.replacement": ""}');
UPDATE outbox SET type = 'x';
SELECT * FROM transformed(:'outbox'::jsonb || '{"transforms.o.table.op.invalid.behavior": "fatal"}');
-- Other tables belong behind a predicate.
CREATE TABLE beside (id int PRIMARY KEY);
INSERT INTO beside VALUES (1);
DELETE FROM beside;
SET client_min_messages = error;
SELECT topic, key FROM transformed(:'outbox'::jsonb || '{"transforms.o.predicate": "outbox", "predicates": "outbox",
	"predicates.outbox.type": "TopicNameMatches", "predicates.outbox.pattern": ".*outbox"}') WHERE key !~ '"[12].';
RESET client_min_messages;

-- More versions of a schema than are kept
SELECT 'read' FROM pg_logical_slot_get_changes('regress_transform_outbox', NULL, NULL) LIMIT 1;
INSERT INTO outbox (id, aggregatetype, aggregateid, payload, ver)
SELECT format('00000000-0000-0000-0000-000000000%s', 100 + i)::uuid, 'T', i % 75, '{}', i % 75 FROM generate_series(1, 150) AS i;
SELECT count(*), count(DISTINCT v) FROM (SELECT key::json#>>'{}', coalesce((value::json)->'schema'->>'version', '0'), value::json->'payload'->>'key'
	FROM transformed(:'outbox'::jsonb || '{"value.converter": "JsonConverter", "transforms.o.table.field.event.schema.version": "ver",
		"transforms.o.table.fields.additional.placement": "aggregateid:envelope:key"}')) AS t(k, v, e) WHERE k = v AND k = e;

-- JSON that is made to take long: it does not, or the payload stays text
SELECT 'read' FROM pg_logical_slot_get_changes('regress_transform_outbox', NULL, NULL) LIMIT 1;
SET statement_timeout = '300s';
INSERT INTO outbox (id, aggregatetype, aggregateid, body)
SELECT ('00000000-0000-0000-0000-0000000000' || n)::uuid, 'T', n, body
FROM (SELECT 30, (SELECT '{' || string_agg('"k' || i || '":' || i, ',') || ', "k5": "twice"}' FROM generate_series(1, 10000) AS i)
	UNION ALL
	SELECT 31, (SELECT '{' || string_agg('"k' || i || '":' || i, ',') || '}' FROM generate_series(1, 10001) AS i)
	UNION ALL
	SELECT 32, (SELECT '{' || string_agg('"k' || i || '":' || i, ',') || '}' FROM generate_series(1, 100000) AS i)
	UNION ALL
	SELECT 33, (SELECT '{"a":[' || string_agg('{"k' || i % 50 || '":' || i || '}', ',') || ']}' FROM generate_series(1, 500) AS i)
	UNION ALL
	SELECT 34, (SELECT '{"a":[' || string_agg('{"k' || i || '":' || i || '}', ',') || ']}' FROM generate_series(1, 5000) AS i)
	UNION ALL
	SELECT 35, (SELECT '{"a":[' || string_agg('{"k' || i || '":' || i || '}', ',') || ']}' FROM generate_series(1, 20000) AS i)
	UNION ALL
	SELECT 36, repeat('{"a":', 1000) || '1' || repeat('}', 1000)
	UNION ALL
	SELECT 37, repeat('{"a":', 1001) || '1' || repeat('}', 1001)
	UNION ALL
	SELECT 38, '{"' || repeat('n', 100000) || '":{' || (SELECT string_agg('"k' || i || '":{}', ',') FROM generate_series(1, 5000) AS i) || '}}'
	UNION ALL
	SELECT 39, '{"a":[' || (SELECT string_agg('{"a":[{"b":' || i || ', "c\"[[":"]"}]}', ',') FROM generate_series(1, 10000) AS i) || ']}'
	) AS t(n, body);
SELECT key, length(value), left(value, 40), value LIKE '%"k5":"twice","k6":6,%' FROM transformed(:'outbox'::jsonb || :'expand');
RESET statement_timeout;

SELECT 'drop' FROM pg_drop_replication_slot('regress_transform_outbox');
DROP TABLE outbox, beside;
DROP FUNCTION transformed;
