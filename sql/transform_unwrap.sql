--
-- ExtractNewRecordState.
--
SELECT 'init' FROM pg_create_logical_replication_slot('regress_transform_unwrap', 'wal2kafka');
SET regress.slot = 'regress_transform_unwrap';
\getenv srcdir PG_ABS_SRCDIR
\set include :srcdir /sql/include/transformed.sql
\set ECHO none
\i :include
\set ECHO all
\pset format unaligned
\pset tuples_only on
SET timezone = 'UTC';
CREATE TABLE unwrap (
	id int PRIMARY KEY,
	name text NOT NULL DEFAULT 'nobody',
	n int DEFAULT 7,
	price numeric(6, 2),
	tags text[],
	drops text[],
	route text
);
ALTER TABLE unwrap REPLICA IDENTITY FULL;
CREATE TABLE unwrap_plain (id int PRIMARY KEY, v text NOT NULL);
INSERT INTO unwrap VALUES (1, 'a "b"', NULL, 1.5, '{x,NULL}', '{n,name}', 'other.topic');
INSERT INTO unwrap VALUES (2);
UPDATE unwrap SET n = 8, route = ' ' WHERE id = 1;
UPDATE unwrap SET id = 3 WHERE id = 2;
DELETE FROM unwrap WHERE id = 1;
INSERT INTO unwrap_plain VALUES (1, 'x');
DELETE FROM unwrap_plain;
TRUNCATE unwrap;
SELECT 'sent' FROM pg_logical_emit_message(true, 'pfx', 'a message');

-- Each way to handle deletes; truncates have no row, and messages are not rows.
\set unwrap '{"transforms": "u", "transforms.u.type": "io.debezium.transforms.ExtractNewRecordState", "skipped.operations": "none"}'
SELECT * FROM transformed(:'unwrap');
SELECT topic, key, value FROM transformed(:'unwrap'::jsonb || '{"transforms.u.delete.tombstone.handling.mode": "delete-to-tombstone"}');
SELECT topic, key, value FROM transformed(:'unwrap'::jsonb || '{"transforms.u.delete.tombstone.handling.mode": "drop"}');
SELECT topic, key, value FROM transformed(:'unwrap'::jsonb || '{"transforms.u.delete.tombstone.handling.mode": "rewrite"}');
SELECT topic, key, value FROM transformed(:'unwrap'::jsonb || '{"transforms.u.delete.tombstone.handling.mode": "rewrite-with-tombstone", "transforms.u.replace.null.with.default": true}');
-- Fields and headers of the envelope
SELECT key, value, headers FROM transformed(:'unwrap'::jsonb || '{"table.include.list": "public.unwrap",
	"transforms.u.add.fields": "op, table:tab,source.ts_ms,lsn,transaction.id,before.name,after.tags:t2,nowhere,source.snapshot",
	"transforms.u.add.headers": "op,schema,before.price,after.tags",
	"transforms.u.add.headers.prefix": "",
	"transforms.u.delete.tombstone.handling.mode": "rewrite-with-tombstone"}');
SELECT value FROM transformed(:'unwrap'::jsonb || '{"table.include.list": "public.unwrap_plain",
	"transforms.u.add.fields": "op", "transforms.u.add.fields.prefix": "meta."}');
-- Topics from a column, and fields that a header drops
SELECT topic, value FROM transformed(:'unwrap'::jsonb || '{"table.include.list": "public.unwrap", "transforms.u.route.by.field": "route"}');
\set drop '{"table.include.list": "public.unwrap", "transforms.u.add.headers": "after.drops:drops", "transforms.u.drop.fields.header.name": "__drops", "transforms.u.add.fields": "op"}'
SELECT key, value, headers FROM transformed(:'unwrap'::jsonb || :'drop');
SELECT key, value FROM transformed(:'unwrap'::jsonb || :'drop' || '{"transforms.u.drop.fields.keep.schema.compatible": false}');
-- With schemas: the row's is required, an added field optional and without default
SELECT value FROM transformed(:'unwrap'::jsonb || '{"table.include.list": "public.unwrap_plain",
	"value.converter.schemas.enable": true, "value.converter": "JsonConverter",
	"transforms.u.add.fields": "op,source.snapshot,before.v"}');
-- What cannot be done with a record's data is an error, and may be passed over.
\set SHOW_CONTEXT never
SELECT * FROM transformed(:'unwrap'::jsonb || '{"transforms.u.route.by.field": "price"}');
SELECT * FROM transformed(:'unwrap'::jsonb || '{"transforms.u.add.fields": "nowhere.x"}');
SELECT * FROM transformed(:'unwrap'::jsonb || '{"transforms.u.add.fields": "before"}');
SELECT * FROM transformed(:'unwrap'::jsonb || '{"transforms.u.add.fields": "op:name", "transforms.u.add.fields.prefix": ""}');
SELECT * FROM transformed(:'unwrap'::jsonb || '{"transforms.u.route.by.field": "nowhere"}');

-- A table that changes has schemas anew.
SELECT count(*) > 0 FROM pg_logical_slot_get_changes('regress_transform_unwrap', NULL, NULL);
INSERT INTO unwrap VALUES (4);
ALTER TABLE unwrap DROP COLUMN price, ADD COLUMN more jsonb DEFAULT '{"a": 1}';
INSERT INTO unwrap VALUES (5);
SELECT value FROM transformed(:'unwrap'::jsonb || '{"transforms.u.add.fields": "op"}');

-- and one whose arrays do not stay as deep as they were, with schemas
SELECT 'read' FROM pg_logical_slot_get_changes('regress_transform_unwrap', NULL, NULL) LIMIT 1;
CREATE TABLE unwrap_deep (id int PRIMARY KEY, a int[]);
INSERT INTO unwrap_deep VALUES (1, '{1}');
INSERT INTO unwrap_deep VALUES (2, '{{1,2},{3,4}}');
INSERT INTO unwrap_deep VALUES (3, NULL);
SELECT (value::json)->'schema'->'fields'->1 AS schema, (value::json)->'payload' AS payload
FROM transformed(:'unwrap'::jsonb || '{"value.converter": "JsonConverter"}');

SELECT 'drop' FROM pg_drop_replication_slot('regress_transform_unwrap');
DROP TABLE unwrap, unwrap_plain, unwrap_deep;
DROP FUNCTION transformed;
