--
-- HeaderToValue.
--
SELECT 'init' FROM pg_create_logical_replication_slot('regress_transform_header', 'wal2kafka');
SET regress.slot = 'regress_transform_header';
\getenv srcdir PG_ABS_SRCDIR
\set include :srcdir /sql/include/transformed.sql
\set ECHO none
\i :include
\set ECHO all
\pset format unaligned
\pset tuples_only on
CREATE TABLE headers (id int PRIMARY KEY, v text, tags text[]);
INSERT INTO headers VALUES (1, 'a', '{x,"y z"}');
UPDATE headers SET id = 2;
DELETE FROM headers;

\set header '{"transforms": "v", "transforms.v.type": "io.debezium.transforms.HeaderToValue", "extended.headers.enabled": true, "skipped.operations": "none"}'
\set ids '{"transforms.v.headers": "__debezium.context.taskId,__debezium.newkey", "transforms.v.fields": "task,new"}'
-- Records that lack a header lack its field; tombstones have no value.
SELECT value, regexp_replace(headers, '"__debezium.context.runId":"[^"]*"', '"run"') FROM transformed(:'header'::jsonb || :'ids' || '{"transforms.v.operation": "move"}');
SELECT value, regexp_replace(headers, '"__debezium.context.runId":"[^"]*"', '"run"') FROM transformed(:'header'::jsonb || :'ids' || '{"transforms.v.operation": "copy"}');
-- Into structures, old and new, and over a field that is there
SELECT value FROM transformed(:'header'::jsonb || '{"transforms.v.headers": "__debezium.context.taskId,__debezium.context.connectorName,__debezium.context.connectorLogicalName",
	"transforms.v.fields": "source.task,made.here,op", "transforms.v.operation": "copy"}');
-- Behind another transform that makes headers
SELECT key, value, headers FROM transformed('{"transforms": "u,v", "transforms.u.type": "ExtractNewRecordState", "transforms.u.add.headers": "op,after.tags:tags",
	"transforms.v.type": "HeaderToValue", "transforms.v.headers": "__tags,__op", "transforms.v.fields": "labels,change.op", "transforms.v.operation": "move",
	"transforms.v.predicate": "tagged", "predicates": "tagged", "predicates.tagged.type": "HasHeaderKey", "predicates.tagged.name": "__tags",
	"transforms.u.delete.tombstone.handling.mode": "drop"}');
-- With schemas: the field has its header's
SELECT (value::json)->'schema'->'fields' FROM transformed('{"transforms": "u,v", "transforms.u.type": "ExtractNewRecordState", "transforms.u.add.headers": "op,after.tags:tags",
	"transforms.v.type": "HeaderToValue", "transforms.v.headers": "__tags,__op", "transforms.v.fields": "labels,change.op", "transforms.v.operation": "copy",
	"transforms.u.delete.tombstone.handling.mode": "drop", "value.converter": "JsonConverter"}') LIMIT 1;
-- Where a record has no room for a field, or one of another type
\set SHOW_CONTEXT never
SELECT * FROM transformed(:'header'::jsonb || '{"transforms.v.headers": "__debezium.context.taskId", "transforms.v.fields": "op.task", "transforms.v.operation": "copy"}');
SELECT * FROM transformed(:'header'::jsonb || '{"transforms.v.headers": "__debezium.context.taskId", "transforms.v.fields": "a.b.c", "transforms.v.operation": "copy"}');
SELECT * FROM transformed(:'header'::jsonb || '{"transforms.v.headers": "__debezium.context.taskId", "transforms.v.fields": "ts_ms", "transforms.v.operation": "copy"}');
SELECT * FROM transformed(:'header'::jsonb || '{"transforms.v.headers": "__debezium.newkey", "transforms.v.fields": "after", "transforms.v.operation": "copy"}');
SELECT * FROM transformed('{"transforms": "u,v", "transforms.u.type": "ExtractNewRecordState", "transforms.u.add.headers": "before.v:v",
	"transforms.v.type": "HeaderToValue", "transforms.v.headers": "__v", "transforms.v.fields": "id", "transforms.v.operation": "copy"}');
-- A header where another's name leads into; what only looks like a structure
SELECT * FROM transformed(:'header'::jsonb || '{"transforms.v.headers": "__debezium.context.taskId,__debezium.context.connectorName", "transforms.v.fields": "a,a.b", "transforms.v.operation": "copy"}');
SELECT * FROM transformed(:'header'::jsonb || '{"transforms.v.headers": "__debezium.newkey,__debezium.context.taskId", "transforms.v.fields": "a,a.b", "transforms.v.operation": "copy"}');
ALTER TABLE headers ADD place point;
SELECT 'read' FROM pg_logical_slot_get_changes('regress_transform_header', NULL, NULL) LIMIT 1;
INSERT INTO headers VALUES (1, 'a', NULL, '(1,2)');
SELECT * FROM transformed(:'header'::jsonb || '{"transforms.v.headers": "__debezium.context.taskId", "transforms.v.fields": "after.place.task", "transforms.v.operation": "copy"}');

SELECT 'drop' FROM pg_drop_replication_slot('regress_transform_header');
DROP TABLE headers;
DROP FUNCTION transformed;
